/* SPDX-License-Identifier: MIT
 *
 * write_file cuts or makes, append_file adds, read_file gives all; with EXCL nothing is replaced,
 * and an atomic write puts a new file in the old one's place.
 */
#include "files.h"

int main(void) {
    loop_t *loop = begin();
    char borrowed[] = "lent";
    DO(loop_fs_write_file(loop, "file", "hello", 5, 0, 0, say_value, "write"));
    DO(loop_fs_append_file(loop, "file", ", world", 7, 0, 0, say_value, "append"));
    DO(loop_fs_read_file(loop, "file", 0, say_value, "read"));
    DO(loop_fs_read_file(loop, "file", 0, say_value, "read again"));
    DO(loop_fs_write_file(loop, "file", "short", 5, 0, 0, say_value, "write over"));
    DO(loop_fs_read_file(loop, "file", 0, say_value, "read"));
    DO(loop_fs_write_file(loop, "file", "x", 1, 0, LOOP_FS_EXCL, say_value, "exclusive"));
    DO(loop_fs_append_file(loop, "new", "added", 5, 0600, LOOP_FS_EXCL | LOOP_FS_SYNC, say_value,
                           "append to a new one"));
    DO(loop_fs_stat(loop, "new", say_stat, "stat"));
    DO(loop_fs_write_file(loop, "new", "atomic", 6, 0, LOOP_FS_ATOMIC, say_value, "atomic"));
    DO(loop_fs_read_file(loop, "new", 0, say_value, "read"));
    DO(loop_fs_stat(loop, "new", say_stat, "its mode is kept"));
    DO(loop_fs_write_file(loop, "new", "x", 1, 0, LOOP_FS_ATOMIC | LOOP_FS_EXCL, say_value,
                          "atomic and exclusive"));
    DO(loop_fs_write_file(loop, "lent", borrowed, 4, 0, LOOP_FS_BORROW, say_value, "borrowed"));
    DO(loop_fs_read_file(loop, "lent", 0, say_value, "read"));
    DO(loop_fs_write_file(loop, "empty", NULL, 0, 0, 0, say_value, "nothing"));
    DO(loop_fs_read_file(loop, "empty", 0, say_value, "read"));
    DO(loop_fs_truncate(loop, "file", 2, say_value, "truncate"));
    DO(loop_fs_read_file(loop, "file", 0, say_value, "read"));
    end(loop);
    return 0;
}
