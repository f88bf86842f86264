/* SPDX-License-Identifier: MIT
 *
 * sendfile copies from one open file to another, at offsets or at the positions, to the end at most.
 */
#include "files.h"

int main(void) {
    loop_t *loop = begin();
    int from = -1, to = -1;
    DO(loop_fs_write_file(loop, "from", "0123456789", 10, 0, 0, say_value, "write"));
    DO(loop_fs_open(loop, "from", LOOP_O_RDONLY, 0, keep_fd, &from));
    DO(loop_fs_open(loop, "to", LOOP_O_RDWR | LOOP_O_CREAT, 0, keep_fd, &to));
    DO(loop_fs_sendfile(loop, to, 0, from, 2, 5, say_value, "at offsets"));
    DO(loop_fs_read_file(loop, "to", 0, say_value, "read"));
    DO(loop_fs_sendfile(loop, to, 5, from, 7, 100, say_value, "to the end"));
    DO(loop_fs_read_file(loop, "to", 0, say_value, "read"));
    DO(loop_fs_sendfile(loop, to, -1, from, -1, 3, say_value, "at the positions"));
    DO(loop_fs_sendfile(loop, to, -1, from, -1, 3, say_value, "and on"));
    DO(loop_fs_read_file(loop, "to", 0, say_value, "read"));
    DO(loop_fs_sendfile(loop, to, 0, from, 10, 5, say_value, "from the end"));
    DO(loop_fs_close(loop, from, say_value, "close"));
    DO(loop_fs_close(loop, to, say_value, "close"));
    end(loop);
    return 0;
}
