/* SPDX-License-Identifier: MIT
 *
 * The op array. Queueing an op is an append; the engine takes the array with the next step, or when
 * 4,096 ops are queued. So queueing does not fail for want of room: the array grows to that length
 * and then empties.
 */
#define __STDC_WANT_LIB_EXT1__ 1 /* memset_s on macOS */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define SMALLEST 64u
#define FULL 4096u
#define BLOB_MAX ((uint64_t)1 << 39) /* bytes; no process gets more, and malloc need not be asked */
#define CALM 64u /* submissions that needed little room before the array shrinks */

/* ---- Memory that ops point at ---------------------------------------------------------------- */

loop__blob_t *loop__blob_new(uint64_t bytes) {
    loop__blob_t *blob = NULL;
    if (bytes <= BLOB_MAX)
        blob = malloc(sizeof *blob + bytes);
    if (blob != NULL)
        *blob = (loop__blob_t){.bytes = bytes};
    return blob;
}

/* Not memset: the compiler may leave that out before a free. */
static void wipe(void *data, uint64_t bytes) {
#if defined(__APPLE__)
    (void)memset_s(data, bytes, 0, bytes);
#else
    explicit_bzero(data, bytes);
#endif
}

void loop__blobs_free(loop__blob_t *blobs) {
    while (blobs != NULL) {
        loop__blob_t *next = blobs->next;
        if (blobs->secret)
            wipe(loop__blob_data(blobs), blobs->bytes);
        free(blobs);
        blobs = next;
    }
}

const void *loop__ops_copy(loop_t *loop, const void *data, uint64_t len) {
    loop__ops_t *ops = &loop->ops;
    if (len <= LOOP__ARENA / 4) {
        uint32_t need = ((uint32_t)len + 15) & ~15u;
        if (ops->arena == NULL)
            ops->arena = malloc(LOOP__ARENA);
        if (ops->arena != NULL && need <= LOOP__ARENA - ops->arena_used) {
            char *copy = ops->arena + ops->arena_used;
            ops->arena_used += need;
            if (len > 0)
                memcpy(copy, data, len);
            return copy;
        }
    }
    loop__blob_t *blob = loop__blob_new(len);
    if (blob == NULL)
        return NULL;
    if (len > 0)
        memcpy(loop__blob_data(blob), data, len);
    blob->next = ops->blobs;
    ops->blobs = blob;
    return loop__blob_data(blob);
}

/* ---- The array ------------------------------------------------------------------------------- */

static int resize(loop__ops_t *ops, uint32_t capacity) {
    loop_op_t *items = realloc(ops->items, capacity * sizeof *items);
    if (items == NULL)
        return 0;
    ops->items = items;
    ops->capacity = capacity;
    return 1;
}

/* Room for n ops in a row. Submits when the array is full, which empties it; else, or when that
 * fails, grows it. Returns NULL when out of memory. */
loop_op_t *loop__ops_room(loop_t *loop, uint32_t n) {
    loop__ops_t *ops = &loop->ops;
    if (LOOP__LIKELY(ops->count + n <= ops->capacity))
        return ops->items + ops->count;
    if (ops->capacity < FULL && resize(ops, ops->capacity == 0 ? SMALLEST : ops->capacity * 2))
        return ops->items + ops->count;
    (void)loop__submit(loop);
    if (ops->count + n > ops->capacity &&
        (ops->capacity > UINT32_MAX / 4 || !resize(ops, ops->capacity * 2 + SMALLEST)))
        return NULL;
    return ops->items + ops->count;
}

/* The engine has taken the array. */
void loop__ops_taken(loop_t *loop) {
    loop__ops_t *ops = &loop->ops;
    if (ops->count > ops->peak)
        ops->peak = ops->count;
    ops->count = 0;
    loop__blobs_free(ops->blobs);
    ops->blobs = NULL;
    ops->arena_used = 0;
    if (LOOP__LIKELY(ops->capacity <= SMALLEST))
        return;
    if (ops->peak > ops->capacity / 4) {
        ops->calms = 0;
        ops->peak = 0;
    } else if (++ops->calms >= CALM) {
        ops->calms = 0;
        ops->peak = 0;
        (void)resize(ops, ops->capacity / 2);
    }
}

/* ---- Queueing -------------------------------------------------------------------------------- */

/* Receives the refusals of control ops made by C calls, which have no callback: the call said what
 * there was to say, and what it acted on has ended in the meantime. */
void loop__quiet_refusal(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev, (void)user;
}

void loop__next_clear(loop_t *loop) {
    loop->next_used = 0;
    loop->next_timeout_ns = 0;
    loop__blobs_free(loop->next_label);
    loop->next_label = NULL;
}

