/* SPDX-License-Identifier: MIT
 *
 * The pool seen from the loop thread: pushing jobs, taking them back, the number of workers, and
 * the end. pool_lane.h says how queue and workers hang together.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "pool_lane.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const lane_names[LOOP_LANES] = {"pool", "file", "cpu"};

/* ---- The queue ------------------------------------------------------------------------------ */

void loop__lane_refill(loop__lane_t *lane) {
    uint64_t tail = lane->tail;
    uint64_t room = LOOP__RING - (tail - __atomic_load_n(&lane->head, __ATOMIC_ACQUIRE));
    uint64_t moved = 0;
    while (moved < room && lane->backlog_first != NULL) {
        loop__job_t *job = lane->backlog_first;
        lane->backlog_first = job->next;
        __atomic_store_n(&lane->ring[tail++ % LOOP__RING], job, __ATOMIC_RELAXED);
        moved++;
    }
    if (lane->backlog_first == NULL)
        lane->backlog_last = NULL;
    /* release: pairs with the acquire of tail in loop__lane_take; the slots are filled. In this
     * order, so that nobody sees the queue empty in between. */
    __atomic_store_n(&lane->tail, tail, __ATOMIC_RELEASE);
    __atomic_store_n(&lane->backlog_len, lane->backlog_len - moved, __ATOMIC_RELEASE);
}

/* Take from the ring. A slot is overwritten only after head has moved past it, and then the
 * compare-and-swap of who still holds the old head fails; both counters are 64 bits and never come
 * around. */
