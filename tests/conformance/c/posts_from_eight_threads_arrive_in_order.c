/* SPDX-License-Identifier: MIT
 *
 * 8 threads post 100,000 values each: none is lost, those of one thread arrive in their order.
 */
#include "conformance.h"

#include <pthread.h>
#include <sched.h>

#define THREADS 8
#define POSTS 100000

static loop_t *the_loop;
static int next[THREADS], in_order = 1, total;

CB(arrive) {
    (void)loop;
    intptr_t thread = (intptr_t)user;
    if (ev->num != next[thread]++)
        in_order = 0;
    total++;
}

static void *poster(void *arg) {
    for (uint64_t i = 0; i < POSTS; i++) {
        int64_t rc;
        while ((rc = loop_post(the_loop, i, arrive, arg)) == LOOP_EFULL)
            sched_yield();
        must(rc);
    }
    must(loop_unhold(the_loop));
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    the_loop = new_loop();
    for (intptr_t i = 0; i < THREADS; i++) {
        must(loop_hold(the_loop));
        if (pthread_create(&threads[i], NULL, poster, (void *)i) != 0)
            return 1;
    }
    must(loop_run(the_loop, LOOP_RUN_DEFAULT));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    must(loop_free(the_loop));
    say("%d posts, %s", total, in_order ? "in order" : "out of order");
    return 0;
}
