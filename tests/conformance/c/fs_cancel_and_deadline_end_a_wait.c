/* SPDX-License-Identifier: MIT
 *
 * A FIFO that nobody writes to is waited for. Cancelled, or too late, the operation says so at once,
 * with what it was about, and ends when it has let go.
 */
#include "files.h"

typedef struct waiting {
    const char *name;
    int64_t id;
    int told;
} waiting_t;

/* Says the outcome once: one that never began, on a slow machine, ends with it. */
CB(say_end) {
    waiting_t *op = user;
    if (!op->told)
        say("%s: %s, %.*s", op->name, loop_err_name(ev->status), (int)ev->len,
            (const char *)ev->data);
    op->told = 1;
    if ((ev->flags & LOOP_EV_OUTCOME) != 0)
        return;
    say("%s: over", op->name);
    must(loop_unhold(loop));
}

CB(cancel) {
    (void)ev;
    must(loop_cancel(loop, ((waiting_t *)user)->id));
}

int main(void) {
    waiting_t cancelled = {"cancelled", 0, 0}, late = {"too late", 0, 0};
    loop_t *loop = begin();
    if (mkfifo("fifo", 0600) != 0)
        return 1;
    must(loop_hold(loop));
    cancelled.id = must(loop_fs_read_file(loop, "fifo", 0, say_end, &cancelled));
    must(loop_set_timeout(loop, 20 * MS, cancel, &cancelled));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_hold(loop));
    must(loop_next_op(loop, 20 * MS, NULL));
    must(loop_fs_open(loop, "fifo", LOOP_O_WRONLY, 0, say_end, &late));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    DO(loop_fs_write_file(loop, "file", "goes on", 7, 0, 0, say_value, "write"));
    end(loop);
    return 0;
}
