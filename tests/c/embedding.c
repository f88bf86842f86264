/* SPDX-License-Identifier: MIT
 *
 * A loop inside the epoll loop of a host: the host sleeps on loop_backend_fd for at most
 * loop_backend_timeout, then runs with LOOP_RUN_NOWAIT. No wake-up may be lost, and none invented.
 */
#include "loops.h"
#include "said.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define PATIENCE_MS 20000 /* a sleep that nothing ends in this time has lost its wake-up */

/* The host. */
typedef struct host {
    loop_t *loop;
    int set;
    uint64_t sleeps;
} host_t;

static void open_host(host_t *host) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    struct epoll_event event = {.events = EPOLLIN};
    memset(host, 0, sizeof *host);
    options.backend = LOOP_BACKEND_EPOLL; /* whatever the environment says */
    CHECK_CODE(loop_new(&options, &host->loop), LOOP_OK);
    host->set = epoll_create1(EPOLL_CLOEXEC);
    int64_t fd = loop_backend_fd(host->loop);
    CHECK(fd >= 0);
    SHOULD(epoll_ctl(host->set, EPOLL_CTL_ADD, (int)fd, &event));
}

static void close_host(host_t *host) {
    close(host->set);
    CHECK_CODE(loop_free(host->loop), LOOP_OK);
}

static int64_t timeout_of(loop_t *loop) {
    int64_t ns = INT64_MIN;
    CHECK_CODE(loop_backend_timeout(loop, &ns), LOOP_OK);
    return ns;
}

/* Whether the host would be woken now. */
static int is_readable(const host_t *host) {
    struct epoll_event event;
    return epoll_wait(host->set, &event, 1, 0) == 1;
}

/* Sleep as a host does. */
static void host_sleep(host_t *host) {
    struct epoll_event event;
    int64_t ns = timeout_of(host->loop);
    int limited = ns >= 0 && ns / MS < PATIENCE_MS;
    if (ns != 0)
        host->sleeps++;
    int n = epoll_wait(host->set, &event, 1, limited ? (int)((ns + MS - 1) / MS) : PATIENCE_MS);
    if (n < 0) { /* a late SIGURG of Go's runtime, which a host has to bear */
        CHECK_INT(errno, EINTR);
        return;
    }
    CHECK(n > 0 || limited);
    if (n == 0 && !limited)
        _exit(1); /* it would hang for ever */
}

/* Run until nothing is alive. */
static void run_host(host_t *host) {
    while (loop_run(host->loop, LOOP_RUN_NOWAIT) > 0)
        host_sleep(host);
}

/* Run until there is nothing to do now, and see that the host may sleep then. */
static void settle(host_t *host) {
    int passes = 0;
    while (timeout_of(host->loop) == 0 || is_readable(host)) {
        CHECK(loop_run(host->loop, LOOP_RUN_NOWAIT) >= 0);
        if (!CHECK(++passes < 100))
            return;
    }
}

/* ---- What the timeout says ------------------------------------------------------------------- */

static void stop_loop(loop_t *loop, const loop_event_t *ev, void *user) {
    say_user(loop, ev, user);
    CHECK_CODE(loop_stop(loop), LOOP_OK);
}

