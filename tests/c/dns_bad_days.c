/* SPDX-License-Identifier: MIT
 *
 * Questions about names that end before their answer, wrong questions, and very many at a time.
 */
#include "dns_server.h"

#include <sys/resource.h>

static dns_server_t server;

typedef struct end {
    int finals;
    int32_t status;
    char text[128];
} end_t;

CB(hear) {
    end_t *end = user;
    (void)loop;
    CHECK((ev->flags & (LOOP_EV_MORE | LOOP_EV_OUTCOME)) == 0);
    end->finals++;
    end->status = ev->status;
    snprintf(end->text, sizeof end->text, "%.*s", ev->status != 0 ? (int)ev->len : 0,
             ev->data != NULL ? (const char *)ev->data : "");
}

static int64_t cancelled; /* the id that ends when the server has heard the question */

CB(cancel_it) {
    (void)ev, (void)user;
    CHECK_CODE(loop_cancel(loop, cancelled), LOOP_OK);
}

CB(clear_it) {
    (void)ev, (void)user;
    CHECK_CODE(loop_clear(loop, cancelled), LOOP_OK);
}

CB(close_it) {
    (void)ev, (void)user;
    CHECK_CODE(loop_close(loop), LOOP_OK);
}

/* Asks what is not answered; when the question has come, heard is called. */
static end_t interrupted(loop_cb heard, int64_t timeout_ns) {
    loop_t *loop = new_loop();
    end_t end = {0, 0, ""};
    start_dns(&server);
    server.heard = heard;
    __atomic_store_n(&server.heard_by, heard != NULL ? loop : NULL, __ATOMIC_SEQ_CST);
    loop_dns_t request = dns_query(&server, "silent.test", LOOP_DNS_A);
    if (timeout_ns > 0)
        CHECK_CODE(loop_next_op(loop, timeout_ns, NULL), LOOP_OK);
    CHECK_ID(cancelled = loop_dns(loop, &request, hear, &end));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0); /* the patience of a try would be an hour */
    CHECK_CODE(loop_free(loop), LOOP_OK);
    stop_dns(&server);
    return end;
}

static void cancel_ends_the_asking(void) {
    end_t end = interrupted(cancel_it, 0);
    CHECK_INT(end.finals, 1);
    CHECK_CODE(end.status, LOOP_ECANCELED);
    CHECK_STR(end.text, "dns A silent.test");
}

static void clear_ends_the_asking_without_a_word(void) {
    end_t end = interrupted(clear_it, 0);
    CHECK_INT(end.finals, 0);
}

static void close_ends_the_asking(void) {
    end_t end = interrupted(close_it, 0);
    CHECK_INT(end.finals, 1);
    CHECK_CODE(end.status, LOOP_ECANCELED);
}

static void a_deadline_ends_the_asking(void) {
    end_t end = interrupted(NULL, MS);
    CHECK_INT(end.finals, 1);
    CHECK_CODE(end.status, LOOP_ETIMEDOUT);
    CHECK_STR(end.text, "dns A silent.test");
}

static void free_ends_what_is_asked(void) {
    loop_t *loop = new_loop();
    end_t ends[200] = {{0, 0, ""}};
    start_dns(&server);
    loop_dns_t request = dns_query(&server, "silent.test", LOOP_DNS_A);
    for (int i = 0; i < 200; i++) /* also some that wait for their turn */
        CHECK_ID(loop_dns(loop, &request, hear, &ends[i]));
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), 200);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    for (int i = 0; i < 200; i++) {
        CHECK_INT(ends[i].finals, 1);
        CHECK_CODE(ends[i].status, LOOP_ECANCELED);
    }
    stop_dns(&server);
}

CB(stop_it) {
    (void)ev, (void)user;
    CHECK_CODE(loop_stop(loop), LOOP_OK);
}

static void an_unreferenced_question_keeps_no_loop_alive(void) {
    loop_t *loop = new_loop();
    end_t end = {0, 0, ""};
    start_dns(&server);
    loop_dns_t request = dns_query(&server, "silent.test", LOOP_DNS_A);
    int64_t id = loop_dns(loop, &request, hear, &end);
    CHECK_INT(loop_alive(loop), 1);
    CHECK_CODE(loop_unref(loop, id), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(end.finals, 0);
    CHECK_CODE(loop_ref(loop, id), LOOP_OK);
    CHECK_ID(loop_set_timeout(loop, 1, stop_it, NULL));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 1);
    CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
    run_and_free(loop);
    CHECK_CODE(end.status, LOOP_ECANCELED);
    stop_dns(&server);
}

