/* SPDX-License-Identifier: MIT
 *
 * File operations for C callers: what each takes, the check of it, and the copy of a request in one
 * piece of memory that lives until the engine has taken the op. The calls themselves are in
 * fs_calls.c, what finds the values of their events in fs_values.c.
 */
#include "internal.h"

#include <string.h>

/* What an operation takes (`takes` below). */
#define PATH 0x01u
#define PATH2 0x02u
#define FD 0x04u
#define FD2 0x08u
#define DATA 0x10u   /* data and len */
#define BUFFER 0x20u /* buffer and len, or len alone */
#define BUFS 0x40u
#define SIZE 0x80u /* len alone */
#define OFFSET 0x100u
#define OFFSET2 0x200u
#define MODE 0x400u
#define ACCESS 0x800u
#define OPEN 0x1000u

typedef struct kind {
    uint32_t takes;
    uint32_t flags; /* that it knows */
} kind_t;

static const kind_t kinds[] = {
    [LOOP_FS_READ_FILE] = {PATH, 0},
    [LOOP_FS_WRITE_FILE] = {PATH | DATA | MODE,
                            LOOP_FS_EXCL | LOOP_FS_ATOMIC | LOOP_FS_SYNC | LOOP_FS_BORROW},
    [LOOP_FS_APPEND_FILE] = {PATH | DATA | MODE, LOOP_FS_EXCL | LOOP_FS_SYNC | LOOP_FS_BORROW},
    [LOOP_FS_COPY_FILE] = {PATH | PATH2, LOOP_FS_EXCL | LOOP_FS_REFLINK | LOOP_FS_REFLINK_ONLY},
    [LOOP_FS_STAT] = {PATH, 0},
    [LOOP_FS_LSTAT] = {PATH, 0},
    [LOOP_FS_FSTAT] = {FD, 0},
    [LOOP_FS_STATFS] = {PATH, 0},
    [LOOP_FS_ACCESS] = {PATH | ACCESS, 0},
    [LOOP_FS_READDIR] = {PATH, 0},
    [LOOP_FS_MKDIR] = {PATH | MODE, LOOP_FS_RECURSIVE},
    [LOOP_FS_MKDTEMP] = {PATH, 0},
    [LOOP_FS_MKSTEMP] = {PATH, 0},
    [LOOP_FS_UNLINK] = {PATH, 0},
    [LOOP_FS_RMDIR] = {PATH, 0},
    [LOOP_FS_REMOVE] = {PATH, LOOP_FS_RECURSIVE | LOOP_FS_FORCE},
    [LOOP_FS_RENAME] = {PATH | PATH2, 0},
    [LOOP_FS_LINK] = {PATH | PATH2, 0},
    [LOOP_FS_SYMLINK] = {PATH | PATH2, 0},
    [LOOP_FS_READLINK] = {PATH, 0},
    [LOOP_FS_REALPATH] = {PATH, 0},
    [LOOP_FS_CHMOD] = {PATH | MODE, 0},
    [LOOP_FS_FCHMOD] = {FD | MODE, 0},
    [LOOP_FS_CHOWN] = {PATH, 0},
    [LOOP_FS_LCHOWN] = {PATH, 0},
    [LOOP_FS_FCHOWN] = {FD, 0},
    [LOOP_FS_UTIMES] = {PATH, 0},
    [LOOP_FS_LUTIMES] = {PATH, 0},
    [LOOP_FS_FUTIMES] = {FD, 0},
    [LOOP_FS_TRUNCATE] = {PATH | SIZE, 0},
    [LOOP_FS_FTRUNCATE] = {FD | SIZE, 0},
    [LOOP_FS_OPEN] = {PATH | MODE | OPEN, 0},
    [LOOP_FS_CLOSE] = {FD, 0},
    [LOOP_FS_READ] = {FD | BUFFER | OFFSET, 0},
    [LOOP_FS_WRITE] = {FD | DATA | OFFSET, LOOP_FS_BORROW},
    [LOOP_FS_READV] = {FD | BUFS | OFFSET, 0},
    [LOOP_FS_WRITEV] = {FD | BUFS | OFFSET, LOOP_FS_BORROW},
    [LOOP_FS_FSYNC] = {FD, 0},
    [LOOP_FS_FDATASYNC] = {FD, 0},
    [LOOP_FS_SENDFILE] = {FD | FD2 | SIZE | OFFSET | OFFSET2, 0},
    [LOOP_FS_READ_STREAM] = {PATH | SIZE | OFFSET, 0},
    [LOOP_FS_WRITE_STREAM] = {PATH | MODE,
                              LOOP_FS_EXCL | LOOP_FS_ATOMIC | LOOP_FS_SYNC | LOOP_FS_APPEND},
};

