/* SPDX-License-Identifier: MIT
 *
 * A polling watch finds by itself what is new, changed and gone, and tells only what was asked for.
 */
#include "watching.h"

static int64_t id;
static int step;

CB(change) {
    (void)user;
    say_change(ev);
    switch (step++) {
    case 0:
        create("a");
        break;
    case 1:
        append("a");
        break;
    case 2:
        done(chmod(at("a"), 0700) == 0, "change a mode");
        erase("a");
        break;
    case 3:
        must(loop_cancel(loop, id));
        break;
    }
}

int main(void) {
    loop_t *loop = new_loop();
    loop_watch_t watch = LOOP_WATCH_INIT;
    make_folder();
    watch.path = folder;
    watch.poll_ns = MS;
    watch.events = LOOP_WATCH_CREATED | LOOP_WATCH_MODIFIED | LOOP_WATCH_DELETED;
    id = must(loop_watch(loop, &watch, change, NULL));
    run_and_free(loop);
    done(rmdir(folder) == 0, "remove the folder");
    return 0;
}
