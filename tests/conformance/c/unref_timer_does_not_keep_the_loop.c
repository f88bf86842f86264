/* SPDX-License-Identifier: MIT
 *
 * An unreferenced timer does not keep the loop alive; referenced again it does.
 */
#include "conformance.h"

int main(void) {
    loop_t *loop = new_loop();
    int64_t timer = must(loop_set_timeout(loop, 5 * MS, say_user, "fired"));
    must(loop_unref(loop, timer));
    must(loop_unref(loop, timer));
    say("has_ref %d, alive %d", (int)must(loop_has_ref(loop, timer)), (int)must(loop_alive(loop)));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    say("the run ended without it");
    must(loop_ref(loop, timer));
    say("has_ref %d, alive %d", (int)must(loop_has_ref(loop, timer)), (int)must(loop_alive(loop)));
    run_and_free(loop);
    return 0;
}