#define KINDS (sizeof kinds / sizeof kinds[0])
#define MODE_MAX 07777u
#define BUFS_MAX 1048576u
#define READ_MAX ((uint64_t)2 << 30) /* into the library's memory */

#define OPEN_FLAGS                                                                                 \
    ((uint32_t)(LOOP_O_WRONLY | LOOP_O_RDWR | LOOP_O_CREAT | LOOP_O_EXCL | LOOP_O_TRUNC |          \
                LOOP_O_APPEND | LOOP_O_NOFOLLOW | LOOP_O_DIRECTORY | LOOP_O_SYNC | LOOP_O_DSYNC |  \
                LOOP_O_NONBLOCK | LOOP_O_DIRECT | LOOP_O_TMPFILE | LOOP_O_NOATIME | LOOP_O_PATH))

/* ---- Checks ---------------------------------------------------------------------------------- */

/* len 0: up to the NUL. */
static int path_ok(const char *path, uint32_t len) {
    return path != NULL && (len == 0 || memchr(path, '\0', len) == NULL);
}

static int open_flags_ok(uint32_t flags) {
    return (flags & ~OPEN_FLAGS) == 0 &&
           (flags & (LOOP_O_WRONLY | LOOP_O_RDWR)) != (LOOP_O_WRONLY | LOOP_O_RDWR);
}

/* Writes how many bytes the pieces have together, INT64_MAX at most. */
static int bufs_ok(const loop_fs_t *request, uint64_t *total_out) {
    uint64_t total = 0;
    if (request->bufs == NULL || request->buf_count == 0 || request->buf_count > BUFS_MAX)
        return 0;
    for (uint32_t i = 0; i < request->buf_count; i++) {
        const loop_buf_t *buf = &request->bufs[i];
        if ((buf->data == NULL && buf->len > 0) || buf->len > INT64_MAX - total)
            return 0;
        total += buf->len;
    }
    *total_out = total;
    return 1;
}

/* offset -1: the current position. */
static int range_ok(int64_t offset, uint64_t len) {
    return offset >= -1 && len <= (uint64_t)(INT64_MAX - (offset > 0 ? offset : 0));
}

static int request_ok(const loop_fs_t *request) {
    if (request == NULL || request->size < sizeof *request ||
        !loop__rest_is_zero(request, request->size, sizeof *request) || request->what >= KINDS)
        return 0;
    const kind_t *kind = &kinds[request->what];
    uint32_t takes = kind->takes;
    uint64_t len = (takes & (DATA | BUFFER | SIZE)) != 0 ? request->len : 0;
    const uint32_t either = LOOP_FS_ATOMIC | LOOP_FS_APPEND;
    if (takes == 0 || (request->flags & ~kind->flags) != 0 || (request->flags & either) == either)
        return 0;
    if (((takes & PATH) != 0 && !path_ok(request->path, request->path_len)) ||
        ((takes & PATH2) != 0 && !path_ok(request->path2, request->path2_len)) ||
        ((takes & FD) != 0 && request->fd < 0) || ((takes & FD2) != 0 && request->fd2 < 0) ||
        ((takes & MODE) != 0 && request->mode > MODE_MAX) ||
        ((takes & ACCESS) != 0 &&
         request->mode > (LOOP_ACCESS_READ | LOOP_ACCESS_WRITE | LOOP_ACCESS_EXECUTE)) ||
        ((takes & OPEN) != 0 && !open_flags_ok(request->open_flags)) ||
        ((takes & DATA) != 0 && request->data == NULL && len > 0) ||
        ((takes & BUFFER) != 0 && request->buffer == NULL && len > READ_MAX) ||
        ((takes & BUFS) != 0 && !bufs_ok(request, &len)))
        return 0;
    return range_ok((takes & OFFSET) != 0 ? request->offset : 0, len) &&
           range_ok((takes & OFFSET2) != 0 ? request->offset2 : 0, len);
}

