/* SPDX-License-Identifier: MIT
 *
 * A watched tree covers folders to come, and tells what was in them before it could look.
 */
#include "watching.h"

static int64_t id;
static int step;

CB(change) {
    (void)user;
    say_change(ev);
    switch (step++) {
    case 0:
        make("new");
        break;
    case 1:
        make("new/er");
        break;
    case 2:
        create("new/er/f");
        break;
    case 3:
        move("new", "old/new");
        break;
    case 4:
        append("old/new/er/f");
        break;
    case 5:
        must(loop_cancel(loop, id));
        break;
    }
}

int main(void) {
    loop_t *loop = new_loop();
    make_folder();
    make("old");
    id = must(loop_watch_path(loop, folder, LOOP_WATCH_RECURSIVE, change, NULL));
    run_and_free(loop);
    erase("old/new/er/f");
    erase("old/new/er");
    erase("old/new");
    erase("old");
    done(rmdir(folder) == 0, "remove the folder");
    return 0;
}
