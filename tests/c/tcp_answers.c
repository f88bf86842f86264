/* SPDX-License-Identifier: MIT
 *
 * Answers to data, sent from the callback that hears it: they leave at once, and all else that is
 * promised of sends holds for them, too.
 */
#include "net_rig.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, MUCH = 8 << 20 };

/* A stream of the loop, and its peer, a socket of the test's own. */
typedef struct pair {
    loop_t *loop;
    voice_t stream;
    int peer;
    void (*answer)(struct pair *pair, const loop_event_t *ev);
} pair_t;

static void on_said(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    pair_t *pair = v->with;
    (void)loop;
    if (is_told(ev, LOOP_NET_DATA))
        pair->answer(pair, ev);
}

static void pair_start(pair_t *pair, uint32_t backend,
                       void (*answer)(pair_t *pair, const loop_event_t *ev)) {
    int fds[2];
    memset(pair, 0, sizeof *pair);
    pair->loop = loop_over(backend);
    pair->answer = answer;
    pair->stream.on = on_said;
    pair->stream.with = pair;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    pair->peer = fds[1];
    int64_t id = loop_adopt(pair->loop, fds[0], 0, hear, &pair->stream);
    CHECK_ID(id);
    CHECK_CODE(loop_read_start(pair->loop, id, hear, &pair->stream), LOOP_OK);
    run_until(pair->loop, &pair->stream, 1);
}

/* Says something to the stream and runs until it is heard. */
static void say(pair_t *pair, const char *text) {
    size_t heard = pair->stream.count + 1;
    REQUIRE(write(pair->peer, text, strlen(text)) == (ssize_t)strlen(text));
    run_until(pair->loop, &pair->stream, heard);
}

static int comes(int fd) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, PATIENCE_MS) == 1 && (ready.revents & POLLIN) != 0;
}

static void pair_end(pair_t *pair) {
    close(pair->peer);
    run_and_free(pair->loop);
}

static void send_and_wait_for_it(pair_t *pair, const loop_event_t *ev) {
    CHECK_CODE(loop_send(pair->loop, (int64_t)ev->id, ev->data, ev->len), LOOP_OK);
    CHECK(comes(pair->peer)); /* from within the callback: no step of the loop has been made */
}

static void an_answer_leaves_before_the_callback_returns(void) {
    for
        BOTH_BACKENDS {
            pair_t pair;
            char text[8] = "";
            pair_start(&pair, backends[b], send_and_wait_for_it);
            for (int i = 0; i < 3; i++) {
                say(&pair, "ping");
                CHECK_INT(read(pair.peer, text, sizeof text), 4);
                CHECK_STR(text, "ping");
            }
            pair_end(&pair);
        }
}

CB(nothing) {
    UNUSED;
}

static void send_around_ops(pair_t *pair, const loop_event_t *ev) {
    int64_t id = (int64_t)ev->id;
    CHECK_CODE(loop_send(pair->loop, id, "a", 1), LOOP_OK);
    CHECK_ID(loop_write(pair->loop, id, "b", 1, nothing, NULL));
    CHECK_CODE(loop_send(pair->loop, id, "c", 1), LOOP_OK);
    CHECK_CODE(loop_send(pair->loop, id, ev->data, ev->len), LOOP_OK);
    CHECK_CODE(loop_end(pair->loop, id), LOOP_OK);
    CHECK_CODE(loop_send(pair->loop, id, "late", 4), LOOP_EPIPE);
}

static void answers_keep_the_order_of_sends_writes_and_the_end(void) {
    for
        BOTH_BACKENDS {
            pair_t pair;
            char text[16] = "";
            size_t n = 0;
            ssize_t got = 1;
            pair_start(&pair, backends[b], send_around_ops);
            say(&pair, "d");
            while (got > 0 && n < sizeof text) {
                (void)loop_run(pair.loop, LOOP_RUN_NOWAIT);
                REQUIRE(comes(pair.peer));
                got = read(pair.peer, text + n, sizeof text - n);
                n += got > 0 ? (size_t)got : 0;
            }
            CHECK_INT(got, 0);
            CHECK_STR(text, "abcd");
            pair_end(&pair);
        }
}

static char much[MUCH];

static void send_much(pair_t *pair, const loop_event_t *ev) {
    for (size_t i = 0; i < MUCH; i++)
        much[i] = (char)(i * 2654435761u >> 16);
    CHECK_CODE(loop_send(pair->loop, (int64_t)ev->id, much, MUCH), LOOP_OK);
}

static void what_of_an_answer_has_no_room_waits(void) {
    for
        BOTH_BACKENDS {
            pair_t pair;
            static char back[MUCH];
            size_t n = 0;
            pair_start(&pair, backends[b], send_much);
            say(&pair, "?");
            run_until(pair.loop, &pair.stream, 3);
            CHECK_STR(pair.stream.said, "odf");
            while (n < MUCH) {
                (void)loop_run(pair.loop, LOOP_RUN_NOWAIT);
                REQUIRE(comes(pair.peer));
                ssize_t got = read(pair.peer, back + n, MUCH - n);
                REQUIRE(got > 0);
                n += (size_t)got;
            }
            CHECK(memcmp(back, much, MUCH) == 0);
            run_until(pair.loop, &pair.stream, 4);
            CHECK_STR(pair.stream.said, "odfr");
            pair_end(&pair);
        }
}

