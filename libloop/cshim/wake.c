/* SPDX-License-Identifier: MIT
 *
 * Sleeping, and being woken.
 *
 * The protocol of the wake word (shared->armed). The loop thread L is the only one that sets it to
 * 1. Whoever adds work, A, does so first and then swaps the word with 0; if it was 1, A writes the
 * wake descriptor, which ends a sleep that has begun or will begin.
 *
 *     L: armed := 1 (swap); look at the work; none: sleep       A: add work; w := swap(armed, 0);
 *                                                                  w = 1: write the descriptor
 *
 * No wake-up is lost. All changes of the word are read-modify-writes, so they stand in one order, in
 * which each reads the one before it. Take A's swap and L's last swap to 1 before the sleep.
 *   - A's comes first. Then L's reads from it or from a swap after it, which reads from it in turn:
 *     a release sequence, all sequentially consistent. So A's swap happens before L's, and the work,
 *     which A added before, is seen by L's look, which comes after: L does not sleep.
 *   - L's comes first. Then A's reads 1, or somebody else's swap in between did. Who read the 1
 *     writes the descriptor after L armed: the eventfd is edge-triggered and never read (poll(2)
 *     reads it only when it reports it), so the sleep ends at once or does not begin.
 * The word stays 1 until somebody adds work or the next step begins, so it also guards a sleep of the
 * host's own on loop_backend_fd.
 */
#include "internal.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#else
#include <poll.h>
#include <sys/event.h>
#endif

int64_t loop__clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- The wake word --------------------------------------------------------------------------- */

/* End the sleep. Async-signal-safe; keeps errno. */
void loop__ring_wake_fd(const loop__shared_t *shared) {
    int saved = errno;
    ssize_t n;
    do {
#if defined(__linux__)
        const uint64_t one = 1;
        n = write(shared->wake_fd, &one, sizeof one);
#else
        n = write(shared->wake_fd, "", 1);
#endif
    } while (n < 0 && errno == EINTR); /* EAGAIN: it is readable already */
    errno = saved;
}

/* Call after adding work. Async-signal-safe. */
void loop__wake_if_armed(loop__shared_t *shared) {
    if (__atomic_exchange_n(&shared->armed, 0, __ATOMIC_SEQ_CST) == 1)
        loop__ring_wake_fd(shared);
}

/* Whether something has come that the next step would take: a reason not to sleep. */
int loop__work_waits(loop_t *loop) {
    return __atomic_load_n(&loop->posts.waiting, __ATOMIC_RELAXED) > 0 ||
           loop__pool_has_finished(loop->pool) ||
           __atomic_load_n(&loop->shared.go_pending, __ATOMIC_SEQ_CST) > 0 ||
           __atomic_load_n(&loop->stop, __ATOMIC_RELAXED) != 0 ||
           (loop__state(loop) == LOOP_ECLOSED && !loop->close_told);
}

static int arm(loop_t *loop) {
    __atomic_exchange_n(&loop->shared.armed, 1, __ATOMIC_SEQ_CST);
    return loop__work_waits(loop) || __atomic_load_n(&loop->wake, __ATOMIC_RELAXED) != 0;
}

/* Arm the wake word and look a last time. Returns 1 when there is something to do, so that the loop
 * must not sleep; loop_wake counts as that, once. */
int loop__arm_or_busy(loop_t *loop) {
    int busy = arm(loop);
    if (busy)
        __atomic_store_n(&loop->wake, 0, __ATOMIC_RELAXED);
    return busy;
}

/* A swap, not a store: see the proof. Only this thread sets it to 1. */
void loop__disarm(loop_t *loop) {
    if (__atomic_load_n(&loop->shared.armed, __ATOMIC_RELAXED) != 0)
        __atomic_exchange_n(&loop->shared.armed, 0, __ATOMIC_SEQ_CST);
}

/* Arm for a host that sleeps on loop_backend_fd. If there is something to do already, the descriptor
 * is made readable at once. */
void loop__arm_for_host(loop_t *loop) {
    if (arm(loop))
        loop__wake_if_armed(&loop->shared);
}

/* A host that sleeps on loop_backend_fd begins a run or turn: its pass is the one that loop_wake
 * asked for, unless loop_stop ends it before. */
void loop__begin_embedded(loop_t *loop) {
    if (LOOP__UNLIKELY(loop->embedded) && __atomic_load_n(&loop->stop, __ATOMIC_RELAXED) == 0)
        __atomic_store_n(&loop->wake, 0, __ATOMIC_RELAXED);
}

