/* SPDX-License-Identifier: MIT
 *
 * What was wrong with minimio's poller and is not with this one: more events ready than the buffer
 * holds, a descriptor that cannot be registered again, a registrar that outlives the poller, a wake-up
 * that clashes with a user's token, events lost in the closing batch, EINTR that lets a wait drift. (A
 * record laid out for one architecture only: libloop/internal/poller takes the system's, see make cross.)
 */
#include "harness.h"
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#define PAIRS 300

static int seen[PAIRS];

static void count(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    if (ev->status == 0)
        seen[(intptr_t)user]++;
}

static void more_ready_descriptors_than_the_batch_holds_all_arrive_once(void) {
    loop_t *loop = NULL;
    int fds[PAIRS][2];
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.event_capacity = 1;
    memset(seen, 0, sizeof seen);
    SHOULD(loop_new(&options, &loop));
    for (intptr_t i = 0; i < PAIRS; i++) {
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds[i]) == 0);
        REQUIRE(send(fds[i][1], "x", 1, 0) == 1);
        CHECK(loop_poll_fd(loop, fds[i][0], LOOP_READABLE, LOOP_POLL_ONESHOT, count, (void *)i) >
              0);
    }
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    for (int i = 0; i < PAIRS; i++) {
        CHECK_INT(seen[i], 1);
        close(fds[i][0]);
        close(fds[i][1]);
    }
    SHOULD(loop_free(loop));
}

static void a_descriptor_can_be_registered_again_and_again(void) {
    loop_t *loop = NULL;
    int fds[2];
    memset(seen, 0, sizeof seen);
    SHOULD(loop_new(NULL, &loop));
    REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
    REQUIRE(write(fds[1], "x", 1) == 1);
    for (int i = 0; i < 100; i++) {
        CHECK(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_ONESHOT, count, (void *)0) > 0);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    }
    CHECK_INT(seen[0], 100);
    SHOULD(loop_free(loop));
    close(fds[0]);
    close(fds[1]);
}

static void a_registrar_that_outlives_the_poller_is_told_so(void) {
    loop_t *loop = NULL;
    SHOULD(loop_new(NULL, &loop));
    SHOULD(loop_free(loop));
    CHECK_INT(loop_post(loop, 1, count, NULL), LOOP_ECLOSED);
    CHECK_INT(loop_wake(loop), LOOP_ECLOSED);
    CHECK_INT(loop_close(loop), LOOP_ECLOSED);
}

static void a_wake_up_is_no_event_of_token_zero(void) {
    loop_t *loop = NULL;
    int fds[2];
    memset(seen, 0, sizeof seen);
    SHOULD(loop_new(NULL, &loop));
    REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
    CHECK(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_LEVEL, count, (void *)0) > 0);
    for (int i = 0; i < 10; i++) {
        SHOULD(loop_wake(loop));
        CHECK_INT(loop_run(loop, LOOP_RUN_ONCE), 1);
    }
    CHECK_INT(seen[0], 0);
    SHOULD(loop_free(loop));
    close(fds[0]);
    close(fds[1]);
}

static int ends[2];

static void close_in_the_batch(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)ev;
    loop_close(loop); /* the second call says LOOP_ECLOSED */
    ends[(intptr_t)user]++;
}

static void closing_in_a_batch_loses_no_event_of_it(void) {
    loop_t *loop = NULL;
    int fds[2];
    memset(ends, 0, sizeof ends);
    SHOULD(loop_new(NULL, &loop));
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    CHECK(loop_poll_fd(loop, fds[0], LOOP_WRITABLE, LOOP_POLL_ONESHOT, close_in_the_batch,
                       (void *)0) > 0);
    CHECK(loop_poll_fd(loop, fds[1], LOOP_WRITABLE, LOOP_POLL_ONESHOT, close_in_the_batch,
                       (void *)1) > 0);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(ends[0], 1);
    CHECK_INT(ends[1], 1);
    SHOULD(loop_free(loop));
    close(fds[0]);
    close(fds[1]);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int number) {
    (void)number;
    alarms++;
}

static void nothing(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    (void)ev;
    ++*(int *)user;
}

static void signals_neither_end_nor_stretch_a_wait(void) {
    loop_t *loop = NULL;
    struct sigaction action;
    int fired = 0;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    action.sa_flags = SA_ONSTACK;
    SHOULD(loop_new(NULL, &loop));
    /* SIGUSR1, because harness.h keeps SIGALRM for itself. */
    REQUIRE(sigaction(SIGUSR1, &action, NULL) == 0);
    timer_t timer;
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR1;
    REQUIRE(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    struct itimerspec often = {{0, 1000000}, {0, 1000000}};
    REQUIRE(timer_settime(timer, 0, &often, NULL) == 0);
    alarms = 0;
    int64_t start = clock_ns();
    CHECK(loop_set_timeout(loop, 60 * MS, nothing, &fired) > 0);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    int64_t took = clock_ns() - start;
    CHECK_INT(fired, 1);
    CHECK(alarms > 0);
    CHECK(took >= 60 * MS);
    CHECK(took < 600 * MS); /* ten times the room */
    CHECK(loop_set_timeout(loop, 3600 * SECOND, nothing, &fired) > 0);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT | LOOP_RUN_INTR), LOOP_EINTR);
    timer_delete(timer);
    SHOULD(loop_close(loop));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    SHOULD(loop_free(loop));
}

static void open_library(void) {
    loop_t *loop = NULL;
    if (loop_new(NULL, &loop) == 0)
        loop_free(loop);
}

TEST_MAIN(open_library(), T(more_ready_descriptors_than_the_batch_holds_all_arrive_once),
          T(a_descriptor_can_be_registered_again_and_again),
          T(a_registrar_that_outlives_the_poller_is_told_so),
          T(a_wake_up_is_no_event_of_token_zero), T(closing_in_a_batch_loses_no_event_of_it),
          T(signals_neither_end_nor_stretch_a_wait))
