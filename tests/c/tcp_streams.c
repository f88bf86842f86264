/* SPDX-License-Identifier: MIT
 *
 * Streams from C, over both backends: what is read and sent, and what an id is worth.
 */
#include "net_rig.h"

static void echo(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    (void)v;
    if (is_told(ev, LOOP_NET_DATA))
        CHECK_CODE(loop_send(loop, (int64_t)ev->id, ev->data, ev->len), LOOP_OK);
}

static void what_is_sent_comes_back(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            rig_start(&rig, backends[b]);
            rig.server.on = echo;
            CHECK_CODE(loop_read_start(rig.loop, rig.server.id, hear, &rig.server), LOOP_OK);
            CHECK_CODE(loop_read_start(rig.loop, rig.client.id, hear, &rig.client), LOOP_OK);
            CHECK_CODE(loop_send(rig.loop, rig.client.id, "hello", 5), LOOP_OK);
            CHECK_CODE(loop_send(rig.loop, rig.client.id, " there", 6), LOOP_OK);
            while (rig.client.bytes < 11)
                REQUIRE(loop_run(rig.loop, LOOP_RUN_ONCE) > 0);
            CHECK_STR(rig.client.data, "hello there");
            CHECK_CODE(loop_end(rig.loop, rig.client.id), LOOP_OK);
            CHECK_CODE(loop_send(rig.loop, rig.client.id, "late", 4), LOOP_EPIPE);
            CHECK_CODE(loop_clear(rig.loop, rig.listener.id), LOOP_OK);
            run_and_free(rig.loop);
            CHECK_STR(strchr(rig.server.said, 'e'), "e.");
            CHECK_STR(strchr(rig.client.said, 'e'), "e.");
        }
}

static void exact_and_single_reads_give_what_was_asked_for(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            rig_start(&rig, backends[b]);
            CHECK_CODE(loop_send(rig.loop, rig.client.id, "0123456789abcdef", 16), LOOP_OK);
            CHECK_CODE(loop_read_exact(rig.loop, rig.server.id, 4, hear, &rig.server), LOOP_OK);
            run_until(rig.loop, &rig.server, 1);
            CHECK_INT(rig.server.bytes, 4);
            CHECK_CODE(loop_read_once(rig.loop, rig.server.id, 3, hear, &rig.server), LOOP_OK);
            run_until(rig.loop, &rig.server, 2);
            CHECK_INT(rig.server.bytes, 7);
            CHECK_CODE(loop_read_exact(rig.loop, rig.server.id, 20, hear, &rig.server), LOOP_OK);
            CHECK_CODE(loop_end(rig.loop, rig.client.id), LOOP_OK);
            run_until(rig.loop, &rig.server, 3);
            CHECK_STR(rig.server.said, "dde"); /* what there was comes with the end */
            CHECK_CODE(loop_clear(rig.loop, rig.client.id), LOOP_OK);
            rig_end(&rig);
        }
}

static void a_long_exact_read_is_one_piece(void) {
    enum { LONG = 300000 };
    static char data[LONG];
    memset(data, 'x', sizeof data);
    for
        BOTH_BACKENDS {
            rig_t rig;
            rig_start(&rig, backends[b]);
            CHECK_CODE(loop_send(rig.loop, rig.client.id, data, LONG), LOOP_OK);
            CHECK_CODE(loop_read_exact(rig.loop, rig.server.id, LONG - 1, hear, &rig.server),
                       LOOP_OK);
            run_until(rig.loop, &rig.server, 1);
            CHECK_INT(rig.server.bytes, LONG - 1);
            CHECK_STR(rig.server.said, "d");
            CHECK_CODE(loop_read_start(rig.loop, rig.server.id, hear, &rig.server), LOOP_OK);
            run_until(rig.loop, &rig.server, 2);
            CHECK_INT(rig.server.bytes, LONG);
            CHECK_CODE(loop_clear(rig.loop, rig.client.id), LOOP_OK);
            rig_end(&rig);
        }
}

