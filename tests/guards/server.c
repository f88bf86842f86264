/* SPDX-License-Identifier: MIT
 *
 * An echo server that prints where it listens, as "listening on PORT", and when it reads "?" what
 * its loop has counted since it last did, as "turns N steps N events N".
 */
#include <loop.h>

#include <stdio.h>
#include <stdlib.h>

static void must(int good) {
    if (!good)
        abort();
}

static void on_stream(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    if (ev->aux != LOOP_NET_DATA || ev->status != 0)
        return;
    char first = *(const char *)ev->data;
    if (first == '!')
        exit(0);
    if (first != '?') {
        must(loop_send(loop, (int64_t)ev->id, ev->data, ev->len) == 0);
        return;
    }
    loop_stats_t stats = LOOP_STATS_INIT;
    must(loop_stats(loop, &stats) == 0);
    printf("turns %llu steps %llu events %llu\n", (unsigned long long)stats.turns,
           (unsigned long long)stats.steps, (unsigned long long)stats.events);
    fflush(stdout);
    must(loop_stats_reset(loop) == 0);
}

static void on_listener(loop_t *loop, const loop_event_t *ev, void *user) {
    must(ev->status == 0);
    if (ev->aux == LOOP_NET_OPEN) {
        printf("listening on %u\n", ((const loop_address_t *)ev->data)->port);
        fflush(stdout);
    }
    if (ev->aux == LOOP_NET_ACCEPTED)
        must(loop_read_start(loop, ev->num, on_stream, user) == 0);
}

int main(void) {
    loop_t *loop = NULL;
    loop_net_t request = LOOP_NET_INIT;
    request.what = LOOP_NET_LISTEN;
    request.type = LOOP_NET_TCP;
    request.host = "127.0.0.1";
    must(loop_new(NULL, &loop) == 0);
    must(loop_net(loop, &request, on_listener, NULL) > 0);
    (void)loop_run(loop, LOOP_RUN_DEFAULT);
    return 1;
}
