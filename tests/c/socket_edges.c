/* SPDX-License-Identifier: MIT
 *
 * Sockets at their edges, over both backends: what keeps no loop alive, a second end, urgent data,
 * addresses and paths that are not to be had, IPv6, their descriptors.
 */
#include "net_rig.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif
#include <sys/socket.h>

static void an_unreferenced_stream_and_listener_keep_no_loop_alive(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            rig_start(&rig, backends[b]);
            CHECK_CODE(loop_read_start(rig.loop, rig.server.id, hear, &rig.server), LOOP_OK);
            CHECK_CODE(loop_read_start(rig.loop, rig.client.id, hear, &rig.client), LOOP_OK);
            CHECK_INT(loop_alive(rig.loop), 3);
            CHECK_CODE(loop_unref(rig.loop, rig.listener.id), LOOP_OK);
            CHECK_CODE(loop_unref(rig.loop, rig.server.id), LOOP_OK);
            CHECK_CODE(loop_unref(rig.loop, rig.client.id), LOOP_OK);
            CHECK_INT(loop_run(rig.loop, LOOP_RUN_DEFAULT), 0);
            CHECK_STR(rig.client.said, "o");
            /* Referenced again, it is waited for. */
            CHECK_CODE(loop_ref(rig.loop, rig.client.id), LOOP_OK);
            CHECK_CODE(loop_net_close(rig.loop, rig.server.id), LOOP_OK);
            CHECK_INT(loop_run(rig.loop, LOOP_RUN_DEFAULT), 0);
            CHECK_STR(rig.client.said, "oe.");
            CHECK_CODE(loop_free(rig.loop), LOOP_OK);
        }
}

static void an_unreferenced_unix_stream_and_listener_keep_no_loop_alive(void) {
    for
        BOTH_BACKENDS {
            char folder[] = "/tmp/loop-edge-XXXXXX", path[64];
            voice_t listener = {0}, client = {0};
            REQUIRE(mkdtemp(folder) != NULL);
            snprintf(path, sizeof path, "%s/socket", folder);
            loop_t *loop = loop_over(backends[b]);
            int64_t at = loop_unix_listen(loop, path, hear, &listener);
            CHECK_CODE(loop_unref(loop, at), LOOP_OK);
            CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
            int64_t id = loop_unix_connect(loop, path, hear, &client);
            run_until(loop, &client, 1);
            run_until(loop, &listener, 2);
            CHECK_CODE(loop_read_start(loop, id, hear, &client), LOOP_OK);
            CHECK_CODE(loop_unref(loop, id), LOOP_OK);
            CHECK_CODE(loop_unref(loop, listener.accepted), LOOP_OK);
            CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
            CHECK_INT(loop_alive(loop), 0);
            CHECK_CODE(loop_free(loop), LOOP_OK);
            CHECK_INT(rmdir(folder), 0); /* the path went with its listener */
        }
}

static void a_second_end_changes_nothing(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            rig_start(&rig, backends[b]);
            CHECK_CODE(loop_read_start(rig.loop, rig.server.id, hear, &rig.server), LOOP_OK);
            CHECK_CODE(loop_read_start(rig.loop, rig.client.id, hear, &rig.client), LOOP_OK);
            CHECK_CODE(loop_send(rig.loop, rig.client.id, "last", 4), LOOP_OK);
            CHECK_CODE(loop_end(rig.loop, rig.client.id), LOOP_OK);
            CHECK_CODE(loop_end(rig.loop, rig.client.id), LOOP_OK);
            CHECK_CODE(loop_send(rig.loop, rig.client.id, "more", 4), LOOP_EPIPE);
            rig_end(&rig);
            CHECK_STR(rig.server.data, "last");
            CHECK_STR(rig.server.said, "de.");
            CHECK_STR(rig.client.said, "oe.");
        }
}

static void urgent_data_does_not_disturb_a_reader(void) {
    for
        BOTH_BACKENDS {
            struct sockaddr_in to = {.sin_family = AF_INET};
            voice_t listener = {0}, server = {0};
            loop_t *loop = loop_over(backends[b]);
            int64_t at = loop_tcp_listen(loop, "127.0.0.1", 0, hear, &listener);
            run_until(loop, &listener, 1);
            to.sin_port = htons((uint16_t)listener.port);
            to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            REQUIRE(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
            run_until(loop, &listener, 2);
            CHECK_CODE(loop_read_start(loop, listener.accepted, hear, &server), LOOP_OK);
            CHECK_INT(send(fd, "one", 3, MSG_NOSIGNAL), 3);
            CHECK_INT(send(fd, "!", 1, MSG_NOSIGNAL | MSG_OOB), 1);
            CHECK_INT(send(fd, "two", 3, MSG_NOSIGNAL), 3);
            close(fd);
            CHECK_CODE(loop_clear(loop, at), LOOP_OK);
            run_and_free(loop);
            CHECK_STR(server.data, "onetwo"); /* the urgent byte is not among the others */
            CHECK_INT(server.bytes, 6);
            CHECK_CODE(server.status, LOOP_OK);
        }
}

static void an_address_of_another_machine_cannot_be_listened_on(void) {
    static const char *const hosts[] = {"192.0.2.1", "2001:db8::1"};
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            for (size_t h = 0; h < 2; h++) {
                voice_t stream = {0}, datagrams = {0};
                CHECK_ID(loop_tcp_listen(loop, hosts[h], 0, hear, &stream));
                CHECK_ID(loop_udp_bind(loop, hosts[h], 0, hear, &datagrams));
                run_until(loop, &stream, 1);
                run_until(loop, &datagrams, 1);
                CHECK_STR(stream.said, "x");
                CHECK_STR(datagrams.said, "x");
                CHECK(stream.status == LOOP_EADDRNOTAVAIL || (h == 1 && stream.status < 0));
                CHECK(datagrams.status == stream.status);
            }
            run_and_free(loop);
        }
}

