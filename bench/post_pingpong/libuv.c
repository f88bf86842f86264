/* SPDX-License-Identifier: MIT */
#include <uv.h>

#include "../bench.h"

static uv_loop_t here, there;
static uv_async_t to_here, to_there;
static int64_t roundtrips, deadline;
static int stop; /* written before the last send to there, read in its callback */

static void on_ping(uv_async_t *handle) {
    if (stop) {
        uv_close((uv_handle_t *)handle, NULL);
    } else {
        uv_async_send(&to_here);
    }
}

static void on_pong(uv_async_t *handle) {
    roundtrips++;
    if (bench_clock() >= deadline) {
        stop = 1;
        uv_close((uv_handle_t *)handle, NULL);
    }
    uv_async_send(&to_there);
}

static void run_there(void *argument) {
    (void)argument;
    bench_must(uv_run(&there, UV_RUN_DEFAULT) == 0);
    bench_must(uv_loop_close(&there) == 0);
}

int main(int argc, char **argv) {
    int64_t duration = bench_is_check(argc, argv) ? NS_PER_S / 100 : NS_PER_S;
    bench_must(uv_loop_init(&here) == 0 && uv_loop_init(&there) == 0);
    bench_must(uv_async_init(&here, &to_here, on_pong) == 0);
    bench_must(uv_async_init(&there, &to_there, on_ping) == 0);
    uv_thread_t thread;
    bench_must(uv_thread_create(&thread, run_there, NULL) == 0);

    int64_t begin = bench_clock();
    deadline = begin + duration;
    bench_must(uv_async_send(&to_there) == 0);
    bench_must(uv_run(&here, UV_RUN_DEFAULT) == 0);
    int64_t ended = bench_clock();

    uv_thread_join(&thread);
    printf("{\"post_pingpong\": %.1f, \"cpu_us_per_roundtrip\": %.3f, \"version\": \"libuv %s\"}\n",
           (double)roundtrips * (double)NS_PER_S / (double)(ended - begin),
           (double)bench_cpu() / 1000 / (double)roundtrips, uv_version_string());
    return uv_loop_close(&here) == 0 ? 0 : 1;
}
