/* SPDX-License-Identifier: MIT
 *
 * After a panic in the engine. The loop is poisoned: calls return LOOP_EPANIC. Every id still gets
 * its final event, in the next run or turn: first what was in the batch already, then what the
 * engine's table of ids knows, then what only the shim knows (ops that were not taken yet, and
 * immediates). A final event says that nothing of the host is in use, so the host functions that
 * run are waited for before. The engine itself is leaked, because its goroutines may go on.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 16384u /* bytes of the panic's text with its stack */

static void remember_text(loop_t *loop) {
    char *text = calloc(1, TEXT_MAX);
    if (text == NULL)
        return;
    if (loopgo_panic_text(loop->engine, text, TEXT_MAX) != 0)
        strcpy(text, "unknown panic");
    /* release: pairs with the acquire in loop_last_panic */
    __atomic_store_n(&loop->panic_text, text, __ATOMIC_RELEASE);
}

void loop__panicked(loop_t *loop) {
    if (loop__state(loop) == LOOP_EPANIC)
        return;
    __atomic_store_n(&loop->state, LOOP_EPANIC, __ATOMIC_SEQ_CST);
    remember_text(loop);
    loop__ops_taken(loop);
    loop->step.alive = 0;
    loop->step.start = NULL;
    loop->step.trace_count = 0;
    loop->epitaph = LOOP__EPITAPH_POOL;
}

/* Give back what jobs have returned to a loop that cannot tell anybody. */
static void release_finished(loop_t *loop) {
    loop__job_t *job = loop__pool_take_finished(loop->pool);
    for (; job != NULL; job = job->next)
        if (job->state == LOOP__JOB_FINISHED && job->out.release != NULL)
            job->out.release((void *)(uintptr_t)job->out.data);
}

/* Posts were promised to be delivered. */
static void end_posts(loop_t *loop, uint32_t capacity) {
    loop__batch_t *batch = &loop->batch;
    for (;;) {
        loop__posts_offer(loop);
        uint32_t n = 0;
        for (; n < loop->step.post_count && batch->count < capacity; n++) {
            const loop__post_t *post = &loop->step.posts[n];
            batch->events[batch->count++] = (loop_event_t){.cb = post->cb,
                                                           .user = post->user,
                                                           .status = LOOP_EPANIC,
                                                           .code = LOOP_OP_POST,
                                                           .flags = LOOP_KIND_ERROR,
                                                           .num = (int64_t)post->value};
        }
        if (n == 0)
            return;
        loop__posts_consume(loop, n);
    }
}

/* Write the event that ends an id of which only the shim knows. */
static void write_end(loop_t *loop, uint64_t id, loop__slot_t *slot) {
    loop__batch_t *batch = &loop->batch;
    batch->events[batch->count++] = (loop_event_t){.id = id,
                                                   .cb = slot->cb,
                                                   .user = slot->user,
                                                   .status = LOOP_EPANIC,
                                                   .code = (uint16_t)loop__slot_code(slot),
                                                   .flags = LOOP_KIND_ERROR};
    slot->word |= LOOP__SLOT_ENDED;
}

static void end_immediates(loop_t *loop, uint32_t capacity) {
    while (loop->immediates.count > 0 && loop->batch.count < capacity) {
        loop__ring_item_t item = loop__ring_pop(&loop->immediates);
        loop__slot_t *slot = loop__ids_find(&loop->ids, item.what);
        free(item.with);
        if (slot == NULL)
            continue;
        loop__end_immediate(loop, slot);
        write_end(loop, item.what, slot);
    }
    loop->immediates_left = 0;
}

static void end_own(loop_t *loop, uint32_t capacity) {
    const loop__ids_t *ids = &loop->ids;
    end_immediates(loop, capacity);
    for (; loop->epitaph_chunk < ids->count; loop->epitaph_chunk++) {
        loop__chunk_t *chunk = ids->chunks[loop->epitaph_chunk];
        for (uint32_t i = 0; chunk != NULL && i < chunk->fresh; i++) {
            loop__slot_t *slot = &chunk->slots[i];
            if ((slot->word & (LOOP__SLOT_LIVE | LOOP__SLOT_ENDED)) != LOOP__SLOT_LIVE)
                continue;
            if (loop->batch.count == capacity)
                return;
            write_end(loop,
                      (uint64_t)LOOP__MAKER_SHIM << LOOP__MAKER_SHIFT |
                          (uint64_t)(chunk->index * LOOP__CHUNK + i) << LOOP__SLOT_SHIFT |
                          (slot->word & LOOP_ID_GENERATION_MAX),
                      slot);
        }
    }
    if (loop->batch.count == 0)
        loop->epitaph = LOOP__EPITAPH_DONE;
}

/* The next events of a poisoned loop, into its batch, which is delivered: at most capacity, for
 * which there is room. None and LOOP__EPITAPH_DONE: all are out.
 *
 * wait_ns   how long to wait for host functions that run; negative: for ever
 * Returns   0, LOOP_EBUSY when one still runs */
int64_t loop__epitaph(loop_t *loop, uint32_t capacity, int64_t wait_ns) {
    loop__step_t *step = &loop->step;
    loop__give_batch_back(loop);
    loop->batch.at = loop->batch.count = 0;
    if (loop->epitaph == LOOP__EPITAPH_POOL) {
        int64_t rc = loop__pool_close(loop->pool, wait_ns);
        if (rc < 0)
            return rc;
        release_finished(loop);
        loop->epitaph = LOOP__EPITAPH_ENGINE;
    }
    if (loop->epitaph == LOOP__EPITAPH_ENGINE) {
        step->events = loop->batch.events;
        step->event_capacity = capacity;
        step->event_stride = sizeof(loop_event_t);
        step->nevents = 0;
        loop__go_mask_t mask;
        loop__go_begin(&mask);
        int32_t rc = loopgo_epitaph(loop->engine, step);
        loop__go_end(&mask);
        if (rc == 0 && step->nevents > 0) {
            loop->batch.count = step->nevents;
            loop__batch_accept(loop, loop->batch.events, loop->batch.count, sizeof(loop_event_t));
            return 0;
        }
        loop->epitaph = LOOP__EPITAPH_POSTS;
    }
    if (loop->epitaph == LOOP__EPITAPH_POSTS) {
        end_posts(loop, capacity);
        if (loop->batch.count > 0)
            return 0;
        loop->epitaph = LOOP__EPITAPH_SHIM;
    }
    if (loop->epitaph == LOOP__EPITAPH_SHIM)
        end_own(loop, capacity);
    return 0;
}

const char *loop_last_panic(const loop_t *loop) {
    const char *text = NULL;
    if (loop != NULL)
        text = __atomic_load_n(&loop->panic_text, __ATOMIC_ACQUIRE);
    return text != NULL ? text : "";
}
