/* SPDX-License-Identifier: MIT
 *
 * A loop that is closed ends its immediates with LOOP_ECANCELED, first of all in the closing phase;
 * posts it had accepted and ticks still run. Immediates of a check phase that has begun run.
 */
#include "conformance.h"

CB(close_it) {
    say("%s", (const char *)user);
    must(loop_close(loop));
    must(loop_next_tick(loop, say_user, "tick"));
    if (loop_set_immediate(loop, say_user, "never") == LOOP_ECLOSED)
        say("no new immediate");
    UNUSED;
}

int main(void) {
    loop_t *loop = new_loop();
    must(loop_set_timeout(loop, 3600000 * MS, say_status, "timeout"));
    must(loop_set_immediate(loop, say_status, "immediate 1"));
    must(loop_set_immediate(loop, say_status, "immediate 2"));
    must(loop_set_timeout(loop, 0, close_it, "closed by a timer"));
    must(loop_post(loop, 0, say_user, "post"));
    run_and_free(loop);

    loop = new_loop();
    must(loop_set_timeout(loop, 3600000 * MS, say_status, "timeout"));
    must(loop_set_immediate(loop, close_it, "closed by an immediate"));
    must(loop_set_immediate(loop, say_status, "immediate of the same phase"));
    run_and_free(loop);

    loop = new_loop();
    must(loop_set_immediate(loop, say_status, "freed"));
    must(loop_free(loop));
    return 0;
}
