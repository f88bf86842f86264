/* SPDX-License-Identifier: MIT
 *
 * Signals. The process is the host's: the library installs no handler of its own, and Go's runtime,
 * which does, is kept from taking more than it must.
 *
 * Go's threads inherit their mask from the thread that loads the library, through the thread that
 * Go's initialization starts. So while that runs, all signals that are not about a fault are
 * blocked: process-directed signals then go to the host's threads, never to Go's. The linker sorts
 * constructors with a priority before those without one, and Go's object comes first among these:
 * blocking runs before Go's start, restoring after it.
 */
#include "internal.h"

#include <errno.h>
#include <pthread.h>

/* All signals but those that a thread raises by a fault of its own, and those that cannot be
 * blocked. */
static void fill(sigset_t *set) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    sigfillset(set);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(set, faults[i]);
}

void loop__block_signals_in_thread(void) {
    sigset_t set;
    fill(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* ---- Loading --------------------------------------------------------------------------------- */

static sigset_t mask_of_loader;
static int mask_is_saved;

/* 101: the first priority that is not the compiler's own. */
__attribute__((constructor(101))) static void before_go(void) {
    sigset_t set;
    fill(&set);
    mask_is_saved = pthread_sigmask(SIG_BLOCK, &set, &mask_of_loader) == 0;
}

__attribute__((constructor)) static void after_go(void) {
    if (mask_is_saved)
        pthread_sigmask(SIG_SETMASK, &mask_of_loader, NULL);
}

/* ---- A thread's first call of Go ------------------------------------------------------------- */

_Thread_local uint32_t loop__go_known __attribute__((tls_model("initial-exec")));

/* Go unblocks some signals in a thread that calls it for the first time, and leaves them so. Of
 * those, SIGCHLD and SIGPROF may be blocked because the host waits for them elsewhere; SIGURG must
 * stay as Go wants it. That call may also wait for Go's start, which is a cancellation point, over
 * frames that must not be unwound. */
void loop__go_first(loop__go_mask_t *mask) {
    pthread_sigmask(SIG_SETMASK, NULL, &mask->saved);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &mask->cancel_state);
}

void loop__go_first_done(const loop__go_mask_t *mask) {
    static const int hosts[] = {SIGCHLD, SIGPROF};
    sigset_t again;
    sigemptyset(&again);
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        if (sigismember(&mask->saved, hosts[i]) == 1)
            sigaddset(&again, hosts[i]);
    pthread_sigmask(SIG_BLOCK, &again, NULL);
    pthread_setcancelstate(mask->cancel_state, NULL);
    loop__go_known = 1;
}

/* ---- Handlers without SA_ONSTACK ------------------------------------------------------------- */

int64_t loop_fix_signal_handlers(void) {
    int64_t changed = 0;
    if (loop__forked())
        return LOOP_EFORK;
    for (int sig = 1; sig < NSIG; sig++) {
        struct sigaction action;
        if (sigaction(sig, NULL, &action) != 0)
            continue; /* the C library keeps some for itself */
        int plain = (action.sa_flags & SA_SIGINFO) == 0;
        if (plain && (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN))
            continue;
        if ((action.sa_flags & SA_ONSTACK) != 0)
            continue;
        action.sa_flags |= SA_ONSTACK;
        if (sigaction(sig, &action, NULL) == 0)
            changed++;
    }
    return changed;
}
