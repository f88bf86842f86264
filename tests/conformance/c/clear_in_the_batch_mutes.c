/* SPDX-License-Identifier: MIT
 *
 * A timer or immediate that an earlier callback of the same batch clears does not run.
 */
#include "conformance.h"

static int64_t timer_b, immediate_b;

CB(clear_timer) {
    UNUSED;
    say("timer a");
    must(loop_clear_timer(loop, timer_b));
}

CB(clear_immediate) {
    UNUSED;
    say("immediate a");
    must(loop_clear(loop, immediate_b));
}

int main(void) {
    loop_t *loop = new_loop();
    int64_t now = must(loop_now(loop));
    must(loop_set_timer_at(loop, now, clear_timer, NULL));
    timer_b = must(loop_set_timer_at(loop, now, say_user, "timer b"));
    must(loop_set_timer_at(loop, now, say_user, "timer c"));
    must(loop_set_immediate(loop, clear_immediate, NULL));
    immediate_b = must(loop_set_immediate(loop, say_user, "immediate b"));
    must(loop_set_immediate(loop, say_user, "immediate c"));
    run_and_free(loop);
    return 0;
}
