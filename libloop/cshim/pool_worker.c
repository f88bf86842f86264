/* SPDX-License-Identifier: MIT
 *
 * What a worker of the pool does: take a job, run it, and between jobs look, sleep, or leave.
 * Runs on: worker threads, all of this file.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "pool_lane.h"

#include <stdlib.h>

/* How long a worker looks for the next job before it sleeps, and how often. A worker that sleeps
 * costs whoever pushes a system call, and the job the wake-up of an idle processor: a loop that
 * gives a lane one job after the other pays 10 to 20 us for each. Looking awake for longer than
 * such a round takes saves that: one job at a time goes 2 to 4 times as fast and costs a third of
 * the processor time (empty jobs), or half as fast again at the same processor time (jobs of
 * 20 us). It is bounded three ways: only the lane's one searcher does it; only where there are two
 * processors; and only with credit, which jobs give that come in time. A lane that was searched in
 * vain is searched again after SEARCH_PAUSE idle moments. */
#define SEARCH_NS 40000
#define SEARCH_CREDIT 8
#define SEARCH_PAUSE 16
#define SEARCH_LOOKS 16 /* between two looks at the clock */

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int traced(const loop__lane_t *lane) {
    return __atomic_load_n(&lane->pool->shared->trace_on, __ATOMIC_RELAXED) != 0;
}

static int closing(const loop__lane_t *lane) {
    return __atomic_load_n(&lane->pool->closing, __ATOMIC_ACQUIRE) != 0;
}

/* The pieces of a task, until it has no more or others wait for this worker. Returns whether the
 * block is still ours. While a task lies in the queue again, ended_ns says since when. */
static int run_task(loop__lane_t *lane, loop__job_t *job) {
    while (loop__run_task(lane->pool->loop, job)) {
        if (loop__lane_waiting(lane) > 0 && !closing(lane)) {
            job->ended_ns = loop__clock();
            loop__lane_again(lane, job);
            return 0;
        }
    }
    job->status = 0;
    return 1;
}

/* The block is done. */
static void give_back(loop__worker_t *worker, loop__job_t *job) {
    loop__lane_t *lane = worker->lane;
    job->ended_ns = loop__clock();
    worker->last_ns = job->ended_ns;
    if (traced(lane))
        loop__trace_worker(lane->pool->loop, LOOP_TRACE_JOB_END, job, worker->name);
    __atomic_store_n(&job->state, LOOP__JOB_FINISHED, __ATOMIC_SEQ_CST);
    loop__pool_finish(lane->pool, job); /* the block is no longer ours */
    loop__wake_if_armed(lane->pool->shared);
}

/* Run a job, go on with a task, or give back a job that the engine has cancelled. */
static void run(loop__worker_t *worker, loop__job_t *job) {
    loop__lane_t *lane = worker->lane;
    struct loop__pool *pool = lane->pool;
    uint32_t queued = LOOP__JOB_QUEUED;
    /* seq-cst: pairs with the engine's QUEUED -> CANCELED; exactly one of the two wins. */
    if (!__atomic_compare_exchange_n(&job->state, &queued, LOOP__JOB_RUNNING, 0, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST)) {
        if (queued == LOOP__JOB_RUNNING) {
            job->started_ns += loop__clock() - job->ended_ns; /* so far it waited, not worked */
            if (run_task(lane, job))
                give_back(worker, job);
            return;
        }
        /* Nobody waits for this block, so the loop is not woken for it. */
        loop__pool_finish(pool, job);
        return;
    }
    __atomic_fetch_sub(&pool->shared->queued[lane->index], 1, __ATOMIC_RELAXED);
    job->started_ns = worker->last_ns != 0 ? worker->last_ns : loop__clock();
    if (traced(lane))
        loop__trace_worker(pool->loop, LOOP_TRACE_JOB_START, job, worker->name);
    if (job->fn == NULL) {
        if (!run_task(lane, job))
            return;
    } else {
        __atomic_store_n(&worker->since_ns, job->started_ns, __ATOMIC_RELAXED);
        job->status = job->fn(job->arg, &job->out);
    }
    give_back(worker, job);
}

