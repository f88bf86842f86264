/* SPDX-License-Identifier: MIT
 *
 * ours PATH: from dlopen to the end of a run with one timer.
 */
#include <loop.h>

#include "load.h"

static int fired;

static void on_timer(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev, (void)user;
    fired = 1;
}

int main(int argc, char **argv) {
    bench_must(argc > 1);
    int64_t before = load_resident();
    int64_t begin = bench_clock();
    void *library = load_open(argv[1]);
    int64_t (*new_loop)(const loop_options_t *, loop_t **);
    int64_t (*set_timeout)(loop_t *, int64_t, loop_cb, void *);
    int64_t (*run)(loop_t *, uint32_t);
    const char *(*version)(void);
    load_function(library, "loop_new", &new_loop);
    load_function(library, "loop_set_timeout", &set_timeout);
    load_function(library, "loop_run", &run);
    load_function(library, "loop_version", &version);
    loop_t *loop = NULL;
    bench_must(new_loop(NULL, &loop) == 0);
    bench_must(set_timeout(loop, 0, on_timer, NULL) > 0);
    bench_must(run(loop, LOOP_RUN_DEFAULT) == 0 && fired);
    int64_t ended = bench_clock();
    load_print(begin, ended, before, "libloop", version());
    return 0;
}
