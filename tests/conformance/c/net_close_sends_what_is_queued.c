/* SPDX-License-Identifier: MIT
 *
 * A close sends everything that was written before it, and takes nothing more.
 */
#include "net.h"

enum { PIECE = 100000, PIECES = 30 };

CB(written) {
    (void)loop;
    (void)user;
    say("write: %s, %lld bytes", loop_err_name(ev->status), (long long)ev->num);
}

int main(void) {
    static char piece[PIECE];
    party_t server = {.name = "server"};
    party_t listener = {.name = "listener", .on = take_one, .with = &server};
    party_t client = {.name = "client"};
    loop_t *loop = new_loop();
    listen_on(loop, &listener, 0);
    connect_to(loop, &listener, &client, 0);
    for (int i = 0; i < PIECES; i++)
        must(i % 10 == 0 ? loop_write(loop, client.id, piece, PIECE, written, NULL)
                         : loop_send(loop, client.id, piece, PIECE));
    must(loop_net_close(loop, client.id));
    say("after the close: %s", loop_err_name(loop_send(loop, client.id, "x", 1)));
    run_and_free(loop);
    say_party(&server);
    return 0;
}
