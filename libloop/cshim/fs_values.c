/* SPDX-License-Identifier: MIT
 *
 * What finds the values of file operations in their events.
 */
#include "internal.h"

#include <string.h>

/* Whether an event is a file operation's and has at least that many bytes. */
static int has_bytes(const loop_event_t *ev, uint64_t bytes) {
    return ev->code == LOOP_OP_FS && (ev->flags & LOOP_KIND_MASK) == LOOP_KIND_BYTES &&
           ev->data != NULL && ev->len >= bytes;
}

int64_t loop_event_stat(const loop_event_t *ev, const loop_stat_t **stat_out) {
    if (ev == NULL || stat_out == NULL)
        return LOOP_EINVAL;
    if (!has_bytes(ev, sizeof(loop_stat_t)) ||
        (ev->aux != LOOP_FS_STAT && ev->aux != LOOP_FS_LSTAT && ev->aux != LOOP_FS_FSTAT))
        return LOOP_ETYPE;
    *stat_out = ev->data;
    return 0;
}

int64_t loop_event_statfs(const loop_event_t *ev, const loop_statfs_t **statfs_out) {
    if (ev == NULL || statfs_out == NULL)
        return LOOP_EINVAL;
    if (!has_bytes(ev, sizeof(loop_statfs_t)) || ev->aux != LOOP_FS_STATFS)
        return LOOP_ETYPE;
    *statfs_out = ev->data;
    return 0;
}

const loop_dirent_t *loop_dirent_next(const loop_event_t *ev, const loop_dirent_t *entry) {
    if (ev == NULL || !has_bytes(ev, sizeof(loop_dirent_t)) || ev->aux != LOOP_FS_READDIR)
        return NULL;
    const char *start = ev->data;
    const char *next = entry != NULL ? (const char *)entry + entry->size : start;
    if (next < start || (uint64_t)(next - start) >= ev->len)
        return NULL;
    return (const loop_dirent_t *)(const void *)next;
}

const char *loop_dirent_name(const loop_dirent_t *entry) {
    return entry != NULL ? (const char *)(entry + 1) : "";
}
