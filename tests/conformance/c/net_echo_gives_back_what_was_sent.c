/* SPDX-License-Identifier: MIT
 *
 * A server sends back what it gets. What a client writes before it is connected is sent then; when
 * it has everything it ends, and both sides hear of that.
 */
#include "net.h"

static void echo(loop_t *loop, const loop_event_t *ev, party_t *p) {
    if (is_told(ev, LOOP_NET_DATA))
        must(loop_send(loop, p->id, ev->data, ev->len));
}

static void end_when_complete(loop_t *loop, const loop_event_t *ev, party_t *p) {
    if (is_told(ev, LOOP_NET_DATA) && p->bytes == 12)
        must(loop_end(loop, p->id));
}

int main(void) {
    party_t server = {.name = "server", .on = echo};
    party_t listener = {.name = "listener", .on = take_one, .with = &server};
    party_t client = {.name = "client", .on = end_when_complete};
    loop_t *loop = new_loop();
    listen_on(loop, &listener, 0);
    connect_to(loop, &listener, &client, 0);
    must(loop_send(loop, client.id, "hello,", 6));
    must(loop_send(loop, client.id, " world", 6));
    run_and_free(loop);
    say_party(&listener);
    say_party(&server);
    say_party(&client);
    return 0;
}
