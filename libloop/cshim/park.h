/* SPDX-License-Identifier: MIT
 *
 * Where a thread sleeps until it is called: one token, one sleeper, any number of callers. A call
 * that comes before the sleep is not lost, and calls do not add up. On Linux it is a futex, because
 * a condition variable makes the woken thread take a lock before it can go on.
 */
#ifndef LOOP_PARK_H
#define LOOP_PARK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#if defined(__linux__)

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct loop__park {
    uint32_t token; /* atomic. 1: called; the sleeper takes it */
} loop__park_t;

static inline void loop__park_init(loop__park_t *park) {
    park->token = 0;
}

static inline void loop__park_destroy(loop__park_t *park) {
    (void)park;
}

/* Sleep until called or until deadline_ns (CLOCK_MONOTONIC; negative: no limit). Returns 1 when
 * called, 0 when the time is over. */
static inline int loop__park_sleep(loop__park_t *park, int64_t deadline_ns) {
    struct timespec at = {0, 0};
    if (deadline_ns >= 0) {
        at.tv_sec = (time_t)(deadline_ns / 1000000000);
        at.tv_nsec = (long)(deadline_ns % 1000000000);
    }
    for (;;) {
        /* acquire: what the caller did before its call is seen */
        if (__atomic_exchange_n(&park->token, 0, __ATOMIC_ACQUIRE) != 0)
            return 1;
        /* FUTEX_WAIT_BITSET takes an absolute time on CLOCK_MONOTONIC. Source: futex(2) */
        long rc = syscall(SYS_futex, &park->token, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0,
                          deadline_ns >= 0 ? &at : NULL, NULL, FUTEX_BITSET_MATCH_ANY);
        if (rc != 0 && deadline_ns >= 0) {
            struct timespec now;
            clock_gettime(CLOCK_MONOTONIC, &now);
            if (now.tv_sec > at.tv_sec || (now.tv_sec == at.tv_sec && now.tv_nsec >= at.tv_nsec))
                return __atomic_exchange_n(&park->token, 0, __ATOMIC_ACQUIRE) != 0;
        }
    }
}

/* Call the sleeper. It may be awake already and free the memory before the system call below: then
 * that call finds nobody at the address, or wakes a stranger who looks again and sleeps on, as with
 * every futex. */
static inline void loop__park_call(loop__park_t *park) {
    __atomic_store_n(&park->token, 1, __ATOMIC_RELEASE);
    (void)syscall(SYS_futex, &park->token, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

#else

typedef struct loop__park {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    uint32_t token; /* guarded by mutex */
} loop__park_t;

static inline void loop__park_init(loop__park_t *park) {
    pthread_mutex_init(&park->mutex, NULL);
#if defined(__APPLE__)
    pthread_cond_init(&park->cond, NULL);
#else
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&park->cond, &attributes);
    pthread_condattr_destroy(&attributes);
#endif
    park->token = 0;
}

static inline void loop__park_destroy(loop__park_t *park) {
    pthread_cond_destroy(&park->cond);
    pthread_mutex_destroy(&park->mutex);
}

static inline int loop__park_sleep(loop__park_t *park, int64_t deadline_ns) {
    int late = 0;
    pthread_mutex_lock(&park->mutex);
    while (park->token == 0 && !late) {
        if (deadline_ns < 0) {
            pthread_cond_wait(&park->cond, &park->mutex);
            continue;
        }
        struct timespec at;
#if defined(__APPLE__)
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t left = deadline_ns - ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
        left = left > 0 ? left : 0;
        at.tv_sec = (time_t)(left / 1000000000);
        at.tv_nsec = (long)(left % 1000000000);
        late = pthread_cond_timedwait_relative_np(&park->cond, &park->mutex, &at) != 0;
#else
        at.tv_sec = (time_t)(deadline_ns / 1000000000);
        at.tv_nsec = (long)(deadline_ns % 1000000000);
        late = pthread_cond_timedwait(&park->cond, &park->mutex, &at) != 0;
#endif
    }
    int called = park->token != 0;
    park->token = 0;
    pthread_mutex_unlock(&park->mutex);
    return called;
}

static inline void loop__park_call(loop__park_t *park) {
    pthread_mutex_lock(&park->mutex);
    park->token = 1;
    pthread_cond_signal(&park->cond);
    pthread_mutex_unlock(&park->mutex);
}

#endif
#endif
