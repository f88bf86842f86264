/* SPDX-License-Identifier: MIT
 *
 * loop_stop ends the run after the current callback and its ticks; the rest comes first in the next
 * run.
 */
#include "conformance.h"

CB(stopper) {
    UNUSED;
    say("timer 1");
    must(loop_next_tick(loop, say_user, "tick"));
    must(loop_stop(loop));
}

int main(void) {
    loop_t *loop = new_loop();
    int64_t now = must(loop_now(loop));
    must(loop_set_timer_at(loop, now, stopper, NULL));
    must(loop_set_timer_at(loop, now, say_user, "timer 2"));
    must(loop_set_immediate(loop, say_user, "immediate"));
    say("alive %d", (int)must(loop_run(loop, LOOP_RUN_DEFAULT)));
    run_and_free(loop);
    return 0;
}
