/* SPDX-License-Identifier: MIT
 *
 * Keys of 64 bytes from a password by PBKDF2-HMAC-SHA512, IN_FLIGHT at a time on 4 workers.
 */
#include <loop.h>

#include "../results.h"

enum { SALTS = 8, IN_FLIGHT = 8, ITERATIONS = 10000, KEY_LEN = 64 };

static bench_bytes_t keys[SALTS];
static int64_t begun, done, deadline;

static void on_key(loop_t *loop, const loop_event_t *ev, void *user);

static void derive(loop_t *loop) {
    unsigned char salt[16] = {0};
    salt[0] = (unsigned char)(begun++ % SALTS);
    bench_must(loop_pbkdf2(loop, LOOP_HASH_SHA512, "password", 8, salt, sizeof salt, ITERATIONS,
                           KEY_LEN, on_key, &keys[salt[0]]) > 0);
}

static void on_key(loop_t *loop, const loop_event_t *ev, void *user) {
    bench_must(ev->status == 0 && ev->len == KEY_LEN);
    bench_same(user, ev->data, ev->len);
    done++;
    if (bench_clock() < deadline)
        derive(loop);
}

static double derive_for(loop_t *loop, int64_t duration) {
    int64_t begin = bench_clock();
    done = 0;
    deadline = begin + duration;
    for (int i = 0; i < IN_FLIGHT; i++)
        derive(loop);
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0 && done >= IN_FLIGHT);
    return (double)done * 1e9 / (double)(bench_clock() - begin);
}

int main(int argc, char **argv) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.workers = 4;
    loop_t *loop = NULL;
    bench_must(loop_new(&options, &loop) == 0);
    derive_for(loop, 0); /* every salt once, and the threads start */
    double rate = derive_for(loop, bench_is_check(argc, argv) ? 0 : 2 * NS_PER_S);
    printf("{\"pbkdf2\": %.1f, \"result\": \"", rate);
    for (int i = 0; i < SALTS; i++)
        bench_print_hex(&keys[i]);
    printf("\", \"version\": \"libloop %s\"}\n", loop_version());
    return loop_free(loop) == 0 ? 0 : 1;
}
