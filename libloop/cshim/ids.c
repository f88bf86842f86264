/* SPDX-License-Identifier: MIT
 *
 * The table of the ids that C calls make (maker 1), and the blocks of ids of hosts (maker 2), of
 * which only the number of slots is known here.
 *
 * Slots live in chunks. A chunk in which nothing lives is given back but for one, and comes again
 * with generations above all that were ever used in it, so an old id never names something new.
 */
#include "internal.h"

#include <stdlib.h>

static void list_room(loop__ids_t *ids, loop__chunk_t *chunk) {
    chunk->prev = NULL;
    chunk->next = ids->room;
    if (ids->room != NULL)
        ids->room->prev = chunk;
    ids->room = chunk;
}

static void unlist_room(loop__ids_t *ids, loop__chunk_t *chunk) {
    if (chunk->prev != NULL)
        chunk->prev->next = chunk->next;
    else
        ids->room = chunk->next;
    if (chunk->next != NULL)
        chunk->next->prev = chunk->prev;
}

static int has_room(const loop__chunk_t *chunk) {
    return chunk->free != 0 || chunk->fresh < LOOP__CHUNK;
}

/* Make room in the array of chunks for one more. */
static int widen(loop__ids_t *ids) {
    if (ids->count < ids->capacity)
        return 1;
    if (ids->count >= LOOP__MAX_SLOTS / LOOP__CHUNK)
        return 0;
    uint32_t capacity = ids->capacity == 0 ? 8 : ids->capacity * 2;
    loop__chunk_t **chunks = realloc(ids->chunks, capacity * sizeof *chunks);
    if (chunks == NULL)
        return 0;
    ids->chunks = chunks;
    uint64_t *bases = realloc(ids->bases, capacity * sizeof *bases);
    if (bases == NULL)
        return 0;
    ids->bases = bases;
    ids->capacity = capacity;
    return 1;
}

/* Add a chunk to the table, in the first place that is free. */
static int add_chunk(loop__ids_t *ids) {
    uint32_t index = ids->count;
    if (ids->absent > 0) {
        for (index = 0; ids->chunks[index] != NULL;)
            index++;
    } else if (!widen(ids)) {
        return 0;
    }
    loop__chunk_t *chunk = calloc(1, sizeof *chunk);
    if (chunk == NULL)
        return 0;
    if (index < ids->count) {
        ids->absent--;
    } else {
        ids->bases[index] = ids->start;
        ids->count++;
    }
    ids->chunks[index] = chunk;
    ids->empty++;
    chunk->index = index;
    chunk->base = ids->bases[index];
    list_room(ids, chunk);
    return 1;
}

static void drop_chunk(loop__ids_t *ids, loop__chunk_t *chunk) {
    uint64_t base = chunk->base;
    for (uint32_t i = 0; i < chunk->fresh; i++) {
        uint64_t generation = chunk->slots[i].word & LOOP_ID_GENERATION_MAX;
        if (generation > base)
            base = generation;
    }
    if (base == LOOP_ID_GENERATION_MAX)
        return; /* cannot be: a slot that is spent keeps its chunk in use */
    unlist_room(ids, chunk);
    ids->bases[chunk->index] = base;
    ids->chunks[chunk->index] = NULL;
    ids->absent++;
    ids->empty--;
    free(chunk);
}

uint64_t loop__ids_take(loop__ids_t *ids, uint32_t code, loop__slot_t **slot_out) {
    if (LOOP__UNLIKELY(ids->room == NULL) && !add_chunk(ids))
        return 0;
    loop__chunk_t *chunk = ids->room;
    loop__slot_t *slot;
    uint64_t generation;
    uint32_t i;
    if (chunk->free != 0) {
        i = chunk->free - 1;
        slot = &chunk->slots[i];
        chunk->free = (uint32_t)slot->user;
        generation = (slot->word & LOOP_ID_GENERATION_MAX) + 1;
    } else {
        i = chunk->fresh++;
        slot = &chunk->slots[i];
        generation = chunk->base + 1;
    }
    if (chunk->used++ == 0)
        ids->empty--;
    if (LOOP__UNLIKELY(!has_room(chunk)))
        unlist_room(ids, chunk);
    slot->word = generation | LOOP__SLOT_LIVE | (uint64_t)code << LOOP__SLOT_CODE_SHIFT;
    *slot_out = slot;
    return (uint64_t)LOOP__MAKER_SHIM << LOOP__MAKER_SHIFT |
           (uint64_t)(chunk->index * LOOP__CHUNK + i) << LOOP__SLOT_SHIFT | generation;
}

void loop__ids_end(loop__ids_t *ids, uint64_t id) {
    loop__slot_t *slot = loop__ids_find(ids, id);
    if (slot == NULL)
        return;
    uint32_t index = (uint32_t)(id >> LOOP__SLOT_SHIFT) & (LOOP__MAX_SLOTS - 1);
    loop__chunk_t *chunk = ids->chunks[index / LOOP__CHUNK];
    uint64_t generation = slot->word & LOOP_ID_GENERATION_MAX;
    slot->word = generation;
    if (LOOP__UNLIKELY(generation == LOOP_ID_GENERATION_MAX))
        return; /* spent */
    int listed = has_room(chunk);
    slot->user = chunk->free;
    chunk->free = index % LOOP__CHUNK + 1;
    if (!listed)
        list_room(ids, chunk);
    if (--chunk->used == 0 && ++ids->empty > 1)
        drop_chunk(ids, chunk);
}

void loop__ids_free(loop__ids_t *ids) {
    for (uint32_t i = 0; i < ids->count; i++)
        free(ids->chunks[i]);
    free(ids->chunks);
    free(ids->bases);
    *ids = (loop__ids_t){0};
}

int64_t loop_take_ids(loop_t *loop, uint32_t count, uint64_t *first_out) {
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (count < 1 || count > 1048576 || first_out == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    if (count > LOOP__MAX_SLOTS - loop->ids.host)
        return loop__leave(loop, LOOP_ENOMEM);
    *first_out = (uint64_t)LOOP__MAKER_HOST << LOOP__MAKER_SHIFT |
                 (uint64_t)loop->ids.host << LOOP__SLOT_SHIFT | (loop->ids.start + 1);
    loop->ids.host += count;
    return loop__leave(loop, 0);
}
