/* SPDX-License-Identifier: MIT
 *
 * Statistics count posts, live ids and timers, and keep the most there were at once.
 */
#include "conformance.h"

static int64_t cleared;

static void say_stats(loop_t *loop, const char *when) {
    loop_stats_t stats = LOOP_STATS_INIT;
    must(loop_stats(loop, &stats));
    say("%s: %d posts, %d waiting, %d ids (peak %d), %d timers (peak %d), %d alive", when,
        (int)stats.posts, (int)stats.posts_waiting, (int)stats.ids, (int)stats.ids_peak,
        (int)stats.timers, (int)stats.timers_peak, (int)stats.alive);
}

CB(ignore) {
    UNUSED;
}

CB(go_on) {
    (void)ev, (void)user;
    for (int i = 0; i < 2; i++) {
        must(loop_post(loop, 1, ignore, NULL));
        must(loop_set_timeout(loop, 0, ignore, NULL));
    }
    say_stats(loop, "inside");
    must(loop_clear(loop, cleared));
}

int main(void) {
    loop_t *loop = new_loop();
    say_stats(loop, "fresh");
    must(loop_unref(loop, must(loop_set_timeout(loop, 3600000 * MS, ignore, NULL))));
    cleared = must(loop_set_timeout(loop, 3600000 * MS, ignore, NULL));
    must(loop_set_timeout(loop, 0, go_on, NULL));
    say_stats(loop, "started");
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    say_stats(loop, "at the end");
    must(loop_stats_reset(loop));
    say_stats(loop, "after a reset");
    must(loop_free(loop));
    return 0;
}
