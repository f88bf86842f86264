/* SPDX-License-Identifier: MIT
 *
 * A lock for sections of a few dozen instructions. On Linux it is one word: without contention
 * taking and giving back are one atomic exchange each, half of what pthread_mutex_t costs.
 */
#ifndef LOOP_LOCK_H
#define LOOP_LOCK_H

#include <stdint.h>

#if defined(__linux__)

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* 0: free. 1: taken. 2: taken, and somebody may sleep in the kernel until it is free. */
typedef struct loop__lock {
    uint32_t word;
} loop__lock_t;

#define LOOP__LOCK_INIT                                                                            \
    { 0 }

/* Kept out of line: the common path must stay small. Source: futex(2) */
void loop__lock_wait(loop__lock_t *lock);

static inline void loop__lock_init(loop__lock_t *lock) {
    lock->word = 0;
}

static inline void loop__lock_take(loop__lock_t *lock) {
    uint32_t free_word = 0;
    /* acquire: pairs with the release in loop__lock_give */
    if (__builtin_expect(!__atomic_compare_exchange_n(&lock->word, &free_word, 1, 0,
                                                      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED),
                         0))
        loop__lock_wait(lock);
}

static inline void loop__lock_give(loop__lock_t *lock) {
    /* release: pairs with the acquire of the next taker */
    if (__builtin_expect(__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2, 0))
        (void)syscall(SYS_futex, &lock->word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

#else

#include <pthread.h>

typedef struct loop__lock {
    pthread_mutex_t mutex;
} loop__lock_t;

#define LOOP__LOCK_INIT                                                                            \
    { PTHREAD_MUTEX_INITIALIZER }

static inline void loop__lock_init(loop__lock_t *lock) {
    pthread_mutex_init(&lock->mutex, NULL);
}

static inline void loop__lock_take(loop__lock_t *lock) {
    pthread_mutex_lock(&lock->mutex);
}

static inline void loop__lock_give(loop__lock_t *lock) {
    pthread_mutex_unlock(&lock->mutex);
}

#endif
#endif
