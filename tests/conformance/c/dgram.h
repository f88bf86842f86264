/* SPDX-License-Identifier: MIT
 *
 * Datagram sockets of the conformance programs. What one of them hears comes in the order of what
 * the other said; so each says it at once.
 */
#ifndef CONFORMANCE_DGRAM_H
#define CONFORMANCE_DGRAM_H

#include "conformance.h"

typedef struct ear {
    const char *name;
    void (*on)(loop_t *loop, const loop_event_t *ev, struct ear *e); /* after a datagram or error */
    struct ear *with;
    int64_t id;
    loop_address_t at; /* as LOOP_NET_OPEN told it */
    int count;         /* datagrams and errors that came */
} ear_t;

static inline void listen_to(loop_t *loop, const loop_event_t *ev, void *user) {
    ear_t *e = user;
    if ((ev->flags & LOOP_EV_MORE) == 0) {
        say("%s: ended with %s", e->name, loop_err_name(ev->status));
        return;
    }
    if (ev->status != 0) {
        say("%s: %s, and goes on", e->name, loop_err_name(ev->status));
    } else if (ev->aux == LOOP_NET_OPEN) {
        e->at = *(const loop_address_t *)ev->data;
        say("%s: open", e->name);
        return;
    } else if (ev->aux == LOOP_NET_DATAGRAM) {
        say("%s: \"%.*s\", %llu of %lld bytes", e->name, (int)ev->len, (const char *)ev->data,
            (unsigned long long)ev->len, (long long)ev->num);
    }
    e->count++;
    if (e->on != NULL)
        e->on(loop, ev, e);
}

/* Binds a UDP socket at 127.0.0.1, runs until it is open and has it receive. */
static inline void bind_at(loop_t *loop, ear_t *e, uint32_t port, uint32_t read_size) {
    loop_net_t request = LOOP_NET_INIT;
    request.what = LOOP_NET_BIND;
    request.type = LOOP_NET_UDP;
    request.host = "127.0.0.1";
    request.port = port;
    request.read_size = read_size;
    e->id = must(loop_net(loop, &request, listen_to, e));
    while (e->at.port == 0)
        must(loop_run(loop, LOOP_RUN_ONCE));
    must(loop_read_start(loop, e->id, listen_to, e));
}

/* Runs until so many datagrams and errors have come. */
static inline void run_until(loop_t *loop, const ear_t *e, int count) {
    while (e->count < count)
        must(loop_run(loop, LOOP_RUN_ONCE));
}

#endif
