/* SPDX-License-Identifier: MIT
 *
 * The calls of file operations: each fills the request that loop_fs checks and queues.
 */
#include "internal.h"

static loop_fs_t request_of(uint32_t what) {
    loop_fs_t request = LOOP_FS_INIT;
    request.what = what;
    return request;
}

static int64_t with_path(loop_t *loop, uint32_t what, const char *path, loop_cb cb, void *user) {
    loop_fs_t request = request_of(what);
    request.path = path;
    return loop_fs(loop, &request, cb, user);
}

static int64_t with_paths(loop_t *loop, uint32_t what, const char *path, const char *path2,
                          uint32_t flags, loop_cb cb, void *user) {
    loop_fs_t request = request_of(what);
    request.path = path;
    request.path2 = path2;
    request.flags = flags;
    return loop_fs(loop, &request, cb, user);
}

static int64_t with_mode(loop_t *loop, uint32_t what, const char *path, uint32_t mode,
                         uint32_t flags, loop_cb cb, void *user) {
    loop_fs_t request = request_of(what);
    request.path = path;
    request.mode = mode;
    request.flags = flags;
    return loop_fs(loop, &request, cb, user);
}

static int64_t with_data(loop_t *loop, uint32_t what, const char *path, const void *data,
                         uint64_t len, uint32_t mode, uint32_t flags, loop_cb cb, void *user) {
    loop_fs_t request = request_of(what);
    request.path = path;
    request.data = data;
    request.len = len;
    request.mode = mode;
    request.flags = flags;
    return loop_fs(loop, &request, cb, user);
}

static int64_t with_fd(loop_t *loop, uint32_t what, int32_t fd, loop_cb cb, void *user) {
    loop_fs_t request = request_of(what);
    request.fd = fd;
    return loop_fs(loop, &request, cb, user);
}

static int64_t with_owner(loop_t *loop, uint32_t what, const char *path, uint32_t uid, uint32_t gid,
                          loop_cb cb, void *user) {
    loop_fs_t request = request_of(what);
    request.path = path;
    request.uid = uid;
    request.gid = gid;
    return loop_fs(loop, &request, cb, user);
}

static int64_t with_times(loop_t *loop, uint32_t what, const char *path, int64_t atime_ns,
                          int64_t mtime_ns, loop_cb cb, void *user) {
    loop_fs_t request = request_of(what);
    request.path = path;
    request.atime_ns = atime_ns;
    request.mtime_ns = mtime_ns;
    return loop_fs(loop, &request, cb, user);
}

static int64_t with_bufs(loop_t *loop, uint32_t what, int32_t fd, const loop_buf_t *bufs,
                         uint32_t buf_count, int64_t offset, uint32_t flags, loop_cb cb,
                         void *user) {
    loop_fs_t request = request_of(what);
    request.fd = fd;
    request.bufs = bufs;
    request.buf_count = buf_count;
    request.offset = offset;
    request.flags = flags;
    return loop_fs(loop, &request, cb, user);
}

/* ---- Whole files ----------------------------------------------------------------------------- */

int64_t loop_fs_read_file(loop_t *loop, const char *path, uint64_t limit, loop_cb cb, void *user) {
    loop_fs_t request = request_of(LOOP_FS_READ_FILE);
    request.path = path;
    request.limit = limit;
    return loop_fs(loop, &request, cb, user);
}

int64_t loop_fs_write_file(loop_t *loop, const char *path, const void *data, uint64_t len,
                           uint32_t mode, uint32_t flags, loop_cb cb, void *user) {
    return with_data(loop, LOOP_FS_WRITE_FILE, path, data, len, mode, flags, cb, user);
}

int64_t loop_fs_append_file(loop_t *loop, const char *path, const void *data, uint64_t len,
                            uint32_t mode, uint32_t flags, loop_cb cb, void *user) {
    return with_data(loop, LOOP_FS_APPEND_FILE, path, data, len, mode, flags, cb, user);
}

int64_t loop_fs_copy_file(loop_t *loop, const char *path, const char *path2, uint32_t flags,
                          loop_cb cb, void *user) {
    return with_paths(loop, LOOP_FS_COPY_FILE, path, path2, flags, cb, user);
}

/* ---- What is known --------------------------------------------------------------------------- */

int64_t loop_fs_stat(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return with_path(loop, LOOP_FS_STAT, path, cb, user);
}

int64_t loop_fs_lstat(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return with_path(loop, LOOP_FS_LSTAT, path, cb, user);
}

int64_t loop_fs_fstat(loop_t *loop, int32_t fd, loop_cb cb, void *user) {
    return with_fd(loop, LOOP_FS_FSTAT, fd, cb, user);
}

