/* SPDX-License-Identifier: MIT
 *
 * A run with a limit ends when it has passed and leaves what is not due.
 */
#include "conformance.h"

int main(void) {
    loop_t *loop = new_loop();
    must(loop_set_timeout(loop, 2 * MS, say_user, "in time"));
    must(loop_set_timeout(loop, 3600000 * MS, say_user, "far away"));
    int64_t start = must(loop_now(loop));
    say("alive %d", (int)must(loop_run_for(loop, LOOP_RUN_DEFAULT, 20 * MS)));
    say("not early: %s", must(loop_now(loop)) - start >= 20 * MS ? "yes" : "no");
    must(loop_free(loop));
    return 0;
}