typedef struct written {
    int events;
    int32_t status;
    int64_t num;
} written_t;

CB(on_written) {
    written_t *w = user;
    UNUSED;
    w->events++;
    w->status = ev->status;
    w->num = ev->num;
}

static void writes_of_pieces_arrive_in_order_with_sends(void) {
    static char hello[] = "hello ", world[] = "world", none[1];
    loop_buf_t pieces[] = {{hello, 6}, {none, 0}, {world, 5}};
    for
        BOTH_BACKENDS {
            rig_t rig;
            written_t copied = {0}, borrowed = {0}, plain = {0};
            rig_start(&rig, backends[b]);
            CHECK_CODE(loop_read_start(rig.loop, rig.server.id, hear, &rig.server), LOOP_OK);
            CHECK_ID(loop_writev(rig.loop, rig.client.id, pieces, 3, on_written, &copied));
            CHECK_CODE(loop_send(rig.loop, rig.client.id, "|", 1), LOOP_OK);
            CHECK_ID(
                loop_writev_borrowed(rig.loop, rig.client.id, pieces, 3, on_written, &borrowed));
            CHECK_ID(loop_write(rig.loop, rig.client.id, "!", 1, on_written, &plain));
            CHECK_CODE(loop_net_close(rig.loop, rig.client.id), LOOP_OK);
            rig_end(&rig);
            CHECK_STR(rig.server.data, "hello world|hello world!");
            CHECK_INT(copied.events, 1);
            CHECK_INT(copied.num, 11);
            CHECK_INT(borrowed.num, 11);
            CHECK_INT(plain.num, 1);
            CHECK_STR(rig.client.said, "o.");
        }
}

static void stale_ids_of_accepted_streams_are_known_at_the_call(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            loop_address_t address;
            rig_start(&rig, backends[b]);
            int64_t id = rig.server.id;
            CHECK_ID(loop_fileno(rig.loop, id));
            CHECK_CODE(loop_clear(rig.loop, id), LOOP_OK);
            CHECK_CODE(loop_clear(rig.loop, id), LOOP_EBADID);
            CHECK_CODE(loop_send(rig.loop, id, "x", 1), LOOP_EBADID);
            CHECK_CODE(loop_read_start(rig.loop, id, hear, &rig.server), LOOP_EBADID);
            CHECK_CODE(loop_peer_address(rig.loop, id, &address), LOOP_EBADID);
            CHECK_CODE(loop_cancel(rig.loop, id + 1), LOOP_EBADID);
            CHECK_CODE(loop_net_close(rig.loop, id + (int64_t)LOOP_ID_SLOT_STEP), LOOP_EBADID);
            CHECK_CODE(loop_read_start(rig.loop, rig.client.id, hear, &rig.client), LOOP_OK);
            rig_end(&rig);
            CHECK_CODE(rig.client.status, 0);
            CHECK_STR(rig.client.said, "oe.");
            CHECK_INT(rig.server.count, 0);
        }
}

/* Clears the other one of two streams whose data is in one batch. */
static void clear_other(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    (void)ev;
    voice_t *other = v->with;
    if (is_told(ev, LOOP_NET_DATA) && other->count == 0)
        CHECK_CODE(loop_clear(loop, other->id), LOOP_OK);
}