static loop__job_t *take_from_ring(loop__lane_t *lane) {
    uint64_t head = __atomic_load_n(&lane->head, __ATOMIC_ACQUIRE);
    for (;;) {
        if (head == __atomic_load_n(&lane->tail, __ATOMIC_ACQUIRE))
            return NULL;
        loop__job_t *job = __atomic_load_n(&lane->ring[head % LOOP__RING], __ATOMIC_RELAXED);
        if (__atomic_compare_exchange_n(&lane->head, &head, head + 1, 0, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            return job;
    }
}

loop__job_t *loop__lane_take(loop__lane_t *lane) {
    if (__atomic_load_n(&lane->pool->closing, __ATOMIC_ACQUIRE))
        return NULL;
    for (;;) {
        loop__job_t *job = take_from_ring(lane);
        if (job != NULL || __atomic_load_n(&lane->backlog_len, __ATOMIC_ACQUIRE) == 0)
            return job;
        pthread_mutex_lock(&lane->mutex);
        loop__lane_refill(lane);
        pthread_mutex_unlock(&lane->mutex);
    }
}

/* Put n jobs, first to last, behind the others. Under mutex. */
static void append(loop__lane_t *lane, loop__job_t *first, loop__job_t *last, uint64_t n) {
    last->next = NULL;
    if (lane->backlog_last != NULL)
        lane->backlog_last->next = first;
    else
        lane->backlog_first = first;
    lane->backlog_last = last;
    __atomic_store_n(&lane->backlog_len, lane->backlog_len + n, __ATOMIC_RELEASE);
    loop__lane_refill(lane);
}

void loop__lane_again(loop__lane_t *lane, loop__job_t *job) {
    pthread_mutex_lock(&lane->mutex);
    append(lane, job, job, 1);
    loop__worker_t *next = loop__lane_pick(lane);
    pthread_mutex_unlock(&lane->mutex);
    if (next != NULL)
        loop__park_call(&next->park);
}

/* ---- The finished list ---------------------------------------------------------------------- */

void loop__pool_finish(loop__pool_t *pool, loop__job_t *job) {
    loop__job_t *top = __atomic_load_n(&pool->finished, __ATOMIC_RELAXED);
    do {
        job->next = top;
        /* seq-cst: release for the block, and before the look at the armed word that follows. */
    } while (!__atomic_compare_exchange_n(&pool->finished, &top, job, 1, __ATOMIC_SEQ_CST,
                                          __ATOMIC_RELAXED));
}

loop__job_t *loop__pool_take_finished(loop__pool_t *pool) {
    if (pool->out > 0)
        loop__pool_tend(pool);
    if (__atomic_load_n(&pool->finished, __ATOMIC_RELAXED) == NULL)
        return NULL;
    /* acquire: pairs with loop__pool_finish. */
    loop__job_t *job = __atomic_exchange_n(&pool->finished, NULL, __ATOMIC_ACQUIRE);
    loop__job_t *list = NULL;
    while (job != NULL) {
        loop__job_t *next = job->next;
        job->next = list;
        list = job;
        job = next;
        pool->out--;
    }
    return list;
}

int loop__pool_has_finished(loop__pool_t *pool) {
    return __atomic_load_n(&pool->finished, __ATOMIC_SEQ_CST) != NULL;
}

/* ---- Workers -------------------------------------------------------------------------------- */

loop__worker_t *loop__lane_pick(loop__lane_t *lane) {
    loop__worker_t *worker = lane->idle;
    if (worker == NULL || __atomic_load_n(&lane->searching, __ATOMIC_SEQ_CST) ||
        loop__lane_waiting(lane) == 0)
        return NULL;
    __atomic_store_n(&lane->searching, 1, __ATOMIC_SEQ_CST);
    worker->searching = 1;
    loop__lane_unlist(lane, worker);
    return worker;
}

void loop__lane_unlist(loop__lane_t *lane, loop__worker_t *worker) {
    if (worker->idle_prev != NULL)
        worker->idle_prev->idle_next = worker->idle_next;
    else
        lane->idle = worker->idle_next;
    if (worker->idle_next != NULL)
        worker->idle_next->idle_prev = worker->idle_prev;
    worker->sleeps = 0;
    lane->idle_count--;
}

__attribute__((weak)) int loop__pool_thread_create(pthread_t *thread, void *(*entry)(void *),
                                                   void *argument) {
    return pthread_create(thread, NULL, entry, argument);
}

/* Under mutex: the lowest free slot, with room made for it; -1 without memory. */
static int64_t free_slot(loop__lane_t *lane) {
    for (uint32_t i = 0; i < lane->slots; i++) {
        if (lane->workers[i] == NULL)
            return i;
    }
    uint32_t slots = lane->slots == 0 ? 4 : lane->slots * 2;
    loop__worker_t **workers = realloc(lane->workers, slots * sizeof *workers);
    if (workers == NULL)
        return -1;
    memset(workers + lane->slots, 0, (slots - lane->slots) * sizeof *workers);
    uint32_t first = lane->slots;
    lane->workers = workers;
    lane->slots = slots;
    return first;
}

/* Start one worker. Under mutex. Returns 0 or an errno. */
static int start_worker(loop__lane_t *lane) {
    int64_t number = free_slot(lane);
    loop__worker_t *worker = number < 0 ? NULL : calloc(1, sizeof *worker);
    if (worker == NULL)
        return ENOMEM;
    worker->lane = lane;
    worker->number = (uint32_t)number;
    snprintf(worker->name, sizeof worker->name, "%s%u", lane_names[lane->index], worker->number);
    loop__park_init(&worker->park);
    lane->workers[number] = worker;
    lane->live++;
    int error = loop__pool_thread_create(&worker->thread, loop__worker_main, worker);
    if (error != 0) {
        lane->workers[number] = NULL;
        lane->live--;
        loop__park_destroy(&worker->park);
        free(worker);
    }
    return error;
}

/* Start the workers that the waiting jobs need. Under mutex. Returns 0, or the errno when there is
 * not a single worker. A lane's first job starts all of them, so that a burst to come does not wait
 * for threads; later each job that finds nobody idle brings one back. */
static int start_workers(loop__lane_t *lane) {
    uint64_t waiting = loop__lane_waiting(lane);
    uint64_t awaited = lane->idle_count + __atomic_load_n(&lane->searching, __ATOMIC_RELAXED);
    uint64_t missing = lane->target > lane->live ? lane->target - lane->live : 0;
    uint64_t wanted = waiting > awaited ? waiting - awaited : 0;
    if (wanted == 0 || missing == 0)
        return 0;
    if (!lane->started || wanted > missing)
        wanted = missing;
    lane->started = 1;
    /* A worker is born with the mask of the thread that makes it, so that there is no moment in
     * which it could take one of the host's signals. */
    sigset_t before;
    int error = 0;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    loop__block_signals_in_thread();
    while (wanted-- > 0 && error == 0)
        error = start_worker(lane);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return lane->live > 0 ? 0 : error;
}

/* Give back everything that waits in a lane: cancelled, or (os_errno set) ended with that error.
 * Under mutex. */
static void give_back(loop__lane_t *lane, int os_errno) {
    loop__pool_t *pool = lane->pool;
    uint32_t ended = 0;
    for (;;) {
        loop__job_t *job = take_from_ring(lane);
        if (job == NULL) {
            if (lane->backlog_first == NULL)
                break;
            loop__lane_refill(lane);
            continue;
        }
        uint32_t queued = LOOP__JOB_QUEUED;
        uint32_t next = os_errno != 0 ? LOOP__JOB_RUNNING : LOOP__JOB_CANCELED;
        if (__atomic_compare_exchange_n(&job->state, &queued, next, 0, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
            __atomic_fetch_sub(&pool->shared->queued[lane->index], 1, __ATOMIC_RELAXED);
            if (os_errno != 0) {
                job->started_ns = 0; /* no worker took it */
                job->ended_ns = loop__clock();
                job->status = LOOP_EAGAIN;
                job->out = (loop_value_t){.kind = LOOP_KIND_ERROR, .os_errno = os_errno};
                __atomic_store_n(&job->state, LOOP__JOB_FINISHED, __ATOMIC_SEQ_CST);
                ended = 1;
            }
        }
        loop__pool_finish(pool, job);
    }
    if (ended)
        loop__wake_if_armed(pool->shared);
}

static void push_to(loop__lane_t *lane, loop__job_t *first, loop__job_t *last, uint64_t n) {
    loop__worker_t *next = NULL;
    pthread_mutex_lock(&lane->mutex);
    append(lane, first, last, n);
    if (__atomic_load_n(&lane->pool->closing, __ATOMIC_RELAXED)) {
        give_back(lane, 0);
    } else {
        int error = start_workers(lane);
        if (error != 0)
            give_back(lane, error);
        else
            next = loop__lane_pick(lane);
    }
    pthread_mutex_unlock(&lane->mutex);
    if (next != NULL)
        loop__park_call(&next->park);
}

/* ---- For the rest of the shim --------------------------------------------------------------- */

/* Processors that this thread may run on. */
static int64_t processors(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
#endif
    return sysconf(_SC_NPROCESSORS_ONLN);
}

int64_t loop__pool_new(loop_t *loop, loop__shared_t *shared, const loop_options_t *complete,
                       loop__pool_t **out) {
    loop__pool_t *pool = NULL;
    if (posix_memalign((void **)&pool, _Alignof(loop__pool_t), sizeof *pool) != 0)
        return LOOP_ENOMEM;
    memset(pool, 0, sizeof *pool);
    pool->loop = loop;
    pool->shared = shared;
    pool->idle_ns = complete->worker_idle_ns;
    pool->spins = processors() > 1;
    for (uint32_t i = 0; i < LOOP_LANES; i++) {
        loop__lane_t *lane = &pool->lanes[i];
        lane->pool = pool;
        lane->index = i;
        lane->target = complete->workers;
        lane->spin_credit = 1;
        pthread_mutex_init(&lane->mutex, NULL);
    }
    *out = pool;
    return 0;
}

void loop__pool_push(loop__pool_t *pool, loop__job_t *list) {
    struct {
        loop__job_t *first, *last;
        uint64_t n;
    } part[LOOP_LANES] = {{NULL, NULL, 0}};
    while (list != NULL) {
        uint32_t lane = list->lane;
        if (part[lane].last != NULL)
            part[lane].last->next = list;
        else
            part[lane].first = list;
        part[lane].last = list;
        part[lane].n++;
        pool->out++;
        list = list->next;
    }
    for (uint32_t i = 0; i < LOOP_LANES; i++) {
        if (part[i].n > 0)
            push_to(&pool->lanes[i], part[i].first, part[i].last, part[i].n);
    }
}

int64_t loop__pool_set_workers(loop__pool_t *pool, uint32_t index, uint32_t n) {
    if (index >= LOOP_LANES || n < 1 || n > LOOP__MAX_WORKERS)
        return LOOP_EINVAL;
    loop__lane_t *lane = &pool->lanes[index];
    loop__worker_t *surplus = NULL;
    pthread_mutex_lock(&lane->mutex);
    lane->target = n;
    uint32_t too_many = lane->live > n ? lane->live - n : 0;
    __atomic_store_n(&lane->attention, too_many > 0, __ATOMIC_RELAXED);
    /* Sleepers leave at once, the highest numbers first; those that run leave after their job. */
    for (uint32_t i = lane->slots; i-- > 0 && too_many > 0;) {
        loop__worker_t *worker = lane->workers[i];
        if (worker != NULL && worker->sleeps) {
            loop__lane_unlist(lane, worker);
            worker->idle_next = surplus;
            surplus = worker;
            too_many--;
        }
    }
    if (!__atomic_load_n(&pool->closing, __ATOMIC_RELAXED))
        (void)start_workers(lane); /* there are workers, or nothing waits */
    pthread_mutex_unlock(&lane->mutex);
    while (surplus != NULL) {
        loop__worker_t *next = surplus->idle_next;
        loop__park_call(&surplus->park);
        surplus = next;
    }
    return 0;
}

void loop__pool_workers(loop__pool_t *pool, uint32_t index, uint32_t *live_out,
                        uint32_t *target_out) {
    loop__lane_t *lane = &pool->lanes[index];
    pthread_mutex_lock(&lane->mutex);
    *live_out = lane->live;
    *target_out = lane->target;
    pthread_mutex_unlock(&lane->mutex);
}

/* End the worker with a number and join it. Returns 0, or LOOP_EBUSY after deadline_ns. */
static int64_t end_worker(loop__lane_t *lane, uint32_t number, int64_t deadline_ns) {
    loop__park_t gone;
    int64_t rc = 0;
    loop__park_init(&gone);
    pthread_mutex_lock(&lane->mutex);
    loop__worker_t *worker = lane->workers[number];
    if (worker != NULL) {
        worker->told = 1;
        lane->closer = &gone;
        if (worker->sleeps) {
            loop__lane_unlist(lane, worker);
            loop__park_call(&worker->park);
        }
    }
    while (lane->workers[number] != NULL && rc == 0) {
        pthread_mutex_unlock(&lane->mutex);
        int called = loop__park_sleep(&gone, deadline_ns);
        pthread_mutex_lock(&lane->mutex);
        if (!called && lane->workers[number] != NULL)
            rc = LOOP_EBUSY;
    }
    lane->closer = NULL;
    loop__worker_t *leaver = lane->leaver;
    lane->leaver = NULL;
    pthread_mutex_unlock(&lane->mutex);
    loop__park_destroy(&gone);
    if (leaver != NULL) {
        pthread_join(leaver->thread, NULL);
        loop__park_destroy(&leaver->park);
        free(leaver);
    }
    return rc;
}

int64_t loop__pool_close(loop__pool_t *pool, int64_t wait_ns) {
    int64_t deadline_ns = -1;
    if (wait_ns >= 0 && __builtin_add_overflow(loop__clock(), wait_ns, &deadline_ns))
        deadline_ns = INT64_MAX;
    __atomic_store_n(&pool->closing, 1, __ATOMIC_SEQ_CST);
    for (uint32_t i = 0; i < LOOP_LANES; i++) {
        loop__lane_t *lane = &pool->lanes[i];
        pthread_mutex_lock(&lane->mutex);
        give_back(lane, 0);
        pthread_mutex_unlock(&lane->mutex);
    }
    for (uint32_t i = 0; i < LOOP_LANES; i++) {
        loop__lane_t *lane = &pool->lanes[i];
        for (uint32_t number = 0; number < lane->slots; number++) {
            int64_t rc = end_worker(lane, number, deadline_ns);
            if (rc != 0)
                return rc;
        }
    }
    return 0;
}

void loop__pool_free(loop__pool_t *pool) {
    if (pool == NULL)
        return;
    for (uint32_t i = 0; i < LOOP_LANES; i++) {
        free(pool->lanes[i].workers);
        pthread_mutex_destroy(&pool->lanes[i].mutex);
    }
    free(pool);
}
