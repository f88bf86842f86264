/* SPDX-License-Identifier: MIT
 *
 * Statistics of the library's own tasks: files, crypto and compression count under the names of what
 * they do, and files say how many of them needed no worker.
 */
#include "crypto_calls.h"
#include "fs_calls.h"
#include "fs_rig.h"
#include "stats_rig.h"
#include "zip_calls.h"

#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

static got_t got;

/* ---- Each task under its name ----------------------------------------------------------------- */

/* How often each label should have been used. */
static struct {
    char name[32];
    uint64_t n;
} expected[64];
static size_t expected_labels;

static void expect(const char *name) {
    size_t i = 0;
    while (i < expected_labels && strcmp(expected[i].name, name) != 0)
        i++;
    if (i == expected_labels) {
        expected_labels++;
        snprintf(expected[i].name, sizeof expected[i].name, "%s", name);
    }
    expected[i].n++;
}

/* Calls whose tasks have another name than they. */
static const char *const renamed[][2] = {
    {"loop_fs", "stat"},
    {"loop_fs_read_into", "read"},
    {"loop_crypto", "random_bytes"},
    {"loop_hash_bufs", "hash"},
    {"loop_hmac_bufs", "hmac"},
    {"loop_zip", "gzip"},
    {"loop_compress", "zstd_compress"},
    {"loop_decompress", "brotli_decompress"},
    {"loop_compress_stream", "deflate"},
    {"loop_decompress_stream", "inflate_raw"},
};

/* What a call is counted as: its name without "loop_" and "fs_". */
static void expect_call(const char *call) {
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(call, "("), call);
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++) {
        if (strcmp(renamed[i][0], name) == 0) {
            expect(renamed[i][1]);
            return;
        }
    }
    expect(name + strlen(strncmp(name, "loop_fs_", 8) == 0 ? "loop_fs_" : "loop_"));
}

