/* SPDX-License-Identifier: MIT
 *
 * A one-shot descriptor gives one event, which ends the id; the descriptor may then be watched
 * again.
 */
#include "conformance.h"

#include <unistd.h>

static int fds[2];

CB(second) {
    UNUSED;
    say_status(loop, ev, "second");
}

CB(first) {
    UNUSED;
    say_status(loop, ev, "first");
    must(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_ONESHOT, second, NULL));
}

int main(void) {
    loop_t *loop = new_loop();
    if (pipe(fds) != 0 || write(fds[1], "x", 1) != 1)
        return 1;
    must(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_ONESHOT, first, NULL));
    run_and_free(loop);
    return 0;
}
