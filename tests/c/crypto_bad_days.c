/* SPDX-License-Identifier: MIT
 *
 * Crypto on bad days: what is cancelled, cleared, late or cut off by the end of its loop ends once
 * and uses nothing of the host afterwards; files that are missing, closed to us, or never end.
 */
#include "crypto_heard.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

static heard_t heard, other;

static void forget(void) {
    memset(&heard, 0, sizeof heard);
    memset(&other, 0, sizeof other);
}

/* Half an hour of work. */
static int64_t ask_for_ages(loop_t *loop, loop_cb cb, void *user) {
    return loop_pbkdf2(loop, LOOP_HASH_SHA512, "p", 1, "s", 1, INT32_MAX, 32, cb, user);
}

typedef struct seen {
    const char *label; /* of the jobs that are waited for */
    int started;       /* atomic */
} seen_t;

static void note_start(const loop_trace_t *record, void *user) {
    seen_t *seen = user;
    if (record->kind == LOOP_TRACE_JOB_START && strcmp(record->label, seen->label) == 0)
        __atomic_store_n(&seen->started, 1, __ATOMIC_SEQ_CST);
}

static void run_until_started(loop_t *loop, seen_t *seen) {
    while (!__atomic_load_n(&seen->started, __ATOMIC_SEQ_CST))
        CHECK(loop_run_for(loop, LOOP_RUN_ONCE, MS) > 0);
}

static void a_cancel_ends_work_that_would_take_ages(void) {
    loop_t *loop = new_loop();
    seen_t seen = {"pbkdf2", 0};
    forget();
    CHECK_CODE(loop_trace(loop, note_start, &seen), LOOP_OK);
    int64_t id = ask_for_ages(loop, hear, &heard);
    run_until_started(loop, &seen);
    CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
    run_heard(loop, id, &heard);
    CHECK_CODE(heard.status, LOOP_ECANCELED);
    CHECK(heard.outcomes <= 1); /* none when the worker was between two pieces */
    run_and_free(loop);
}

static void a_deadline_ends_work_that_would_take_ages(void) {
    loop_t *loop = new_loop();
    forget();
    CHECK_CODE(loop_next_op(loop, 20 * MS, "late"), LOOP_OK);
    run_heard(loop, ask_for_ages(loop, hear, &heard), &heard);
    CHECK_CODE(heard.status, LOOP_ETIMEDOUT);
    run_and_free(loop);
}

static void a_queued_request_that_is_cancelled_never_runs(void) {
    loop_t *loop = new_loop();
    seen_t seen = {"hash_file", 0};
    forget();
    CHECK_CODE(loop_set_workers(loop, LOOP_LANE_CPU, 1), LOOP_OK);
    CHECK_CODE(loop_trace(loop, note_start, &seen), LOOP_OK);
    int64_t first = ask_for_ages(loop, hear, &heard);
    int64_t id = loop_hash_file(loop, LOOP_HASH_SHA1, "/dev/zero", hear, &other);
    CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) > 0);
    CHECK_INT(other.finals, 1);
    CHECK_CODE(other.status, LOOP_ECANCELED);
    CHECK_CODE(loop_cancel(loop, first), LOOP_OK);
    run_heard(loop, first, &heard);
    CHECK_INT(seen.started, 0);
    run_and_free(loop);
}

static void what_is_cleared_is_not_heard_of(void) {
    loop_t *loop = new_loop();
    seen_t seen = {"pbkdf2", 0};
    forget();
    CHECK_CODE(loop_trace(loop, note_start, &seen), LOOP_OK);
    int64_t id = ask_for_ages(loop, hear, &heard);
    run_until_started(loop, &seen);
    CHECK_CODE(loop_clear(loop, id), LOOP_OK);
    run_and_free(loop);
    CHECK_INT(heard.finals, 0);
}

static void the_end_of_a_loop_ends_what_runs_and_what_waits(void) {
    loop_t *loop = new_loop();
    seen_t seen = {"hash_file", 0};
    forget();
    CHECK_CODE(loop_set_workers(loop, LOOP_LANE_CPU, 1), LOOP_OK);
    CHECK_CODE(loop_trace(loop, note_start, &seen), LOOP_OK);
    CHECK_ID(loop_hash_file(loop, LOOP_HASH_SHA1, "/dev/zero", hear, &heard));
    CHECK_ID(ask_for_ages(loop, hear, &other));
    run_until_started(loop, &seen);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_INT(heard.finals, 1);
    CHECK_CODE(heard.status, LOOP_ECANCELED);
    CHECK_INT(other.finals, 1);
    CHECK_CODE(other.status, LOOP_ECANCELED);
}

