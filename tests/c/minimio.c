/* SPDX-License-Identifier: MIT
 *
 * The two test programs of minimio, the poller that this library grew from, told again: one thread polls
 * (the reactor), another holds what is suspended until its token is ready (the executor), and the web
 * server is a thread of this program.
 */
#include "harness.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#define BODY "HTTP/1.1 302 Found\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
#define STREAMS 2
#define FIRST_TOKEN 10

/* Answers each connection once it has asked, then closes it. */
typedef struct {
    int listener;
    int answers;
    uint16_t port;
    pthread_t thread;
} server_t;

static void *serve(void *arg) {
    server_t *server = arg;
    for (int i = 0; i < server->answers; i++) {
        char request[1024];
        int c = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (c < 0)
            break;
        if (recv(c, request, sizeof request, 0) > 0)
            (void)!send(c, BODY, strlen(BODY), MSG_NOSIGNAL);
        close(c);
    }
    return NULL;
}

static int server_start(server_t *server, int answers) {
    struct sockaddr_in a;
    socklen_t len = sizeof a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->answers = answers;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&a, len) != 0 ||
        listen(server->listener, 8) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&a, &len) != 0)
        return 0;
    server->port = ntohs(a.sin_port);
    return pthread_create(&server->thread, NULL, serve, server) == 0;
}

static void server_stop(server_t *server) {
    pthread_join(server->thread, NULL);
    close(server->listener);
}

static int connect_and_ask(uint16_t port) {
    static const char request[] = "GET /delay/1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct sockaddr_in a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
        send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0)
        return -1;
    return fd;
}

/* The reactor: a loop of its own on a thread of its own. It gets descriptors by post and sends the tokens
 * that are ready to the executor's loop. */
typedef struct {
    loop_t *loop, *executor;
    int fds[STREAMS];
    int64_t ended;
} reactor_t;

typedef struct {
    reactor_t *reactor;
    int tokens, closes;
    char body[STREAMS][256];
} executor_t;

static reactor_t reactor;
static executor_t executor;

/* The executor's thread: what was suspended under a token goes on. */
static void resume(loop_t *loop, const loop_event_t *ev, void *user) {
    executor_t *self = user;
    int stream = (int)ev->num - FIRST_TOKEN;
    size_t len = 0;
    for (;;) { /* the whole body, as minimio's test reads it */
        ssize_t got = recv(self->reactor->fds[stream], self->body[stream] + len,
                           sizeof self->body[stream] - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    if (++self->tokens == STREAMS) {
        SHOULD(loop_close(self->reactor->loop)); /* minimio's close_loop, from another thread */
        CHECK_INT(loop_close(self->reactor->loop), LOOP_ECLOSED);
        self->closes++;
        SHOULD(loop_unhold(loop));
    }
}

/* The reactor's thread. */
static void ready(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    CHECK_INT(ev->status, 0);
    CHECK((ev->num & LOOP_READABLE) != 0);
    CHECK((ev->flags & LOOP_EV_MORE) == 0);
    SHOULD(loop_post(reactor.executor, (uint64_t)(uintptr_t)user, resume, &executor));
}

static void watch(loop_t *loop, const loop_event_t *ev, void *user) {
    int stream = (int)ev->num - FIRST_TOKEN;
    (void)user;
    CHECK(loop_poll_fd(loop, reactor.fds[stream], LOOP_READABLE, LOOP_POLL_ONESHOT, ready,
                       (void *)(uintptr_t)ev->num) > 0);
}

static void *react(void *arg) {
    reactor_t *self = arg;
    self->ended = loop_run(self->loop, LOOP_RUN_DEFAULT);
    /* After close_loop nothing can be registered, and there is nothing more to poll for. */
    CHECK_INT(loop_poll_fd(self->loop, self->fds[0], LOOP_READABLE, LOOP_POLL_ONESHOT, ready, NULL),
              LOOP_ECLOSED);
    CHECK_INT(loop_run(self->loop, LOOP_RUN_DEFAULT), 0);
    return NULL;
}

static void tokens_of_two_streams_reach_their_executor_and_close_ends_the_reactor(void) {
    server_t server;
    pthread_t thread;
    memset(&executor, 0, sizeof executor);
    memset(&reactor, 0, sizeof reactor);
    executor.reactor = &reactor;
    loop_options_t movable = LOOP_OPTIONS_INIT;
    movable.flags = LOOP_MOVABLE;
    SHOULD(loop_new(&movable, &reactor.loop));
    SHOULD(loop_new(NULL, &reactor.executor));
    SHOULD(loop_hold(reactor.loop));
    SHOULD(loop_hold(reactor.executor));
    REQUIRE(server_start(&server, STREAMS));
    for (int i = 0; i < STREAMS; i++)
        REQUIRE((reactor.fds[i] = connect_and_ask(server.port)) >= 0);
    REQUIRE(pthread_create(&thread, NULL, react, &reactor) == 0);
    for (uint64_t i = 0; i < STREAMS; i++)
        SHOULD(loop_post(reactor.loop, FIRST_TOKEN + i, watch, NULL));
    CHECK_INT(loop_run(reactor.executor, LOOP_RUN_DEFAULT), 0);
    pthread_join(thread, NULL);
    CHECK_INT(executor.tokens, STREAMS);
    CHECK_INT(executor.closes, 1);
    CHECK_INT(reactor.ended, 0);
    for (int i = 0; i < STREAMS; i++) {
        CHECK_STR(executor.body[i], BODY);
        close(reactor.fds[i]);
    }
    SHOULD(loop_free(reactor.loop));
    SHOULD(loop_free(reactor.executor));
    server_stop(&server);
}

static void *poll_with_a_timeout(void *arg) {
    /* minimio's reactor polls with 200 ms; a run that may last so long ends when the loop is closed. */
    while (loop_run_for(arg, LOOP_RUN_DEFAULT, 200 * MS) > 0) {
    }
    return NULL;
}

static void a_registrar_closes_a_poller_that_polls_with_a_timeout(void) {
    loop_t *loop = NULL;
    pthread_t thread;
    loop_options_t movable = LOOP_OPTIONS_INIT;
    movable.flags = LOOP_MOVABLE;
    SHOULD(loop_new(&movable, &loop));
    SHOULD(loop_hold(loop));
    REQUIRE(pthread_create(&thread, NULL, poll_with_a_timeout, loop) == 0);
    SHOULD(loop_close(loop));
    pthread_join(thread, NULL);
    SHOULD(loop_free(loop));
}

static void open_library(void) {
    loop_t *loop = NULL;
    if (loop_new(NULL, &loop) == 0)
        loop_free(loop);
}

TEST_MAIN(open_library(), T(tokens_of_two_streams_reach_their_executor_and_close_ends_the_reactor),
          T(a_registrar_closes_a_poller_that_polls_with_a_timeout))
