/* SPDX-License-Identifier: MIT
 *
 * What the tests of the pool share: stand-ins for the rest of the shim, thread creation that can be
 * made to fail, a loop thread that sleeps and is woken as the real one, and host functions.
 */
#ifndef POOL_FIXTURE_H
#define POOL_FIXTURE_H

#include "harness.h"

#include "../../libloop/cshim/pool.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* ---- What the pool calls -------------------------------------------------------------------- */

#define LOG_MAX 4096

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t kinds[LOG_MAX];
    uint64_t ids[LOG_MAX];
    char names[LOG_MAX][16];
    int n, closed;
} record = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int64_t clock_ahead_ns;       /* atomic */
static int creations_left = 1 << 30; /* then they fail */
static int wakes;                    /* atomic */

int64_t loop__clock(void) {
    return clock_ns() + __atomic_load_n(&clock_ahead_ns, __ATOMIC_RELAXED);
}

void loop__block_signals_in_thread(void) {
    sigset_t set;
    sigfillset(&set);
    sigdelset(&set, SIGSEGV);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void loop__wake_if_armed(loop__shared_t *shared) {
    uint64_t one = 1;
    if (__atomic_load_n(&shared->armed, __ATOMIC_SEQ_CST) &&
        __atomic_exchange_n(&shared->armed, 0, __ATOMIC_SEQ_CST)) {
        __atomic_add_fetch(&wakes, 1, __ATOMIC_RELAXED);
        CHECK_INT(write(shared->wake_fd, &one, sizeof one), sizeof one);
    }
}

/* A task: arg counts the pieces that are left. */
static int pieces[200000]; /* ids in the order in which pieces were done */
static int pieces_n;       /* atomic */

int loop__run_task(loop_t *loop, loop__job_t *job) {
    (void)loop;
    pieces[__atomic_fetch_add(&pieces_n, 1, __ATOMIC_SEQ_CST)] = (int)job->id;
    job->arg = (void *)((uintptr_t)job->arg - 1);
    return job->arg != NULL;
}

void loop__trace_worker(loop_t *loop, uint32_t kind, const loop__job_t *job, const char *name) {
    (void)loop;
    pthread_mutex_lock(&record.mutex);
    if (record.n < LOG_MAX) {
        record.kinds[record.n] = kind;
        record.ids[record.n] = job != NULL ? job->id : 0;
        snprintf(record.names[record.n], sizeof record.names[0], "%s", name);
        record.n++;
    }
    record.closed += kind == LOOP_TRACE_WORKER_CLOSE;
    pthread_cond_broadcast(&record.changed);
    pthread_mutex_unlock(&record.mutex);
}

int loop__pool_thread_create(pthread_t *thread, void *(*entry)(void *), void *argument) {
    if (creations_left <= 0)
        return EAGAIN;
    creations_left--;
    return pthread_create(thread, NULL, entry, argument);
}

/* ---- A loop thread -------------------------------------------------------------------------- */

static loop__shared_t shared;

static inline loop__pool_t *pool_of(uint32_t workers, int64_t idle_ns) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop__pool_t *pool = NULL;
    options.workers = workers;
    options.worker_idle_ns = idle_ns;
    memset(&shared, 0, sizeof shared);
    shared.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    shared.trace_on = 1;
    record.n = record.closed = 0;
    __atomic_store_n(&wakes, 0, __ATOMIC_RELAXED);
    CHECK_INT(loop__pool_new(NULL, &shared, &options, &pool), 0);
    return pool;
}

static inline void end(loop__pool_t *pool) {
    CHECK_INT(loop__pool_close(pool, -1), 0);
    loop__pool_free(pool);
    close(shared.wake_fd);
}

static inline void push(loop__pool_t *pool, loop__job_t *jobs, int n) {
    for (int i = 0; i < n; i++) {
        jobs[i].next = i + 1 < n ? &jobs[i + 1] : NULL;
        jobs[i].state = LOOP__JOB_QUEUED;
        __atomic_add_fetch(&shared.queued[jobs[i].lane], 1, __ATOMIC_SEQ_CST);
    }
    loop__pool_push(pool, jobs);
}

