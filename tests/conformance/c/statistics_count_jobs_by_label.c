/* SPDX-License-Identifier: MIT
 *
 * Statistics say of each label what becomes of its jobs, before and after a reset.
 */
#include "conformance.h"

#include <semaphore.h>

static sem_t begun, gate;

static int32_t wait_at_the_gate(void *arg, loop_value_t *out) {
    (void)arg, (void)out;
    sem_post(&begun);
    while (sem_wait(&gate) != 0) {
    }
    return 0;
}

static int32_t sum(void *arg, loop_value_t *out) {
    (void)arg;
    return (int32_t)loop_value_set_int(out, 5050);
}

static int32_t fails(void *arg, loop_value_t *out) {
    (void)arg, (void)out;
    return LOOP_EIO;
}

CB(ignore) {
    UNUSED;
}

static loop_label_stats_t say_label(loop_t *loop, const char *name) {
    loop_label_stats_t label = LOOP_LABEL_STATS_INIT;
    uint32_t i = 0;
    do {
        must(loop_stats_label(loop, i++, &label));
    } while (strcmp(label.label, name) != 0);
    say("%s: %d queued, %d started, %d finished, %d failed, %d canceled, %d rejected, %d waiting, "
        "%d running",
        label.label, (int)label.queued, (int)label.started, (int)label.finished, (int)label.failed,
        (int)label.canceled, (int)label.rejected, (int)label.waiting, (int)label.running);
    return label;
}

static loop_label_stats_t say_labels(loop_t *loop, const char *when) {
    say("%s", when);
    say_label(loop, "fails");
    say_label(loop, "gate");
    say_label(loop, "late");
    say_label(loop, "over");
    return say_label(loop, "sum");
}

int main(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_stats_t stats = LOOP_STATS_INIT;
    loop_t *loop = NULL;
    options.workers = 1;
    must(loop_new(&options, &loop));
    sem_init(&begun, 0, 0);
    sem_init(&gate, 0, 0);
    must(loop_work(loop, wait_at_the_gate, NULL, "gate", ignore, NULL));
    must(loop_stats(loop, &stats)); /* hands the job over */
    while (sem_wait(&begun) != 0) {
    }
    for (int i = 0; i < 2; i++)
        must(loop_work(loop, sum, NULL, "sum", ignore, NULL));
    must(loop_work(loop, fails, NULL, "fails", ignore, NULL));
    must(loop_cancel(loop, must(loop_work(loop, sum, NULL, "late", ignore, NULL))));
    must(loop_set_queue_limit(loop, LOOP_LANE_HOST, 3));
    must(loop_work(loop, sum, NULL, "over", ignore, NULL));
    say_labels(loop, "at the gate");
    must(loop_stats_reset(loop));
    say_labels(loop, "after a reset");
    sem_post(&gate);
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    loop_label_stats_t label = say_labels(loop, "at the end");
    int possible = label.wait_sum_ns >= label.wait_max_ns && label.wait_max_ns > 0 &&
                   label.run_sum_ns >= label.run_max_ns && label.run_p50_ns <= label.run_max_ns;
    say("times of two sums: %s", possible ? "yes" : "no");
    must(loop_free(loop));
    return 0;
}
