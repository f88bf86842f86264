/* SPDX-License-Identifier: MIT
 *
 * Timers and immediates of C callers. A deadline is the clock at the call plus the delay, stamped
 * here. Immediates live only here: the engine knows how many there are and reports the check phase.
 */
#include "internal.h"

#include <stdlib.h>

/* ---- Timers ---------------------------------------------------------------------------------- */

/* delay_ns: kept for loop_refresh_timer, -1 for a timer with an absolute deadline. */
static int64_t start_timer(loop_t *loop, int64_t deadline_ns, int64_t delay_ns, int repeat,
                           loop_cb cb, void *user) {
    loop_op_t *op;
    int64_t id = loop__start(loop, LOOP_OP_TIMER, cb, user, delay_ns, &op);
    if (LOOP__UNLIKELY(id < 0))
        return id;
    op->arg = deadline_ns;
    if (repeat) {
        op->flags = LOOP_OPF_REPEAT;
        op->target = (uint64_t)delay_ns;
        loop__ids_find(&loop->ids, (uint64_t)id)->word |= LOOP__SLOT_REPEAT;
    }
    (void)loop__submit_queued(loop);
    return id;
}

int64_t loop_set_timeout(loop_t *loop, int64_t delay_ns, loop_cb cb, void *user) {
    int64_t rc = loop__enter_open(loop);
    if (LOOP__UNLIKELY(rc < 0))
        return rc;
    if (LOOP__UNLIKELY(delay_ns < 0))
        return loop__leave(loop, LOOP_EINVAL);
    rc = start_timer(loop, loop__sum_ns(loop__clock(), delay_ns), delay_ns, 0, cb, user);
    return loop__leave(loop, rc);
}

int64_t loop_set_interval(loop_t *loop, int64_t period_ns, loop_cb cb, void *user) {
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (period_ns <= 0)
        return loop__leave(loop, LOOP_EINVAL);
    rc = start_timer(loop, loop__sum_ns(loop__clock(), period_ns), period_ns, 1, cb, user);
    return loop__leave(loop, rc);
}

int64_t loop_set_timer_at(loop_t *loop, int64_t deadline_ns, loop_cb cb, void *user) {
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    return loop__leave(loop, start_timer(loop, deadline_ns, -1, 0, cb, user));
}

/* Give a timer that has fired its delay again, under a new id. */
static int64_t start_again(loop_t *loop, const loop__slot_t *old) {
    int64_t delay_ns = old->ns;
    int unref = (old->word & LOOP__SLOT_UNREF) != 0;
    int32_t state = loop__state(loop);
    if (state != LOOP__OPEN)
        return state;
    int64_t id =
        start_timer(loop, loop__sum_ns(loop__clock(), delay_ns), delay_ns,
                    (old->word & LOOP__SLOT_REPEAT) != 0, old->cb, (void *)(uintptr_t)old->user);
    if (id > 0 && unref)
        (void)loop_unref(loop, id);
    return id;
}

/* Refresh a timer of a loop_turn host, of which only the engine knows. */
static int64_t refresh_foreign(loop_t *loop, int64_t id) {
    int64_t delay_ns;
    int64_t rc = loop__ask(loop, LOOP__ASK_PERIOD, (uint64_t)id, &delay_ns);
    if (rc == 0) {
        int64_t due_ns; /* the period of one that has ended is known, too */
        rc = loop__ask(loop, LOOP__ASK_DUE_IN, (uint64_t)id, &due_ns);
    }
    if (rc == 0)
        rc = loop__control(loop, LOOP_OP_REFRESH, (uint64_t)id, 0,
                           loop__sum_ns(loop__clock(), delay_ns));
    return rc < 0 ? rc : id;
}

static int64_t refresh(loop_t *loop, int64_t id) {
    if (id <= 0)
        return LOOP_EBADID;
    if ((uint64_t)id >> LOOP__MAKER_SHIFT != LOOP__MAKER_SHIM)
        return refresh_foreign(loop, id);
    loop__slot_t *slot = loop__ids_find(&loop->ids, (uint64_t)id);
    if (slot == NULL || (slot->word & LOOP__SLOT_MUTED) != 0 ||
        loop__slot_code(slot) != LOOP_OP_TIMER)
        return LOOP_EBADID;
    if (slot->ns < 0)
        return LOOP_EINVAL;
    if ((slot->word & LOOP__SLOT_ENDED) == 0) {
        int64_t deadline_ns = loop__sum_ns(loop__clock(), slot->ns);
        int64_t rc = loop__control(loop, LOOP_OP_REFRESH, (uint64_t)id, 0, deadline_ns);
        return rc < 0 ? rc : id;
    }
    int64_t next = start_again(loop, slot);
    if (next > 0 && loop->current != (uint64_t)id)
        slot->word |= LOOP__SLOT_MUTED; /* it is due in this batch: now it is not */
    return next;
}

int64_t loop_refresh_timer(loop_t *loop, int64_t id) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    return loop__leave(loop, refresh(loop, id));
}

