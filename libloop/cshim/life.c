/* SPDX-License-Identifier: MIT
 *
 * The life of a loop: made, owned, closed, freed.
 *
 * The memory of a loop is type-stable. A freed one goes to the end of a list and is taken again only
 * when that list is long and nothing retained from it is out, so a late call nearly always finds
 * LOOP__FREED in the state word, and never other memory.
 */
#include "internal.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define REST 16u /* loops that stay free before the first of them is used again */

static loop__lock_t lists = LOOP__LOCK_INIT;
static loop_t *all; /* atomic; written under lists */
static loop_t *first_free, *last_free;
static uint32_t free_count;

static loop__lock_t default_lock = LOOP__LOCK_INIT;
static loop_t *default_loop;

/* ---- Memory ---------------------------------------------------------------------------------- */

loop_t *loop__all_loops(void) {
    return __atomic_load_n(&all, __ATOMIC_ACQUIRE);
}

/* The loop that has been free longest and of which nothing is retained, or NULL. Under lists. */
static loop_t *take_free(void) {
    if (free_count < REST)
        return NULL;
    loop_t *before = NULL;
    for (loop_t *loop = first_free; loop != NULL; before = loop, loop = loop->free_next) {
        /* acquire: pairs with the release in loop_release */
        if (__atomic_load_n(&loop->shared.retained, __ATOMIC_ACQUIRE) != 0)
            continue;
        if (before != NULL)
            before->free_next = loop->free_next;
        else
            first_free = loop->free_next;
        if (last_free == loop)
            last_free = before;
        free_count--;
        return loop;
    }
    return NULL;
}

static loop_t *take_memory(void) {
    loop__lock_take(&lists);
    loop_t *loop = take_free();
    loop__lock_give(&lists);
    if (loop != NULL)
        return loop;
    loop = aligned_alloc(LOOP__CACHE_LINE, sizeof *loop);
    if (loop == NULL)
        return NULL;
    memset(loop, 0, sizeof *loop);
    loop->owner = LOOP__NOBODY;
    loop->state = LOOP__FREED;
    loop__lock_init(&loop->posts.lock);
    loop__lock_init(&loop->trace.lock);
    loop->trace.fd = -1;
    loop->shared.wake_fd = loop->shared.poll_fd = -1;
    loop__lock_take(&lists);
    loop->all_next = all;
    __atomic_store_n(&all, loop, __ATOMIC_RELEASE);
    loop__lock_give(&lists);
    return loop;
}

static void give_memory(loop_t *loop) {
    loop__lock_take(&lists);
    loop->free_next = NULL;
    if (last_free != NULL)
        last_free->free_next = loop;
    else
        first_free = loop;
    last_free = loop;
    free_count++;
    loop__lock_give(&lists);
}

/* ---- Making ---------------------------------------------------------------------------------- */

/* Generations begin at a number of the loop's own, far from those of other loops, so that another
 * loop's id is never one of this loop's. Multiples of 2^32 divided by the golden ratio lie as far
 * apart as so many numbers can; at least 2^32 generations are left. */
static uint64_t first_generation(void) {
    static uint32_t loops;
    return __atomic_fetch_add(&loops, 1, __ATOMIC_RELAXED) * 0x9e3779b1u;
}

static void reset(loop_t *loop, const loop_options_t *options) {
    memset((char *)loop + offsetof(loop_t, movable), 0,
           offsetof(loop_t, posts) - offsetof(loop_t, movable));
    memset(&loop->shared, 0, sizeof loop->shared);
    loop->shared.wake_fd = loop->shared.poll_fd = -1;
    loop->ids.start = first_generation();
    loop->step.made_base = (uint32_t)loop->ids.start;
    loop->movable = options->flags & LOOP_MOVABLE;
    loop->options = *options;
    loop->options.http_proxy = NULL;
    loop->options.ca_pem = NULL;
    loop->posts.limit = options->post_limit;
    loop->stop = 0;
    loop->wake = 0;
    loop->holds = 0;
    loop->trace.cb = NULL;
    loop->trace.fd = -1;
    loop->trace.last_ns = 0;
}

int64_t loop_new(const loop_options_t *options, loop_t **loop_out) {
    loop_options_t complete;
    if (loop__forked())
        return LOOP_EFORK;
    int64_t rc = loop_out != NULL ? loop__options_complete(options, &complete) : LOOP_EINVAL;
    if (rc < 0)
        return rc;
    loop_t *loop = take_memory();
    if (loop == NULL)
        return LOOP_ENOMEM;
    reset(loop, &complete);
    rc = loop__pool_new(loop, &loop->shared, &complete, &loop->pool);
    if (rc == 0) {
        loop__go_mask_t mask;
        loop__go_begin(&mask);
        rc = loopgo_new(&complete, &loop->shared, &loop->engine);
        loop__go_end(&mask);
        if (rc < 0)
            loop__pool_free(loop->pool);
    }
    if (rc < 0) {
        give_memory(loop);
        return rc;
    }
    loop__settle();
    __atomic_store_n(&loop->state, LOOP__OPEN, __ATOMIC_SEQ_CST);
    *loop_out = loop;
    return 0;
}

loop_t *loop_default(void) {
    if (loop__forked())
        return NULL;
    loop__lock_take(&default_lock);
    if (default_loop == NULL) {
        loop_t *loop = NULL;
        if (loop_new(NULL, &loop) == 0)
            default_loop = loop;
    }
    loop_t *loop = default_loop;
    loop__lock_give(&default_lock);
    return loop;
}

