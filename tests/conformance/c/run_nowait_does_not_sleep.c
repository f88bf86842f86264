/* SPDX-License-Identifier: MIT
 *
 * Run mode nowait makes one pass: what is ready is delivered, what is not stays.
 */
#include "conformance.h"

int main(void) {
    loop_t *loop = new_loop();
    must(loop_set_timeout(loop, 3600000 * MS, say_user, "never"));
    must(loop_set_immediate(loop, say_user, "immediate"));
    must(loop_post(loop, 0, say_user, "post"));
    must(loop_set_timer_at(loop, 0, say_user, "due timer"));
    say("alive %d", (int)must(loop_run(loop, LOOP_RUN_NOWAIT)));
    say("alive %d", (int)must(loop_run(loop, LOOP_RUN_NOWAIT)));
    must(loop_free(loop));
    return 0;
}
