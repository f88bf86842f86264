/* SPDX-License-Identifier: MIT
 *
 * UDP, over both backends.
 */
#include "dgram_rig.h"

static void ten_thousand_datagrams_arrive_with_what_was_sent(void) {
    for
        BOTH_BACKENDS {
            static many_t many;
            loop_t *loop = loop_over(backends[b]);
            ear_t one = {0}, two = {0};
            memset(&many, 0, sizeof many);
            two.with = &many;
            two.on = count_numbered;
            bind_to(loop, "127.0.0.1", &one);
            bind_to(loop, "127.0.0.1", &two);
            many.to = two.at;
            many.from = &one;
            CHECK_CODE(loop_read_start(loop, two.id, listen_to, &two), LOOP_OK);
            send_more(loop, &many);
            CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
            CHECK_INT(many.got, MANY);
            CHECK_INT(many.wrong, 0);
            CHECK_CODE(loop_free(loop), LOOP_OK);
        }
}

static void the_sender_is_told_and_can_be_answered(void) {
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            ear_t one = {0}, two = {0};
            bind_to(loop, "127.0.0.1", &one);
            bind_to(loop, "127.0.0.1", &two);
            two.on = answer_back;
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            CHECK_CODE(loop_read_start(loop, two.id, listen_to, &two), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, one.id, &two.at, "ping", 4), LOOP_OK);
            ear_until(loop, &one, 2);
            CHECK_STR(one.said, "og");
            CHECK_STR(one.data, "ping");
            CHECK(one.sender.port == two.at.port && two.sender.port == one.at.port);
            CHECK(memcmp(two.sender.ip, one.at.ip, 16) == 0);
            CHECK(one.real == 4 && one.len == 4);
            CHECK_CODE(loop_net_close(loop, one.id), LOOP_OK);
            CHECK_CODE(loop_net_close(loop, two.id), LOOP_OK);
            run_and_free(loop);
            CHECK_STR(one.said, "og.");
        }
}

static void an_empty_datagram_is_one(void) {
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            ear_t one = {0};
            bind_to(loop, "127.0.0.1", &one);
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, one.id, &one.at, NULL, 0), LOOP_OK);
            ear_until(loop, &one, 2);
            CHECK_STR(one.said, "og");
            CHECK(one.len == 0 && one.real == 0 && one.sender.port == one.at.port);
            CHECK_CODE(loop_clear(loop, one.id), LOOP_OK);
            run_and_free(loop);
        }
}

static void a_datagram_that_is_cut_says_its_real_length(void) {
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            loop_net_t request = LOOP_NET_INIT;
            ear_t one = {0};
            request.what = LOOP_NET_BIND;
            request.type = LOOP_NET_UDP;
            request.host = "127.0.0.1";
            request.read_size = 3;
            CHECK_ID(loop_net(loop, &request, listen_to, &one));
            ear_until(loop, &one, 1);
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, one.id, &one.at, "abcdefgh", 8), LOOP_OK);
            ear_until(loop, &one, 2);
            CHECK_STR(one.data, "abc");
            CHECK_INT(one.len, 3);
#ifdef __linux__
            CHECK_INT(one.real, 8);
#endif
            CHECK_CODE(loop_send_to(loop, one.id, &one.at, "xyz", 3), LOOP_OK);
            ear_until(loop, &one, 3);
            CHECK_STR(one.data, "xyz");
            CHECK_INT(one.real, 3);
            CHECK_CODE(loop_clear(loop, one.id), LOOP_OK);
            run_and_free(loop);
        }
}

static void a_connected_socket_sends_and_hears_its_peer_alone(void) {
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            ear_t server = {0}, client = {0}, stranger = {0}, write = {0};
            loop_address_t own;
            bind_to(loop, "127.0.0.1", &server);
            bind_to(loop, "127.0.0.1", &stranger);
            int64_t id = loop_udp_connect(loop, "127.0.0.1", server.at.port, listen_to, &client);
            CHECK_CODE(loop_send(loop, id, "one", 3), LOOP_OK);
            CHECK_ID(loop_write(loop, id, "three", 5, listen_to, &write));
            CHECK_CODE(loop_read_start(loop, server.id, listen_to, &server), LOOP_OK);
            CHECK_CODE(loop_read_start(loop, id, listen_to, &client), LOOP_OK);
            ear_until(loop, &server, 3);
            ear_until(loop, &write, 1);
            CHECK_STR(write.said, ".");
            CHECK_INT(write.num, 5);
            CHECK_STR(server.data, "three");
            CHECK_CODE(loop_local_address(loop, id, &own), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, stranger.id, &own, "no", 2), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, server.id, &own, "yes", 3), LOOP_OK);
            ear_until(loop, &client, 2);
            CHECK_STR(client.said, "og");
            CHECK_STR(client.data, "yes");
            CHECK_CODE(loop_clear(loop, id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, server.id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, stranger.id), LOOP_OK);
            run_and_free(loop);
        }
}

static void a_write_to_has_an_end_of_its_own(void) {
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            ear_t one = {0}, write = {0};
            bind_to(loop, "127.0.0.1", &one);
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            CHECK_ID(loop_write_to(loop, one.id, &one.at, "hello", 5, listen_to, &write));
            ear_until(loop, &write, 1);
            ear_until(loop, &one, 2);
            CHECK(write.status == 0 && write.num == 5);
            CHECK_STR(one.data, "hello");
            CHECK_CODE(loop_clear(loop, one.id), LOOP_OK);
            run_and_free(loop);
        }
}

static void without_a_host_both_families_come(void) {
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            ear_t one = {0};
            loop_address_t to;
            CHECK_ID(loop_udp_bind(loop, NULL, 0, listen_to, &one));
            ear_until(loop, &one, 1);
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            CHECK_CODE(loop_address_parse("127.0.0.1", one.at.port, &to), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, one.id, &to, "four", 4), LOOP_OK);
            ear_until(loop, &one, 2);
            CHECK_STR(one.data, "four");
            CHECK_CODE(loop_send_to(loop, one.id, &one.sender, "again", 5), LOOP_OK);
            ear_until(loop, &one, 3);
            CHECK_STR(one.data, "again");
            CHECK_CODE(loop_clear(loop, one.id), LOOP_OK);
            run_and_free(loop);
        }
}

TEST_MAIN(warm_up(), T(ten_thousand_datagrams_arrive_with_what_was_sent),
          T(the_sender_is_told_and_can_be_answered), T(an_empty_datagram_is_one),
          T(a_datagram_that_is_cut_says_its_real_length),
          T(a_connected_socket_sends_and_hears_its_peer_alone), T(a_write_to_has_an_end_of_its_own),
          T(without_a_host_both_families_come))
