/* SPDX-License-Identifier: MIT
 *
 * Timers fire in the order of their deadlines, whatever the order of starting and however they were
 * started.
 */
#include "conformance.h"

int main(void) {
    loop_t *loop = new_loop();
    int64_t now = must(loop_now(loop));
    must(loop_set_timer_at(loop, now + 9 * MS, say_user, "at 9 ms"));
    must(loop_set_timer_at(loop, now + 3 * MS, say_user, "at 3 ms"));
    must(loop_set_timer_at(loop, now - 5 * MS, say_user, "in the past"));
    must(loop_set_timer_at(loop, now + 6 * MS, say_user, "at 6 ms"));
    must(loop_set_timer_at(loop, now + 3 * MS, say_user, "at 3 ms, started later"));
    must(loop_set_timer_at(loop, now + 3 * MS + 1, say_user, "a nanosecond later"));
    run_and_free(loop);
    return 0;
}
