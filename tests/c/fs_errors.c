/* SPDX-License-Identifier: MIT
 *
 * What the system refuses: each error by its name, with errno and the text that says what and where;
 * and names that are not UTF-8, long, or in a circle.
 */
#include "fs_rig.h"

#include <signal.h>
#include <sys/resource.h>

static loop_t *loop;
static got_t got;

static void with_loop(void (*test)(void)) {
    loop = new_loop();
    test();
    CHECK_CODE(loop_free(loop), LOOP_OK);
    forget(&got);
}

#define FAILS(call, operation, path, path2, name)                                                  \
    BAD(loop, &got, call, LOOP_##name, name, text_of(operation, path, path2))

static void is_missing(void) {
    const char *no = in_folder("missing/file"), *dir = in_folder("is-dir");
    CHECK(mkdir(dir, 0700) == 0);
    for (int i = 0; i < 3; i++) { /* a worker; later the loop's thread knows it, too */
        FAILS(loop_fs_read_file(loop, no, 0, keep, &got), "read_file", no, NULL, ENOENT);
        FAILS(loop_fs_stat(loop, no, keep, &got), "stat", no, NULL, ENOENT);
    }
    FAILS(loop_fs_write_file(loop, no, "x", 1, 0, 0, keep, &got), "write_file", no, NULL, ENOENT);
    FAILS(loop_fs_write_file(loop, no, "x", 1, 0, LOOP_FS_ATOMIC, keep, &got), "write_file", no,
          NULL, ENOENT);
    FAILS(loop_fs_copy_file(loop, no, dir, 0, keep, &got), "copy_file", no, dir, ENOENT);
    FAILS(loop_fs_rename(loop, no, dir, keep, &got), "rename", no, dir, ENOENT);
    FAILS(loop_fs_link(loop, no, dir, keep, &got), "link", no, dir, ENOENT);
    FAILS(loop_fs_readdir(loop, no, keep, &got), "readdir", no, NULL, ENOENT);
    FAILS(loop_fs_mkdir(loop, no, 0, 0, keep, &got), "mkdir", no, NULL, ENOENT);
    FAILS(loop_fs_open(loop, no, LOOP_O_RDONLY, 0, keep, &got), "open", no, NULL, ENOENT);
    FAILS(loop_fs_realpath(loop, no, keep, &got), "realpath", no, NULL, ENOENT);
    FAILS(loop_fs_remove(loop, no, LOOP_FS_RECURSIVE, keep, &got), "remove", no, NULL, ENOENT);
    FAILS(loop_fs_stat(loop, "", keep, &got), "stat", "", NULL, ENOENT);
}

static void what_is_missing_is_enoent(void) {
    with_loop(is_missing);
}

static void is_of_another_type(void) {
    const char *dir = in_folder("a-dir"), *file = in_folder("a-file"),
               *below = in_folder("a-file/x"), *link = in_folder("no-link");
    CHECK(mkdir(dir, 0700) == 0);
    put_file(file, "x");
    FAILS(loop_fs_read_file(loop, dir, 0, keep, &got), "read_file", dir, NULL, EISDIR);
    FAILS(loop_fs_write_file(loop, dir, "x", 1, 0, 0, keep, &got), "write_file", dir, NULL, EISDIR);
    FAILS(loop_fs_write_file(loop, dir, "x", 1, 0, LOOP_FS_ATOMIC, keep, &got), "write_file", dir,
          NULL, EISDIR);
    FAILS(loop_fs_append_file(loop, dir, "x", 1, 0, 0, keep, &got), "append_file", dir, NULL,
          EISDIR);
    FAILS(loop_fs_copy_file(loop, dir, link, 0, keep, &got), "copy_file", dir, link, EISDIR);
    FAILS(loop_fs_copy_file(loop, file, dir, 0, keep, &got), "copy_file", file, dir, EISDIR);
    FAILS(loop_fs_unlink(loop, dir, keep, &got), "unlink", dir, NULL, EISDIR);
    FAILS(loop_fs_readdir(loop, file, keep, &got), "readdir", file, NULL, ENOTDIR);
    FAILS(loop_fs_rmdir(loop, file, keep, &got), "rmdir", file, NULL, ENOTDIR);
    FAILS(loop_fs_stat(loop, below, keep, &got), "stat", below, NULL, ENOTDIR);
    FAILS(loop_fs_mkdir(loop, below, 0, LOOP_FS_RECURSIVE, keep, &got), "mkdir", below, NULL,
          ENOTDIR);
    FAILS(loop_fs_mkdir(loop, file, 0, LOOP_FS_RECURSIVE, keep, &got), "mkdir", file, NULL, EEXIST);
    FAILS(loop_fs_symlink(loop, "x", file, keep, &got), "symlink", "x", file, EEXIST);
    FAILS(loop_fs_readlink(loop, file, keep, &got), "readlink", file, NULL, EINVAL);
    FAILS(loop_fs_remove(loop, "/proc/self/status", 0, keep, &got), "remove", "/proc/self/status",
          NULL, EPERM);
}

static void a_folder_where_a_file_is_meant_and_the_other_way_round(void) {
    with_loop(is_of_another_type);
}

static void goes_in_a_circle(void) {
    const char *a = in_folder("circle-a"), *b = in_folder("circle-b");
    const char *self = in_folder("circle-self");
    CHECK(symlink("circle-b", a) == 0 && symlink("circle-a", b) == 0 &&
          symlink("circle-self", self) == 0);
    for (int i = 0; i < 3; i++) {
        FAILS(loop_fs_read_file(loop, a, 0, keep, &got), "read_file", a, NULL, ELOOP);
        FAILS(loop_fs_stat(loop, b, keep, &got), "stat", b, NULL, ELOOP);
        FAILS(loop_fs_realpath(loop, self, keep, &got), "realpath", self, NULL, ELOOP);
        GOOD(loop, &got, loop_fs_lstat(loop, a, keep, &got));
    }
}

static void links_in_a_circle_are_eloop(void) {
    with_loop(goes_in_a_circle);
}

static void takes_any_name(void) {
    char name[300], path[4400];
    /* Not UTF-8, with a newline, and as long as a name may be. */
    const char *odd = in_folder("caf\xe9 \xff\n\t'\"");
    GOOD(loop, &got, loop_fs_write_file(loop, odd, "\xff\0x", 3, 0, 0, keep, &got));
    GOOD(loop, &got, loop_fs_read_file(loop, odd, 0, keep, &got));
    CHECK(got.len == 3 && memcmp(got.data, "\xff\0x", 3) == 0);
    GOOD(loop, &got, loop_fs_readdir(loop, folder, keep, &got));
    CHECK(strstr(got.names, "caf\xe9 \xff\n\t'\":1") != NULL);
    FAILS(loop_fs_mkdir(loop, odd, 0, 0, keep, &got), "mkdir", odd, NULL, EEXIST);
    GOOD(loop, &got, loop_fs_realpath(loop, odd, keep, &got));
    CHECK_STR(got.data, odd);
    memset(name, 'n', 255);
    name[255] = '\0';
    GOOD(loop, &got, loop_fs_write_file(loop, in_folder(name), "x", 1, 0, 0, keep, &got));
    GOOD(loop, &got,
         loop_fs_write_file(loop, in_folder(name), "y", 1, 0, LOOP_FS_ATOMIC, keep, &got));
    name[255] = 'n';
    name[256] = '\0';
    const char *too_long = in_folder(name);
    FAILS(loop_fs_write_file(loop, too_long, "x", 1, 0, 0, keep, &got), "write_file", too_long,
          NULL, ENAMETOOLONG);
    /* Paths of 4,095 and of 4,096 bytes. */
    memset(path, '/', sizeof path);
    memcpy(path, folder, strlen(folder));
    path[4095] = '\0';
    GOOD(loop, &got, loop_fs_stat(loop, path, keep, &got));
    CHECK_INT(got.stat.type, LOOP_TYPE_DIR);
    path[4095] = '/';
    path[4096] = '\0';
    FAILS(loop_fs_stat(loop, path, keep, &got), "stat", path, NULL, ENAMETOOLONG);
    FAILS(loop_fs_read_file(loop, path, 0, keep, &got), "read_file", path, NULL, ENAMETOOLONG);
}

static void names_are_bytes_and_have_their_length(void) {
    with_loop(takes_any_name);
}

static void a_path_of_a_megabyte_is_enametoolong(void) {
    char *path = malloc((1 << 20) + 1);
    REQUIRE(path != NULL);
    memset(path, 'x', 1 << 20);
    path[1 << 20] = '\0';
    loop = new_loop();
    DO(loop, &got, loop_fs_stat(loop, path, keep, &got));
    CHECK_CODE(got.status, LOOP_ENAMETOOLONG);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    forget(&got);
    free(path);
}

static void crosses(void) {
    const char *file = in_folder("crossing"), *other = "/dev/shm/loop-crossing";
    struct stat here, there;
    put_file(file, "x");
    if (stat("/dev/shm", &there) != 0 || stat(folder, &here) != 0 || here.st_dev == there.st_dev)
        SKIP("/dev/shm is not another file system");
    FAILS(loop_fs_rename(loop, file, other, keep, &got), "rename", file, other, EXDEV);
    FAILS(loop_fs_link(loop, file, other, keep, &got), "link", file, other, EXDEV);
    GOOD(loop, &got, loop_fs_copy_file(loop, file, other, 0, keep, &got));
    GOOD(loop, &got, loop_fs_read_file(loop, other, 0, keep, &got));
    CHECK_STR(got.data, "x");
    GOOD(loop, &got, loop_fs_unlink(loop, other, keep, &got));
}

static void what_crosses_file_systems_is_copied_but_not_renamed(void) {
    with_loop(crosses);
}

static void runs_out_of_descriptors(void) {
    const char *file = in_folder("emfile");
    struct rlimit before, none;
    put_file(file, "content");
    GOOD(loop, &got, loop_fs_read_file(loop, file, 0, keep, &got)); /* the workers are there */
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(lowest);
    none = before;
    none.rlim_cur = (rlim_t)lowest;
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (int i = 0; i < 40; i++) {
        FAILS(loop_fs_read_file(loop, file, 0, keep, &got), "read_file", file, NULL, EMFILE);
        FAILS(loop_fs_open(loop, file, LOOP_O_RDONLY, 0, keep, &got), "open", file, NULL, EMFILE);
        FAILS(loop_fs_readdir(loop, folder, keep, &got), "readdir", folder, NULL, EMFILE);
        FAILS(loop_fs_copy_file(loop, file, "/x", 0, keep, &got), "copy_file", file, "/x", EMFILE);
        GOOD(loop, &got, loop_fs_stat(loop, file, keep, &got)); /* needs none */
    }
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
    GOOD(loop, &got, loop_fs_read_file(loop, file, 0, keep, &got));
    CHECK_STR(got.data, "content");
}

static void without_descriptors_it_is_emfile_and_works_again_later(void) {
    with_loop(runs_out_of_descriptors);
}

static void has_a_limit_of_size(void) {
    const char *file = in_folder("efbig");
    struct rlimit before, small;
    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1000;
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
    char *data = calloc(1, 5000);
    FAILS(loop_fs_write_file(loop, file, data, 5000, 0, 0, keep, &got), "write_file", file, NULL,
          EFBIG);
    FAILS(loop_fs_write_file(loop, file, data, 5000, 0, LOOP_FS_ATOMIC, keep, &got), "write_file",
          file, NULL, EFBIG);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
    GOOD(loop, &got, loop_fs_stat(loop, file, keep, &got));
    CHECK_INT(got.stat.size, 1000);
    signal(SIGXFSZ, SIG_DFL);
    free(data);
}

static void a_file_over_the_limit_of_the_process_is_efbig(void) {
    with_loop(has_a_limit_of_size);
}

TEST_MAIN(make_folder(), T(what_is_missing_is_enoent),
          T(a_folder_where_a_file_is_meant_and_the_other_way_round), T(links_in_a_circle_are_eloop),
          T(names_are_bytes_and_have_their_length), T(a_path_of_a_megabyte_is_enametoolong),
          T(what_crosses_file_systems_is_copied_but_not_renamed),
          T(without_descriptors_it_is_emfile_and_works_again_later),
          T(a_file_over_the_limit_of_the_process_is_efbig))
