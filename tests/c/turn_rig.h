/* SPDX-License-Identifier: MIT
 *
 * A host that takes its events from loop_turn, with streams that it reads and their peers.
 */
#ifndef TURN_RIG_H
#define TURN_RIG_H

#include "net_rig.h"

#include <sys/socket.h>

#define STREAMS 3
#define ROOM 16

typedef struct host {
    loop_t *loop;
    loop_turn_t turn;
    loop_event_t events[ROOM];
    uint64_t ids[STREAMS + 1]; /* the last one is for a timer */
    int peers[STREAMS];
} host_t;

/* Sleeps only if a test has set turn.timeout_ns. */
static inline void turn(host_t *h, const loop_op_t *ops, uint32_t count) {
    h->turn.ops = ops;
    h->turn.op_count = count;
    CHECK_CODE(loop_turn(&h->turn), LOOP_OK);
    h->turn.op_count = 0;
}

/* A host with streams of its own naming, which it reads. */
static inline host_t *new_host(void) {
    host_t *h = calloc(1, sizeof *h);
    uint64_t first = 0;
    CHECK(h != NULL);
    h->loop = new_loop();
    h->turn = (loop_turn_t){.size = sizeof h->turn,
                            .loop = h->loop,
                            .events = h->events,
                            .op_stride = sizeof(loop_op_t),
                            .event_capacity = ROOM,
                            .event_stride = sizeof(loop_event_t)};
    CHECK_CODE(loop_take_ids(h->loop, STREAMS + 1, &first), LOOP_OK);
    for (int i = 0; i <= STREAMS; i++)
        h->ids[i] = first + (uint64_t)i * LOOP_ID_SLOT_STEP;
    for (int i = 0; i < STREAMS; i++) {
        int ends[2];
        CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        loop_net_t net = LOOP_NET_INIT;
        net.what = LOOP_NET_ADOPT;
        net.fd = ends[0];
        h->peers[i] = ends[1];
        loop_op_t ops[2];
        memset(ops, 0, sizeof ops);
        ops[0].code = LOOP_OP_NET;
        ops[0].id = h->ids[i];
        ops[0].data = &net;
        ops[1].code = LOOP_OP_READ;
        ops[1].target = h->ids[i];
        turn(h, ops, 2);
        CHECK_INT(h->turn.event_count, 1);
        CHECK_INT(h->events[0].aux, LOOP_NET_OPEN);
        CHECK_INT(h->turn.result & LOOP_TURN_DATA, 0);
    }
    return h;
}

static inline void say(const host_t *h, int i, const char *text) {
    CHECK_INT(write(h->peers[i], text, strlen(text)), (ssize_t)strlen(text));
}

static inline void free_host(host_t *h) {
    for (int i = 0; i < STREAMS; i++)
        close(h->peers[i]);
    CHECK_CODE(loop_close(h->loop), LOOP_OK);
    do {
        turn(h, NULL, 0);
        CHECK_INT(h->turn.result & LOOP_TURN_DATA, 0);
    } while ((h->turn.result & LOOP_TURN_DONE) == 0);
    CHECK_CODE(loop_free(h->loop), LOOP_OK);
    free(h);
}

#endif
