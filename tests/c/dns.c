/* SPDX-License-Identifier: MIT
 *
 * Names from C: lookups, reverse lookups and queries, and what walks their answers.
 */
#include "dns_server.h"

static dns_server_t server;

typedef struct heard {
    char text[512];
    int finals;
} heard_t;

static void append(char *text, size_t room, const char *format, ...) {
    size_t at = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + at, room - at, format, args);
    va_end(args);
}

#define APPEND(...) append(heard->text, sizeof heard->text, __VA_ARGS__)

static void describe(heard_t *heard, const loop_dns_record_t *record) {
    char ip[INET6_ADDRSTRLEN] = "";
    const uint32_t numbers[] = {record->priority, record->weight, record->port,
                                record->flags,    record->serial, record->refresh,
                                record->retry,    record->expire, record->minimum};
    APPEND("%s%u", heard->text[0] != '\0' ? "; " : "", record->type);
    if (record->family != 0)
        APPEND(" %s",
               inet_ntop(record->family == 4 ? AF_INET : AF_INET6, record->ip, ip, sizeof ip));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i] != 0)
            APPEND(" %u", numbers[i]);
    for (uint32_t i = 0; i < record->text_count; i++) {
        uint64_t len = 0;
        const char *text = loop_dns_text(record, i, &len);
        CHECK(text != NULL && text[len] == '\0');
        APPEND(" %s", len == 0 ? "-" : len > strlen(text) ? "(with a NUL)" : text);
    }
    CHECK(loop_dns_text(record, record->text_count, NULL) == NULL);
    if (record->ttl != 0)
        APPEND(" %us", record->ttl);
}

CB(hear) {
    heard_t *heard = user;
    const loop_dns_record_t *record = NULL;
    int64_t count = 0;
    (void)loop;
    CHECK((ev->flags & LOOP_EV_MORE) == 0 && ev->code == LOOP_OP_DNS);
    heard->finals++;
    if (ev->status != 0) {
        APPEND("%s %d %.*s", loop_err_name(ev->status), (int)ev->aux, (int)ev->len,
               (const char *)ev->data);
        CHECK(loop_dns_next(ev, NULL) == NULL);
        return;
    }
    CHECK_INT(loop_event_kind(ev), LOOP_KIND_BYTES);
    while ((record = loop_dns_next(ev, record)) != NULL) {
        CHECK((uintptr_t)record % 8 == 0);
        describe(heard, record);
        count++;
    }
    CHECK_INT(count, ev->num);
}

/* The text without the server's address. */
static const char *told(heard_t *heard) {
    char *at = strstr(heard->text, ": 127.0.0.1:");
    if (at != NULL)
        *at = '\0';
    CHECK_INT(heard->finals, 1);
    return heard->text;
}

static void ask(const char *name, uint32_t type, const char *want) {
    loop_t *loop = new_loop();
    loop_dns_t request = dns_query(&server, name, type);
    heard_t heard = {"", 0};
    CHECK_ID(loop_dns(loop, &request, hear, &heard));
    run_and_free(loop);
    CHECK_STR(told(&heard), want);
}

static void every_type_of_record_has_its_fields(void) {
    start_dns(&server);
    ask("a.test", LOOP_DNS_A, "1 192.0.2.1 60s; 1 192.0.2.2 60s");
    ask("A.Test.", LOOP_DNS_AAAA, "28 2001:db8::1 60s");
    ask("a.test", LOOP_DNS_MX, "15 10 mail.a.test 60s");
    ask("a.test", LOOP_DNS_TXT, "16 one (with a NUL) - 60s");
    ask("a.test", LOOP_DNS_SRV, "33 1 2 3 host 60s");
    ask("a.test", LOOP_DNS_CAA, "257 128 issue ca.test 60s");
    ask("a.test", LOOP_DNS_SOA, "6 1 2 3 4 5 ns admin 60s");
    ask("a.test", LOOP_DNS_NAPTR, "35 1 2 s SIP+D2U !! sip 60s");
    ask("a.test", LOOP_DNS_NS, "2 name 60s");
    ask("a.test", LOOP_DNS_CNAME, "5 name 60s");
    ask("a.test", LOOP_DNS_PTR, "12 name 60s");
    CHECK_INT(server.asked, 11);
    stop_dns(&server);
}

