/* SPDX-License-Identifier: MIT
 *
 * A cancel and a deadline end a derivation that would take half an hour, and a hash without end.
 */
#include "crypto.h"

typedef struct work {
    const char *what;
    int told;
} work_t;

static int64_t id;

/* Says how it ended: once, also when it ends in two steps. */
CB(say_end) {
    work_t *work = user;
    (void)loop;
    if (work->told++ == 0)
        say("%s: %s", work->what, loop_err_name(ev->status));
}

CB(cancel_it) {
    UNUSED;
    must(loop_cancel(loop, id));
}

int main(void) {
    loop_t *loop = new_loop();
    work_t works[] = {{"cancelled", 0}, {"late", 0}, {"endless", 0}};
    id = must(
        loop_pbkdf2(loop, LOOP_HASH_SHA512, "p", 1, "s", 1, INT32_MAX, 64, say_end, &works[0]));
    must(loop_set_timeout(loop, 10 * MS, cancel_it, NULL));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_next_op(loop, 10 * MS, NULL));
    ASK(loop_pbkdf2(loop, LOOP_HASH_SHA512, "p", 1, "s", 1, INT32_MAX, 64, say_end, &works[1]));
    must(loop_next_op(loop, 10 * MS, NULL));
    ASK(loop_hash_file(loop, LOOP_HASH_SHA256, "/dev/zero", say_end, &works[2]));
    must(loop_free(loop));
    return 0;
}
