/* SPDX-License-Identifier: MIT
 *
 * A watched file that another one replaces is modified, and watched further; one that is removed
 * ends its watch.
 */
#include "watching.h"

static int step;

CB(change) {
    UNUSED;
    say_change(ev);
    switch (step++) {
    case 0:
        create("new");
        move("new", "file");
        break;
    case 1:
        append("file");
        break;
    case 2:
        erase("file");
        break;
    }
}

int main(void) {
    loop_t *loop = new_loop();
    make_folder();
    create("file");
    must(loop_watch_path(loop, at("file"), 0, change, NULL));
    run_and_free(loop);
    done(rmdir(folder) == 0, "remove the folder");
    return 0;
}
