/* SPDX-License-Identifier: MIT
 *
 * Watching for C callers: the record is copied with its path into one piece of memory that lives
 * until the engine has taken the op; and what finds the paths in an event.
 */
#include "internal.h"

#include <string.h>

#define CHANGES                                                                                    \
    ((uint32_t)(LOOP_WATCH_CREATED | LOOP_WATCH_DELETED | LOOP_WATCH_MODIFIED |                    \
                LOOP_WATCH_ATTRIBUTES | LOOP_WATCH_RENAMED))

static int watch_ok(const loop_watch_t *watch) {
    return watch != NULL && watch->size >= sizeof *watch &&
           loop__rest_is_zero(watch, watch->size, sizeof *watch) &&
           (watch->flags & ~(uint32_t)LOOP_WATCH_RECURSIVE) == 0 &&
           (watch->events & ~CHANGES) == 0 && watch->poll_ns >= 0 && watch->path != NULL &&
           watch->path_len <= INT32_MAX && memchr(watch->path, '\0', watch->path_len) == NULL;
}

/* A copy with the path. NULL: out of memory. */
static loop__blob_t *copy_watch(const loop_watch_t *watch) {
    size_t len = watch->path_len != 0 ? watch->path_len : strlen(watch->path);
    loop__blob_t *blob = loop__blob_new(sizeof *watch + len + 1);
    if (blob == NULL)
        return NULL;
    loop_watch_t *copy = loop__blob_data(blob);
    char *path = (char *)(copy + 1);
    *copy = *watch;
    copy->size = sizeof *copy;
    copy->path = memcpy(path, watch->path, len);
    copy->path_len = 0;
    path[len] = '\0';
    return blob;
}

int64_t loop_watch(loop_t *loop, const loop_watch_t *watch, loop_cb cb, void *user) {
    loop_op_t *op;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (!watch_ok(watch) || cb == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    loop__blob_t *blob = copy_watch(watch);
    if (blob == NULL)
        return loop__leave(loop, LOOP_ENOMEM);
    rc = loop__start(loop, LOOP_OP_WATCH, cb, user, 0, &op);
    if (rc < 0) {
        loop__blobs_free(blob);
        return loop__leave(loop, rc);
    }
    op->data = loop__blob_data(blob);
    blob->next = loop->ops.blobs;
    loop->ops.blobs = blob;
    (void)loop__submit_queued(loop);
    return loop__leave(loop, rc);
}

int64_t loop_watch_path(loop_t *loop, const char *path, uint32_t flags, loop_cb cb, void *user) {
    loop_watch_t watch = LOOP_WATCH_INIT;
    watch.path = path;
    watch.flags = flags;
    return loop_watch(loop, &watch, cb, user);
}

int64_t loop_watch_paths(const loop_event_t *ev, const char **path_out, uint64_t *len_out,
                         const char **old_out, uint64_t *old_len_out) {
    if (ev == NULL || path_out == NULL || len_out == NULL)
        return LOOP_EINVAL;
    if (ev->code != LOOP_OP_WATCH || (ev->flags & LOOP_KIND_MASK) != LOOP_KIND_BYTES)
        return LOOP_ETYPE;
    const char *path = ev->data != NULL ? ev->data : "";
    uint64_t len = ev->data != NULL ? ev->len : 0;
    const char *old = NULL;
    uint64_t old_len = 0;
    const char *nul = ev->num == LOOP_WATCH_RENAMED ? memchr(path, '\0', len) : NULL;
    if (nul != NULL) {
        old = path;
        old_len = (uint64_t)(nul - path);
        path = nul + 1;
        len -= old_len + 1;
    }
    *path_out = path;
    *len_out = len;
    if (old_out != NULL)
        *old_out = old;
    if (old_len_out != NULL)
        *old_len_out = old_len;
    return 0;
}
