/* SPDX-License-Identifier: MIT
 *
 * What this process may not do: the tests run as nobody, on files of root.
 */
#include "fs_again.h"

static loop_t *loop;
static got_t got;
static char roots[80]; /* the folder of root */

static const char *of_root(const char *name) {
    static char paths[32][300];
    static int next;
    char *path = paths[next++ % 32];
    snprintf(path, sizeof paths[0], "%s/%s", roots, name);
    return path;
}

static void make_roots_files(void) {
    static const char *const names[] = {"closed", "shared", "shared/inside", "shared/inside/deep"};
    snprintf(roots, sizeof roots, "%s", folder);
    CHECK_INT(chmod(folder, 0755), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)mkdir(of_root(names[i]), 0755);
    put_file(of_root("secret"), "secret");
    put_file(of_root("public"), "public");
    put_file(of_root("closed/file"), "x");
    put_file(of_root("shared/inside/deep/file"), "x");
    CHECK_INT(chmod(of_root("secret"), 0600), 0);
    CHECK_INT(chmod(of_root("closed"), 0700), 0);
    CHECK_INT(chmod(of_root("shared"), 01777), 0); /* sticky, as /tmp */
    CHECK_INT(chmod(of_root("shared/inside/deep"), 0700), 0);
}

static void as_nobody(void (*test)(void), const char *name) {
    static const char *const words[] = {"setpriv", "--reuid",        "65534", "--regid",
                                        "65534",   "--clear-groups", NULL};
    static const char *const trial[] = {"setpriv", "--reuid",        "65534", "--regid",
                                        "65534",   "--clear-groups", "true",  NULL};
    if (IS_AGAIN) {
        snprintf(roots, sizeof roots, "%s", getenv(AGAIN));
        CHECK_INT(geteuid(), 65534);
        loop = new_loop();
        test();
        CHECK_CODE(loop_free(loop), LOOP_OK);
        forget(&got);
    } else if (geteuid() != 0 || run_program(trial) != 0) {
        SKIP("nobody else can be without root and setpriv");
    } else {
        make_roots_files();
        again_behind(words, name, folder);
    }
}

#define AS_NOBODY(test) as_nobody(test, __func__)

