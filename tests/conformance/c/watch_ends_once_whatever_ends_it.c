/* SPDX-License-Identifier: MIT
 *
 * A missing path, the removal of the folder, a deadline and the end of the loop each end a watch
 * with one error; a cleared one says nothing more.
 */
#include "watching.h"

CB(ended) {
    (void)loop;
    if ((ev->flags & LOOP_EV_MORE) == 0)
        say("%s: %s", (const char *)user, loop_err_name(ev->status));
}

CB(remove_it) {
    ended(loop, ev, user);
    if (ev->num == LOOP_WATCH_READY)
        erase("sub");
}

CB(clear_it) {
    ended(loop, ev, user);
    if (ev->num == LOOP_WATCH_READY)
        must(loop_clear(loop, (int64_t)ev->id));
}

CB(stop) {
    ended(loop, ev, user);
    must(loop_stop(loop));
}

int main(void) {
    loop_t *loop = new_loop();
    make_folder();
    make("sub");
    must(loop_watch_path(loop, at("missing"), 0, ended, "missing"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_watch_path(loop, at("sub"), LOOP_WATCH_RECURSIVE, remove_it, "removed"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_next_op(loop, MS, NULL));
    must(loop_watch_path(loop, folder, 0, ended, "too late"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_watch_path(loop, folder, 0, clear_it, "cleared"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_watch_path(loop, folder, 0, stop, "closed"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_free(loop));
    done(rmdir(folder) == 0, "remove the folder");
    return 0;
}