/* Sleep as the loop does until n blocks have come back; they go to got, in their order. */
static inline int collect(loop__pool_t *pool, int n, loop__job_t **got) {
    int have = 0;
    while (have < n) {
        __atomic_store_n(&shared.armed, 1, __ATOMIC_SEQ_CST);
        if (!loop__pool_has_finished(pool)) {
            struct pollfd fd = {.fd = shared.wake_fd, .events = POLLIN, .revents = 0};
            if (!CHECK(poll(&fd, 1, 20000) == 1))
                return have;
            uint64_t count;
            CHECK_INT(read(shared.wake_fd, &count, sizeof count), sizeof count);
        }
        __atomic_store_n(&shared.armed, 0, __ATOMIC_SEQ_CST);
        uint64_t stale;
        while (read(shared.wake_fd, &stale, sizeof stale) > 0) {
        }
        for (loop__job_t *job = loop__pool_take_finished(pool); job != NULL; job = job->next) {
            if (have < n && got != NULL)
                got[have] = job;
            have++;
        }
    }
    CHECK_INT(have, n);
    return have;
}

/* ---- Host functions ------------------------------------------------------------------------- */

static int ran[200000];
static int ran_n; /* atomic */

static inline int32_t note(void *arg, loop_value_t *out) {
    ran[__atomic_fetch_add(&ran_n, 1, __ATOMIC_SEQ_CST)] = (int)(intptr_t)arg;
    out->kind = LOOP_KIND_INT;
    out->num = (int64_t)(intptr_t)arg;
    return 0;
}

/* A function that says it has begun and then waits to be let go. */
typedef struct gate {
    sem_t begun, go;
    int running, most; /* atomic */
} gate_t;

static inline void gate_init(gate_t *gate) {
    sem_init(&gate->begun, 0, 0);
    sem_init(&gate->go, 0, 0);
    gate->running = gate->most = 0;
}

static inline void wait_sem(sem_t *sem) {
    while (sem_wait(sem) != 0) {
    }
}

static inline int32_t pass_gate(void *arg, loop_value_t *out) {
    (void)out;
    gate_t *gate = arg;
    int now = __atomic_add_fetch(&gate->running, 1, __ATOMIC_SEQ_CST);
    int most = __atomic_load_n(&gate->most, __ATOMIC_SEQ_CST);
    while (now > most && !__atomic_compare_exchange_n(&gate->most, &most, now, 0, __ATOMIC_SEQ_CST,
                                                      __ATOMIC_SEQ_CST)) {
    }
    sem_post(&gate->begun);
    wait_sem(&gate->go);
    __atomic_sub_fetch(&gate->running, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static inline loop__job_t *make_jobs(int n, loop_work_fn fn) {
    void *memory = NULL;
    CHECK_INT(posix_memalign(&memory, 128, (size_t)n * sizeof(loop__job_t)), 0);
    memset(memory, 0, (size_t)n * sizeof(loop__job_t));
    loop__job_t *jobs = memory;
    for (int i = 0; i < n; i++) {
        jobs[i].fn = fn;
        jobs[i].arg = (void *)(intptr_t)i;
        jobs[i].id = (uint64_t)i + 1;
    }
    __atomic_store_n(&ran_n, 0, __ATOMIC_SEQ_CST);
    return jobs;
}

static inline void open_gate(gate_t *gate, int n) {
    while (n-- > 0)
        sem_post(&gate->go);
}

static inline void await_begun(gate_t *gate, int n) {
    while (n-- > 0)
        wait_sem(&gate->begun);
}

/* Waits for n workers to have closed since the pool was made. */
static inline void await_closed(int n) {
    pthread_mutex_lock(&record.mutex);
    while (record.closed < n)
        pthread_cond_wait(&record.changed, &record.mutex);
    pthread_mutex_unlock(&record.mutex);
}

#endif
