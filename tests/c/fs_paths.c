/* SPDX-License-Identifier: MIT
 *
 * Operations on paths: what each does, and what its event says.
 */
#include "fs_rig.h"

static loop_t *loop;
static got_t got;

static void with_loop(void (*test)(void)) {
    loop = new_loop();
    test();
    CHECK_CODE(loop_free(loop), LOOP_OK);
    forget(&got);
}

static void reads_and_writes(void) {
    const char *path = in_folder("whole");
    GOOD(loop, &got, loop_fs_write_file(loop, path, "hello", 5, 0, 0, keep, &got));
    CHECK_INT(got.kind, LOOP_KIND_INT);
    CHECK_INT(got.num, 5);
    CHECK_INT(got.aux, LOOP_FS_WRITE_FILE);
    GOOD(loop, &got, loop_fs_append_file(loop, path, ", world", 7, 0, 0, keep, &got));
    CHECK_INT(got.num, 7);
    for (int i = 0; i < 3; i++) { /* a worker, and the loop's thread */
        GOOD(loop, &got, loop_fs_read_file(loop, path, 0, keep, &got));
        CHECK_INT(got.kind, LOOP_KIND_BYTES);
        CHECK_INT(got.num, 12);
        CHECK_INT(got.aux, LOOP_FS_READ_FILE);
        CHECK_STR(got.data, "hello, world");
    }
    GOOD(loop, &got, loop_fs_write_file(loop, path, NULL, 0, 0, 0, keep, &got));
    GOOD(loop, &got, loop_fs_read_file(loop, path, 0, keep, &got));
    CHECK(got.kind == LOOP_KIND_BYTES && got.len == 0 && got.num == 0);
    GOOD(loop, &got, loop_fs_truncate(loop, path, 3, keep, &got));
    CHECK_INT(got.kind, LOOP_KIND_UNDEFINED);
    GOOD(loop, &got, loop_fs_stat(loop, path, keep, &got));
    CHECK_INT(got.stat.size, 3);
}

static void a_whole_file_is_written_added_to_and_read(void) {
    with_loop(reads_and_writes);
}

static void writes_atomically(void) {
    struct stat before, after;
    const char *path = in_folder("atomic");
    put_file(path, "old");
    CHECK_INT(chmod(path, 0640), 0);
    CHECK_INT(stat(path, &before), 0);
    GOOD(loop, &got, loop_fs_write_file(loop, path, "new", 3, 0, LOOP_FS_ATOMIC, keep, &got));
    CHECK_FILE(path, "new");
    CHECK_INT(stat(path, &after), 0);
    CHECK(after.st_ino != before.st_ino);
    CHECK_INT(after.st_mode & 07777, 0640);
    BAD(loop, &got,
        loop_fs_write_file(loop, path, "x", 1, 0, LOOP_FS_ATOMIC | LOOP_FS_EXCL, keep, &got),
        LOOP_EEXIST, EEXIST, text_of("write_file", path, NULL));
    CHECK_FILE(path, "new");
    char memory[] = "borrowed";
    GOOD(loop, &got,
         loop_fs_write_file(loop, path, memory, 8, 0,
                            LOOP_FS_ATOMIC | LOOP_FS_BORROW | LOOP_FS_SYNC, keep, &got));
    CHECK_FILE(path, "borrowed");
    GOOD(loop, &got, loop_fs_readdir(loop, folder, keep, &got));
    CHECK(strstr(got.names, ".loop-") == NULL);
}

static void an_atomic_write_replaces_in_one_step(void) {
    with_loop(writes_atomically);
}

static void copies(void) {
    const char *from = in_folder("from"), *to = in_folder("to");
    put_file(from, "content");
    CHECK_INT(chmod(from, 0750), 0);
    GOOD(loop, &got, loop_fs_copy_file(loop, from, to, 0, keep, &got));
    CHECK_INT(got.num, 7);
    CHECK_FILE(to, "content");
    GOOD(loop, &got, loop_fs_stat(loop, to, keep, &got));
    CHECK_INT(got.stat.mode & 07777, 0750);
    BAD(loop, &got, loop_fs_copy_file(loop, from, to, LOOP_FS_EXCL, keep, &got), LOOP_EEXIST,
        EEXIST, text_of("copy_file", from, to));
    GOOD(loop, &got, loop_fs_copy_file(loop, from, to, LOOP_FS_REFLINK, keep, &got));
    DO(loop, &got, loop_fs_copy_file(loop, from, to, LOOP_FS_REFLINK_ONLY, keep, &got));
    CHECK(got.status == 0 || got.status == LOOP_ENOTSUP);
    GOOD(loop, &got, loop_fs_copy_file(loop, from, from, 0, keep, &got));
    CHECK_FILE(from, "content");
}

