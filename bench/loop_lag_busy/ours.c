/* SPDX-License-Identifier: MIT
 *
 * ours FOLDER: how late an interval of 1 ms is while hashes, PBKDF2 and gzip are computed on 4
 * workers: two jobs of each kind are always under way, each started again from its callback.
 */
#include <loop.h>

#include "../results.h"
#define LAG_PERIOD NS_PER_MS
#include "../loop_lag/lag.h"

enum { KINDS = 3, OF_EACH_KIND = 2, ITERATIONS = 10000, KEY_LEN = 64, LEVEL = 6 };

typedef struct kind {
    void (*start)(loop_t *loop, struct kind *kind);
    bench_bytes_t first;
    int64_t done;
} kind_t;

static bench_bytes_t text;
static int64_t previous, deadline;

static void on_done(loop_t *loop, const loop_event_t *ev, void *user) {
    kind_t *kind = user;
    bench_must(ev->status == 0);
    bench_same(&kind->first, ev->data, ev->len);
    kind->done++;
    if (atomic_load(&lag_stop) == 0)
        kind->start(loop, kind);
}

static void hash(loop_t *loop, kind_t *kind) {
    loop_crypto_t request = LOOP_CRYPTO_INIT;
    request.flags = LOOP_CRYPTO_BORROW;
    request.what = LOOP_CRYPTO_HASH;
    request.alg = LOOP_HASH_SHA256;
    request.data = text.data;
    request.data_len = text.len;
    bench_must(loop_crypto(loop, &request, on_done, kind) > 0);
}

static void derive(loop_t *loop, kind_t *kind) {
    bench_must(loop_pbkdf2(loop, LOOP_HASH_SHA512, "password", 8, "salt", 4, ITERATIONS, KEY_LEN,
                           on_done, kind) > 0);
}

static void compress(loop_t *loop, kind_t *kind) {
    loop_zip_t request = LOOP_ZIP_INIT;
    request.flags = LOOP_ZIP_BORROW;
    request.what = LOOP_ZIP_COMPRESS;
    request.format = LOOP_ZIP_GZIP;
    request.level = LEVEL;
    request.data = text.data;
    request.len = text.len;
    bench_must(loop_zip(loop, &request, on_done, kind) > 0);
}

static void on_interval(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    lag_note(previous);
    previous = bench_clock();
    if (previous >= deadline) {
        atomic_store(&lag_stop, 1);
        bench_must(loop_clear(loop, (int64_t)ev->id) == 0);
    }
}

int main(int argc, char **argv) {
    kind_t kinds[KINDS] = {{.start = hash}, {.start = derive}, {.start = compress}};
    int64_t duration = bench_is_check(argc, argv) ? NS_PER_S / 20 : 2 * NS_PER_S;
    char path[4096];
    bench_must(argc > 1);
    snprintf(path, sizeof path, "%s/0", argv[1]);
    text = bench_read(path);
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.workers = 4;
    loop_t *loop = NULL;
    bench_must(loop_new(&options, &loop) == 0);

    for (int i = 0; i < KINDS * OF_EACH_KIND; i++)
        kinds[i % KINDS].start(loop, &kinds[i % KINDS]);
    previous = bench_clock();
    deadline = previous + duration;
    bench_must(loop_set_interval(loop, LAG_PERIOD, on_interval, NULL) > 0);
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0);
    for (int i = 0; i < KINDS; i++)
        bench_must(kinds[i].done >= OF_EACH_KIND);
    /* Of two libraries only these agree: a compressed text may look in many ways. */
    printf("{\"result\": \"");
    bench_print_hex(&kinds[0].first);
    bench_print_hex(&kinds[1].first);
    printf("\", \"hashes\": %" PRId64 ", \"keys\": %" PRId64 ", \"zips\": %" PRId64 ", ",
           kinds[0].done, kinds[1].done, kinds[2].done);
    lag_print_samples("libloop", loop_version());
    return loop_free(loop) == 0 ? 0 : 1;
}
