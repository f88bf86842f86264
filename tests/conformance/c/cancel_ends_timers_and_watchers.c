/* SPDX-License-Identifier: MIT
 *
 * A cancelled timer, interval or watcher gets one last event, LOOP_ECANCELED.
 */
#include "conformance.h"

int main(void) {
    loop_t *loop = new_loop();
    int64_t far_away = 3600000 * MS;
    must(loop_cancel(loop, must(loop_set_timeout(loop, far_away, say_status, "timeout"))));
    must(loop_cancel(loop, must(loop_set_interval(loop, far_away, say_status, "interval"))));
    must(loop_cancel(loop, must(loop_start_idle(loop, say_status, "idle"))));
    must(loop_cancel(loop, must(loop_start_prepare(loop, say_status, "prepare"))));
    must(loop_cancel(loop, must(loop_start_check(loop, say_status, "check"))));
    run_and_free(loop);
    return 0;
}
