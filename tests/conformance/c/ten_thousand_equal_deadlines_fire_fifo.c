/* SPDX-License-Identifier: MIT
 *
 * 10,000 timers with one deadline fire in the order of starting, none lost, none early.
 */
#include "conformance.h"

static int fired, in_order = 1, early;
static int64_t deadline;

CB(fire) {
    (void)ev;
    if ((intptr_t)user != fired++)
        in_order = 0;
    if (must(loop_now(loop)) < deadline)
        early = 1;
}

int main(void) {
    loop_t *loop = new_loop();
    deadline = must(loop_now(loop)) + 20 * MS;
    for (intptr_t i = 0; i < 10000; i++)
        must(loop_set_timer_at(loop, deadline, fire, (void *)i));
    run_and_free(loop);
    say("%d fired, %s, %s", fired, in_order ? "in order" : "out of order",
        early ? "early" : "not early");
    return 0;
}
