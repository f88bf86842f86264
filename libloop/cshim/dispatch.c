/* SPDX-License-Identifier: MIT
 *
 * Calling callbacks. Where dispatching stands is kept in the loop, not on the stack: a callback may
 * longjmp, throw or unwind out of it, and the next run goes on with what was not delivered. This
 * file is compiled with -fexceptions, so the cleanup attribute works for all kinds of unwinding.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- The batch ------------------------------------------------------------------------------- */

/* Make room for a batch of so many events. Returns 0 when out of memory. */
int loop__batch_reserve(loop__batch_t *batch, uint32_t capacity) {
    if (capacity <= batch->capacity)
        return 1;
    loop_event_t *events = realloc(batch->events, capacity * sizeof *events);
    if (events == NULL)
        return 0;
    batch->events = events;
    int32_t *direct_fds = realloc(batch->direct_fds, capacity * sizeof *direct_fds);
    if (direct_fds == NULL)
        return 0;
    batch->direct_fds = direct_fds;
    batch->capacity = capacity;
    return 1;
}

static void note_block(loop__batch_t *batch, const void *data) {
    if (batch->block_count == batch->block_capacity) {
        uint32_t capacity = batch->block_capacity == 0 ? 16 : batch->block_capacity * 2;
        void **blocks = realloc(batch->blocks, capacity * sizeof *blocks);
        if (blocks == NULL)
            return; /* loop_retain then copies the data */
        batch->blocks = blocks;
        batch->block_capacity = capacity;
    }
    batch->blocks[batch->block_count++] = (void *)(uintptr_t)data;
}

/* Whether an event brings a new stream. */
static int is_accepted(const loop_event_t *ev) {
    return ev->code == LOOP_OP_NET && ev->aux == LOOP_NET_ACCEPTED && ev->status == 0 &&
           (ev->flags & LOOP_EV_MORE) != 0;
}

/* Look through the events of a step: remembers blocks, and which ids of the shim have ended, so
 * that calls know it before the event is delivered. */
void loop__batch_accept(loop_t *loop, loop_event_t *events, uint32_t count, uint32_t stride) {
    loop_event_t *ev = events;
    for (uint32_t i = 0; i < count; i++) {
        if (LOOP__UNLIKELY((ev->flags & LOOP__EV_BLOCK) != 0)) {
            ev->flags = (uint16_t)(ev->flags & ~LOOP__EV_BLOCK);
            note_block(&loop->batch, ev->data);
        }
        if ((ev->flags & LOOP_EV_MORE) == 0) {
            uint64_t *word = loop__word(loop, ev->id);
            if (word != NULL)
                *word |= LOOP__SLOT_ENDED;
            if (LOOP__UNLIKELY(ev->code == LOOP_OP_NET))
                loop__tty_ended(loop, ev->id);
        } else if (LOOP__UNLIKELY(is_accepted(ev))) {
            loop__made_note(&loop->made, (uint64_t)ev->num);
        }
        ev = (loop_event_t *)((char *)ev + stride);
    }
}

/* ---- Calling --------------------------------------------------------------------------------- */

/* The callback of loop->current has returned, or was left. Ends the id if that was its final
 * event. */
void loop__finish_current(loop_t *loop) {
    uint64_t id = loop->current;
    loop->current = 0;
    if (id != 0 && loop->current_final)
        loop__end_id(loop, id);
}

typedef struct scope {
    loop_t *loop;
} scope_t;

static void leave_scope(scope_t *scope) {
    loop__finish_current(scope->loop);
    scope->loop->dispatching = 0;
}

static void call_tick(loop_t *loop, loop__ring_t *ring, uint16_t code) {
    loop__ring_item_t item = loop__ring_pop(ring);
    loop_cb cb = (loop_cb)(uintptr_t)item.what;
    loop_event_t *ev = &loop->tick_event;
    ev->code = code;
    ev->status = loop__state(loop) == LOOP_EPANIC ? LOOP_EPANIC : 0;
    ev->user = (uint64_t)(uintptr_t)item.with;
    if (LOOP__UNLIKELY(loop->shared.trace_on))
        loop__trace_own(loop, LOOP_TRACE_EVENT, code, 0, NULL, NULL, ev->status);
    cb(loop, ev, item.with);
}

