/* SPDX-License-Identifier: MIT
 *
 * After a panic inside the library every id ends once, with LOOP_EPANIC, nothing of the host is in
 * use from then on, later calls say so, and everything else in the process goes on.
 */
#include "../c/crypto_calls.h"
#include "../c/dns_calls.h"
#include "../c/zip_calls.h"
#include "../c/fs_calls.h"
#include "../c/net_calls.h"
#include "faults.h"

#include <arpa/inet.h>
#include <sys/socket.h>

/* What came for one id. */
typedef struct fate {
    int events; /* all */
    int finals; /* the last of them counts */
    int late;   /* events after the final one */
    int32_t status;
} fate_t;

enum {
    TIMER,
    INTERVAL,
    UNREFERENCED,
    DEADLINE,
    PREPARE,
    CHECK_WATCHER,
    IDLE,
    DESCRIPTOR,
    RUNNING_JOB,
    QUEUED_JOB,
    REQUEST,
    UPLOAD,
    LISTENER,
    IMMEDIATE,
    WATCH,
    QUESTION,
    KINDS
};

static const char *const names[KINDS] = {
    "timer",
    "interval",
    "unreferenced timer",
    "timer with a deadline",
    "prepare watcher",
    "check",
    "idle",
    "descriptor",
    "running job",
    "queued job",
    "request",
    "upload",
    "listener",
    "immediate",
    "watch",
    "question",
};

static fate_t fates[KINDS];
static gate_t gate;
static int queued_ran;   /* atomic */
static int ran_too_long; /* final events of a running job before its function returned */
static int64_t timer_id, descriptor_id;

static void told(loop_t *loop, const loop_event_t *ev, void *user) {
    fate_t *fate = &fates[(intptr_t)user];
    (void)loop;
    if (ev->code == LOOP_OP_NET && (ev->flags & LOOP_EV_MORE) != 0)
        return; /* it listens */
    fate->late += fate->finals > 0;
    fate->events++;
    if ((ev->flags & LOOP_EV_MORE) != 0)
        return;
    fate->finals++;
    fate->status = ev->status;
    CHECK_INT(loop_event_kind(ev), LOOP_KIND_ERROR);
    if ((intptr_t)user == RUNNING_JOB && !__atomic_load_n(&gate.returned, __ATOMIC_SEQ_CST))
        ran_too_long = 1;
}

static int32_t must_not_run(void *arg, loop_value_t *out) {
    (void)arg, (void)out;
    __atomic_store_n(&queued_ran, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static void count(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    CHECK_INT(ev->status, 0);
    ++*(int *)user;
}

static void never(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev, (void)user;
    CHECK(!"a callback of a refused call ran");
}

/* A server that takes connections (the system does, into its queue) and never answers. */
static int listen_and_stall(char *url, size_t room) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, 8) == 0 &&
          getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    snprintf(url, room, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    return fd;
}

static loop_t *make(int64_t free_wait_ns) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.workers = 1;
    options.free_wait_ns = free_wait_ns;
    SHOULD(loop_new(&options, &loop));
    return loop;
}

#define USER(kind) ((void *)(intptr_t)(kind))

/* A DNS server that never answers: nobody reads what the socket gets. */
static int bind_and_stall(char *address_out, size_t room) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
          getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    snprintf(address_out, room, "127.0.0.1:%d", ntohs(address.sin_port));
    return fd;
}