/* Look for a job for a while without sleeping. Returns whether one waits. */
static int search(loop__worker_t *worker) {
    loop__lane_t *lane = worker->lane;
    uint32_t none = 0;
    if (!lane->pool->spins || closing(lane))
        return 0;
    int32_t credit = __atomic_load_n(&lane->spin_credit, __ATOMIC_RELAXED);
    if (credit <= 0) {
        __atomic_store_n(&lane->spin_credit, credit + 1, __ATOMIC_RELAXED);
        return 0;
    }
    /* seq-cst: who pushes sees a searcher and calls nobody; the searcher looks again under mutex
     * before it sleeps. */
    if (!worker->searching && !__atomic_compare_exchange_n(&lane->searching, &none, 1, 0,
                                                           __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        return 0;
    worker->searching = 1;
    int64_t until = loop__clock() + SEARCH_NS;
    do {
        for (int i = 0; i < SEARCH_LOOKS; i++) {
            if (loop__lane_waiting(lane) != 0) {
                __atomic_store_n(&lane->spin_credit, SEARCH_CREDIT, __ATOMIC_RELAXED);
                return 1;
            }
            relax();
        }
    } while (loop__clock() < until && !closing(lane));
    credit = credit > SEARCH_CREDIT / 2 ? credit - SEARCH_CREDIT / 2 : -SEARCH_PAUSE;
    __atomic_store_n(&lane->spin_credit, credit, __ATOMIC_RELAXED);
    return 0;
}

/* Leave the lane. Called with mutex, which it gives back. */
static void leave(loop__worker_t *worker) {
    loop__lane_t *lane = worker->lane;
    lane->live--;
    if (lane->live <= lane->target)
        __atomic_store_n(&lane->attention, 0, __ATOMIC_RELAXED);
    /* Who pushed a job while this worker searched has called nobody. */
    loop__worker_t *next = loop__lane_pick(lane);
    pthread_mutex_unlock(&lane->mutex);
    if (next != NULL)
        loop__park_call(&next->park);
    if (traced(lane)) /* without the mutex: a sink may be slow */
        loop__trace_worker(lane->pool->loop, LOOP_TRACE_WORKER_CLOSE, NULL, worker->name);

    /* Each thread that leaves joins the one that left before it, so a lane never keeps more than
     * one thread that has ended, however long its loop sleeps. */
    pthread_mutex_lock(&lane->mutex);
    loop__worker_t *before = lane->leaver;
    lane->leaver = worker;
    lane->workers[worker->number] = NULL;
    if (lane->closer != NULL)
        loop__park_call(lane->closer);
    pthread_mutex_unlock(&lane->mutex);
    if (before != NULL) {
        pthread_join(before->thread, NULL);
        loop__park_destroy(&before->park);
        free(before);
    }
}

/* Under mutex: whether this worker has to end. A closing pool ends its workers one by one. */
static int must_leave(const loop__worker_t *worker) {
    const loop__lane_t *lane = worker->lane;
    return worker->told || (lane->live > lane->target && !closing(lane));
}

/* Sleep until called. Called with mutex, returns with it. Returns 0 when the time of idling is
 * over. */
static int sleep_idle(loop__worker_t *worker) {
    loop__lane_t *lane = worker->lane;
    int64_t idle_ns = lane->pool->idle_ns;
    int called;
    worker->sleeps = 1;
    worker->idle_prev = NULL;
    worker->idle_next = lane->idle;
    if (lane->idle != NULL)
        lane->idle->idle_prev = worker;
    lane->idle = worker;
    lane->idle_count++;
    pthread_mutex_unlock(&lane->mutex);
    if (idle_ns < 0 || closing(lane))
        called = loop__park_sleep(&worker->park, -1);
    else
        called = loop__park_sleep(&worker->park, loop__clock() + idle_ns);
    pthread_mutex_lock(&lane->mutex);
    if (called)
        return 1;
    if (worker->sleeps) {
        loop__lane_unlist(lane, worker);
        return 0;
    }
    /* Called at the last moment: take the token, which is there or comes at once. */
    pthread_mutex_unlock(&lane->mutex);
    loop__park_sleep(&worker->park, -1);
    pthread_mutex_lock(&lane->mutex);
    return 1;
}

/* Nothing to take: wait until there is. Returns 0 when the worker has left. */
static int wait_for_jobs(loop__worker_t *worker) {
    loop__lane_t *lane = worker->lane;
    worker->last_ns = 0;
    __atomic_store_n(&worker->since_ns, 0, __ATOMIC_RELAXED);
    if (search(worker))
        return 1;
    pthread_mutex_lock(&lane->mutex);
    for (;;) {
        if (worker->searching) {
            worker->searching = 0;
            __atomic_store_n(&lane->searching, 0, __ATOMIC_SEQ_CST);
        }
        if (must_leave(worker))
            break;
        if (loop__lane_waiting(lane) != 0 && !closing(lane)) {
            if (!__atomic_exchange_n(&lane->searching, 1, __ATOMIC_SEQ_CST))
                worker->searching = 1;
            pthread_mutex_unlock(&lane->mutex);
            return 1;
        }
        int called = sleep_idle(worker);
        if (worker->searching && !closing(lane)) {
            pthread_mutex_unlock(&lane->mutex);
            return 1;
        }
        if (!called && !closing(lane))
            break;
    }
    leave(worker);
    return 0;
}

/* The searcher has a job: somebody else may search now, if there is more. */
static void hand_on(loop__worker_t *worker) {
    loop__lane_t *lane = worker->lane;
    pthread_mutex_lock(&lane->mutex);
    worker->searching = 0;
    __atomic_store_n(&lane->searching, 0, __ATOMIC_SEQ_CST);
    loop__worker_t *next = loop__lane_pick(lane);
    pthread_mutex_unlock(&lane->mutex);
    if (next != NULL)
        loop__park_call(&next->park);
}

/* There are more workers than there should be: leave if they still are. Returns whether it left. */
static int leave_as_surplus(loop__worker_t *worker) {
    loop__lane_t *lane = worker->lane;
    pthread_mutex_lock(&lane->mutex);
    if (!must_leave(worker)) {
        pthread_mutex_unlock(&lane->mutex);
        return 0;
    }
    leave(worker);
    return 1;
}

void *loop__worker_main(void *argument) {
    loop__worker_t *worker = argument;
    loop__lane_t *lane = worker->lane;
#if defined(__APPLE__)
    pthread_setname_np(worker->name);
#else
    pthread_setname_np(pthread_self(), worker->name);
#endif
#if defined(__linux__)
    __atomic_store_n(&worker->tid, (int32_t)syscall(SYS_gettid), __ATOMIC_RELAXED);
#endif
    loop__block_signals_in_thread();
    for (;;) {
        loop__job_t *job = loop__lane_take(lane);
        if (job == NULL) {
            if (!wait_for_jobs(worker))
                return NULL;
            continue;
        }
        if (worker->searching)
            hand_on(worker);
        run(worker, job);
        if (__atomic_load_n(&lane->attention, __ATOMIC_RELAXED) && leave_as_surplus(worker))
            return NULL;
    }
}
