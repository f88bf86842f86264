/* SPDX-License-Identifier: MIT
 *
 * A reset is no end: the peer's stream fails with LOOP_ECONNRESET.
 */
#include "net.h"

static void reset(loop_t *loop, const loop_event_t *ev, party_t *p) {
    if (is_told(ev, LOOP_NET_DATA))
        must(loop_net_reset(loop, p->id));
}

static void say_error(loop_t *loop, const loop_event_t *ev, party_t *p) {
    (void)loop;
    (void)p;
    if (is_final(ev))
        say("%.14s", (const char *)ev->data); /* the port is another each time */
}

int main(void) {
    party_t server = {.name = "server", .on = reset};
    party_t listener = {.name = "listener", .on = take_one, .with = &server};
    party_t client = {.name = "client", .on = say_error};
    loop_t *loop = new_loop();
    listen_on(loop, &listener, 0);
    connect_to(loop, &listener, &client, 0);
    must(loop_send(loop, client.id, "x", 1));
    run_and_free(loop);
    say_party(&server);
    say_party(&client);
    return 0;
}
