/* SPDX-License-Identifier: MIT
 *
 * Keeping the loop's thread ahead of its own workers.
 *
 * Facts, measured on 2 processors under Linux 6.18 with 4 jobs that compute and a loop that wakes
 * every 2 ms and works 0.5 ms each time: the loop wakes 3 ms late at p90 and 4 to 9 ms at p99,
 * because a thread that has used its share waits for a slice of the others. SCHED_BATCH for the
 * workers and shorter slices for the loop change little (4.4 ms), nice 5 helps little (3.9 ms at
 * p99); nice 10 makes it 0.1 ms. Without privileges nothing takes a nice value back.
 *
 * So only a worker that really computes is made nicer: one whose function has used TEND_CPU_NS of
 * processor time (not of waiting) while the loop went on stepping. It stays so until it leaves,
 * which an idle one does. Jobs that wait for disks or peers, and short ones, keep full priority.
 * Only workers of LOOP_LANE_HOST: those of the other lanes also run the engine's tasks, and a stop
 * of Go's world must never wait for a nice thread.
 *
 * It is the loop's thread that looks, in its steps: a loop that sleeps has no lag to lose, and a
 * worker cannot interrupt the function it runs.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "pool_lane.h"

#if defined(__linux__)

#include <sys/resource.h>

#define TEND_EVERY_NS 2000000
#define TEND_CPU_NS 2000000
#define TEND_NICE 10

/* Processor time a worker has used. Under mutex: a worker in a slot has not ended. */
static int64_t processor_time(const loop__worker_t *worker) {
    clockid_t clock;
    struct timespec used;
    if (pthread_getcpuclockid(worker->thread, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return 0;
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static void look_at(loop__worker_t *worker) {
    int64_t since = __atomic_load_n(&worker->since_ns, __ATOMIC_RELAXED);
    int32_t tid = __atomic_load_n(&worker->tid, __ATOMIC_RELAXED);
    if (since == 0 || tid == 0 || worker->niced)
        return;
    if (since != worker->seen_ns) {
        worker->seen_ns = since;
        worker->seen_cpu_ns = processor_time(worker);
        return;
    }
    if (processor_time(worker) - worker->seen_cpu_ns < TEND_CPU_NS)
        return;
    worker->niced = 1;
    /* On Linux a nice value belongs to a thread. Source: setpriority(2), "C library/kernel
     * differences". A sandbox may forbid both calls; then all stays as it is. */
    if (getpriority(PRIO_PROCESS, (id_t)tid) < TEND_NICE)
        (void)setpriority(PRIO_PROCESS, (id_t)tid, TEND_NICE);
}

void loop__pool_tend(struct loop__pool *pool) {
    int64_t now = loop__clock();
    if (now < pool->next_look_ns)
        return;
    pool->next_look_ns = now + TEND_EVERY_NS;
    loop__lane_t *lane = &pool->lanes[LOOP_LANE_HOST];
    if (!lane->started)
        return;
    pthread_mutex_lock(&lane->mutex);
    for (uint32_t number = 0; number < lane->slots; number++) {
        if (lane->workers[number] != NULL)
            look_at(lane->workers[number]);
    }
    pthread_mutex_unlock(&lane->mutex);
}

#else

/* Elsewhere a thread has no nice value of its own that another thread could set. */
void loop__pool_tend(struct loop__pool *pool) {
    (void)pool;
}

#endif