static int64_t due_in(loop_t *loop, int64_t id, int64_t *due_ns_out) {
    if (due_ns_out == NULL)
        return LOOP_EINVAL;
    if (id <= 0)
        return LOOP_EBADID;
    if ((uint64_t)id >> LOOP__MAKER_SHIFT == LOOP__MAKER_SHIM) {
        loop__slot_t *slot = loop__ids_find(&loop->ids, (uint64_t)id);
        if (slot == NULL || (slot->word & LOOP__SLOT_MUTED) != 0 ||
            loop__slot_code(slot) != LOOP_OP_TIMER)
            return LOOP_EBADID;
        if ((slot->word & LOOP__SLOT_ENDED) != 0) {
            if (loop->current == (uint64_t)id)
                return LOOP_EBADID;
            *due_ns_out = 0;
            return 0;
        }
    }
    return loop__ask(loop, LOOP__ASK_DUE_IN, (uint64_t)id, due_ns_out);
}

int64_t loop_timer_due_in(loop_t *loop, int64_t id, int64_t *due_ns_out) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    return loop__leave(loop, due_in(loop, id, due_ns_out));
}

/* ---- Immediates ------------------------------------------------------------------------------ */

/* Take an immediate out of the counts. Its entry in the ring stays until its turn comes, or until
 * most entries are of this kind. */
void loop__end_immediate(loop_t *loop, const loop__slot_t *slot) {
    loop->immediates_live--;
    if ((slot->word & LOOP__SLOT_UNREF) != 0)
        loop->immediates_unref--;
}

/* Drop entries of immediates that were cleared when they are the most. */
static void compact(loop_t *loop) {
    loop__ring_t *ring = &loop->immediates;
    uint32_t count = ring->count, left = 0;
    if (count < 64 || loop->immediates_live > count / 2)
        return;
    for (uint32_t i = 0; i < count; i++) {
        loop__ring_item_t item = loop__ring_pop(ring);
        if (loop__ids_find(&loop->ids, item.what) == NULL) {
            free(item.with);
            continue;
        }
        (void)loop__ring_push(ring, item.what, item.with);
        if (i < loop->immediates_left)
            left++;
    }
    loop->immediates_left = left;
}

int64_t loop_set_immediate(loop_t *loop, loop_cb cb, void *user) {
    loop__slot_t *slot;
    int64_t rc = loop__enter_open(loop);
    if (LOOP__UNLIKELY(rc < 0))
        return rc;
    if (LOOP__UNLIKELY(cb == NULL))
        return loop__leave(loop, LOOP_EINVAL);
    if (LOOP__UNLIKELY(loop->immediates.count == loop->immediates.capacity)) {
        compact(loop);
        if (loop->immediates.count == loop->immediates.capacity &&
            !loop__ring_grow(&loop->immediates))
            return loop__leave(loop, LOOP_ENOMEM);
    }
    uint64_t id = loop__ids_take(&loop->ids, LOOP_OP_IMMEDIATE, &slot);
    if (LOOP__UNLIKELY(id == 0))
        return loop__leave(loop, LOOP_ENOMEM);
    slot->cb = cb;
    slot->user = (uint64_t)(uintptr_t)user;
    slot->ns = 0;
    void *label = NULL;
    if (LOOP__UNLIKELY(loop->next_used)) {
        if (loop->next_timeout_ns > 0)
            slot->ns = loop__sum_ns(loop__clock(), loop->next_timeout_ns);
        label = loop->next_label;
        loop->next_label = NULL;
        loop__next_clear(loop);
    }
    (void)loop__ring_push(&loop->immediates, id, label);
    loop->immediates_live++;
    if (LOOP__UNLIKELY(loop->shared.trace_on))
        loop__trace_own(loop, LOOP_TRACE_REGISTER, LOOP_OP_IMMEDIATE, id, NULL,
                        label != NULL ? loop__blob_data(label) : NULL, 0);
    return loop__leave(loop, (int64_t)id);
}

/* ---- Ticks ----------------------------------------------------------------------------------- */

static int64_t queue_tick(loop_t *loop, loop__ring_t *ring, loop_cb cb, void *user) {
    int64_t rc = loop__enter_sound(loop);
    if (LOOP__UNLIKELY(rc < 0))
        return rc;
    if (LOOP__UNLIKELY(cb == NULL))
        return loop__leave(loop, LOOP_EINVAL);
    if (LOOP__UNLIKELY(!loop__ring_push(ring, (uint64_t)(uintptr_t)cb, user)))
        return loop__leave(loop, LOOP_ENOMEM);
    return loop__leave(loop, 0);
}

/* Also while the loop closes: what its last callbacks queue still runs. */
int64_t loop_next_tick(loop_t *loop, loop_cb cb, void *user) {
    return queue_tick(loop, loop != NULL ? &loop->ticks : NULL, cb, user);
}

int64_t loop_queue_microtask(loop_t *loop, loop_cb cb, void *user) {
    return queue_tick(loop, loop != NULL ? &loop->microtasks : NULL, cb, user);
}
