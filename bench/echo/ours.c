/* SPDX-License-Identifier: MIT
 *
 * An echo server on libloop.
 */
#include "echo.h"

#include <loop.h>

static int64_t listener;

static void on_stream(loop_t *loop, const loop_event_t *ev, void *user) {
    if (ev->aux != LOOP_NET_DATA || ev->status != 0)
        return;
    bench_must(loop_send(loop, (int64_t)ev->id, ev->data, ev->len) == 0);
    if (echo_got(user, (int64_t)ev->len))
        bench_must(loop_net_close(loop, listener) == 0);
}

static void on_listener(loop_t *loop, const loop_event_t *ev, void *user) {
    bench_must(ev->status == 0);
    if (ev->aux == LOOP_NET_OPEN)
        echo_listens(user, ((const loop_address_t *)ev->data)->port);
    if (ev->aux == LOOP_NET_ACCEPTED)
        bench_must(loop_read_start(loop, ev->num, on_stream, user) == 0);
}

int main(int argc, char **argv) {
    static echo_t e;
    loop_t *loop;
    char version[64];
    echo_begin(&e, argc, argv);
    bench_must(loop_new(NULL, &loop) == 0);
    loop_net_t request = LOOP_NET_INIT;
    request.what = LOOP_NET_LISTEN;
    request.type = LOOP_NET_TCP;
    request.host = "127.0.0.1";
    request.flags = LOOP_NET_NODELAY;
    listener = loop_net(loop, &request, on_listener, &e);
    bench_must(listener > 0);
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0);
    bench_must(loop_free(loop) == 0);
    snprintf(version, sizeof version, "libloop %s", loop_version());
    echo_end(&e, version);
    return 0;
}
