/* SPDX-License-Identifier: MIT
 *
 * Connections to names. Nobody is asked here: what ends in .localhost is this machine, and what is no
 * name is told at once.
 */
#include "net_rig.h"

/* A part of a name may have 63 bytes. */
#define LONG "this-part-of-a-name-is-longer-than-any-part-of-a-name-may-ever-be"

/* What Go opens once for its own sockets is open from here on. */
static void first_lookup(void) {
    voice_t client = {0};
    loop_t *loop = new_loop();
    CHECK_ID(loop_tcp_connect(loop, "a.localhost", 1, hear, &client));
    run_and_free(loop);
}

static void a_name_is_looked_up_and_connected_to(void) {
    for
        BOTH_BACKENDS {
            voice_t listener = {0}, client = {0};
            loop_t *loop = loop_over(backends[b]);
            CHECK_ID(loop_tcp_listen(loop, "127.0.0.1", 0, hear, &listener));
            run_until(loop, &listener, 1);
            CHECK_ID(loop_tcp_connect(loop, "db.example.localhost", listener.port, hear, &client));
            run_until(loop, &client, 1);
            run_until(loop, &listener, 2);
            CHECK_STR(client.said, "o"); /* of its addresses only that of IPv4 listens */
            CHECK_STR(listener.said, "oa");
            CHECK_CODE(loop_clear(loop, listener.id), LOOP_OK);
            CHECK_CODE(loop_clear(loop, listener.accepted), LOOP_OK);
            CHECK_CODE(loop_clear(loop, client.id), LOOP_OK);
            run_and_free(loop);
        }
}

static void keep_reason(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    (void)loop;
    *(uint64_t *)v->with = ev->aux;
}

static void what_is_no_name_ends_the_connection_with_the_reason(void) {
    static const char *const bad[] = {"1.2.3", "a..b", LONG "." LONG};
    for
        BOTH_BACKENDS {
            loop_t *loop = loop_over(backends[b]);
            for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                uint64_t reason = 0;
                char text[160];
                voice_t client = {.on = keep_reason, .with = &reason};
                CHECK_ID(loop_tcp_connect(loop, bad[i], 80, hear, &client));
                run_until(loop, &client, 1);
                snprintf(text, sizeof text, "connect %s", bad[i]);
                CHECK_CODE(client.status, LOOP_EDNS);
                CHECK_INT(reason, LOOP_DNS_BAD_NAME);
                CHECK_STR(client.text, text);
            }
            run_and_free(loop);
        }
}

static void what_is_sent_before_the_name_is_known_arrives(void) {
    for
        BOTH_BACKENDS {
            voice_t listener = {0}, client = {0}, server = {0};
            loop_t *loop = loop_over(backends[b]);
            CHECK_ID(loop_tcp_listen(loop, "127.0.0.1", 0, hear, &listener));
            run_until(loop, &listener, 1);
            int64_t id = loop_tcp_connect(loop, "a.localhost", listener.port, hear, &client);
            CHECK_ID(id);
            CHECK_CODE(loop_send(loop, id, "early", 5), LOOP_OK);
            CHECK_CODE(loop_end(loop, id), LOOP_OK);
            run_until(loop, &listener, 2);
            CHECK_CODE(loop_read_start(loop, listener.accepted, hear, &server), LOOP_OK);
            CHECK_CODE(loop_clear(loop, listener.id), LOOP_OK);
            run_until(loop, &server, 3);
            CHECK_STR(server.said, "de.");
            CHECK_STR(server.data, "early");
            CHECK_CODE(loop_clear(loop, id), LOOP_OK);
            run_and_free(loop);
        }
}

static void a_connection_to_a_name_can_be_cancelled_at_once(void) {
    for
        BOTH_BACKENDS {
            voice_t client = {0};
            loop_t *loop = loop_over(backends[b]);
            int64_t id = loop_tcp_connect(loop, "example.invalid", 80, hear, &client);
            CHECK_ID(id);
            CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
            run_and_free(loop);
            CHECK_STR(client.said, "x");
            CHECK_CODE(client.status, LOOP_ECANCELED);
            CHECK_STR(client.text, "connect example.invalid");
        }
}

TEST_MAIN(first_lookup(), T(a_name_is_looked_up_and_connected_to),
          T(what_is_no_name_ends_the_connection_with_the_reason),
          T(what_is_sent_before_the_name_is_known_arrives),
          T(a_connection_to_a_name_can_be_cancelled_at_once))
