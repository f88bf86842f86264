/* SPDX-License-Identifier: MIT
 *
 * A pipe is two streams: when its writer has ended the reader has everything, and the end.
 */
#include "net.h"

int main(void) {
    party_t reader = {.name = "reader"}, writer = {.name = "writer"};
    loop_t *loop = new_loop();
    int32_t fds[2];
    must(loop_pipe(fds));
    take_over(loop, &reader, fds[0], 0);
    take_over(loop, &writer, fds[1], 0);
    say("a pipe: %s", must(loop_net_type(loop, reader.id)) == LOOP_NET_PIPE ? "yes" : "no");
    must(loop_read_start(loop, reader.id, hear, &reader));
    must(loop_send(loop, writer.id, "one, ", 5));
    must(loop_send(loop, writer.id, "two, ", 5));
    must(loop_send(loop, writer.id, "three", 5));
    must(loop_end(loop, writer.id));
    run_and_free(loop);
    say_party(&reader);
    say_party(&writer);
    return 0;
}
