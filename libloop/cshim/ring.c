/* SPDX-License-Identifier: MIT
 *
 * Rings grow by doubling and never allocate otherwise; one that stays mostly unused shrinks.
 */
#include "internal.h"

#include <stdlib.h>

#define SMALLEST 64u
#define CALM 64u /* looks at a mostly unused ring before it shrinks */

static int resize(loop__ring_t *ring, uint32_t capacity) {
    loop__ring_item_t *items = malloc(capacity * sizeof *items);
    if (items == NULL)
        return 0;
    for (uint32_t i = 0; i < ring->count; i++)
        items[i] = ring->items[(ring->head + i) & (ring->capacity - 1)];
    free(ring->items);
    ring->items = items;
    ring->capacity = capacity;
    ring->head = 0;
    return 1;
}

int loop__ring_grow(loop__ring_t *ring) {
    if (ring->capacity > UINT32_MAX / 4)
        return 0;
    return resize(ring, ring->capacity == 0 ? SMALLEST : ring->capacity * 2);
}

void loop__ring_relax(loop__ring_t *ring) {
    if (ring->capacity <= SMALLEST)
        return;
    uint32_t peak = ring->peak > ring->count ? ring->peak : ring->count;
    ring->peak = 0;
    if (peak > ring->capacity / 4) {
        ring->calms = 0;
    } else if (++ring->calms >= CALM) {
        ring->calms = 0;
        (void)resize(ring, ring->capacity / 2);
    }
}

void loop__ring_free(loop__ring_t *ring) {
    free(ring->items);
    *ring = (loop__ring_t){0};
}
