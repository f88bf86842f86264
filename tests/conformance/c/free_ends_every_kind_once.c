/* SPDX-License-Identifier: MIT
 *
 * Freeing a loop with every kind of id alive ends each once with LOOP_ECANCELED, in the order of
 * starting.
 */
#include "conformance.h"

#include <unistd.h>

int main(void) {
    loop_t *loop = new_loop();
    int fds[2];
    if (pipe(fds) != 0)
        return 1;
    must(loop_set_timeout(loop, 3600000 * MS, say_status, "timeout"));
    must(loop_set_interval(loop, 3600000 * MS, say_status, "interval"));
    must(loop_start_idle(loop, say_status, "idle"));
    must(loop_start_prepare(loop, say_status, "prepare"));
    must(loop_start_check(loop, say_status, "check"));
    must(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_LEVEL, say_status, "descriptor"));
    must(loop_http_get(loop, from_environment("CONFORMANCE_STALL"), say_status, "http"));
    must(loop_free(loop));
    return 0;
}
