/* SPDX-License-Identifier: MIT
 *
 * A thousand times made, used and freed: descriptors, threads and memory stay level.
 */
#include "loops.h"

#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define WARM 500 /* until Go's heap and thread count have found their size */
#define TIMES 1000

typedef struct use {
    int pipe_fds[2];
    int events, finals;
} use_t;

CB(on_event) {
    use_t *use = user;
    UNUSED;
    use->events++;
    use->finals += (ev->flags & LOOP_EV_MORE) == 0;
}

CB(on_readable) {
    on_event(loop, ev, user);
    if (ev->status == 0)
        CHECK_CODE(loop_clear(loop, (int64_t)ev->id), LOOP_OK);
}

static int32_t give_text(void *arg, loop_value_t *out) {
    (void)arg;
    return (int32_t)loop_value_set_string(out, "a text that has to be released", -1);
}

static loop_t *fill_a_loop(use_t *use, int workers) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.workers = (uint32_t)workers;
    CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
    for (int i = 0; i < 10; i++) {
        CHECK_ID(loop_set_timeout(loop, i * 1000, on_event, use));
        CHECK_ID(loop_set_immediate(loop, on_event, use));
    }
    CHECK_CODE(loop_next_op(loop, SECOND, "a label"), LOOP_OK);
    CHECK_ID(loop_work(loop, give_text, NULL, "text", on_event, use));
    CHECK_CODE(loop_post(loop, 1, on_event, use), LOOP_OK);
    CHECK_INT(write(use->pipe_fds[1], "x", 1), 1);
    CHECK_ID(
        loop_poll_fd(loop, use->pipe_fds[0], LOOP_READABLE, LOOP_POLL_LEVEL, on_readable, use));
    return loop;
}

static void use_once(use_t *use) {
    char byte;
    loop_t *loop = fill_a_loop(use, 2);
    use->events = 0;
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(use->events, 23);
    CHECK_INT(read(use->pipe_fds[0], &byte, 1), 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* Frees a loop in which everything is still alive. */
static void free_full(use_t *use) {
    char byte;
    loop_t *loop = fill_a_loop(use, 1);
    use->finals = 0;
    CHECK_ID(loop_set_interval(loop, SECOND, on_event, use));
    CHECK_ID(loop_set_timeout(loop, 3600 * SECOND, on_event, use));
    CHECK_ID(loop_start_idle(loop, on_event, use));
    CHECK_ID(loop_start_prepare(loop, on_event, use));
    CHECK_ID(loop_start_check(loop, on_event, use));
    CHECK_CODE(loop_next_tick(loop, on_event, use), LOOP_OK);
    CHECK_CODE(loop_queue_microtask(loop, on_event, use), LOOP_OK);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    /* 24 ids of fill_a_loop and 5 more; a post, a tick and a microtask are final events, too */
    CHECK(use->finals >= 23 + 5);
    CHECK_INT(read(use->pipe_fds[0], &byte, 1), 1);
}

/* Resident memory in KiB. */
static int64_t resident(void) {
    char text[4096] = "";
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    const char *line = n > 0 ? strstr(text, "VmRSS:") : NULL;
    return line != NULL ? strtoll(line + 6, NULL, 10) : -1;
}

/* Bytes that C code holds in malloc. */
static int64_t allocated(void) {
    struct mallinfo2 info = mallinfo2();
    return (int64_t)(info.uordblks + info.hblkhd);
}

static void must_not_grow(const char *what, int64_t before, int64_t now, int64_t slack) {
    if (now > before + slack)
        harness_fail(__FILE__, __LINE__,
                     "%s: want at most %" PRId64 " more than %" PRId64 ", got %" PRId64, what,
                     slack, before, now);
}

/* What C holds must be level to the block. Go makes threads when it thinks it needs them and keeps
 * them, and its heap goes up and down by some MiB; there a leak shows by its size alone. */
static void stays_level(void (*once)(use_t *), int warm, int times) {
    use_t use = {{-1, -1}, 0, 0};
    CHECK_INT(pipe2(use.pipe_fds, O_CLOEXEC), 0);
    for (int i = 0; i < warm; i++)
        once(&use);
    int fds = count_fds(), threads = count_threads("");
    int64_t kib = resident(), bytes = allocated();
    for (int i = 0; i < times && harness.bad == 0; i++)
        once(&use);
    CHECK_INT(count_fds(), fds);
    CHECK(sinks_to(count_workers, 0));
    must_not_grow("threads", threads, count_threads(""), 40);
#if !defined(__SANITIZE_ADDRESS__) /* which keeps what was freed */
    must_not_grow("bytes of malloc", bytes, allocated(), 32 * 1024);
    must_not_grow("resident KiB", kib, resident(), 16 * 1024);
#else
    (void)kib;
    (void)bytes;
#endif
    close(use.pipe_fds[0]);
    close(use.pipe_fds[1]);
}

static void a_thousand_loops_used_and_freed_leave_nothing(void) {
    stays_level(use_once, WARM, TIMES);
}

static void a_thousand_loops_freed_with_everything_alive_leave_nothing(void) {
    stays_level(free_full, WARM, TIMES);
}

static void make_and_free(use_t *use) {
    (void)use;
    CHECK_CODE(loop_free(new_loop()), LOOP_OK);
}

static void a_thousand_loops_that_never_ran_leave_nothing(void) {
    stays_level(make_and_free, WARM, TIMES);
}

/* A port of this machine at which nobody listens. */
static int unused_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

CB(on_refused) {
    use_t *use = user;
    UNUSED;
    use->events += ev->status == LOOP_ECONNREFUSED;
}

static void request_once(use_t *use) {
    char url[64];
    loop_t *loop = new_loop();
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", unused_port());
    use->events = 0;
    for (int i = 0; i < 3; i++)
        CHECK_ID(loop_http_get(loop, url, on_refused, use));
    run_and_free(loop);
    CHECK_INT(use->events, 3);
}

static void a_hundred_loops_with_requests_leave_nothing(void) {
    stays_level(request_once, 50, 100);
}

/* What one loop held for a burst is given back while it lives on. */
static void a_loop_shrinks_after_a_burst(void) {
    enum { BURST = 300000 };
    int events = 0;
    loop_t *loop = new_loop();
    int64_t bytes = allocated(), most;
    for (int i = 0; i < BURST; i++) {
        if (loop_set_immediate(loop, count_event, &events) < 0 ||
            loop_set_timeout(loop, 0, count_event, &events) < 0 ||
            loop_post(loop, 0, count_event, &events) < 0)
            break;
    }
    most = allocated();
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(events, 3 * BURST);
#if !defined(__SANITIZE_ADDRESS__)
    CHECK(most > bytes + BURST * 32); /* so there is something to give back */
    for (int i = 0; i < 3000; i++) {  /* passes of a usual size */
        CHECK_ID(loop_set_immediate(loop, count_event, &events));
        CHECK_CODE(loop_post(loop, 0, count_event, &events), LOOP_OK);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    }
    must_not_grow("bytes of malloc", bytes, allocated(), (most - bytes) / 64);
#else
    (void)bytes;
    (void)most;
#endif
    run_and_free(loop);
}

TEST_MAIN(warm_up(), T(a_thousand_loops_that_never_ran_leave_nothing),
          T(a_thousand_loops_used_and_freed_leave_nothing),
          T(a_thousand_loops_freed_with_everything_alive_leave_nothing),
          T(a_hundred_loops_with_requests_leave_nothing), T(a_loop_shrinks_after_a_burst))
