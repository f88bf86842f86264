/* SPDX-License-Identifier: MIT
 *
 * The ids that the engine makes (maker 3): one word for each slot, noted when the event that brings
 * the id is in a batch.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static uint32_t slot_of(uint64_t id) {
    return (uint32_t)(id >> LOOP__SLOT_SHIFT) & (LOOP__MAX_SLOTS - 1);
}

uint64_t *loop__made_find(const loop__made_t *made, uint64_t id) {
    uint32_t slot = slot_of(id);
    if (id >> LOOP__MAKER_SHIFT != LOOP__MAKER_LOOP || slot >= made->capacity)
        return NULL;
    uint64_t *word = &made->words[slot];
    uint64_t want = (id & LOOP_ID_GENERATION_MAX) | LOOP__SLOT_LIVE;
    return (*word & (LOOP_ID_GENERATION_MAX | LOOP__SLOT_LIVE)) == want ? word : NULL;
}

/* Without memory for it the id is unknown: calls say LOOP_EBADID, and its events are not called for. */
void loop__made_note(loop__made_t *made, uint64_t id) {
    uint32_t slot = slot_of(id);
    if (slot >= made->capacity) {
        uint32_t capacity = made->capacity == 0 ? 64 : made->capacity;
        while (capacity <= slot)
            capacity *= 2;
        uint64_t *words = realloc(made->words, capacity * sizeof *words);
        if (words == NULL)
            return;
        memset(words + made->capacity, 0, (capacity - made->capacity) * sizeof *words);
        made->words = words;
        made->capacity = capacity;
    }
    made->words[slot] = (id & LOOP_ID_GENERATION_MAX) | LOOP__SLOT_LIVE |
                        (uint64_t)LOOP_OP_NET << LOOP__SLOT_CODE_SHIFT;
}

void loop__made_free(loop__made_t *made) {
    free(made->words);
    *made = (loop__made_t){0};
}

void loop__end_id(loop_t *loop, uint64_t id) {
    if (id >> LOOP__MAKER_SHIFT == LOOP__MAKER_LOOP) {
        uint64_t *word = loop__made_find(&loop->made, id);
        if (word != NULL)
            *word &= LOOP_ID_GENERATION_MAX;
        return;
    }
    loop__ids_end(&loop->ids, id);
}