static void check_timeouts(loop_t *loop) {
    CHECK_CODE(loop_hold(loop), LOOP_OK);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) == 1);
    CHECK_INT(timeout_of(loop), -1);
    /* A timer, unsubmitted and submitted. */
    int64_t id = loop_set_timeout(loop, 3600 * SECOND, say_user, "never");
    int64_t ns = timeout_of(loop);
    CHECK(ns >= 0 && ns <= 3600 * SECOND);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) == 2);
    ns = timeout_of(loop);
    CHECK(ns > 3500 * SECOND && ns <= 3600 * SECOND);
    CHECK_CODE(loop_clear(loop, id), LOOP_OK);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) == 1);
    while (timeout_of(loop) == 0)
        CHECK(loop_run(loop, LOOP_RUN_NOWAIT) == 1);
    CHECK_INT(timeout_of(loop), -1);
    /* Immediates, ticks, posts, watchers, due timers. */
    CHECK_ID(loop_set_immediate(loop, say_user, "immediate"));
    CHECK_INT(timeout_of(loop), 0);
    while (timeout_of(loop) == 0)
        CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 1);
    CHECK_SAID("immediate");
    CHECK_CODE(loop_next_tick(loop, say_user, "tick"), LOOP_OK);
    CHECK_INT(timeout_of(loop), 0);
    while (timeout_of(loop) == 0)
        CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 1);
    CHECK_SAID("tick");
    CHECK_CODE(loop_post(loop, 1, say_user, "post"), LOOP_OK);
    CHECK_INT(timeout_of(loop), 0);
    while (timeout_of(loop) == 0)
        CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 1);
    CHECK_SAID("post");
    id = loop_start_idle(loop, say_user, "");
    CHECK_INT(timeout_of(loop), 0);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) == 2);
    CHECK_INT(timeout_of(loop), 0);
    CHECK_CODE(loop_clear(loop, id), LOOP_OK);
    while (timeout_of(loop) == 0)
        CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 1);
    said[0] = '\0';
    /* What a stopped run did not deliver. */
    CHECK_ID(loop_set_timer_at(loop, 1, stop_loop, "stop"));
    CHECK_ID(loop_set_timer_at(loop, 2, say_user, "rest"));
    CHECK_INT(timeout_of(loop), 0);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) == 2);
    CHECK_SAID("stop");
    CHECK_INT(timeout_of(loop), 0);
    while (timeout_of(loop) == 0)
        CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 1);
    CHECK_SAID("rest");
    CHECK_INT(timeout_of(loop), -1);
    CHECK_CODE(loop_unhold(loop), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), 0);
}

static void the_timeout_is_0_while_there_is_work_and_else_the_next_deadline(void) {
    for (uint32_t backend = LOOP_BACKEND_EPOLL; backend <= LOOP_BACKEND_POLL; backend++) {
        loop_options_t options = LOOP_OPTIONS_INIT;
        loop_t *loop = NULL;
        options.backend = backend;
        CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
        REQUIRE(loop != NULL);
        check_timeouts(loop);
        CHECK_CODE(loop_backend_timeout(loop, NULL), LOOP_EINVAL);
        CHECK_CODE(loop_free(loop), LOOP_OK);
    }
}

static void the_poll_backend_has_no_descriptor(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.backend = LOOP_BACKEND_POLL;
    CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
    CHECK_CODE(loop_backend_fd(loop), LOOP_ENOTSUP);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    /* The environment decides for all that do not choose. */
    const char *name = getenv("LOOP_BACKEND");
    loop = new_loop();
    if (name != NULL && strcmp(name, "poll") == 0) {
        CHECK_STR(loop_backend_name(loop), "poll");
        CHECK_CODE(loop_backend_fd(loop), LOOP_ENOTSUP);
    } else {
        CHECK_STR(loop_backend_name(loop), "epoll");
        CHECK(loop_backend_fd(loop) >= 0);
    }
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* ---- Step by step: something comes just before the host sleeps -------------------------------- */

typedef int64_t (*any_thread_call_t)(loop_t *loop);

static int64_t post_one(loop_t *loop) {
    return loop_post(loop, 1, say_user, "post");
}

static void a_call_between_the_timeout_and_the_sleep_makes_the_descriptor_readable(void) {
    static const any_thread_call_t calls[] = {post_one, loop_wake, loop_stop, loop_close};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        host_t host;
        open_host(&host);
        CHECK_CODE(loop_hold(host.loop), LOOP_OK);
        settle(&host);
        CHECK_INT(timeout_of(host.loop), -1);
        CHECK(!is_readable(&host));
        CHECK_CODE(calls[i](host.loop), LOOP_OK);
        CHECK(is_readable(&host));
        if (calls[i] != loop_close) {
            settle(&host); /* and one run answers it */
            CHECK(!is_readable(&host));
            CHECK_INT(timeout_of(host.loop), -1);
        }
        close_host(&host);
        CHECK(i != 0 || strcmp(said, "post") == 0);
        said[0] = '\0';
    }
}

