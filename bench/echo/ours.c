/* SPDX-License-Identifier: MIT
 *
 * An echo server on libloop.
 */
#include "echo.h"

#include <loop.h>

static void on_stream(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    if (ev->aux == LOOP_NET_DATA && ev->status == 0)
        bench_must(loop_send(loop, (int64_t)ev->id, ev->data, ev->len) == 0);
}

static void on_listener(loop_t *loop, const loop_event_t *ev, void *user) {
    bench_must(ev->status == 0);
    if (ev->aux == LOOP_NET_OPEN)
        echo_listens(((const loop_address_t *)ev->data)->port, "libloop", loop_version());
    if (ev->aux == LOOP_NET_ACCEPTED)
        bench_must(loop_read_start(loop, ev->num, on_stream, user) == 0);
}

int main(void) {
    loop_t *loop;
    bench_must(loop_new(NULL, &loop) == 0);
    loop_net_t request = LOOP_NET_INIT;
    request.what = LOOP_NET_LISTEN;
    request.type = LOOP_NET_TCP;
    request.host = "127.0.0.1";
    request.flags = LOOP_NET_NODELAY;
    bench_must(loop_net(loop, &request, on_listener, NULL) > 0);
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0);
    return 1; /* a listener keeps the loop alive for ever */
}