/* ---- The sleep ------------------------------------------------------------------------------- */

/* ns < 0 gives NULL: no limit. */
static struct timespec *to_timespec(int64_t ns, struct timespec *out) {
    if (ns < 0)
        return NULL;
    out->tv_sec = (time_t)(ns / 1000000000);
    out->tv_nsec = (long)(ns % 1000000000);
    return out;
}

#if defined(__linux__)

/* Milliseconds, rounded up: never early. */
static int to_ms(int64_t ns) {
    if (ns < 0)
        return -1;
    int64_t ms = ns / 1000000 + (ns % 1000000 != 0);
    return ms > 86400000 ? 86400000 : (int)ms;
}

static int wait_set(const loop__shared_t *shared, int64_t ns) {
    /* Linux before 5.11 does not have it, and old sandboxes refuse what they do not know. */
#if defined(__SANITIZE_THREAD__)
    /* TSan holds back a signal until a system call that it knows, and it does not know this one. */
    static uint32_t has_pwait2 = 0;
#else
    static uint32_t has_pwait2 = 1;
#endif
    struct timespec limit;
    int capacity = (int)shared->ready_capacity;
    if (__atomic_load_n(&has_pwait2, __ATOMIC_RELAXED)) {
        long n = syscall(SYS_epoll_pwait2, shared->poll_fd, shared->ready, capacity,
                         to_timespec(ns, &limit), NULL, (size_t)8);
        if (n >= 0 || (errno != ENOSYS && errno != EPERM))
            return (int)n;
        __atomic_store_n(&has_pwait2, 0, __ATOMIC_RELAXED);
    }
    return epoll_wait(shared->poll_fd, shared->ready, capacity, to_ms(ns));
}

static int wait_poll(const loop__shared_t *shared, int64_t ns) {
    struct timespec limit;
    return ppoll(shared->ready, shared->poll_count, to_timespec(ns, &limit), NULL);
}

#else

static int wait_set(const loop__shared_t *shared, int64_t ns) {
    struct timespec limit;
    return kevent(shared->poll_fd, NULL, 0, shared->ready, (int)shared->ready_capacity,
                  to_timespec(ns, &limit));
}

static int wait_poll(const loop__shared_t *shared, int64_t ns) {
    /* Without ppoll(2) in POSIX: milliseconds, rounded up. */
    int64_t ms = ns < 0 ? -1 : ns / 1000000 + (ns % 1000000 != 0);
    return poll(shared->ready, shared->poll_count, ms > 86400000 ? 86400000 : (int)ms);
}

#endif

/* Sleep at most ns (< 0: no limit). The next step gets what the sleep left. Returns 0, LOOP_EINTR,
 * or the error of the wait. */
int64_t loop__sleep(loop_t *loop, int64_t ns) {
    const loop__shared_t *shared = &loop->shared;
    int n = shared->backend == LOOP_BACKEND_POLL ? wait_poll(shared, ns) : wait_set(shared, ns);
    if (n < 0)
        return loop_err_from_errno(errno);
    /* Woken by loop_wake: the pass that follows is the one it asked for. */
    __atomic_store_n(&loop->wake, 0, __ATOMIC_RELAXED);
    loop->waited = 1;
    loop->wait_ready = (uint32_t)n;
    return 0;
}

/* ---- Embedding ------------------------------------------------------------------------------- */

int64_t loop_backend_fd(loop_t *loop) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (loop->shared.poll_fd < 0)
        return loop__leave(loop, LOOP_ENOTSUP);
    loop->embedded = 1;
    if (!loop->dispatching)
        loop__arm_for_host(loop);
    return loop__leave(loop, loop->shared.poll_fd);
}

int64_t loop_backend_timeout(loop_t *loop, int64_t *timeout_ns_out) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (timeout_ns_out == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    int64_t ns = 0;
    int busy = loop->ops.count > 0 || loop__dispatch_left(loop) || loop->immediates_live > 0 ||
               loop->waited;
    if (!busy && !arm(loop))
        rc = loop__ask(loop, LOOP__ASK_BACKEND_TIMEOUT, 0, &ns);
    if (rc == 0)
        *timeout_ns_out = ns;
    return loop__leave(loop, rc);
}

const char *loop_backend_name(const loop_t *loop) {
    switch (loop != NULL ? loop->shared.backend : 0) {
    case LOOP_BACKEND_EPOLL:
        return "epoll";
    case LOOP_BACKEND_POLL:
        return "poll";
    case LOOP_BACKEND_KQUEUE:
        return "kqueue";
    default:
        return "";
    }
}
