/* SPDX-License-Identifier: MIT
 *
 * loop_turn: one batch for hosts that take events themselves. Events of C callbacks are delivered
 * before it returns, from the loop's own batch, so that what a callback does (throw, longjmp) finds
 * the host's array and the turn's results complete.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define KNOWN_FLAGS ((uint32_t)(LOOP_TURN_SUBMIT | LOOP_TURN_ONCE))

static int stride_ok(uint32_t stride, size_t least) {
    return stride >= least && stride % 8 == 0;
}

static int turn_ok(const loop_turn_t *turn) {
    return (turn->flags & ~KNOWN_FLAGS) == 0 && turn->timeout_ns >= -1 &&
           (turn->op_count == 0 ||
            (turn->ops != NULL && stride_ok(turn->op_stride, sizeof(loop_op_t)))) &&
           (turn->event_capacity == 0 ||
            (turn->events != NULL && stride_ok(turn->event_stride, sizeof(loop_event_t))));
}

/* ---- Ops ------------------------------------------------------------------------------------- */

static int is_private(const loop_op_t *op) {
#ifdef LOOP_FAULTS
    if (op->code >= 0xF001 && op->code <= 0xF004)
        return 0;
#endif
    return LOOP__UNLIKELY(op->code >= LOOP__OP_PRIVATE);
}

static const loop_op_t *op_at(const loop_op_t *ops, uint32_t stride, uint32_t i) {
    return (const loop_op_t *)((const char *)ops + (size_t)i * stride);
}

/* The host's ops as the engine may see them: a copy in which the codes that only the shim may use
 * are unknown, when there is one. copy_out: to be freed. Returns 0 when out of memory. */
static int screen_ops(loop__io_t *io, loop_op_t **copy_out) {
    *copy_out = NULL;
    uint32_t i = 0;
    while (i < io->op_count && !is_private(op_at(io->ops, io->op_stride, i)))
        i++;
    if (LOOP__LIKELY(i == io->op_count))
        return 1;
    loop_op_t *copy = malloc(io->op_count * sizeof *copy);
    if (copy == NULL)
        return 0;
    for (i = 0; i < io->op_count; i++) {
        copy[i] = *op_at(io->ops, io->op_stride, i);
        if (is_private(&copy[i]))
            copy[i].code = LOOP__OP_UNKNOWN;
    }
    *copy_out = copy;
    io->ops = copy;
    io->op_stride = sizeof *copy;
    return 1;
}

static void free_ops(loop_op_t **copy) {
    free(*copy);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static int is_ours(const loop_event_t *ev) {
    return ev->cb != NULL &&
           (ev->id >> LOOP__MAKER_SHIFT == LOOP__MAKER_SHIM || (ev->flags & LOOP_EV_MUTED) == 0);
}

static loop_event_t *event_at(const loop_turn_t *turn, uint32_t i) {
    return (loop_event_t *)((char *)turn->events + (size_t)i * turn->event_stride);
}

/* ---- The turn -------------------------------------------------------------------------------- */

/* A turn that is being taken. The host's outputs are written when its ops are taken: before the
 * callbacks, and again at the end. */
typedef struct taking {
    loop_t *loop;
    loop_turn_t *turn;
    loop__io_t io;
    loop_op_t *copy; /* of the ops, or NULL */
    int64_t deadline_ns;
    uint32_t flags;  /* LOOP__STEP_* */
    uint32_t result; /* LOOP_TURN_* */
    uint32_t phase;  /* LOOP_PHASE_* */
    uint32_t events; /* in the host's array */
    uint32_t slept;
    uint32_t stepped; /* the ops are taken */
} taking_t;

static void write_results(const taking_t *t) {
    loop_t *loop = t->loop;
    loop_turn_t *turn = t->turn;
    turn->event_count = t->events;
    turn->phase = t->phase;
    turn->result = t->result;
    turn->dispatched = loop->called;
    turn->pass = loop->step.pass;
    turn->now_ns = loop->now_ns;
    turn->alive = loop->step.alive + loop__undelivered(loop) + loop__held(loop);
}

static int is_data(const loop_event_t *ev) {
    return ev->aux == LOOP_NET_DATA && ev->code == LOOP_OP_NET && ev->status == 0 &&
           ev->flags == (LOOP_EV_MORE | LOOP_KIND_BYTES);
}

static void note_answer(loop_t *loop, uint64_t stream, int32_t fd) {
    loop->answers.items[loop->answers.count++] = (loop__answer_t){.id = stream, .fd = fd};
}

/* Move the events that have callbacks to the loop's batch; the host's array keeps the rest. */
static void take_ours(taking_t *t, uint32_t count) {
    loop__batch_t *batch = &t->loop->batch;
    const int32_t *fds = t->loop->step.direct ? batch->direct_fds : NULL;
    int only_data = 1;
    for (uint32_t i = 0; i < count; i++) {
        loop_event_t *ev = event_at(t->turn, i);
        if (LOOP__UNLIKELY(is_ours(ev))) {
            if (fds != NULL)
                batch->direct_fds[batch->count] = fds[i];
            batch->events[batch->count++] = *ev;
        } else {
            if (!is_data(ev))
                only_data = 0;
            else if (fds != NULL)
                note_answer(t->loop, ev->id, fds[i]);
            if (t->events != i)
                *event_at(t->turn, t->events) = *ev;
            t->events++;
        }
    }
    if (t->events > 0 && only_data)
        t->result |= LOOP_TURN_DATA;
}

/* The other way round, for events that were written into the loop's batch. */
static void give_theirs(taking_t *t) {
    loop__batch_t *batch = &t->loop->batch;
    uint32_t count = batch->count;
    batch->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (is_ours(&batch->events[i]))
            batch->events[batch->count++] = batch->events[i];
        else
            *event_at(t->turn, t->events++) = batch->events[i];
    }
}

