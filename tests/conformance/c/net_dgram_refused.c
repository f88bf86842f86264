/* SPDX-License-Identifier: MIT
 *
 * A peer that is not there is told to a connected socket, which goes on; when it is there it hears.
 */
#include "dgram.h"

int main(void) {
    ear_t gone = {.name = "gone"}, server = {.name = "server"}, client = {.name = "client"};
    loop_t *loop = new_loop();
    bind_at(loop, &gone, 0, 0);
    must(loop_net_close(loop, gone.id));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    client.id = must(loop_udp_connect(loop, "127.0.0.1", gone.at.port, listen_to, &client));
    must(loop_read_start(loop, client.id, listen_to, &client));
    must(loop_send(loop, client.id, "anybody?", 8));
    run_until(loop, &client, 1);
    bind_at(loop, &server, gone.at.port, 0);
    must(loop_send(loop, client.id, "now?", 4));
    run_until(loop, &server, 1);
    must(loop_net_close(loop, client.id));
    must(loop_run(loop, LOOP_RUN_ONCE));
    must(loop_net_close(loop, server.id));
    run_and_free(loop);
    return 0;
}
