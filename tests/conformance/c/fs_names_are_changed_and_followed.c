/* SPDX-License-Identifier: MIT
 *
 * rename replaces, link gives a further name, symlink and readlink say what a link says, realpath
 * follows it.
 */
#include "files.h"

CB(say_links) {
    const loop_stat_t *stat;
    (void)loop;
    must(loop_event_stat(ev, &stat));
    say("%s: %llu names", (const char *)user, (unsigned long long)stat->nlink);
}

/* Without the folder that the program works in. */
CB(say_below) {
    (void)loop;
    char here[4096];
    if (ev->status != 0) {
        say_error(ev, user);
        return;
    }
    const char *path = ev->data;
    size_t len = getcwd(here, sizeof here) != NULL ? strlen(here) : 0;
    say("%s: %s", (const char *)user,
        ev->len >= len && memcmp(path, here, len) == 0 ? path + len : "elsewhere");
}

int main(void) {
    loop_t *loop = begin();
    DO(loop_fs_write_file(loop, "one", "first", 5, 0, 0, say_value, "write"));
    DO(loop_fs_write_file(loop, "two", "second", 6, 0, 0, say_value, "write"));
    DO(loop_fs_rename(loop, "one", "two", say_value, "rename"));
    DO(loop_fs_read_file(loop, "two", 0, say_value, "read"));
    DO(loop_fs_read_file(loop, "one", 0, say_value, "read the old name"));
    DO(loop_fs_link(loop, "two", "three", say_value, "link"));
    DO(loop_fs_stat(loop, "two", say_links, "stat"));
    DO(loop_fs_mkdir(loop, "folder/inner", 0, LOOP_FS_RECURSIVE, say_value, "mkdir"));
    DO(loop_fs_symlink(loop, "../two", "folder/link", say_value, "symlink"));
    DO(loop_fs_readlink(loop, "folder/link", say_value, "readlink"));
    DO(loop_fs_realpath(loop, "folder/inner/.././link", say_below, "realpath"));
    DO(loop_fs_realpath(loop, "folder//inner/", say_below, "realpath of a folder"));
    DO(loop_fs_unlink(loop, "two", say_value, "unlink"));
    DO(loop_fs_realpath(loop, "folder/link", say_below, "realpath of what leads nowhere"));
    DO(loop_fs_read_file(loop, "three", 0, say_value, "read the other name"));
    end(loop);
    return 0;
}
