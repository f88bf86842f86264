/* SPDX-License-Identifier: MIT
 *
 * Unix datagrams have paths: a sender without one cannot be answered, a path is taken once, and it
 * is gone with its socket.
 */
#include "dgram.h"

#include <unistd.h>

static void say_sender(loop_t *loop, const loop_event_t *ev, ear_t *e) {
    char text[128];
    (void)loop, (void)e;
    if (ev->status != 0)
        return;
    must(loop_address_text(loop_sender(ev), text, sizeof text));
    say("from %s", text);
}

int main(void) {
    char folder[] = "/tmp/conformance-XXXXXX";
    ear_t server = {.name = "server", .on = say_sender}, second = {.name = "second"};
    ear_t client = {.name = "client", .on = say_sender}, nameless = {.name = "nameless"};
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    loop_t *loop = new_loop();
    server.id = must(loop_unix_dgram_bind(loop, "server.sock", listen_to, &server));
    must(loop_read_start(loop, server.id, listen_to, &server));
    while (server.at.path_len == 0)
        must(loop_run(loop, LOOP_RUN_ONCE));
    must(loop_unix_dgram_bind(loop, "server.sock", listen_to, &second));
    loop_net_t request = LOOP_NET_INIT;
    request.what = LOOP_NET_CONNECT;
    request.type = LOOP_NET_UNIX_DGRAM;
    request.host = "server.sock";
    request.local_host = "client.sock";
    must(loop_run(loop, LOOP_RUN_ONCE));
    client.id = must(loop_net(loop, &request, listen_to, &client));
    must(loop_read_start(loop, client.id, listen_to, &client));
    must(loop_send(loop, client.id, "hello", 5));
    run_until(loop, &server, 1);
    loop_address_t to = client.at; /* its peer, while its own has another path */
    to.path_len = 11;
    memcpy(to.path, "client.sock", 11);
    must(loop_send_to(loop, server.id, &to, "answer", 6));
    run_until(loop, &client, 1);
    nameless.id = must(loop_unix_dgram_connect(loop, "server.sock", listen_to, &nameless));
    must(loop_send(loop, nameless.id, "who?", 4));
    run_until(loop, &server, 2);
    must(loop_clear(loop, nameless.id));
    say("server.sock: %s", access("server.sock", F_OK) == 0 ? "there" : "gone");
    must(loop_net_close(loop, server.id));
    must(loop_run(loop, LOOP_RUN_ONCE));
    say("server.sock: %s", access("server.sock", F_OK) == 0 ? "there" : "gone");
    must(loop_send(loop, client.id, "late", 4));
    run_until(loop, &client, 2);
    must(loop_net_close(loop, client.id));
    run_and_free(loop);
    say("client.sock: %s", access("client.sock", F_OK) == 0 ? "there" : "gone");
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : 1;
}
