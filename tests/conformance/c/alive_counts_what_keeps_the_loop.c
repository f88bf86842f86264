/* SPDX-License-Identifier: MIT
 *
 * loop_alive counts referenced ids, immediates, ticks, posts and holds.
 */
#include "conformance.h"

CB(nothing) {
    UNUSED;
}

int main(void) {
    loop_t *loop = new_loop();
    int64_t timer = must(loop_set_timeout(loop, 3600000 * MS, nothing, NULL));
    say("timer: %d", (int)must(loop_alive(loop)));
    must(loop_set_immediate(loop, nothing, NULL));
    say("immediate: %d", (int)must(loop_alive(loop)));
    must(loop_next_tick(loop, nothing, NULL));
    say("tick: %d", (int)must(loop_alive(loop)));
    must(loop_post(loop, 0, nothing, NULL));
    say("post: %d", (int)must(loop_alive(loop)));
    must(loop_hold(loop));
    say("hold: %d", (int)must(loop_alive(loop)));
    must(loop_unref(loop, timer));
    say("unref: %d", (int)must(loop_alive(loop)));
    must(loop_unhold(loop));
    run_and_free(loop);
    return 0;
}