static void a_file_is_copied_with_its_permissions(void) {
    with_loop(copies);
}

static void asks(void) {
    struct stat st;
    const char *path = in_folder("asked"), *link = in_folder("asked-link");
    put_file(path, "12345");
    CHECK_INT(symlink("asked", link), 0);
    CHECK_INT(stat(path, &st), 0);
    for (int i = 0; i < 3; i++) {
        GOOD(loop, &got, loop_fs_stat(loop, link, keep, &got));
        CHECK(got.stat.ino == st.st_ino && got.stat.dev == st.st_dev && got.stat.size == 5 &&
              got.stat.nlink == 1 && got.stat.mode == st.st_mode && got.stat.uid == st.st_uid &&
              got.stat.gid == st.st_gid && got.stat.type == LOOP_TYPE_FILE &&
              got.stat.blocks == (uint64_t)st.st_blocks &&
              got.stat.block_size == (uint64_t)st.st_blksize);
        CHECK_INT(got.stat.mtime_ns, st.st_mtim.tv_sec * SECOND + st.st_mtim.tv_nsec);
        CHECK_INT(got.stat.ctime_ns, st.st_ctim.tv_sec * SECOND + st.st_ctim.tv_nsec);
        GOOD(loop, &got, loop_fs_lstat(loop, link, keep, &got));
        CHECK_INT(got.stat.type, LOOP_TYPE_LINK);
    }
    if ((got.stat.known & LOOP_STAT_BIRTHTIME) != 0)
        CHECK(got.stat.birthtime_ns > 0 && got.stat.birthtime_ns <= got.stat.ctime_ns);
    GOOD(loop, &got, loop_fs_stat(loop, "/dev/null", keep, &got));
    CHECK(got.stat.type == LOOP_TYPE_CHAR && got.stat.rdev != 0);
    GOOD(loop, &got, loop_fs_statfs(loop, path, keep, &got));
    CHECK(got.statfs.blocks >= got.statfs.blocks_free && got.statfs.block_size > 0 &&
          got.statfs.name_max >= 14);
    GOOD(loop, &got, loop_fs_access(loop, path, LOOP_ACCESS_EXISTS, keep, &got));
    GOOD(loop, &got, loop_fs_access(loop, path, LOOP_ACCESS_READ | LOOP_ACCESS_WRITE, keep, &got));
    BAD(loop, &got, loop_fs_access(loop, path, LOOP_ACCESS_EXECUTE, keep, &got), LOOP_EACCES,
        EACCES, text_of("access", path, NULL));
}

static void stat_and_the_like_say_what_the_system_says(void) {
    with_loop(asks);
}

static void names(void) {
    const char *dir = in_folder("names"), *a = in_folder("names/a"), *b = in_folder("names/b");
    const char *c = in_folder("names/c");
    char want[4200];
    GOOD(loop, &got, loop_fs_mkdir(loop, dir, 0700, 0, keep, &got));
    CHECK_INT(got.kind, LOOP_KIND_UNDEFINED);
    put_file(a, "x");
    GOOD(loop, &got, loop_fs_rename(loop, a, b, keep, &got));
    GOOD(loop, &got, loop_fs_link(loop, b, a, keep, &got));
    GOOD(loop, &got, loop_fs_stat(loop, b, keep, &got));
    CHECK_INT(got.stat.nlink, 2);
    GOOD(loop, &got, loop_fs_symlink(loop, "../names/b", c, keep, &got));
    GOOD(loop, &got, loop_fs_readlink(loop, c, keep, &got));
    CHECK_STR(got.data, "../names/b");
    GOOD(loop, &got, loop_fs_realpath(loop, c, keep, &got));
    CHECK_STR(got.data, realpath(b, want));
    GOOD(loop, &got, loop_fs_readdir(loop, dir, keep, &got));
    CHECK_INT(got.num, 3);
    CHECK(strstr(got.names, "a:1") != NULL && strstr(got.names, "b:1") != NULL &&
          strstr(got.names, "c:3") != NULL);
    BAD(loop, &got, loop_fs_rmdir(loop, dir, keep, &got), LOOP_ENOTEMPTY, ENOTEMPTY,
        text_of("rmdir", dir, NULL));
    GOOD(loop, &got, loop_fs_unlink(loop, a, keep, &got));
    GOOD(loop, &got, loop_fs_remove(loop, dir, LOOP_FS_RECURSIVE, keep, &got));
    CHECK_INT(got.num, 3);
    GOOD(loop, &got, loop_fs_remove(loop, dir, LOOP_FS_FORCE, keep, &got));
    CHECK_INT(got.num, 0);
    GOOD(loop, &got, loop_fs_mkdir(loop, a, 0, LOOP_FS_RECURSIVE, keep, &got));
    CHECK_STR(got.data, dir);
    GOOD(loop, &got, loop_fs_mkdir(loop, a, 0, LOOP_FS_RECURSIVE, keep, &got));
    CHECK_INT(got.kind, LOOP_KIND_UNDEFINED);
    GOOD(loop, &got, loop_fs_rmdir(loop, a, keep, &got));
}