/* ---- Owning ---------------------------------------------------------------------------------- */

_Thread_local uint64_t loop__self __attribute__((tls_model("initial-exec")));

/* Tokens are even: a movable loop's owner word is the token + 1, which loop__enter never takes for
 * its own, so that every call comes here. */
static uint64_t my_token(void) {
    static uint64_t last = LOOP__NOBODY;
    if (loop__self == 0)
        loop__self = __atomic_add_fetch(&last, 2, __ATOMIC_RELAXED);
    return loop__self;
}

/* Take the ownership of a loop that nobody owns, or find that it is ours (movable). */
int64_t loop__claim(loop_t *loop) {
    if (loop__state(loop) == LOOP__FREED)
        return LOOP_ECLOSED;
    uint64_t me = my_token() | (loop->movable ? 1 : 0);
    uint64_t owner = LOOP__NOBODY;
    /* acquire: pairs with the release of who gave the loop up */
    if (!__atomic_compare_exchange_n(&loop->owner, &owner, me, 0, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED) &&
        owner != me)
        return LOOP_EWRONGTHREAD;
    if (loop->movable)
        loop->depth++;
    return 0;
}

void loop__give_back_claim(loop_t *loop) {
    if (--loop->depth == 0)
        __atomic_store_n(&loop->owner, LOOP__NOBODY, __ATOMIC_RELEASE);
}

void loop__unclaim(loop_t **loop) {
    if (*loop != NULL)
        (void)loop__leave(*loop, 0);
}

int64_t loop_detach(loop_t *loop) {
    int64_t rc = loop__enter(loop);
    if (rc < 0)
        return rc;
    if (loop->dispatching)
        return loop__leave(loop, LOOP_ENESTED);
    if (!loop->movable)
        __atomic_store_n(&loop->owner, LOOP__NOBODY, __ATOMIC_RELEASE);
    return loop__leave(loop, 0);
}

/* ---- Freeing --------------------------------------------------------------------------------- */

/* From here on calls of other threads find LOOP__FREED; waits for those that have not. */
static void shut(loop_t *loop) {
    __atomic_store_n(&loop->state, LOOP__FREED, __ATOMIC_SEQ_CST);
    loop__lock_take(&loop->posts.lock);
    loop__lock_give(&loop->posts.lock);
    while (__atomic_load_n(&loop->guests, __ATOMIC_SEQ_CST) != 0)
        sched_yield();
}

static void free_parts(loop_t *loop) {
    loop__pool_free(loop->pool);
    loop__lock_take(&loop->posts.lock);
    loop__posts_free(loop);
    loop__lock_give(&loop->posts.lock);
    loop__next_clear(loop);
    loop__blobs_free(loop->ops.blobs);
    free(loop->ops.items);
    free(loop->ops.arena);
    loop__ids_free(&loop->ids);
    loop__made_free(&loop->made);
    loop__ring_free(&loop->ticks);
    loop__ring_free(&loop->microtasks);
    while (loop->immediates.count > 0) /* cleared ones */
        free(loop__ring_pop(&loop->immediates).with);
    loop__ring_free(&loop->immediates);
    free(loop->batch.events);
    free(loop->batch.direct_fds);
    free(loop->answers.items);
    free(loop->batch.blocks);
}

static void forget_default(const loop_t *loop) {
    loop__lock_take(&default_lock);
    if (default_loop == loop)
        default_loop = NULL;
    loop__lock_give(&default_lock);
}

/* Returns 0; anything else: nothing is freed. */
static int64_t end_loop(loop_t *loop) {
    int64_t rc = loop__run(loop, LOOP_RUN_DEFAULT, loop->options.free_wait_ns, 1);
    if (rc < 0 && rc != LOOP_EPANIC)
        return rc;
    loop__give_batch_back(loop);
    /* Every job has ended, so no worker is inside a host function: this takes a moment. */
    rc = loop__pool_close(loop->pool, -1);
    if (rc < 0)
        return rc;
    if (loop->shared.trace_on) {
        const char *poller = loop_backend_name(loop);
        loop__trace_own(loop, LOOP_TRACE_POLLER_CLOSE, 0, 0, poller, poller, 0);
        loop__trace_own(loop, LOOP_TRACE_FINISHED, 0, 0, NULL, "loop", 0);
    }
    return 0;
}

int64_t loop_free(loop_t *loop) {
    if (loop == NULL)
        return loop__forked() ? LOOP_EFORK : 0;
    int64_t rc = loop__enter(loop);
    if (rc < 0)
        return rc;
    loop_t *claimed __attribute__((cleanup(loop__unclaim))) = loop;
    if (loop->dispatching)
        return LOOP_ENESTED;
    (void)loop_close(loop);
    rc = end_loop(loop);
    if (rc < 0)
        return rc;
    claimed = NULL;
    loop__tty_free(loop);
    forget_default(loop);
    int leaked = loop__state(loop) == LOOP_EPANIC;
    shut(loop);
    if (!leaked) {
        loop__go_mask_t mask;
        loop__go_begin(&mask);
        leaked = loopgo_free(loop->engine) != 0;
        loop__go_end(&mask);
    }
    free_parts(loop);
    __atomic_store_n(&loop->owner, LOOP__NOBODY, __ATOMIC_RELEASE);
    if (!leaked) /* a leaked engine may still write to loop->shared */
        give_memory(loop);
    return 0;
}
