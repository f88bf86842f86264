/* SPDX-License-Identifier: MIT
 *
 * A regular file gives LOOP_EPERM, a closed descriptor LOOP_EBADF, a second id for one descriptor
 * LOOP_EEXIST.
 */
#include "conformance.h"

#include <unistd.h>

int main(void) {
    loop_t *loop = new_loop();
    int fds[2];
    FILE *file = tmpfile();
    if (pipe(fds) != 0 || file == NULL)
        return 1;
    must(loop_poll_fd(loop, fileno(file), LOOP_READABLE, LOOP_POLL_LEVEL, say_status, "file"));
    must(loop_poll_fd(loop, 1000000, LOOP_READABLE, LOOP_POLL_LEVEL, say_status, "closed"));
    int64_t first =
        must(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_LEVEL, say_status, "first"));
    must(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_LEVEL, say_status, "second"));
    must(loop_unref(loop, first));
    say("no interest: %s",
        loop_err_name(loop_poll_fd(loop, fds[0], 0, LOOP_POLL_LEVEL, say_status, "none")));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_free(loop));
    fclose(file);
    return 0;
}
