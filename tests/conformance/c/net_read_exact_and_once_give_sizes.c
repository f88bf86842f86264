/* SPDX-License-Identifier: MIT
 *
 * An exact read gives so many bytes in one piece, also of what comes in parts; one read gives so
 * many at most; and an exact read that the peer's end cuts short has what came.
 */
#include "net.h"

static void read_on(loop_t *loop, const loop_event_t *ev, party_t *p) {
    if (!is_told(ev, LOOP_NET_DATA) && !is_told(ev, LOOP_NET_END))
        return;
    say("%s of %llu: %.*s", ev->aux == LOOP_NET_DATA ? "data" : "end", (unsigned long long)ev->len,
        (int)ev->len, (const char *)ev->data);
    if (p->bytes == 7)
        must(loop_read_once(loop, p->id, 2, hear, p));
    else if (p->bytes == 9)
        must(loop_read_exact(loop, p->id, 1, hear, p));
    else if (p->bytes == 10)
        must(loop_read_exact(loop, p->id, 100, hear, p));
    if (p->bytes == 7) { /* the rest, and then no more */
        must(loop_send(loop, p->with->id, "789abc", 6));
        must(loop_end(loop, p->with->id));
    }
}

static void accept_exact(loop_t *loop, const loop_event_t *ev, party_t *listener) {
    if (!is_told(ev, LOOP_NET_ACCEPTED))
        return;
    must(loop_read_exact(loop, ev->num, 7, hear, listener->with));
    must(loop_net_close(loop, listener->id));
    must(loop_send(loop, listener->with->with->id, "3456", 4)); /* the other part */
}

int main(void) {
    party_t client = {.name = "client"};
    party_t server = {.name = "server", .on = read_on, .with = &client};
    party_t listener = {.name = "listener", .on = accept_exact, .with = &server};
    loop_t *loop = new_loop();
    listen_on(loop, &listener, 0);
    connect_to(loop, &listener, &client, 0);
    must(loop_send(loop, client.id, "012", 3));
    run_and_free(loop);
    say_party(&server);
    say_party(&client);
    return 0;
}
