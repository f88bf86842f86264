/* SPDX-License-Identifier: MIT
 *
 * What cannot be connected to, or listened on, ends with an error that has a name, an errno, and
 * the operation in its text.
 */
#include "net.h"

#include <errno.h>
#include <unistd.h>

static int ended;

CB(say_error) {
    const char *text = ev->data;
    (void)loop;
    if (ev->status < 0)
        say("%s: %s, errno %s, \"%.*s ...\"", (const char *)user, loop_err_name(ev->status),
            strerrorname_np((int)ev->aux), (int)strcspn(text, " "), text);
    ended++;
}

static void ask(loop_t *loop, uint32_t what, uint32_t type, const char *host, uint32_t port,
                const char *name) {
    loop_net_t request = LOOP_NET_INIT;
    request.what = what;
    request.type = type;
    request.host = host;
    request.port = port;
    int before = ended;
    int64_t id = loop_net(loop, &request, say_error, (void *)(uintptr_t)name);
    if (id < 0)
        say("%s: %s at once", name, loop_err_name(id));
    else
        while (ended == before)
            must(loop_run(loop, LOOP_RUN_ONCE));
}

int main(void) {
    party_t listener = {.name = "listener"};
    char longest[200], folder[] = "/tmp/conformance-XXXXXX";
    uint32_t refused = (uint32_t)atoi(strrchr(from_environment("CONFORMANCE_REFUSED"), ':') + 1);
    loop_t *loop = new_loop();
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    listen_on(loop, &listener, 0);
    ask(loop, LOOP_NET_CONNECT, LOOP_NET_TCP, "127.0.0.1", refused, "nobody listens");
    ask(loop, LOOP_NET_LISTEN, LOOP_NET_TCP, "127.0.0.1", listener.port, "a port in use");
    ask(loop, LOOP_NET_LISTEN, LOOP_NET_TCP, "192.0.2.1", 0, "an address of others");
    ask(loop, LOOP_NET_CONNECT, LOOP_NET_UNIX, "nothing", 0, "no such path");
    ask(loop, LOOP_NET_LISTEN, LOOP_NET_UNIX, "no/folder", 0, "no such folder");
    ask(loop, LOOP_NET_CONNECT, LOOP_NET_UNIX, longest, 0, "a path that is too long");
    ask(loop, LOOP_NET_CONNECT, LOOP_NET_TCP, "127.0.0.1", 0, "port 0");
    ask(loop, LOOP_NET_CONNECT, LOOP_NET_TCP, "127.0.0.1", 65536, "port 65536");
    must(loop_clear(loop, listener.id));
    run_and_free(loop);
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : 1;
}
