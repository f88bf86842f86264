/* SPDX-License-Identifier: MIT
 *
 * What goes wrong with UDP, what is asked wrongly, and groups; over both backends.
 */
#include "dgram_rig.h"

#include <sys/socket.h>

static void a_peer_that_is_gone_is_told_and_the_socket_goes_on(void) {
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            ear_t server = {0}, client = {0}, again = {0};
            bind_to(loop, "127.0.0.1", &server);
            uint32_t port = server.at.port;
            int64_t id = loop_udp_connect(loop, "127.0.0.1", port, listen_to, &client);
            CHECK_CODE(loop_read_start(loop, id, listen_to, &client), LOOP_OK);
            CHECK_CODE(loop_net_close(loop, server.id), LOOP_OK);
            ear_until(loop, &server, 2);
            CHECK_CODE(loop_send(loop, id, "nobody", 6), LOOP_OK);
            ear_until(loop, &client, 2);
            CHECK_STR(client.said, "ox");
            CHECK_CODE(client.status, LOOP_ECONNREFUSED);
            CHECK_ID(loop_udp_bind(loop, "127.0.0.1", port, listen_to, &again));
            ear_until(loop, &again, 1);
            CHECK_CODE(loop_read_start(loop, again.id, listen_to, &again), LOOP_OK);
            CHECK_CODE(loop_send(loop, id, "somebody", 8), LOOP_OK);
            ear_until(loop, &again, 2);
            CHECK_STR(again.data, "somebody");
            CHECK_CODE(loop_clear(loop, id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, again.id), LOOP_OK);
            run_and_free(loop);
        }
}

static void a_datagram_too_long_fails_alone(void) {
    static char big[70000];
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            ear_t one = {0}, write = {0};
            bind_to(loop, "127.0.0.1", &one);
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, one.id, &one.at, big, sizeof big), LOOP_OK);
            CHECK_ID(loop_write_to(loop, one.id, &one.at, big, sizeof big, listen_to, &write));
            CHECK_CODE(loop_send_to(loop, one.id, &one.at, "fits", 4), LOOP_OK);
            ear_until(loop, &write, 1);
            ear_until(loop, &one, 3);
            CHECK_CODE(write.status, LOOP_ETOOBIG);
            CHECK_INT(one.errors, 1);
            CHECK_STR(one.data, "fits");
            CHECK_CODE(loop_clear(loop, one.id), LOOP_OK);
            run_and_free(loop);
        }
}

static void the_largest_datagram_arrives_whole(void) {
    static char big[65507];
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            ear_t one = {0};
            bind_to(loop, "127.0.0.1", &one);
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, one.id, &one.at, big, sizeof big), LOOP_OK);
            ear_until(loop, &one, 2);
            CHECK_STR(one.said, "og");
            CHECK(one.len == sizeof big && one.real == sizeof big);
            CHECK_CODE(loop_clear(loop, one.id), LOOP_OK);
            run_and_free(loop);
        }
}

static const void *kept;

static void keep(loop_t *loop, const loop_event_t *ev, ear_t *ear) {
    (void)ear;
    if (is_told(ev, LOOP_NET_DATAGRAM))
        kept = loop_retain(loop, ev);
}

static void a_datagram_can_be_retained(void) {
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            ear_t one = {.on = keep};
            bind_to(loop, "127.0.0.1", &one);
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, one.id, &one.at, "kept", 4), LOOP_OK);
            ear_until(loop, &one, 2);
            one.on = NULL;
            CHECK_CODE(loop_send_to(loop, one.id, &one.at, "next", 4), LOOP_OK);
            ear_until(loop, &one, 3);
            REQUIRE(kept != NULL);
            CHECK(memcmp(kept, "kept", 4) == 0);
            loop_release(kept);
            CHECK_CODE(loop_clear(loop, one.id), LOOP_OK);
            run_and_free(loop);
        }
}

