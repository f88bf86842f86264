/* SPDX-License-Identifier: MIT
 *
 * libuv PATH: from dlopen to the end of a run with one timer.
 */
#include <uv.h>

#include "load.h"

static int fired;

static void on_timer(uv_timer_t *timer) {
    (void)timer;
    fired = 1;
}

int main(int argc, char **argv) {
    bench_must(argc > 1);
    int64_t before = load_resident();
    int64_t begin = bench_clock();
    void *library = load_open(argv[1]);
    int (*loop_init)(uv_loop_t *);
    int (*timer_init)(uv_loop_t *, uv_timer_t *);
    int (*timer_start)(uv_timer_t *, uv_timer_cb, uint64_t, uint64_t);
    int (*run)(uv_loop_t *, uv_run_mode);
    const char *(*version)(void);
    load_function(library, "uv_loop_init", &loop_init);
    load_function(library, "uv_timer_init", &timer_init);
    load_function(library, "uv_timer_start", &timer_start);
    load_function(library, "uv_run", &run);
    load_function(library, "uv_version_string", &version);
    uv_loop_t loop;
    uv_timer_t timer;
    bench_must(loop_init(&loop) == 0 && timer_init(&loop, &timer) == 0);
    bench_must(timer_start(&timer, on_timer, 0, 0) == 0);
    bench_must(run(&loop, UV_RUN_DEFAULT) == 0 && fired);
    int64_t ended = bench_clock();
    load_print(begin, ended, before, "libuv", version());
    return 0;
}
