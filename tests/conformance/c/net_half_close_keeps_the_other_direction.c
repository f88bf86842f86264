/* SPDX-License-Identifier: MIT
 *
 * With LOOP_NET_HALF_OPEN a peer that has ended still gets its answer, whenever that comes. Without
 * it the stream ends after what the callback of the end has sent.
 */
#include "net.h"

CB(answer) {
    const party_t *p = user;
    UNUSED;
    must(loop_send(loop, p->id, "late answer", 11));
    must(loop_end(loop, p->id));
    say("sending after the answer: %s", loop_err_name(loop_send(loop, p->id, "x", 1)));
}

static void answer_later(loop_t *loop, const loop_event_t *ev, party_t *p) {
    if (is_told(ev, LOOP_NET_END))
        must(loop_set_immediate(loop, answer, p));
}

static void answer_at_once(loop_t *loop, const loop_event_t *ev, party_t *p) {
    if (is_told(ev, LOOP_NET_END))
        must(loop_send(loop, p->id, "answer", 6));
}

static void ask(uint32_t flags, void (*on)(loop_t *, const loop_event_t *, party_t *)) {
    party_t server = {.name = "server", .on = on};
    party_t listener = {.name = "listener", .on = take_one, .with = &server};
    party_t client = {.name = "client"};
    loop_t *loop = new_loop();
    listen_on(loop, &listener, flags);
    connect_to(loop, &listener, &client, 0);
    must(loop_send(loop, client.id, "question", 8));
    must(loop_end(loop, client.id));
    run_and_free(loop);
    say_party(&server);
    say_party(&client);
}

int main(void) {
    ask(LOOP_NET_HALF_OPEN, answer_later);
    ask(0, answer_at_once);
    return 0;
}
