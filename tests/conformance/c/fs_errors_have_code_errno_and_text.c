/* SPDX-License-Identifier: MIT
 *
 * An error says its code, the system's errno, and which operation failed on what.
 */
#include "files.h"

int main(void) {
    loop_t *loop = begin();
    DO(loop_fs_mkdir(loop, "folder", 0, 0, say_value, "mkdir"));
    DO(loop_fs_write_file(loop, "file", "12345", 5, 0, 0, say_value, "write"));
    DO(loop_fs_symlink(loop, "circle", "circle", say_value, "symlink"));
    DO(loop_fs_read_file(loop, "missing", 0, say_value, "missing"));
    DO(loop_fs_read_file(loop, "folder", 0, say_value, "a folder"));
    DO(loop_fs_read_file(loop, "file/x", 0, say_value, "below a file"));
    DO(loop_fs_read_file(loop, "circle", 0, say_value, "a circle"));
    DO(loop_fs_read_file(loop, "file", 4, say_value, "over the limit"));
    DO(loop_fs_stat(loop, "missing", say_stat, "stat"));
    DO(loop_fs_write_file(loop, "no/file", "x", 1, 0, LOOP_FS_ATOMIC, say_value, "atomic"));
    DO(loop_fs_mkdir(loop, "file", 0, 0, say_value, "mkdir over a file"));
    DO(loop_fs_rmdir(loop, "file", say_value, "rmdir of a file"));
    DO(loop_fs_unlink(loop, "folder", say_value, "unlink of a folder"));
    DO(loop_fs_readdir(loop, "file", say_value, "readdir of a file"));
    DO(loop_fs_readlink(loop, "file", say_value, "readlink of a file"));
    DO(loop_fs_rename(loop, "missing", "other", say_value, "rename"));
    DO(loop_fs_copy_file(loop, "folder", "other", 0, say_value, "copy of a folder"));
    DO(loop_fs_link(loop, "file", "folder", say_value, "link"));
    DO(loop_fs_access(loop, "missing", LOOP_ACCESS_EXISTS, say_value, "access"));
    DO(loop_fs_open(loop, "circle", LOOP_O_RDONLY | LOOP_O_NOFOLLOW, 0, say_value, "open"));
    DO(loop_fs_fstat(loop, 9999, say_stat, "fstat"));
    DO(loop_fs_read(loop, 9999, 1, 0, say_value, "read"));
    DO(loop_fs_close(loop, 9999, say_value, "close"));
    end(loop);
    return 0;
}
