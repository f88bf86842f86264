/* SPDX-License-Identifier: MIT
 *
 * A writer whose reader goes ends by name: first what waits to be written, then the stream.
 */
#include "net.h"

enum { MUCH = 1 << 20 };

static char data[MUCH];

CB(on_written) {
    (void)loop, (void)user;
    say("write: %s, all of it: %s", loop_err_name(ev->status), ev->num == MUCH ? "yes" : "no");
}

static void say_end(loop_t *loop, const loop_event_t *ev, party_t *p) {
    (void)loop;
    if (is_final(ev))
        say("%s: %s", p->name, loop_err_name(ev->status));
}

int main(void) {
    party_t reader = {.name = "reader"}, writer = {.name = "writer", .on = say_end};
    loop_t *loop = new_loop();
    int32_t fds[2];
    must(loop_pipe(fds));
    take_over(loop, &reader, fds[0], 0);
    take_over(loop, &writer, fds[1], 0);
    must(loop_write(loop, writer.id, data, MUCH, on_written, NULL));
    must(loop_read_once(loop, reader.id, 1000, hear, &reader));
    while (reader.bytes == 0)
        must(loop_run(loop, LOOP_RUN_ONCE));
    must(loop_net_close(loop, reader.id));
    run_and_free(loop);
    say_party(&reader);
    say_party(&writer);
    return 0;
}
