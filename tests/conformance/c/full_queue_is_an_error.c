/* SPDX-License-Identifier: MIT
 *
 * A job beyond the queue's limit ends with LOOP_EFULL; the others run.
 */
#include "conformance.h"

#include <semaphore.h>

static sem_t gate;

static int32_t wait_at_the_gate(void *arg, loop_value_t *out) {
    (void)arg;
    (void)out;
    while (sem_wait(&gate) != 0) {
    }
    return 0;
}

CB(full) {
    say_status(loop, ev, user);
    for (int i = 0; i < 3; i++)
        sem_post(&gate);
}

CB(enough) {
    UNUSED;
    /* The first job is taken by the worker before these are submitted: two may wait. */
    must(loop_work(loop, wait_at_the_gate, NULL, "gate", say_status, "job 2"));
    must(loop_work(loop, wait_at_the_gate, NULL, "gate", say_status, "job 3"));
    must(loop_work(loop, wait_at_the_gate, NULL, "gate", full, "job 4"));
}

static int32_t started(void *arg, loop_value_t *out) {
    loop_t *loop = arg;
    (void)out;
    loop_post(loop, 0, enough, NULL);
    return wait_at_the_gate(NULL, out);
}

int main(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.workers = 1;
    options.queue_limit = 2;
    must(loop_new(&options, &loop));
    sem_init(&gate, 0, 0);
    must(loop_work(loop, started, loop, "gate", say_status, "job 1"));
    run_and_free(loop);
    return 0;
}
