/* SPDX-License-Identifier: MIT
 *
 * open, read and write at offsets and at the position, into memory of the library and of the host,
 * in several pieces; truncate, sync, close; and offsets beyond 4 GiB.
 */
#include "files.h"

int main(void) {
    loop_t *loop = begin();
    int fd = -1;
    char memory[8] = "";
    char a[] = "AB", b[] = "CDE";
    const loop_buf_t bufs[] = {{a, 2}, {b, 3}};
    DO(loop_fs_open(loop, "file", LOOP_O_RDWR | LOOP_O_CREAT | LOOP_O_EXCL, 0600, keep_fd, &fd));
    DO(loop_fs_write(loop, fd, "0123456789", 10, -1, 0, say_value, "write"));
    DO(loop_fs_write(loop, fd, "xyz", 3, 2, LOOP_FS_BORROW, say_value, "write at 2"));
    DO(loop_fs_read(loop, fd, 100, 0, say_value, "read at 0"));
    DO(loop_fs_read(loop, fd, 3, 8, say_value, "read at 8"));
    DO(loop_fs_read(loop, fd, 3, -1, say_value, "read at the end"));
    DO(loop_fs_read_into(loop, fd, memory, 4, 1, say_value, "read into memory"));
    say("memory: %s", memory);
    DO(loop_fs_writev(loop, fd, bufs, 2, 5, 0, say_value, "writev"));
    DO(loop_fs_read_file(loop, "file", 0, say_value, "read"));
    DO(loop_fs_readv(loop, fd, bufs, 2, 0, say_value, "readv"));
    say("pieces: %s %s", a, b);
    DO(loop_fs_ftruncate(loop, fd, 4, say_value, "ftruncate"));
    DO(loop_fs_fsync(loop, fd, say_value, "fsync"));
    DO(loop_fs_fdatasync(loop, fd, say_value, "fdatasync"));
    DO(loop_fs_write(loop, fd, "far", 3, 5000000000, 0, say_value, "write far away"));
    DO(loop_fs_read(loop, fd, 3, 5000000000, say_value, "read far away"));
    DO(loop_fs_stat(loop, "file", say_stat, "stat"));
    DO(loop_fs_close(loop, fd, say_value, "close"));
    DO(loop_fs_read_file(loop, "file", 0, say_value, "read all"));
    DO(loop_fs_open(loop, "file", LOOP_O_WRONLY | LOOP_O_TRUNC | LOOP_O_APPEND, 0, keep_fd, &fd));
    DO(loop_fs_write(loop, fd, "one", 3, -1, 0, say_value, "append"));
    DO(loop_fs_write(loop, fd, "two", 3, 0, 0, say_value, "append, whatever the offset"));
    DO(loop_fs_close(loop, fd, say_value, "close"));
    DO(loop_fs_read_file(loop, "file", 0, say_value, "read"));
    end(loop);
    return 0;
}