static void an_event_in_the_batch_of_a_cleared_stream_is_silent(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            voice_t second = {0}, other = {0};
            rig_start(&rig, backends[b]);
            loop_address_t at;
            CHECK_CODE(loop_local_address(rig.loop, rig.listener.id, &at), LOOP_OK);
            CHECK_ID(loop_tcp_connect(rig.loop, "127.0.0.1", at.port, hear, &second));
            run_until(rig.loop, &rig.listener, 3);
            run_until(rig.loop, &second, 1);
            other.id = rig.listener.accepted;
            rig.server.on = other.on = clear_other;
            rig.server.with = &other;
            other.with = &rig.server;
            CHECK_CODE(loop_send(rig.loop, rig.client.id, "1", 1), LOOP_OK);
            CHECK_CODE(loop_send(rig.loop, second.id, "2", 1), LOOP_OK);
            CHECK_CODE(loop_read_start(rig.loop, rig.server.id, hear, &rig.server), LOOP_OK);
            CHECK_CODE(loop_read_start(rig.loop, other.id, hear, &other), LOOP_OK);
            while (rig.server.count + other.count == 0)
                REQUIRE(loop_run(rig.loop, LOOP_RUN_ONCE) > 0);
            CHECK_CODE(loop_clear(rig.loop, rig.client.id), LOOP_OK);
            CHECK_CODE(loop_clear(rig.loop, second.id), LOOP_OK);
            rig_end(&rig);
            CHECK(rig.server.count == 0 || other.count == 0);
        }
}

/* The client connects twice; the callback of the first stream clears the listener. */
static void clear_self(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    (void)v;
    if (is_told(ev, LOOP_NET_ACCEPTED)) {
        CHECK_CODE(loop_clear(loop, ev->num), LOOP_OK);
        CHECK_CODE(loop_clear(loop, (int64_t)ev->id), LOOP_OK);
    }
}

static void streams_that_a_cleared_listener_brought_are_closed(void) {
    for
        BOTH_BACKENDS {
            int before = count_fds();
            voice_t listener = {.on = clear_self}, one = {0}, two = {0};
            loop_t *loop = loop_over(backends[b]);
            CHECK_ID(loop_tcp_listen(loop, "127.0.0.1", 0, hear, &listener));
            run_until(loop, &listener, 1);
            int64_t first = loop_tcp_connect(loop, "127.0.0.1", listener.port, hear, &one);
            int64_t second = loop_tcp_connect(loop, "127.0.0.1", listener.port, hear, &two);
            CHECK_CODE(loop_read_start(loop, first, hear, &one), LOOP_OK);
            CHECK_CODE(loop_read_start(loop, second, hear, &two), LOOP_OK);
            run_and_free(loop); /* ends only if both were closed */
            CHECK_STR(listener.said, "oa");
            CHECK(one.count > 0 && two.count > 0);
            CHECK_INT(count_fds(), before);
        }
}

static void addresses_and_options_of_a_stream(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            loop_address_t local, peer;
            char text[64];
            int64_t value = -1;
            rig_start(&rig, backends[b]);
            CHECK_CODE(loop_local_address(rig.loop, rig.client.id, &local), LOOP_OK);
            CHECK_CODE(loop_peer_address(rig.loop, rig.server.id, &peer), LOOP_OK);
            CHECK(memcmp(&local, &peer, sizeof local) == 0);
            CHECK(loop_address_text(&peer, text, sizeof text) > 10);
            CHECK(strncmp(text, "127.0.0.1:", 10) == 0);
            CHECK_CODE(loop_address_text(&peer, text, 11), LOOP_ETOOBIG);
            CHECK_CODE(loop_net_set(rig.loop, rig.client.id, LOOP_NET_OPT_NODELAY, 1), LOOP_OK);
            CHECK_CODE(loop_net_get(rig.loop, rig.client.id, LOOP_NET_OPT_NODELAY, &value),
                       LOOP_OK);
            CHECK_INT(value, 1);
            CHECK_CODE(loop_net_get(rig.loop, rig.client.id, LOOP_NET_OPT_KEEPALIVE, &value),
                       LOOP_OK);
            CHECK_INT(value, 0);
            CHECK_CODE(loop_net_set(rig.loop, rig.client.id, LOOP_NET_OPT_KEEPALIVE, 77), LOOP_OK);
            CHECK_CODE(loop_net_get(rig.loop, rig.client.id, LOOP_NET_OPT_KEEPALIVE, &value),
                       LOOP_OK);
            CHECK_INT(value, 77);
            CHECK_CODE(loop_net_set(rig.loop, rig.client.id, LOOP_NET_OPT_SNDBUF, 100000), LOOP_OK);
            CHECK_CODE(loop_net_get(rig.loop, rig.client.id, LOOP_NET_OPT_SNDBUF, &value), LOOP_OK);
            CHECK(value >= 100000);
            CHECK_INT(loop_queued(rig.loop, rig.client.id), 0);
            CHECK_CODE(loop_clear(rig.loop, rig.client.id), LOOP_OK);
            CHECK_CODE(loop_clear(rig.loop, rig.server.id), LOOP_OK);
            rig_end(&rig);
        }
}