static void a_call_between_the_run_and_the_timeout_makes_the_host_come_back(void) {
    static const any_thread_call_t calls[] = {post_one, loop_wake, loop_stop, loop_close};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        host_t host;
        open_host(&host);
        CHECK_CODE(loop_hold(host.loop), LOOP_OK);
        settle(&host);
        CHECK(loop_run(host.loop, LOOP_RUN_NOWAIT) == 1);
        CHECK_CODE(calls[i](host.loop), LOOP_OK);
        CHECK(timeout_of(host.loop) == 0 || is_readable(&host));
        close_host(&host);
        said[0] = '\0';
    }
}

static void a_host_that_never_asks_for_the_timeout_is_woken_too(void) {
    host_t host;
    open_host(&host);
    CHECK_CODE(loop_hold(host.loop), LOOP_OK);
    for (int i = 0; i < 100; i++) {
        while (is_readable(&host))
            CHECK(loop_run(host.loop, LOOP_RUN_NOWAIT) >= 1);
        CHECK_CODE(loop_post(host.loop, 1, say_user, "post"), LOOP_OK);
        CHECK(is_readable(&host));
        while (is_readable(&host))
            CHECK(loop_run(host.loop, LOOP_RUN_NOWAIT) >= 1);
        CHECK_SAID("post");
    }
    CHECK_CODE(loop_unhold(host.loop), LOOP_OK);
    close_host(&host);
}

static void the_descriptor_stays_the_same_and_is_not_readable_when_nothing_is_to_do(void) {
    host_t host;
    open_host(&host);
    int64_t fd = loop_backend_fd(host.loop);
    CHECK_CODE(loop_hold(host.loop), LOOP_OK);
    for (int i = 0; i < 100; i++) {
        CHECK_CODE(loop_post(host.loop, 1, say_user, "post"), LOOP_OK);
        settle(&host);
        CHECK_SAID("post");
        CHECK(!is_readable(&host));
        CHECK_INT(loop_backend_fd(host.loop), fd);
    }
    CHECK_CODE(loop_unhold(host.loop), LOOP_OK);
    close_host(&host);
}

static void a_descriptor_closed_too_early_costs_the_host_no_wake_up(void) {
    host_t host;
    open_host(&host);
    CHECK_CODE(loop_hold(host.loop), LOOP_OK);
    int fd = eventfd(0, EFD_CLOEXEC), copy = dup(fd);
    int64_t id = loop_poll_fd(host.loop, fd, LOOP_READABLE, LOOP_POLL_EDGE, say_user, "dead");
    CHECK_ID(id);
    settle(&host);
    close(fd); /* wrong: the system goes on watching the file, which has another descriptor */
    CHECK_CODE(loop_clear(host.loop, id), LOOP_OK);
    CHECK_INT(eventfd_write(copy, 1), 0);
    settle(&host);
    CHECK_CODE(loop_post(host.loop, 1, say_user, "post"), LOOP_OK);
    CHECK(is_readable(&host));
    settle(&host);
    CHECK_SAID("post");
    close(copy);
    CHECK_CODE(loop_unhold(host.loop), LOOP_OK);
    close_host(&host);
}

/* ---- Everything gets through ------------------------------------------------------------------ */

/* A thread that does something, and waits until it has got through before it does it again. */
typedef struct sender {
    loop_t *loop;
    int rounds, got, fd;
    int64_t id;
    sem_t done;
} sender_t;

static void on_post(loop_t *loop, const loop_event_t *ev, void *user) {
    sender_t *sender = user;
    CHECK_INT(ev->num, sender->got);
    if (++sender->got == sender->rounds)
        CHECK_CODE(loop_unhold(loop), LOOP_OK);
    sem_post(&sender->done);
}

