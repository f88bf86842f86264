/* SPDX-License-Identifier: MIT
 *
 * A descriptor that is readable and writable says both in one event.
 */
#include "conformance.h"

#include <sys/socket.h>

CB(ready) {
    (void)loop;
    (void)user;
    say("readable %s, writable %s", (ev->num & LOOP_READABLE) != 0 ? "yes" : "no",
        (ev->num & LOOP_WRITABLE) != 0 ? "yes" : "no");
}

int main(void) {
    loop_t *loop = new_loop();
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0 || send(fds[1], "x", 1, 0) != 1)
        return 1;
    must(loop_poll_fd(loop, fds[0], LOOP_READABLE | LOOP_WRITABLE, LOOP_POLL_ONESHOT, ready, NULL));
    run_and_free(loop);
    return 0;
}