static void addresses_are_read_and_written_as_text(void) {
    static const struct {
        const char *in, *out;
        uint16_t family;
    } good[] = {{"127.0.0.1", "127.0.0.1:80", LOOP_AF_INET},
                {"::1", "[::1]:80", LOOP_AF_INET6},
                {"fe80::1%3", "[fe80::1%3]:80", LOOP_AF_INET6}};
    static const char *const bad[] = {"",     "localhost",    "1.2.3", "1.2.3.4.5",
                                      "::1%", "::1%nowhere0", "[::1]", "fe80::1%99999999999"};
    loop_address_t address;
    char text[64];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_CODE(loop_address_parse(good[i].in, 80, &address), LOOP_OK);
        CHECK_INT(address.family, good[i].family);
        CHECK_INT(loop_address_text(&address, text, sizeof text), strlen(good[i].out));
        CHECK_STR(text, good[i].out);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_CODE(loop_address_parse(bad[i], 80, &address), LOOP_EINVAL);
    CHECK_CODE(loop_address_parse("::1", 65536, &address), LOOP_EINVAL);
    CHECK_CODE(loop_address_parse(NULL, 1, &address), LOOP_EINVAL);
    CHECK_CODE(loop_address_parse("::1", 1, NULL), LOOP_EINVAL);
    memset(&address, 0, sizeof address);
    CHECK_CODE(loop_address_text(&address, text, sizeof text), LOOP_EINVAL);
    address.size = sizeof address;
    CHECK_INT(loop_address_text(&address, text, sizeof text), 7);
    CHECK_STR(text, "unnamed");
    address.family = LOOP_AF_UNIX;
    address.path_len = sizeof address.path;
    CHECK_CODE(loop_address_text(&address, text, sizeof text), LOOP_EINVAL);
    address.path_len = 2;
    address.path[1] = 'a';
    CHECK_INT(loop_address_text(&address, text, sizeof text), 2);
    CHECK_STR(text, "@a");
    address.family = 77;
    CHECK_CODE(loop_address_text(&address, text, sizeof text), LOOP_EINVAL);
    CHECK_CODE(loop_address_text(NULL, text, sizeof text), LOOP_EINVAL);
    CHECK_CODE(loop_address_text(&address, NULL, 5), LOOP_EINVAL);
}

static void a_deadline_of_reading_ends_a_silent_stream(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            rig_start(&rig, backends[b]);
            CHECK_CODE(loop_next_op(rig.loop, 5 * MS, NULL), LOOP_OK);
            CHECK_CODE(loop_read_start(rig.loop, rig.server.id, hear, &rig.server), LOOP_OK);
            CHECK_CODE(loop_read_start(rig.loop, rig.client.id, hear, &rig.client), LOOP_OK);
            CHECK_CODE(loop_clear(rig.loop, rig.listener.id), LOOP_OK);
            run_and_free(rig.loop);
            CHECK_STR(rig.server.said, "x");
            CHECK_CODE(rig.server.status, LOOP_ETIMEDOUT);
            CHECK(strncmp(rig.server.text, "read 127.0.0.1:", 15) == 0);
            CHECK_STR(rig.client.said, "oe.");
        }
}

