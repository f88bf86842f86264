/* SPDX-License-Identifier: MIT
 *
 * A job that waits is cancelled before it runs; the one that ran before it is not harmed.
 */
#include "conformance.h"

#include <semaphore.h>

static sem_t gate;
static int ran;

static int32_t wait_at_the_gate(void *arg, loop_value_t *out) {
    (void)arg;
    (void)out;
    while (sem_wait(&gate) != 0) {
    }
    return 0;
}

static int32_t count(void *arg, loop_value_t *out) {
    (void)arg;
    (void)out;
    __atomic_add_fetch(&ran, 1, __ATOMIC_SEQ_CST);
    return 0;
}

CB(cancelled) {
    say_status(loop, ev, user);
    sem_post(&gate);
}

int main(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.workers = 1;
    must(loop_new(&options, &loop));
    sem_init(&gate, 0, 0);
    must(loop_work(loop, wait_at_the_gate, NULL, "gate", say_status, "first job"));
    int64_t id = must(loop_work(loop, count, NULL, "count", cancelled, "queued job"));
    must(loop_cancel(loop, id));
    run_and_free(loop);
    say("ran %d", ran);
    return 0;
}