enum { MANY = 2000 };

/* The pool has no part in it: its limit does not count. */
static void two_thousand_questions_take_few_descriptors(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    struct rlimit was, few;
    int answered = 0;
    options.queue_limit = 1;
    CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
    start_dns(&server);
    loop_dns_t request = dns_query(&server, "a.test", LOOP_DNS_A);
    request.tries = 100; /* datagrams may be lost */
    request.try_ns = SECOND;
    CHECK(getrlimit(RLIMIT_NOFILE, &was) == 0);
    few = was;
    few.rlim_cur = 256;
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    for (int i = 0; i < MANY; i++)
        CHECK_ID(loop_dns(loop, &request, count_event, &answered));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK(setrlimit(RLIMIT_NOFILE, &was) == 0);
    CHECK_INT(answered, MANY);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    stop_dns(&server);
}

static void without_descriptors_a_question_says_so(void) {
    loop_t *loop = new_loop();
    end_t query = {0, 0, ""}, lookup = {0, 0, ""}, literal = {0, 0, ""};
    int fds[1024], n = 0, count = 0;
    start_dns(&server);
    CHECK_ID(loop_set_timeout(loop, 0, count_event, &count));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0); /* the loop has what it needs */
    struct rlimit was, few;
    CHECK(getrlimit(RLIMIT_NOFILE, &was) == 0);
    few = was;
    few.rlim_cur = 64;
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    while (n < 1024 && (fds[n] = dup(0)) >= 0)
        n++;
    loop_dns_t request = dns_query(&server, "a.test", LOOP_DNS_A);
    CHECK_ID(loop_dns(loop, &request, hear, &query));
    CHECK_ID(loop_dns_lookup(loop, "a.test.", 0, 0, hear, &lookup));
    CHECK_ID(loop_dns_lookup(loop, "192.0.2.1", 0, 0, hear, &literal));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    while (n > 0)
        CHECK(close(fds[--n]) == 0);
    CHECK(setrlimit(RLIMIT_NOFILE, &was) == 0);
    CHECK_CODE(query.status, LOOP_EMFILE);
    CHECK(strncmp(query.text, "dns A a.test: ", 14) == 0);
    CHECK_CODE(lookup.status, LOOP_EMFILE);
    CHECK_CODE(literal.status, LOOP_OK);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    stop_dns(&server);
}

static void servers_that_are_none_are_told_of(void) {
    static const char *const wrong[] = {
        "", " ", "localhost", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1;127.0.0.1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        loop_t *loop = new_loop();
        end_t end = {0, 0, ""};
        loop_dns_t request = dns_query(&server, "a.test", LOOP_DNS_A);
        request.servers = wrong[i];
        CHECK_ID(loop_dns(loop, &request, hear, &end));
        run_and_free(loop);
        CHECK_INT(end.finals, 1);
        CHECK_CODE(end.status, LOOP_EINVAL);
    }
}

#define REFUSES(change)                                                                            \
    do {                                                                                           \
        loop_dns_t request = LOOP_DNS_INIT;                                                        \
        request.what = LOOP_DNS_QUERY;                                                             \
        request.type = LOOP_DNS_A;                                                                 \
        request.name = "a.test";                                                                   \
        change;                                                                                    \
        CHECK_CODE(loop_dns(loop, &request, hear, &end), LOOP_EINVAL);                             \
    } while (0)

