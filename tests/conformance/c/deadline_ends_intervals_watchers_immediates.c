/* SPDX-License-Identifier: MIT
 *
 * The deadline of an interval or a watcher counts anew from each event; one that passes ends it with
 * LOOP_ETIMEDOUT. An immediate whose check phase comes later says so.
 */
#include "conformance.h"

#include <time.h>

static int64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void stall(void) {
    int64_t until = clock_ns() + 10 * MS;
    while (clock_ns() < until) {
    }
}

/* Says how it ends. */
CB(say_end) {
    if (ev->status != 0)
        say_status(loop, ev, user);
}

CB(stall_or_say_end) {
    if (ev->status != 0)
        say_status(loop, ev, user);
    else
        stall();
}

int main(void) {
    loop_t *loop = new_loop();
    must(loop_next_op(loop, 5 * MS, NULL));
    must(loop_set_interval(loop, 3600000 * MS, say_end, "interval"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_next_op(loop, 5 * MS, NULL));
    must(loop_start_prepare(loop, say_end, "prepare"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_next_op(loop, 5 * MS, NULL));
    must(loop_start_check(loop, say_end, "check"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_next_op(loop, 5 * MS, NULL));
    must(loop_start_idle(loop, stall_or_say_end, "idle"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_next_op(loop, 5 * MS, NULL));
    must(loop_set_immediate(loop, say_status, "immediate"));
    must(loop_set_timeout(loop, 0, stall_or_say_end, "timer"));
    run_and_free(loop);
    return 0;
}