/* Node's order: all ticks, then all microtasks, until both queues are empty. */
static void drain(loop_t *loop) {
#ifdef LOOP_MUTANT_MICROTASK_FIRST
    do {
        while (loop->microtasks.count > 0)
            call_tick(loop, &loop->microtasks, LOOP_OP_MICROTASK);
        while (loop->ticks.count > 0)
            call_tick(loop, &loop->ticks, LOOP_OP_TICK);
    } while (loop->microtasks.count > 0);
#else
    do {
        while (loop->ticks.count > 0)
            call_tick(loop, &loop->ticks, LOOP_OP_TICK);
        while (loop->microtasks.count > 0)
            call_tick(loop, &loop->microtasks, LOOP_OP_MICROTASK);
    } while (loop->ticks.count > 0);
#endif
    loop__ring_relax(&loop->ticks);
    loop__ring_relax(&loop->microtasks);
}

static inline void drain_if_any(loop_t *loop) {
    if (LOOP__UNLIKELY((loop->ticks.count | loop->microtasks.count) != 0))
        drain(loop);
}

/* Nobody gets this event: what it would have handed over is given back. */
static void drop_event(loop_t *loop, const loop_event_t *ev) {
    if ((ev->flags & LOOP_EV_FD) != 0)
        close((int)ev->num);
    if (is_accepted(ev)) {
        uint64_t *word = loop__made_find(&loop->made, (uint64_t)ev->num);
        if (word != NULL)
            *word |= LOOP__SLOT_MUTED;
        (void)loop__control(loop, LOOP_OP_CLEAR, (uint64_t)ev->num, 0, 0);
    }
}

/* Nobody is told that a control op of a C call was refused: the call said what there was to say. */
static int is_quiet(const loop_event_t *ev) {
    return ev->cb == NULL || ev->cb == loop__quiet_refusal || (ev->flags & LOOP_EV_MUTED) != 0 ||
           ((ev->flags & LOOP_EV_REFUSED) != 0 && ev->code == LOOP_OP_READ);
}

/* Deliver one event. Returns 1 when a callback was called. */
static inline int deliver(loop_t *loop, const loop_event_t *ev) {
    int is_final = (ev->flags & LOOP_EV_MORE) == 0;
    loop_cb cb = ev->cb;
    if (ev->id >> LOOP__MAKER_SHIFT == LOOP__MAKER_SHIM) {
        loop__slot_t *slot = loop__ids_find(&loop->ids, ev->id);
        if (LOOP__UNLIKELY(slot == NULL))
            return 0;
        if (LOOP__UNLIKELY((slot->word & LOOP__SLOT_MUTED) != 0)) {
            drop_event(loop, ev);
            if (is_final)
                loop__ids_end(&loop->ids, ev->id);
            return 0;
        }
        if (LOOP__UNLIKELY((ev->flags & LOOP_EV_OUTCOME) != 0))
            slot->word |= LOOP__SLOT_OUTCOME;
        loop->current = ev->id;
        loop->current_final = (uint32_t)is_final;
    } else if (ev->id >> LOOP__MAKER_SHIFT == LOOP__MAKER_LOOP) {
        uint64_t *word = loop__made_find(&loop->made, ev->id);
        if (LOOP__UNLIKELY(cb == NULL || word == NULL || (*word & LOOP__SLOT_MUTED) != 0)) {
            drop_event(loop, ev);
            if (is_final)
                loop__end_id(loop, ev->id);
            return 0;
        }
        loop->current = ev->id;
        loop->current_final = (uint32_t)is_final;
    } else if (is_quiet(ev)) {
        drop_event(loop, ev);
        return 0;
    }
    loop->called++;
    cb(loop, ev, (void *)(uintptr_t)ev->user);
    if (loop->current != 0)
        loop__finish_current(loop);
    return 1;
}

/* Deliver the immediate that is next in the ring. Returns 1 when a callback was called. */
static int deliver_immediate(loop_t *loop) {
    loop__ring_item_t item = loop__ring_pop(&loop->immediates);
    loop->immediates_left--;
    loop__slot_t *slot = loop__ids_find(&loop->ids, item.what);
    if (slot == NULL) { /* cleared */
        free(item.with);
        return 0;
    }
    loop_event_t ev;
    memset(&ev, 0, sizeof ev);
    ev.id = item.what;
    ev.cb = slot->cb;
    ev.user = slot->user;
    ev.code = LOOP_OP_IMMEDIATE;
    ev.status = (slot->word & LOOP__SLOT_CANCELED) != 0 ? LOOP_ECANCELED : loop->immediates_status;
    if (LOOP__UNLIKELY(ev.status == 0 && slot->ns > 0 && loop__clock() >= slot->ns))
        ev.status = LOOP_ETIMEDOUT;
    if (LOOP__UNLIKELY(ev.status != 0))
        ev.flags = LOOP_KIND_ERROR;
    loop__end_immediate(loop, slot);
    slot->word |= LOOP__SLOT_ENDED;
    loop->current = ev.id;
    loop->current_final = 1;
    loop->called++;
    if (LOOP__UNLIKELY(loop->shared.trace_on))
        loop__trace_own(loop, LOOP_TRACE_EVENT, LOOP_OP_IMMEDIATE, ev.id, NULL,
                        item.with != NULL ? loop__blob_data(item.with) : NULL, ev.status);
    free(item.with);
    ev.cb(loop, &ev, (void *)(uintptr_t)ev.user);
    loop__finish_current(loop);
    return 1;
}

