/* SPDX-License-Identifier: MIT
 *
 * A pass goes through timers, pending, idle, prepare, poll, check (immediates first) and closing.
 */
#include "conformance.h"

#include <fcntl.h>
#include <unistd.h>

CB(once) {
    say("%s", (const char *)user);
    must(loop_clear(loop, (int64_t)ev->id));
}

CB(close_it) {
    UNUSED;
    say("immediate");
    must(loop_close(loop));
}

CB(closing) {
    UNUSED;
    say("closing: %s", loop_err_name(ev->status));
}

int main(void) {
    loop_t *loop = new_loop();
    must(loop_start_check(loop, once, "check"));
    must(loop_start_prepare(loop, once, "prepare"));
    must(loop_start_idle(loop, once, "idle"));
    must(loop_set_immediate(loop, close_it, NULL));
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC); /* readiness means nothing there */
    must(loop_poll_fd(loop, file, LOOP_READABLE, LOOP_POLL_LEVEL, say_status, "pending"));
    must(loop_post(loop, 1, say_user, "poll"));
    must(loop_set_timeout(loop, 0, say_user, "timers"));
    must(loop_set_timeout(loop, 3600000 * MS, closing, NULL));
    run_and_free(loop);
    close(file);
    return 0;
}
