/* SPDX-License-Identifier: MIT
 *
 * What a host that takes events itself answers to the data of its last batch: sent before the step,
 * without the engine, as far as no other op comes first. An echo needs nothing else between two
 * sleeps.
 */
#include "internal.h"

#include <stdlib.h>

/* Make room for those of a batch of so many events. Returns 0 when out of memory. */
int loop__answers_reserve(loop__answers_t *answers, uint32_t capacity) {
    if (capacity <= answers->capacity)
        return 1;
    loop__answer_t *items = realloc(answers->items, capacity * sizeof *items);
    if (items == NULL)
        return 0;
    answers->items = items;
    answers->capacity = capacity;
    return 1;
}

static int is_send(const loop_op_t *op) {
    return op->code == LOOP_OP_SEND && op->flags == 0 && op->id == 0 && op->len > 0 &&
           op->data != NULL;
}

static void skip(loop__io_t *io) {
    io->ops = (const loop_op_t *)((const char *)io->ops + io->op_stride);
    io->op_count--;
}

/* Send what the first ops of a turn say, and take those off `io`. Streams are looked for in the
 * order of their events only: that is the order in which hosts answer. Returns how many ops are
 * taken, or a LOOP_E* code: then that many are, too. */
int64_t loop__send_answers(loop_t *loop, loop__io_t *io) {
    const loop__answer_t *at = loop->answers.items, *end = at + loop->answers.count;
    int64_t taken = 0;
    if (at == end || !loop__may_send_direct(loop))
        return 0;
    for (; io->op_count > 0 && is_send(io->ops); taken++) {
        const loop_op_t *op = io->ops;
        while (at < end && (at->fd < 0 || at->id != op->target))
            at++;
        if (at == end)
            break;
        int64_t sent = loop__send_direct(loop, at->fd, (int64_t)op->target, op->data, op->len);
        skip(io);
        if (sent == (int64_t)op->len)
            continue;
        if (sent >= 0) { /* the engine keeps the rest before it sees what comes behind it */
            loop_op_t rest = *op;
            rest.data = (const char *)op->data + sent;
            rest.len -= (uint32_t)sent;
            int64_t rc = loop__submit_ops(loop, &rest, 1, sizeof rest, 0);
            if (rc < 0)
                return rc;
        }
        return taken + 1;
    }
    return taken;
}
