/* SPDX-License-Identifier: MIT
 *
 *     proxy LISTEN_PORT HOST PORT
 *
 * Listens on 127.0.0.1, prints "listening on ADDRESS", and connects each client to HOST PORT. Bytes
 * and ends are passed on in both directions. Who does not read holds the other side back: at most
 * the high-water mark of bytes and one read wait here.
 */
#include <loop.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct side {
    struct pair *pair;
    struct side *other;
    int64_t id;
} side_t;

typedef struct pair {
    side_t client, server;
    int ended; /* sides that are gone */
} pair_t;

static loop_t *loop;
static const char *host;
static uint32_t port;

static void must(int fine, const char *what) {
    if (!fine) {
        fprintf(stderr, "proxy: %s\n", what);
        exit(1);
    }
}

static void relay(loop_t *l, const loop_event_t *ev, void *user) {
    side_t *side = user, *other = side->other;
    if ((ev->flags & LOOP_EV_MORE) == 0) {
        /* An error is passed on as a reset; without one the other side has had its end. Ids are
         * never used again, so that a call that comes too late does nothing. */
        if (ev->status < 0)
            loop_net_reset(l, other->id);
        if (++side->pair->ended == 2)
            free(side->pair);
        return;
    }
    switch (ev->aux) {
    case LOOP_NET_DATA:
        loop_send(l, other->id, ev->data, ev->len);
        break;
    case LOOP_NET_END:
        loop_end(l, other->id);
        break;
    case LOOP_NET_FULL: /* too much waits for this side: read no more from the other */
        loop_pause(l, other->id);
        break;
    case LOOP_NET_DRAIN:
        loop_resume(l, other->id);
        break;
    default:
        break;
    }
}

static int64_t make(uint32_t what, const char *where, uint32_t at, loop_cb cb, void *user) {
    loop_net_t request = LOOP_NET_INIT;
    request.what = what;
    request.type = LOOP_NET_TCP;
    request.flags = LOOP_NET_HALF_OPEN; /* one direction may end before the other */
    request.host = where;
    request.port = at;
    return loop_net(loop, &request, cb, user);
}

static void arrived(loop_t *l, const loop_event_t *ev, void *user) {
    char text[128];
    (void)user;
    must(ev->status == 0 || (ev->flags & LOOP_EV_MORE) != 0, ev->data);
    if (ev->status == 0 && ev->aux == LOOP_NET_OPEN) {
        must(loop_address_text(ev->data, text, sizeof text) > 0, "no address");
        printf("listening on %s\n", text);
        fflush(stdout);
    } else if (ev->status == 0 && ev->aux == LOOP_NET_ACCEPTED) {
        pair_t *pair = calloc(1, sizeof *pair);
        must(pair != NULL, "out of memory");
        pair->client.id = ev->num;
        pair->client.pair = pair->server.pair = pair;
        pair->client.other = &pair->server;
        pair->server.other = &pair->client;
        pair->server.id = make(LOOP_NET_CONNECT, host, port, relay, &pair->server);
        must(pair->server.id > 0, "cannot connect");
        must(loop_read_start(l, pair->server.id, relay, &pair->server) == 0, "cannot read");
        must(loop_read_start(l, pair->client.id, relay, &pair->client) == 0, "cannot read");
    }
}

int main(int argc, char **argv) {
    must(argc == 4, "usage: proxy LISTEN_PORT HOST PORT");
    must(loop_new(NULL, &loop) == 0, "cannot start");
    host = argv[2];
    port = (uint32_t)strtoul(argv[3], NULL, 10);
    must(port > 0 && port < 65536, "not a port");
    must(make(LOOP_NET_LISTEN, "127.0.0.1", (uint32_t)strtoul(argv[1], NULL, 10), arrived, NULL) >
             0,
         "not a port");
    must(loop_run(loop, LOOP_RUN_DEFAULT) >= 0, "cannot run");
    must(loop_free(loop) == 0, "cannot end");
    return 0;
}
