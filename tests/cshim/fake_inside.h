/* SPDX-License-Identifier: MIT
 *
 * The inside of the fake engine.
 */
#ifndef FAKE_INSIDE_H
#define FAKE_INSIDE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fake_engine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

enum { FREE, LIVE, ENDING, IN_USE };

typedef struct slot {
    uint64_t id, seq, user;
    loop_cb cb;
    int64_t arg, period;
    const void *data;
    loop__job_t *job;
    uint32_t len;
    uint16_t code, flags;
    uint8_t state, unref, muted, due;
    int32_t status;
} slot_t;

typedef struct queue {
    loop_event_t *items;
    uint32_t head, count, capacity;
} queue_t;

#define READY 64

typedef struct engine {
    loop__shared_t *shared;
    slot_t *tables[2];
    uint32_t sizes[2];
    uint64_t seq, pass, alive, live;
    queue_t pending, results, out;
    loop__job_t *start, **start_tail, *spent, *unused;
    uint32_t phase, begun, asleep, held, told, epitaph;
    int64_t now;
    int panicked, closing, closed;
    struct epoll_event ready[READY];
    loop_trace_t trace[8];
    uint32_t trace_count;
} engine_t;

/* fake_engine.c */
slot_t *fake_place(engine_t *e, uint64_t id);
loop_event_t *fake_tell(engine_t *e, slot_t *s, int32_t status, uint32_t flags);
void fake_end(engine_t *e, slot_t *s, int32_t status);
void fake_record(engine_t *e, uint32_t kind, const slot_t *s);

/* fake_phases.c */
int64_t fake_first_deadline(const engine_t *e);
void fake_advance(engine_t *e, loop__step_t *step);
void fake_write_batch(engine_t *e, loop__step_t *step);

static inline int64_t clock_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Append an event of zeros. */
static inline loop_event_t *push(queue_t *q) {
    if (q->head + q->count == q->capacity) {
        if (q->head > 0) {
            memmove(q->items, q->items + q->head, q->count * sizeof *q->items);
            q->head = 0;
        } else {
            q->capacity = q->capacity == 0 ? 64 : q->capacity * 2;
            q->items = realloc(q->items, q->capacity * sizeof *q->items);
            if (q->items == NULL)
                abort();
        }
    }
    loop_event_t *ev = &q->items[q->head + q->count++];
    memset(ev, 0, sizeof *ev);
    return ev;
}

static inline slot_t *find(engine_t *e, uint64_t id) {
    slot_t *s = fake_place(e, id);
    return s != NULL && s->state != FREE && s->id == id ? s : NULL;
}

#endif
