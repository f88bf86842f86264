/* SPDX-License-Identifier: MIT
 *
 * File systems that are full, read-only, or laid over each other, in a mount namespace of the
 * test's own.
 */
#include "fs_again.h"

#include <sys/mount.h>

static loop_t *loop;
static got_t got;

/* Runs a test in a mount namespace, where it is root and may mount what it likes. */
static void in_namespace(void (*test)(void), const char *name) {
    static const char *const trial[] = {"unshare", "-m", "true", NULL};
    static const char *const words[] = {"unshare", "-m", "--propagation", "private", NULL};
    if (IS_AGAIN) {
        loop = new_loop();
        test();
        CHECK_CODE(loop_free(loop), LOOP_OK);
        forget(&got);
    } else if (geteuid() != 0 || run_program(trial) != 0) {
        SKIP("no mount namespace without root and unshare");
    } else {
        again_behind(words, name, "namespace");
    }
}

#define IN_NAMESPACE(test) in_namespace(test, __func__)

/* Make a folder and mount something there. 0: it cannot be. */
static int mounted(const char *name, const char *type, const char *options) {
    const char *path = in_folder(name);
    CHECK_INT(mkdir(path, 0755), 0);
    if (mount(type, path, type, 0, options) == 0)
        return 1;
    harness.skip = "the mount is refused";
    return 0;
}

static int holds_temporary(const char *dir) {
    GOOD(loop, &got, loop_fs_readdir(loop, dir, keep, &got));
    return strstr(got.names, ".loop-") != NULL;
}

#define LARGE ((size_t)1 << 20)

