/* SPDX-License-Identifier: MIT
 *
 * stat, lstat and fstat; access; what chmod, chown and utimes set, and their kin for links and
 * descriptors; statfs.
 */
#include "files.h"

CB(say_times) {
    const loop_stat_t *stat;
    (void)loop;
    must(loop_event_stat(ev, &stat));
    say("%s: read %lld, changed %lld", (const char *)user, (long long)stat->atime_ns,
        (long long)stat->mtime_ns);
}

CB(say_owner) {
    const loop_stat_t *stat;
    (void)loop;
    must(loop_event_stat(ev, &stat));
    say("%s: %s", (const char *)user,
        stat->uid == geteuid() && stat->gid == getegid() ? "ours" : "somebody else's");
}

CB(say_file_system) {
    const loop_statfs_t *statfs;
    (void)loop;
    must(loop_event_statfs(ev, &statfs));
    say("%s: %s", (const char *)user,
        statfs->name_max >= 14 && statfs->block_size > 0 && statfs->blocks >= statfs->blocks_free
            ? "plausible"
            : "not plausible");
}

int main(void) {
    loop_t *loop = begin();
    int fd = -1;
    DO(loop_fs_write_file(loop, "file", "12345", 5, 0, 0, say_value, "write"));
    DO(loop_fs_symlink(loop, "file", "link", say_value, "symlink"));
    DO(loop_fs_open(loop, "file", LOOP_O_RDWR, 0, keep_fd, &fd));
    DO(loop_fs_stat(loop, "link", say_stat, "stat"));
    DO(loop_fs_lstat(loop, "file", say_stat, "lstat"));
    DO(loop_fs_fstat(loop, fd, say_stat, "fstat"));
    DO(loop_fs_stat(loop, ".", say_owner, "the folder"));
    DO(loop_fs_chmod(loop, "file", 0640, say_value, "chmod"));
    DO(loop_fs_stat(loop, "file", say_stat, "stat"));
    DO(loop_fs_fchmod(loop, fd, 04755, say_value, "fchmod"));
    DO(loop_fs_stat(loop, "file", say_stat, "stat"));
    DO(loop_fs_utimes(loop, "link", 1000000001, -1, say_value, "utimes"));
    DO(loop_fs_stat(loop, "file", say_times, "times"));
    DO(loop_fs_futimes(loop, fd, LOOP_TIME_OMIT, 1700000000123456789, say_value, "futimes"));
    DO(loop_fs_stat(loop, "file", say_times, "times"));
    DO(loop_fs_lutimes(loop, "link", 5, 6, say_value, "lutimes"));
    DO(loop_fs_lstat(loop, "link", say_times, "times of the link"));
    DO(loop_fs_stat(loop, "file", say_times, "times of the file"));
    DO(loop_fs_chown(loop, "file", geteuid(), getegid(), say_value, "chown"));
    DO(loop_fs_lchown(loop, "link", 0xffffffff, 0xffffffff, say_value, "lchown"));
    DO(loop_fs_fchown(loop, fd, geteuid(), 0xffffffff, say_value, "fchown"));
    DO(loop_fs_stat(loop, "file", say_owner, "owner"));
    DO(loop_fs_access(loop, "file", LOOP_ACCESS_READ | LOOP_ACCESS_WRITE, say_value, "access"));
    DO(loop_fs_statfs(loop, "file", say_file_system, "statfs"));
    DO(loop_fs_close(loop, fd, say_value, "close"));
    end(loop);
    return 0;
}
