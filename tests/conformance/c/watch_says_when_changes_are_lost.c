/* SPDX-License-Identifier: MIT
 *
 * Changes that come faster than anybody takes them are lost, which is told; what comes after that
 * is told again.
 */
#include "watching.h"

static int losses;

static const char *after(int loss) {
    static char name[16];
    snprintf(name, sizeof name, "after%d", loss);
    return name;
}

CB(change) {
    (void)user;
    if (ev->num == LOOP_WATCH_READY) {
        say_change(ev);
        create("a");
        for (int left = too_many(); left > 0; left -= 2) {
            move("a", "b");
            move("b", "a");
        }
        return;
    }
    if (ev->num == LOOP_WATCH_OVERFLOW) {
        if (losses == 0)
            say("changes were lost; %d folders", (int)ev->aux);
        create(after(losses++)); /* it may fall into the next loss */
    }
    if (losses > 0 && ev->num == LOOP_WATCH_CREATED) {
        say("created another");
        must(loop_cancel(loop, (int64_t)ev->id));
    }
    if (ev->status != 0)
        say_change(ev);
}

int main(void) {
    loop_t *loop = new_loop();
    make_folder();
    make("sub");
    must(loop_watch_path(loop, folder, LOOP_WATCH_RECURSIVE, change, NULL));
    run_and_free(loop);
    while (losses > 0)
        erase(after(--losses));
    erase("a");
    erase("sub");
    done(rmdir(folder) == 0, "remove the folder");
    return 0;
}
