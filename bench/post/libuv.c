/* SPDX-License-Identifier: MIT */
#include <uv.h>

#include <stdatomic.h>

#include "../bench.h"

enum { MAX_THREADS = 16 };

static uv_async_t async;
static atomic_int stop;
static int64_t missing; /* callbacks still to come */

static void on_close(uv_handle_t *handle) {
    (void)handle;
}

static void on_async(uv_async_t *handle) {
    if (--missing == 0) {
        atomic_store(&stop, 1);
        uv_close((uv_handle_t *)handle, on_close);
    }
}

static void pummel(void *argument) {
    (void)argument;
    while (atomic_load_explicit(&stop, memory_order_relaxed) == 0) {
        uv_async_send(&async);
    }
}

int main(int argc, char **argv) {
    int64_t threads = bench_argument(argc, argv, 1, 1);
    int64_t callbacks = bench_is_check(argc, argv) ? 1000 : 1000000;
    bench_must(threads >= 1 && threads <= MAX_THREADS);
    uv_thread_t pummelers[MAX_THREADS];
    uv_loop_t loop;
    bench_must(uv_loop_init(&loop) == 0);
    bench_must(uv_async_init(&loop, &async, on_async) == 0);
    missing = callbacks;

    int64_t begin = bench_clock();
    for (int64_t i = 0; i < threads; i++) {
        bench_must(uv_thread_create(&pummelers[i], pummel, NULL) == 0);
    }
    bench_must(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    int64_t ended = bench_clock();

    for (int64_t i = 0; i < threads; i++) {
        uv_thread_join(&pummelers[i]);
    }
    bench_must(missing == 0);
    printf("{\"post_t%" PRId64 "\": %.0f, \"version\": \"libuv %s\"}\n", threads,
           (double)callbacks * (double)NS_PER_S / (double)(ended - begin), uv_version_string());
    return 0;
}
