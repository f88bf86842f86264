/* SPDX-License-Identifier: MIT
 *
 * Freeing a loop cancels its jobs: one that waits never runs; one that runs has its outcome at once
 * and its final event when its function returns, for which loop_free waits.
 */
#include "conformance.h"

#include <semaphore.h>

static sem_t started, gate;

static int32_t wait_at_the_gate(void *arg, loop_value_t *out) {
    (void)arg;
    (void)out;
    sem_post(&started);
    while (sem_wait(&gate) != 0) {
    }
    return 0;
}

static int32_t never(void *arg, loop_value_t *out) {
    (void)arg;
    (void)out;
    say("never");
    return 0;
}

CB(waiting) {
    say_status(loop, ev, user);
    sem_post(&gate);
}

int main(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.workers = 1;
    must(loop_new(&options, &loop));
    sem_init(&started, 0, 0);
    sem_init(&gate, 0, 0);
    must(loop_work(loop, wait_at_the_gate, NULL, "gate", say_status, "running job"));
    must(loop_run(loop, LOOP_RUN_NOWAIT));
    while (sem_wait(&started) != 0) {
    }
    must(loop_work(loop, never, NULL, "never", waiting, "waiting job"));
    must(loop_free(loop));
    return 0;
}