static void is_full(void) {
    char *data = calloc(1, LARGE);
    const char *dir = in_folder("full"), *old = in_folder("full/old"),
               *path = in_folder("full/new");
    if (!mounted("full", "tmpfs", "size=256k"))
        return;
    put_file(old, "old");
    BAD(loop, &got, loop_fs_write_file(loop, old, data, LARGE, 0, LOOP_FS_ATOMIC, keep, &got),
        LOOP_ENOSPC, ENOSPC, text_of("write_file", old, NULL));
    CHECK_FILE(old, "old");
    CHECK(!holds_temporary(dir));
    BAD(loop, &got, loop_fs_write_file(loop, path, data, LARGE, 0, 0, keep, &got), LOOP_ENOSPC,
        ENOSPC, text_of("write_file", path, NULL));
    GOOD(loop, &got, loop_fs_unlink(loop, path, keep, &got));
    CHECK_INT(truncate(in_folder("source"), 0), -1);
    GOOD(loop, &got, loop_fs_write_file(loop, in_folder("source"), data, LARGE, 0, 0, keep, &got));
    BAD(loop, &got, loop_fs_copy_file(loop, in_folder("source"), path, 0, keep, &got), LOOP_ENOSPC,
        ENOSPC, text_of("copy_file", in_folder("source"), path));
    CHECK(!exists(path));
    /* By descriptor: what went, then why no more did. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    char text[32];
    snprintf(text, sizeof text, "write fd %d", fd);
    GOOD(loop, &got, loop_fs_write(loop, fd, data, LARGE, -1, LOOP_FS_BORROW, keep, &got));
    CHECK(got.num > 0 && got.num < (int64_t)LARGE);
    BAD(loop, &got, loop_fs_write(loop, fd, data, LARGE, -1, 0, keep, &got), LOOP_ENOSPC, ENOSPC,
        text);
    close(fd);
    GOOD(loop, &got, loop_fs_statfs(loop, dir, keep, &got));
    CHECK_INT(got.statfs.blocks_free, 0);
    BAD(loop, &got, loop_fs_append_file(loop, path, data, LARGE, 0, 0, keep, &got), LOOP_ENOSPC,
        ENOSPC, text_of("append_file", path, NULL));
    GOOD(loop, &got, loop_fs_read_file(loop, old, 0, keep, &got));
    CHECK_STR(got.data, "old");
    free(data);
}

static void a_full_file_system_is_enospc_and_an_atomic_write_keeps_the_old(void) {
    IN_NAMESPACE(is_full);
}

static void has_no_name_left(void) {
    const char *dir = in_folder("names/dir"), *file = in_folder("names/file");
    if (!mounted("names", "tmpfs", "nr_inodes=2"))
        return;
    GOOD(loop, &got, loop_fs_write_file(loop, file, "x", 1, 0, 0, keep, &got));
    BAD(loop, &got, loop_fs_mkdir(loop, dir, 0, 0, keep, &got), LOOP_ENOSPC, ENOSPC,
        text_of("mkdir", dir, NULL));
    GOOD(loop, &got, loop_fs_read_file(loop, file, 0, keep, &got));
    CHECK_STR(got.data, "x");
}

static void a_file_system_without_room_for_one_more_file_is_enospc(void) {
    IN_NAMESPACE(has_no_name_left);
}

/* tmpfs and overlay refuse to read without waiting: a worker does it, always. */
static void reads_often(const char *path, const char *want) {
    for (int i = 0; i < 60; i++) {
        GOOD(loop, &got, loop_fs_read_file(loop, path, 0, keep, &got));
        CHECK_STR(got.data, want);
        GOOD(loop, &got, loop_fs_stat(loop, path, keep, &got));
        CHECK_INT(got.stat.size, strlen(want));
    }
}

static void is_in_memory(void) {
    if (!mounted("memory", "tmpfs", ""))
        return;
    put_file(in_folder("memory/file"), "in memory");
    reads_often(in_folder("memory/file"), "in memory");
    GOOD(loop, &got,
         loop_fs_write_file(loop, in_folder("memory/file"), "new", 3, 0,
                            LOOP_FS_ATOMIC | LOOP_FS_SYNC, keep, &got));
    reads_often(in_folder("memory/file"), "new");
}

static void files_of_a_tmpfs_are_read(void) {
    IN_NAMESPACE(is_in_memory);
}

static void is_laid_over(void) {
    char options[600];
    if (!mounted("layers", "tmpfs", ""))
        return;
    CHECK(mkdir(in_folder("layers/lower"), 0755) == 0 &&
          mkdir(in_folder("layers/upper"), 0755) == 0 &&
          mkdir(in_folder("layers/work"), 0755) == 0);
    put_file(in_folder("layers/lower/file"), "from below");
    CHECK_INT(mkdir(in_folder("layers/lower/dir"), 0755), 0);
    put_file(in_folder("layers/lower/dir/inner"), "x");
    snprintf(options, sizeof options,
             "lowerdir=%s/layers/lower,upperdir=%s/layers/upper,workdir=%s"
             "/layers/work",
             folder, folder, folder);
    if (!mounted("over", "overlay", options))
        return;
    reads_often(in_folder("over/file"), "from below");
    GOOD(loop, &got,
         loop_fs_append_file(loop, in_folder("over/file"), ", changed", 9, 0, 0, keep, &got));
    reads_often(in_folder("over/file"), "from below, changed");
    CHECK_FILE(in_folder("layers/lower/file"), "from below");
    GOOD(loop, &got,
         loop_fs_copy_file(loop, in_folder("over/file"), in_folder("over/copy"), 0, keep, &got));
    GOOD(loop, &got, loop_fs_readdir(loop, in_folder("over"), keep, &got));
    CHECK_INT(got.entries, 3);
    GOOD(loop, &got, loop_fs_remove(loop, in_folder("over/dir"), LOOP_FS_RECURSIVE, keep, &got));
    CHECK_INT(got.num, 2);
    CHECK(exists(in_folder("layers/lower/dir/inner")));
}

static void files_of_an_overlay_are_read_and_changed(void) {
    IN_NAMESPACE(is_laid_over);
}

#define IS_EROFS(call, operation, path)                                                            \
    BAD(loop, &got, call, LOOP_EROFS, EROFS, text_of(operation, path, NULL))

static void is_read_only(void) {
    const char *dir = in_folder("fixed"), *path = in_folder("fixed/file");
    if (!mounted("fixed", "tmpfs", ""))
        return;
    put_file(path, "x");
    REQUIRE(mount(NULL, dir, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
    IS_EROFS(loop_fs_write_file(loop, path, "y", 1, 0, 0, keep, &got), "write_file", path);
    IS_EROFS(loop_fs_write_file(loop, path, "y", 1, 0, LOOP_FS_ATOMIC, keep, &got), "write_file",
             path);
    IS_EROFS(loop_fs_unlink(loop, path, keep, &got), "unlink", path);
    IS_EROFS(loop_fs_chmod(loop, path, 0600, keep, &got), "chmod", path);
    IS_EROFS(loop_fs_utimes(loop, path, 0, 0, keep, &got), "utimes", path);
    IS_EROFS(loop_fs_truncate(loop, path, 0, keep, &got), "truncate", path);
    IS_EROFS(loop_fs_access(loop, path, LOOP_ACCESS_WRITE, keep, &got), "access", path);
    IS_EROFS(loop_fs_mkdtemp(loop, in_folder("fixed/t-"), keep, &got), "mkdtemp",
             in_folder("fixed/t-"));
    DO(loop, &got, loop_fs_remove(loop, dir, LOOP_FS_RECURSIVE, keep, &got));
    CHECK_CODE(got.status, LOOP_EROFS);
    reads_often(path, "x");
}

static void a_read_only_file_system_is_erofs(void) {
    IN_NAMESPACE(is_read_only);
}

static void holds_a_mount(void) {
    const char *tree = in_folder("tree");
    CHECK_INT(mkdir(tree, 0755), 0);
    put_file(in_folder("tree/file"), "x");
    if (!mounted("tree/mount", "tmpfs", ""))
        return;
    BAD(loop, &got, loop_fs_rmdir(loop, in_folder("tree/mount"), keep, &got), LOOP_EBUSY, EBUSY,
        text_of("rmdir", in_folder("tree/mount"), NULL));
    BAD(loop, &got, loop_fs_remove(loop, tree, LOOP_FS_RECURSIVE, keep, &got), LOOP_EBUSY, EBUSY,
        text_of("remove", in_folder("tree/mount"), NULL));
    CHECK(!exists(in_folder("tree/file")) && exists(in_folder("tree/mount")));
}

static void a_mount_in_a_tree_stays_and_is_told(void) {
    IN_NAMESPACE(holds_a_mount);
}

TEST_MAIN(make_folder(), T(a_full_file_system_is_enospc_and_an_atomic_write_keeps_the_old),
          T(a_file_system_without_room_for_one_more_file_is_enospc), T(files_of_a_tmpfs_are_read),
          T(files_of_an_overlay_are_read_and_changed), T(a_read_only_file_system_is_erofs),
          T(a_mount_in_a_tree_stays_and_is_told))
