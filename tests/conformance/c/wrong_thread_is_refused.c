/* SPDX-License-Identifier: MIT
 *
 * A thread that does not own the loop is refused; after loop_detach it may take over.
 */
#include "conformance.h"

#include <pthread.h>

static void *other(void *arg) {
    say("before detach: %s", loop_err_name(loop_set_timeout(arg, 0, say_user, "never")));
    return NULL;
}

static void *taker(void *arg) {
    must(loop_set_timeout(arg, 0, say_user, "fired on the other thread"));
    run_and_free(arg);
    return NULL;
}

int main(void) {
    pthread_t thread;
    loop_t *loop = new_loop();
    must(loop_set_timeout(loop, 0, say_user, "fired on the first thread"));
    if (pthread_create(&thread, NULL, other, loop) != 0)
        return 1;
    pthread_join(thread, NULL);
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_detach(loop));
    if (pthread_create(&thread, NULL, taker, loop) != 0)
        return 1;
    pthread_join(thread, NULL);
    return 0;
}
