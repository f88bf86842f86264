/* SPDX-License-Identifier: MIT
 *
 * What goes wrong with UDP, what is asked wrongly, and groups; over both backends.
 */
#include "dgram_rig.h"

#include <ifaddrs.h>
#include <net/if.h>
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

#ifdef __linux__
/* The first interface that can carry groups of IPv6 (the loopback interface has no route to them), or
 * 0. */
static unsigned group_interface(void) {
    struct ifaddrs *list = NULL;
    unsigned found = 0;
    CHECK_INT(getifaddrs(&list), 0);
    for (const struct ifaddrs *i = list; i != NULL && found == 0; i = i->ifa_next)
        if (i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_INET6 &&
            (i->ifa_flags & (IFF_UP | IFF_RUNNING | IFF_MULTICAST | IFF_LOOPBACK)) ==
                (IFF_UP | IFF_RUNNING | IFF_MULTICAST))
            found = if_nametoindex(i->ifa_name);
    freeifaddrs(list);
    return found;
}
#endif

/* A group of IPv6 that no datagram leaves the machine for (ff01), heard by a socket of IPv6 alone
 * until it leaves. */
static void a_group_of_ipv6_is_joined_over_ipv6_alone(void) {
#ifdef __linux__
    char name[IF_NAMESIZE], number[16];
    unsigned index = group_interface();
    if (index == 0)
        SKIP("no interface with groups of IPv6 here");
    CHECK(if_indextoname(index, name) != NULL);
    snprintf(number, sizeof number, "%u", index);
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            loop_net_t request = LOOP_NET_INIT;
            ear_t six = {0}, from = {0};
            loop_address_t group, own;
            request.what = LOOP_NET_BIND;
            request.type = LOOP_NET_UDP;
            request.host = "::";
            request.flags = LOOP_NET_V6ONLY;
            CHECK_ID(loop_net(loop, &request, listen_to, &six));
            ear_until(loop, &six, 1);
            CHECK_STR(six.said, "o");
            bind_to(loop, "::", &from);
            CHECK_CODE(loop_net_join(loop, six.id, "ff01::77:1", NULL, name), LOOP_OK);
            CHECK_CODE(loop_net_join(loop, six.id, "ff01::77:1", NULL, number), LOOP_EADDRINUSE);
            CHECK_CODE(loop_net_set(loop, from.id, LOOP_NET_OPT_MULTICAST_IF, index), LOOP_OK);
            CHECK_CODE(loop_net_set(loop, from.id, LOOP_NET_OPT_MULTICAST_LOOP, 1), LOOP_OK);
            CHECK_CODE(loop_read_start(loop, six.id, listen_to, &six), LOOP_OK);
            CHECK_CODE(loop_address_parse("ff01::77:1", six.at.port, &group), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, from.id, &group, "to six", 6), LOOP_OK);
            ear_until(loop, &six, 2);
            CHECK_STR(six.data, "to six");
            CHECK_INT(six.sender.port, from.at.port);
            CHECK_INT(six.sender.family, LOOP_AF_INET6);
            CHECK_CODE(loop_net_leave(loop, six.id, "ff01::77:1", NULL, name), LOOP_OK);
            CHECK_CODE(loop_net_leave(loop, six.id, "ff01::77:1", NULL, name), LOOP_EADDRNOTAVAIL);
            /* What the group is sent now comes no more; what the socket is sent does. */
            CHECK_CODE(loop_address_parse("::1", six.at.port, &own), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, from.id, &group, "to nobody", 9), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, from.id, &own, "to one", 6), LOOP_OK);
            ear_until(loop, &six, 3);
            CHECK_STR(six.data, "to one");
            CHECK_CODE(loop_clear(loop, six.id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, from.id), LOOP_OK);
            run_and_free(loop);
        }
#else
    SKIP("groups of this machine alone are Linux's");
#endif
}

/* A socket of IPv6 alone leaves the port to one of IPv4, and each hears its own family. Without the
 * flag the port is taken for both. Other programs may have the port, so others are tried, too. */
