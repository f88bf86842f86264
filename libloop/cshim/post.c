/* SPDX-License-Identifier: MIT
 *
 * What other threads do to a loop: post, hold, stop, wake. Pure C: none of it enters Go. Stop and
 * wake are for signal handlers, too: they take no lock and keep errno.
 *
 * Posts go into an array under a lock. The loop offers the engine another array; when that is used
 * up the two change places, so a post is copied once and never moved. Order per thread follows from
 * the lock.
 */
#include "internal.h"

#include <stdlib.h>

#define SMALLEST 64u
#define CALM 64u

/* ---- Callers of other threads ---------------------------------------------------------------- */

/* From here to loop__guest_leave the wake descriptor stays open: loop_free stores the state and then
 * looks at `guests`, a guest adds itself and then looks at the state, both sequentially consistent. */
int64_t loop__guest_enter(loop_t *loop) {
    if (loop__forked())
        return LOOP_EFORK;
    if (loop == NULL)
        return LOOP_EINVAL;
    __atomic_fetch_add(&loop->guests, 1, __ATOMIC_SEQ_CST);
    if (LOOP__UNLIKELY(__atomic_load_n(&loop->state, __ATOMIC_SEQ_CST) == LOOP__FREED)) {
        loop__guest_leave(loop);
        return LOOP_ECLOSED;
    }
    return 0;
}

void loop__guest_leave(loop_t *loop) {
    /* release: pairs with the acquire in loop_free */
    __atomic_fetch_sub(&loop->guests, 1, __ATOMIC_RELEASE);
}

/* ---- Posts ----------------------------------------------------------------------------------- */

static int grow(loop__post_array_t *array) {
    uint32_t capacity = array->capacity == 0 ? SMALLEST : array->capacity * 2;
    if (array->capacity > UINT32_MAX / 4)
        return 0;
    loop__post_t *items = realloc(array->items, capacity * sizeof *items);
    if (items == NULL)
        return 0;
    array->items = items;
    array->capacity = capacity;
    return 1;
}

/* Under the lock. */
static int64_t push(loop_t *loop, uint64_t value, loop_cb cb, void *user) {
    loop__posts_t *posts = &loop->posts;
    int32_t state = loop__state(loop);
    if (LOOP__UNLIKELY(state != LOOP__OPEN))
        return state == LOOP__FREED ? LOOP_ECLOSED : state;
    if (LOOP__UNLIKELY(posts->waiting >= posts->limit))
        return LOOP_EFULL;
    if (LOOP__UNLIKELY(posts->in.count == posts->in.capacity) && !grow(&posts->in))
        return LOOP_ENOMEM;
    posts->in.items[posts->in.count++] =
        (loop__post_t){.cb = cb, .user = (uint64_t)(uintptr_t)user, .value = value};
    /* relaxed: the swap of the wake word that follows orders it for the sleeper */
    __atomic_store_n(&posts->waiting, posts->waiting + 1, __ATOMIC_RELAXED);
    return 0;
}

int64_t loop_post(loop_t *loop, uint64_t value, loop_cb cb, void *user) {
    if (loop__forked())
        return LOOP_EFORK;
    if (LOOP__UNLIKELY(loop == NULL))
        return LOOP_EINVAL;
    int armed = 0;
    loop__lock_take(&loop->posts.lock);
    int64_t rc = push(loop, value, cb, user);
    if (LOOP__LIKELY(rc == 0)) {
        armed = __atomic_exchange_n(&loop->shared.armed, 0, __ATOMIC_SEQ_CST) == 1;
        if (armed) /* the descriptor outlives the lock, under which the loop is not freed */
            __atomic_fetch_add(&loop->guests, 1, __ATOMIC_SEQ_CST);
    }
    loop__lock_give(&loop->posts.lock);
    if (LOOP__UNLIKELY(armed)) {
        loop__ring_wake_fd(&loop->shared);
        loop__guest_leave(loop);
    }
    return rc;
}

/* Give back room that an array, empty now, did not need in many exchanges. used: of the other one,
 * which takes its place. */
static void relax(loop__post_array_t *array, uint32_t used) {
    if (array->capacity <= SMALLEST || used > array->capacity / 4) {
        array->calms = 0;
        return;
    }
    if (++array->calms < CALM)
        return;
    array->calms = 0;
    loop__post_t *items = realloc(array->items, array->capacity / 2 * sizeof *items);
    if (items != NULL) {
        array->items = items;
        array->capacity /= 2;
    }
}

