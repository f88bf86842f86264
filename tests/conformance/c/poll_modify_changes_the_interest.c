/* SPDX-License-Identifier: MIT
 *
 * Modify changes what a descriptor is watched for.
 */
#include "conformance.h"

#include <sys/socket.h>

CB(ready) {
    (void)user;
    if (ev->num == LOOP_WRITABLE) {
        say("writable");
        must(loop_poll_modify(loop, (int64_t)ev->id, LOOP_READABLE));
    } else {
        say("readable: %s", ev->num == LOOP_READABLE ? "yes" : "no");
        must(loop_clear(loop, (int64_t)ev->id));
    }
}

CB(send_it) {
    (void)loop;
    (void)ev;
    if (send((int)(intptr_t)user, "x", 1, 0) != 1)
        exit(1);
}

int main(void) {
    loop_t *loop = new_loop();
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        return 1;
    int64_t id = must(loop_poll_fd(loop, fds[0], LOOP_WRITABLE, LOOP_POLL_LEVEL, ready, NULL));
    must(loop_set_timeout(loop, 10 * MS, send_it, (void *)(intptr_t)fds[1]));
    say("nothing to watch for: %s", loop_err_name(loop_poll_modify(loop, id, 0)));
    run_and_free(loop);
    return 0;
}
