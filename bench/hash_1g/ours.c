/* SPDX-License-Identifier: MIT
 *
 * ours FILE: SHA-256 of a file.
 */
#include <loop.h>

#include <sys/stat.h>

#include "../results.h"

static bench_bytes_t digest;
static int64_t end;

static void on_digest(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)user;
    bench_must(ev->status == 0 && ev->len == 32);
    end = bench_clock();
    bench_same(&digest, ev->data, ev->len);
}

int main(int argc, char **argv) {
    struct stat st;
    loop_t *loop = NULL;
    bench_must(argc > 1 && stat(argv[1], &st) == 0);
    bench_must(loop_new(NULL, &loop) == 0);
    int64_t begin = bench_clock();
    bench_must(loop_hash_file(loop, LOOP_HASH_SHA256, argv[1], on_digest, NULL) > 0);
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0 && end > 0);
    printf("{\"hash_1g\": %.1f, \"result\": \"",
           (double)st.st_size / 1e6 / ((double)(end - begin) / 1e9));
    bench_print_hex(&digest);
    printf("\", \"version\": \"libloop %s\"}\n", loop_version());
    return loop_free(loop) == 0 ? 0 : 1;
}