/* ---- Copying --------------------------------------------------------------------------------- */

static uint64_t path_bytes(const char *path, uint32_t len) {
    return len > 0 ? len : strlen(path);
}

/* *len_out 0: the path is empty, or too long for the field; it ends with its NUL either way. */
static const char *put_path(char **at, const char *path, uint64_t bytes, uint32_t *len_out) {
    char *copy = *at;
    memcpy(copy, path, bytes);
    copy[bytes] = '\0';
    *at += bytes + 1;
    *len_out = bytes <= UINT32_MAX ? (uint32_t)bytes : 0;
    return copy;
}

/* The pieces of a writev, as one piece. */
static void join_bufs(loop_buf_t *whole, const loop_fs_t *request, char *to) {
    *whole = (loop_buf_t){to, 0};
    for (uint32_t i = 0; i < request->buf_count; i++) {
        if (request->bufs[i].len > 0)
            memcpy(to + whole->len, request->bufs[i].data, request->bufs[i].len);
        whole->len += request->bufs[i].len;
    }
}

/* A copy of a request that is good, with what it points at but for borrowed memory. NULL: out of
 * memory. */
static loop__blob_t *copy_request(const loop_fs_t *request) {
    uint32_t takes = kinds[request->what].takes;
    int borrowed = request->what == LOOP_FS_READV || (request->flags & LOOP_FS_BORROW) != 0;
    uint64_t path = 0, path2 = 0, data = 0, bufs = 0;
    if ((takes & PATH) != 0)
        path = path_bytes(request->path, request->path_len) + 1;
    if ((takes & PATH2) != 0)
        path2 = path_bytes(request->path2, request->path2_len) + 1;
    if ((takes & DATA) != 0 && !borrowed)
        data = request->len;
    if ((takes & BUFS) != 0) {
        bufs = (borrowed ? request->buf_count : 1) * sizeof *request->bufs;
        if (!borrowed)
            (void)bufs_ok(request, &data);
    }
    if (data > UINT64_MAX / 4)
        return NULL;
    loop__blob_t *blob = loop__blob_new(sizeof *request + bufs + path + path2 + data);
    if (blob == NULL)
        return NULL;
    loop_fs_t *copy = loop__blob_data(blob);
    char *at = (char *)(copy + 1);
    *copy = *request;
    copy->size = sizeof *copy;
    if (bufs > 0) {
        loop_buf_t *pieces = (loop_buf_t *)(void *)at;
        at += bufs;
        copy->bufs = pieces;
        if (borrowed) {
            memcpy(pieces, request->bufs, bufs);
        } else {
            join_bufs(pieces, request, at);
            at += data;
            copy->buf_count = 1;
        }
    } else if (data > 0) {
        copy->data = memcpy(at, request->data, data);
        at += data;
    }
    if (path > 0)
        copy->path = put_path(&at, request->path, path - 1, &copy->path_len);
    if (path2 > 0)
        copy->path2 = put_path(&at, request->path2, path2 - 1, &copy->path2_len);
    return blob;
}

int64_t loop_fs(loop_t *loop, const loop_fs_t *request, loop_cb cb, void *user) {
    loop_op_t *op;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (!request_ok(request) || cb == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    loop__blob_t *blob = copy_request(request);
    if (blob == NULL)
        return loop__leave(loop, LOOP_ENOMEM);
    rc = loop__start(loop, LOOP_OP_FS, cb, user, 0, &op);
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