static void what_is_asked_wrongly_is_refused_by_name(void) {
    loop_t *loop = loop_over(LOOP_BACKEND_AUTO);
    ear_t one = {0}, tcp = {0};
    loop_net_t request = LOOP_NET_INIT;
    bind_to(loop, "127.0.0.1", &one);
    CHECK_CODE(loop_udp_bind(loop, "example.invalid", 0, listen_to, &one), LOOP_EINVAL);
    CHECK_CODE(loop_udp_bind(loop, "", 0, listen_to, &one), LOOP_EINVAL);
    CHECK_CODE(loop_udp_bind(loop, NULL, 65536, listen_to, &one), LOOP_EINVAL);
    CHECK_CODE(loop_udp_bind(loop, NULL, 0, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_udp_connect(loop, NULL, 1, listen_to, &one), LOOP_EINVAL);
    CHECK_CODE(loop_udp_connect(loop, "127.0.0.1", 0, listen_to, &one), LOOP_EINVAL);
    CHECK_CODE(loop_unix_dgram_connect(loop, NULL, listen_to, &one), LOOP_EINVAL);
    request.type = LOOP_NET_UDP;
    request.what = LOOP_NET_LISTEN;
    CHECK_CODE(loop_net(loop, &request, listen_to, &one), LOOP_EINVAL);
    request.what = LOOP_NET_BIND;
    request.flags = LOOP_NET_NODELAY;
    CHECK_CODE(loop_net(loop, &request, listen_to, &one), LOOP_EINVAL);
    request.flags = LOOP_NET_REUSEADDR;
    request.type = LOOP_NET_TCP;
    CHECK_CODE(loop_net(loop, &request, listen_to, &one), LOOP_EINVAL);
    request.type = LOOP_NET_UNIX_DGRAM;
    CHECK_CODE(loop_net(loop, &request, listen_to, &one), LOOP_EINVAL);

    loop_address_t bad = one.at;
    bad.family = 77;
    CHECK_CODE(loop_send_to(loop, one.id, &bad, "x", 1), LOOP_EINVAL);
    CHECK_CODE(loop_write_to(loop, one.id, &bad, "x", 1, listen_to, &one), LOOP_EINVAL);
    bad = one.at;
    bad.size = 3;
    CHECK_CODE(loop_send_to(loop, one.id, &bad, "x", 1), LOOP_EINVAL);
    CHECK_CODE(loop_send_to(loop, one.id, NULL, "x", 1), LOOP_EINVAL);
    CHECK_CODE(loop_send_to(loop, one.id, &one.at, NULL, 1), LOOP_EINVAL);
    CHECK_CODE(loop_write_to(loop, one.id, &one.at, "x", 1, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_send_to(loop, one.id + 1, &one.at, "x", 1), LOOP_EBADID);
    CHECK(loop_sender(NULL) == NULL);

    CHECK_CODE(loop_net_join(loop, one.id, NULL, NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_net_join(loop, one.id, "a name", NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_net_join(loop, one.id, "127.0.0.1", NULL, NULL), LOOP_EINVAL);
    CHECK_CODE(loop_net_join(loop, one.id, "239.1.2.3", "::1", NULL), LOOP_EINVAL);
    CHECK_CODE(loop_net_join(loop, one.id, "239.1.2.3", NULL, "no-such-if"), LOOP_ENODEV);
    CHECK_CODE(loop_net_join(loop, one.id + 1, "239.1.2.3", NULL, "lo"), LOOP_EBADID);
    CHECK_CODE(loop_net_set(loop, one.id, LOOP_NET_OPT_TTL, 0), LOOP_EINVAL);
    CHECK_CODE(loop_net_set(loop, one.id, LOOP_NET_OPT_TTL, 256), LOOP_EINVAL);
    CHECK_CODE(loop_net_set(loop, one.id, LOOP_NET_OPT_BROADCAST, 2), LOOP_EINVAL);
    CHECK_CODE(loop_net_set(loop, one.id, 99, 1), LOOP_EINVAL);
    CHECK_ID(loop_tcp_listen(loop, "127.0.0.1", 0, listen_to, &tcp));
    ear_until(loop, &tcp, 1);
    CHECK_CODE(loop_net_set(loop, tcp.id, LOOP_NET_OPT_BROADCAST, 1), LOOP_ENOTSUP);
    CHECK_CODE(loop_clear(loop, tcp.id), LOOP_OK);

    CHECK_CODE(loop_net_close(loop, one.id), LOOP_OK);
    CHECK_CODE(loop_send_to(loop, one.id, &one.at, "x", 1), LOOP_EPIPE);
    run_and_free(loop);
    CHECK_STR(one.said, "o.");
}

static void options_say_what_was_set(void) {
    static const char *const hosts[] = {"127.0.0.1", "::1"};
    static const struct {
        uint32_t option;
        int64_t value;
    } set[] = {{LOOP_NET_OPT_BROADCAST, 1},
               {LOOP_NET_OPT_TTL, 7},
               {LOOP_NET_OPT_MULTICAST_TTL, 3},
               {LOOP_NET_OPT_MULTICAST_LOOP, 0}};
    loop_t *loop = loop_over(LOOP_BACKEND_AUTO);
    for (size_t h = 0; h < 2; h++) {
        ear_t one = {0};
        CHECK_ID(loop_udp_bind(loop, hosts[h], 0, listen_to, &one));
        ear_until(loop, &one, 1);
        if (one.status == LOOP_EADDRNOTAVAIL || one.status == LOOP_ESYS)
            continue; /* no IPv6 here */
        for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) {
            int64_t value = -1;
            CHECK_CODE(loop_net_set(loop, one.id, set[i].option, set[i].value), LOOP_OK);
            CHECK_CODE(loop_net_get(loop, one.id, set[i].option, &value), LOOP_OK);
            CHECK_INT(value, set[i].value);
        }
        CHECK_CODE(loop_net_set(loop, one.id, LOOP_NET_OPT_MULTICAST_IF, 0), LOOP_OK);
        CHECK_CODE(loop_clear(loop, one.id), LOOP_OK);
    }
    run_and_free(loop);
}

static void broadcast_needs_its_option(void) {
    loop_t *loop = loop_over(LOOP_BACKEND_AUTO);
    ear_t one = {0}, write = {0};
    loop_address_t all;
    CHECK_CODE(loop_address_parse("127.255.255.255", 9, &all), LOOP_OK);
    bind_to(loop, "127.0.0.1", &one);
    CHECK_ID(loop_write_to(loop, one.id, &all, "x", 1, listen_to, &write));
    ear_until(loop, &write, 1);
    CHECK_CODE(write.status, LOOP_EACCES);
    CHECK_CODE(loop_net_set(loop, one.id, LOOP_NET_OPT_BROADCAST, 1), LOOP_OK);
    CHECK_ID(loop_write_to(loop, one.id, &all, "x", 1, listen_to, &write));
    ear_until(loop, &write, 2);
    CHECK_CODE(write.status, LOOP_OK);
    CHECK_CODE(loop_clear(loop, one.id), LOOP_OK);
    run_and_free(loop);
}

/* Two sockets of one address join a group at the loopback interface, one of them by source. */
static void a_group_is_joined_and_left(void) {
#ifdef __linux__
    loop_t *loop = loop_over(LOOP_BACKEND_AUTO);
    loop_net_t request = LOOP_NET_INIT;
    ear_t any = {0}, of = {0}, from = {0};
    loop_address_t group;
    request.what = LOOP_NET_BIND;
    request.type = LOOP_NET_UDP;
    request.host = "0.0.0.0";
    request.flags = LOOP_NET_REUSEADDR;
    CHECK_ID(loop_net(loop, &request, listen_to, &any));
    ear_until(loop, &any, 1);
    request.port = any.at.port;
    CHECK_ID(loop_net(loop, &request, listen_to, &of));
    ear_until(loop, &of, 1);
    CHECK_STR(of.said, "o");
    bind_to(loop, "127.0.0.1", &from);
    CHECK_CODE(loop_net_join(loop, any.id, "239.77.1.2", NULL, "127.0.0.1"), LOOP_OK);
    CHECK_CODE(loop_net_join(loop, any.id, "239.77.1.2", NULL, "lo"), LOOP_EADDRINUSE);
    CHECK_CODE(loop_net_join(loop, of.id, "239.77.1.2", "127.0.0.9", "1"), LOOP_OK);
    CHECK_CODE(loop_net_set(loop, of.id, LOOP_NET_OPT_MULTICAST_LOOP, 1), LOOP_OK);
    CHECK_CODE(loop_net_set(loop, from.id, LOOP_NET_OPT_MULTICAST_IF, 1), LOOP_OK);
    CHECK_CODE(loop_read_start(loop, any.id, listen_to, &any), LOOP_OK);
    CHECK_CODE(loop_read_start(loop, of.id, listen_to, &of), LOOP_OK);
    CHECK_CODE(loop_address_parse("239.77.1.2", any.at.port, &group), LOOP_OK);
    CHECK_CODE(loop_send_to(loop, from.id, &group, "to all", 6), LOOP_OK);
    ear_until(loop, &any, 2);
    CHECK_STR(any.data, "to all");
    CHECK_CODE(loop_net_join(loop, of.id, "239.77.1.2", "127.0.0.1", "lo"), LOOP_OK);
    CHECK_CODE(loop_send_to(loop, from.id, &group, "to both", 7), LOOP_OK);
    ear_until(loop, &any, 3);
    ear_until(loop, &of, 2);
    CHECK_STR(of.data, "to both"); /* and nothing before it */
    CHECK_CODE(loop_net_leave(loop, of.id, "239.77.1.2", "127.0.0.1", "lo"), LOOP_OK);
    CHECK_CODE(loop_net_leave(loop, any.id, "239.77.1.2", NULL, "lo"), LOOP_OK);
    CHECK_CODE(loop_net_leave(loop, any.id, "239.77.1.2", NULL, "lo"), LOOP_EADDRNOTAVAIL);
    CHECK_CODE(loop_clear(loop, any.id), LOOP_OK);
    CHECK_CODE(loop_clear(loop, of.id), LOOP_OK);
    CHECK_CODE(loop_clear(loop, from.id), LOOP_OK);
    run_and_free(loop);
#else
    SKIP("groups at the loopback interface are Linux's");
#endif
}

static void a_silent_socket_ends_at_its_deadline(void) {
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            ear_t one = {0};
            bind_to(loop, "127.0.0.1", &one);
            CHECK_CODE(loop_next_op(loop, 2000000, NULL), LOOP_OK);
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            run_and_free(loop);
            CHECK_CODE(one.status, LOOP_ETIMEDOUT);
        }
}

static void an_unreferenced_socket_keeps_no_loop_alive(void) {
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            ear_t one = {0};
            bind_to(loop, "127.0.0.1", &one);
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            CHECK_CODE(loop_unref(loop, one.id), LOOP_OK);
            run_and_free(loop);
        }
}

TEST_MAIN(warm_up(), T(a_peer_that_is_gone_is_told_and_the_socket_goes_on),
          T(a_datagram_too_long_fails_alone), T(the_largest_datagram_arrives_whole),
          T(a_datagram_can_be_retained), T(what_is_asked_wrongly_is_refused_by_name),
          T(options_say_what_was_set), T(broadcast_needs_its_option), T(a_group_is_joined_and_left),
          T(a_silent_socket_ends_at_its_deadline), T(an_unreferenced_socket_keeps_no_loop_alive))
