/* SPDX-License-Identifier: MIT
 *
 * A server and a client in one loop, for the tests of streams.
 */
#ifndef NET_RIG_H
#define NET_RIG_H

#include "loops.h"

static const uint32_t backends[] = {LOOP_BACKEND_EPOLL, LOOP_BACKEND_POLL};

#define BOTH_BACKENDS (size_t b = 0; b < sizeof backends / sizeof backends[0]; b++)

static inline loop_t *loop_over(uint32_t backend) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.backend = backend;
    CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
    return loop;
}

/* What a socket has said: one letter for each event, o open, a accepted, d data, e end, f full,
 * r drain, F a descriptor, x an error, . the final event without one. */
typedef struct voice {
    char said[256];
    size_t count;
    char data[4096]; /* the first bytes that came */
    uint64_t bytes;
    int64_t id, accepted;
    int32_t status; /* of the last event */
    char text[256]; /* of the last error */
    uint32_t port;  /* of the last address */
    void (*on)(loop_t *loop, const loop_event_t *ev, struct voice *v);
    void *with;
} voice_t;

static inline void note(voice_t *v, char letter) {
    if (v->count < sizeof v->said - 1)
        v->said[v->count++] = letter;
    v->said[v->count] = '\0';
}

static inline void hear(loop_t *loop, const loop_event_t *ev, void *user) {
    static const char letters[] = "?oadefr?Fw";
    voice_t *v = user;
    v->id = (int64_t)ev->id;
    v->status = ev->status;
    if (ev->status != 0) {
        size_t n = ev->len < sizeof v->text - 1 ? ev->len : sizeof v->text - 1;
        memcpy(v->text, ev->data, n);
        v->text[n] = '\0';
        note(v, 'x');
    } else if ((ev->flags & LOOP_EV_MORE) == 0) {
        note(v, '.');
    } else {
        note(v, ev->aux < sizeof letters - 1 ? letters[ev->aux] : '?');
        if (ev->aux == LOOP_NET_OPEN || ev->aux == LOOP_NET_ACCEPTED)
            v->port = ((const loop_address_t *)ev->data)->port;
        if (ev->aux == LOOP_NET_ACCEPTED)
            v->accepted = ev->num;
        if (ev->aux == LOOP_NET_DATA) {
            for (uint64_t i = 0; i < ev->len && v->bytes + i < sizeof v->data - 1; i++)
                v->data[v->bytes + i] = ((const char *)ev->data)[i];
            v->bytes += ev->len;
        }
    }
    if (v->on != NULL)
        v->on(loop, ev, v);
}

static inline int is_told(const loop_event_t *ev, uint64_t what) {
    return ev->status == 0 && (ev->flags & LOOP_EV_MORE) != 0 && ev->aux == what;
}

/* Run until a voice has said so much, or the loop ends. */
static inline void run_until(loop_t *loop, const voice_t *v, size_t count) {
    while (v->count < count)
        if (loop_run(loop, LOOP_RUN_ONCE) <= 0 && v->count < count) {
            harness_fail(__FILE__, __LINE__, "the loop ended after \"%s\" %s", v->said, v->text);
            return;
        }
}

/* A listener on 127.0.0.1, a client connected to it, and the stream that was accepted. */
typedef struct rig {
    loop_t *loop;
    voice_t listener, client, server;
} rig_t;

static inline void rig_start(rig_t *rig, uint32_t backend) {
    memset(rig, 0, sizeof *rig);
    rig->loop = loop_over(backend);
    CHECK_ID(loop_tcp_listen(rig->loop, "127.0.0.1", 0, hear, &rig->listener));
    run_until(rig->loop, &rig->listener, 1);
    CHECK_ID(loop_tcp_connect(rig->loop, "127.0.0.1", rig->listener.port, hear, &rig->client));
    run_until(rig->loop, &rig->listener, 2);
    run_until(rig->loop, &rig->client, 1);
    rig->server.id = rig->listener.accepted;
}

/* Ends the listener and what is left, and runs out. */
static inline void rig_end(rig_t *rig) {
    (void)loop_clear(rig->loop, rig->listener.id);
    run_and_free(rig->loop);
}

#endif
