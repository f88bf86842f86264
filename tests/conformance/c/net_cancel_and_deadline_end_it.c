/* SPDX-License-Identifier: MIT
 *
 * A cancel ends a listener, a connection on its way and one that is silent; so does a deadline,
 * which is for a connect, for the next data, or for the next connection. What is cleared says
 * nothing any more.
 */
#include "net.h"

static void ask_twice(loop_t *loop, const char *name, const party_t *to) {
    party_t cancelled = {.name = "cancelled"}, cleared = {.name = "cleared"};
    connect_to(loop, to, &cancelled, 0);
    connect_to(loop, to, &cleared, 0);
    must(loop_cancel(loop, cancelled.id));
    must(loop_clear(loop, cleared.id));
    while (cancelled.heard[0] == '\0')
        must(loop_run(loop, LOOP_RUN_ONCE));
    say("%s", name);
    say_party(&cancelled);
    say_party(&cleared);
}

/* The system may have made the connection before it was cancelled. */
static void refuse(loop_t *loop, const loop_event_t *ev, party_t *listener) {
    (void)listener;
    if (is_told(ev, LOOP_NET_ACCEPTED))
        must(loop_clear(loop, ev->num));
}

/* Whatever is accepted has a deadline for its first data. */
static void accept_with_deadline(loop_t *loop, const loop_event_t *ev, party_t *listener) {
    if (!is_told(ev, LOOP_NET_ACCEPTED))
        return;
    must(loop_next_op(loop, 5 * MS, NULL));
    must(loop_read_start(loop, ev->num, hear, listener->with));
    must(loop_cancel(loop, listener->id));
}

int main(void) {
    party_t server = {.name = "server"}, client = {.name = "client"};
    party_t listener = {.name = "listener", .on = refuse}, late = {.name = "late listener"};
    loop_t *loop = new_loop();
    listen_on(loop, &listener, 0);
    ask_twice(loop, "connects on their way", &listener);
    must(loop_clear(loop, listener.id));
    listener = (party_t){.name = "listener", .on = accept_with_deadline, .with = &server};
    listen_on(loop, &listener, 0);
    connect_to(loop, &listener, &client, 0);
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    say("a deadline for data");
    say_party(&listener);
    say_party(&server);
    say_party(&client);
    must(loop_next_op(loop, 100 * MS, NULL));
    listen_on(loop, &late, 0);
    run_and_free(loop);
    say_party(&late);
    return 0;
}
