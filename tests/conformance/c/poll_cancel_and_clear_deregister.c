/* SPDX-License-Identifier: MIT
 *
 * Cancel ends a descriptor with LOOP_ECANCELED, clear silently; afterwards it can be watched again.
 */
#include "conformance.h"

#include <unistd.h>

int main(void) {
    loop_t *loop = new_loop();
    int fds[2];
    if (pipe(fds) != 0 || write(fds[1], "x", 1) != 1)
        return 1;
    int64_t id =
        must(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_LEVEL, say_status, "cancelled"));
    must(loop_cancel(loop, id));
    id = must(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_LEVEL, say_status, "cleared"));
    must(loop_clear(loop, id));
    must(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_ONESHOT, say_status, "again"));
    run_and_free(loop);
    return 0;
}