static void wait_done(sender_t *sender) {
    while (sem_wait(&sender->done) != 0)
        continue;
}

static void *post_and_wait(void *arg) {
    sender_t *sender = arg;
    for (int i = 0; i < sender->rounds; i++) {
        CHECK_CODE(loop_post(sender->loop, (uint64_t)i, on_post, sender), LOOP_OK);
        wait_done(sender);
    }
    return NULL;
}

static void on_readable(loop_t *loop, const loop_event_t *ev, void *user) {
    sender_t *sender = user;
    uint64_t value;
    CHECK((ev->num & LOOP_READABLE) != 0);
    CHECK(read(sender->fd, &value, sizeof value) == (ssize_t)sizeof value);
    if (++sender->got == sender->rounds)
        CHECK_CODE(loop_clear(loop, sender->id), LOOP_OK);
    sem_post(&sender->done);
}

static void *write_and_wait(void *arg) {
    sender_t *sender = arg;
    const uint64_t one = 1;
    for (int i = 0; i < sender->rounds; i++) {
        CHECK(write(sender->fd, &one, sizeof one) == (ssize_t)sizeof one);
        wait_done(sender);
    }
    return NULL;
}

static void start_sender(sender_t *sender, loop_t *loop, int rounds) {
    memset(sender, 0, sizeof *sender);
    sender->loop = loop;
    sender->rounds = rounds;
    sem_init(&sender->done, 0, 0);
}

static void on_job(loop_t *loop, const loop_event_t *ev, void *user) {
    sender_t *sender = user;
    SHOULD(ev->status);
    if (++sender->got < sender->rounds)
        CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, on_job, user));
}

static void on_due(loop_t *loop, const loop_event_t *ev, void *user) {
    sender_t *sender = user;
    CHECK(loop_now(loop) >= ev->num); /* never early */
    if (++sender->got < sender->rounds)
        CHECK_ID(loop_set_timeout(loop, sender->got % 7 * 100000, on_due, user));
}

static void no_post_of_another_thread_is_missed_by_a_sleeping_host(void) {
    host_t host;
    sender_t posts;
    pthread_t thread;
    open_host(&host);
    start_sender(&posts, host.loop, 3000);
    CHECK_CODE(loop_hold(host.loop), LOOP_OK);
    SHOULD(pthread_create(&thread, NULL, post_and_wait, &posts));
    run_host(&host);
    SHOULD(pthread_join(thread, NULL));
    CHECK_INT(posts.got, 3000);
    CHECK(host.sleeps < 4 * 3000); /* it is woken for a reason */
    sem_destroy(&posts.done);
    close_host(&host);
}

static void no_job_is_missed_by_a_sleeping_host(void) {
    host_t host;
    sender_t jobs;
    open_host(&host);
    start_sender(&jobs, host.loop, 2000);
    CHECK_ID(loop_work(host.loop, do_nothing, NULL, NULL, on_job, &jobs));
    run_host(&host);
    CHECK_INT(jobs.got, 2000);
    CHECK(host.sleeps < 4 * 2000);
    sem_destroy(&jobs.done);
    close_host(&host);
}

static void no_timer_is_missed_by_a_sleeping_host(void) {
    host_t host;
    sender_t timers;
    open_host(&host);
    start_sender(&timers, host.loop, 100);
    CHECK_ID(loop_set_timeout(host.loop, MS, on_due, &timers));
    run_host(&host);
    CHECK_INT(timers.got, 100);
    sem_destroy(&timers.done);
    close_host(&host);
}

static void descriptors_are_told_to_a_sleeping_host(uint32_t mode) {
    host_t host;
    sender_t writes;
    pthread_t thread;
    open_host(&host);
    start_sender(&writes, host.loop, 2000);
    writes.fd = eventfd(0, EFD_CLOEXEC);
    writes.id = loop_poll_fd(host.loop, writes.fd, LOOP_READABLE, mode, on_readable, &writes);
    CHECK_ID(writes.id);
    SHOULD(pthread_create(&thread, NULL, write_and_wait, &writes));
    run_host(&host);
    SHOULD(pthread_join(thread, NULL));
    CHECK_INT(writes.got, 2000);
    CHECK(host.sleeps < 4 * 2000);
    close(writes.fd);
    sem_destroy(&writes.done);
    close_host(&host);
}

