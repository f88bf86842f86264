/* SPDX-License-Identifier: MIT */
#include <loop.h>

#include "../bench.h"

static int64_t done, deadline;

static int32_t nothing(void *argument, loop_value_t *out) {
    (void)argument, (void)out;
    return 0;
}

static void on_done(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    bench_must(ev->status == 0);
    done++;
    if (bench_clock() < deadline) {
        bench_must(loop_work(loop, nothing, NULL, "Nothing", on_done, NULL) > 0);
    }
}

int main(int argc, char **argv) {
    int64_t in_flight = bench_argument(argc, argv, 1, 1);
    int64_t duration = bench_is_check(argc, argv) ? NS_PER_S / 100 : NS_PER_S;
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.workers = 4;
    loop_t *loop = NULL;
    bench_must(loop_new(&options, &loop) == 0);
    /* The threads start with the first jobs. */
    for (int i = 0; i < 4; i++) {
        bench_must(loop_work(loop, nothing, NULL, "Nothing", on_done, NULL) > 0);
    }
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0 && done == 4);
    done = 0;

    int64_t cpu = bench_cpu();
    int64_t begin = bench_clock();
    deadline = begin + duration;
    for (int64_t i = 0; i < in_flight; i++) {
        bench_must(loop_work(loop, nothing, NULL, "Nothing", on_done, NULL) > 0);
    }
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0);
    int64_t ended = bench_clock();
    cpu = bench_cpu() - cpu;

    bench_must(done >= in_flight);
    printf("{\"work_k%" PRId64 "\": %.0f, \"cpu_ns_per_job\": %.1f, \"version\": \"libloop %s\"}\n",
           in_flight, (double)done * (double)NS_PER_S / (double)(ended - begin),
           (double)cpu / (double)done, loop_version());
    return loop_free(loop) == 0 ? 0 : 1;
}
