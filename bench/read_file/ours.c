/* SPDX-License-Identifier: MIT */
#include <loop.h>

#include "../files.h"

static int64_t done, deadline;

static void on_read(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    bench_must(ev->status == 0 && ev->len == FILE_BYTES);
    done++;
    if (bench_clock() < deadline) {
        bench_must(loop_fs_read_file(loop, bench_next_path(), 0, on_read, NULL) > 0);
    }
}

static double read_for(loop_t *loop, int64_t in_flight, int64_t duration) {
    int64_t begin = bench_clock();
    done = 0;
    deadline = begin + duration;
    for (int64_t i = 0; i < in_flight; i++) {
        bench_must(loop_fs_read_file(loop, bench_next_path(), 0, on_read, NULL) > 0);
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
    read_for(loop, 4, duration / 50); /* the threads start with the first jobs */

    int64_t cpu = bench_cpu();
    double rate = read_for(loop, in_flight, duration);
    cpu = bench_cpu() - cpu;
    printf("{\"read_file_k%" PRId64
           "\": %.0f, \"cpu_ns_per_file\": %.1f, \"version\": \"libloop %s\"}\n",
           in_flight, rate, (double)cpu / (double)done, loop_version());
    return loop_free(loop) == 0 ? 0 : 1;
}