static void send_behind_its_end(pair_t *pair, const loop_event_t *ev) {
    close(pair->peer);
    pair->peer = -1;
    CHECK_CODE(loop_send(pair->loop, (int64_t)ev->id, "x", 1), LOOP_OK);
    CHECK_CODE(loop_send(pair->loop, (int64_t)ev->id, "y", 1), LOOP_OK);
}

static void an_answer_that_the_system_refuses_ends_the_stream_with_its_error(void) {
    for
        BOTH_BACKENDS {
            pair_t pair;
            pair_start(&pair, backends[b], send_behind_its_end);
            say(&pair, "?");
            run_and_free(pair.loop);
            CHECK_CODE(pair.stream.status, LOOP_EPIPE);
            CHECK_STR(pair.stream.said, "odx");
            CHECK(strstr(pair.stream.text, "write") != NULL);
        }
}

static int connected_socket(uint32_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

static void reset_and_answer(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    if (!is_told(ev, LOOP_NET_DATA))
        return;
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    struct pollfd here = {.fd = (int)loop_fileno(loop, (int64_t)ev->id), .events = POLLIN};
    int *peer = v->with;
    REQUIRE(setsockopt(*peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
    close(*peer);
    do {
        REQUIRE(poll(&here, 1, PATIENCE_MS) == 1);
    } while ((here.revents & POLLERR) == 0);
    CHECK_CODE(loop_send(loop, (int64_t)ev->id, "x", 1), LOOP_OK);
}

static void an_answer_to_a_peer_that_has_reset_ends_with_econnreset(void) {
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            voice_t listener = {0}, stream = {.on = reset_and_answer};
            CHECK_ID(loop_tcp_listen(loop, "127.0.0.1", 0, hear, &listener));
            run_until(loop, &listener, 1);
            int peer = connected_socket(listener.port);
            stream.with = &peer;
            run_until(loop, &listener, 2);
            CHECK_CODE(loop_read_start(loop, listener.accepted, hear, &stream), LOOP_OK);
            CHECK_CODE(loop_clear(loop, listener.id), LOOP_OK);
            REQUIRE(send(peer, "?", 1, MSG_NOSIGNAL) == 1);
            run_and_free(loop);
            CHECK_CODE(stream.status, LOOP_ECONNRESET);
            CHECK_STR(stream.said, "dx");
        }
}

static void count_the_ops(pair_t *pair, const loop_event_t *ev) {
    loop_stats_t before = LOOP_STATS_INIT, after = LOOP_STATS_INIT;
    CHECK_CODE(loop_stats(pair->loop, &before), LOOP_OK);
    CHECK_CODE(loop_send(pair->loop, (int64_t)ev->id, "x", 1), LOOP_OK);
    CHECK_CODE(loop_send(pair->loop, (int64_t)ev->id, "y", 1), LOOP_OK);
    CHECK_CODE(loop_stats(pair->loop, &after), LOOP_OK);
    CHECK_INT(after.ops - before.ops, 2);
}

static void answers_are_counted_as_ops(void) {
    for
        BOTH_BACKENDS {
            pair_t pair;
            pair_start(&pair, backends[b], count_the_ops);
            say(&pair, "?");
            pair_end(&pair);
        }
}

static void close_and_answer(pair_t *pair, const loop_event_t *ev) {
    CHECK_CODE(loop_close(pair->loop), LOOP_OK);
    CHECK_CODE(loop_send(pair->loop, (int64_t)ev->id, "x", 1), LOOP_OK);
}

static void an_answer_behind_the_close_of_the_loop_goes_before_the_end(void) {
    for
        BOTH_BACKENDS {
            pair_t pair;
            char text[2];
            pair_start(&pair, backends[b], close_and_answer);
            say(&pair, "?");
            run_and_free(pair.loop);
            CHECK_CODE(pair.stream.status, LOOP_ECANCELED);
            CHECK_INT(read(pair.peer, text, sizeof text), 1);
            CHECK_INT(read(pair.peer, text, sizeof text), 0);
            close(pair.peer);
        }
}

TEST_MAIN(warm_up(), T(an_answer_leaves_before_the_callback_returns),
          T(answers_keep_the_order_of_sends_writes_and_the_end),
          T(what_of_an_answer_has_no_room_waits),
          T(an_answer_that_the_system_refuses_ends_the_stream_with_its_error),
          T(an_answer_to_a_peer_that_has_reset_ends_with_econnreset), T(answers_are_counted_as_ops),
          T(an_answer_behind_the_close_of_the_loop_goes_before_the_end))
