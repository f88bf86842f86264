/* SPDX-License-Identifier: MIT
 *
 * A FIFO that nobody writes to is waited for. Cancelled, or too late, the operation says so at once,
 * with what it was about, and ends when it has let go.
 */
#include "files.h"

static int64_t id;

CB(say_end) {
    (void)loop;
    if ((ev->flags & LOOP_EV_OUTCOME) != 0)
        say("%s: %s, %.*s", (const char *)user, loop_err_name(ev->status), (int)ev->len,
            (const char *)ev->data);
    else
        say("%s: over", (const char *)user);
}

CB(cancel) {
    (void)ev, (void)user;
    must(loop_cancel(loop, id));
}

int main(void) {
    loop_t *loop = begin();
    if (mkfifo("fifo", 0600) != 0)
        return 1;
    must(loop_hold(loop));
    id = must(loop_fs_read_file(loop, "fifo", 0, say_end, "cancelled"));
    must(loop_set_timeout(loop, 20 * MS, cancel, NULL));
    must(loop_run_for(loop, LOOP_RUN_DEFAULT, 300 * MS));
    must(loop_next_op(loop, 20 * MS, NULL));
    must(loop_fs_open(loop, "fifo", LOOP_O_WRONLY, 0, say_end, "too late"));
    must(loop_run_for(loop, LOOP_RUN_DEFAULT, 300 * MS));
    must(loop_unhold(loop));
    DO(loop_fs_write_file(loop, "file", "goes on", 7, 0, 0, say_value, "write"));
    end(loop);
    return 0;
}