/* Starts one of every kind, up to a state in which the panic finds each at work. */
static void start_every_kind(loop_t *loop, int fd, const char *url, const char *dns_server,
                             const void *body, uint64_t body_len) {
    loop_http_t upload = LOOP_HTTP_INIT;
    loop_dns_t question = LOOP_DNS_INIT;
    timer_id = loop_set_timeout(loop, FAR, told, USER(TIMER));
    CHECK(timer_id > 0);
    CHECK(loop_set_interval(loop, FAR, told, USER(INTERVAL)) > 0);
    CHECK(loop_unref(loop, loop_set_timeout(loop, FAR, told, USER(UNREFERENCED))) == 0);
    SHOULD(loop_next_op(loop, FAR, "labelled"));
    CHECK(loop_set_timeout(loop, 2 * FAR, told, USER(DEADLINE)) > 0);
    descriptor_id = loop_poll_fd(loop, fd, LOOP_READABLE, LOOP_POLL_LEVEL, told, USER(DESCRIPTOR));
    CHECK(descriptor_id > 0);
    CHECK(loop_work(loop, pass_gate, &gate, "gate", told, USER(RUNNING_JOB)) > 0);
    CHECK(loop_http_get(loop, url, told, USER(REQUEST)) > 0);
    upload.method = "PUT";
    upload.url = url;
    upload.flags = LOOP_HTTP_BORROW_BODY | LOOP_HTTP_STREAM;
    upload.body = body;
    upload.body_len = body_len;
    CHECK(loop_http(loop, &upload, told, USER(UPLOAD)) > 0);
    CHECK(loop_tcp_listen(loop, "127.0.0.1", 0, told, USER(LISTENER)) > 0);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) > 0);
    gate_await(&gate.started);
    CHECK(loop_work(loop, must_not_run, NULL, NULL, told, USER(QUEUED_JOB)) > 0);
    CHECK(loop_start_prepare(loop, told, USER(PREPARE)) > 0);
    CHECK(loop_start_check(loop, told, USER(CHECK_WATCHER)) > 0);
    CHECK(loop_start_idle(loop, told, USER(IDLE)) > 0);
    CHECK(loop_set_immediate(loop, told, USER(IMMEDIATE)) > 0);
    CHECK(loop_watch_path(loop, "/", 0, told, USER(WATCH)) > 0);
    question.what = LOOP_DNS_QUERY;
    question.type = LOOP_DNS_A;
    question.name = "a.test";
    question.servers = dns_server;
    question.try_ns = FAR;
    CHECK(loop_dns(loop, &question, told, USER(QUESTION)) > 0);
    for (int i = 0; i < KINDS; i++)
        CHECK_INT(fates[i].events, 0);
}

static void reset(void) {
    memset(fates, 0, sizeof fates);
    queued_ran = ran_too_long = 0;
    gate_init(&gate);
}

