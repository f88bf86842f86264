/* SPDX-License-Identifier: MIT
 *
 * A compression that takes long is ended by a cancel and by a deadline; one that was cancelled at
 * once does not begin; and the loop goes on.
 */
#include "zip.h"

enum { SIZE = 1 << 20 };

typedef struct job {
    const char *name;
    int64_t id;
    int said;
} job_t;

/* Says how it went, once: a final event may follow the outcome. */
CB(say_once) {
    job_t *job = user;
    (void)loop;
    if (!job->said)
        say("%s: %s", job->name, loop_err_name(ev->status));
    job->said = 1;
}

static void start(loop_t *loop, job_t *job, int32_t level, const unsigned char *data) {
    loop_zip_t request = LOOP_ZIP_INIT;
    request.flags = LOOP_ZIP_BORROW;
    request.what = LOOP_ZIP_COMPRESS;
    request.format = LOOP_ZIP_BROTLI;
    request.level = level;
    request.data = data;
    request.len = SIZE;
    job->id = must(loop_zip(loop, &request, say_once, job));
}

CB(cancel) {
    UNUSED;
    must(loop_cancel(loop, ((job_t *)user)->id));
}

int main(void) {
    job_t waiting = {"waiting", 0, 0}, running = {"running", 0, 0}, late = {"late", 0, 0},
          good = {"good", 0, 0};
    loop_t *loop = new_loop();
    unsigned char *data = malloc(SIZE);
    uint32_t x = 1;
    for (int i = 0; i < SIZE; i++) {
        x = x * 1664525 + 1013904223;
        data[i] = (unsigned char)(x >> 24);
    }
    start(loop, &waiting, 11, data);
    must(loop_cancel(loop, waiting.id));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    start(loop, &running, 11, data);
    must(loop_set_immediate(loop, cancel, &running));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_next_op(loop, MS, NULL));
    start(loop, &late, 11, data);
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    start(loop, &good, 1, data);
    run_and_free(loop);
    free(data);
    return 0;
}
