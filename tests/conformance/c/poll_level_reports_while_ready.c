/* SPDX-License-Identifier: MIT
 *
 * A level-triggered descriptor is reported in every pass while it is ready.
 */
#include "conformance.h"

#include <unistd.h>

static int reports, fds[2];

CB(readable) {
    char byte;
    (void)user;
    say("readable: %s", ev->num == LOOP_READABLE ? "yes" : "no");
    if (++reports == 3) {
        if (read(fds[0], &byte, 1) != 1)
            exit(1);
        must(loop_clear(loop, (int64_t)ev->id));
    }
}

int main(void) {
    loop_t *loop = new_loop();
    if (pipe(fds) != 0 || write(fds[1], "x", 1) != 1)
        return 1;
    must(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_LEVEL, readable, NULL));
    run_and_free(loop);
    return 0;
}
