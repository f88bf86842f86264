/* SPDX-License-Identifier: MIT
 *
 * A timer of delay 0 started in the timers phase runs in the next pass, after the immediates of
 * this one.
 */
#include "conformance.h"

CB(outer) {
    UNUSED;
    say("timer 1");
    must(loop_set_timeout(loop, 0, say_user, "nested timer"));
    must(loop_set_immediate(loop, say_user, "immediate"));
}

int main(void) {
    loop_t *loop = new_loop();
    must(loop_set_timeout(loop, 0, outer, NULL));
    must(loop_set_timeout(loop, 0, say_user, "timer 2"));
    run_and_free(loop);
    return 0;
}
