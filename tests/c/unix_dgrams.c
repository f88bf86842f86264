/* SPDX-License-Identifier: MIT
 *
 * Datagrams over Unix sockets, and descriptors of that kind that are taken over; over both backends.
 */
#include "dgram_rig.h"

#include <sys/socket.h>
#include <sys/stat.h>

static void a_path_is_bound_answered_and_removed(void) {
    for
        BOTH_BACKENDS {
            char folder[] = "/tmp/loop-dgram-XXXXXX", one_path[64], two_path[64];
            ear_t one = {0}, two = {0}, second = {0};
            loop_net_t request = LOOP_NET_INIT;
            struct stat st;
            REQUIRE(mkdtemp(folder) != NULL);
            snprintf(one_path, sizeof one_path, "%s/1", folder);
            snprintf(two_path, sizeof two_path, "%s/2", folder);
            loop_t *loop = loop_over(backends[b]);
            CHECK_ID(loop_unix_dgram_bind(loop, one_path, listen_to, &one));
            ear_until(loop, &one, 1);
            CHECK_STR(one.at.path, one_path);
            one.on = answer_back;
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            request.what = LOOP_NET_CONNECT;
            request.type = LOOP_NET_UNIX_DGRAM;
            request.host = one_path;
            request.local_host = two_path;
            int64_t id = loop_net(loop, &request, listen_to, &two);
            CHECK_CODE(loop_send(loop, id, "hello", 5), LOOP_OK);
            CHECK_CODE(loop_read_start(loop, id, listen_to, &two), LOOP_OK);
            ear_until(loop, &two, 2);
            CHECK_STR(two.said, "og");
            CHECK_STR(two.data, "hello");
            CHECK_STR(one.sender.path, two_path);
            CHECK_STR(two.sender.path, one_path);
            CHECK_ID(loop_unix_dgram_bind(loop, one_path, listen_to, &second));
            ear_until(loop, &second, 1);
            CHECK_CODE(second.status, LOOP_EADDRINUSE);
            CHECK_INT(stat(one_path, &st), 0);
            CHECK_CODE(loop_net_close(loop, one.id), LOOP_OK);
            CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
            run_and_free(loop);
            CHECK_INT(stat(one_path, &st), -1);
            CHECK_INT(stat(two_path, &st), -1);
            CHECK_INT(rmdir(folder), 0);
        }
}

static void where_nobody_receives_is_told(void) {
    for
        BOTH_BACKENDS {
            char folder[] = "/tmp/loop-dgram-XXXXXX";
            ear_t nameless = {0}, one = {0}, peer = {0}, write = {0}, absent = {0};
            loop_address_t to = {.size = sizeof to, .family = LOOP_AF_UNIX};
            REQUIRE(mkdtemp(folder) != NULL);
            to.path_len = (uint32_t)snprintf(to.path, sizeof to.path, "%s/1", folder);
            loop_t *loop = loop_over(backends[b]);
            CHECK_ID(loop_unix_dgram_bind(loop, NULL, listen_to, &nameless));
            CHECK_ID(loop_unix_dgram_bind(loop, to.path, listen_to, &one));
            ear_until(loop, &one, 1);
            CHECK_ID(loop_unix_dgram_connect(loop, to.path, listen_to, &peer));
            ear_until(loop, &peer, 1);
            CHECK_CODE(loop_send_to(loop, nameless.id, &to, "hello", 5), LOOP_OK);
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            ear_until(loop, &one, 2);
            CHECK_INT(one.sender.family, LOOP_AF_NONE);
            CHECK_CODE(loop_net_close(loop, one.id), LOOP_OK);
            ear_until(loop, &one, 3);
            CHECK_CODE(loop_send_to(loop, nameless.id, &to, "late", 4), LOOP_OK);
            ear_until(loop, &nameless, 2);
            CHECK_STR(nameless.said, "ox");
            CHECK_CODE(nameless.status, LOOP_ENOENT);
            CHECK_ID(loop_write(loop, peer.id, "late", 4, listen_to, &write));
            ear_until(loop, &write, 1);
            CHECK_CODE(write.status, LOOP_ECONNREFUSED);
            CHECK_ID(loop_unix_dgram_connect(loop, to.path, listen_to, &absent));
            ear_until(loop, &absent, 1);
            CHECK_CODE(absent.status, LOOP_ENOENT);
            CHECK_CODE(loop_clear(loop, nameless.id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, peer.id), LOOP_OK);
            run_and_free(loop);
            CHECK_INT(rmdir(folder), 0);
        }
}

static void abstract_names_begin_with_a_nul(void) {
#ifdef __linux__
    for
        BOTH_BACKENDS {
            char name[64] = "";
            ear_t one = {0}, two = {0};
            loop_net_t request = LOOP_NET_INIT;
            int n = snprintf(name + 1, sizeof name - 1, "loop-dgram-%d-%zu", (int)getpid(), b);
            loop_t *loop = loop_over(backends[b]);
            request.what = LOOP_NET_BIND;
            request.type = LOOP_NET_UNIX_DGRAM;
            request.host = name;
            request.host_len = (uint32_t)n + 1;
            CHECK_ID(loop_net(loop, &request, listen_to, &one));
            CHECK_ID(loop_unix_dgram_bind(loop, NULL, listen_to, &two));
            ear_until(loop, &one, 1);
            ear_until(loop, &two, 1);
            CHECK_INT(one.at.path_len, n + 1);
            CHECK_CODE(loop_read_start(loop, one.id, listen_to, &one), LOOP_OK);
            CHECK_CODE(loop_send_to(loop, two.id, &one.at, "hello", 5), LOOP_OK);
            ear_until(loop, &one, 2);
            CHECK_STR(one.data, "hello");
            CHECK_CODE(loop_send_to(loop, one.id, &one.at, "self", 4), LOOP_OK);
            ear_until(loop, &one, 3);
            CHECK_INT(one.sender.path_len, n + 1);
            CHECK(memcmp(one.sender.path, name, (size_t)n + 1) == 0);
            CHECK_CODE(loop_clear(loop, one.id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, two.id), LOOP_OK);
            run_and_free(loop);
        }
#else
    SKIP("abstract names are Linux's");
#endif
}

static void a_pair_of_the_hosts_is_taken_over(void) {
    for
        BOTH_BACKENDS {
            int before = count_fds(), fds[2];
            ear_t one = {0}, two = {0};
            loop_net_t request = LOOP_NET_INIT;
            loop_t *loop = loop_over(backends[b]);
            REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) == 0);
            request.what = LOOP_NET_ADOPT;
            request.fd = fds[0];
            int64_t first = loop_net(loop, &request, listen_to, &one);
            request.fd = fds[1];
            int64_t second = loop_net(loop, &request, listen_to, &two);
            CHECK_CODE(loop_read_start(loop, second, listen_to, &two), LOOP_OK);
            CHECK_CODE(loop_send(loop, first, "across", 6), LOOP_OK);
            ear_until(loop, &two, 2);
            CHECK_STR(two.data, "across");
            CHECK_CODE(loop_clear(loop, first), LOOP_OK);
            CHECK_CODE(loop_clear(loop, second), LOOP_OK);
            run_and_free(loop);
            CHECK_INT(count_fds(), before);
        }
}

TEST_MAIN(warm_up(), T(a_path_is_bound_answered_and_removed), T(where_nobody_receives_is_told),
          T(abstract_names_begin_with_a_nul), T(a_pair_of_the_hosts_is_taken_over))
