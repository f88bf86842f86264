/* SPDX-License-Identifier: MIT
 *
 * A cancelled request ends with LOOP_ECANCELED.
 */
#include "conformance.h"

CB(cancel) {
    (void)ev;
    must(loop_cancel(loop, *(int64_t *)user));
}

int main(void) {
    loop_t *loop = new_loop();
    int64_t id =
        must(loop_http_get(loop, from_environment("CONFORMANCE_STALL"), say_status, "request"));
    must(loop_set_timeout(loop, 10 * MS, cancel, &id));
    run_and_free(loop);
    return 0;
}
