/* SPDX-License-Identifier: MIT
 *
 * The deadline of a job ends one that waits before it runs, and gives one that runs its outcome at
 * once.
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

CB(running) {
    say_status(loop, ev, user);
    if ((ev->flags & LOOP_EV_MORE) == 0)
        must(loop_unhold(loop));
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
    sem_init(&gate, 0, 0);
    must(loop_hold(loop));
    must(loop_next_op(loop, 100 * MS, NULL)); /* it has started by then */
    must(loop_work(loop, wait_at_the_gate, NULL, "gate", running, "running job"));
    must(loop_next_op(loop, 120 * MS, NULL));
    must(loop_work(loop, wait_at_the_gate, NULL, "gate", waiting, "waiting job"));
    run_and_free(loop);
    return 0;
}
