/* SPDX-License-Identifier: MIT
 *
 * A held loop waits for posts to come; without a hold there is nothing to give up.
 */
#include "conformance.h"

#include <pthread.h>

CB(arrive) {
    (void)user;
    say("posted %d", (int)ev->num);
    must(loop_unhold(loop));
}

static void *poster(void *arg) {
    must(loop_post(arg, 42, arrive, NULL));
    return NULL;
}

int main(void) {
    pthread_t thread;
    loop_t *loop = new_loop();
    must(loop_hold(loop));
    say("alive %d", (int)must(loop_alive(loop)));
    if (pthread_create(&thread, NULL, poster, loop) != 0)
        return 1;
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    pthread_join(thread, NULL);
    say("unhold: %s", loop_err_name(loop_unhold(loop)));
    must(loop_free(loop));
    return 0;
}
