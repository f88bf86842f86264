/* SPDX-License-Identifier: MIT
 *
 * The deadline of an op ends a timer and a descriptor with LOOP_ETIMEDOUT.
 */
#include "conformance.h"

#include <unistd.h>

int main(void) {
    loop_t *loop = new_loop();
    int fds[2];
    if (pipe(fds) != 0)
        return 1;
    must(loop_next_op(loop, 5 * MS, NULL));
    must(loop_set_timeout(loop, 3600000 * MS, say_status, "timer"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_next_op(loop, 5 * MS, NULL));
    must(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_LEVEL, say_status, "descriptor"));
    run_and_free(loop);
    return 0;
}