/* Deliver what has callbacks and end the turn. */
static int64_t end_turn(taking_t *t) {
    loop_t *loop = t->loop;
    if (loop__dispatch_left(loop)) {
        write_results(t);
        loop__dispatch(loop);
        if (loop__take_stop(loop))
            t->result |= LOOP_TURN_STOPPED;
    }
    write_results(t);
    if (loop->embedded && t->events == 0 && loop__state(loop) != LOOP_EPANIC)
        loop__arm_for_host(loop);
    return 0;
}

/* The final events of a poisoned loop, as many as there is room for; then LOOP_EPANIC. While a host
 * function runs there are none: the turn waits for it as it would for an event. */
static int64_t epitaph_turn(taking_t *t) {
    loop_t *loop = t->loop;
    int64_t wait_ns = -1;
    if ((t->flags & LOOP__STEP_NOWAIT) != 0 || t->turn->immediates > 0)
        wait_ns = 0;
    else if (t->deadline_ns != INT64_MAX)
        wait_ns = t->deadline_ns > loop__clock() ? t->deadline_ns - loop__clock() : 0;
    int64_t rc = loop__epitaph(loop, t->turn->event_capacity, wait_ns);
    if (rc == LOOP_EBUSY) {
        t->phase = LOOP_PHASE_NONE;
        t->events = 0;
        t->result |= LOOP_TURN_TIMEDOUT;
        if ((t->flags & LOOP__STEP_ONCE) != 0)
            t->result |= LOOP_TURN_PASS; /* else a host that runs one pass would turn for ever */
        return end_turn(t);
    }
    if (rc < 0)
        return rc;
    if (loop->epitaph == LOOP__EPITAPH_DONE && loop->batch.count == 0)
        return LOOP_EPANIC;
    t->phase = LOOP_PHASE_CLOSING;
    t->events = 0;
    give_theirs(t);
    return end_turn(t);
}

/* Have the engine take the ops and nothing else. The batch before stays valid. */
static int64_t submit_turn(taking_t *t) {
    loop_t *loop = t->loop;
    int64_t rc = loop->ops.count > 0 ? loop__submit(loop) : 0;
    if (rc == 0)
        rc = loop__submit_ops(loop, t->io.ops, t->io.op_count, t->io.op_stride,
                              loop__tell_close(loop));
    if (rc == 0)
        write_results(t);
    return rc;
}

/* Sleep after the answer WAIT, once in a turn. Returns 1 to step again, 0 when the turn ends, or a
 * LOOP_E* code. */
static int64_t wait(taking_t *t) {
    loop_t *loop = t->loop;
    int64_t ns = loop->step.wait_ns;
    if (t->deadline_ns != INT64_MAX) {
        int64_t left = t->deadline_ns - loop__clock();
        if (left <= 0) {
            t->result |= LOOP_TURN_TIMEDOUT;
            return 0;
        }
        ns = ns < 0 || left < ns ? left : ns;
    }
    if (t->slept)
        return 0;
    int busy = loop__arm_or_busy(loop);
    int64_t rc = 0;
    if (!busy) {
        t->slept = 1;
        rc = loop__sleep(loop, ns);
    }
    if (rc == LOOP_EINTR) {
        t->result |= LOOP_TURN_INTERRUPTED;
        rc = 0;
    }
    if (loop__take_stop(loop))
        t->result |= LOOP_TURN_STOPPED;
    if (rc < 0)
        return rc;
    return (t->result & (LOOP_TURN_INTERRUPTED | LOOP_TURN_STOPPED)) == 0;
}

/* One step. Returns as wait. */
static int64_t advance(taking_t *t) {
    loop_t *loop = t->loop;
    int64_t rc = 0;
    uint32_t closing = loop__tell_close(loop);
    if (loop->ops.count > 0) {
        if (t->io.op_count > 0 || closing != 0) {
            rc = loop__submit(loop);
        } else {
            t->io.ops = loop->ops.items;
            t->io.op_count = loop->ops.count;
            t->io.op_stride = sizeof(loop_op_t);
        }
    }
    loop->step.direct_fds = loop->batch.direct_fds;
    if (rc == 0)
        rc = loop__step(loop, t->flags | closing, &t->io);
    loop->step.direct_fds = NULL;
    if (LOOP__UNLIKELY(rc == LOOP_EPANIC))
        return rc;
    loop__ops_taken(loop);
    t->stepped = 1;
    t->io.op_count = 0;
    if (rc < 0)
        return rc;
    uint32_t count = loop->step.nevents;
    loop__batch_accept(loop, t->turn->events, count, t->turn->event_stride);
    take_ours(t, count);
    loop__take_immediates(loop);
    switch (loop->step.answer) {
    case LOOP__BATCH:
        t->phase = loop->step.phase;
        return 0;
    case LOOP__WAIT:
        return wait(t);
    case LOOP__DONE:
        t->result |= LOOP_TURN_DONE;
        return 0;
    default:
        if ((t->flags & LOOP__STEP_ONCE) != 0)
            t->result |= LOOP_TURN_PASS;
        if (t->turn->timeout_ns == 0)
            t->result |= LOOP_TURN_TIMEDOUT;
        return 0;
    }
}