int64_t loop_fs_statfs(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return with_path(loop, LOOP_FS_STATFS, path, cb, user);
}

int64_t loop_fs_access(loop_t *loop, const char *path, uint32_t mode, loop_cb cb, void *user) {
    return with_mode(loop, LOOP_FS_ACCESS, path, mode, 0, cb, user);
}

/* ---- Folders and names ----------------------------------------------------------------------- */

int64_t loop_fs_readdir(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return with_path(loop, LOOP_FS_READDIR, path, cb, user);
}

int64_t loop_fs_mkdir(loop_t *loop, const char *path, uint32_t mode, uint32_t flags, loop_cb cb,
                      void *user) {
    return with_mode(loop, LOOP_FS_MKDIR, path, mode, flags, cb, user);
}

int64_t loop_fs_mkdtemp(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return with_path(loop, LOOP_FS_MKDTEMP, path, cb, user);
}

int64_t loop_fs_mkstemp(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return with_path(loop, LOOP_FS_MKSTEMP, path, cb, user);
}

int64_t loop_fs_unlink(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return with_path(loop, LOOP_FS_UNLINK, path, cb, user);
}

int64_t loop_fs_rmdir(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return with_path(loop, LOOP_FS_RMDIR, path, cb, user);
}

int64_t loop_fs_remove(loop_t *loop, const char *path, uint32_t flags, loop_cb cb, void *user) {
    return with_mode(loop, LOOP_FS_REMOVE, path, 0, flags, cb, user);
}

int64_t loop_fs_rename(loop_t *loop, const char *path, const char *path2, loop_cb cb, void *user) {
    return with_paths(loop, LOOP_FS_RENAME, path, path2, 0, cb, user);
}

int64_t loop_fs_link(loop_t *loop, const char *path, const char *path2, loop_cb cb, void *user) {
    return with_paths(loop, LOOP_FS_LINK, path, path2, 0, cb, user);
}

int64_t loop_fs_symlink(loop_t *loop, const char *path, const char *path2, loop_cb cb, void *user) {
    return with_paths(loop, LOOP_FS_SYMLINK, path, path2, 0, cb, user);
}

int64_t loop_fs_readlink(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return with_path(loop, LOOP_FS_READLINK, path, cb, user);
}

int64_t loop_fs_realpath(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return with_path(loop, LOOP_FS_REALPATH, path, cb, user);
}

/* ---- Permissions, owners, times, length ------------------------------------------------------ */

int64_t loop_fs_chmod(loop_t *loop, const char *path, uint32_t mode, loop_cb cb, void *user) {
    return with_mode(loop, LOOP_FS_CHMOD, path, mode, 0, cb, user);
}

int64_t loop_fs_fchmod(loop_t *loop, int32_t fd, uint32_t mode, loop_cb cb, void *user) {
    loop_fs_t request = request_of(LOOP_FS_FCHMOD);
    request.fd = fd;
    request.mode = mode;
    return loop_fs(loop, &request, cb, user);
}

int64_t loop_fs_chown(loop_t *loop, const char *path, uint32_t uid, uint32_t gid, loop_cb cb,
                      void *user) {
    return with_owner(loop, LOOP_FS_CHOWN, path, uid, gid, cb, user);
}

int64_t loop_fs_lchown(loop_t *loop, const char *path, uint32_t uid, uint32_t gid, loop_cb cb,
                       void *user) {
    return with_owner(loop, LOOP_FS_LCHOWN, path, uid, gid, cb, user);
}

int64_t loop_fs_fchown(loop_t *loop, int32_t fd, uint32_t uid, uint32_t gid, loop_cb cb,
                       void *user) {
    loop_fs_t request = request_of(LOOP_FS_FCHOWN);
    request.fd = fd;
    request.uid = uid;
    request.gid = gid;
    return loop_fs(loop, &request, cb, user);
}

int64_t loop_fs_utimes(loop_t *loop, const char *path, int64_t atime_ns, int64_t mtime_ns,
                       loop_cb cb, void *user) {
    return with_times(loop, LOOP_FS_UTIMES, path, atime_ns, mtime_ns, cb, user);
}

int64_t loop_fs_lutimes(loop_t *loop, const char *path, int64_t atime_ns, int64_t mtime_ns,
                        loop_cb cb, void *user) {
    return with_times(loop, LOOP_FS_LUTIMES, path, atime_ns, mtime_ns, cb, user);
}

int64_t loop_fs_futimes(loop_t *loop, int32_t fd, int64_t atime_ns, int64_t mtime_ns, loop_cb cb,
                        void *user) {
    loop_fs_t request = request_of(LOOP_FS_FUTIMES);
    request.fd = fd;
    request.atime_ns = atime_ns;
    request.mtime_ns = mtime_ns;
    return loop_fs(loop, &request, cb, user);
}

