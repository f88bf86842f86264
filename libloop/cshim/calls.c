/* SPDX-License-Identifier: MIT
 *
 * The C calls that act on ids of any kind, and those that start watchers, descriptors and jobs.
 * Calls check what the table of ids knows; the engine checks again when it takes the op.
 */
#include "internal.h"

/* ---- Any id ---------------------------------------------------------------------------------- */

int64_t loop__look_up(loop_t *loop, int64_t id, loop__standing_t *standing_out,
                      loop__slot_t **slot_out) {
    *standing_out = LOOP__GONE;
    *slot_out = NULL;
    if (id <= 0)
        return LOOP_EBADID;
    if ((uint64_t)id >> LOOP__MAKER_SHIFT == LOOP__MAKER_LOOP) {
        const uint64_t *word = loop__made_find(&loop->made, (uint64_t)id);
        if (word == NULL || (*word & LOOP__SLOT_MUTED) != 0)
            return LOOP_EBADID;
        if ((*word & LOOP__SLOT_ENDED) != 0 && loop->current == (uint64_t)id)
            return LOOP_EBADID;
        *standing_out = (*word & LOOP__SLOT_ENDED) != 0 ? LOOP__DECIDED : LOOP__ALIVE;
        return 0;
    }
    if ((uint64_t)id >> LOOP__MAKER_SHIFT != LOOP__MAKER_SHIM) {
        int64_t has_ref;
        int64_t rc = loop__ask(loop, LOOP__ASK_HAS_REF, (uint64_t)id, &has_ref);
        if (rc == 0)
            *standing_out = LOOP__ALIVE;
        return rc;
    }
    loop__slot_t *slot = loop__ids_find(&loop->ids, (uint64_t)id);
    if (slot == NULL || (slot->word & LOOP__SLOT_MUTED) != 0)
        return LOOP_EBADID;
    if ((slot->word & LOOP__SLOT_ENDED) != 0) {
        if (loop->current == (uint64_t)id)
            return LOOP_EBADID;
        *standing_out = LOOP__DECIDED;
    } else {
        *standing_out = LOOP__ALIVE;
    }
    *slot_out = slot;
    return 0;
}

uint64_t *loop__word(loop_t *loop, uint64_t id) {
    if (id >> LOOP__MAKER_SHIFT == LOOP__MAKER_LOOP)
        return loop__made_find(&loop->made, id);
    loop__slot_t *slot = loop__ids_find(&loop->ids, id);
    return slot != NULL ? &slot->word : NULL;
}

static int is_immediate(const loop__slot_t *slot) {
    return slot != NULL && loop__slot_code(slot) == LOOP_OP_IMMEDIATE;
}

static int64_t set_ref(loop_t *loop, int64_t id, int referenced) {
    loop__standing_t standing;
    loop__slot_t *slot;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    rc = loop__look_up(loop, id, &standing, &slot);
    if (rc < 0)
        return loop__leave(loop, rc);
    if (slot != NULL) {
        if (referenced == ((slot->word & LOOP__SLOT_UNREF) == 0))
            return loop__leave(loop, 0);
        slot->word ^= LOOP__SLOT_UNREF;
        if (is_immediate(slot)) {
            loop->immediates_unref += referenced ? UINT32_MAX : 1;
            return loop__leave(loop, 0);
        }
        if (standing == LOOP__DECIDED)
            return loop__leave(loop, 0);
    }
    return loop__leave(
        loop, loop__control(loop, referenced ? LOOP_OP_REF : LOOP_OP_UNREF, (uint64_t)id, 0, 0));
}

int64_t loop_ref(loop_t *loop, int64_t id) {
    return set_ref(loop, id, 1);
}

int64_t loop_unref(loop_t *loop, int64_t id) {
    return set_ref(loop, id, 0);
}

int64_t loop_has_ref(loop_t *loop, int64_t id) {
    loop__standing_t standing;
    loop__slot_t *slot;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    rc = loop__look_up(loop, id, &standing, &slot);
    if (rc == 0 && slot != NULL) {
        rc = (slot->word & LOOP__SLOT_UNREF) == 0;
    } else if (rc == 0) {
        int64_t has_ref = 0;
        rc = loop__ask(loop, LOOP__ASK_HAS_REF, (uint64_t)id, &has_ref);
        rc = rc < 0 ? rc : has_ref;
    }
    return loop__leave(loop, rc);
}

int64_t loop_cancel(loop_t *loop, int64_t id) {
    loop__standing_t standing;
    loop__slot_t *slot;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    rc = loop__look_up(loop, id, &standing, &slot);
    if (rc < 0 || standing == LOOP__DECIDED)
        return loop__leave(loop, rc);
    if (is_immediate(slot)) {
        slot->word |= LOOP__SLOT_CANCELED;
        return loop__leave(loop, 0);
    }
    return loop__leave(loop, loop__control(loop, LOOP_OP_CANCEL, (uint64_t)id, 0, 0));
}

