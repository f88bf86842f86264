/* SPDX-License-Identifier: MIT
 *
 * What the tests with planted faults share. The library is the build in which three op codes panic:
 * in the engine's step, in a goroutine, and in a function that an engine worker runs.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "../c/harness.h"

#include <semaphore.h>
#include <signal.h>

#define FAR (3600 * SECOND)

typedef struct fault {
    uint16_t code;
    const char *text;
} fault_t;

static const fault_t faults[] = {{0xF001, "fault: a panic in the step"},
                                 {0xF002, "fault: a panic in a goroutine"},
                                 {0xF003, "fault: a panic in a worker"}};
#define FAULTS (sizeof faults / sizeof faults[0])

/* The poller's and the wake-up's descriptor of an engine that panicked stay open: one of its
 * goroutines may still write there. */
#define LEFT_OPEN 2

static inline loop_turn_t turn_of(loop_t *loop, const loop_op_t *ops, uint32_t count) {
    loop_turn_t turn;
    memset(&turn, 0, sizeof turn);
    turn.size = sizeof turn;
    turn.flags = LOOP_TURN_SUBMIT;
    turn.loop = loop;
    turn.ops = ops;
    turn.op_count = count;
    turn.op_stride = sizeof(loop_op_t);
    turn.event_stride = sizeof(loop_event_t);
    return turn;
}

/* Submits the op that panics. A panic of a goroutine may come later. */
static inline void inject(loop_t *loop, const fault_t *fault) {
    loop_op_t op;
    memset(&op, 0, sizeof op);
    op.code = fault->code;
    loop_turn_t turn = turn_of(loop, &op, 1);
    CHECK_INT(loop_turn(&turn), fault->code == 0xF001 ? LOOP_EPANIC : 0);
}

/* Waits until the engine has panicked, without stepping it. */
static inline void await_panic(loop_t *loop, int64_t timer) {
    int64_t until = clock_ns() + 10 * SECOND, due;
    while (loop_timer_due_in(loop, timer, &due) != LOOP_EPANIC)
        if (!CHECK(clock_ns() < until))
            return;
}

/* A job that says that it runs and waits to be let go. */
typedef struct gate {
    sem_t started, open;
    int returned; /* atomic */
} gate_t;

static inline void gate_init(gate_t *gate) {
    sem_init(&gate->started, 0, 0);
    sem_init(&gate->open, 0, 0);
    gate->returned = 0;
}

static inline void gate_destroy(gate_t *gate) {
    sem_destroy(&gate->started);
    sem_destroy(&gate->open);
}

static inline void gate_await(sem_t *sem) {
    while (sem_wait(sem) != 0) {
    }
}

static inline int32_t pass_gate(void *arg, loop_value_t *out) {
    gate_t *gate = arg;
    (void)out;
    sem_post(&gate->started);
    gate_await(&gate->open);
    __atomic_store_n(&gate->returned, 1, __ATOMIC_SEQ_CST);
    return 0;
}

#endif
