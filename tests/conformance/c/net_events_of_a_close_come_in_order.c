/* SPDX-License-Identifier: MIT
 *
 * The writes of a stream that ends have their final events before it has its own, in the order in
 * which they were made: sent when it is closed, LOOP_ECANCELED when it is cancelled or reset.
 */
#include "net.h"

enum { MUCH = 16 << 20 };

static char much[MUCH];

CB(written) {
    (void)loop;
    say("  %s: %s", (const char *)user, loop_err_name(ev->status));
}

static void say_end(loop_t *loop, const loop_event_t *ev, party_t *p) {
    (void)loop;
    if (is_final(ev))
        say("  %s: %s", p->name, loop_err_name(ev->status));
}

/* Three writes to a peer that reads (end is loop_net_close) or does not. */
static void three_writes(const char *what, int64_t (*end)(loop_t *, int64_t)) {
    static char first[] = "first", second[] = "second", third[] = "third";
    party_t server = {.name = "server"}, client = {.name = "stream", .on = say_end};
    party_t listener = {.name = "listener", .on = take_one, .with = &server};
    loop_t *loop = new_loop();
    say("%s", what);
    listen_on(loop, &listener, 0);
    connect_to(loop, &listener, &client, 0);
    while (server.id == 0 || client.heard[0] == '\0')
        must(loop_run(loop, LOOP_RUN_ONCE));
    if (end != loop_net_close)
        must(loop_pause(loop, server.id));
    must(loop_write_borrowed(loop, client.id, much, MUCH, written, first));
    must(loop_write(loop, client.id, "x", 1, written, second));
    must(loop_write(loop, client.id, "x", 1, written, third));
    must(end(loop, client.id));
    if (end != loop_net_close)
        must(loop_clear(loop, server.id));
    run_and_free(loop);
    if (server.bytes > 0)
        say("  the peer has %s", server.bytes == MUCH + 2 ? "everything" : "a part");
}

int main(void) {
    three_writes("closed", loop_net_close);
    three_writes("cancelled", loop_cancel);
    three_writes("reset", loop_net_reset);
    return 0;
}
