/* SPDX-License-Identifier: MIT
 *
 * A run inside a callback of the same loop is refused; the outer one goes on.
 */
#include "conformance.h"

CB(nested) {
    UNUSED;
    say("nested run: %s", loop_err_name(loop_run(loop, LOOP_RUN_DEFAULT)));
}

int main(void) {
    loop_t *loop = new_loop();
    int64_t now = must(loop_now(loop));
    must(loop_set_timer_at(loop, now, nested, NULL));
    must(loop_set_timer_at(loop, now, say_user, "the outer run goes on"));
    run_and_free(loop);
    return 0;
}