/* Queue the label that loop_next_op gave. There is room. */
static loop_op_t *put_label(loop_t *loop, loop_op_t *op) {
    loop__blob_t *label = loop->next_label;
    if (label == NULL)
        return op;
    *op = (loop_op_t){.code = LOOP_OP_LABEL,
                      .len = (uint32_t)label->bytes,
                      .cb = loop__quiet_refusal,
                      .data = loop__blob_data(label)};
    label->next = loop->ops.blobs;
    loop->ops.blobs = label;
    loop->next_label = NULL;
    loop->ops.count++;
    return op + 1;
}

/* Begin an op that names a new id: takes the id and fills in what all have. The caller fills in the
 * rest of *op_out and calls loop__submit_queued. ns is kept with the id. The loop is open.
 * Returns the id, LOOP_EINVAL, LOOP_ENOMEM. */
int64_t loop__start(loop_t *loop, uint32_t code, loop_cb cb, void *user, int64_t ns,
                    loop_op_t **op_out) {
    loop__slot_t *slot;
    if (LOOP__UNLIKELY(cb == NULL))
        return LOOP_EINVAL;
    loop_op_t *op = loop__ops_room(loop, 1 + loop->next_used);
    if (LOOP__UNLIKELY(op == NULL))
        return LOOP_ENOMEM;
    if (LOOP__UNLIKELY(loop__state(loop) == LOOP_EPANIC))
        return LOOP_EPANIC; /* it happened while room was made */
    uint64_t id = loop__ids_take(&loop->ids, code, &slot);
    if (LOOP__UNLIKELY(id == 0))
        return LOOP_ENOMEM;
    slot->cb = cb;
    slot->user = (uint64_t)(uintptr_t)user;
    slot->ns = ns;
    if (LOOP__UNLIKELY(loop->next_used))
        op = put_label(loop, op);
    op->code = (uint16_t)code;
    op->flags = 0;
    op->len = 0;
    op->id = id;
    op->target = 0;
    op->user = (uint64_t)(uintptr_t)user;
    op->cb = cb;
    op->data = NULL;
    op->arg = 0;
    op->timeout_ns = loop->next_timeout_ns;
    if (LOOP__UNLIKELY(loop->next_used))
        loop__next_clear(loop);
    loop->ops.count++;
    *op_out = op;
    return (int64_t)id;
}

/* Queue a control op. Returns 0, LOOP_ENOMEM. */
int64_t loop__control(loop_t *loop, uint32_t code, uint64_t target, uint32_t len, int64_t arg) {
    loop_op_t *op = loop__ops_room(loop, 1);
    if (op == NULL)
        return LOOP_ENOMEM;
    *op = (loop_op_t){.code = (uint16_t)code,
                      .len = len,
                      .target = target,
                      .cb = loop__quiet_refusal,
                      .arg = arg};
    loop->ops.count++;
    return loop__submit_queued(loop);
}

/* ---- The next op's deadline and label -------------------------------------------------------- */

#define LABEL_MAX 4096u /* bytes; the engine's limit */

/* Whether text is UTF-8 as RFC 3629 defines it. */
static int is_utf8(const unsigned char *s, size_t len) {
    for (size_t i = 0; i < len;) {
        unsigned char c = s[i];
        if ((c >= 0x80 && c < 0xc2) || c > 0xf4)
            return 0;
        size_t more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        if (more > len - i - 1)
            return 0;
        for (size_t k = 1; k <= more; k++)
            if ((s[i + k] & 0xc0) != 0x80)
                return 0;
        /* Overlong forms, surrogates, and what lies beyond U+10FFFF. */
        if ((c == 0xe0 && s[i + 1] < 0xa0) || (c == 0xed && s[i + 1] > 0x9f) ||
            (c == 0xf0 && s[i + 1] < 0x90) || (c == 0xf4 && s[i + 1] > 0x8f))
            return 0;
        i += more + 1;
    }
    return 1;
}

int64_t loop_next_op(loop_t *loop, int64_t timeout_ns, const char *label) {
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    size_t len = label != NULL ? strnlen(label, LABEL_MAX + 1) : 0;
    if (timeout_ns < 0 || len > LABEL_MAX || !is_utf8((const unsigned char *)label, len))
        return loop__leave(loop, LOOP_EINVAL);
    loop__blob_t *blob = NULL;
    if (len > 0) {
        /* The NUL is for the trace of an immediate, whose label the engine never sees. */
        blob = loop__blob_new(len + 1);
        if (blob == NULL)
            return loop__leave(loop, LOOP_ENOMEM);
        blob->bytes = len;
        memcpy(loop__blob_data(blob), label, len + 1);
    }
    loop__next_clear(loop);
    loop->next_used = timeout_ns > 0 || blob != NULL;
    loop->next_timeout_ns = timeout_ns;
    loop->next_label = blob;
    return loop__leave(loop, 0);
}