/* The whole story of one panic. in_free: the final events come from loop_free instead of a run. */
static void tell(const fault_t *fault, int in_free) {
    enum { BODY = 1 << 22 };
    char url[64], dns_server[32];
    char *body = malloc(BODY);
    int ends[2] = {-1, -1}, others = 0, posts = 0;
    loop_t *loop = make(20 * MS), *other = make(0);
    int server = listen_and_stall(url, sizeof url);
    int quiet = bind_and_stall(dns_server, sizeof dns_server);
    reset();
    CHECK(body != NULL && loop != NULL && other != NULL && pipe2(ends, O_CLOEXEC) == 0);
    memset(body, 'x', BODY);
    start_every_kind(loop, ends[0], url, dns_server, body, BODY);
    CHECK(loop_set_timeout(other, MS, count, &others) > 0);
    inject(loop, fault);
    await_panic(loop, timer_id);
    CHECK(strstr(loop_last_panic(loop), fault->text) != NULL);
    CHECK(strstr(loop_last_panic(loop), "goroutine ") != NULL); /* its stack */
    CHECK_INT(loop_post(loop, 1, count, &posts), LOOP_EPANIC);

    /* A host function is running: what it uses is in use, so nothing has ended yet. */
    CHECK_INT(loop_free(loop), LOOP_EBUSY);
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), LOOP_EPANIC);
    CHECK_INT(loop_run_for(loop, LOOP_RUN_DEFAULT, 10 * MS), LOOP_EPANIC);
    for (int i = 0; i < KINDS; i++)
        CHECK_INT(fates[i].events, 0);
    sem_post(&gate.open);
    if (in_free) {
        int64_t rc, until = clock_ns() + 10 * SECOND;
        while ((rc = loop_free(loop)) == LOOP_EBUSY && clock_ns() < until) {
        }
        SHOULD(rc);
        free(body);
    } else {
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_EPANIC);
        memset(body, 0, BODY); /* nobody reads it any more */
        free(body);
    }
    for (int i = 0; i < KINDS; i++) {
        int good = fates[i].finals == 1 && fates[i].late == 0 && fates[i].events == 1 &&
                   fates[i].status == LOOP_EPANIC;
        if (!good)
            harness_fail(__FILE__, __LINE__, "%s, %s: %d final events, %d late, status %s",
                         fault->text, names[i], fates[i].finals, fates[i].late,
                         loop_err_name(fates[i].status));
    }
    CHECK(!ran_too_long);
    CHECK(!__atomic_load_n(&queued_ran, __ATOMIC_SEQ_CST));
    CHECK_INT(posts, 0);
    if (!in_free) {
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_EPANIC);
        SHOULD(loop_free(loop));
        for (int i = 0; i < KINDS; i++)
            CHECK_INT(fates[i].finals, 1);
    }

    CHECK_INT(loop_run(other, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(others, 1);
    SHOULD(loop_free(other));
    gate_destroy(&gate);
    close(server);
    close(quiet);
    close(ends[0]);
    close(ends[1]);
    harness.left_open += LEFT_OPEN;
}

static void a_panic_in_the_step_ends_every_kind_once_in_run(void) {
    tell(&faults[0], 0);
}

static void a_panic_in_a_goroutine_ends_every_kind_once_in_run(void) {
    tell(&faults[1], 0);
}

static void a_panic_in_an_engine_worker_ends_every_kind_once_in_run(void) {
    tell(&faults[2], 0);
}

static void loop_free_ends_every_kind_once_after_each_panic(void) {
    for (size_t i = 0; i < FAULTS; i++)
        tell(&faults[i], 1);
}

#define ITEM(call) call,

static void later_calls_return_epanic_and_call_nothing(void) {
    for (size_t i = 0; i < FAULTS; i++) {
        loop_t *loop = make(0);
        loop_http_t request = LOOP_HTTP_INIT;
        loop_stats_t stats = LOOP_STATS_INIT;
        loop_lane_stats_t lane = LOOP_LANE_STATS_INIT;
        loop_label_stats_t label = LOOP_LABEL_STATS_INIT;
        loop_address_t address;
        int64_t due, out, value;
        uint64_t first;
        int64_t id = loop_set_timeout(loop, FAR, told, USER(TIMER));
        reset();
        request.url = "http://127.0.0.1/";
        inject(loop, &faults[i]);
        await_panic(loop, id);
        const int64_t answers[] = {
            loop_set_timeout(loop, 0, never, NULL),
            loop_set_interval(loop, 1, never, NULL),
            loop_set_timer_at(loop, 0, never, NULL),
            loop_set_immediate(loop, never, NULL),
            loop_next_tick(loop, never, NULL),
            loop_queue_microtask(loop, never, NULL),
            loop_start_idle(loop, never, NULL),
            loop_start_prepare(loop, never, NULL),
            loop_start_check(loop, never, NULL),
            loop_poll_fd(loop, 0, LOOP_READABLE, LOOP_POLL_LEVEL, never, NULL),
            loop_poll_modify(loop, id, LOOP_READABLE),
            loop_write(loop, id, "", 0, never, NULL),
            loop_write_borrowed(loop, id, "", 0, never, NULL),
            loop_end(loop, id),
            loop_pause(loop, id),
            loop_resume(loop, id),
            loop_work(loop, must_not_run, NULL, NULL, never, NULL),
            loop_work_lane(loop, LOOP_LANE_CPU, must_not_run, NULL, NULL, never, NULL),
            loop_set_workers(loop, LOOP_LANE_HOST, 2),
            loop_set_queue_limit(loop, LOOP_LANE_HOST, 2),
            loop_http(loop, &request, never, NULL),
            loop_http_get(loop, request.url, never, NULL),
            loop_watch_path(loop, "/", 0, never, NULL),
            EACH_CRYPTO_CALL(ITEM, loop, never) EACH_FS_CALL(ITEM, loop, never)
                EACH_ZIP_CALL(ITEM, loop, never) EACH_DNS_CALL(ITEM, loop, never)
                    EACH_NET_MAKER(ITEM, loop, never)
                        EACH_NET_CALL(ITEM, loop, id, never, &address, &value)
                            loop_post(loop, 0, never, NULL),
            loop_hold(loop),
            loop_close(loop),
            loop_alive(loop),
            loop_now(loop),
            loop_backend_fd(loop),
            loop_backend_timeout(loop, &out),
            loop_take_ids(loop, 1, &first),
            loop_next_op(loop, MS, NULL),
            loop_ref(loop, id),
            loop_unref(loop, id),
            loop_has_ref(loop, id),
            loop_cancel(loop, id),
            loop_clear(loop, id),
            loop_clear_timer(loop, id),
            loop_refresh_timer(loop, id),
            loop_timer_due_in(loop, id, &due),
            loop_stats(loop, &stats),
            loop_stats_lane(loop, LOOP_LANE_HOST, &lane),
            loop_stats_label(loop, 0, &label),
            loop_stats_reset(loop),
            loop_trace(loop, NULL, NULL),
            loop_trace_fd(loop, -1, LOOP_TRACE_JSON),
        };
        for (size_t k = 0; k < sizeof answers / sizeof answers[0]; k++)
            if (answers[k] != LOOP_EPANIC)
                harness_fail(__FILE__, __LINE__, "call %zu: want LOOP_EPANIC, got %" PRId64, k,
                             answers[k]);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_EPANIC);
        CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), LOOP_EPANIC);
        CHECK_INT(loop_run_for(loop, LOOP_RUN_DEFAULT, MS), LOOP_EPANIC);
        CHECK_INT(fates[TIMER].finals, 1);
        SHOULD(loop_free(loop));
        gate_destroy(&gate);
        harness.left_open += LEFT_OPEN;
    }
}

