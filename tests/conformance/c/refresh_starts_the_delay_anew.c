/* SPDX-License-Identifier: MIT
 *
 * A refreshed timer fires a whole delay after the refresh, also when it is refreshed by its own
 * callback.
 */
#include "conformance.h"

static int64_t timer, refreshed_at, delay = 10 * MS;
static int runs;

CB(refresh) {
    UNUSED;
    timer = must(loop_refresh_timer(loop, timer));
    refreshed_at = must(loop_now(loop));
    say("refreshed");
}

CB(fire) {
    (void)ev;
    (void)user;
    say("fired, a whole delay later: %s",
        must(loop_now(loop)) - refreshed_at >= delay ? "yes" : "no");
    if (++runs < 3) {
        refreshed_at = must(loop_now(loop));
        timer = must(loop_refresh_timer(loop, timer));
    }
}

int main(void) {
    loop_t *loop = new_loop();
    timer = must(loop_set_timeout(loop, delay, fire, NULL));
    must(loop_set_timeout(loop, delay / 2, refresh, NULL));
    run_and_free(loop);
    return 0;
}
