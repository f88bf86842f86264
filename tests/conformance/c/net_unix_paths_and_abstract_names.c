/* SPDX-License-Identifier: MIT
 *
 * Streams over a path and over an abstract name. The path is there while somebody listens, and a
 * second listener is refused it.
 */
#include "net.h"

#include <unistd.h>

static loop_net_t request_for(uint32_t what, const char *name, uint32_t len) {
    loop_net_t request = LOOP_NET_INIT;
    request.what = what;
    request.type = LOOP_NET_UNIX;
    request.host = name;
    request.host_len = len;
    return request;
}

static void say_address(loop_t *loop, const loop_event_t *ev, party_t *p) {
    char text[128];
    (void)loop;
    if (is_told(ev, LOOP_NET_OPEN)) {
        must(loop_address_text(ev->data, text, sizeof text));
        /* An abstract name has this process in it. */
        say("%s: %.12s", p->name, text);
    }
    if (is_told(ev, LOOP_NET_ACCEPTED))
        take_one(loop, ev, p);
}

static void talk(const char *name, uint32_t len) {
    party_t server = {.name = "server"}, client = {.name = "client"}, second = {.name = "second"};
    party_t listener = {.name = "listener", .on = say_address, .with = &server};
    loop_net_t listen = request_for(LOOP_NET_LISTEN, name, len);
    loop_net_t connect = request_for(LOOP_NET_CONNECT, name, len);
    loop_t *loop = new_loop();
    must(loop_net(loop, &listen, hear, &listener));
    while (listener.id == 0)
        must(loop_run(loop, LOOP_RUN_ONCE));
    must(loop_net(loop, &listen, hear, &second));
    while (second.id == 0)
        must(loop_run(loop, LOOP_RUN_ONCE));
    if (name[0] != '\0')
        say("the path: %s", access(name, F_OK) == 0 ? "there" : "gone");
    client.id = must(loop_net(loop, &connect, hear, &client));
    must(loop_send(loop, client.id, "hello", 5));
    must(loop_net_close(loop, client.id));
    run_and_free(loop);
    if (name[0] != '\0')
        say("the path: %s", access(name, F_OK) == 0 ? "there" : "gone");
    say_party(&second);
    say_party(&server);
}

int main(void) {
    char folder[] = "/tmp/conformance-XXXXXX", abstract[40];
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    talk("a-path.sock", 0);
    snprintf(abstract, sizeof abstract, "%cconformance-%d", 0, (int)getpid());
    talk(abstract, (uint32_t)strlen(abstract + 1) + 1);
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : 1;
}