/* Put the posts that come next into the step. */
void loop__posts_offer(loop_t *loop) {
    loop__posts_t *posts = &loop->posts;
    /* relaxed: a post that is seen late is seen by the last look before a sleep. A closed loop has
     * no such look: there the lock is taken in any case, after which whoever still found the loop
     * open has added his post, and whoever comes later finds it closed. */
    if (posts->out_at == posts->out.count &&
        (__atomic_load_n(&posts->waiting, __ATOMIC_RELAXED) > 0 ||
         loop__state(loop) != LOOP__OPEN)) {
        loop__lock_take(&posts->lock);
        loop__post_array_t empty = posts->out;
        relax(&empty, posts->in.count);
        empty.count = 0;
        posts->out = posts->in;
        posts->in = empty;
        posts->out_at = 0;
        loop__lock_give(&posts->lock);
    }
    loop->step.posts = posts->out.items != NULL ? posts->out.items + posts->out_at : NULL;
    loop->step.post_count = posts->out.count - posts->out_at;
}

/* The engine has taken so many of those offered. */
void loop__posts_consume(loop_t *loop, uint32_t taken) {
    loop__posts_t *posts = &loop->posts;
    posts->out_at += taken;
    loop__lock_take(&posts->lock);
    __atomic_store_n(&posts->waiting, posts->waiting - taken, __ATOMIC_RELAXED);
    loop__lock_give(&posts->lock);
}

void loop__posts_free(loop_t *loop) {
    loop__posts_t *posts = &loop->posts;
    free(posts->in.items);
    free(posts->out.items);
    posts->in = posts->out = (loop__post_array_t){0};
    posts->out_at = 0;
    posts->waiting = 0;
}

/* ---- Holds, stop, wake ----------------------------------------------------------------------- */

int64_t loop_hold(loop_t *loop) {
    int64_t rc = loop__guest_enter(loop);
    if (rc < 0)
        return rc;
    int32_t state = loop__state(loop);
    if (state != LOOP__OPEN)
        rc = state;
    else
        __atomic_fetch_add(&loop->holds, 1, __ATOMIC_SEQ_CST);
    loop__guest_leave(loop);
    return rc;
}

static void ask_for_a_pass(loop_t *loop) {
    __atomic_store_n(&loop->wake, 1, __ATOMIC_RELEASE);
    loop__wake_if_armed(&loop->shared);
}

int64_t loop_unhold(loop_t *loop) {
    int64_t rc = loop__guest_enter(loop);
    if (rc < 0)
        return rc;
    uint64_t holds = __atomic_load_n(&loop->holds, __ATOMIC_SEQ_CST);
    do {
        if (holds == 0)
            rc = LOOP_EINVAL;
    } while (rc == 0 && !__atomic_compare_exchange_n(&loop->holds, &holds, holds - 1, 0,
                                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    if (rc == 0 && holds == 1)
        ask_for_a_pass(loop); /* a sleeping loop may have nothing left to wait for */
    loop__guest_leave(loop);
    return rc;
}

int64_t loop_stop(loop_t *loop) {
    int64_t rc = loop__guest_enter(loop);
    if (rc < 0)
        return rc;
    __atomic_store_n(&loop->stop, 1, __ATOMIC_RELEASE);
    loop__wake_if_armed(&loop->shared);
    loop__guest_leave(loop);
    return 0;
}

int64_t loop_wake(loop_t *loop) {
    int64_t rc = loop__guest_enter(loop);
    if (rc < 0)
        return rc;
    ask_for_a_pass(loop);
    loop__guest_leave(loop);
    return 0;
}

int64_t loop_close(loop_t *loop) {
    int64_t rc = loop__guest_enter(loop);
    if (rc < 0)
        return rc;
    int32_t open = LOOP__OPEN;
    if (__atomic_compare_exchange_n(&loop->state, &open, LOOP_ECLOSED, 0, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST))
        loop__wake_if_armed(&loop->shared);
    else
        rc = open == LOOP__FREED ? LOOP_ECLOSED : open;
    loop__guest_leave(loop);
    return rc;
}
