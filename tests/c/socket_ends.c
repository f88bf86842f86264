/* SPDX-License-Identifier: MIT
 *
 * Unusual ends of sockets, over both backends: resets after an end, ends of both sides at once,
 * connections that are given up at once; and the modes of paths.
 */
#include "net_rig.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A stream of the loop and a plain socket at its other end. */
typedef struct link {
    loop_t *loop;
    voice_t voice;
    int64_t id;
    int peer;
} link_t;

static void link_up(link_t *l, uint32_t backend) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    memset(l, 0, sizeof *l);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 1) == 0);
    REQUIRE(getsockname(listener, (struct sockaddr *)&at, &len) == 0);
    l->loop = loop_over(backend);
    l->id = loop_tcp_connect(l->loop, "127.0.0.1", ntohs(at.sin_port), hear, &l->voice);
    run_until(l->loop, &l->voice, 1); /* the system connects without an accept */
    l->peer = accept(listener, NULL, NULL);
    REQUIRE(l->peer >= 0);
    close(listener);
}

/* The peer has read the end, and now it is reset: the system has that as the socket's error. */
static void expect_reset_behind_the_end(const link_t *l) {
    char byte;
    int error = 0;
    socklen_t len = sizeof error;
    CHECK_INT(recv(l->peer, &byte, 1, 0), 0);
    CHECK_CODE(loop_net_reset(l->loop, l->id), LOOP_OK);
    CHECK_INT(loop_run(l->loop, LOOP_RUN_DEFAULT), 0);
    CHECK_STR(l->voice.said, "o.");
    CHECK_INT(getsockopt(l->peer, SOL_SOCKET, SO_ERROR, &error, &len), 0);
    CHECK(error != 0); /* EPIPE or ECONNRESET, as the system has it */
    close(l->peer);
    CHECK_CODE(loop_free(l->loop), LOOP_OK);
}

static void a_stream_that_has_ended_its_side_can_be_reset(void) {
    for
        BOTH_BACKENDS {
            link_t l;
            link_up(&l, backends[b]);
            CHECK_CODE(loop_end(l.loop, l.id), LOOP_OK);
            CHECK(loop_run(l.loop, LOOP_RUN_NOWAIT) > 0);
            expect_reset_behind_the_end(&l);
        }
}

static void a_stream_whose_descriptor_was_shut_down_can_be_reset(void) {
    for
        BOTH_BACKENDS {
            link_t l;
            link_up(&l, backends[b]);
            CHECK_INT(shutdown((int)loop_fileno(l.loop, l.id), SHUT_WR), 0);
            expect_reset_behind_the_end(&l);
        }
}

static void both_sides_may_end_at_once(void) {
    for
        BOTH_BACKENDS {
            rig_t rig;
            rig_start(&rig, backends[b]);
            CHECK_CODE(loop_read_start(rig.loop, rig.server.id, hear, &rig.server), LOOP_OK);
            CHECK_CODE(loop_read_start(rig.loop, rig.client.id, hear, &rig.client), LOOP_OK);
            CHECK_CODE(loop_send(rig.loop, rig.client.id, "to", 2), LOOP_OK);
            CHECK_CODE(loop_send(rig.loop, rig.server.id, "fro", 3), LOOP_OK);
            CHECK_CODE(loop_end(rig.loop, rig.client.id), LOOP_OK);
            CHECK_CODE(loop_end(rig.loop, rig.server.id), LOOP_OK);
            run_until(rig.loop, &rig.server, 3);
            run_until(rig.loop, &rig.client, 4);
            CHECK_STR(rig.client.said, "ode.");
            CHECK_STR(rig.server.said, "de.");
            CHECK_STR(rig.client.data, "fro");
            CHECK_STR(rig.server.data, "to");
            rig_end(&rig);
        }
}

