/* SPDX-License-Identifier: MIT
 *
 * What a callback starts runs in its phase: ticks first, then posts of this pass, immediates,
 * timers of the next pass.
 */
#include "conformance.h"

CB(start) {
    UNUSED;
    say("timer");
    must(loop_set_timeout(loop, 0, say_user, "zero timer of the next pass"));
    must(loop_set_immediate(loop, say_user, "immediate of this pass"));
    must(loop_post(loop, 0, say_user, "post of this pass"));
    must(loop_queue_microtask(loop, say_user, "microtask"));
    must(loop_next_tick(loop, say_user, "tick"));
}

int main(void) {
    loop_t *loop = new_loop();
    must(loop_set_timeout(loop, 0, start, NULL));
    run_and_free(loop);
    return 0;
}
