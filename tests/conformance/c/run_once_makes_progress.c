/* SPDX-License-Identifier: MIT
 *
 * Run mode once sleeps until something happens and delivers it; it returns what is still alive.
 */
#include "conformance.h"

int main(void) {
    loop_t *loop = new_loop();
    must(loop_set_timeout(loop, 2 * MS, say_user, "timer 1"));
    must(loop_set_timeout(loop, 40 * MS, say_user, "timer 2"));
    int64_t alive = must(loop_run(loop, LOOP_RUN_ONCE));
    say("alive %d", (int)alive);
    alive = must(loop_run(loop, LOOP_RUN_ONCE));
    say("alive %d", (int)alive);
    must(loop_free(loop));
    return 0;
}
