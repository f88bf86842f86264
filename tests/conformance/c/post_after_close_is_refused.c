/* SPDX-License-Identifier: MIT
 *
 * After loop_close posts and new ops are refused, and what was alive ends once.
 */
#include "conformance.h"

int main(void) {
    loop_t *loop = new_loop();
    must(loop_set_timeout(loop, 3600000 * MS, say_status, "timer"));
    must(loop_close(loop));
    say("post: %s", loop_err_name(loop_post(loop, 1, say_user, "never")));
    say("timer: %s", loop_err_name(loop_set_timeout(loop, 0, say_user, "never")));
    say("close: %s", loop_err_name(loop_close(loop)));
    must(loop_free(loop));
    return 0;
}
