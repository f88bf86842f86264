/* SPDX-License-Identifier: MIT
 *
 * A stream says when more waits than its high-water mark, and when it has come down to the low one.
 * The peer does not read in between, so that the system cannot take it all.
 */
#include "net.h"

enum { MUCH = 16 << 20, HIGH = 1000, LOW = 100 };

static party_t server = {.name = "server"};

static void look(loop_t *loop, const loop_event_t *ev, party_t *p) {
    if (is_told(ev, LOOP_NET_FULL)) {
        say("full: %s", loop_queued(loop, p->id) > HIGH ? "above the mark" : "below");
        must(loop_resume(loop, server.id));
    }
    if (is_told(ev, LOOP_NET_DRAIN)) {
        say("drain: %s", loop_queued(loop, p->id) <= LOW ? "below the mark" : "above");
        must(loop_end(loop, p->id));
    }
}

static void accept_paused(loop_t *loop, const loop_event_t *ev, party_t *listener) {
    static char much[MUCH];
    if (!is_told(ev, LOOP_NET_ACCEPTED))
        return;
    take_one(loop, ev, listener);
    must(loop_pause(loop, server.id));
    must(loop_send(loop, listener->with->with->id, much, MUCH));
}

int main(void) {
    party_t client = {.name = "client", .on = look};
    party_t listener = {.name = "listener", .on = accept_paused, .with = &server};
    loop_net_t request = LOOP_NET_INIT;
    loop_t *loop = new_loop();
    server.with = &client;
    listen_on(loop, &listener, 0);
    request.what = LOOP_NET_CONNECT;
    request.type = LOOP_NET_TCP;
    request.host = "127.0.0.1";
    request.port = listener.port;
    request.high_water = HIGH;
    request.low_water = LOW;
    client.id = must(loop_net(loop, &request, hear, &client));
    must(loop_read_start(loop, client.id, hear, &client));
    run_and_free(loop);
    say_party(&client);
    say_party(&server);
    return 0;
}
