/* SPDX-License-Identifier: MIT
 *
 * The slow path of loop__lock_take.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "lock.h"

#if defined(__linux__)

/* The section behind the lock is so short that its holder is usually done before a system call
 * would be. */
#define TRIES 100

void loop__lock_wait(loop__lock_t *lock) {
    for (int i = 0; i < TRIES; i++) {
        uint32_t free_word = 0;
        if (__atomic_load_n(&lock->word, __ATOMIC_RELAXED) == 0 &&
            __atomic_compare_exchange_n(&lock->word, &free_word, 1, 0, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    /* From here on the word is 2 while we hold the lock: whoever else sleeps is called, and at
     * worst giving it back makes one call too many. */
    while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE) != 0)
        (void)syscall(SYS_futex, &lock->word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2, NULL, NULL, 0);
}

#else

/* ISO C wants a declaration in every file. */
typedef int loop__lock_is_pthread;

#endif
