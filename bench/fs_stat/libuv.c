/* SPDX-License-Identifier: MIT */
#include <uv.h>

#include "../files.h"

static int64_t done, deadline;

static void on_stat(uv_fs_t *request) {
    bench_must(request->result == 0 && request->statbuf.st_size == FILE_BYTES);
    uv_fs_req_cleanup(request);
    done++;
    if (bench_clock() < deadline) {
        bench_must(uv_fs_stat(request->loop, request, bench_next_path(), on_stat) == 0);
    }
}

static double stat_for(uv_loop_t *loop, uv_fs_t *requests, int64_t in_flight, int64_t duration) {
    int64_t begin = bench_clock();
    done = 0;
    deadline = begin + duration;
    for (int64_t i = 0; i < in_flight; i++) {
        bench_must(uv_fs_stat(loop, &requests[i], bench_next_path(), on_stat) == 0);
    }
    bench_must(uv_run(loop, UV_RUN_DEFAULT) == 0 && done >= in_flight);
    return (double)done * (double)NS_PER_S / (double)(bench_clock() - begin);
}

int main(int argc, char **argv) {
    int64_t in_flight = bench_argument(argc, argv, 1, 1);
    int64_t duration = bench_is_check(argc, argv) ? NS_PER_S / 100 : NS_PER_S;
    bench_must(setenv("UV_THREADPOOL_SIZE", "4", 1) == 0);
    bench_make_files(argv[0]);
    uv_fs_t *requests = bench_alloc((size_t)(in_flight < 4 ? 4 : in_flight), sizeof *requests);
    uv_loop_t loop;
    bench_must(uv_loop_init(&loop) == 0);
    stat_for(&loop, requests, 4, duration / 50);

    int64_t cpu = bench_cpu();
    double rate = stat_for(&loop, requests, in_flight, duration);
    cpu = bench_cpu() - cpu;
    printf("{\"fs_stat_k%" PRId64
           "\": %.0f, \"cpu_ns_per_stat\": %.1f, \"version\": \"libuv %s\"}\n",
           in_flight, rate, (double)cpu / (double)done, uv_version_string());
    free(requests);
    return uv_loop_close(&loop) == 0 ? 0 : 1;
}
