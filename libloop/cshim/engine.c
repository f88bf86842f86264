/* SPDX-License-Identifier: MIT
 *
 * The crossings into the engine: fills the step's first half, crosses, and deals with what comes
 * out besides events: trace records, jobs to start, values to release, posts that were taken.
 */
#include "internal.h"

/* ---- Counts ---------------------------------------------------------------------------------- */

/* What the shim holds that keeps the loop alive. A closing loop ends whatever is held. */
uint64_t loop__held(loop_t *loop) {
    uint64_t held = __atomic_load_n(&loop->posts.waiting, __ATOMIC_RELAXED);
    held += loop->ticks.count + loop->microtasks.count;
    if (loop__state(loop) == LOOP__OPEN) {
        held += __atomic_load_n(&loop->holds, __ATOMIC_RELAXED);
        held += loop->immediates_live - loop->immediates_unref;
    }
    return held;
}

/* Ids of referenced events in the batch that the engine counts no more, and posts. */
uint64_t loop__undelivered(const loop_t *loop) {
    const uint64_t uncounted = LOOP__SLOT_MUTED | LOOP__SLOT_UNREF | LOOP__SLOT_OUTCOME;
    uint64_t n = 0;
    for (uint32_t i = loop->batch.at; i < loop->batch.count; i++) {
        const loop_event_t *ev = &loop->batch.events[i];
        if ((ev->flags & (LOOP_EV_MORE | LOOP_EV_MUTED)) != 0 || ev->cb == loop__quiet_refusal)
            continue;
        const loop__slot_t *slot = loop__ids_find(&loop->ids, ev->id);
        if (slot == NULL || (slot->word & uncounted) == 0)
            n++;
    }
    return n;
}

