/* SPDX-License-Identifier: MIT
 *
 * Idle, prepare and check watchers run once in every pass, in the order of starting.
 */
#include "conformance.h"

static int64_t ids[6];
static int passes;

CB(last) {
    UNUSED;
    say("check 2");
    if (++passes == 2)
        for (int i = 0; i < 6; i++)
            must(loop_clear(loop, ids[i]));
}

int main(void) {
    loop_t *loop = new_loop();
    ids[0] = must(loop_start_idle(loop, say_user, "idle 1"));
    ids[1] = must(loop_start_idle(loop, say_user, "idle 2"));
    ids[2] = must(loop_start_prepare(loop, say_user, "prepare 1"));
    ids[3] = must(loop_start_prepare(loop, say_user, "prepare 2"));
    ids[4] = must(loop_start_check(loop, say_user, "check 1"));
    ids[5] = must(loop_start_check(loop, last, NULL));
    run_and_free(loop);
    return 0;
}
