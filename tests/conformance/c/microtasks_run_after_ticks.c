/* SPDX-License-Identifier: MIT
 *
 * After a callback all ticks run, then all microtasks, until both queues are empty.
 */
#include "conformance.h"

CB(tick_from_microtask) {
    UNUSED;
    say("tick from a microtask");
    must(loop_queue_microtask(loop, say_user, "microtask from that tick"));
}

CB(microtask_1) {
    UNUSED;
    say("microtask 1");
    must(loop_next_tick(loop, tick_from_microtask, NULL));
}

CB(start) {
    UNUSED;
    say("timer");
    must(loop_queue_microtask(loop, microtask_1, NULL));
    must(loop_queue_microtask(loop, say_user, "microtask 2"));
    must(loop_next_tick(loop, say_user, "tick 1"));
    must(loop_next_tick(loop, say_user, "tick 2"));
    must(loop_set_immediate(loop, say_user, "immediate"));
}

int main(void) {
    loop_t *loop = new_loop();
    must(loop_set_timeout(loop, 0, start, NULL));
    run_and_free(loop);
    return 0;
}