/* What was asked for while the panic happened ends, too: whether or not the engine took it. */
static void what_is_asked_for_during_a_panic_ends_once(void) {
    for (int round = 0; round < 20; round++) {
        loop_t *loop = make(0);
        int asked = 0;
        reset();
        inject(loop, &faults[1 + round % 2]);
        for (int i = 0; i < IMMEDIATE; i++, asked++) {
            int64_t id = loop_set_timeout(loop, FAR, told, USER(i));
            CHECK(id > 0);
        }
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_EPANIC);
        for (int i = 0; i < asked; i++) {
            CHECK_INT(fates[i].events, 1);
            CHECK_INT(fates[i].status, LOOP_EPANIC);
        }
        SHOULD(loop_free(loop));
        gate_destroy(&gate);
        harness.left_open += LEFT_OPEN;
    }
}

static void open_library(void) {
    loop_t *loop = NULL;
    if (loop_new(NULL, &loop) == 0)
        loop_free(loop);
}

TEST_MAIN(open_library(), T(a_panic_in_the_step_ends_every_kind_once_in_run),
          T(a_panic_in_a_goroutine_ends_every_kind_once_in_run),
          T(a_panic_in_an_engine_worker_ends_every_kind_once_in_run),
          T(loop_free_ends_every_kind_once_after_each_panic),
          T(later_calls_return_epanic_and_call_nothing),
          T(what_is_asked_for_during_a_panic_ends_once))
