/* SPDX-License-Identifier: MIT
 *
 * In a child made by fork only one thread goes on, and Go cannot work without its others: every call
 * is refused there. The word that calls look at is cleared by a handler of pthread_atfork and, for
 * children of a bare fork system call, by the kernel, which wipes its page. vfork and posix_spawn
 * share the parent's memory, and their children make no calls.
 */
#include "internal.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

loop__process_t loop__process = {.word = 0};

/* Closes the child's copies of the loops' own descriptors, so that the child neither wakes the
 * parent's loops nor keeps what they watch. Async-signal-safe. */
static void in_child(void) {
    __atomic_store_n(&loop__process.word, 0, __ATOMIC_SEQ_CST);
    for (loop_t *loop = loop__all_loops(); loop != NULL; loop = loop->all_next) {
        if (loop__state(loop) == LOOP__FREED)
            continue;
        if (loop->shared.poll_fd >= 0)
            close(loop->shared.poll_fd);
        if (loop->shared.wake_fd >= 0)
            close(loop->shared.wake_fd);
        loop->shared.poll_fd = loop->shared.wake_fd = -1;
    }
}

__attribute__((constructor)) static void watch_for_forks(void) {
    (void)pthread_atfork(NULL, NULL, in_child);
#if defined(MADV_WIPEONFORK)
    /* Not where pages are larger than the word's own: it would take other variables along. An old
     * kernel refuses; then bare fork system calls are not noticed. */
    if (sysconf(_SC_PAGESIZE) == LOOP__PAGE)
        (void)madvise(&loop__process, sizeof loop__process, MADV_WIPEONFORK);
#endif
    __atomic_store_n(&loop__process.word, 1, __ATOMIC_SEQ_CST);
}