static void no_readiness_is_missed_by_a_sleeping_host(void) {
    descriptors_are_told_to_a_sleeping_host(LOOP_POLL_LEVEL);
    descriptors_are_told_to_a_sleeping_host(LOOP_POLL_EDGE);
}

static void posts_jobs_timers_and_descriptors_get_through_together(void) {
    host_t host;
    sender_t posts, jobs, timers, writes;
    pthread_t poster, writer;
    open_host(&host);
    start_sender(&posts, host.loop, 1000);
    start_sender(&jobs, host.loop, 1000);
    start_sender(&timers, host.loop, 100);
    start_sender(&writes, host.loop, 1000);
    writes.fd = eventfd(0, EFD_CLOEXEC);
    CHECK_CODE(loop_hold(host.loop), LOOP_OK);
    writes.id = loop_poll_fd(host.loop, writes.fd, LOOP_READABLE, 0, on_readable, &writes);
    CHECK_ID(loop_work(host.loop, do_nothing, NULL, NULL, on_job, &jobs));
    CHECK_ID(loop_set_timeout(host.loop, MS, on_due, &timers));
    SHOULD(pthread_create(&poster, NULL, post_and_wait, &posts));
    SHOULD(pthread_create(&writer, NULL, write_and_wait, &writes));
    run_host(&host);
    SHOULD(pthread_join(poster, NULL));
    SHOULD(pthread_join(writer, NULL));
    CHECK_INT(posts.got, 1000);
    CHECK_INT(jobs.got, 1000);
    CHECK_INT(timers.got, 100);
    CHECK_INT(writes.got, 1000);
    close(writes.fd);
    for (sender_t *const *s = (sender_t *[]){&posts, &jobs, &timers, &writes, NULL}; *s; s++)
        sem_destroy(&(*s)->done);
    close_host(&host);
}

static void what_the_host_starts_between_two_sleeps_begins(void) {
    host_t host;
    open_host(&host);
    CHECK_CODE(loop_hold(host.loop), LOOP_OK);
    settle(&host);
    for (int i = 0; i < 200; i++) {
        sender_t job;
        start_sender(&job, host.loop, 1);
        CHECK_ID(loop_work(host.loop, do_nothing, NULL, NULL, on_job, &job));
        if (i % 2 == 0) /* else the sleep must not begin before it is submitted */
            CHECK(loop_run(host.loop, LOOP_RUN_NOWAIT) >= 1);
        while (job.got == 0) {
            host_sleep(&host);
            CHECK(loop_run(host.loop, LOOP_RUN_NOWAIT) >= 1);
        }
        sem_destroy(&job.done);
    }
    CHECK_CODE(loop_unhold(host.loop), LOOP_OK);
    close_host(&host);
}

TEST_MAIN(warm_up(), T(the_timeout_is_0_while_there_is_work_and_else_the_next_deadline),
          T(the_poll_backend_has_no_descriptor),
          T(a_call_between_the_timeout_and_the_sleep_makes_the_descriptor_readable),
          T(a_call_between_the_run_and_the_timeout_makes_the_host_come_back),
          T(a_host_that_never_asks_for_the_timeout_is_woken_too),
          T(the_descriptor_stays_the_same_and_is_not_readable_when_nothing_is_to_do),
          T(a_descriptor_closed_too_early_costs_the_host_no_wake_up),
          T(no_post_of_another_thread_is_missed_by_a_sleeping_host),
          T(no_job_is_missed_by_a_sleeping_host), T(no_timer_is_missed_by_a_sleeping_host),
          T(no_readiness_is_missed_by_a_sleeping_host),
          T(posts_jobs_timers_and_descriptors_get_through_together),
          T(what_the_host_starts_between_two_sleeps_begins))
