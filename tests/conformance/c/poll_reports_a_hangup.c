/* SPDX-License-Identifier: MIT
 *
 * When the other end of a pipe closes, the reader hears of it.
 */
#include "conformance.h"

#include <unistd.h>

CB(hung_up) {
    (void)loop;
    (void)user;
    say("hang-up: %s", (ev->num & LOOP_HANGUP) != 0 ? "yes" : "no");
}

int main(void) {
    loop_t *loop = new_loop();
    int fds[2];
    if (pipe(fds) != 0)
        return 1;
    close(fds[1]);
    must(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_ONESHOT, hung_up, NULL));
    run_and_free(loop);
    return 0;
}
