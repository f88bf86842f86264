/* SPDX-License-Identifier: MIT
 *
 * An id that has ended is refused and harms nobody.
 */
#include "conformance.h"

int main(void) {
    loop_t *loop = new_loop();
    int64_t ended = must(loop_set_timeout(loop, 0, say_user, "fired"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_set_timeout(loop, 0, say_user, "still fires"));
    say("cancel: %s", loop_err_name(loop_cancel(loop, ended)));
    say("unref: %s", loop_err_name(loop_unref(loop, ended)));
    say("refresh: %s", loop_err_name(loop_refresh_timer(loop, ended)));
    run_and_free(loop);
    return 0;
}