typedef struct lent {
    char *bytes;
    size_t len;
    int finals;
} lent_t;

CB(take_back) {
    lent_t *lent = user;
    (void)loop;
    if ((ev->flags & LOOP_EV_MORE) != 0)
        return;
    lent->finals++;
    munmap(lent->bytes, lent->len); /* whoever reads it now crashes */
}

static void what_is_lent_is_not_read_after_the_final_event(void) {
    for (int after = 0; after < 8; after++) {
        loop_t *loop = new_loop();
        seen_t seen = {"hash", 0};
        lent_t lent = {.len = (size_t)64 << 20};
        loop_crypto_t request = LOOP_CRYPTO_INIT;
        lent.bytes =
            mmap(NULL, lent.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(lent.bytes != MAP_FAILED);
        request.what = LOOP_CRYPTO_HASH;
        request.alg = LOOP_HASH_SHA3_512;
        request.flags = LOOP_CRYPTO_BORROW;
        request.data = lent.bytes;
        request.data_len = lent.len;
        CHECK_CODE(loop_trace(loop, note_start, &seen), LOOP_OK);
        int64_t id = loop_crypto(loop, &request, take_back, &lent);
        if (after > 0)
            run_until_started(loop, &seen);
        CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
        run_and_free(loop);
        CHECK_INT(lent.finals, 1);
    }
}

static void a_full_queue_is_an_error(void) {
    loop_t *loop = new_loop();
    forget();
    CHECK_CODE(loop_set_workers(loop, LOOP_LANE_CPU, 1), LOOP_OK);
    CHECK_CODE(loop_set_queue_limit(loop, LOOP_LANE_CPU, 1), LOOP_OK);
    int64_t ids[8];
    heard_t *all = calloc(8, sizeof *all);
    int full = 0;
    REQUIRE(all != NULL);
    for (int i = 0; i < 8; i++)
        ids[i] = ask_for_ages(loop, hear, &all[i]);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) > 0);
    for (int i = 0; i < 8; i++) {
        if (all[i].finals == 1 && all[i].status == LOOP_EFULL)
            full++;
        else
            CHECK_CODE(loop_cancel(loop, ids[i]), LOOP_OK);
    }
    CHECK(full >= 6);
    run_and_free(loop); /* what has its outcome ends here at the latest */
    for (int i = 0; i < 8; i++)
        CHECK_INT(all[i].finals, 1);
    free(all);
}

/* ---- Files ----------------------------------------------------------------------------------- */

static char folder[64];
static char path[128];

