/* SPDX-License-Identifier: MIT
 *
 * What a callback throws leaves the run; the rest of the batch comes first in the next run.
 */
#include "conformance.h"

#include <setjmp.h>

static jmp_buf out;

CB(throws) {
    UNUSED;
    say("timer 1 throws");
    longjmp(out, 1);
}

int main(void) {
    loop_t *loop = new_loop();
    int64_t now = must(loop_now(loop));
    must(loop_set_timer_at(loop, now, throws, NULL));
    must(loop_set_timer_at(loop, now, say_user, "timer 2"));
    must(loop_set_immediate(loop, say_user, "immediate"));
    if (setjmp(out) == 0) {
        must(loop_run(loop, LOOP_RUN_DEFAULT));
    } else {
        say("caught outside of run");
        must(loop_unwound(loop));
    }
    run_and_free(loop);
    return 0;
}