static void no_answer_says_why(void) {
    start_dns(&server);
    ask("missing.test", LOOP_DNS_MX, "LOOP_EDNS 1 dns MX missing.test: no such name (NXDOMAIN)");
    ask("nothing.test", LOOP_DNS_A, "LOOP_EDNS 2 dns A nothing.test: no record of this type");
    ask("failing.test", LOOP_DNS_A, "LOOP_EDNS 3 dns A failing.test: the server failed (SERVFAIL)");
    ask("refused.test", LOOP_DNS_A, "LOOP_EDNS 4 dns A refused.test: the server refuses (REFUSED)");
    ask("garbled.test", LOOP_DNS_A, "LOOP_EDNS 5 dns A garbled.test: the answer is garbled");
    ask("circle.test", LOOP_DNS_A, "LOOP_EDNS 5 dns A circle.test: aliases in a circle");
    CHECK_INT(server.asked, 6);
    ask("", LOOP_DNS_A, "LOOP_EDNS 6 dns A : this is no name");
    ask("a..test", LOOP_DNS_TXT, "LOOP_EDNS 6 dns TXT a..test: this is no name");
    CHECK_INT(server.asked, 6);
    stop_dns(&server);
}

static void look_up(const char *name, uint32_t family, uint32_t flags, const char *want) {
    loop_t *loop = new_loop();
    heard_t heard = {"", 0};
    CHECK_ID(loop_dns_lookup(loop, name, family, flags, hear, &heard));
    CHECK_INT(heard.finals, 0);
    run_and_free(loop);
    CHECK_STR(told(&heard), want);
}

static void an_address_is_its_own_answer(void) {
    look_up("192.0.2.1", 0, 0, "1 192.0.2.1");
    look_up("192.0.2.1", 4, LOOP_DNS_IPV6_FIRST, "1 192.0.2.1");
    look_up("::ffff:192.0.2.1", 0, 0, "1 192.0.2.1");
    look_up("2001:DB8::1", 6, 0, "28 2001:db8::1");
    look_up("192.0.2.1", 6, 0, "LOOP_EDNS 1 dns lookup 192.0.2.1: no address of this family");
    look_up("127.1", 0, 0, "LOOP_EDNS 6 dns lookup 127.1: this is no name");
    look_up("anything.localhost", 4, 0, "1 127.0.0.1");
    look_up("anything.localhost", 0, LOOP_DNS_IPV6_FIRST, "28 ::1; 1 127.0.0.1");
}

static void an_address_has_names(void) {
    loop_t *loop = new_loop();
    heard_t heard = {"", 0}, local = {"", 0}, none = {"", 0};
    start_dns(&server);
    loop_dns_t request = dns_query(&server, "192.0.2.1", 0);
    request.what = LOOP_DNS_REVERSE;
    CHECK_ID(loop_dns(loop, &request, hear, &heard));
    CHECK_ID(loop_dns_reverse(loop, "127.0.0.1", hear, &local));
    CHECK_ID(loop_dns_reverse(loop, "localhost", hear, &none));
    run_and_free(loop);
    CHECK_STR(told(&heard), "12 name 60s");
    CHECK(strncmp(told(&local), "12 localhost", 12) == 0); /* of the hosts file */
    CHECK_STR(told(&none), "LOOP_EINVAL 0 dns reverse localhost: no address");
    stop_dns(&server);
}

