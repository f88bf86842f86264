/* SPDX-License-Identifier: MIT
 *
 * Flows for C callers: input, its end, pause and resume.
 */
#include "internal.h"

#include <string.h>

static int64_t start_write(loop_t *loop, int64_t flow, const void *data, uint64_t len,
                           loop__blob_t *blob, loop_cb cb, void *user) {
    loop__standing_t standing;
    loop__slot_t *slot;
    loop_op_t *op;
    int64_t rc = loop__look_up(loop, flow, &standing, &slot);
    if (rc == 0 && loop__refuses(loop, flow, LOOP__SLOT_NO_WRITE))
        rc = LOOP_EBADF;
    if (rc == 0)
        rc = loop__start(loop, LOOP_OP_WRITE, cb, user, 0, &op);
    if (rc < 0) {
        loop__blobs_free(blob);
        return rc;
    }
    op->target = (uint64_t)flow;
    op->len = (uint32_t)len;
    op->data = data;
    if (blob != NULL) {
        op->data = loop__blob_data(blob);
        blob->next = loop->ops.blobs;
        loop->ops.blobs = blob;
    } else {
        op->flags = LOOP_OPF_BORROWED;
    }
    (void)loop__submit_queued(loop);
    return rc;
}

static int arguments_ok(const void *data, uint64_t len, loop_cb cb) {
    return (data != NULL || len == 0) && len <= UINT32_MAX && cb != NULL;
}

int64_t loop_write(loop_t *loop, int64_t flow, const void *data, uint64_t len, loop_cb cb,
                   void *user) {
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (!arguments_ok(data, len, cb))
        return loop__leave(loop, LOOP_EINVAL);
    loop__blob_t *blob = loop__blob_new(len);
    if (blob == NULL)
        return loop__leave(loop, LOOP_ENOMEM);
    if (len > 0)
        memcpy(loop__blob_data(blob), data, len);
    return loop__leave(loop, start_write(loop, flow, NULL, len, blob, cb, user));
}

int64_t loop_write_borrowed(loop_t *loop, int64_t flow, const void *data, uint64_t len, loop_cb cb,
                            void *user) {
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (!arguments_ok(data, len, cb))
        return loop__leave(loop, LOOP_EINVAL);
    return loop__leave(loop, start_write(loop, flow, data, len, NULL, cb, user));
}

static int64_t control(loop_t *loop, int64_t flow, uint32_t code) {
    loop__standing_t standing;
    loop__slot_t *slot;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    rc = loop__look_up(loop, flow, &standing, &slot);
    if (rc == 0 && standing == LOOP__ALIVE)
        rc = loop__control(loop, code, (uint64_t)flow, 0, 0);
    uint64_t *word = loop__word(loop, (uint64_t)flow);
    if (rc == 0 && code == LOOP_OP_END && word != NULL)
        *word |= LOOP__SLOT_SHUT;
    return loop__leave(loop, rc);
}

int64_t loop_end(loop_t *loop, int64_t flow) {
    return control(loop, flow, LOOP_OP_END);
}

int64_t loop_pause(loop_t *loop, int64_t flow) {
    return control(loop, flow, LOOP_OP_PAUSE);
}

int64_t loop_resume(loop_t *loop, int64_t flow) {
    return control(loop, flow, LOOP_OP_RESUME);
}
