/* SPDX-License-Identifier: MIT
 *
 * The pool: host functions and the engine's tasks on threads of their own. One pool per loop, three
 * lanes, each a FIFO queue with its own workers. Pure C, but for the tasks: for those a worker
 * enters Go, one piece at a time. Tasks never come to LOOP_LANE_HOST.
 *
 * The life of a block (struct loop__job in step.h): the loop thread pushes it, a worker takes it,
 * runs it unless the engine has cancelled it, and puts it on the finished list, from which the loop
 * thread takes everything at once. Every block that was pushed comes back.
 */
#ifndef LOOP_POOL_H
#define LOOP_POOL_H

#include "step.h"

#include <pthread.h>

typedef struct loop__pool loop__pool_t;

/* Make a pool. No thread starts before a lane's first job.
 *
 * complete   options with the defaults filled in: workers, worker_idle_ns
 * Returns    0, LOOP_ENOMEM.  Thread: any
 */
int64_t loop__pool_new(loop_t *loop, loop__shared_t *shared, const loop_options_t *complete,
                       loop__pool_t **out);

/* Hand jobs to their lanes. list: oldest first, any lanes, may be NULL. It never fails: when a lane
 * has no worker and none can be made, its jobs come back with LOOP_EAGAIN and the errno.
 * Thread: loop */
void loop__pool_push(loop__pool_t *pool, loop__job_t *list);

/* Take everything that has come back: a list, oldest first, or NULL. Called in every step, also
 * when nothing has: it also lowers the priority of workers that compute for long.  Thread: loop */
loop__job_t *loop__pool_take_finished(loop__pool_t *pool);

/* Whether there is anything to take; sequentially consistent, so the loop may sleep when it armed
 * first and then finds nothing here.  Thread: any */
int loop__pool_has_finished(loop__pool_t *pool);

/* Set the number of workers of a lane. Returns 0, LOOP_EINVAL (lane; n not in 1..1024).
 * Thread: loop */
int64_t loop__pool_set_workers(loop__pool_t *pool, uint32_t lane, uint32_t n);

/* Write how many workers a lane has and should have. lane: below LOOP_LANES.  Thread: loop */
void loop__pool_workers(loop__pool_t *pool, uint32_t lane, uint32_t *live_out,
                        uint32_t *target_out);

/* End the workers. No job starts any more; those that waited come back cancelled. Tells each worker
 * to end, lane by lane in the order of their numbers, and joins it before it tells the next.
 *
 * wait_ns    how long to wait for functions that run; negative: for ever
 * Returns    0; LOOP_EBUSY when one still runs, then call it again.  Thread: loop
 */
int64_t loop__pool_close(loop__pool_t *pool, int64_t wait_ns);

/* Give the memory back; after loop__pool_close has returned 0. NULL is allowed. */
void loop__pool_free(loop__pool_t *pool);

/* What the pool calls in the rest of the shim. */

/* Write the wake descriptor if the loop sleeps or is about to; sequentially consistent. */
void loop__wake_if_armed(loop__shared_t *shared);
/* Emit LOOP_TRACE_JOB_START, LOOP_TRACE_JOB_END or LOOP_TRACE_WORKER_CLOSE (job NULL). Only called
 * while shared->trace_on is set. */
void loop__trace_worker(loop_t *loop, uint32_t kind, const loop__job_t *job,
                        const char *thread_name);
/* The next piece of the engine's task of a job (fn is NULL). Returns whether there is more to do
 * at once. */
int loop__run_task(loop_t *loop, loop__job_t *job);
int64_t loop__clock(void);
/* Block every signal that is not about a fault of the thread itself. */
void loop__block_signals_in_thread(void);

/* Makes each worker thread. Weak, so that a test can put one that fails in its place. */
int loop__pool_thread_create(pthread_t *thread, void *(*entry)(void *), void *argument);

#endif
