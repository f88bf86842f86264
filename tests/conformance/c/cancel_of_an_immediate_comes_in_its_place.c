/* SPDX-License-Identifier: MIT
 *
 * A cancelled immediate keeps its place in the check phase, where its callback is told.
 */
#include "conformance.h"

static int64_t ids[4];

CB(cancel_the_third) {
    say_status(loop, ev, user);
    must(loop_cancel(loop, ids[2]));
}

int main(void) {
    loop_t *loop = new_loop();
    ids[0] = must(loop_set_immediate(loop, cancel_the_third, "immediate 1"));
    ids[1] = must(loop_set_immediate(loop, say_status, "immediate 2"));
    ids[2] = must(loop_set_immediate(loop, say_status, "immediate 3"));
    ids[3] = must(loop_set_immediate(loop, say_status, "immediate 4"));
    must(loop_cancel(loop, ids[1]));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    say("cancel of one that has run: %s", loop_err_name(loop_cancel(loop, ids[3])));
    must(loop_free(loop));
    return 0;
}