int64_t loop_fs_truncate(loop_t *loop, const char *path, uint64_t len, loop_cb cb, void *user) {
    loop_fs_t request = request_of(LOOP_FS_TRUNCATE);
    request.path = path;
    request.len = len;
    return loop_fs(loop, &request, cb, user);
}

int64_t loop_fs_ftruncate(loop_t *loop, int32_t fd, uint64_t len, loop_cb cb, void *user) {
    loop_fs_t request = request_of(LOOP_FS_FTRUNCATE);
    request.fd = fd;
    request.len = len;
    return loop_fs(loop, &request, cb, user);
}

/* ---- Open files ------------------------------------------------------------------------------ */

int64_t loop_fs_open(loop_t *loop, const char *path, uint32_t open_flags, uint32_t mode, loop_cb cb,
                     void *user) {
    loop_fs_t request = request_of(LOOP_FS_OPEN);
    request.path = path;
    request.open_flags = open_flags;
    request.mode = mode;
    return loop_fs(loop, &request, cb, user);
}

int64_t loop_fs_close(loop_t *loop, int32_t fd, loop_cb cb, void *user) {
    return with_fd(loop, LOOP_FS_CLOSE, fd, cb, user);
}

int64_t loop_fs_read(loop_t *loop, int32_t fd, uint64_t len, int64_t offset, loop_cb cb,
                     void *user) {
    loop_fs_t request = request_of(LOOP_FS_READ);
    request.fd = fd;
    request.len = len;
    request.offset = offset;
    return loop_fs(loop, &request, cb, user);
}

/* No place in a file, so that loop_fs refuses it: a NULL buffer would mean the library's memory. */
#define NO_OFFSET (-2)

int64_t loop_fs_read_into(loop_t *loop, int32_t fd, void *buffer, uint64_t len, int64_t offset,
                          loop_cb cb, void *user) {
    loop_fs_t request = request_of(LOOP_FS_READ);
    request.fd = fd;
    request.buffer = buffer;
    request.len = len;
    request.offset = buffer != NULL ? offset : NO_OFFSET;
    return loop_fs(loop, &request, cb, user);
}

int64_t loop_fs_write(loop_t *loop, int32_t fd, const void *data, uint64_t len, int64_t offset,
                      uint32_t flags, loop_cb cb, void *user) {
    loop_fs_t request = request_of(LOOP_FS_WRITE);
    request.fd = fd;
    request.data = data;
    request.len = len;
    request.offset = offset;
    request.flags = flags;
    return loop_fs(loop, &request, cb, user);
}

int64_t loop_fs_readv(loop_t *loop, int32_t fd, const loop_buf_t *bufs, uint32_t buf_count,
                      int64_t offset, loop_cb cb, void *user) {
    return with_bufs(loop, LOOP_FS_READV, fd, bufs, buf_count, offset, 0, cb, user);
}

int64_t loop_fs_writev(loop_t *loop, int32_t fd, const loop_buf_t *bufs, uint32_t buf_count,
                       int64_t offset, uint32_t flags, loop_cb cb, void *user) {
    return with_bufs(loop, LOOP_FS_WRITEV, fd, bufs, buf_count, offset, flags, cb, user);
}

int64_t loop_fs_fsync(loop_t *loop, int32_t fd, loop_cb cb, void *user) {
    return with_fd(loop, LOOP_FS_FSYNC, fd, cb, user);
}

int64_t loop_fs_fdatasync(loop_t *loop, int32_t fd, loop_cb cb, void *user) {
    return with_fd(loop, LOOP_FS_FDATASYNC, fd, cb, user);
}

int64_t loop_fs_sendfile(loop_t *loop, int32_t fd, int64_t offset, int32_t fd2, int64_t offset2,
                         uint64_t len, loop_cb cb, void *user) {
    loop_fs_t request = request_of(LOOP_FS_SENDFILE);
    request.fd = fd;
    request.offset = offset;
    request.fd2 = fd2;
    request.offset2 = offset2;
    request.len = len;
    return loop_fs(loop, &request, cb, user);
}

int64_t loop_fs_read_stream(loop_t *loop, const char *path, int64_t offset, uint64_t len,
                            uint32_t piece, loop_cb cb, void *user) {
    loop_fs_t request = request_of(LOOP_FS_READ_STREAM);
    request.path = path;
    request.offset = offset;
    request.len = len;
    request.limit = piece;
    return loop_fs(loop, &request, cb, user);
}

int64_t loop_fs_write_stream(loop_t *loop, const char *path, uint32_t mode, uint32_t flags,
                             loop_cb cb, void *user) {
    return with_mode(loop, LOOP_FS_WRITE_STREAM, path, mode, flags, cb, user);
}