#define REFUSED(call, operation, path, name)                                                       \
    BAD(loop, &got, call, LOOP_##name, name, text_of(operation, path, NULL))

static void reads_and_writes(void) {
    const char *secret = of_root("secret"), *public = of_root("public");
    const char *closed = of_root("closed"), *below = of_root("closed/file");
    for (int i = 0; i < 3; i++) {
        REFUSED(loop_fs_read_file(loop, secret, 0, keep, &got), "read_file", secret, EACCES);
        REFUSED(loop_fs_read_file(loop, below, 0, keep, &got), "read_file", below, EACCES);
        REFUSED(loop_fs_stat(loop, below, keep, &got), "stat", below, EACCES);
        GOOD(loop, &got, loop_fs_read_file(loop, public, 0, keep, &got));
        GOOD(loop, &got, loop_fs_stat(loop, secret, keep, &got));
    }
    REFUSED(loop_fs_readdir(loop, closed, keep, &got), "readdir", closed, EACCES);
    REFUSED(loop_fs_write_file(loop, public, "x", 1, 0, 0, keep, &got), "write_file", public,
            EACCES);
    REFUSED(loop_fs_write_file(loop, public, "x", 1, 0, LOOP_FS_ATOMIC, keep, &got), "write_file",
            public, EACCES);
    REFUSED(loop_fs_append_file(loop, public, "x", 1, 0, 0, keep, &got), "append_file", public,
            EACCES);
    REFUSED(loop_fs_truncate(loop, public, 0, keep, &got), "truncate", public, EACCES);
    REFUSED(loop_fs_open(loop, secret, LOOP_O_RDONLY, 0, keep, &got), "open", secret, EACCES);
    REFUSED(loop_fs_access(loop, public, LOOP_ACCESS_WRITE, keep, &got), "access", public, EACCES);
    GOOD(loop, &got, loop_fs_access(loop, public, LOOP_ACCESS_READ, keep, &got));
    GOOD(loop, &got, loop_fs_readdir(loop, roots, keep, &got));
    CHECK(strstr(got.names, ".loop-") == NULL);
    CHECK_FILE(public, "public");
}

static void reading_and_writing_without_permission_is_eacces(void) {
    AS_NOBODY(reads_and_writes);
}

static void changes(void) {
    const char *public = of_root("public"), *sticky = of_root("shared/inside");
    const char *new = of_root("new");
    REFUSED(loop_fs_chmod(loop, public, 0777, keep, &got), "chmod", public, EPERM);
    REFUSED(loop_fs_chown(loop, public, 65534, 65534, keep, &got), "chown", public, EPERM);
    REFUSED(loop_fs_utimes(loop, public, 0, 0, keep, &got), "utimes", public, EPERM);
    REFUSED(loop_fs_unlink(loop, public, keep, &got), "unlink", public, EACCES);
    REFUSED(loop_fs_remove(loop, public, LOOP_FS_FORCE, keep, &got), "remove", public, EACCES);
    REFUSED(loop_fs_mkdir(loop, new, 0, 0, keep, &got), "mkdir", new, EACCES);
    REFUSED(loop_fs_mkdtemp(loop, new, keep, &got), "mkdtemp", new, EACCES);
    REFUSED(loop_fs_mkstemp(loop, new, keep, &got), "mkstemp", new, EACCES);
    REFUSED(loop_fs_rmdir(loop, sticky, keep, &got), "rmdir", sticky, EPERM);
    BAD(loop, &got, loop_fs_rename(loop, sticky, of_root("shared/other"), keep, &got), LOOP_EPERM,
        EPERM, text_of("rename", sticky, of_root("shared/other")));
    CHECK_FILE(public, "public");
}

static void changing_what_is_somebody_elses_is_eperm_or_eacces(void) {
    AS_NOBODY(changes);
}

static void removes_what_it_may(void) {
    const char *own = of_root("shared/own");
    GOOD(loop, &got,
         loop_fs_mkdir(loop, of_root("shared/own/a/b"), 0, LOOP_FS_RECURSIVE, keep, &got));
    put_file(of_root("shared/own/a/file"), "x");
    put_file(of_root("shared/own/file"), "x");
    CHECK_INT(chmod(of_root("shared/own/a"), 0500), 0);
    DO(loop, &got, loop_fs_remove(loop, own, LOOP_FS_RECURSIVE, keep, &got));
    CHECK_CODE(got.status, LOOP_EACCES);
    CHECK(got.data != NULL && strstr(got.data, "remove ") == got.data &&
          strstr(got.data, "/shared/own/a/") != NULL);
    CHECK(!exists(of_root("shared/own/file")) && exists(of_root("shared/own/a/file")));
    CHECK_INT(chmod(of_root("shared/own/a"), 0000), 0);
    REFUSED(loop_fs_remove(loop, own, LOOP_FS_RECURSIVE, keep, &got), "remove",
            of_root("shared/own/a"), EACCES);
    CHECK_INT(chmod(of_root("shared/own/a"), 0700), 0);
    GOOD(loop, &got, loop_fs_remove(loop, own, LOOP_FS_RECURSIVE, keep, &got));
    CHECK_INT(got.num, 4);
    /* A folder of somebody else with something in it that cannot be seen. */
    DO(loop, &got, loop_fs_remove(loop, of_root("shared/inside"), LOOP_FS_RECURSIVE, keep, &got));
    CHECK(got.status == LOOP_EACCES || got.status == LOOP_EPERM);
}

static void a_tree_is_taken_away_as_far_as_it_may_be(void) {
    AS_NOBODY(removes_what_it_may);
}

static void copies(void) {
    const char *from = of_root("public"), *to = of_root("shared/copy");
    GOOD(loop, &got, loop_fs_copy_file(loop, from, to, 0, keep, &got));
    GOOD(loop, &got, loop_fs_stat(loop, to, keep, &got));
    CHECK(got.stat.uid == 65534 && got.stat.size == 6);
    BAD(loop, &got, loop_fs_copy_file(loop, of_root("secret"), to, 0, keep, &got), LOOP_EACCES,
        EACCES, text_of("copy_file", of_root("secret"), to));
    BAD(loop, &got, loop_fs_copy_file(loop, to, from, 0, keep, &got), LOOP_EACCES, EACCES,
        text_of("copy_file", to, from));
    CHECK_FILE(to, "public");
    /* An atomic write makes the file ours: the owner cannot be kept. */
    GOOD(loop, &got, loop_fs_write_file(loop, to, "mine", 4, 0, LOOP_FS_ATOMIC, keep, &got));
    GOOD(loop, &got, loop_fs_unlink(loop, to, keep, &got));
}

static void what_may_be_read_may_be_copied(void) {
    AS_NOBODY(copies);
}

TEST_MAIN(make_folder(), T(reading_and_writing_without_permission_is_eacces),
          T(changing_what_is_somebody_elses_is_eperm_or_eacces),
          T(a_tree_is_taken_away_as_far_as_it_may_be), T(what_may_be_read_may_be_copied))
