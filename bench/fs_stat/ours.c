/* SPDX-License-Identifier: MIT */
#include <loop.h>

#include "../files.h"

static int64_t done, deadline;

static void on_stat(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    bench_must(ev->status == 0 && ((const loop_stat_t *)ev->data)->size == FILE_BYTES);
    done++;
    if (bench_clock() < deadline) {
        bench_must(loop_fs_stat(loop, bench_next_path(), on_stat, NULL) > 0);
    }
}

static double stat_for(loop_t *loop, int64_t in_flight, int64_t duration) {
    int64_t begin = bench_clock();
    done = 0;
    deadline = begin + duration;
    for (int64_t i = 0; i < in_flight; i++) {
        bench_must(loop_fs_stat(loop, bench_next_path(), on_stat, NULL) > 0);
    }
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0 && done >= in_flight);
    return (double)done * (double)NS_PER_S / (double)(bench_clock() - begin);
}

int main(int argc, char **argv) {
    int64_t in_flight = bench_argument(argc, argv, 1, 1);
    int64_t duration = bench_is_check(argc, argv) ? NS_PER_S / 100 : NS_PER_S;
    bench_make_files(argv[0]);
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.workers = 4;
    loop_t *loop = NULL;
    bench_must(loop_new(&options, &loop) == 0);
    stat_for(loop, 4, duration / 50); /* the threads start with the first jobs */

    int64_t cpu = bench_cpu();
    double rate = stat_for(loop, in_flight, duration);
    cpu = bench_cpu() - cpu;
    printf("{\"fs_stat_k%" PRId64
           "\": %.0f, \"cpu_ns_per_stat\": %.1f, \"version\": \"libloop %s\"}\n",
           in_flight, rate, (double)cpu / (double)done, loop_version());
    return loop_free(loop) == 0 ? 0 : 1;
}