static int64_t clear(loop_t *loop, int64_t id, int only_timers) {
    loop__standing_t standing;
    loop__slot_t *slot;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    rc = loop__look_up(loop, id, &standing, &slot);
    if (rc == 0 && only_timers) {
        int64_t due;
        rc = slot == NULL ? loop__ask(loop, LOOP__ASK_DUE_IN, (uint64_t)id, &due)
             : loop__slot_code(slot) != LOOP_OP_TIMER ? LOOP_EBADID
                                                      : 0;
    }
    if (rc < 0)
        return loop__leave(loop, rc);
    if (is_immediate(slot)) {
        loop__end_immediate(loop, slot);
        loop__ids_end(&loop->ids, (uint64_t)id);
        return loop__leave(loop, 0);
    }
    if (standing == LOOP__ALIVE) {
        rc = loop__control(loop, LOOP_OP_CLEAR, (uint64_t)id, 0, 0);
        /* Queueing may have submitted; the slot stays where it is as long as the id lives. */
    }
    uint64_t *word = loop__word(loop, (uint64_t)id);
    if (rc == 0 && word != NULL)
        *word |= LOOP__SLOT_MUTED;
    return loop__leave(loop, rc);
}

int64_t loop_clear(loop_t *loop, int64_t id) {
    return clear(loop, id, 0);
}

int64_t loop_clear_timer(loop_t *loop, int64_t id) {
    return clear(loop, id, 1);
}

/* ---- Watchers -------------------------------------------------------------------------------- */

static int64_t start_watcher(loop_t *loop, uint32_t code, loop_cb cb, void *user) {
    loop_op_t *op;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    rc = loop__start(loop, code, cb, user, 0, &op);
    if (rc > 0)
        (void)loop__submit_queued(loop);
    return loop__leave(loop, rc);
}

int64_t loop_start_idle(loop_t *loop, loop_cb cb, void *user) {
    return start_watcher(loop, LOOP_OP_IDLE, cb, user);
}

int64_t loop_start_prepare(loop_t *loop, loop_cb cb, void *user) {
    return start_watcher(loop, LOOP_OP_PREPARE, cb, user);
}

int64_t loop_start_check(loop_t *loop, loop_cb cb, void *user) {
    return start_watcher(loop, LOOP_OP_CHECK, cb, user);
}

/* ---- Descriptors ----------------------------------------------------------------------------- */

static int interest_ok(uint32_t interest) {
    return interest != 0 && (interest & ~(uint32_t)(LOOP_READABLE | LOOP_WRITABLE)) == 0;
}

int64_t loop_poll_fd(loop_t *loop, int32_t fd, uint32_t interest, uint32_t mode, loop_cb cb,
                     void *user) {
    loop_op_t *op;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (fd < 0 || !interest_ok(interest) ||
        (mode != LOOP_POLL_LEVEL && mode != LOOP_POLL_ONESHOT && mode != LOOP_POLL_EDGE))
        return loop__leave(loop, LOOP_EINVAL);
    if (mode == LOOP_POLL_EDGE && loop->shared.backend == LOOP_BACKEND_POLL)
        return loop__leave(loop, LOOP_ENOTSUP);
    rc = loop__start(loop, LOOP_OP_POLL_FD, cb, user, 0, &op);
    if (rc > 0) {
        op->flags = (uint16_t)mode;
        op->len = interest;
        op->arg = fd;
        (void)loop__submit_queued(loop);
    }
    return loop__leave(loop, rc);
}

int64_t loop_poll_modify(loop_t *loop, int64_t id, uint32_t interest) {
    loop__standing_t standing;
    loop__slot_t *slot;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    rc = loop__look_up(loop, id, &standing, &slot);
    if (rc == 0 && slot != NULL && loop__slot_code(slot) != LOOP_OP_POLL_FD)
        rc = LOOP_EBADID;
    if (rc == 0 && !interest_ok(interest))
        rc = LOOP_EINVAL;
    if (rc == 0 && standing == LOOP__ALIVE)
        rc = loop__control(loop, LOOP_OP_POLL_MODIFY, (uint64_t)id, interest, 0);
    return loop__leave(loop, rc);
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

int64_t loop_work_lane(loop_t *loop, uint32_t lane, loop_work_fn fn, void *arg, const char *label,
                       loop_cb cb, void *user) {
    loop_op_t *op;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (lane >= LOOP_LANES || fn == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    rc = loop__start(loop, LOOP_OP_WORK, cb, user, 0, &op);
    if (rc > 0) {
        op->len = lane;
        op->target = (uint64_t)(uintptr_t)label;
        op->data = arg;
        op->arg = (int64_t)(intptr_t)fn;
        (void)loop__submit_queued(loop);
    }
    return loop__leave(loop, rc);
}

int64_t loop_work(loop_t *loop, loop_work_fn fn, void *arg, const char *label, loop_cb cb,
                  void *user) {
    return loop_work_lane(loop, LOOP_LANE_HOST, fn, arg, label, cb, user);
}

int64_t loop_set_workers(loop_t *loop, uint32_t lane, uint32_t workers) {
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    return loop__leave(loop, loop__pool_set_workers(loop->pool, lane, workers));
}

int64_t loop_set_queue_limit(loop_t *loop, uint32_t lane, uint32_t limit) {
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (lane >= LOOP_LANES)
        return loop__leave(loop, LOOP_EINVAL);
    return loop__leave(loop, loop__control(loop, LOOP__OP_QUEUE_LIMIT, 0, lane, limit));
}
