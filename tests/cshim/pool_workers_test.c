/* SPDX-License-Identifier: MIT
 *
 * The pool's workers: how many there are, when they come and go, what kind of threads they are. No
 * loop, no Go.
 */
// sources: libloop/cshim/pool.c libloop/cshim/pool_worker.c libloop/cshim/pool_tend.c

#include "pool_fixture.h"

/* ---- Tests: number of workers --------------------------------------------------------------- */

static void set_workers_rejects_what_is_out_of_range(void) {
    loop__pool_t *pool = pool_of(1, -1);
    CHECK_INT(loop__pool_set_workers(pool, LOOP_LANES, 1), LOOP_EINVAL);
    CHECK_INT(loop__pool_set_workers(pool, LOOP_LANE_HOST, 0), LOOP_EINVAL);
    CHECK_INT(loop__pool_set_workers(pool, LOOP_LANE_HOST, 1025), LOOP_EINVAL);
    CHECK_INT(loop__pool_set_workers(pool, LOOP_LANE_HOST, 1024), 0);
    end(pool);
}

static void more_workers_take_the_jobs_that_wait(void) {
    gate_t gate;
    gate_init(&gate);
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(4, pass_gate);
    for (int i = 0; i < 4; i++)
        jobs[i].arg = &gate;
    push(pool, jobs, 4);
    await_begun(&gate, 1);
    CHECK_INT(loop__pool_set_workers(pool, LOOP_LANE_HOST, 3), 0);
    await_begun(&gate, 2);
    CHECK_INT(gate.most, 3);
    open_gate(&gate, 4);
    collect(pool, 4, NULL);
    CHECK_INT(gate.most, 3);
    end(pool);
    free(jobs);
}

static void surplus_workers_leave_idle_ones_at_once_others_after_their_job(void) {
    gate_t gate;
    gate_init(&gate);
    loop__pool_t *pool = pool_of(4, -1);
    loop__job_t *jobs = make_jobs(8, pass_gate);
    for (int i = 0; i < 8; i++)
        jobs[i].arg = &gate;
    push(pool, jobs, 2);
    await_begun(&gate, 2);
    CHECK_INT(loop__pool_set_workers(pool, LOOP_LANE_HOST, 1), 0);
    await_closed(2);
    CHECK_INT(gate.running, 2);
    open_gate(&gate, 2);
    collect(pool, 2, NULL);
    await_closed(3);
    gate.most = 0;
    push(pool, jobs + 2, 6);
    open_gate(&gate, 6);
    collect(pool, 6, NULL);
    CHECK_INT(gate.most, 1);
    end(pool);
    CHECK_INT(record.closed, 4);
    free(jobs);
}

static void idle_workers_leave_and_come_back_with_jobs(void) {
    gate_t gate;
    gate_init(&gate);
    loop__pool_t *pool = pool_of(3, MS);
    loop__job_t *jobs = make_jobs(3, pass_gate);
    for (int i = 0; i < 3; i++)
        jobs[i].arg = &gate;
    for (int round = 1; round <= 3; round++) {
        push(pool, jobs, 3);
        await_begun(&gate, 3); /* three at once: all are there */
        open_gate(&gate, 3);
        collect(pool, 3, NULL);
        await_closed(3 * round);
        CHECK(sinks_to(count_workers, 0));
    }
    end(pool);
    CHECK_INT(record.closed, 9);
    for (int i = 0; i < record.n; i++) /* numbers are used again */
        CHECK(record.names[i][4] >= '0' && record.names[i][4] <= '2');
    free(jobs);
}

static void nothing_is_lost_while_workers_come_and_go(void) {
    enum { N = 30000 };
    loop__pool_t *pool = pool_of(4, 1000);
    loop__job_t *jobs = make_jobs(N, note);
    uint32_t random = 12345;
    int pushed = 0, back = 0;
    shared.trace_on = 0;
    while (pushed < N) {
        random = random * 1664525u + 1013904223u;
        int n = (int)(random >> 24) % 40 + 1;
        n = n < N - pushed ? n : N - pushed;
        push(pool, jobs + pushed, n);
        pushed += n;
        if ((random >> 16) % 4 == 0)
            CHECK_INT(loop__pool_set_workers(pool, LOOP_LANE_HOST, (random >> 10) % 6 + 1), 0);
        if ((random >> 8) % 4 != 0) {
            collect(pool, pushed - back, NULL);
            back = pushed;
        }
    }
    if (pushed > back)
        collect(pool, pushed - back, NULL);
    CHECK_INT(ran_n, N);
    CHECK_INT(shared.queued[LOOP_LANE_HOST], 0);
    end(pool);
    free(jobs);
}

/* ---- Tests: threads of their own ------------------------------------------------------------ */

