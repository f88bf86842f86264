/* SPDX-License-Identifier: MIT
 *
 * File operations with arguments that make no sense: refused at the call, or, when an op is filled
 * by hand, by an event; a callback never runs for nothing.
 */
#include "fs_calls.h"
#include "fs_rig.h"

static void never(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev, (void)user;
    harness_fail(__FILE__, __LINE__, "a callback ran");
}

#define EINVAL_OF(call) CHECK_CODE((call), LOOP_EINVAL);

static void a_call_without_a_loop_or_a_callback_is_refused(void) {
    loop_t *loop = new_loop();
    EACH_FS_CALL(EINVAL_OF, NULL, never)
    EACH_FS_CALL(EINVAL_OF, loop, NULL)
    run_and_free(loop);
}

static void a_call_without_a_path_is_refused(void) {
    loop_t *loop = new_loop();
    EINVAL_OF(loop_fs(loop, NULL, never, NULL))
    EINVAL_OF(loop_fs_read_file(loop, NULL, 0, never, NULL))
    EINVAL_OF(loop_fs_write_file(loop, NULL, "x", 1, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_append_file(loop, NULL, "x", 1, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_copy_file(loop, NULL, "/x", 0, never, NULL))
    EINVAL_OF(loop_fs_copy_file(loop, "/x", NULL, 0, never, NULL))
    EINVAL_OF(loop_fs_stat(loop, NULL, never, NULL))
    EINVAL_OF(loop_fs_lstat(loop, NULL, never, NULL))
    EINVAL_OF(loop_fs_statfs(loop, NULL, never, NULL))
    EINVAL_OF(loop_fs_access(loop, NULL, 0, never, NULL))
    EINVAL_OF(loop_fs_readdir(loop, NULL, never, NULL))
    EINVAL_OF(loop_fs_mkdir(loop, NULL, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_mkdtemp(loop, NULL, never, NULL))
    EINVAL_OF(loop_fs_mkstemp(loop, NULL, never, NULL))
    EINVAL_OF(loop_fs_unlink(loop, NULL, never, NULL))
    EINVAL_OF(loop_fs_rmdir(loop, NULL, never, NULL))
    EINVAL_OF(loop_fs_remove(loop, NULL, 0, never, NULL))
    EINVAL_OF(loop_fs_rename(loop, NULL, "/x", never, NULL))
    EINVAL_OF(loop_fs_rename(loop, "/x", NULL, never, NULL))
    EINVAL_OF(loop_fs_link(loop, "/x", NULL, never, NULL))
    EINVAL_OF(loop_fs_symlink(loop, NULL, "/x", never, NULL))
    EINVAL_OF(loop_fs_readlink(loop, NULL, never, NULL))
    EINVAL_OF(loop_fs_realpath(loop, NULL, never, NULL))
    EINVAL_OF(loop_fs_chmod(loop, NULL, 0, never, NULL))
    EINVAL_OF(loop_fs_chown(loop, NULL, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_lchown(loop, NULL, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_utimes(loop, NULL, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_lutimes(loop, NULL, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_truncate(loop, NULL, 0, never, NULL))
    EINVAL_OF(loop_fs_open(loop, NULL, 0, 0, never, NULL))
    run_and_free(loop);
}

static void numbers_out_of_range_are_refused(void) {
    char memory[4];
    loop_t *loop = new_loop();
    const loop_buf_t bufs[] = {{memory, 4}, {NULL, 1}, {memory, UINT64_MAX}, {NULL, 0}};
    static const uint32_t flags[] = {0x100, 0x80000000, UINT32_MAX, LOOP_FS_RECURSIVE};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        EINVAL_OF(loop_fs_write_file(loop, "/x", "x", 1, 0, flags[i], never, NULL))
        EINVAL_OF(loop_fs_copy_file(loop, "/x", "/y", flags[i], never, NULL))
        EINVAL_OF(loop_fs_write(loop, 1, "x", 1, 0, flags[i], never, NULL))
        EINVAL_OF(loop_fs_writev(loop, 1, bufs, 1, 0, flags[i], never, NULL))
    }
    EINVAL_OF(loop_fs_append_file(loop, "/x", "x", 1, 0, LOOP_FS_ATOMIC, never, NULL))
    EINVAL_OF(loop_fs_mkdir(loop, "/x", 0, LOOP_FS_FORCE, never, NULL))
    EINVAL_OF(loop_fs_remove(loop, "/x", LOOP_FS_EXCL, never, NULL))
    EINVAL_OF(loop_fs_write_file(loop, "/x", NULL, 1, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_write_file(loop, "/x", "x", UINT64_MAX, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_write_file(loop, "/x", "x", 1, 010000, 0, never, NULL))
    EINVAL_OF(loop_fs_access(loop, "/x", 8, never, NULL))
    EINVAL_OF(loop_fs_chmod(loop, "/x", 010000, never, NULL))
    EINVAL_OF(loop_fs_truncate(loop, "/x", (uint64_t)INT64_MAX + 1, never, NULL))
    EINVAL_OF(loop_fs_open(loop, "/x", LOOP_O_WRONLY | LOOP_O_RDWR, 0, never, NULL))
    EINVAL_OF(loop_fs_open(loop, "/x", 0x20000, 0, never, NULL))
    EINVAL_OF(loop_fs_open(loop, "/x", LOOP_O_CREAT, 010000, never, NULL))
    EINVAL_OF(loop_fs_fstat(loop, -1, never, NULL))
    EINVAL_OF(loop_fs_close(loop, INT32_MIN, never, NULL))
    EINVAL_OF(loop_fs_read(loop, 0, 1, -2, never, NULL))
    EINVAL_OF(loop_fs_read(loop, 0, 10, INT64_MAX - 9, never, NULL))
    EINVAL_OF(loop_fs_read(loop, 0, ((uint64_t)2 << 30) + 1, 0, never, NULL))
    EINVAL_OF(loop_fs_read_into(loop, 0, NULL, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_read_into(loop, 0, NULL, 1, 0, never, NULL))
    EINVAL_OF(loop_fs_read_into(loop, 0, memory, UINT64_MAX, 0, never, NULL))
    EINVAL_OF(loop_fs_write(loop, 1, NULL, 1, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_readv(loop, 0, NULL, 1, 0, never, NULL))
    EINVAL_OF(loop_fs_readv(loop, 0, bufs, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_readv(loop, 0, bufs, 1048577, 0, never, NULL))
    EINVAL_OF(loop_fs_readv(loop, 0, bufs + 1, 1, 0, never, NULL))
    EINVAL_OF(loop_fs_writev(loop, 1, bufs, 3, 0, 0, never, NULL))
    EINVAL_OF(loop_fs_sendfile(loop, 1, 0, -1, 0, 1, never, NULL))
    EINVAL_OF(loop_fs_sendfile(loop, 1, -2, 0, 0, 1, never, NULL))
    EINVAL_OF(loop_fs_sendfile(loop, 1, 0, 0, -2, 1, never, NULL))
    EINVAL_OF(loop_fs_sendfile(loop, 1, 0, 0, 0, UINT64_MAX, never, NULL))
    run_and_free(loop);
}

/* ---- Requests filled by hand ----------------------------------------------------------------- */

static const char with_nul[] = "/dev\0/x";

static void spoil(loop_fs_t *request, int how) {
    switch (how) {
    case 0:
        request->size = 0;
        break;
    case 1:
        request->size--;
        break;
    case 2:
        request->size = UINT32_MAX;
        break;
    case 3:
        request->what = 0;
        break;
    case 4:
        request->what = 99;
        break;
    case 5:
        request->what = UINT32_MAX;
        break;
    case 6:
        request->flags = LOOP_FS_BORROW;
        break;
    case 7:
        request->path = NULL;
        break;
    case 8:
        request->path = with_nul;
        request->path_len = 7;
        break;
    case 9:
        request->what = LOOP_FS_RENAME; /* without path2 */
        break;
    default:
        request->what = LOOP_FS_FSTAT; /* without fd */
        break;
    }
}

#define WAYS 11

static loop_fs_t spoilt(int how) {
    loop_fs_t request = LOOP_FS_INIT;
    request.what = LOOP_FS_STAT;
    request.path = "/dev";
    if (how >= 0)
        spoil(&request, how);
    return request;
}

static void loop_fs_refuses_requests_that_make_no_sense(void) {
    loop_t *loop = new_loop();
    for (int how = 0; how < WAYS; how++) {
        loop_fs_t request = spoilt(how);
        int64_t code = loop_fs(loop, &request, never, NULL);
        if (code != LOOP_EINVAL)
            harness_fail(__FILE__, __LINE__, "way %d: %s", how, loop_err_name(code));
    }
    run_and_free(loop);
}

static void a_request_of_a_newer_header_is_taken_when_the_rest_is_zero(void) {
    struct {
        loop_fs_t known;
        uint64_t newer;
    } request = {LOOP_FS_INIT, 0};
    got_t got = {.events = 0};
    loop_t *loop = new_loop();
    request.known.size = sizeof request;
    request.known.what = LOOP_FS_STAT;
    request.known.path = "/dev/and more";
    request.known.path_len = 4;
    GOOD(loop, &got, loop_fs(loop, &request.known, keep, &got));
    CHECK_INT(got.stat.type, LOOP_TYPE_DIR);
    request.newer = 1;
    CHECK_CODE(loop_fs(loop, &request.known, never, NULL), LOOP_EINVAL);
    run_and_free(loop);
    forget(&got);
}

static void an_op_that_makes_no_sense_is_refused_by_an_event(void) {
    loop_t *loop = new_loop();
    loop_event_t events[4];
    uint64_t id;
    CHECK_CODE(loop_take_ids(loop, 1, &id), LOOP_OK);
    /* The last ones: no record at all, an op flag that is not known, and one that is good. */
    for (int how = 0; how < WAYS + 3; how++) {
        loop_fs_t request = spoilt(how < WAYS ? how : -1);
        loop_op_t op;
        loop_turn_t turn;
        memset(&op, 0, sizeof op);
        op.code = LOOP_OP_FS;
        op.id = id;
        op.user = 4711;
        op.data = how == WAYS ? NULL : &request;
        op.flags = how == WAYS + 1 ? LOOP_OPF_EDGE : 0;
        memset(&turn, 0, sizeof turn);
        turn.size = sizeof turn;
        turn.loop = loop;
        turn.ops = &op;
        turn.op_count = 1;
        turn.op_stride = sizeof op;
        turn.events = events;
        turn.event_capacity = 4;
        turn.event_stride = sizeof events[0];
        turn.timeout_ns = 20 * SECOND;
        CHECK_CODE(loop_turn(&turn), LOOP_OK);
        while (turn.event_count == 0 && (turn.result & LOOP_TURN_DONE) == 0) {
            turn.op_count = 0;
            CHECK_CODE(loop_turn(&turn), LOOP_OK);
        }
        if (!CHECK_INT(turn.event_count, 1))
            continue;
        CHECK(events[0].id == id && events[0].user == 4711);
        if (how < WAYS + 2) {
            CHECK_INT(events[0].flags, LOOP_EV_REFUSED | LOOP_KIND_ERROR);
            CHECK_CODE(events[0].status, LOOP_EINVAL);
        } else {
            CHECK_CODE(events[0].status, LOOP_OK);
        }
    }
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* ---- Events ---------------------------------------------------------------------------------- */

CB(is_no_stat) {
    const loop_stat_t *stat;
    const loop_statfs_t *statfs;
    UNUSED;
    CHECK_CODE(loop_event_stat(NULL, &stat), LOOP_EINVAL);
    CHECK_CODE(loop_event_stat(ev, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_event_statfs(NULL, &statfs), LOOP_EINVAL);
    CHECK_CODE(loop_event_statfs(ev, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_event_stat(ev, &stat), LOOP_ETYPE);
    CHECK_CODE(loop_event_statfs(ev, &statfs), LOOP_ETYPE);
    CHECK(loop_dirent_next(ev, NULL) == NULL);
    CHECK(loop_dirent_next(NULL, NULL) == NULL);
    CHECK_STR(loop_dirent_name(NULL), "");
    ++*(int *)user;
}

static void what_is_no_stat_and_no_folder_says_so(void) {
    int calls = 0;
    loop_t *loop = new_loop();
    const char *path = in_folder("bytes");
    char bytes[200];
    memset(bytes, 7, sizeof bytes);
    CHECK_ID(loop_fs_write_file(loop, path, bytes, sizeof bytes, 0, 0, is_no_stat, &calls));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_ID(loop_fs_read_file(loop, path, 0, is_no_stat, &calls));
    CHECK_ID(loop_fs_stat(loop, FS_NONE, is_no_stat, &calls));
    CHECK_ID(loop_set_timeout(loop, 0, is_no_stat, &calls));
    run_and_free(loop);
    CHECK_INT(calls, 4);
}

TEST_MAIN(make_folder(), T(a_call_without_a_loop_or_a_callback_is_refused),
          T(a_call_without_a_path_is_refused), T(numbers_out_of_range_are_refused),
          T(loop_fs_refuses_requests_that_make_no_sense),
          T(a_request_of_a_newer_header_is_taken_when_the_rest_is_zero),
          T(an_op_that_makes_no_sense_is_refused_by_an_event),
          T(what_is_no_stat_and_no_folder_says_so))