static void paths_where_nobody_listens_have_their_errors(void) {
    for
        BOTH_BACKENDS {
            char folder[] = "/tmp/loop-edge-XXXXXX", path[64], deep[80];
            voice_t missing = {0}, file = {0}, listener = {0}, taken = {0};
            REQUIRE(mkdtemp(folder) != NULL);
            snprintf(path, sizeof path, "%s/file", folder);
            snprintf(deep, sizeof deep, "%s/no/socket", folder);
            int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
            REQUIRE(fd >= 0 && close(fd) == 0);
            loop_t *loop = loop_over(backends[b]);
            CHECK_ID(loop_unix_connect(loop, deep, hear, &missing));
            CHECK_ID(loop_unix_connect(loop, path, hear, &file));
            CHECK_ID(loop_unix_listen(loop, deep, hear, &listener));
            CHECK_ID(loop_unix_listen(loop, path, hear, &taken));
            run_and_free(loop);
            CHECK_CODE(missing.status, LOOP_ENOENT);
            CHECK_CODE(file.status, LOOP_ECONNREFUSED);
            CHECK_CODE(listener.status, LOOP_ENOENT);
            CHECK_CODE(taken.status, LOOP_EADDRINUSE);
            CHECK_INT(unlink(path), 0); /* what was not the listener's stays */
            CHECK_INT(rmdir(folder), 0);
        }
}

/* A socket of IPv6 alone, and one of IPv4 with the same port, which only then is free for it. The
 * other programs of this machine may have that port, so others are tried, too. Returns 0 where there
 * is no IPv6. */
static int six_and_four(loop_t *loop, uint32_t what, uint32_t type, voice_t *six, voice_t *four) {
    for (int tries = 0;; tries++) {
        loop_net_t request = LOOP_NET_INIT;
        *six = *four = (voice_t){0};
        request.what = what;
        request.type = type;
        request.flags = LOOP_NET_V6ONLY;
        request.host = "::";
        CHECK_ID(loop_net(loop, &request, hear, six));
        run_until(loop, six, 1);
        if (six->status != 0)
            return 0;
        request.flags = 0;
        request.host = "127.0.0.1";
        request.port = six->port;
        CHECK_ID(loop_net(loop, &request, hear, four));
        run_until(loop, four, 1);
        if (four->status != LOOP_EADDRINUSE || tries == 20)
            return 1;
        CHECK_CODE(loop_clear(loop, six->id), LOOP_OK);
    }
}

static void ipv6_carries_a_stream_and_may_be_alone(void) {
    for
        BOTH_BACKENDS {
            voice_t six, four, client = {0}, server = {0};
            loop_t *loop = loop_over(backends[b]);
            if (!six_and_four(loop, LOOP_NET_LISTEN, LOOP_NET_TCP, &six, &four)) {
                run_and_free(loop);
                SKIP("no IPv6 here");
            }
            CHECK_STR(four.said, "o");
            int64_t id = loop_tcp_connect(loop, "::1", six.port, hear, &client);
            CHECK_CODE(loop_send(loop, id, "six", 3), LOOP_OK);
            CHECK_CODE(loop_end(loop, id), LOOP_OK);
            CHECK_CODE(loop_read_start(loop, id, hear, &client), LOOP_OK);
            run_until(loop, &six, 2);
            CHECK_CODE(loop_read_start(loop, six.accepted, hear, &server), LOOP_OK);
            CHECK_CODE(loop_clear(loop, six.id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, four.id), LOOP_OK);
            run_and_free(loop);
            CHECK_STR(server.data, "six");
            CHECK_STR(client.said, "oe.");
        }
}

static void datagrams_of_ipv6_alone_are_not_ipv4s(void) {
    for
        BOTH_BACKENDS {
            voice_t six, four;
            loop_t *loop = loop_over(backends[b]);
            if (!six_and_four(loop, LOOP_NET_BIND, LOOP_NET_UDP, &six, &four)) {
                run_and_free(loop);
                SKIP("no IPv6 here");
            }
            CHECK_STR(four.said, "o");
            CHECK_INT(four.port, six.port);
            CHECK_CODE(loop_clear(loop, six.id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, four.id), LOOP_OK);
            run_and_free(loop);
        }
}

