/* SPDX-License-Identifier: MIT
 *
 * With options.phase_limit a phase delivers so many events, and the rest waits for the next pass.
 */
#include "conformance.h"

int main(void) {
    static char *const timers[] = {"timer 1", "timer 2", "timer 3"};
    static char *const posts[] = {"post 1", "post 2", "post 3"};
    static char *const immediates[] = {"immediate 1", "immediate 2", "immediate 3"};
    loop_t *loop = NULL;
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.phase_limit = 2;
    must(loop_new(&options, &loop));
    for (int i = 0; i < 3; i++) {
        must(loop_set_immediate(loop, say_user, immediates[i]));
        must(loop_post(loop, 0, say_user, posts[i]));
        must(loop_set_timeout(loop, 0, say_user, timers[i]));
    }
    run_and_free(loop);
    return 0;
}
