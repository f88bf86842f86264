/* SPDX-License-Identifier: MIT
 *
 * HTTP servers that refuse, stall, reset, break off, talk garbage or never stop: each gives a named
 * error to its callback, once, and the loop goes on.
 */
#include "loops.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

typedef enum {
    SEND_AND_STALL, /* sends its text, then nothing until the client is gone */
    SEND_AND_CLOSE,
    SEND_AND_RESET,
    SEND_FOR_EVER, /* its text, then `more` until the client is gone */
    SEND_FIRST,    /* its text, without waiting for a request, then nothing */
} manner_t;

typedef struct server {
    int fd;
    pthread_t thread;
    char url[64];
    const char *text;
    const char *more;
    manner_t manner;
    int connections; /* atomic */
} server_t;

static int send_text(int fd, const char *text) {
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t n = send(fd, text, left, MSG_NOSIGNAL);
        if (n <= 0)
            return 0;
        text += n;
        left -= (size_t)n;
    }
    return 1;
}

/* Reads a request up to the empty line. */
static void read_request(int fd) {
    char last[4] = "";
    char c;
    while (memcmp(last, "\r\n\r\n", 4) != 0 && recv(fd, &c, 1, 0) == 1) {
        memmove(last, last + 1, 3);
        last[3] = c;
    }
}

static void until_gone(int fd) {
    char bytes[4096];
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
}

static void serve(const server_t *server, int fd) {
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    if (server->manner != SEND_FIRST)
        read_request(fd);
    int open = send_text(fd, server->text);
    switch (server->manner) {
    case SEND_FIRST:
    case SEND_AND_STALL:
        until_gone(fd);
        break;
    case SEND_AND_CLOSE:
        break;
    case SEND_AND_RESET:
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        break;
    case SEND_FOR_EVER:
        while (open)
            open = send_text(fd, server->more);
        break;
    }
    close(fd);
}

static void *accept_all(void *arg) {
    server_t *server = arg;
    for (;;) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        __atomic_add_fetch(&server->connections, 1, __ATOMIC_SEQ_CST);
        serve(server, fd);
    }
}

static int open_port(const char *scheme, char *url, size_t room) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
          getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    snprintf(url, room, "%s://127.0.0.1:%d/", scheme, ntohs(address.sin_port));
    return fd;
}

static void start_server(server_t *server, manner_t manner, const char *text, const char *more) {
    *server = (server_t){.text = text, .more = more, .manner = manner};
    server->fd = open_port("http", server->url, sizeof server->url);
    CHECK(listen(server->fd, 16) == 0);
    CHECK(pthread_create(&server->thread, NULL, accept_all, server) == 0);
}

static void end_server(server_t *server) {
    shutdown(server->fd, SHUT_RDWR); /* close alone does not wake accept */
    pthread_join(server->thread, NULL);
    close(server->fd);
}

/* ---- What came ------------------------------------------------------------------------------- */

typedef struct heard {
    int heads, chunks, finals, late;
    int32_t status;
    int subject; /* the text of the error names the request */
} heard_t;

static void hear(loop_t *loop, const loop_event_t *ev, void *user) {
    heard_t *heard = user;
    const char *text;
    uint64_t len;
    (void)loop;
    heard->late += heard->finals > 0;
    if ((ev->flags & LOOP_EV_HEAD) != 0)
        heard->heads++;
    else if ((ev->flags & LOOP_EV_MORE) != 0)
        heard->chunks++;
    if ((ev->flags & LOOP_EV_MORE) != 0)
        return;
    heard->finals++;
    heard->status = ev->status;
    if (ev->status != 0 && loop_event_error(ev, &text, &len) == 0)
        heard->subject = len > 16 && memcmp(text, "http GET http", 13) == 0;
}