static void a_write_of_more_pieces_than_the_system_takes_arrives_whole(void) {
    enum { PIECES = 3000 };
    static loop_buf_t pieces[PIECES];
    for
        BOTH_BACKENDS {
            rig_t rig;
            voice_t written = {0};
            rig_start(&rig, backends[b]);
            for (size_t i = 0; i < PIECES; i++)
                pieces[i] = (loop_buf_t){.data = "x", .len = 1};
            CHECK_CODE(loop_read_start(rig.loop, rig.server.id, hear, &rig.server), LOOP_OK);
            CHECK_ID(loop_writev(rig.loop, rig.client.id, pieces, PIECES, hear, &written));
            CHECK_CODE(loop_net_close(rig.loop, rig.client.id), LOOP_OK);
            rig_end(&rig);
            CHECK_INT(rig.server.bytes, PIECES);
            CHECK_STR(written.said, ".");
        }
}

static void a_group_of_ipv6_is_joined_once_and_left_once(void) {
    for
        BOTH_BACKENDS {
            voice_t one = {0};
            loop_t *loop = loop_over(backends[b]);
            CHECK_ID(loop_udp_bind(loop, "::", 0, hear, &one));
            run_until(loop, &one, 1);
            if (one.status != 0) {
                run_and_free(loop);
                SKIP("no IPv6 here");
            }
            CHECK_CODE(loop_net_join(loop, one.id, "ff02::7777", NULL, "1"), LOOP_OK);
            CHECK_CODE(loop_net_join(loop, one.id, "ff02::7777", NULL, "1"), LOOP_EADDRINUSE);
            CHECK_CODE(loop_net_leave(loop, one.id, "ff02::7777", NULL, "1"), LOOP_OK);
            CHECK_CODE(loop_net_leave(loop, one.id, "ff02::7777", NULL, "1"), LOOP_EADDRNOTAVAIL);
            CHECK_CODE(loop_clear(loop, one.id), LOOP_OK);
            run_and_free(loop);
        }
}

static void each_socket_tells_its_descriptor_while_it_lives(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            voice_t datagrams = {0};
            rig_start(&rig, backends[b]);
            CHECK_ID(loop_udp_bind(rig.loop, "127.0.0.1", 0, hear, &datagrams));
            run_until(rig.loop, &datagrams, 1);
            const int64_t ids[] = {rig.listener.id, rig.client.id, rig.server.id, datagrams.id};
            for (size_t i = 0; i < 4; i++) {
                int kind = 0;
                socklen_t len = sizeof kind;
                int64_t fd = loop_fileno(rig.loop, ids[i]);
                CHECK(fd >= 0);
                CHECK_INT(getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &kind, &len), 0);
                CHECK_INT(kind, i == 3 ? SOCK_DGRAM : SOCK_STREAM);
                CHECK_CODE(loop_clear(rig.loop, ids[i]), LOOP_OK);
                CHECK_CODE(loop_fileno(rig.loop, ids[i]), LOOP_EBADID);
            }
            run_and_free(rig.loop);
        }
}

#ifdef __linux__
static void take_one(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    (void)ev;
    ++*(int *)user;
}
#endif

static void an_epoll_set_is_watched_as_any_descriptor(void) {
#ifdef __linux__
    for
        BOTH_BACKENDS {
            int fds[2], told = 0, set = epoll_create1(EPOLL_CLOEXEC);
            struct epoll_event in = {.events = EPOLLIN};
            REQUIRE(set >= 0 && pipe2(fds, O_CLOEXEC) == 0);
            REQUIRE(epoll_ctl(set, EPOLL_CTL_ADD, fds[0], &in) == 0);
            loop_t *loop = loop_over(backends[b]);
            int64_t id = loop_poll_fd(loop, set, LOOP_READABLE, 0, take_one, &told);
            CHECK_ID(id);
            CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT) >= 0, 1);
            CHECK_INT(told, 0);
            CHECK_INT(write(fds[1], "x", 1), 1);
            CHECK(loop_run(loop, LOOP_RUN_ONCE) > 0);
            CHECK_INT(told, 1);
            CHECK_CODE(loop_clear(loop, id), LOOP_OK);
            run_and_free(loop);
            close(fds[0]);
            close(fds[1]);
            close(set);
        }
#else
    SKIP("epoll is Linux's");
#endif
}

TEST_MAIN(warm_up(), T(an_unreferenced_stream_and_listener_keep_no_loop_alive),
          T(an_unreferenced_unix_stream_and_listener_keep_no_loop_alive),
          T(a_second_end_changes_nothing), T(urgent_data_does_not_disturb_a_reader),
          T(an_address_of_another_machine_cannot_be_listened_on),
          T(paths_where_nobody_listens_have_their_errors),
          T(a_group_of_ipv6_is_joined_once_and_left_once),
          T(each_socket_tells_its_descriptor_while_it_lives),
          T(an_epoll_set_is_watched_as_any_descriptor), T(ipv6_carries_a_stream_and_may_be_alone),
          T(datagrams_of_ipv6_alone_are_not_ipv4s),
          T(a_write_of_more_pieces_than_the_system_takes_arrives_whole))