static void a_socket_of_ipv6_alone_leaves_the_port_to_ipv4(void) {
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            ear_t both = {0}, six, four, taken = {0};
            loop_address_t to;
            for (int tries = 0;; tries++) {
                loop_net_t request = LOOP_NET_INIT;
                six = four = (ear_t){0};
                request.what = LOOP_NET_BIND;
                request.type = LOOP_NET_UDP;
                request.host = "::";
                request.flags = LOOP_NET_V6ONLY;
                CHECK_ID(loop_net(loop, &request, listen_to, &six));
                ear_until(loop, &six, 1);
                if (six.status != 0) {
                    run_and_free(loop);
                    SKIP("no IPv6 here");
                }
                CHECK_ID(loop_udp_bind(loop, "0.0.0.0", six.at.port, listen_to, &four));
                ear_until(loop, &four, 1);
                if (four.status != LOOP_EADDRINUSE || tries == 20)
                    break;
                CHECK_CODE(loop_clear(loop, six.id), LOOP_OK);
            }
            CHECK_STR(four.said, "o");
            CHECK_CODE(loop_read_start(loop, six.id, listen_to, &six), LOOP_OK);
            CHECK_CODE(loop_read_start(loop, four.id, listen_to, &four), LOOP_OK);
            CHECK_CODE(loop_address_parse("127.0.0.1", six.at.port, &to), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, four.id, &to, "four", 4), LOOP_OK);
            CHECK_CODE(loop_address_parse("::1", six.at.port, &to), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, six.id, &to, "six", 3), LOOP_OK);
            ear_until(loop, &four, 2);
            ear_until(loop, &six, 2);
            CHECK_STR(four.data, "four");
            CHECK_STR(six.data, "six");
            CHECK_INT(four.sender.family, LOOP_AF_INET);
            CHECK_INT(six.sender.family, LOOP_AF_INET6);
            bind_to(loop, "::", &both);
            CHECK_ID(loop_udp_bind(loop, "0.0.0.0", both.at.port, listen_to, &taken));
            ear_until(loop, &taken, 1);
            CHECK_CODE(taken.status, LOOP_EADDRINUSE);
            CHECK_CODE(loop_clear(loop, six.id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, four.id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, both.id), LOOP_OK);
            run_and_free(loop);
        }
}

enum { SENDERS = 64 };

/* Sockets that share a port: each datagram comes to one of them, and of many senders each has some.
 * All have to say so: one without the flag finds the port taken. */
static void sockets_that_share_a_port_get_each_datagram_once(void) {
#ifdef __linux__
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            loop_net_t request = LOOP_NET_INIT;
            ear_t one = {0}, two = {0}, alone = {0};
            static ear_t from[SENDERS];
            memset(from, 0, sizeof from);
            request.what = LOOP_NET_BIND;
            request.type = LOOP_NET_UDP;
            request.host = "127.0.0.1";
            request.flags = LOOP_NET_REUSEPORT;
            CHECK_ID(loop_net(loop, &request, listen_to, &one));
            ear_until(loop, &one, 1);
            request.port = one.at.port;
            CHECK_ID(loop_net(loop, &request, listen_to, &two));
            ear_until(loop, &two, 1);
            CHECK_STR(two.said, "o");
            CHECK_INT(two.at.port, one.at.port);
            CHECK_ID(loop_udp_bind(loop, "127.0.0.1", one.at.port, listen_to, &alone));
            ear_until(loop, &alone, 1);
            CHECK_CODE(alone.status, LOOP_EADDRINUSE);
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            CHECK_CODE(loop_read_start(loop, two.id, listen_to, &two), LOOP_OK);
            /* The system chooses by the sender's port: of 64 all to one is a chance of 2^-63. */
            for (int i = 0; i < SENDERS; i++) {
                bind_to(loop, "127.0.0.1", &from[i]);
                CHECK_CODE(loop_send_to(loop, from[i].id, &one.at, "x", 1), LOOP_OK);
            }
            while (one.count + two.count < 2 + SENDERS)
                if (!CHECK(loop_run(loop, LOOP_RUN_ONCE) > 0))
                    break;
            CHECK(one.count > 1 && two.count > 1);
            /* When one is gone the other gets all. */
            CHECK_CODE(loop_net_close(loop, one.id), LOOP_OK);
            while (one.status == 0 && one.said[one.count - 1] != '.')
                if (!CHECK(loop_run(loop, LOOP_RUN_ONCE) > 0))
                    break;
            size_t before = two.count, gone = one.count;
            for (int i = 0; i < SENDERS; i++)
                CHECK_CODE(loop_send_to(loop, from[i].id, &two.at, "y", 1), LOOP_OK);
            ear_until(loop, &two, before + SENDERS);
            CHECK_INT(two.count, before + SENDERS);
            CHECK_INT(one.count, gone);
            CHECK_STR(two.data, "y");
            for (int i = 0; i < SENDERS; i++)
                CHECK_CODE(loop_clear(loop, from[i].id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, two.id), LOOP_OK);
            run_and_free(loop);
        }
#else
    SKIP("what is sent to a shared port is divided by Linux alone");
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
          T(a_group_of_ipv6_is_joined_over_ipv6_alone),
          T(a_socket_of_ipv6_alone_leaves_the_port_to_ipv4),
          T(sockets_that_share_a_port_get_each_datagram_once),
          T(a_silent_socket_ends_at_its_deadline), T(an_unreferenced_socket_keeps_no_loop_alive))