/* The loop still serves timers and requests. */
static void check_goes_on(loop_t *loop) {
    server_t good;
    heard_t heard = {0};
    int fired = 0;
    start_server(&good, SEND_AND_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", NULL);
    CHECK_ID(loop_set_timeout(loop, 0, count_event, &fired));
    CHECK_ID(loop_http_get(loop, good.url, hear, &heard));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(fired, 1);
    CHECK_INT(heard.finals, 1);
    CHECK_CODE(heard.status, LOOP_OK);
    end_server(&good);
}

#define RESET_OR_EOF 1 /* no code: either of the two */

static void check_error(const heard_t *heard, int32_t status, const char *what) {
    if (status == RESET_OR_EOF)
        status = heard->status == LOOP_EOF ? LOOP_EOF : LOOP_ECONNRESET;
    if (heard->finals != 1 || heard->late != 0 || heard->status != status || !heard->subject)
        harness_fail(__FILE__, __LINE__, "%s: want %s once, got %s, %d times, %d late%s", what,
                     loop_err_name(status), loop_err_name(heard->status), heard->finals,
                     heard->late, heard->subject ? "" : ", without its subject");
}

/* Asks a server that behaves like this, whole and as a stream, beside a second request. */
static void ask(manner_t manner, const char *text, const char *more, int32_t status,
                int64_t deadline_ns) {
    loop_t *loop = new_loop();
    for (uint32_t stream = 0; stream < 2; stream++) {
        server_t server;
        loop_http_t request = LOOP_HTTP_INIT;
        heard_t heard = {0};
        int ticks = 0;
        start_server(&server, manner, text, more);
        request.url = server.url;
        request.flags = stream ? LOOP_HTTP_STREAM : 0;
        request.max_body = 1 << 20;
        request.max_header = 1 << 16;
        CHECK_CODE(loop_next_op(loop, deadline_ns, NULL), LOOP_OK);
        CHECK_ID(loop_http(loop, &request, hear, &heard));
        CHECK_ID(loop_set_timeout(loop, 0, count_event, &ticks));
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        check_error(&heard, status, stream ? "as a stream" : "whole");
        CHECK_INT(ticks, 1);
        /* On a busy machine the deadline may pass before the server has accepted. */
        int connections = __atomic_load_n(&server.connections, __ATOMIC_SEQ_CST);
        CHECK(connections == 1 || (connections == 0 && deadline_ns > 0));
        end_server(&server);
    }
    check_goes_on(loop);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

#define HEAD "HTTP/1.1 200 OK\r\n"

/* ---- Tests ----------------------------------------------------------------------------------- */

static void a_server_that_refuses_is_econnrefused(void) {
    char url[64];
    heard_t heard[3] = {{0}};
    loop_t *loop = new_loop();
    int fd = open_port("http", url, sizeof url); /* bound, and nobody listens */
    for (int i = 0; i < 3; i++)
        CHECK_ID(loop_http_get(loop, url, hear, &heard[i]));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    for (int i = 0; i < 3; i++)
        check_error(&heard[i], LOOP_ECONNREFUSED, "refused");
    close(fd);
    check_goes_on(loop);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void a_server_that_stalls_meets_the_deadline(void) {
    ask(SEND_AND_STALL, "", NULL, LOOP_ETIMEDOUT, 100 * MS);
    ask(SEND_AND_STALL, "HTTP/1.", NULL, LOOP_ETIMEDOUT, 100 * MS);
    ask(SEND_AND_STALL, HEAD "Content-Le", NULL, LOOP_ETIMEDOUT, 100 * MS);
    ask(SEND_AND_STALL, HEAD "Content-Length: 10\r\n\r\nhalf", NULL, LOOP_ETIMEDOUT, 100 * MS);
}

static void a_server_that_resets_is_econnreset(void) {
    ask(SEND_AND_RESET, "", NULL, LOOP_ECONNRESET, 0);
}

/* A system tells of a reset in one read, and then of the end. In the head of a response that read may
 * be one ahead of what is understood so far; then it is the end that counts. */
static void a_reset_in_the_middle_is_one_error(void) {
    static const char *const texts[] = {HEAD "Server: x\r\n", HEAD "Content-Length: 10\r\n\r\nhalf",
                                        HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhel"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ask(SEND_AND_RESET, texts[i], NULL, RESET_OR_EOF, 0);
}

static void a_server_that_closes_too_early_is_eof(void) {
    ask(SEND_AND_CLOSE, "", NULL, LOOP_EOF, 0);
    ask(SEND_AND_CLOSE, HEAD "Server: x\r\n", NULL, LOOP_EOF, 0);
    ask(SEND_AND_CLOSE, HEAD "Content-Length: 10\r\n\r\nhalf", NULL, LOOP_EOF, 0);
    ask(SEND_AND_CLOSE, HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", NULL, LOOP_EOF, 0);
}

static void garbage_is_ehttp(void) {
    static const char *const texts[] = {
        "\x01\x02\x03 no HTTP at all\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 two hundred\r\n\r\n",
        HEAD "cut in the middle of a li",
        HEAD "no colon\r\n\r\n",
        HEAD "Content-Length: -5\r\n\r\n",
        HEAD "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        HEAD "Content-Length: 0x10\r\n\r\n",
        HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        HEAD "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello\r\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ask(SEND_AND_CLOSE, texts[i], NULL, LOOP_EHTTP, 0);
}

static void an_endless_header_is_etoobig(void) {
    ask(SEND_FOR_EVER, HEAD, "X-More: and more\r\n", LOOP_ETOOBIG, 0);
    ask(SEND_FOR_EVER, HEAD "X-Long: ", "for ever and ever and ", LOOP_ETOOBIG, 0);
    ask(SEND_FOR_EVER, "HTTP/1.1 200 ", "O", LOOP_ETOOBIG, 0);
}

static void an_endless_body_is_etoobig(void) {
    ask(SEND_FOR_EVER, HEAD "\r\n", "for ever and ever and ", LOOP_ETOOBIG, 0);
    ask(SEND_FOR_EVER, HEAD "Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n", LOOP_ETOOBIG,
        0);
}

static void endless_redirects_are_eredirect(void) {
    server_t server;
    heard_t heard = {0};
    loop_http_t request = LOOP_HTTP_INIT;
    loop_t *loop = new_loop();
    start_server(&server, SEND_AND_CLOSE,
                 "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n"
                 "Connection: close\r\n\r\n",
                 NULL);
    request.url = server.url;
    request.flags = LOOP_HTTP_FOLLOW;
    request.max_redirects = 3;
    CHECK_ID(loop_http(loop, &request, hear, &heard));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    check_error(&heard, LOOP_EREDIRECT, "redirects");
    CHECK_INT(__atomic_load_n(&server.connections, __ATOMIC_SEQ_CST), 4);
    end_server(&server);
    check_goes_on(loop);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void a_server_without_tls_is_etls(void) {
    char url[80];
    server_t server;
    heard_t heard = {0};
    loop_t *loop = new_loop();
    start_server(&server, SEND_FIRST, "HTTP/1.1 400 Bad Request\r\n\r\n", NULL);
    snprintf(url, sizeof url, "https%s", strchr(server.url, ':'));
    CHECK_ID(loop_http_get(loop, url, hear, &heard));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    check_error(&heard, LOOP_ETLS, "no TLS");
    end_server(&server);
    check_goes_on(loop);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* Eight bad servers and a good one at the same time, on one loop: to each its own. */
static void bad_days_come_together_and_each_callback_gets_its_own(void) {
    static const struct {
        manner_t manner;
        const char *text, *more;
        int32_t status;
    } days[] = {
        {SEND_AND_STALL, "", NULL, LOOP_ETIMEDOUT},
        {SEND_AND_STALL, HEAD "Content-Length: 9\r\n\r\nx", NULL, LOOP_ETIMEDOUT},
        {SEND_AND_RESET, "", NULL, LOOP_ECONNRESET},
        {SEND_AND_CLOSE, HEAD "Content-Length: 9\r\n\r\nx", NULL, LOOP_EOF},
        {SEND_AND_CLOSE, "garbage\r\n\r\n", NULL, LOOP_EHTTP},
        {SEND_FOR_EVER, HEAD, "X-More: and more\r\n", LOOP_ETOOBIG},
        {SEND_FOR_EVER, HEAD "\r\n", "for ever and ever and ", LOOP_ETOOBIG},
        {SEND_AND_CLOSE, HEAD "Content-Length: 2\r\n\r\nok", NULL, LOOP_OK},
    };
    enum { DAYS = sizeof days / sizeof days[0] };
    server_t servers[DAYS];
    heard_t heard[DAYS];
    loop_t *loop = new_loop();
    memset(heard, 0, sizeof heard);
    for (int i = 0; i < DAYS; i++) {
        loop_http_t request = LOOP_HTTP_INIT;
        start_server(&servers[i], days[i].manner, days[i].text, days[i].more);
        request.url = servers[i].url;
        request.max_body = 1 << 20;
        request.max_header = 1 << 16;
        if (days[i].status == LOOP_ETIMEDOUT)
            CHECK_CODE(loop_next_op(loop, 50 * MS, NULL), LOOP_OK);
        CHECK_ID(loop_http(loop, &request, hear, &heard[i]));
    }
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    for (int i = 0; i < DAYS; i++) {
        CHECK_INT(heard[i].finals, 1);
        CHECK_INT(heard[i].late, 0);
        CHECK_CODE(heard[i].status, days[i].status);
        end_server(&servers[i]);
    }
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void a_loop_is_freed_while_servers_stall(void) {
    server_t server;
    heard_t heard = {0};
    loop_t *loop = new_loop();
    start_server(&server, SEND_AND_STALL, HEAD "Content-Length: 10\r\n\r\nhalf", NULL);
    CHECK_ID(loop_http_get(loop, server.url, hear, &heard));
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_INT(heard.finals, 1);
    CHECK_INT(heard.late, 0);
    CHECK_CODE(heard.status, LOOP_ECANCELED);
    end_server(&server);
}

TEST_MAIN(warm_up(), T(a_server_that_refuses_is_econnrefused),
          T(a_server_that_stalls_meets_the_deadline), T(a_server_that_resets_is_econnreset),
          T(a_reset_in_the_middle_is_one_error), T(a_server_that_closes_too_early_is_eof),
          T(garbage_is_ehttp), T(an_endless_header_is_etoobig), T(an_endless_body_is_etoobig),
          T(endless_redirects_are_eredirect), T(a_server_without_tls_is_etls),
          T(bad_days_come_together_and_each_callback_gets_its_own),
          T(a_loop_is_freed_while_servers_stall))