static void the_unspecified_address_is_this_machine(void) {
    for
        BOTH_BACKENDS {
            voice_t listener = {0}, client = {0};
            loop_t *loop = loop_over(backends[b]);
            CHECK_ID(loop_tcp_listen(loop, "0.0.0.0", 0, hear, &listener));
            run_until(loop, &listener, 1);
            CHECK_ID(loop_tcp_connect(loop, "0.0.0.0", listener.port, hear, &client));
            run_until(loop, &client, 1);
            run_until(loop, &listener, 2);
            CHECK_STR(client.said, "o");
            CHECK_CODE(loop_clear(loop, client.id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, listener.accepted), LOOP_OK);
            CHECK_CODE(loop_clear(loop, listener.id), LOOP_OK);
            run_and_free(loop);
        }
}

/* ---- Paths ----------------------------------------------------------------------------------- */

static void connections_to_a_path_can_be_cleared_at_once(void) {
    for
        BOTH_BACKENDS {
            char folder[] = "/tmp/loop-ends-XXXXXX", path[64];
            voice_t listener = {0}, never = {0};
            REQUIRE(mkdtemp(folder) != NULL);
            snprintf(path, sizeof path, "%s/socket", folder);
            loop_t *loop = loop_over(backends[b]);
            int64_t at = loop_unix_listen(loop, path, hear, &listener);
            run_until(loop, &listener, 1);
            for (int i = 0; i < 2; i++) {
                int64_t id = loop_unix_connect(loop, path, hear, &never);
                CHECK_CODE(loop_clear(loop, id), LOOP_OK);
            }
            CHECK_CODE(loop_net_close(loop, at), LOOP_OK);
            CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
            CHECK_STR(never.said, "");
            CHECK_CODE(loop_free(loop), LOOP_OK);
            CHECK_INT(rmdir(folder), 0);
        }
}

static void note_done(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    CHECK_INT(ev->status, 0);
    ++*(int *)user;
}

static void the_mode_of_a_path_is_set_like_that_of_any_file(void) {
    for
        BOTH_BACKENDS {
            char folder[] = "/tmp/loop-ends-XXXXXX", path[64];
            voice_t listener = {0}, client = {0};
            struct stat st;
            int done = 0;
            REQUIRE(mkdtemp(folder) != NULL);
            snprintf(path, sizeof path, "%s/socket", folder);
            loop_t *loop = loop_over(backends[b]);
            CHECK_ID(loop_unix_listen(loop, path, hear, &listener));
            run_until(loop, &listener, 1);
            CHECK_ID(loop_fs_chmod(loop, path, 0606, note_done, &done));
            while (done == 0)
                REQUIRE(loop_run(loop, LOOP_RUN_ONCE) > 0);
            CHECK_INT(stat(path, &st), 0);
            CHECK_INT(st.st_mode & 0777, 0606);
            CHECK_ID(loop_unix_connect(loop, path, hear, &client));
            run_until(loop, &listener, 2);
            CHECK_CODE(loop_clear(loop, listener.accepted), LOOP_OK);
            run_until(loop, &client, 1);
            CHECK_CODE(loop_clear(loop, client.id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, listener.id), LOOP_OK);
            run_and_free(loop);
            CHECK_INT(rmdir(folder), 0);
        }
}

static void expect_no_name(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    loop_address_t at = {.size = sizeof at};
    (void)v;
    if (!is_told(ev, LOOP_NET_OPEN))
        return;
    CHECK_INT(((const loop_address_t *)ev->data)->family, LOOP_AF_NONE);
    CHECK_INT(((const loop_address_t *)ev->data)->path_len, 0);
    CHECK_CODE(loop_peer_address(loop, (int64_t)ev->id, &at), LOOP_OK);
    CHECK_INT(at.family, LOOP_AF_NONE);
    CHECK_CODE(loop_local_address(loop, (int64_t)ev->id, &at), LOOP_OK);
    CHECK_INT(at.family, LOOP_AF_NONE);
    CHECK_CODE(loop_clear(loop, (int64_t)ev->id), LOOP_OK);
}

