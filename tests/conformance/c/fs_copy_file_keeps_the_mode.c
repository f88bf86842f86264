/* SPDX-License-Identifier: MIT
 *
 * copy_file copies content and permissions, replaces unless told otherwise, and leaves a file that
 * is copied onto itself alone.
 */
#include "files.h"

CB(say_shared) {
    (void)loop;
    say("%s: %s", (const char *)user,
        ev->status == 0 || ev->status == LOOP_ENOTSUP ? "shared or not supported"
                                                      : loop_err_name(ev->status));
}

int main(void) {
    loop_t *loop = begin();
    DO(loop_fs_write_file(loop, "from", "content", 7, 0, 0, say_value, "write"));
    DO(loop_fs_chmod(loop, "from", 0750, say_value, "chmod"));
    DO(loop_fs_copy_file(loop, "from", "to", 0, say_value, "copy"));
    DO(loop_fs_stat(loop, "to", say_stat, "stat"));
    DO(loop_fs_read_file(loop, "to", 0, say_value, "read"));
    DO(loop_fs_write_file(loop, "from", "new", 3, 0, 0, say_value, "write"));
    DO(loop_fs_copy_file(loop, "from", "to", LOOP_FS_EXCL, say_value, "exclusive"));
    DO(loop_fs_copy_file(loop, "from", "to", LOOP_FS_REFLINK, say_value,
                         "copy, shared if possible"));
    DO(loop_fs_read_file(loop, "to", 0, say_value, "read"));
    DO(loop_fs_copy_file(loop, "from", "shared", LOOP_FS_REFLINK_ONLY, say_shared, "only shared"));
    DO(loop_fs_copy_file(loop, "from", "from", 0, say_value, "onto itself"));
    DO(loop_fs_read_file(loop, "from", 0, say_value, "read"));
    end(loop);
    return 0;
}
