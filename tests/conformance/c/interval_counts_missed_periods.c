/* SPDX-License-Identifier: MIT
 *
 * An interval keeps to its deadlines: after a stall it fires once, says how many periods it missed,
 * and goes on without drift.
 */
#include "conformance.h"

#include <time.h>

static int64_t first, period = 10 * MS;
static int runs;

static int64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

CB(tick) {
    if (runs == 0) {
        first = ev->num;
        say("first call");
        int64_t until = clock_ns() + 3 * period + period / 2;
        while (clock_ns() < until) {
        }
    } else {
        int64_t behind = ev->num - first;
        if (runs == 1)
            say("after a stall, missed at least 2: %s", ev->aux >= 2 ? "yes" : "no");
        say("a whole number of periods: %s", behind % period == 0 ? "yes" : "no");
    }
    if (++runs == 3)
        must(loop_clear_timer(loop, (int64_t)ev->id));
    (void)user;
}

int main(void) {
    loop_t *loop = new_loop();
    must(loop_set_interval(loop, period, tick, NULL));
    run_and_free(loop);
    return 0;
}