static void questions_that_are_none_are_refused(void) {
    loop_t *loop = new_loop();
    end_t end = {0, 0, ""};
    CHECK_CODE(loop_dns(loop, NULL, hear, &end), LOOP_EINVAL);
    CHECK_CODE(loop_dns_lookup(loop, NULL, 0, 0, hear, &end), LOOP_EINVAL);
    CHECK_CODE(loop_dns_lookup(loop, "192.0.2.1", 0, 0, NULL, &end), LOOP_EINVAL);
    CHECK_CODE(loop_dns_lookup(loop, "192.0.2.1", 1, 0, hear, &end), LOOP_EINVAL);
    CHECK_CODE(loop_dns_lookup(loop, "192.0.2.1", 0, 3, hear, &end), LOOP_EINVAL);
    CHECK_CODE(loop_dns_lookup(loop, "192.0.2.1", 0, 0x80000000u, hear, &end), LOOP_EINVAL);
    CHECK_CODE(loop_dns_reverse(loop, NULL, hear, &end), LOOP_EINVAL);
    CHECK_CODE(loop_dns_reverse(loop, "192.0.2.1", NULL, &end), LOOP_EINVAL);
    CHECK_CODE(loop_dns_query(loop, NULL, LOOP_DNS_A, hear, &end), LOOP_EINVAL);
    CHECK_CODE(loop_dns_query(loop, "a.test", 0, hear, &end), LOOP_EINVAL);
    CHECK_CODE(loop_dns_query(loop, "a.test", 3, hear, &end), LOOP_EINVAL);
    CHECK_CODE(loop_dns_query(loop, "a.test", 65536 + LOOP_DNS_A, hear, &end), LOOP_EINVAL);
    CHECK_CODE(loop_dns_query(loop, "a.test", LOOP_DNS_A, NULL, &end), LOOP_EINVAL);
    REFUSES(request.size = 0);
    REFUSES(request.size--);
    REFUSES(request.what = 0);
    REFUSES(request.what = 4);
    REFUSES(request.what = UINT32_MAX);
    REFUSES(request.what = LOOP_DNS_LOOKUP); /* which takes no type */
    REFUSES(request.what = LOOP_DNS_REVERSE);
    REFUSES(request.flags = LOOP_DNS_IPV4_FIRST);
    REFUSES(request.family = 4);
    REFUSES(request.name = NULL);
    REFUSES((request.name = "a\0b", request.name_len = 3));
    REFUSES(request.name_len = UINT32_MAX); /* not read: it would end the program */
    REFUSES(request.servers_len = 1);
    REFUSES((request.servers = "a\0b", request.servers_len = 3));
    REFUSES((request.servers = "127.0.0.1", request.servers_len = UINT32_MAX));
    REFUSES(request.tries = 101);
    REFUSES(request.try_ns = -1);
    REFUSES(request.try_ns = INT64_MIN);
    REFUSES(request.try_ns = 3600 * SECOND + 1);
    REFUSES((request.what = LOOP_DNS_LOOKUP, request.type = 0, request.tries = 1));
    REFUSES((request.what = LOOP_DNS_LOOKUP, request.type = 0, request.try_ns = 1));
    REFUSES((request.what = LOOP_DNS_LOOKUP, request.type = 0, request.servers = "127.0.0.1"));
    REFUSES((request.what = LOOP_DNS_REVERSE, request.type = 0, request.flags = 1));
    run_and_free(loop);
    CHECK_INT(end.finals, 0);
}

static void a_name_of_a_megabyte_is_none(void) {
    size_t len = 1 << 20;
    char *name = malloc(len + 1);
    loop_t *loop = new_loop();
    end_t end = {0, 0, ""};
    memset(name, 'a', len);
    name[len] = '\0';
    CHECK_ID(loop_dns_lookup(loop, name, 0, 0, hear, &end));
    free(name);
    run_and_free(loop);
    CHECK_CODE(end.status, LOOP_EDNS);
    CHECK(strncmp(end.text, "dns lookup aaaa", 15) == 0);
}

static void what_is_no_answer_has_no_records(void) {
    const loop_event_t timer = {
        .code = LOOP_OP_TIMER, .flags = LOOP_KIND_BYTES, .data = "", .len = 1};
    const loop_event_t empty = {.code = LOOP_OP_DNS, .flags = LOOP_KIND_BYTES};
    const loop_event_t failed = {
        .code = LOOP_OP_DNS, .status = LOOP_EDNS, .flags = LOOP_KIND_ERROR, .data = "x", .len = 1};
    loop_dns_record_t record = {.size = sizeof record};
    uint64_t len = 7;
    CHECK(loop_dns_next(NULL, NULL) == NULL);
    CHECK(loop_dns_next(&timer, NULL) == NULL);
    CHECK(loop_dns_next(&empty, NULL) == NULL);
    CHECK(loop_dns_next(&failed, NULL) == NULL);
    CHECK(loop_dns_text(NULL, 0, &len) == NULL);
    CHECK(loop_dns_text(&record, 0, &len) == NULL);
    CHECK(loop_dns_text(&record, UINT32_MAX, NULL) == NULL);
    CHECK_INT(len, 7);
}

TEST_MAIN(warm_up(), T(cancel_ends_the_asking), T(clear_ends_the_asking_without_a_word),
          T(close_ends_the_asking), T(a_deadline_ends_the_asking), T(free_ends_what_is_asked),
          T(an_unreferenced_question_keeps_no_loop_alive),
          T(two_thousand_questions_take_few_descriptors), T(without_descriptors_a_question_says_so),
          T(servers_that_are_none_are_told_of), T(questions_that_are_none_are_refused),
          T(a_name_of_a_megabyte_is_none), T(what_is_no_answer_has_no_records))