#ifdef LOOP_MUTANT_IMMEDIATE_LIFO
static void turn_round(loop__ring_t *ring, uint32_t count) {
    for (uint32_t i = 0, k = count - 1; i < count / 2; i++, k--) {
        loop__ring_item_t *a = &ring->items[(ring->head + i) & (ring->capacity - 1)];
        loop__ring_item_t *b = &ring->items[(ring->head + k) & (ring->capacity - 1)];
        loop__ring_item_t item = *a;
        *a = *b;
        *b = item;
    }
}
#endif

/* Fix the list of immediates of a phase: what is started from now on waits for the next pass. Check
 * phase: once a pass, at its first batch, even if there are none yet: its batches may be many, and
 * check watchers start immediates. When the loop has closed, what is left ends in the closing
 * phase. */
void loop__take_immediates(loop_t *loop) {
    const loop__step_t *step = &loop->step;
    uint32_t count = loop->immediates.count;
    if (loop->immediates_left > 0)
        return;
    if (loop__state(loop) == LOOP__OPEN) {
        uint32_t limit = loop->options.phase_limit;
        if (step->answer != LOOP__BATCH || step->phase != LOOP_PHASE_CHECK ||
            loop->immediates_pass == step->pass)
            return;
        loop->immediates_pass = step->pass;
        if (count == 0)
            return;
        loop->immediates_status = 0;
        loop->immediates_left = limit > 0 && limit < count ? limit : count;
        loop__ring_relax(&loop->immediates);
    } else if (count > 0 && (step->answer == LOOP__DONE || step->phase == LOOP_PHASE_CLOSING)) {
        loop->immediates_status = LOOP_ECANCELED;
        loop->immediates_left = count;
    }
#ifdef LOOP_MUTANT_IMMEDIATE_LIFO
    if (loop->immediates_left > 0)
        turn_round(&loop->immediates, loop->immediates_left);
#endif
}

static inline int stopped(const loop_t *loop) {
    return LOOP__UNLIKELY(__atomic_load_n(&loop->stop, __ATOMIC_RELAXED) != 0);
}

/* Whether there is anything that loop__dispatch would deliver. */
int loop__dispatch_left(const loop_t *loop) {
    return loop->batch.at < loop->batch.count || loop->immediates_left > 0 ||
           loop->ticks.count > 0 || loop->microtasks.count > 0;
}

/* Deliver what waits: ticks, then immediates, then the batch, each callback followed by its ticks
 * and microtasks; up to the end or loop_stop. Nothing is delivered twice, however it is left. */
void loop__dispatch(loop_t *loop) {
    if (!loop__dispatch_left(loop))
        return;
    scope_t scope __attribute__((cleanup(leave_scope))) = {loop};
    loop->dispatching = 1;
    drain_if_any(loop);
    while (loop->immediates_left > 0 && !stopped(loop))
        if (deliver_immediate(loop))
            drain_if_any(loop);
    while (loop->batch.at < loop->batch.count && !stopped(loop))
        if (deliver(loop, &loop->batch.events[loop->batch.at++]))
            drain_if_any(loop);
}

int64_t loop_unwound(loop_t *loop) {
    int64_t rc = loop__enter(loop);
    if (rc < 0)
        return rc;
    loop__finish_current(loop);
    loop->dispatching = 0;
    loop->depth = 1; /* of a movable loop: the calls that were jumped over never left */
    return loop__leave(loop, 0);
}

static int64_t dispatch_given(loop_t *loop, const loop_event_t *events, uint32_t count) {
    int64_t called = 0;
    scope_t scope __attribute__((cleanup(leave_scope))) = {loop};
    loop->dispatching = 1;
    drain_if_any(loop);
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].cb != NULL && deliver(loop, &events[i])) {
            called++;
            drain_if_any(loop);
        }
    }
    return called;
}

int64_t loop_dispatch(loop_t *loop, const loop_event_t *events, uint32_t count) {
    int64_t rc = loop__enter(loop);
    if (rc < 0)
        return rc;
    loop_t *claimed __attribute__((cleanup(loop__unclaim))) = loop;
    if (events == NULL && count > 0)
        return LOOP_EINVAL;
    if (loop->dispatching)
        return LOOP_ENESTED;
    return dispatch_given(claimed, events, count);
}
