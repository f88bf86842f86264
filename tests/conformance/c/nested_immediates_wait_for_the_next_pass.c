/* SPDX-License-Identifier: MIT
 *
 * An immediate started by an immediate runs in the next pass, after a zero timer started beside it.
 */
#include "conformance.h"

CB(outer) {
    UNUSED;
    say("immediate 1");
    must(loop_set_immediate(loop, say_user, "nested immediate"));
    must(loop_set_timeout(loop, 0, say_user, "timer of the next pass"));
    must(loop_next_tick(loop, say_user, "tick"));
}

int main(void) {
    loop_t *loop = new_loop();
    must(loop_set_immediate(loop, outer, NULL));
    must(loop_set_immediate(loop, say_user, "immediate 2"));
    run_and_free(loop);
    return 0;
}
