/* SPDX-License-Identifier: MIT
 *
 * A lane of the pool: its queue, its workers, and the rules by which they sleep and are called.
 *
 * The queue is a ring that workers take from with one compare-and-swap, so that jobs start in FIFO
 * order, one at a time, and a worker that is preempted holds up nobody. What does not fit waits in
 * a list behind it (the backlog); the worker that finds the ring empty refills it. Taking several
 * jobs at once would be cheaper, but then a long job would keep those behind it from a free worker.
 *
 * Who is called. At most one worker of a lane is `searching`: awake, without a job, about to look
 * at the queue. Who adds jobs calls a sleeper only when nobody is searching; the searcher, once it
 * has a job, calls the next sleeper if there is still a job to take. So a burst of short jobs costs
 * one call, and a burst of long ones has all workers awake after a chain of calls. The invariant,
 * under `mutex`: jobs wait => nobody sleeps, or somebody is searching.
 */
#ifndef LOOP_POOL_LANE_H
#define LOOP_POOL_LANE_H

#include "park.h"
#include "pool.h"

#define LOOP__RING 256u /* slots; a power of two */
#define LOOP__MAX_WORKERS 1024u

typedef struct loop__lane loop__lane_t;

/* One worker thread. Freed by whoever joins the thread. */
typedef struct loop__worker {
    loop__lane_t *lane;
    struct loop__worker *idle_next; /* list of sleepers, last come first; guarded by lane->mutex */
    struct loop__worker *idle_prev;
    uint32_t sleeps;    /* is in that list; guarded by lane->mutex */
    uint32_t told;      /* to end; guarded by lane->mutex */
    uint32_t searching; /* is the lane's searcher; only the worker itself and who calls it */
    uint32_t number;    /* its slot in lane->workers */
    int64_t since_ns;   /* atomic. start of the job it runs; 0: between jobs */
    int64_t last_ns;    /* end of its last job when it went straight on; else 0 */
    /* of loop__pool_tend alone */
    int64_t seen_ns;     /* the job it ran at the last look */
    int64_t seen_cpu_ns; /* processor time at the first look at that job */
    uint32_t niced;
    int32_t tid; /* atomic. 0: not yet known */
    loop__park_t park;
    pthread_t thread;
    char name[16];
} loop__worker_t;

struct loop__lane {
    _Alignas(64) uint64_t head; /* atomic. next to take; moved by workers */
    _Alignas(64) uint64_t tail; /* atomic. next to fill; moved under mutex */
    uint64_t backlog_len;       /* atomic; written under mutex */
    uint32_t searching;         /* atomic; 1 under mutex or by compare-and-swap, 0 under mutex */
    uint32_t attention;         /* atomic. workers must look at told and surplus; under mutex */
    loop__job_t *ring[LOOP__RING];

    _Alignas(64) pthread_mutex_t mutex; /* guards the rest */
    loop__job_t *backlog_first;
    loop__job_t *backlog_last;
    loop__worker_t *idle; /* the worker that went to sleep last */
    uint32_t idle_count;
    uint32_t live;            /* workers in slots */
    uint32_t target;          /* workers there should be */
    uint32_t slots;           /* room at workers */
    uint32_t started;         /* had its first job */
    loop__worker_t **workers; /* by number; NULL: free */
    loop__worker_t *leaver;   /* left last and still to be joined */
    loop__park_t *closer;     /* called when a worker leaves; NULL: nobody waits */
    int32_t spin_credit;      /* atomic. whether searching awake has paid lately */
    uint32_t index;           /* LOOP_LANE_* */
    struct loop__pool *pool;
};

struct loop__pool {
    _Alignas(64) loop__job_t *finished; /* atomic. a stack: last come first */
    _Alignas(64) loop_t *loop;
    loop__shared_t *shared;
    int64_t idle_ns;  /* options.worker_idle_ns */
    uint32_t closing; /* atomic. nothing is taken any more */
    uint32_t spins;   /* there is another processor that a job can come from */
    /* of the loop thread alone */
    uint64_t out;         /* blocks pushed and not yet taken back */
    int64_t next_look_ns; /* when loop__pool_tend looks again */
    loop__lane_t lanes[LOOP_LANES];
};

/* Jobs that wait. Exact under mutex but for takers; otherwise a hint. */
static inline uint64_t loop__lane_waiting(const loop__lane_t *lane) {
    uint64_t head = __atomic_load_n(&lane->head, __ATOMIC_ACQUIRE);
    uint64_t tail = __atomic_load_n(&lane->tail, __ATOMIC_ACQUIRE);
    return tail - head + __atomic_load_n(&lane->backlog_len, __ATOMIC_ACQUIRE);
}

/* Move jobs from the backlog to the ring. Under mutex. */
void loop__lane_refill(loop__lane_t *lane);

/* Put a task that has more to do behind the others. Any worker. */
void loop__lane_again(loop__lane_t *lane, loop__job_t *job);

/* Take the oldest job, or NULL. Any worker. */
loop__job_t *loop__lane_take(loop__lane_t *lane);

/* Put a block on the finished list. Any thread. */
void loop__pool_finish(struct loop__pool *pool, loop__job_t *job);

/* The next sleeper to call, now the lane's searcher; NULL when nobody sleeps or nothing waits or
 * somebody is searching. Under mutex; the caller calls it after unlocking. */
loop__worker_t *loop__lane_pick(loop__lane_t *lane);

/* Take a worker out of the list of sleepers. Under mutex. */
void loop__lane_unlist(loop__lane_t *lane, loop__worker_t *worker);

/* Lower the priority of workers that compute for long. Runs on: loop thread. */
void loop__pool_tend(struct loop__pool *pool);

/* What a worker thread runs. */
void *loop__worker_main(void *argument);

#endif
