/* SPDX-License-Identifier: MIT
 *
 * Ticks run after the current callback, nested ones too, before the next timer.
 */
#include "conformance.h"

CB(tick_c) {
    UNUSED;
    say("tick c");
}

CB(tick_a) {
    UNUSED;
    say("tick a");
    must(loop_next_tick(loop, tick_c, NULL));
}

CB(timer_1) {
    UNUSED;
    say("timer 1");
    must(loop_next_tick(loop, tick_a, NULL));
    must(loop_next_tick(loop, say_user, "tick b"));
}

int main(void) {
    loop_t *loop = new_loop();
    must(loop_set_timeout(loop, 0, timer_1, NULL));
    must(loop_set_timeout(loop, 0, say_user, "timer 2"));
    must(loop_next_tick(loop, say_user, "tick before the first phase"));
    run_and_free(loop);
    return 0;
}
