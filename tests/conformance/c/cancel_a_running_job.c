/* SPDX-License-Identifier: MIT
 *
 * A job that runs gives its outcome at once and its final event when its function has returned.
 */
#include "conformance.h"

#include <semaphore.h>

static sem_t started, gate;
static int64_t job;

static int32_t wait_at_the_gate(void *arg, loop_value_t *out) {
    (void)arg;
    sem_post(&started);
    while (sem_wait(&gate) != 0) {
    }
    return (int32_t)loop_value_set_int(out, 7);
}

CB(outcome) {
    say_status(loop, ev, user);
    if ((ev->flags & LOOP_EV_MORE) != 0) {
        say("alive %d", (int)must(loop_alive(loop)));
        must(loop_hold(loop));
        sem_post(&gate);
    } else {
        must(loop_unhold(loop));
    }
}

CB(cancel) {
    UNUSED;
    while (sem_wait(&started) != 0) {
    }
    must(loop_cancel(loop, job));
}

int main(void) {
    loop_t *loop = new_loop();
    sem_init(&started, 0, 0);
    sem_init(&gate, 0, 0);
    job = must(loop_work(loop, wait_at_the_gate, NULL, "gate", outcome, "job"));
    must(loop_set_immediate(loop, cancel, NULL));
    run_and_free(loop);
    return 0;
}