static void the_ends_of_a_pair_have_no_name(void) {
    static const uint32_t types[] = {LOOP_NET_UNIX, LOOP_NET_UNIX_DGRAM};
    for
        BOTH_BACKENDS {
            for (int t = 0; t < 2; t++) {
                voice_t v = {.on = expect_no_name};
                loop_t *loop = loop_over(backends[b]);
                int32_t fds[2];
                CHECK_CODE(loop_socketpair(types[t], fds), LOOP_OK);
                CHECK_ID(loop_adopt(loop, fds[0], 0, hear, &v));
                run_until(loop, &v, 1);
                run_and_free(loop);
                close(fds[1]);
            }
        }
}

static void a_path_that_begins_with_an_at_sign_is_no_abstract_name(void) {
    for
        BOTH_BACKENDS {
            char folder[] = "/tmp/loop-ends-XXXXXX", here[256];
            voice_t listener = {0};
            loop_address_t at = {.size = sizeof at};
            REQUIRE(mkdtemp(folder) != NULL && getcwd(here, sizeof here) != NULL);
            REQUIRE(chdir(folder) == 0);
            loop_t *loop = loop_over(backends[b]);
            int64_t id = loop_unix_listen(loop, "@sign", hear, &listener);
            run_until(loop, &listener, 1);
            CHECK_CODE(loop_local_address(loop, id, &at), LOOP_OK);
            CHECK_INT(at.family, LOOP_AF_UNIX);
            CHECK_STR(at.path, "./@sign"); /* the same path */
            CHECK_INT(access("@sign", F_OK), 0);
            CHECK_CODE(loop_net_close(loop, id), LOOP_OK);
            run_and_free(loop);
            CHECK(access("@sign", F_OK) != 0); /* it went with its listener */
            CHECK_INT(chdir(here), 0);
            CHECK_INT(rmdir(folder), 0);
        }
}

/* ---- Datagrams ------------------------------------------------------------------------------- */

static int64_t bind_to(loop_t *loop, uint32_t port, uint32_t flags, voice_t *v) {
    loop_net_t request = LOOP_NET_INIT;
    request.what = LOOP_NET_BIND;
    request.type = LOOP_NET_UDP;
    request.host = "127.0.0.1";
    request.port = port;
    request.flags = flags;
    int64_t id = loop_net(loop, &request, hear, v);
    CHECK_ID(id);
    run_until(loop, v, 1);
    return id;
}

static void clear_it(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    (void)v;
    if (ev->status == LOOP_ECONNREFUSED)
        CHECK_CODE(loop_clear(loop, (int64_t)ev->id), LOOP_OK);
}

static void a_socket_may_be_cleared_where_a_refusal_is_told(void) {
    for
        BOTH_BACKENDS {
            voice_t gone = {0}, client = {.on = clear_it};
            loop_t *loop = loop_over(backends[b]);
            int64_t nobody = bind_to(loop, 0, 0, &gone);
            CHECK_CODE(loop_net_close(loop, nobody), LOOP_OK);
            run_until(loop, &gone, 2);
            int64_t id = loop_udp_connect(loop, "127.0.0.1", gone.port, hear, &client);
            CHECK_CODE(loop_read_start(loop, id, hear, &client), LOOP_OK);
            for (int i = 0; i < 3; i++)
                CHECK_CODE(loop_send(loop, id, "?", 1), LOOP_OK);
            CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
            CHECK_STR(client.said, "ox"); /* nothing behind it */
            CHECK_CODE(loop_free(loop), LOOP_OK);
        }
}

TEST_MAIN(warm_up(), T(a_stream_that_has_ended_its_side_can_be_reset),
          T(a_stream_whose_descriptor_was_shut_down_can_be_reset), T(both_sides_may_end_at_once),
          T(the_unspecified_address_is_this_machine),
          T(connections_to_a_path_can_be_cleared_at_once),
          T(the_mode_of_a_path_is_set_like_that_of_any_file), T(the_ends_of_a_pair_have_no_name),
          T(a_path_that_begins_with_an_at_sign_is_no_abstract_name),
          T(a_socket_may_be_cleared_where_a_refusal_is_told))