static void names_are_made_changed_followed_and_taken_away(void) {
    with_loop(names);
}

static void makes_temporary(void) {
    struct stat st;
    GOOD(loop, &got, loop_fs_mkdtemp(loop, in_folder("temp-"), keep, &got));
    CHECK(stat(got.data, &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 07777) == 0700);
    CHECK_INT(strlen(got.data), strlen(in_folder("temp-")) + 6);
    GOOD(loop, &got, loop_fs_mkstemp(loop, in_folder("temp-"), keep, &got));
    CHECK(stat(got.data, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0600);
    CHECK_INT(got.flags, LOOP_EV_FD);
    CHECK_INT(write((int)got.num, "x", 1), 1);
    CHECK_INT(close((int)got.num), 0);
    CHECK_FILE(got.data, "x");
}

static void temporary_files_and_folders_are_private(void) {
    with_loop(makes_temporary);
}

static void changes(void) {
    struct stat st;
    const char *path = in_folder("changed"), *link = in_folder("changed-link");
    put_file(path, "x");
    CHECK_INT(symlink("changed", link), 0);
    GOOD(loop, &got, loop_fs_chmod(loop, path, 0601, keep, &got));
    GOOD(loop, &got, loop_fs_chown(loop, path, 0xffffffff, 0xffffffff, keep, &got));
    GOOD(loop, &got, loop_fs_lchown(loop, link, geteuid(), getegid(), keep, &got));
    GOOD(loop, &got, loop_fs_utimes(loop, path, -1, 1500000000000000001, keep, &got));
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 07777, 0601);
    CHECK(st.st_atim.tv_sec == -1 && st.st_atim.tv_nsec == 999999999);
    CHECK(st.st_mtim.tv_sec == 1500000000 && st.st_mtim.tv_nsec == 1);
    GOOD(loop, &got, loop_fs_utimes(loop, link, LOOP_TIME_OMIT, LOOP_TIME_NOW, keep, &got));
    CHECK_INT(stat(path, &st), 0);
    CHECK(st.st_atim.tv_sec == -1 && st.st_mtim.tv_sec > 1500000000);
    GOOD(loop, &got, loop_fs_lutimes(loop, link, 5 * SECOND, 6 * SECOND, keep, &got));
    CHECK_INT(lstat(link, &st), 0);
    CHECK(st.st_atim.tv_sec == 5 && st.st_mtim.tv_sec == 6);
    if (geteuid() == 0) {
        GOOD(loop, &got, loop_fs_chown(loop, path, 65534, 65534, keep, &got));
        GOOD(loop, &got, loop_fs_stat(loop, path, keep, &got));
        CHECK(got.stat.uid == 65534 && got.stat.gid == 65534);
        GOOD(loop, &got, loop_fs_lstat(loop, link, keep, &got));
        CHECK_INT(got.stat.uid, 0);
    }
}

static void permissions_owners_and_times_are_set(void) {
    with_loop(changes);
}

TEST_MAIN(make_folder(), T(a_whole_file_is_written_added_to_and_read),
          T(an_atomic_write_replaces_in_one_step), T(a_file_is_copied_with_its_permissions),
          T(stat_and_the_like_say_what_the_system_says),
          T(names_are_made_changed_followed_and_taken_away),
          T(temporary_files_and_folders_are_private), T(permissions_owners_and_times_are_set))
