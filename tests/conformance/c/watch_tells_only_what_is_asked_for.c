/* SPDX-License-Identifier: MIT
 *
 * A watch tells only what was asked for, in names that need not be text. Once it is unreferenced
 * the loop does not go on for its sake; it ends with the loop.
 */
#include "watching.h"

CB(change) {
    const char *path = NULL, *old = NULL;
    uint64_t len = 0, old_len = 0;
    (void)user;
    if (ev->status != 0 || ev->num == LOOP_WATCH_READY) {
        say_change(ev);
        if (ev->status != 0)
            return;
        create("a\xff");
        append("a\xff");
        move("a\xff", "b\xff");
        erase("b\xff");
        return;
    }
    must(loop_watch_paths(ev, &path, &len, &old, &old_len));
    if (ev->num == LOOP_WATCH_RENAMED)
        say("renamed %s -> %s", plain(old, old_len), plain(path, len));
    if (ev->num == LOOP_WATCH_DELETED) {
        say("deleted %s", plain(path, len));
        must(loop_unref(loop, (int64_t)ev->id));
    }
}

int main(void) {
    char longer[300];
    loop_t *loop = new_loop();
    loop_watch_t watch = LOOP_WATCH_INIT;
    make_folder();
    snprintf(longer, sizeof longer, "%s and more", folder);
    watch.path = longer;
    watch.path_len = (uint32_t)strlen(folder);
    watch.events = LOOP_WATCH_RENAMED | LOOP_WATCH_DELETED;
    must(loop_watch(loop, &watch, change, NULL));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    say("the run is over");
    must(loop_free(loop));
    done(rmdir(folder) == 0, "remove the folder");
    return 0;
}
