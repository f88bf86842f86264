/* SPDX-License-Identifier: MIT
 *
 * ours FOLDER: gzip and gunzip of the texts of a folder in one shot, IN_FLIGHT at a time on 4
 * workers.
 */
#include <loop.h>

#include <unistd.h>

#include "../results.h"

enum { MAX_TEXTS = 64, IN_FLIGHT = 8, LEVEL = 6 };

typedef struct text {
    bench_bytes_t plain, zipped; /* as the files are */
    bench_bytes_t first;         /* as we compressed it */
} text_t;

static text_t texts[MAX_TEXTS];
static int count;
static uint32_t what;
static int64_t begun, plain_bytes, deadline;

static void on_done(loop_t *loop, const loop_event_t *ev, void *user);

static void begin_one(loop_t *loop) {
    loop_zip_t request = LOOP_ZIP_INIT;
    text_t *text = &texts[begun++ % count];
    const bench_bytes_t *input = what == LOOP_ZIP_COMPRESS ? &text->plain : &text->zipped;
    request.flags = LOOP_ZIP_BORROW;
    request.what = what;
    request.format = LOOP_ZIP_GZIP;
    request.level = what == LOOP_ZIP_COMPRESS ? LEVEL : 0;
    request.data = input->data;
    request.len = input->len;
    bench_must(loop_zip(loop, &request, on_done, text) > 0);
}

static void on_done(loop_t *loop, const loop_event_t *ev, void *user) {
    text_t *text = user;
    bench_must(ev->status == 0);
    bench_same(what == LOOP_ZIP_COMPRESS ? &text->first : &text->plain, ev->data, ev->len);
    plain_bytes += (int64_t)text->plain.len;
    if (bench_clock() < deadline)
        begin_one(loop);
}

/* MB of plain text in a second; every text at least once. */
static double go_on_for(loop_t *loop, uint32_t a_what, int64_t duration) {
    int64_t begin = bench_clock();
    what = a_what;
    begun = plain_bytes = 0;
    deadline = begin + duration;
    for (int i = 0; i < IN_FLIGHT || i < count; i++)
        begin_one(loop);
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0 && plain_bytes > 0);
    return (double)plain_bytes * 1e3 / (double)(bench_clock() - begin);
}

static void on_plain(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    bench_must(ev->status == 0);
    bench_same(&((text_t *)user)->plain, ev->data, ev->len);
}

int main(int argc, char **argv) {
    int64_t duration = bench_is_check(argc, argv) ? 0 : NS_PER_S;
    char path[4096];
    double in = 0, out = 0;
    bench_must(argc > 1);
    for (; count < MAX_TEXTS; count++) {
        snprintf(path, sizeof path, "%s/%d", argv[1], count);
        if (access(path, R_OK) != 0)
            break;
        texts[count].plain = bench_read(path);
        snprintf(path, sizeof path, "%s/%d.gz", argv[1], count);
        texts[count].zipped = bench_read(path);
    }
    bench_must(count > 0);
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.workers = 4;
    loop_t *loop = NULL;
    bench_must(loop_new(&options, &loop) == 0);
    go_on_for(loop, LOOP_ZIP_COMPRESS, 0);
    double gzip = go_on_for(loop, LOOP_ZIP_COMPRESS, duration);
    for (int i = 0; i < count; i++) { /* what we made is what it was made of */
        bench_must(loop_decompress(loop, LOOP_ZIP_GZIP, 0, texts[i].first.data, texts[i].first.len,
                                   on_plain, &texts[i]) > 0);
        in += (double)texts[i].plain.len;
        out += (double)texts[i].first.len;
    }
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0);
    go_on_for(loop, LOOP_ZIP_DECOMPRESS, 0);
    double gunzip = go_on_for(loop, LOOP_ZIP_DECOMPRESS, duration);
    printf("{\"gzip\": %.2f, \"gunzip\": %.2f, \"size_out\": %.4f, \"version\": \"libloop %s\"}\n",
           gzip, gunzip, out / in, loop_version());
    return loop_free(loop) == 0 ? 0 : 1;
}
