/* SPDX-License-Identifier: MIT
 *
 * A timer says how long until it is due: never more than its delay, 0 or less of it once it is
 * late.
 */
#include "conformance.h"

int main(void) {
    loop_t *loop = new_loop();
    int64_t due = -1;
    int64_t timer = must(loop_set_timeout(loop, 50 * MS, say_user, "fired"));
    must(loop_timer_due_in(loop, timer, &due));
    say("within its delay: %s", due > 0 && due <= 50 * MS ? "yes" : "no");
    int64_t past = must(loop_set_timer_at(loop, 0, say_user, "late one fired"));
    must(loop_timer_due_in(loop, past, &due));
    say("late one: %d", (int)due);
    must(loop_clear_timer(loop, timer));
    say("cleared: %s", loop_err_name(loop_timer_due_in(loop, timer, &due)));
    run_and_free(loop);
    return 0;
}
