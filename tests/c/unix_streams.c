/* SPDX-License-Identifier: MIT
 *
 * Unix sockets and descriptors that are taken over, over both backends.
 */
#include "net_rig.h"

#include <sys/socket.h>
#include <sys/stat.h>

static void a_path_is_listened_on_and_removed(void) {
    for
        BOTH_BACKENDS {
            char folder[] = "/tmp/loop-unix-XXXXXX", path[64], text[128];
            struct stat st;
            loop_address_t at;
            voice_t listener = {0}, client = {0}, server = {0}, second = {0};
            REQUIRE(mkdtemp(folder) != NULL);
            snprintf(path, sizeof path, "%s/socket", folder);
            loop_t *loop = loop_over(backends[b]);
            CHECK_ID(loop_unix_listen(loop, path, hear, &listener));
            int64_t id = loop_unix_connect(loop, path, hear, &client);
            CHECK_CODE(loop_send(loop, id, "hello", 5), LOOP_OK);
            CHECK_CODE(loop_read_start(loop, id, hear, &client), LOOP_OK);
            run_until(loop, &listener, 2);
            CHECK_CODE(loop_read_start(loop, listener.accepted, hear, &server), LOOP_OK);
            run_until(loop, &server, 1);
            CHECK_STR(server.data, "hello");
            CHECK_CODE(loop_peer_address(loop, id, &at), LOOP_OK);
            CHECK_INT(loop_address_text(&at, text, sizeof text), strlen(path));
            CHECK_STR(text, path);
            CHECK_CODE(loop_net_set(loop, id, LOOP_NET_OPT_NODELAY, 1), LOOP_ENOTSUP);
            CHECK_CODE(loop_net_set(loop, id, LOOP_NET_OPT_KEEPALIVE, 0), LOOP_ENOTSUP);
            CHECK_ID(loop_unix_listen(loop, path, hear, &second));
            run_until(loop, &second, 1);
            CHECK_CODE(second.status, LOOP_EADDRINUSE);
            CHECK_CODE(loop_net_close(loop, server.id), LOOP_OK);
            CHECK_CODE(loop_net_close(loop, listener.id), LOOP_OK);
            run_and_free(loop);
            CHECK_STR(client.said, "oe.");
            CHECK_STR(listener.said, "oa.");
            CHECK_INT(stat(path, &st), -1);
            CHECK_INT(rmdir(folder), 0);
        }
}

static void abstract_names_begin_with_a_nul(void) {
#ifdef __linux__
    for
        BOTH_BACKENDS {
            char name[64] = "", text[128];
            voice_t listener = {0}, client = {0};
            loop_address_t at;
            loop_net_t request = LOOP_NET_INIT;
            int n = snprintf(name + 1, sizeof name - 1, "loop-test-%d-%zu", (int)getpid(), b);
            loop_t *loop = loop_over(backends[b]);
            request.what = LOOP_NET_LISTEN;
            request.type = LOOP_NET_UNIX;
            request.host = name;
            request.host_len = (uint32_t)n + 1;
            CHECK_ID(loop_net(loop, &request, hear, &listener));
            request.what = LOOP_NET_CONNECT;
            CHECK_ID(loop_net(loop, &request, hear, &client));
            run_until(loop, &listener, 2);
            run_until(loop, &client, 1);
            CHECK_CODE(loop_peer_address(loop, client.id, &at), LOOP_OK);
            CHECK_INT(loop_address_text(&at, text, sizeof text), n + 1);
            CHECK(text[0] == '@' && strcmp(text + 1, name + 1) == 0);
            CHECK_CODE(loop_clear(loop, listener.accepted), LOOP_OK);
            CHECK_CODE(loop_clear(loop, listener.id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, client.id), LOOP_OK);
            run_and_free(loop);
        }
#else
    SKIP("abstract names are Linux's");
#endif
}

static int64_t adopt(loop_t *loop, int fd, voice_t *v) {
    loop_net_t request = LOOP_NET_INIT;
    request.what = LOOP_NET_ADOPT;
    request.fd = fd;
    return loop_net(loop, &request, hear, v);
}

static void a_pair_of_the_hosts_is_taken_over(void) {
    for
        BOTH_BACKENDS {
            int before = count_fds(), fds[2], folder;
            voice_t one = {0}, two = {0}, again = {0}, folder_voice = {0}, closed = {0};
            loop_t *loop = loop_over(backends[b]);
            REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
            REQUIRE((folder = open("/", O_RDONLY | O_CLOEXEC)) >= 0);
            int64_t first = adopt(loop, fds[0], &one), second = adopt(loop, fds[1], &two);
            CHECK_ID(adopt(loop, fds[0], &again));
            CHECK_ID(adopt(loop, folder, &folder_voice));
            CHECK_ID(adopt(loop, 1000000, &closed));
            CHECK_CODE(loop_read_start(loop, second, hear, &two), LOOP_OK);
            CHECK_CODE(loop_send(loop, first, "across", 6), LOOP_OK);
            CHECK_CODE(loop_net_close(loop, first), LOOP_OK);
            run_and_free(loop);
            CHECK_STR(one.said, "."); /* closed in the step in which it was opened */
            CHECK_STR(two.said, "ode.");
            CHECK_STR(two.data, "across");
            CHECK_CODE(again.status, LOOP_EEXIST);
            CHECK_CODE(folder_voice.status, LOOP_EISDIR);
            CHECK_CODE(closed.status, LOOP_EBADF);
            CHECK_INT(count_fds(), before);
        }
}

TEST_MAIN(warm_up(), T(a_path_is_listened_on_and_removed), T(abstract_names_begin_with_a_nul),
          T(a_pair_of_the_hosts_is_taken_over))
