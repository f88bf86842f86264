/* SPDX-License-Identifier: MIT */
#include <uv.h>

#include "../bench.h"

static int64_t done, deadline;

static void nothing(uv_work_t *work) {
    (void)work;
}

static void on_done(uv_work_t *work, int status) {
    bench_must(status == 0);
    done++;
    if (bench_clock() < deadline) {
        bench_must(uv_queue_work(work->loop, work, nothing, on_done) == 0);
    }
}

int main(int argc, char **argv) {
    int64_t in_flight = bench_argument(argc, argv, 1, 1);
    int64_t duration = bench_is_check(argc, argv) ? NS_PER_S / 100 : NS_PER_S;
    bench_must(setenv("UV_THREADPOOL_SIZE", "4", 1) == 0);
    uv_work_t *jobs = bench_alloc((size_t)(in_flight < 4 ? 4 : in_flight), sizeof *jobs);
    uv_loop_t loop;
    bench_must(uv_loop_init(&loop) == 0);
    for (int i = 0; i < 4; i++) {
        bench_must(uv_queue_work(&loop, &jobs[i], nothing, on_done) == 0);
    }
    bench_must(uv_run(&loop, UV_RUN_DEFAULT) == 0 && done == 4);
    done = 0;

    int64_t cpu = bench_cpu();
    int64_t begin = bench_clock();
    deadline = begin + duration;
    for (int64_t i = 0; i < in_flight; i++) {
        bench_must(uv_queue_work(&loop, &jobs[i], nothing, on_done) == 0);
    }
    bench_must(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    int64_t ended = bench_clock();
    cpu = bench_cpu() - cpu;

    bench_must(done >= in_flight);
    printf("{\"work_k%" PRId64 "\": %.0f, \"cpu_ns_per_job\": %.1f, \"version\": \"libuv %s\"}\n",
           in_flight, (double)done * (double)NS_PER_S / (double)(ended - begin),
           (double)cpu / (double)done, uv_version_string());
    return uv_loop_close(&loop) == 0 ? 0 : 1;
}