static const char *in_folder(const char *name) {
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void make_folder(void) {
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.40s/crypto-XXXXXX", base != NULL ? base : P_tmpdir);
    CHECK(mkdtemp(folder) != NULL);
}

static void check_file_fails(loop_t *loop, const char *name, int32_t status, int os_errno) {
    char text[200];
    forget();
    run_heard(loop, loop_hash_file(loop, LOOP_HASH_SHA256, name, hear, &heard), &heard);
    snprintf(text, sizeof text, "hash_file %s", name);
    CHECK_FAILED(&heard, status, text);
    CHECK_INT(heard.os_errno, os_errno);
}

static void files_that_cannot_be_read_are_errors_with_their_names(void) {
    loop_t *loop = new_loop();
    make_folder();
    check_file_fails(loop, in_folder("missing"), LOOP_ENOENT, ENOENT);
    check_file_fails(loop, in_folder("missing/too"), LOOP_ENOENT, ENOENT);
    check_file_fails(loop, folder, LOOP_EISDIR, EISDIR);
    check_file_fails(loop, "/dev/null/x", LOOP_ENOTDIR, ENOTDIR);
    check_file_fails(loop, "", LOOP_ENOENT, ENOENT);
    CHECK_INT(symlink(in_folder("circle"), path), 0);
    check_file_fails(loop, path, LOOP_ELOOP, ELOOP);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(rmdir(folder), 0);
    run_and_free(loop);
}

static void a_file_of_somebody_else_is_an_error(void) {
    make_folder();
    CHECK_INT(chmod(folder, 0755), 0);
    int fd = open(in_folder("secret"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0);
    close(fd);
    if (geteuid() == 0)
        REQUIRE(setegid(65534) == 0 && seteuid(65534) == 0);
    else
        CHECK_INT(chmod(path, 0), 0);
    loop_t *loop = new_loop();
    check_file_fails(loop, path, LOOP_EACCES, EACCES);
    run_and_free(loop);
    if (getuid() == 0)
        CHECK(seteuid(0) == 0 && setegid(0) == 0);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(rmdir(folder), 0);
}

static void without_a_descriptor_left_a_file_is_an_error(void) {
    struct rlimit before, none;
    loop_t *loop = new_loop();
    forget();
    run_heard(loop, loop_hash_file(loop, LOOP_HASH_MD5, "/dev/null", hear, &heard), &heard);
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = before;
    none.rlim_cur = 3; /* all of them are open; the poll backend needs room for its array */
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    check_file_fails(loop, "/dev/null", LOOP_EMFILE, EMFILE);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
    forget();
    run_heard(loop, loop_hash_file(loop, LOOP_HASH_MD5, "/dev/null", hear, &heard), &heard);
    CHECK_HEX(&heard, "d41d8cd98f00b204e9800998ecf8427e");
    run_and_free(loop);
}

CB(write_abc) {
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK); /* there is a reader */
    UNUSED;
    CHECK(fd >= 0);
    CHECK_INT(write(fd, "abc", 3), 3);
    close(fd);
}

static void a_fifo_is_waited_for_and_hashed_to_its_end(void) {
    loop_t *loop = new_loop();
    make_folder();
    forget();
    CHECK_INT(mkfifo(in_folder("fifo"), 0600), 0);
    CHECK_ID(loop_set_timeout(loop, 50 * MS, write_abc, NULL));
    run_heard(loop, loop_hash_file(loop, LOOP_HASH_SHA1, path, hear, &heard), &heard);
    CHECK_HEX(&heard, "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK_INT(unlink(path), 0);
    CHECK_INT(rmdir(folder), 0);
    run_and_free(loop);
}

static void a_fifo_without_a_writer_can_be_cancelled(void) {
    loop_t *loop = new_loop();
    seen_t seen = {"hash_file", 0};
    make_folder();
    forget();
    CHECK_INT(mkfifo(in_folder("fifo"), 0600), 0);
    CHECK_CODE(loop_trace(loop, note_start, &seen), LOOP_OK);
    int64_t id = loop_hash_file(loop, LOOP_HASH_SHA1, path, hear, &heard);
    run_until_started(loop, &seen);
    CHECK_INT(loop_run_for(loop, LOOP_RUN_ONCE, 30 * MS), 1);
    CHECK_INT(heard.finals, 0);
    CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
    run_heard(loop, id, &heard);
    CHECK_CODE(heard.status, LOOP_ECANCELED);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(rmdir(folder), 0);
    run_and_free(loop);
}

static void a_file_of_proc_is_hashed_though_it_says_it_is_empty(void) {
    loop_t *loop = new_loop();
    unsigned char text[4096], want[32];
    int fd = open("/proc/version", O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    ssize_t len = read(fd, text, sizeof text);
    close(fd);
    REQUIRE(len > 0);
    forget();
    run_heard(loop, loop_hash(loop, LOOP_HASH_SHA256, text, (uint64_t)len, hear, &heard), &heard);
    memcpy(want, heard.data, 32);
    forget();
    run_heard(loop, loop_hash_file(loop, LOOP_HASH_SHA256, "/proc/version", hear, &heard), &heard);
    CHECK_INT(heard.len, 32);
    CHECK(memcmp(heard.data, want, 32) == 0);
    run_and_free(loop);
}

TEST_MAIN(warm_up(), T(a_cancel_ends_work_that_would_take_ages),
          T(a_deadline_ends_work_that_would_take_ages),
          T(a_queued_request_that_is_cancelled_never_runs), T(what_is_cleared_is_not_heard_of),
          T(the_end_of_a_loop_ends_what_runs_and_what_waits),
          T(what_is_lent_is_not_read_after_the_final_event), T(a_full_queue_is_an_error),
          T(files_that_cannot_be_read_are_errors_with_their_names),
          T_ALONE(a_file_of_somebody_else_is_an_error),
          T_ALONE(without_a_descriptor_left_a_file_is_an_error),
          T(a_fifo_is_waited_for_and_hashed_to_its_end),
          T(a_fifo_without_a_writer_can_be_cancelled),
          T(a_file_of_proc_is_hashed_though_it_says_it_is_empty))
