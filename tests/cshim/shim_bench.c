/* SPDX-License-Identifier: MIT
 *
 * What the C half itself costs, without Go: the fake engine takes ops and forgets them. Prints ns
 * for each call; `tests/cshim/run.sh bench` builds and runs it.
 */
// sources: libloop/cshim/*.c tests/cshim/fake_*.c

#include "shim_fixture.h"

#define N 1000000

CB(nothing) {
    UNUSED;
}

static uint64_t left;

CB(chain_tick) {
    (void)ev;
    if (--left > 0)
        loop_next_tick(loop, chain_tick, user);
}

CB(chain_immediate) {
    (void)ev;
    if (--left > 0)
        loop_set_immediate(loop, chain_immediate, user);
}

static void report(const char *what, int64_t start, int64_t n) {
    printf("%-44s %6.1f ns\n", what, (double)(clock_ns() - start) / (double)n);
}

/* Forgets timers that the deaf engine never took. */
static void forget_ids(loop_t *loop) {
    loop__ops_taken(loop);
    loop__ids_free(&loop->ids);
}

int main(void) {
    loop_t *loop = new_loop();
    for (int round = 0; round < 2; round++) {
        printf(round == 0 ? "cold\n" : "warm\n");
        fake_deaf = 1;
        int64_t start = clock_ns();
        for (int i = 0; i < N; i++)
            loop_set_timeout(loop, i, nothing, NULL);
        report("loop_set_timeout", start, N);
        forget_ids(loop);
        start = clock_ns();
        for (int i = 0; i < N; i++)
            loop_set_timer_at(loop, i, nothing, NULL);
        report("loop_set_timer_at (no clock)", start, N);
        forget_ids(loop);
        fake_deaf = 0;
        start = clock_ns();
        for (int i = 0; i < N; i++)
            loop_set_immediate(loop, nothing, NULL);
        report("loop_set_immediate", start, N);
        start = clock_ns();
        loop_run(loop, LOOP_RUN_DEFAULT);
        report("  to run one", start, N);
        start = clock_ns();
        for (int i = 0; i < N; i++)
            loop_next_tick(loop, nothing, NULL);
        report("loop_next_tick", start, N);
        start = clock_ns();
        loop_run(loop, LOOP_RUN_DEFAULT);
        report("  to run one", start, N);
        start = clock_ns();
        left = 10 * N;
        loop_next_tick(loop, chain_tick, NULL);
        loop_run(loop, LOOP_RUN_DEFAULT);
        report("a chained tick, queued and run", start, 10 * N);
        start = clock_ns();
        left = N;
        loop_set_immediate(loop, chain_immediate, NULL);
        loop_run(loop, LOOP_RUN_DEFAULT);
        report("a chained immediate, with a step each", start, N);
        start = clock_ns();
        for (int i = 0; i < N; i++)
            loop_post(loop, 1, nothing, NULL);
        report("loop_post", start, N);
        start = clock_ns();
        loop_run(loop, LOOP_RUN_DEFAULT);
        report("  to deliver one", start, N);
    }
    loop_free(loop);
    return 0;
}
