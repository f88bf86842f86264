/* SPDX-License-Identifier: MIT
 *
 * mkdir, also with all folders above; mkdtemp and mkstemp; rmdir, unlink, and remove with all that
 * is below, but not behind links.
 */
#include "files.h"

static char made[200];

CB(keep_path) {
    (void)loop, (void)user;
    must(ev->status);
    snprintf(made, sizeof made, "%.*s", (int)ev->len, (const char *)ev->data);
    if ((ev->flags & LOOP_EV_FD) != 0)
        say("written: %d", (int)write((int)ev->num, "x", 1)), close((int)ev->num);
}

CB(say_mode) {
    const loop_stat_t *stat;
    (void)loop;
    must(loop_event_stat(ev, &stat));
    say("%s: mode %o", (const char *)user, stat->mode & 07777);
}

static void say_made(const char *what) {
    struct stat st;
    if (stat(made, &st) == 0)
        say("%s: %.5s and %d more, mode %o", what, made, (int)strlen(made) - 5, st.st_mode & 07777);
}

int main(void) {
    loop_t *loop = begin();
    DO(loop_fs_mkdir(loop, "a", 0700, 0, say_value, "mkdir"));
    DO(loop_fs_stat(loop, "a", say_mode, "stat"));
    DO(loop_fs_mkdir(loop, "a/b/c", 0, 0, say_value, "mkdir below nothing"));
    DO(loop_fs_mkdir(loop, "a/b/c", 0, LOOP_FS_RECURSIVE, say_value, "mkdir recursive"));
    DO(loop_fs_mkdir(loop, "a/b/c", 0, LOOP_FS_RECURSIVE, say_value, "mkdir recursive again"));
    DO(loop_fs_mkdtemp(loop, "temp-", keep_path, NULL));
    say_made("mkdtemp");
    DO(loop_fs_mkstemp(loop, "temp-", keep_path, NULL));
    say_made("mkstemp");
    DO(loop_fs_unlink(loop, made, say_value, "unlink"));
    DO(loop_fs_rmdir(loop, "a", say_value, "rmdir of a full one"));
    DO(loop_fs_rmdir(loop, "a/b/c", say_value, "rmdir"));
    DO(loop_fs_mkdir(loop, "outside", 0, 0, say_value, "mkdir"));
    DO(loop_fs_write_file(loop, "outside/file", "kept", 4, 0, 0, say_value, "write"));
    DO(loop_fs_write_file(loop, "a/b/file", "x", 1, 0, 0, say_value, "write"));
    DO(loop_fs_symlink(loop, "../outside", "a/link", say_value, "symlink"));
    DO(loop_fs_remove(loop, "a", 0, say_value, "remove of a full one"));
    DO(loop_fs_remove(loop, "a", LOOP_FS_RECURSIVE, say_value, "remove recursive"));
    DO(loop_fs_remove(loop, "a", LOOP_FS_RECURSIVE, say_value, "remove again"));
    DO(loop_fs_remove(loop, "a", LOOP_FS_RECURSIVE | LOOP_FS_FORCE, say_value, "with force"));
    DO(loop_fs_read_file(loop, "outside/file", 0, say_value, "what the link led to"));
    DO(loop_fs_remove(loop, "outside/file", 0, say_value, "remove of a file"));
    end(loop);
    return 0;
}
