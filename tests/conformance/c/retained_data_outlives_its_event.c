/* SPDX-License-Identifier: MIT
 *
 * Data that was retained stays after the event, after the loop, and is given back once.
 */
#include "conformance.h"

static const void *kept;
static uint64_t kept_len;

static int32_t make(void *arg, loop_value_t *out) {
    (void)arg;
    return (int32_t)loop_value_set_string(out, "to be kept", -1);
}

CB(keep) {
    (void)user;
    kept = loop_retain(loop, ev);
    kept_len = ev->len;
}

int main(void) {
    loop_t *loop = new_loop();
    must(loop_work(loop, make, NULL, "make", keep, NULL));
    run_and_free(loop);
    say("%d bytes: %s", (int)kept_len, (const char *)kept);
    loop_release(kept);
    loop_release(NULL);
    return 0;
}
