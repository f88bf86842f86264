/* SPDX-License-Identifier: MIT
 *
 * Sockets of the conformance programs. What two ends hear in between each other depends on the
 * system; so each notes what it hears, and says it at the end.
 */
#ifndef CONFORMANCE_NET_H
#define CONFORMANCE_NET_H

#include "conformance.h"

/* One socket. Data that came in several pieces is one "data". */
typedef struct party {
    const char *name;
    void (*on)(loop_t *loop, const loop_event_t *ev, struct party *p); /* after each event */
    struct party *with;
    int64_t id;
    uint32_t port; /* of a listener */
    uint64_t bytes;
    char heard[400];
    char text[32]; /* the first bytes that came */
    int in_data;
} party_t;

static inline void note(party_t *p, const char *word) {
    size_t at = strlen(p->heard);
    snprintf(p->heard + at, sizeof p->heard - at, "%s%s", at > 0 ? ", " : "", word);
}

static inline int is_told(const loop_event_t *ev, uint64_t what) {
    return ev->status == 0 && (ev->flags & LOOP_EV_MORE) != 0 && ev->aux == what;
}

static inline int is_final(const loop_event_t *ev) {
    return (ev->flags & LOOP_EV_MORE) == 0;
}

static inline void hear(loop_t *loop, const loop_event_t *ev, void *user) {
    static const char *const names[] = {"?",    "open",  "accepted", "data", "end",
                                        "full", "drain", "datagram", "fd"};
    party_t *p = user;
    p->id = (int64_t)ev->id;
    if (is_final(ev) || ev->status != 0)
        note(p, loop_err_name(ev->status));
    else if (ev->aux != LOOP_NET_DATA || !p->in_data)
        note(p, ev->aux <= LOOP_NET_FD ? names[ev->aux] : "?");
    p->in_data = is_told(ev, LOOP_NET_DATA);
    if (p->in_data || is_told(ev, LOOP_NET_END)) {
        for (uint64_t i = 0; i < ev->len && p->bytes + i < sizeof p->text - 1; i++)
            p->text[p->bytes + i] = ((const char *)ev->data)[i];
        p->bytes += ev->len;
    }
    if (is_told(ev, LOOP_NET_OPEN))
        p->port = ((const loop_address_t *)ev->data)->port;
    if (p->on != NULL)
        p->on(loop, ev, p);
}

/* A listener's: what it accepts is read by the party it is with, and nobody else is expected. */
static inline void take_one(loop_t *loop, const loop_event_t *ev, party_t *listener) {
    if (is_told(ev, LOOP_NET_ACCEPTED)) {
        listener->with->id = ev->num;
        must(loop_read_start(loop, ev->num, hear, listener->with));
        must(loop_net_close(loop, listener->id));
    }
}

static inline void say_party(const party_t *p) {
    say("%s: %s", p->name, p->heard);
    if (p->bytes > 0 && p->bytes < sizeof p->text)
        say("%s got: %s", p->name, p->text);
    else if (p->bytes > 0)
        say("%s got: %llu bytes", p->name, (unsigned long long)p->bytes);
}

/* Takes a descriptor over as a stream and runs until that is told. */
static inline void take_over(loop_t *loop, party_t *p, int fd, uint32_t flags) {
    p->id = must(loop_adopt(loop, fd, flags, hear, p));
    while (p->heard[0] == 0)
        must(loop_run(loop, LOOP_RUN_ONCE));
}

/* Listens on 127.0.0.1 and runs until it knows its port. */
static inline void listen_on(loop_t *loop, party_t *listener, uint32_t flags) {
    loop_net_t request = LOOP_NET_INIT;
    request.what = LOOP_NET_LISTEN;
    request.type = LOOP_NET_TCP;
    request.host = "127.0.0.1";
    request.flags = flags;
    must(loop_net(loop, &request, hear, listener));
    while (listener->port == 0)
        must(loop_run(loop, LOOP_RUN_ONCE));
}

/* Connects to it; its end is heard, too. */
static inline void connect_to(loop_t *loop, const party_t *listener, party_t *p, uint32_t flags) {
    loop_net_t request = LOOP_NET_INIT;
    request.what = LOOP_NET_CONNECT;
    request.type = LOOP_NET_TCP;
    request.host = "127.0.0.1";
    request.port = listener->port;
    request.flags = flags;
    p->id = must(loop_net(loop, &request, hear, p));
    must(loop_read_start(loop, p->id, hear, p));
}

#endif
