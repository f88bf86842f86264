/* SPDX-License-Identifier: MIT
 *
 * loop_stop before a run ends that run without any callback, and only that one.
 */
#include "conformance.h"

int main(void) {
    loop_t *loop = new_loop();
    must(loop_set_timer_at(loop, 0, say_user, "timer"));
    must(loop_stop(loop));
    say("alive %d", (int)must(loop_run(loop, LOOP_RUN_DEFAULT)));
    say("alive %d", (int)must(loop_run(loop, LOOP_RUN_DEFAULT)));
    must(loop_free(loop));
    return 0;
}
