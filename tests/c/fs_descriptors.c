/* SPDX-License-Identifier: MIT
 *
 * Operations on descriptors: offsets, the host's memory, pieces, copying between files.
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

/* Open a file by the library. -1: it failed. */
static int open_one(const char *path, uint32_t flags) {
    GOOD(loop, &got, loop_fs_open(loop, path, flags, 0, keep, &got));
    CHECK_INT(got.kind, LOOP_KIND_INT);
    CHECK_INT(got.flags, LOOP_EV_FD);
    return got.status == 0 ? (int)got.num : -1;
}

static void reads_at_offsets(void) {
    char memory[16] = "................";
    const char *path = in_folder("read");
    put_file(path, "0123456789");
    int fd = open_one(path, LOOP_O_RDONLY);
    CHECK_INT(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    GOOD(loop, &got, loop_fs_read(loop, fd, 4, 3, keep, &got));
    CHECK_STR(got.data, "3456");
    CHECK_INT(got.num, 4);
    GOOD(loop, &got, loop_fs_read(loop, fd, 100, 8, keep, &got));
    CHECK_STR(got.data, "89");
    GOOD(loop, &got, loop_fs_read(loop, fd, 4, -1, keep, &got));
    CHECK_STR(got.data, "0123");
    GOOD(loop, &got, loop_fs_read_into(loop, fd, memory, 3, -1, keep, &got));
    CHECK_INT(got.kind, LOOP_KIND_INT);
    CHECK_INT(got.num, 3);
    CHECK(memcmp(memory, "456.", 4) == 0);
    GOOD(loop, &got, loop_fs_read(loop, fd, 10, 10, keep, &got));
    CHECK(got.num == 0 && got.len == 0 && got.kind == LOOP_KIND_BYTES);
    GOOD(loop, &got, loop_fs_read(loop, fd, 0, 0, keep, &got));
    CHECK_INT(got.num, 0);
    BAD(loop, &got, loop_fs_write(loop, fd, "x", 1, 0, 0, keep, &got), LOOP_EBADF, EBADF,
        (snprintf(memory, sizeof memory, "write fd %d", fd), memory));
    GOOD(loop, &got, loop_fs_close(loop, fd, keep, &got));
    CHECK_INT(fcntl(fd, F_GETFD), -1);
    BAD(loop, &got, loop_fs_close(loop, fd, keep, &got), LOOP_EBADF, EBADF,
        (snprintf(memory, sizeof memory, "close fd %d", fd), memory));
}

static void a_file_is_read_at_offsets_and_at_its_position(void) {
    with_loop(reads_at_offsets);
}

static void writes_at_offsets(void) {
    const char *path = in_folder("written");
    int fd = open_one(path, LOOP_O_RDWR | LOOP_O_CREAT | LOOP_O_TRUNC);
    GOOD(loop, &got, loop_fs_write(loop, fd, "0123456789", 10, -1, 0, keep, &got));
    CHECK_INT(got.num, 10);
    GOOD(loop, &got, loop_fs_write(loop, fd, "abc", 3, 2, LOOP_FS_BORROW, keep, &got));
    CHECK_FILE(path, "01abc56789");
    char a[] = "AB", b[] = "", c[] = "CDEF";
    const loop_buf_t bufs[] = {{a, 2}, {b, 0}, {c, 4}};
    GOOD(loop, &got, loop_fs_writev(loop, fd, bufs, 3, -1, 0, keep, &got));
    CHECK_INT(got.num, 6);
    CHECK_FILE(path, "01abc56789ABCDEF");
    GOOD(loop, &got, loop_fs_readv(loop, fd, bufs, 3, 4, keep, &got));
    CHECK_INT(got.num, 6);
    CHECK(memcmp(a, "c5", 2) == 0 && memcmp(c, "6789", 4) == 0);
    GOOD(loop, &got, loop_fs_writev(loop, fd, bufs, 3, 0, LOOP_FS_BORROW, keep, &got));
    CHECK_FILE(path, "c56789"
                     "6789ABCDEF");
    GOOD(loop, &got, loop_fs_ftruncate(loop, fd, 4, keep, &got));
    GOOD(loop, &got, loop_fs_fsync(loop, fd, keep, &got));
    GOOD(loop, &got, loop_fs_fdatasync(loop, fd, keep, &got));
    GOOD(loop, &got, loop_fs_fchmod(loop, fd, 0400, keep, &got));
    GOOD(loop, &got, loop_fs_fchown(loop, fd, 0xffffffff, 0xffffffff, keep, &got));
    GOOD(loop, &got, loop_fs_futimes(loop, fd, 1, 2, keep, &got));
    GOOD(loop, &got, loop_fs_fstat(loop, fd, keep, &got));
    CHECK(got.stat.size == 4 && (got.stat.mode & 07777) == 0400 && got.stat.mtime_ns == 2 &&
          got.stat.atime_ns == 1);
    GOOD(loop, &got, loop_fs_close(loop, fd, keep, &got));
    fd = open_one(path, LOOP_O_WRONLY | LOOP_O_APPEND);
    GOOD(loop, &got, loop_fs_write(loop, fd, "end", 3, 0, 0, keep, &got));
    CHECK_FILE(path, "c567end");
    GOOD(loop, &got, loop_fs_close(loop, fd, keep, &got));
}

static void a_file_is_written_in_pieces_and_at_offsets(void) {
    with_loop(writes_at_offsets);
}

#define FAR ((int64_t)5 << 30)

static void beyond_4_gib(void) {
    const char *path = in_folder("far");
    int fd = open_one(path, LOOP_O_RDWR | LOOP_O_CREAT);
    GOOD(loop, &got, loop_fs_write(loop, fd, "far away", 8, FAR, 0, keep, &got));
    GOOD(loop, &got, loop_fs_read(loop, fd, 100, FAR + 4, keep, &got));
    CHECK_STR(got.data, "away");
    GOOD(loop, &got, loop_fs_stat(loop, path, keep, &got));
    CHECK_INT(got.stat.size, FAR + 8);
    BAD(loop, &got, loop_fs_read_file(loop, path, 0, keep, &got), LOOP_ETOOBIG, 0,
        text_of("read_file", path, NULL));
    GOOD(loop, &got, loop_fs_truncate(loop, path, (uint64_t)FAR + 1, keep, &got));
    GOOD(loop, &got, loop_fs_stat(loop, path, keep, &got));
    CHECK_INT(got.stat.size, FAR + 1);
    DO(loop, &got, loop_fs_truncate(loop, path, INT64_MAX, keep, &got));
    CHECK(got.status == LOOP_EFBIG || got.status == LOOP_EINVAL);
    GOOD(loop, &got, loop_fs_close(loop, fd, keep, &got));
    GOOD(loop, &got, loop_fs_unlink(loop, path, keep, &got));
}

static void offsets_beyond_4_gib_work_and_a_file_of_5_gib_is_too_big_to_read(void) {
    with_loop(beyond_4_gib);
}

#define LARGE ((size_t)5 * 1024 * 1024 + 3)

static void copies_between(void) {
    char *content = malloc(LARGE), *back = malloc(LARGE);
    REQUIRE(content != NULL && back != NULL);
    for (size_t i = 0; i < LARGE; i++)
        content[i] = (char)(i * 7 + i / 251);
    int from = open_one(in_folder("send-from"), LOOP_O_RDWR | LOOP_O_CREAT);
    int to = open_one(in_folder("send-to"), LOOP_O_RDWR | LOOP_O_CREAT);
    GOOD(loop, &got, loop_fs_write(loop, from, content, LARGE, -1, LOOP_FS_BORROW, keep, &got));
    CHECK_INT(got.num, LARGE);
    GOOD(loop, &got, loop_fs_sendfile(loop, to, 10, from, 100, LARGE, keep, &got));
    CHECK_INT(got.num, LARGE - 100);
    GOOD(loop, &got, loop_fs_read_into(loop, to, back, LARGE - 100, 10, keep, &got));
    CHECK_INT(got.num, LARGE - 100);
    CHECK(memcmp(back, content + 100, LARGE - 100) == 0);
    CHECK_INT(lseek(from, 0, SEEK_SET), 0);
    GOOD(loop, &got, loop_fs_sendfile(loop, to, -1, from, -1, 1000, keep, &got));
    CHECK_INT(got.num, 1000);
    CHECK_INT(lseek(from, 0, SEEK_CUR), 1000);
    CHECK_INT(lseek(to, 0, SEEK_CUR), 1000);
    GOOD(loop, &got, loop_fs_close(loop, from, keep, &got));
    GOOD(loop, &got, loop_fs_close(loop, to, keep, &got));
    free(content);
    free(back);
}

static void sendfile_copies_between_files(void) {
    with_loop(copies_between);
}

static void opens_in_every_way(void) {
    const char *path = in_folder("opened"), *link = in_folder("opened-link");
    put_file(path, "x");
    CHECK_INT(symlink("opened", link), 0);
    BAD(loop, &got, loop_fs_open(loop, link, LOOP_O_NOFOLLOW, 0, keep, &got), LOOP_ELOOP, ELOOP,
        text_of("open", link, NULL));
    BAD(loop, &got, loop_fs_open(loop, path, LOOP_O_DIRECTORY, 0, keep, &got), LOOP_ENOTDIR,
        ENOTDIR, text_of("open", path, NULL));
    BAD(loop, &got,
        loop_fs_open(loop, path, LOOP_O_WRONLY | LOOP_O_CREAT | LOOP_O_EXCL, 0, keep, &got),
        LOOP_EEXIST, EEXIST, text_of("open", path, NULL));
    int fd = open_one(folder, LOOP_O_DIRECTORY);
    CHECK_INT(close(fd), 0);
    static const struct {
        uint32_t ours;
        int theirs;
    } flags[] = {{LOOP_O_APPEND, O_APPEND},    {LOOP_O_SYNC, O_SYNC},       {LOOP_O_DSYNC, O_DSYNC},
                 {LOOP_O_DIRECT, O_DIRECT},    {LOOP_O_NOATIME, O_NOATIME}, {LOOP_O_PATH, O_PATH},
                 {LOOP_O_NONBLOCK, O_NONBLOCK}};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        DO(loop, &got, loop_fs_open(loop, path, LOOP_O_RDWR | flags[i].ours, 0, keep, &got));
        if (got.status == LOOP_EINVAL && flags[i].ours == LOOP_O_DIRECT)
            continue; /* tmpfs */
        REQUIRE(got.status == 0);
        CHECK_INT(fcntl((int)got.num, F_GETFL) & flags[i].theirs, flags[i].theirs);
        CHECK_INT(close((int)got.num), 0);
    }
    DO(loop, &got, loop_fs_open(loop, folder, LOOP_O_TMPFILE | LOOP_O_RDWR, 0600, keep, &got));
    if (got.status == 0)
        CHECK_INT(close((int)got.num), 0);
    else
        CHECK_CODE(got.status, LOOP_ENOTSUP);
}

static void a_file_is_opened_with_every_flag(void) {
    with_loop(opens_in_every_way);
}

TEST_MAIN(make_folder(), T(a_file_is_read_at_offsets_and_at_its_position),
          T(a_file_is_written_in_pieces_and_at_offsets),
          T(offsets_beyond_4_gib_work_and_a_file_of_5_gib_is_too_big_to_read),
          T(sendfile_copies_between_files), T(a_file_is_opened_with_every_flag))
