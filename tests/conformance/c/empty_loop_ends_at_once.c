/* SPDX-License-Identifier: MIT
 *
 * A loop with nothing alive ends its run without a pass.
 */
#include "conformance.h"

int main(void) {
    loop_t *loop = new_loop();
    say("alive %d", (int)must(loop_alive(loop)));
    say("run %d", (int)must(loop_run(loop, LOOP_RUN_DEFAULT)));
    say("once %d", (int)must(loop_run(loop, LOOP_RUN_ONCE)));
    say("nowait %d", (int)must(loop_run(loop, LOOP_RUN_NOWAIT)));
    must(loop_free(loop));
    return 0;
}
