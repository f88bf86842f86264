/* SPDX-License-Identifier: MIT
 *
 * Every call that starts a file operation, with arguments that are good.
 */
#ifndef FS_CALLS_H
#define FS_CALLS_H

#include "loops.h"

/* DO(call) for each of them. Nothing it names is there, should one be done after all. */
#define EACH_FS_CALL(DO, loop, cb)                                                                 \
    DO(loop_fs(loop, &fs_request, cb, NULL))                                                       \
    DO(loop_fs_read_file(loop, FS_NONE, 0, cb, NULL))                                              \
    DO(loop_fs_write_file(loop, FS_NONE, "x", 1, 0, 0, cb, NULL))                                  \
    DO(loop_fs_append_file(loop, FS_NONE, "x", 1, 0, 0, cb, NULL))                                 \
    DO(loop_fs_copy_file(loop, FS_NONE, FS_NONE, 0, cb, NULL))                                     \
    DO(loop_fs_stat(loop, FS_NONE, cb, NULL))                                                      \
    DO(loop_fs_lstat(loop, FS_NONE, cb, NULL))                                                     \
    DO(loop_fs_fstat(loop, FS_NO_FD, cb, NULL))                                                    \
    DO(loop_fs_statfs(loop, FS_NONE, cb, NULL))                                                    \
    DO(loop_fs_access(loop, FS_NONE, LOOP_ACCESS_READ, cb, NULL))                                  \
    DO(loop_fs_readdir(loop, FS_NONE, cb, NULL))                                                   \
    DO(loop_fs_mkdir(loop, FS_NONE, 0, 0, cb, NULL))                                               \
    DO(loop_fs_mkdtemp(loop, FS_NONE, cb, NULL))                                                   \
    DO(loop_fs_mkstemp(loop, FS_NONE, cb, NULL))                                                   \
    DO(loop_fs_unlink(loop, FS_NONE, cb, NULL))                                                    \
    DO(loop_fs_rmdir(loop, FS_NONE, cb, NULL))                                                     \
    DO(loop_fs_remove(loop, FS_NONE, 0, cb, NULL))                                                 \
    DO(loop_fs_rename(loop, FS_NONE, FS_NONE, cb, NULL))                                           \
    DO(loop_fs_link(loop, FS_NONE, FS_NONE, cb, NULL))                                             \
    DO(loop_fs_symlink(loop, FS_NONE, FS_NONE, cb, NULL))                                          \
    DO(loop_fs_readlink(loop, FS_NONE, cb, NULL))                                                  \
    DO(loop_fs_realpath(loop, FS_NONE, cb, NULL))                                                  \
    DO(loop_fs_chmod(loop, FS_NONE, 0600, cb, NULL))                                               \
    DO(loop_fs_fchmod(loop, FS_NO_FD, 0600, cb, NULL))                                             \
    DO(loop_fs_chown(loop, FS_NONE, 0, 0, cb, NULL))                                               \
    DO(loop_fs_lchown(loop, FS_NONE, 0, 0, cb, NULL))                                              \
    DO(loop_fs_fchown(loop, FS_NO_FD, 0, 0, cb, NULL))                                             \
    DO(loop_fs_utimes(loop, FS_NONE, 0, 0, cb, NULL))                                              \
    DO(loop_fs_lutimes(loop, FS_NONE, 0, 0, cb, NULL))                                             \
    DO(loop_fs_futimes(loop, FS_NO_FD, 0, 0, cb, NULL))                                            \
    DO(loop_fs_truncate(loop, FS_NONE, 0, cb, NULL))                                               \
    DO(loop_fs_ftruncate(loop, FS_NO_FD, 0, cb, NULL))                                             \
    DO(loop_fs_open(loop, FS_NONE, LOOP_O_RDONLY, 0, cb, NULL))                                    \
    DO(loop_fs_close(loop, FS_NO_FD, cb, NULL))                                                    \
    DO(loop_fs_read(loop, FS_NO_FD, 1, 0, cb, NULL))                                               \
    DO(loop_fs_read_into(loop, FS_NO_FD, fs_memory, 1, 0, cb, NULL))                               \
    DO(loop_fs_write(loop, FS_NO_FD, "x", 1, 0, 0, cb, NULL))                                      \
    DO(loop_fs_readv(loop, FS_NO_FD, &fs_piece, 1, 0, cb, NULL))                                   \
    DO(loop_fs_writev(loop, FS_NO_FD, &fs_piece, 1, 0, 0, cb, NULL))                               \
    DO(loop_fs_fsync(loop, FS_NO_FD, cb, NULL))                                                    \
    DO(loop_fs_fdatasync(loop, FS_NO_FD, cb, NULL))                                                \
    DO(loop_fs_sendfile(loop, FS_NO_FD, 0, FS_NO_FD, 0, 1, cb, NULL))                              \
    DO(loop_fs_read_stream(loop, FS_NONE, 0, 0, 0, cb, NULL))                                      \
    DO(loop_fs_write_stream(loop, FS_NONE, 0, 0, cb, NULL))

#define FS_NONE "/nowhere/at/all"
#define FS_NO_FD 9999

static char fs_memory[1];
static const loop_buf_t fs_piece = {fs_memory, 1};
static const loop_fs_t fs_request = {
    .size = sizeof(loop_fs_t), .what = LOOP_FS_STAT, .path = FS_NONE};

#endif