static void without_any_thread_jobs_end_with_the_error(void) {
    static loop__job_t *got[3];
    loop__pool_t *pool = pool_of(4, -1);
    loop__job_t *jobs = make_jobs(3, note);
    creations_left = 0;
    push(pool, jobs, 3);
    collect(pool, 3, got);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(got[i]->id, i + 1);
        CHECK_INT(got[i]->state, LOOP__JOB_FINISHED);
        CHECK_INT(got[i]->started_ns, 0);
        CHECK_INT(got[i]->status, LOOP_EAGAIN);
        CHECK_INT(got[i]->out.kind, LOOP_KIND_ERROR);
        CHECK_INT(got[i]->out.os_errno, EAGAIN);
    }
    CHECK_INT(ran_n, 0);
    CHECK_INT(shared.queued[LOOP_LANE_HOST], 0);
    creations_left = 1 << 30;
    push(pool, jobs, 3);
    collect(pool, 3, NULL);
    CHECK_INT(ran_n, 3);
    end(pool);
    free(jobs);
}

static void with_fewer_threads_the_jobs_still_run(void) {
    gate_t gate;
    gate_init(&gate);
    loop__pool_t *pool = pool_of(4, -1);
    loop__job_t *jobs = make_jobs(6, pass_gate);
    for (int i = 0; i < 6; i++)
        jobs[i].arg = &gate;
    creations_left = 2;
    push(pool, jobs, 4);
    await_begun(&gate, 2);
    open_gate(&gate, 4);
    collect(pool, 4, NULL);
    CHECK_INT(gate.most, 2);
    creations_left = 1 << 30;
    push(pool, jobs, 6); /* two workers are idle, the missing ones come now */
    await_begun(&gate, 2 + 4);
    open_gate(&gate, 6);
    collect(pool, 6, NULL);
    CHECK_INT(gate.most, 4);
    end(pool);
    free(jobs);
}

static int32_t tell_mask(void *arg, loop_value_t *out) {
    sigset_t mask;
    (void)arg;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    out->num = sigismember(&mask, SIGINT) && sigismember(&mask, SIGCHLD) &&
               sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGSEGV);
    return 0;
}

static void workers_block_signals_and_the_loop_thread_keeps_its_mask(void) {
    sigset_t before, after;
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(1, tell_mask);
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    push(pool, jobs, 1);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    collect(pool, 1, NULL);
    CHECK_INT(jobs[0].out.num, 1);
    for (int sig = 1; sig < 32; sig++)
        CHECK_INT(sigismember(&after, sig), sigismember(&before, sig));
    end(pool);
    free(jobs);
}

static int own_nice(void) {
    errno = 0;
    return getpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid));
}

static int32_t compute_until_nicer(void *arg, loop_value_t *out) {
    int before = own_nice();
    int64_t until = clock_ns() + 20 * SECOND;
    (void)arg;
    while (own_nice() == before && clock_ns() < until) {
    }
    out->num = own_nice() - before;
    return 0;
}

static void a_worker_that_computes_for_long_gets_nicer(void) {
    if (own_nice() >= 10)
        SKIP("runs at a low priority already");
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(1, compute_until_nicer);
    push(pool, jobs, 1);
    loop__job_t *back = NULL;
    while (back == NULL) {
        __atomic_add_fetch(&clock_ahead_ns, MS, __ATOMIC_RELAXED);
        back = loop__pool_take_finished(pool);
    }
    CHECK_INT(jobs[0].out.num + own_nice(), 10);
    end(pool);
    free(jobs);
}

static int32_t wait_and_tell_nice(void *arg, loop_value_t *out) {
    int before = own_nice();
    pass_gate(arg, out);
    out->num = own_nice() - before;
    return 0;
}

static void a_worker_that_waits_for_long_does_not(void) {
    gate_t gate;
    gate_init(&gate);
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(1, wait_and_tell_nice);
    jobs[0].arg = &gate;
    push(pool, jobs, 1);
    await_begun(&gate, 1);
    for (int i = 0; i < 100; i++) {
        __atomic_add_fetch(&clock_ahead_ns, 10 * MS, __ATOMIC_RELAXED);
        CHECK(loop__pool_take_finished(pool) == NULL);
    }
    open_gate(&gate, 1);
    collect(pool, 1, NULL);
    CHECK_INT(jobs[0].out.num, 0);
    end(pool);
    free(jobs);
}

TEST_MAIN((void)0, T(set_workers_rejects_what_is_out_of_range),
          T(more_workers_take_the_jobs_that_wait),
          T(surplus_workers_leave_idle_ones_at_once_others_after_their_job),
          T(idle_workers_leave_and_come_back_with_jobs),
          T(nothing_is_lost_while_workers_come_and_go),
          T(without_any_thread_jobs_end_with_the_error), T(with_fewer_threads_the_jobs_still_run),
          T(workers_block_signals_and_the_loop_thread_keeps_its_mask),
          T(a_worker_that_computes_for_long_gets_nicer), T(a_worker_that_waits_for_long_does_not))
