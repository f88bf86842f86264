/* SPDX-License-Identifier: MIT
 *
 * 1,000 jobs run on 4 workers: never more than 4 at once, every result delivered once.
 */
#include "conformance.h"

static int now_running, most, results;
static int64_t sum;

static int32_t job(void *arg, loop_value_t *out) {
    int running = __atomic_add_fetch(&now_running, 1, __ATOMIC_SEQ_CST);
    int seen = __atomic_load_n(&most, __ATOMIC_SEQ_CST);
    while (running > seen && !__atomic_compare_exchange_n(&most, &seen, running, 0,
                                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    }
    __atomic_sub_fetch(&now_running, 1, __ATOMIC_SEQ_CST);
    return (int32_t)loop_value_set_int(out, (int64_t)(intptr_t)arg);
}

CB(done) {
    int64_t value = 0;
    (void)loop;
    (void)user;
    must(loop_event_int(ev, &value));
    sum += value;
    results++;
}

int main(void) {
    loop_t *loop = new_loop();
    for (intptr_t i = 1; i <= 1000; i++)
        must(loop_work(loop, job, (void *)i, "count", done, NULL));
    run_and_free(loop);
    say("%d results, sum %d, at most 4 at once: %s", results, (int)sum, most <= 4 ? "yes" : "no");
    return 0;
}
