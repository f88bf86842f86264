/* SPDX-License-Identifier: MIT
 *
 * Go's monitor thread (sysmon) may come late, so that it comes with others.
 *
 * While a loop steps, the monitor sleeps 10 ms, looks around, and sleeps again. On a machine that is
 * idle between two messages each look wakes a processor and a thread with cold caches, which costs
 * more than the message. What it looks for is whether a thread that waits keeps a P that another
 * needs; and there are enough of those (libloop/processors.go).
 *
 * So the thread gets a timer slack: Linux may end its sleeps that much later, when a timer of
 * somebody else wakes the processor anyway. The slack of a thread can be set by that thread alone,
 * and Go starts the monitor: the library is linked with --wrap, by which each pthread_create in it
 * comes here. The first thread that is made is Go's first, and the monitor the first that that one
 * makes. Source: Go 1.26, package runtime, rt0_go and main; prctl(2).
 */
#include "internal.h"

#if defined(__linux__)

#include <pthread.h>
#include <sys/prctl.h>

/* Nothing waits for the monitor; but it wakes what gives memory back to the system. */
#define SLACK_NS 1000000000ul

typedef void *start_fn(void *);

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, start_fn *start,
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, start_fn *start,
                          void *arg);

static pthread_t first; /* set with first_start */
static start_fn *first_start, *monitor_start;

static void *begin_first(void *arg) {
    first = pthread_self();
    return first_start(arg);
}

static void *begin_monitor(void *arg) {
    (void)prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
    return monitor_start(arg);
}

/* No other thread of the library is there before the monitor, so there is nobody to race with. Go calls again
 * for a thread that the system refused. */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, start_fn *start,
                          void *arg) {
    start_fn **instead = NULL;
    if (first_start == NULL)
        instead = &first_start;
    else if (monitor_start == NULL && pthread_equal(pthread_self(), first))
        instead = &monitor_start;
    if (instead == NULL)
        return __real_pthread_create(thread, attr, start, arg);
    *instead = start;
    int rc = __real_pthread_create(thread, attr,
                                   instead == &first_start ? begin_first : begin_monitor, arg);
    if (rc != 0)
        *instead = NULL;
    return rc;
}

#endif