/* What the last batch is answered with. Returns 1, or a LOOP_E* code. */
static int64_t send_answers(taking_t *t) {
    int64_t taken = loop__send_answers(t->loop, &t->io);
    if (taken != 0)
        t->stepped = 1;
    return taken < 0 ? taken : 1;
}

/* Whether to sleep at once: see loop__rests. */
static int rests(const taking_t *t) {
    int plain = t->io.op_count == 0 && t->flags == 0 && t->turn->immediates == 0 &&
                t->deadline_ns == INT64_MAX;
    return loop__rests(t->loop, plain);
}

static int64_t go(taking_t *t) {
    loop_t *loop = t->loop;
    int64_t rc;
    if (LOOP__UNLIKELY(loop->deferred != 0)) {
        rc = loop->deferred;
        loop->deferred = 0;
        return rc;
    }
    if (LOOP__UNLIKELY(loop__take_stop(loop))) {
        t->result = LOOP_TURN_STOPPED;
        return submit_turn(t);
    }
    loop__dispatch(loop);
    if (LOOP__UNLIKELY(loop__take_stop(loop))) {
        t->result = LOOP_TURN_STOPPED;
        return submit_turn(t);
    }
    if (LOOP__UNLIKELY(loop__state(loop) == LOOP_EPANIC))
        return epitaph_turn(t);
    loop__give_batch_back(loop);
    loop->batch.at = loop->batch.count = 0;
    rc = send_answers(t);
    if (LOOP__LIKELY(rc > 0))
        rc = rests(t) ? wait(t) : 1;
    while (rc > 0)
        rc = advance(t);
    if (LOOP__UNLIKELY(rc == LOOP_EPANIC))
        return epitaph_turn(t);
    if (LOOP__UNLIKELY(rc < 0)) {
        /* The ops are taken, so this turn is no failure; the next one is. */
        if (t->turn->op_count == 0 || !t->stepped)
            return rc;
        loop->deferred = rc;
    }
    return end_turn(t);
}

static int64_t take_turn(loop_t *loop, loop_turn_t *turn) {
    int only_submit = (turn->flags & LOOP_TURN_SUBMIT) != 0 || turn->event_capacity == 0;
    if (loop->dispatching && !only_submit)
        return LOOP_ENESTED;
    taking_t t = {.loop = loop, .turn = turn, .deadline_ns = INT64_MAX};
    t.io = (loop__io_t){.ops = turn->ops,
                        .events = turn->events,
                        .op_count = turn->op_count,
                        .op_stride = turn->op_stride,
                        .event_capacity = turn->event_capacity,
                        .event_stride = turn->event_stride,
                        .ticks = turn->ticks,
                        .immediates = turn->immediates};
    if (!screen_ops(&t.io, &t.copy))
        return LOOP_ENOMEM;
    loop_op_t *copy __attribute__((cleanup(free_ops))) = t.copy;
    (void)copy;
    if (only_submit) { /* perhaps inside a callback of a turn, whose counts go on */
        int64_t rc = loop__state(loop) == LOOP_EPANIC ? LOOP_EPANIC : submit_turn(&t);
        if (rc == 0)
            turn->dispatched = 0;
        return rc;
    }
    loop->called = 0;
    if (!loop__batch_reserve(&loop->batch, turn->event_capacity) ||
        !loop__answers_reserve(&loop->answers, turn->event_capacity))
        return LOOP_ENOMEM;
    loop__begin_embedded(loop);
    if ((turn->flags & LOOP_TURN_ONCE) != 0)
        t.flags |= LOOP__STEP_ONCE;
    if (turn->timeout_ns == 0 || turn->ticks > 0)
        t.flags |= LOOP__STEP_NOWAIT;
    if (turn->timeout_ns > 0)
        t.deadline_ns = loop__sum_ns(loop__clock(), turn->timeout_ns);
    return go(&t);
}

int64_t loop_turn(loop_turn_t *turn) {
    if (turn == NULL || turn->size < sizeof *turn || !turn_ok(turn))
        return loop__forked() ? LOOP_EFORK : LOOP_EINVAL;
    int64_t rc = loop__enter(turn->loop);
    if (rc < 0)
        return rc;
    loop_t *claimed __attribute__((cleanup(loop__unclaim))) = turn->loop;
    return take_turn(claimed, turn);
}
