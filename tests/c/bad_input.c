/* SPDX-License-Identifier: MIT
 *
 * NULL and numbers out of range: each call gives its code, calls nothing, and leaves the loop as it
 * was.
 */
#include "every_call.h"

#include <sys/mman.h>

static const loop_cb cb = must_not_be_called;

/* Nothing was made, and the loop still works. */
static void check_unharmed(loop_t *loop) {
    int fired = 0;
    CHECK_INT(loop_alive(loop), 0);
    CHECK_ID(loop_set_timeout(loop, 0, count_event, &fired));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(fired, 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void every_call_refuses_a_null_loop(void) {
    answers_t answers = {.count = 0};
    loop_event_t event;
    call_makers(NULL, &answers);
    call_on_id(NULL, 1, &answers);
    call_the_rest(NULL, &answers);
    call_of_any_thread(NULL, &answers);
    CHECK_ANSWERS(&answers, LOOP_EINVAL);
    CHECK_INT(answers.count, 161);
    CHECK_CODE(loop_free(NULL), LOOP_OK);
    CHECK_STR(loop_last_panic(NULL), "");
    CHECK_STR(loop_backend_name(NULL), "");
    memset(&event, 0, sizeof event);
    event.data = "text";
    event.len = 4;
    CHECK(loop_retain(NULL, &event) == NULL);
    loop_release(NULL);
}

static void null_arguments_are_refused(void) {
    loop_t *loop = new_loop();
    loop_http_t request = LOOP_HTTP_INIT;
    int64_t far = loop_set_timeout(loop, SECOND, cb, NULL);
    CHECK_CODE(loop_new(NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_set_timeout(loop, 0, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_set_interval(loop, 1, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_set_timer_at(loop, 0, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_set_immediate(loop, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_next_tick(loop, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_queue_microtask(loop, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_start_idle(loop, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_start_prepare(loop, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_start_check(loop, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_poll_fd(loop, 0, LOOP_READABLE, LOOP_POLL_LEVEL, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_work(loop, NULL, NULL, NULL, cb, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_work(loop, must_not_run, NULL, NULL, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_work_lane(loop, LOOP_LANE_CPU, NULL, NULL, NULL, cb, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_http(loop, NULL, cb, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_http(loop, &request, cb, NULL), LOOP_EINVAL); /* no URL */
    CHECK_CODE(loop_http_get(loop, NULL, cb, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_http_get(loop, "http://127.0.0.1/", NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_timer_due_in(loop, far, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_take_ids(loop, 1, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_backend_timeout(loop, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_turn(NULL), LOOP_EINVAL);
    CHECK_CODE(loop_dispatch(loop, NULL, 1), LOOP_EINVAL);
    CHECK_INT(loop_dispatch(loop, NULL, 0), 0);
    CHECK(loop_retain(loop, NULL) == NULL);
    CHECK_CODE(loop_clear(loop, far), LOOP_OK);
    check_unharmed(loop);
}

static void numbers_out_of_range_are_refused(void) {
    static const uint32_t interests[] = {0, LOOP_HANGUP, LOOP_ERROR, 0x10, UINT32_MAX};
    static const uint32_t modes[] = {LOOP_POLL_ONESHOT | LOOP_POLL_EDGE, 1, 2, 0x10, UINT32_MAX};
    static const uint32_t runs[] = {3, 0x20, LOOP_RUN_INTR | 3, UINT32_MAX};
    loop_t *loop = new_loop();
    uint64_t first;
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    int64_t id = loop_poll_fd(loop, ends[0], LOOP_READABLE, LOOP_POLL_LEVEL, cb, NULL);
    CHECK_CODE(loop_set_timeout(loop, -1, cb, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_set_timeout(loop, INT64_MIN, cb, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_set_interval(loop, 0, cb, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_set_interval(loop, -1, cb, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_poll_fd(loop, -1, LOOP_READABLE, LOOP_POLL_LEVEL, cb, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_poll_fd(loop, INT32_MIN, LOOP_READABLE, 0, cb, NULL), LOOP_EINVAL);
    for (size_t i = 0; i < sizeof interests / sizeof interests[0]; i++) {
        CHECK_CODE(loop_poll_fd(loop, ends[1], interests[i], 0, cb, NULL), LOOP_EINVAL);
        CHECK_CODE(loop_poll_modify(loop, id, interests[i]), LOOP_EINVAL);
    }
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        CHECK_CODE(loop_poll_fd(loop, ends[1], LOOP_WRITABLE, modes[i], cb, NULL), LOOP_EINVAL);
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        CHECK_CODE(loop_run(loop, runs[i]), LOOP_EINVAL);
        CHECK_CODE(loop_run_for(loop, runs[i], 0), LOOP_EINVAL);
    }
    CHECK_CODE(loop_run_for(loop, LOOP_RUN_DEFAULT, -1), LOOP_EINVAL);
    CHECK_CODE(loop_work_lane(loop, LOOP_LANES, must_not_run, NULL, NULL, cb, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_work_lane(loop, UINT32_MAX, must_not_run, NULL, NULL, cb, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_set_workers(loop, LOOP_LANES, 1), LOOP_EINVAL);
    CHECK_CODE(loop_set_workers(loop, LOOP_LANE_HOST, 0), LOOP_EINVAL);
    CHECK_CODE(loop_set_workers(loop, LOOP_LANE_HOST, 1025), LOOP_EINVAL);
    CHECK_CODE(loop_set_queue_limit(loop, LOOP_LANES, 1), LOOP_EINVAL);
    CHECK_CODE(loop_take_ids(loop, 0, &first), LOOP_EINVAL);
    CHECK_CODE(loop_take_ids(loop, 1048577, &first), LOOP_EINVAL);
    CHECK_CODE(loop_trace_fd(loop, -2, LOOP_TRACE_JSON), LOOP_EINVAL);
    CHECK_CODE(loop_trace_fd(loop, 2, 0), LOOP_EINVAL);
    CHECK_CODE(loop_trace_fd(loop, 2, 3), LOOP_EINVAL);
    CHECK_CODE(loop_unhold(loop), LOOP_EINVAL);
    CHECK_CODE(loop_clear(loop, id), LOOP_OK);
    check_unharmed(loop);
    close(ends[0]);
    close(ends[1]);
}

static void a_label_that_is_none_is_refused(void) {
    static const char *const wrong[] = {
        "\x80",         "\xc0\xaf",         "\xc1\xbf",         "\xe0\x80\x80",
        "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
        "cut \xe2\x82", "cut \xf0\x9f\x98",
    };
    loop_t *loop = new_loop();
    char text[4098];
    memset(text, 'x', sizeof text);
    text[4097] = '\0';
    CHECK_CODE(loop_next_op(loop, 0, text), LOOP_EINVAL);
    CHECK_CODE(loop_next_op(loop, -1, NULL), LOOP_EINVAL);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_CODE(loop_next_op(loop, 0, wrong[i]), LOOP_EINVAL);
    text[4096] = '\0';
    CHECK_CODE(loop_next_op(loop, 0, text), LOOP_OK);
    CHECK_CODE(loop_next_op(loop, 0, "\xf0\x9f\x98\x80"), LOOP_OK);
    check_unharmed(loop);
}

/* Changes one thing in good options; loop_new refuses them and writes nothing. */
#define REFUSED_OPTION(change)                                                                     \
    do {                                                                                           \
        loop_options_t options = LOOP_OPTIONS_INIT;                                                \
        loop_t *loop = NULL;                                                                       \
        change;                                                                                    \
        CHECK_CODE(loop_new(&options, &loop), LOOP_EINVAL);                                        \
        if (loop != NULL)                                                                          \
            harness_fail(__FILE__, __LINE__, "a loop came with %s", #change);                      \
    } while (0)

static void options_out_of_range_are_refused(void) {
    REFUSED_OPTION(options.size = 0);
    REFUSED_OPTION(options.size = 7);
    REFUSED_OPTION(options.flags = 0x2);
    REFUSED_OPTION(options.flags = UINT32_MAX);
    REFUSED_OPTION(options.backend = 4);
    REFUSED_OPTION(options.workers = 1025);
    REFUSED_OPTION(options.event_capacity = 65537);
    REFUSED_OPTION(options.worker_idle_ns = -2);
    REFUSED_OPTION(options.free_wait_ns = -2);
    REFUSED_OPTION(options.ca_pem_len = 1);
}

static void options_of_a_newer_host_are_taken_when_the_rest_is_zero(void) {
    struct {
        loop_options_t known;
        uint64_t newer;
    } options = {LOOP_OPTIONS_INIT, 0};
    loop_t *loop = NULL;
    options.known.size = sizeof options;
    CHECK_CODE(loop_new(&options.known, &loop), LOOP_OK);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    options.newer = 1;
    CHECK_CODE(loop_new(&options.known, &loop), LOOP_EINVAL);
    /* The options an older host knew. */
    options.known.size = 8;
    CHECK_CODE(loop_new(&options.known, &loop), LOOP_OK);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* A size that no record has is not believed: behind these records nothing can be read. */
static void a_size_without_sense_is_not_read(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    loop_t *made = NULL, *loop = new_loop();
    REQUIRE(pages != MAP_FAILED && mprotect(pages + 2 * page, page, PROT_NONE) == 0);
    loop_options_t *options = (loop_options_t *)(void *)(pages + page);
    loop_http_t *request = (loop_http_t *)(void *)(pages + page);
    loop_crypto_t *crypto = (loop_crypto_t *)(void *)(pages + page);
    options->size = UINT32_MAX;
    CHECK_CODE(loop_new(options, &made), LOOP_EINVAL);
    CHECK(made == NULL);
    memset(options, 0, sizeof *options);
    request->size = UINT32_MAX;
    request->url = "http://127.0.0.1/";
    CHECK_CODE(loop_http(loop, request, cb, NULL), LOOP_EINVAL);
    memset(crypto, 0, sizeof *crypto);
    crypto->size = UINT32_MAX;
    crypto->what = LOOP_CRYPTO_RANDOM_BYTES;
    CHECK_CODE(loop_crypto(loop, crypto, cb, NULL), LOOP_EINVAL);
    munmap(pages, 3 * page);
    check_unharmed(loop);
}

#define REFUSED_REQUEST(change)                                                                    \
    do {                                                                                           \
        loop_http_t request = LOOP_HTTP_INIT;                                                      \
        request.url = "http://127.0.0.1/";                                                         \
        change;                                                                                    \
        if (loop_http(loop, &request, cb, NULL) != LOOP_EINVAL)                                    \
            harness_fail(__FILE__, __LINE__, "a request with %s is taken", #change);               \
    } while (0)

static void requests_that_are_none_are_refused(void) {
    loop_t *loop = new_loop();
    REFUSED_REQUEST(request.size = 0);
    REFUSED_REQUEST(request.size = sizeof request - 1);
    REFUSED_REQUEST(request.flags = 0x20);
    REFUSED_REQUEST(request.flags = UINT32_MAX);
    REFUSED_REQUEST(request.url = NULL);
    REFUSED_REQUEST(request.body_len = 1);
    check_unharmed(loop);
}

static void accessors_and_setters_refuse_null(void) {
    loop_value_t value;
    loop_event_t ev;
    int32_t flag;
    int64_t number;
    double real;
    const void *data;
    const char *text;
    uint64_t len;
    memset(&value, 0, sizeof value);
    memset(&ev, 0, sizeof ev);
    const int64_t answers[] = {
        loop_event_kind(NULL),
        loop_event_bool(NULL, &flag),
        loop_event_bool(&ev, NULL),
        loop_event_int(NULL, &number),
        loop_event_int(&ev, NULL),
        loop_event_double(NULL, &real),
        loop_event_double(&ev, NULL),
        loop_event_bytes(NULL, &data, &len),
        loop_event_bytes(&ev, NULL, &len),
        loop_event_bytes(&ev, &data, NULL),
        loop_event_string(NULL, &text, &len),
        loop_event_string(&ev, NULL, &len),
        loop_event_string(&ev, &text, NULL),
        loop_event_error(NULL, &text, &len),
        loop_event_error(&ev, NULL, &len),
        loop_event_error(&ev, &text, NULL),
        loop_http_header(NULL, "a", &text, &len),
        loop_http_header(&ev, NULL, &text, &len),
        loop_http_header(&ev, "a", NULL, &len),
        loop_http_header(&ev, "a", &text, NULL),
        loop_http_body(NULL, &data, &len),
        loop_http_body(&ev, NULL, &len),
        loop_http_body(&ev, &data, NULL),
        loop_value_set_bool(NULL, 1),
        loop_value_set_int(NULL, 1),
        loop_value_set_double(NULL, 1),
        loop_value_set_bytes(NULL, "a", 1),
        loop_value_set_bytes(&value, NULL, 1),
        loop_value_set_bytes(&value, "a", -1),
        loop_value_set_string(NULL, "a", 1),
        loop_value_set_string(&value, NULL, 1),
        loop_value_set_string(&value, NULL, -1),
        loop_value_set_error(NULL, "a", 1, 0),
        loop_value_set_error(&value, NULL, 1, 0),
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (answers[i] != LOOP_EINVAL)
            harness_fail(__FILE__, __LINE__, "number %zu: want LOOP_EINVAL, got %" PRId64, i,
                         answers[i]);
    CHECK_INT(value.kind, LOOP_KIND_UNDEFINED);
    CHECK(value.data == NULL);
    CHECK_CODE(loop_http_header(&ev, "a", &text, &len), LOOP_ETYPE);
    CHECK_CODE(loop_http_body(&ev, &data, &len), LOOP_ETYPE);
}

static void numbers_that_are_no_codes_have_words(void) {
    static const int64_t numbers[] = {1, -9999, INT64_MIN, INT64_MAX, -31};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        CHECK_STR(loop_err_name(numbers[i]), "LOOP_UNKNOWN");
        CHECK_STR(loop_strerror(numbers[i]), "unknown error");
    }
    CHECK_CODE(loop_err_from_errno(0), LOOP_OK);
    CHECK_CODE(loop_err_from_errno(-1), LOOP_ESYS);
    CHECK_CODE(loop_err_from_errno(INT32_MAX), LOOP_ESYS);
}

TEST_MAIN(warm_up(), T(every_call_refuses_a_null_loop), T(null_arguments_are_refused),
          T(numbers_out_of_range_are_refused), T(a_label_that_is_none_is_refused),
          T(options_out_of_range_are_refused),
          T(options_of_a_newer_host_are_taken_when_the_rest_is_zero),
          T(a_size_without_sense_is_not_read), T(requests_that_are_none_are_refused),
          T(accessors_and_setters_refuse_null), T(numbers_that_are_no_codes_have_words))
