/* SPDX-License-Identifier: MIT
 *
 * A close that is cancelled tells what became of the descriptor: a final event without an outcome
 * says that it never began, an outcome that it has.
 */
#include "fs_rig.h"

#include <netinet/in.h>
#include <semaphore.h>
#include <sys/socket.h>

static got_t got;

static loop_t *narrow_loop(void) {
    loop_t *loop = new_loop();
    CHECK_CODE(loop_set_workers(loop, LOOP_LANE_FILE, 1), LOOP_OK);
    return loop;
}

static int is_open(int fd) {
    return fcntl(fd, F_GETFD) != -1;
}

static int32_t stand(void *arg, loop_value_t *out) {
    (void)out;
    while (sem_wait(arg) != 0)
        ;
    return 0;
}

typedef int64_t (*end_fn)(loop_t *loop, int64_t id);

/* The lane's only worker stands in a job of the host, so the close waits. */
static void waits_and_is_ended(end_fn end, int events) {
    loop_t *loop = narrow_loop();
    int done = 0, fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sem_t gate;
    CHECK_INT(sem_init(&gate, 0, 0), 0);
    forget(&got);
    CHECK_ID(loop_work_lane(loop, LOOP_LANE_FILE, stand, &gate, NULL, count_event, &done));
    int64_t id = loop_fs_close(loop, fd, keep, &got);
    CHECK_ID(id);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 0);
    CHECK_CODE(end(loop, id), LOOP_OK);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 0);
    CHECK_INT(got.events, events);
    CHECK_INT(got.finals, events);
    CHECK(events == 0 || got.status == LOOP_ECANCELED);
    CHECK_INT(sem_post(&gate), 0);
    run_and_free(loop);
    CHECK_INT(done, 1);
    CHECK_INT(got.events, events);
    CHECK(is_open(fd));
    CHECK_INT(close(fd), 0);
    CHECK_INT(sem_destroy(&gate), 0);
    forget(&got);
}

static void one_that_waits_never_begins_and_leaves_the_descriptor_open(void) {
    waits_and_is_ended(loop_cancel, 1);
    waits_and_is_ended(loop_clear, 0);
}

static void one_that_the_queue_has_no_room_for_leaves_it_open_too(void) {
    loop_t *loop = narrow_loop();
    int done = 0, fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK_CODE(loop_set_queue_limit(loop, LOOP_LANE_FILE, 1), LOOP_OK);
    CHECK_ID(loop_work_lane(loop, LOOP_LANE_FILE, do_nothing, NULL, NULL, count_event, &done));
    DO(loop, &got, loop_fs_close(loop, fd, keep, &got));
    CHECK_CODE(got.status, LOOP_EFULL);
    CHECK(is_open(fd));
    CHECK_INT(close(fd), 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    forget(&got);
}

/* ---- One that has begun ---------------------------------------------------------------------- */

/* Two ends of a connection. The first has sent as much as there is room for, and waits for up to an
 * hour with its close until the second has taken it. */
static void connect_and_fill(int ends[2]) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct linger linger = {1, 3600};
    socklen_t len = sizeof address;
    static char data[1 << 16];
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_INT(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(listener, 1), 0);
    CHECK_INT(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(connect(ends[0], (struct sockaddr *)&address, sizeof address), 0);
    ends[1] = accept(listener, NULL, NULL);
    CHECK(ends[1] >= 0);
    close(listener);
    CHECK_INT(setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    while (send(ends[0], data, sizeof data, MSG_DONTWAIT) > 0)
        ;
    CHECK_INT(errno, EAGAIN);
}

static void on_record(const loop_trace_t *record, void *user) {
    if (record->kind == LOOP_TRACE_JOB_START) {
        CHECK_INT(record->code, LOOP_OP_FS);
        sem_post(user);
    }
}

static void one_that_has_begun_says_so_and_closes(void) {
    loop_t *loop = narrow_loop();
    int ends[2];
    sem_t begun;
    connect_and_fill(ends);
    CHECK_INT(sem_init(&begun, 0, 0), 0);
    CHECK_CODE(loop_trace(loop, on_record, &begun), LOOP_OK);
    forget(&got);
    int64_t id = loop_fs_close(loop, ends[0], keep, &got);
    CHECK_ID(id);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 0);
    while (sem_wait(&begun) != 0)
        ;
    CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 0);
    CHECK(got.events == 1 && got.outcomes == 1 && got.finals == 0);
    CHECK_CODE(got.status, LOOP_ECANCELED);
    close(ends[1]); /* with data that nobody has read: the connection is reset, and the wait over */
    CHECK_CODE(loop_hold(loop), LOOP_OK); /* after its outcome the id does not keep the loop */
    while (got.finals == 0)
        CHECK(loop_run(loop, LOOP_RUN_ONCE) >= 0);
    CHECK_CODE(loop_unhold(loop), LOOP_OK);
    CHECK_INT(got.events, 2);
    CHECK_CODE(got.status, LOOP_ECANCELED);
    CHECK(!is_open(ends[0]));
    run_and_free(loop);
    CHECK_INT(sem_destroy(&begun), 0);
    forget(&got);
}

TEST_MAIN(make_folder(), T(one_that_waits_never_begins_and_leaves_the_descriptor_open),
          T(one_that_the_queue_has_no_room_for_leaves_it_open_too),
          T(one_that_has_begun_says_so_and_closes))