#define MAKE(call)                                                                                 \
    expect_call(#call);                                                                            \
    CHECK_ID(call);

CB(ignore) {
    UNUSED;
}

static void check_expected(loop_t *loop) {
    CHECK_INT(stats_of(loop).labels, expected_labels);
    for (size_t i = 0; i < expected_labels; i++) {
        loop_label_stats_t label = label_of(loop, expected[i].name);
        if (!CHECK_INT(label.queued, expected[i].n) ||
            !CHECK_INT(label.finished + label.canceled, expected[i].n))
            printf("%s\n", expected[i].name);
        CHECK_INT(label.started, label.finished);
        CHECK(label.failed <= label.finished && label.rejected == 0);
        CHECK(label.at_once <= label.finished && label.wait_sum_ns >= label.wait_max_ns);
        CHECK(label.finished == 0 || label.run_max_ns > 0);
    }
    expected_labels = 0;
    memset(expected, 0, sizeof expected);
}

/* Runs until all is done, flows that rest ended by the close, and looks. */
static void end_and_check(loop_t *loop) {
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    SHOULD(loop_close(loop));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    check_expected(loop);
    SHOULD(loop_free(loop));
}

static void every_operation_of_files_counts_under_its_name(void) {
    loop_t *loop = new_loop();
    EACH_FS_CALL(MAKE, loop, ignore)
    CHECK(expected_labels > 40);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    /* Nothing they name is there; write_stream has not looked yet, as nobody wrote to it. */
    for (size_t i = 0; i < expected_labels; i++) {
        loop_label_stats_t label = label_of(loop, expected[i].name);
        int rests = strcmp(expected[i].name, "write_stream") == 0;
        if (!CHECK_INT(rests ? label.waiting : label.failed, expected[i].n))
            printf("%s\n", expected[i].name);
    }
    end_and_check(loop);
}

static void every_task_of_crypto_counts_under_its_name(void) {
    loop_t *loop = new_loop();
    EACH_CRYPTO_CALL(MAKE, loop, ignore)
    CHECK(expected_labels > 15);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(label_of(loop, "hash").finished, 2);
    CHECK_INT(label_of(loop, "hash").failed, 0);
    CHECK_INT(label_of(loop, "verify").failed, 1); /* "k" is no key */
    CHECK_INT(label_of(loop, "hash_stream").waiting, 1);
    CHECK(lane_of(loop, LOOP_LANE_CPU).waiting_peak > 0);
    CHECK_INT(lane_of(loop, LOOP_LANE_HOST).waiting_peak, 0);
    end_and_check(loop);
}

static void every_compression_counts_under_its_name(void) {
    loop_t *loop = new_loop();
    EACH_ZIP_CALL(MAKE, loop, ignore)
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(label_of(loop, "gzip").failed, 0);
    CHECK_INT(label_of(loop, "brotli_decompress").failed, 1);
    end_and_check(loop);
}

static void a_flow_is_one_job_however_often_it_is_written_to(void) {
    loop_t *loop = new_loop();
    int writes = 0;
    int64_t flow = loop_compress_stream(loop, LOOP_ZIP_GZIP, 0, ignore, NULL);
    for (int i = 0; i < 20; i++) {
        CHECK_ID(loop_write(loop, flow, "0123456789", 10, count_event, &writes));
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    }
    loop_label_stats_t label = label_of(loop, "gzip");
    CHECK(label.queued == 1 && label.started == 1 && label.running == 1 && label.finished == 0);
    CHECK_INT(lane_of(loop, LOOP_LANE_CPU).running, 0); /* it rests */
    SHOULD(loop_end(loop, flow));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(writes, 20);
    label = label_of(loop, "gzip");
    CHECK(label.queued == 1 && label.started == 1 && label.running == 0 && label.finished == 1);
    CHECK(label.run_sum_ns > 0 && label.run_sum_ns == label.run_max_ns);
    CHECK_INT(stats_of(loop).labels, 1);
    SHOULD(loop_free(loop));
}

static void a_label_of_ones_own_wins_over_the_name(void) {
    loop_t *loop = new_loop();
    put_file(in_folder("file"), "x");
    SHOULD(loop_next_op(loop, 0, "settings"));
    GOOD(loop, &got, loop_fs_read_file(loop, in_folder("file"), 0, keep, &got));
    SHOULD(loop_next_op(loop, 0, "checksum"));
    CHECK_ID(loop_hash(loop, LOOP_HASH_SHA256, "a", 1, ignore, NULL));
    SHOULD(loop_next_op(loop, 0, "archive"));
    CHECK_ID(loop_compress(loop, LOOP_ZIP_ZSTD, 0, "a", 1, ignore, NULL));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(label_of(loop, "settings").finished, 1);
    CHECK_INT(label_of(loop, "checksum").finished, 1);
    CHECK_INT(label_of(loop, "archive").finished, 1);
    CHECK_INT(stats_of(loop).labels, 3);
    SHOULD(loop_free(loop));
    forget(&got);
}

static void what_is_never_queued_is_rejected(void) {
    enum { TOO_LONG = 70000 };
    static char path[TOO_LONG + 1];
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.queue_limit = 1;
    SHOULD(loop_new(&options, &loop));
    memset(path, 'x', TOO_LONG);
    DO(loop, &got, loop_fs_unlink(loop, path, keep, &got));
    CHECK_CODE(got.status, LOOP_ENAMETOOLONG);
    loop_label_stats_t label = label_of(loop, "unlink");
    CHECK(label.queued == 0 && label.rejected == 1);
    for (int i = 0; i < 3; i++)
        CHECK_ID(loop_hash(loop, LOOP_HASH_SHA256, "a", 1, ignore, NULL));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    label = label_of(loop, "hash");
    CHECK(label.queued == 1 && label.finished == 1 && label.rejected == 2);
    SHOULD(loop_free(loop));
    forget(&got);
}

/* ---- Which way files went --------------------------------------------------------------------- */

/* Whether the system itself can do what the loop's thread would. */
static int opens_cached(const char *path) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED};
    long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    if (fd >= 0)
        close((int)fd);
    return fd >= 0;
}

static int reads_cached(const char *path) {
    char byte;
    struct iovec piece = {&byte, 1};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = preadv2(fd, &piece, 1, 0, RWF_NOWAIT);
    close(fd);
    return n == 1;
}

/* Do an operation until the loop's thread has done it `often` times: the first ones tell the library
 * what it has to know of the mount. */
#define UNTIL_AT_ONCE(loop, name, often, call)                                                     \
    for (int i_ = 0; i_ < 1000 && label_of(loop, name).at_once < (often); i_++)                    \
    GOOD(loop, &got, call)

