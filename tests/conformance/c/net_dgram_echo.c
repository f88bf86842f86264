/* SPDX-License-Identifier: MIT
 *
 * Datagrams go to a server and come back from it to who sent them, each whole, also an empty one.
 */
#include "dgram.h"

#include <ctype.h>

static void answer(loop_t *loop, const loop_event_t *ev, ear_t *e) {
    char upper[16];
    loop_address_t own = {.size = sizeof own};
    must(loop_local_address(loop, e->with->id, &own));
    say("from the client: %s", loop_sender(ev)->port == own.port ? "yes" : "no");
    for (uint64_t i = 0; i < ev->len; i++)
        upper[i] = (char)toupper(((const char *)ev->data)[i]);
    must(loop_send_to(loop, e->id, loop_sender(ev), upper, ev->len));
}

static void hear_answer(loop_t *loop, const loop_event_t *ev, ear_t *e) {
    say("from the server: %s", loop_sender(ev)->port == e->with->at.port ? "yes" : "no");
    if (e->count == 1)
        must(loop_send(loop, e->id, NULL, 0));
    if (e->count == 2)
        must(loop_send(loop, e->id, "last", 4));
    if (e->count == 3) {
        must(loop_net_close(loop, e->id));
        must(loop_net_close(loop, e->with->id));
    }
}

int main(void) {
    ear_t server = {.name = "server", .on = answer}, client = {.name = "client", .on = hear_answer};
    loop_t *loop = new_loop();
    server.with = &client;
    client.with = &server;
    bind_at(loop, &server, 0, 0);
    client.id = must(loop_udp_connect(loop, "127.0.0.1", server.at.port, listen_to, &client));
    must(loop_read_start(loop, client.id, listen_to, &client));
    must(loop_send(loop, client.id, "hello", 5));
    run_and_free(loop);
    return 0;
}
