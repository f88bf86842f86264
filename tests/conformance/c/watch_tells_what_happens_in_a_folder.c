/* SPDX-License-Identifier: MIT
 *
 * A watched folder tells what happens in it, in order, and nothing of what happens below.
 */
#include "watching.h"

static int64_t id;

CB(change) {
    (void)user;
    say_change(ev);
    if (ev->num == LOOP_WATCH_READY) {
        create("a");
        append("a");
        done(chmod(at("a"), 0700) == 0, "change a mode");
        move("a", "b");
        make("sub");
        create("sub/unseen");
        erase("b");
    } else if (ev->num == LOOP_WATCH_DELETED) {
        must(loop_cancel(loop, id));
    }
}

int main(void) {
    loop_t *loop = new_loop();
    make_folder();
    id = must(loop_watch_path(loop, folder, 0, change, NULL));
    run_and_free(loop);
    erase("sub/unseen");
    erase("sub");
    done(rmdir(folder) == 0, "remove the folder");
    return 0;
}