static void a_name_may_be_given_with_its_length(void) {
    loop_t *loop = new_loop();
    loop_dns_t request = LOOP_DNS_INIT;
    heard_t heard = {"", 0};
    request.what = LOOP_DNS_LOOKUP;
    request.name = "192.0.2.1234";
    request.name_len = 9;
    CHECK_ID(loop_dns(loop, &request, hear, &heard));
    run_and_free(loop);
    CHECK_STR(told(&heard), "1 192.0.2.1");
}

static void a_question_is_copied(void) {
    loop_t *loop = new_loop();
    heard_t heard = {"", 0};
    char name[] = "a.test", address[32];
    start_dns(&server);
    loop_dns_t request = dns_query(&server, name, LOOP_DNS_AAAA);
    strcpy(address, server.address);
    request.servers = address;
    CHECK_ID(loop_dns(loop, &request, hear, &heard));
    memset(name, 'x', sizeof name - 1);
    memset(address, 'x', sizeof address - 1);
    memset(&request, 0xff, sizeof request);
    run_and_free(loop);
    CHECK_STR(told(&heard), "28 2001:db8::1 60s");
    stop_dns(&server);
}

static void the_next_server_is_asked_when_one_is_silent(void) {
    loop_t *loop = new_loop();
    heard_t heard = {"", 0};
    char both[64];
    start_dns(&server);
    /* A socket that nobody reads from: silence. */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(bind(fd, (struct sockaddr *)&address, len) == 0 &&
          getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    snprintf(both, sizeof both, "127.0.0.1:%d,%s", ntohs(address.sin_port), server.address);
    loop_dns_t request = dns_query(&server, "a.test", LOOP_DNS_AAAA);
    request.servers = both;
    request.tries = 100; /* a machine under load may be silent, too */
    request.try_ns = 100 * MS;
    CHECK_ID(loop_dns(loop, &request, hear, &heard));
    run_and_free(loop);
    CHECK_STR(told(&heard), "28 2001:db8::1 60s");
    CHECK(close(fd) == 0);
    stop_dns(&server);
}

static void silence_of_every_server_is_a_timeout(void) {
    loop_t *loop = new_loop();
    heard_t heard = {"", 0};
    start_dns(&server);
    loop_dns_t request = dns_query(&server, "silent.test", LOOP_DNS_A);
    request.tries = 2;
    request.try_ns = MS;
    CHECK_ID(loop_dns(loop, &request, hear, &heard));
    run_and_free(loop);
    CHECK_STR(told(&heard), "LOOP_ETIMEDOUT 0 dns A silent.test: no answer");
    stop_dns(&server);
}

static char traced[256];

static void note(const loop_trace_t *record, void *user) {
    (void)user;
    if (record->kind == LOOP_TRACE_REGISTER || record->kind == LOOP_TRACE_READY ||
        record->kind == LOOP_TRACE_EVENT)
        append(traced, sizeof traced, "%u %s %u; ", record->kind, record->label, record->code);
}

static void traces_tell_of_questions(void) {
    loop_t *loop = new_loop();
    heard_t a = {"", 0}, b = {"", 0};
    traced[0] = '\0';
    CHECK_CODE(loop_trace(loop, note, NULL), LOOP_OK);
    CHECK_ID(loop_dns_lookup(loop, "192.0.2.1", 0, 0, hear, &a));
    CHECK_CODE(loop_next_op(loop, 0, "mine"), LOOP_OK);
    CHECK_ID(loop_dns_lookup(loop, "192.0.2.2", 0, 0, hear, &b));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(loop_trace(loop, NULL, NULL), LOOP_OK);
    CHECK_STR(traced, "1 dns 15; 1 mine 15; 10 dns 15; 7 dns 15; 10 mine 15; 7 mine 15; ");
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

TEST_MAIN(warm_up(), T(every_type_of_record_has_its_fields), T(no_answer_says_why),
          T(an_address_is_its_own_answer), T(an_address_has_names),
          T(a_name_may_be_given_with_its_length), T(a_question_is_copied),
          T(the_next_server_is_asked_when_one_is_silent), T(silence_of_every_server_is_a_timeout),
          T(traces_tell_of_questions))
