/* SPDX-License-Identifier: MIT
 *
 * Memory that both halves see, and data that outlives its event. A block is counted; a host's
 * loop_retain of data that is a block of its own adds a reference, all other data is copied into
 * one. The count of retained bytes lies in the loop's type-stable memory, so loop_release works
 * after loop_free, too.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* Before the data of a block. 32 bytes, so the data is aligned as malloc's is. */
typedef struct block {
    loop__shared_t *shared;
    uint64_t bytes;
    uint32_t refs; /* atomic */
    uint32_t reserved[3];
} block_t;

_Static_assert(sizeof(block_t) == 32, "the data of a block is aligned");

static block_t *block_of(const void *data) {
    return (block_t *)(uintptr_t)data - 1;
}

void *loop__alloc(uint64_t bytes) {
    return calloc(1, bytes > 0 ? bytes : 1);
}

void loop__dealloc(void *p) {
    free(p);
}

void *loop__block(loop__shared_t *shared, uint64_t bytes) {
    if (bytes > UINT64_MAX - sizeof(block_t) - 1)
        return NULL;
    block_t *block = malloc(sizeof *block + bytes + 1);
    if (block == NULL)
        return NULL;
    *block = (block_t){.shared = shared, .bytes = bytes, .refs = 1};
    char *data = (char *)(block + 1);
    data[bytes] = '\0';
    return data;
}

void loop__block_unref(void *data) {
    if (data == NULL)
        return;
    block_t *block = block_of(data);
    /* acq_rel: whoever frees it comes after all who used it */
    if (__atomic_sub_fetch(&block->refs, 1, __ATOMIC_ACQ_REL) == 0)
        free(block);
}

static int is_block(const loop__batch_t *batch, const void *data) {
    for (uint32_t i = 0; i < batch->block_count; i++)
        if (batch->blocks[i] == data)
            return 1;
    return 0;
}

const void *loop_retain(loop_t *loop, const loop_event_t *ev) {
    if (ev == NULL || ev->data == NULL || loop__enter(loop) < 0)
        return NULL;
    void *data = (void *)(uintptr_t)ev->data;
    if (is_block(&loop->batch, data)) {
        __atomic_fetch_add(&block_of(data)->refs, 1, __ATOMIC_RELAXED);
    } else {
        data = loop__block(&loop->shared, ev->len);
        if (data != NULL)
            memcpy(data, ev->data, ev->len);
    }
    if (data != NULL) {
        uint64_t bytes =
            __atomic_add_fetch(&loop->shared.retained, block_of(data)->bytes, __ATOMIC_RELAXED);
        if (bytes > loop->retained_peak)
            loop->retained_peak = bytes;
    }
    (void)loop__leave(loop, 0);
    return data;
}

void loop_release(const void *data) {
    if (data == NULL)
        return;
    block_t *block = block_of(data);
    loop__shared_t *shared = block->shared;
    uint64_t bytes = block->bytes;
    loop__block_unref((void *)(uintptr_t)data);
    /* release: pairs with the acquire of who takes the loop's memory for a new loop */
    __atomic_fetch_sub(&shared->retained, bytes, __ATOMIC_RELEASE);
}