/* What loop_alive returns. Submits what is queued, because the engine counts ids. */
uint64_t loop__alive_count(loop_t *loop) {
    if (loop->ops.count > 0)
        (void)loop__submit(loop);
    return loop->step.alive + loop__undelivered(loop) + loop__held(loop);
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* The batch is delivered: its data is no longer borrowed. The release functions are the host's: they
 * may make calls, but not run the loop. */
void loop__give_batch_back(loop_t *loop) {
    loop->batch.block_count = 0;
    loop__job_t *list = loop->values;
    if (LOOP__LIKELY(list == NULL))
        return;
    loop->values = NULL;
    loop->dispatching = 1;
    for (loop__job_t *job = list, *next; job != NULL; job = next) {
        loop_value_t out = job->out;
        next = job->next;
        job->next = loop->returned;
        job->out.release = NULL;
        loop->returned = job;
        if (out.release != NULL)
            out.release((void *)(uintptr_t)out.data);
    }
    loop->dispatching = 0;
}

/* ---- Crossing -------------------------------------------------------------------------------- */

/* ticks, immediates: held by the host */
static int64_t cross(loop_t *loop, uint32_t flags, uint32_t ticks, uint32_t immediates) {
    loop__step_t *step = &loop->step;
    int closing = loop__state(loop) == LOOP_ECLOSED;
    loop->answers.count = 0;
    step->flags = flags;
    step->returned = loop->returned;
    loop->returned = NULL;
    step->immediates = immediates + (closing ? 0 : loop->immediates_live);
    step->ticks = ticks + loop->ticks.count + loop->microtasks.count;
    step->keep_alive = loop__held(loop) + ticks + immediates;
    step->shim_slots = loop->ids.count * LOOP__CHUNK;
    step->host_slots = loop->ids.host;
    step->start = NULL;
    step->values = NULL;
    step->trace_count = 0;
    loop__go_mask_t mask;
    loop__go_begin(&mask);
    int64_t rc = loopgo_step(loop->engine, step);
    loop__go_end(&mask);
    if (LOOP__UNLIKELY(rc == LOOP_EPANIC)) {
        loop__panicked(loop);
        return rc;
    }
    if (LOOP__UNLIKELY(step->trace_count > 0))
        loop__trace_step(loop);
    if (step->start != NULL)
        loop__pool_push(loop->pool, step->start);
    return rc;
}

/* LOOP__STEP_CLOSE when the loop is closed. What C calls queued before must be submitted first: it
 * was accepted then. */
uint32_t loop__tell_close(loop_t *loop) {
    if (LOOP__LIKELY(loop__state(loop) != LOOP_ECLOSED))
        return 0;
    loop->close_told = 1;
    return LOOP__STEP_CLOSE;
}

/* Take a step into io->events. The batch before this one is delivered. The ops are taken unless the
 * result is LOOP_EPANIC. */
int64_t loop__step(loop_t *loop, uint32_t flags, const loop__io_t *io) {
    loop__step_t *step = &loop->step;
    loop__disarm(loop);
    step->ops = io->ops;
    step->op_count = io->op_count;
    step->op_stride = io->op_stride;
    step->events = io->events;
    step->event_capacity = io->event_capacity;
    step->event_stride = io->event_stride;
    step->finished = loop__pool_take_finished(loop->pool);
    loop__posts_offer(loop);
    step->nready = 0;
    step->wait_errno = 0;
    if (loop->embedded)
        flags |= LOOP__STEP_EMBEDDED;
    if (loop->waited) {
        flags |= LOOP__STEP_WAITED;
        step->nready = loop->wait_ready;
        loop->waited = 0;
    }
    step->posts_taken = 0;
    step->nevents = 0;
    int64_t rc = cross(loop, flags, io->ticks, io->immediates);
    if (LOOP__UNLIKELY(rc == LOOP_EPANIC))
        return rc;
    loop->values = step->values;
    loop->now_ns = step->now_ns;
    if (step->posts_taken > 0)
        loop__posts_consume(loop, step->posts_taken);
    return rc;
}

/* Have the engine take these ops and nothing else. flags: 0 or LOOP__STEP_CLOSE. What the last batch left is untouched. */
int64_t loop__submit_ops(loop_t *loop, const loop_op_t *ops, uint32_t count, uint32_t stride,
                         uint32_t flags) {
    loop__step_t *step = &loop->step;
    uint32_t answer = step->answer, phase = step->phase;
    step->ops = ops;
    step->op_count = count;
    step->op_stride = stride;
    step->events = NULL;
    step->event_capacity = 0;
    step->event_stride = sizeof(loop_event_t);
    step->posts = NULL;
    step->post_count = 0;
    step->finished = NULL;
    int64_t rc = cross(loop, LOOP__STEP_SUBMIT | flags, 0, 0);
    step->answer = answer;
    step->phase = phase;
    return rc;
}

/* Have the engine take what is queued. */
int64_t loop__submit(loop_t *loop) {
    if (loop__state(loop) == LOOP_EPANIC)
        return LOOP_EPANIC;
    int64_t rc = loop__submit_ops(loop, loop->ops.items, loop->ops.count, sizeof(loop_op_t), 0);
    loop__ops_taken(loop);
    return rc;
}

/* After queueing: submits at once while a trace is on, so that the record of an op stands where the
 * host asked for it. */
int64_t loop__submit_queued(loop_t *loop) {
    if (LOOP__UNLIKELY(loop->shared.trace_on))
        return loop__submit(loop);
    return 0;
}

/* Runs on: a worker. A panic poisons the engine and wakes the loop. */
int loop__run_task(loop_t *loop, loop__job_t *job) {
    loop__go_mask_t mask;
    loop__go_begin(&mask);
    int32_t more = loopgo_task(loop->engine, job);
    loop__go_end(&mask);
    return more > 0;
}

/* Ask the engine, after submitting what is queued. */
int64_t loop__ask(loop_t *loop, uint32_t what, uint64_t id, int64_t *out) {
    int64_t rc = loop->ops.count > 0 ? loop__submit(loop) : 0;
    if (rc < 0)
        return rc;
    if (loop__state(loop) == LOOP_EPANIC)
        return LOOP_EPANIC;
    loop__go_mask_t mask;
    loop__go_begin(&mask);
    rc = loopgo_ask(loop->engine, what, id, out);
    loop__go_end(&mask);
    if (rc == LOOP_EPANIC)
        loop__panicked(loop);
    return rc;
}

/* Ask for statistics, after submitting what is queued, and passes that the engine does not know of.
 * out: a whole record, zeroed. */
int64_t loop__ask_stats(loop_t *loop, uint32_t what, uint32_t index, void *out) {
    int64_t rc = loop->ops.count > 0 || loop->step.spared > 0 ? loop__submit(loop) : 0;
    if (rc < 0)
        return rc;
    if (loop__state(loop) == LOOP_EPANIC)
        return LOOP_EPANIC;
    loop__go_mask_t mask;
    loop__go_begin(&mask);
    rc = loopgo_stats(loop->engine, what, index, out);
    loop__go_end(&mask);
    if (rc == LOOP_EPANIC)
        loop__panicked(loop);
    return rc;
}

int64_t loop_alive(loop_t *loop) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    uint64_t alive = loop__alive_count(loop);
    if (loop__state(loop) == LOOP_EPANIC)
        return loop__leave(loop, LOOP_EPANIC);
    return loop__leave(loop, (int64_t)alive);
}

int64_t loop_now(loop_t *loop) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    return loop__leave(loop, loop->dispatching ? loop->now_ns : loop__clock());
}