static void a_file_that_is_cached_is_read_at_once_and_a_large_one_by_a_worker(void) {
    enum { LARGE = 100 * 1024 };
    static char large[LARGE];
    loop_t *loop = new_loop();
    const char *path = in_folder("small"), *large_path = in_folder("large");
    put_file(path, "small");
    if (!opens_cached(path) || !reads_cached(path)) {
        SHOULD(loop_free(loop));
        SKIP("the system does not read the temporary folder without waiting");
    }
    UNTIL_AT_ONCE(loop, "read_file", 5, loop_fs_read_file(loop, path, 0, keep, &got));
    loop_label_stats_t label = label_of(loop, "read_file");
    CHECK_INT(label.at_once, 5);
    CHECK(label.finished >= 5 && label.queued == label.finished && label.failed == 0);
    CHECK_INT(label.started, label.finished);
    CHECK(label.run_max_ns > 0);
    memset(large, 'x', sizeof large);
    GOOD(loop, &got, loop_fs_write_file(loop, large_path, large, LARGE, 0, 0, keep, &got));
    for (int i = 0; i < 5; i++) {
        SHOULD(loop_next_op(loop, 0, "large"));
        GOOD(loop, &got, loop_fs_read_file(loop, large_path, 0, keep, &got));
        CHECK_INT(got.len, LARGE);
    }
    label = label_of(loop, "large");
    CHECK(label.finished == 5 && label.at_once == 0 && label.run_sum_ns > 0);
    SHOULD(loop_stats_reset(loop));
    label = label_of(loop, "read_file");
    CHECK(label.at_once == 0 && label.finished == 0 && label.run_max_ns == 0);
    UNTIL_AT_ONCE(loop, "read_file", 1, loop_fs_read_file(loop, path, 0, keep, &got));
    CHECK_INT(label_of(loop, "read_file").at_once, 1);
    SHOULD(loop_free(loop));
    forget(&got);
}

static void a_name_that_is_cached_is_looked_at_at_once_also_when_nothing_is_there(void) {
    loop_t *loop = new_loop();
    const char *path = in_folder("name");
    put_file(path, "x");
    if (!opens_cached(path)) {
        SHOULD(loop_free(loop));
        SKIP("the system does not look for names without waiting");
    }
    UNTIL_AT_ONCE(loop, "stat", 3, loop_fs_stat(loop, path, keep, &got));
    loop_label_stats_t label = label_of(loop, "stat");
    CHECK(label.at_once == 3 && label.failed == 0);
    UNTIL_AT_ONCE(loop, "lstat", 3, loop_fs_lstat(loop, path, keep, &got));
    CHECK_INT(label_of(loop, "lstat").at_once, 3);
    SHOULD(loop_stats_reset(loop));
    for (int i = 0; i < 1000 && label_of(loop, "stat").at_once == 0; i++)
        BAD(loop, &got, loop_fs_stat(loop, in_folder("nothing"), keep, &got), LOOP_ENOENT, ENOENT,
            text_of("stat", in_folder("nothing"), NULL));
    label = label_of(loop, "stat");
    CHECK(label.at_once == 1 && label.failed == label.finished);
    SHOULD(loop_free(loop));
    forget(&got);
}

/* A turn does only so many files itself: of a great many at once workers do the rest. */
static void of_many_files_in_one_turn_workers_do_most(void) {
    enum { MANY = 500 };
    loop_t *loop = new_loop();
    int n = 0;
    const char *path = in_folder("many");
    put_file(path, "x");
    if (!opens_cached(path) || !reads_cached(path)) {
        SHOULD(loop_free(loop));
        SKIP("the system does not read the temporary folder without waiting");
    }
    UNTIL_AT_ONCE(loop, "read_file", 1, loop_fs_read_file(loop, path, 0, keep, &got));
    SHOULD(loop_stats_reset(loop));
    for (int i = 0; i < MANY; i++)
        CHECK_ID(loop_fs_read_file(loop, path, 0, count_event, &n));
    (void)stats_of(loop); /* submits them all */
    loop_label_stats_t label = label_of(loop, "read_file");
    CHECK_INT(label.queued, MANY);
    CHECK(label.at_once <= MANY / 2 && label.finished >= label.at_once);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    label = label_of(loop, "read_file");
    CHECK_INT(n, MANY);
    CHECK_INT(label.finished, MANY);
    CHECK(label.at_once < MANY && label.wait_max_ns > 0);
    SHOULD(loop_free(loop));
    forget(&got);
}

TEST_MAIN(make_folder(), T(every_operation_of_files_counts_under_its_name),
          T(every_task_of_crypto_counts_under_its_name), T(every_compression_counts_under_its_name),
          T(a_flow_is_one_job_however_often_it_is_written_to),
          T(a_label_of_ones_own_wins_over_the_name), T(what_is_never_queued_is_rejected),
          T(a_file_that_is_cached_is_read_at_once_and_a_large_one_by_a_worker),
          T(a_name_that_is_cached_is_looked_at_at_once_also_when_nothing_is_there),
          T(of_many_files_in_one_turn_workers_do_most))