static void closing_the_loop_ends_writes_before_their_stream(void) {
    enum { MUCH = 8 << 20 };
    static char data[MUCH];
    for
        BOTH_BACKENDS {
            rig_t rig;
            written_t w = {0};
            rig_start(&rig, backends[b]);
            CHECK_ID(loop_write_borrowed(rig.loop, rig.client.id, data, MUCH, on_written, &w));
            CHECK_CODE(loop_close(rig.loop), LOOP_OK);
            CHECK_CODE(loop_free(rig.loop), LOOP_OK);
            CHECK_INT(w.events, 1);
            CHECK_CODE(w.status, LOOP_ECANCELED);
            CHECK_CODE(rig.client.status, LOOP_ECANCELED);
            CHECK_CODE(rig.listener.status, LOOP_ECANCELED);
        }
}

static void lingering_is_off_or_a_reset(void) {
    for
        BOTH_BACKENDS {
            for (int how = 0; how < 3; how++) {
                rig_t rig;
                int32_t pair[2];
                voice_t unix_end = {0};
                int64_t value = 7;
                rig_start(&rig, backends[b]);
                int64_t client = rig.client.id, server = rig.server.id;
                CHECK_CODE(loop_net_get(rig.loop, client, LOOP_NET_OPT_LINGER, &value), LOOP_OK);
                CHECK_INT(value, -1);
                for (int64_t bad = -3; bad < 5; bad++)
                    if (bad != 0 && bad != -1)
                        CHECK_CODE(loop_net_set(rig.loop, client, LOOP_NET_OPT_LINGER, bad),
                                   LOOP_EINVAL);
                CHECK_CODE(loop_net_set(rig.loop, client, LOOP_NET_OPT_LINGER, 0), LOOP_OK);
                CHECK_CODE(loop_net_get(rig.loop, client, LOOP_NET_OPT_LINGER, &value), LOOP_OK);
                CHECK_INT(value, 0);
                if (how == 2)
                    CHECK_CODE(loop_net_set(rig.loop, client, LOOP_NET_OPT_LINGER, -1), LOOP_OK);
                CHECK_CODE(loop_socketpair(LOOP_NET_UNIX, pair), LOOP_OK);
                int64_t other = loop_adopt(rig.loop, pair[0], 0, hear, &unix_end);
                CHECK_CODE(loop_net_set(rig.loop, other, LOOP_NET_OPT_LINGER, 0), LOOP_ENOTSUP);
                CHECK_CODE(loop_net_get(rig.loop, other, LOOP_NET_OPT_LINGER, &value),
                           LOOP_ENOTSUP);
                CHECK_CODE(loop_clear(rig.loop, other), LOOP_OK);
                close(pair[1]);
                CHECK_CODE(loop_read_start(rig.loop, server, hear, &rig.server), LOOP_OK);
                CHECK_CODE(how == 0 ? loop_cancel(rig.loop, client)
                                    : loop_net_close(rig.loop, client),
                           LOOP_OK);
                run_until(rig.loop, &rig.server, how == 2 ? 2 : 1);
                CHECK_STR(rig.server.said, how == 2 ? "e." : "x");
                CHECK_CODE(rig.server.status, how == 2 ? LOOP_OK : LOOP_ECONNRESET);
                rig_end(&rig);
            }
        }
}

TEST_MAIN(warm_up(), T(what_is_sent_comes_back), T(exact_and_single_reads_give_what_was_asked_for),
          T(a_long_exact_read_is_one_piece), T(writes_of_pieces_arrive_in_order_with_sends),
          T(stale_ids_of_accepted_streams_are_known_at_the_call),
          T(an_event_in_the_batch_of_a_cleared_stream_is_silent),
          T(streams_that_a_cleared_listener_brought_are_closed),
          T(addresses_and_options_of_a_stream), T(addresses_are_read_and_written_as_text),
          T(a_deadline_of_reading_ends_a_silent_stream),
          T(closing_the_loop_ends_writes_before_their_stream), T(lingering_is_off_or_a_reset))
