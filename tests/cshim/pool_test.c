/* SPDX-License-Identifier: MIT
 *
 * The pool's jobs: order, cancelling, waking the loop, the end. No loop, no Go.
 */
// sources: libloop/cshim/pool.c libloop/cshim/pool_worker.c libloop/cshim/pool_tend.c

#include "pool_fixture.h"

#include <sched.h>

/* ---- Tests: order and parallelism ----------------------------------------------------------- */

static void jobs_start_and_come_back_in_fifo_order_with_one_worker(void) {
    enum { N = 3000 };
    static loop__job_t *got[N];
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(N, note);
    for (int i = 0; i < N; i += 750)
        push(pool, jobs + i, 750);
    collect(pool, N, got);
    for (int i = 0; i < N; i++) {
        if (!CHECK_INT(ran[i], i) || !CHECK_INT(got[i]->id, i + 1) ||
            !CHECK_INT(got[i]->out.num, i) || !CHECK_INT(got[i]->state, LOOP__JOB_FINISHED))
            break;
    }
    CHECK_INT(shared.queued[LOOP_LANE_HOST], 0);
    end(pool);
    free(jobs);
}

static void as_many_jobs_run_at_once_as_there_are_workers(void) {
    gate_t gate;
    gate_init(&gate);
    loop__pool_t *pool = pool_of(4, -1);
    loop__job_t *jobs = make_jobs(12, pass_gate);
    for (int i = 0; i < 12; i++)
        jobs[i].arg = &gate;
    push(pool, jobs, 12);
    await_begun(&gate, 4);
    CHECK_INT(__atomic_load_n(&shared.queued[LOOP_LANE_HOST], __ATOMIC_SEQ_CST), 8);
    open_gate(&gate, 12);
    collect(pool, 12, NULL);
    CHECK_INT(gate.most, 4);
    end(pool);
    free(jobs);
}

static void each_push_of_one_job_finds_a_worker(void) {
    gate_t gate;
    gate_init(&gate);
    loop__pool_t *pool = pool_of(4, -1);
    loop__job_t *jobs = make_jobs(4, pass_gate);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 4; i++) {
            jobs[i].arg = &gate;
            push(pool, &jobs[i], 1);
        }
        await_begun(&gate, 4);
        open_gate(&gate, 4);
        collect(pool, 4, NULL);
    }
    end(pool);
    free(jobs);
}

static void a_long_job_holds_up_nothing_that_another_worker_could_do(void) {
    enum { N = 2000 };
    gate_t gate;
    gate_init(&gate);
    loop__pool_t *pool = pool_of(2, -1);
    loop__job_t *jobs = make_jobs(N, note);
    jobs[0].fn = pass_gate;
    jobs[0].arg = &gate;
    push(pool, jobs, N);
    collect(pool, N - 1, NULL);
    open_gate(&gate, 1);
    collect(pool, 1, NULL);
    end(pool);
    free(jobs);
}

static void tasks_take_turns_piece_by_piece(void) {
    enum { N = 3, PIECES = 4 };
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(N + 1, NULL);
    gate_t gate;
    gate_init(&gate);
    jobs[0].fn = pass_gate;
    jobs[0].arg = &gate;
    __atomic_store_n(&pieces_n, 0, __ATOMIC_SEQ_CST);
    for (int i = 1; i <= N; i++)
        jobs[i].arg = (void *)(intptr_t)PIECES;
    push(pool, jobs, N + 1);
    await_begun(&gate, 1); /* all tasks lie in the queue */
    open_gate(&gate, 1);
    collect(pool, N + 1, NULL);
    CHECK_INT(pieces_n, N * PIECES);
    for (int i = 0; i < N * PIECES; i++)
        CHECK_INT(pieces[i], 2 + i % N);
    CHECK_INT(shared.queued[LOOP_LANE_HOST], 0);
    end(pool);
    free(jobs);
}

/* One worker cannot have worked longer than it had, however often its tasks took turns. */
static void a_task_that_is_set_aside_waits_and_does_not_work(void) {
    enum { N = 10, PIECES = 1000 };
    static loop__job_t *got[N + 1];
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(N + 1, NULL);
    gate_t gate;
    gate_init(&gate);
    jobs[0].fn = pass_gate;
    jobs[0].arg = &gate;
    __atomic_store_n(&pieces_n, 0, __ATOMIC_SEQ_CST);
    for (int i = 1; i <= N; i++)
        jobs[i].arg = (void *)(intptr_t)PIECES;
    push(pool, jobs, N + 1);
    await_begun(&gate, 1);
    int64_t before = loop__clock(), worked = 0;
    open_gate(&gate, 1);
    collect(pool, N + 1, got);
    int64_t had = loop__clock() - before;
    for (int i = 1; i <= N; i++) {
        int64_t run = got[i]->ended_ns - got[i]->started_ns;
        CHECK(run >= 0);
        worked += run;
    }
    CHECK(worked <= had);
    end(pool);
    free(jobs);
}

static void tasks_on_many_workers_do_each_piece_once(void) {
    enum { N = 500, PIECES = 20 };
    static int done[N + 1];
    loop__pool_t *pool = pool_of(4, -1);
    loop__job_t *jobs = make_jobs(N, NULL);
    memset(done, 0, sizeof done);
    __atomic_store_n(&pieces_n, 0, __ATOMIC_SEQ_CST);
    for (int i = 0; i < N; i++)
        jobs[i].arg = (void *)(intptr_t)PIECES;
    for (int i = 0; i < N; i += 50)
        push(pool, jobs + i, 50);
    collect(pool, N, NULL);
    CHECK_INT(pieces_n, N * PIECES);
    for (int i = 0; i < pieces_n; i++)
        done[pieces[i]]++;
    for (int i = 1; i <= N; i++)
        CHECK_INT(done[i], PIECES);
    end(pool);
    free(jobs);
}

static void lanes_do_not_wait_for_each_other(void) {
    gate_t gate;
    gate_init(&gate);
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(6, note);
    for (int i = 0; i < 6; i++)
        jobs[i].lane = (uint8_t)(i % 3);
    jobs[0].fn = pass_gate;
    jobs[0].arg = &gate;
    push(pool, jobs, 6);
    collect(pool, 4, NULL); /* two of the file lane, two of the computing lane */
    CHECK_INT(count_threads("file"), 1);
    CHECK_INT(count_threads("cpu"), 1);
    open_gate(&gate, 1);
    collect(pool, 2, NULL);
    end(pool);
    free(jobs);
}

static void the_first_job_starts_all_workers_and_they_have_names(void) {
    loop__pool_t *pool = pool_of(4, -1);
    loop__job_t *jobs = make_jobs(1, note);
    CHECK_INT(count_workers(), 0);
    push(pool, jobs, 1);
    collect(pool, 1, NULL);
    end(pool); /* joins what is there */
    CHECK_INT(record.closed, 4);
    CHECK_STR(record.names[record.n - 1], "pool3");
    free(jobs);
}

static void times_are_in_order(void) {
    enum { N = 100 };
    static loop__job_t *got[N];
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(N, note);
    int64_t before = loop__clock();
    push(pool, jobs, N);
    collect(pool, N, got);
    for (int i = 0; i < N; i++) {
        CHECK(got[i]->started_ns >= before && got[i]->ended_ns >= got[i]->started_ns);
        before = got[i]->ended_ns;
    }
    CHECK(before <= loop__clock());
    end(pool);
    free(jobs);
}

static void trace_tells_start_and_end_of_each_job_on_its_worker(void) {
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(2, note);
    push(pool, jobs, 2);
    collect(pool, 2, NULL);
    end(pool);
    const uint32_t kinds[] = {LOOP_TRACE_JOB_START, LOOP_TRACE_JOB_END, LOOP_TRACE_JOB_START,
                              LOOP_TRACE_JOB_END, LOOP_TRACE_WORKER_CLOSE};
    const uint64_t ids[] = {1, 1, 2, 2, 0};
    CHECK_INT(record.n, 5);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(record.kinds[i], kinds[i]);
        CHECK_INT(record.ids[i], ids[i]);
        CHECK_STR(record.names[i], "pool0");
    }
    free(jobs);
}

static int32_t fail_with_status(void *arg, loop_value_t *out) {
    out->kind = LOOP_KIND_ERROR;
    out->os_errno = ENOENT;
    return (int32_t)(intptr_t)arg;
}

static void status_of_the_function_comes_back(void) {
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(1, fail_with_status);
    jobs[0].arg = (void *)(intptr_t)LOOP_ENOENT;
    push(pool, jobs, 1);
    collect(pool, 1, NULL);
    CHECK_INT(jobs[0].status, LOOP_ENOENT);
    CHECK_INT(jobs[0].out.os_errno, ENOENT);
    end(pool);
    free(jobs);
}

/* ---- Tests: cancelling ---------------------------------------------------------------------- */

static int cancel(loop__job_t *job) {
    uint32_t queued = LOOP__JOB_QUEUED;
    if (!__atomic_compare_exchange_n(&job->state, &queued, LOOP__JOB_CANCELED, 0, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return 0;
    __atomic_sub_fetch(&shared.queued[job->lane], 1, __ATOMIC_SEQ_CST);
    return 1;
}

static void a_canceled_job_never_runs_and_its_block_comes_back(void) {
    static loop__job_t *got[11];
    gate_t gate;
    gate_init(&gate);
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(11, note);
    jobs[0].fn = pass_gate;
    jobs[0].arg = &gate;
    push(pool, jobs, 11);
    await_begun(&gate, 1);
    CHECK_INT(cancel(&jobs[0]), 0);
    for (int i = 1; i < 11; i += 2)
        CHECK_INT(cancel(&jobs[i]), 1);
    CHECK_INT(shared.queued[LOOP_LANE_HOST], 5);
    open_gate(&gate, 1);
    collect(pool, 11, got);
    for (int i = 0; i < 11; i++)
        CHECK_INT(got[i]->state, i % 2 == 1 ? LOOP__JOB_CANCELED : LOOP__JOB_FINISHED);
    CHECK_INT(ran_n, 5);
    for (int i = 0; i < 5; i++)
        CHECK_INT(ran[i], 2 * (i + 1));
    CHECK_INT(shared.queued[LOOP_LANE_HOST], 0);
    end(pool);
    free(jobs);
}

/* Waits for n blocks without sleeping: one that was cancelled wakes nobody. */
static void await_back(loop__pool_t *pool, int n) {
    int64_t until = clock_ns() + 20 * SECOND;
    while (n > 0 && CHECK(clock_ns() < until)) {
        for (loop__job_t *job = loop__pool_take_finished(pool); job != NULL; job = job->next)
            n--;
        sched_yield();
    }
    CHECK_INT(n, 0);
}

static void a_job_is_either_canceled_or_run_when_both_race(void) {
    enum { N = 20000 };
    loop__pool_t *pool = pool_of(3, -1);
    loop__job_t *jobs = make_jobs(N, note);
    int canceled = 0;
    shared.trace_on = 0;
    for (int i = 0; i < N; i += 100) {
        push(pool, jobs + i, 100);
        for (int k = 99; k >= 0; k -= 3)
            canceled += cancel(&jobs[i + k]);
        if (i % 2000 == 1900)
            await_back(pool, 2000);
    }
    CHECK_INT(ran_n + canceled, N);
    CHECK(canceled > 0);
    CHECK_INT(shared.queued[LOOP_LANE_HOST], 0);
    end(pool);
    free(jobs);
}

/* ---- Tests: waking the loop ----------------------------------------------------------------- */

static void a_burst_of_results_wakes_a_sleeping_loop_once(void) {
    enum { N = 64 };
    gate_t gate;
    gate_init(&gate);
    loop__pool_t *pool = pool_of(1, -1);
    loop__job_t *jobs = make_jobs(N, note);
    jobs[0].fn = pass_gate;
    jobs[0].arg = &gate;
    push(pool, jobs, N);
    await_begun(&gate, 1);
    __atomic_store_n(&shared.armed, 1, __ATOMIC_SEQ_CST);
    open_gate(&gate, 1);
    loop__job_t stop = {.fn = pass_gate, .arg = &gate};
    push(pool, &stop, 1);
    await_begun(&gate, 1); /* everything before it has come back */
    CHECK_INT(wakes, 1);
    open_gate(&gate, 1);
    collect(pool, N + 1, NULL);
    end(pool);
    free(jobs);
}

static void no_result_is_slept_through(void) {
    loop__pool_t *pool = pool_of(4, -1);
    loop__job_t *jobs = make_jobs(8, note);
    shared.trace_on = 0;
    for (int i = 0; i < 20000; i++) {
        int n = i % 8 + 1;
        __atomic_store_n(&ran_n, 0, __ATOMIC_SEQ_CST);
        push(pool, jobs, n);
        if (!CHECK_INT(collect(pool, n, NULL), n))
            break;
    }
    end(pool);
    free(jobs);
}

/* ---- Tests: the end ------------------------------------------------------------------------- */

static void close_ends_workers_in_the_order_of_lanes_and_numbers(void) {
    static const char *const order[] = {"pool0", "pool1", "pool2", "pool3", "file0", "file1",
                                        "file2", "file3", "cpu0",  "cpu1",  "cpu2",  "cpu3"};
    loop__pool_t *pool = pool_of(4, -1);
    loop__job_t *jobs = make_jobs(30, note);
    for (int i = 0; i < 30; i++)
        jobs[i].lane = (uint8_t)(i % 3);
    push(pool, jobs, 30);
    collect(pool, 30, NULL);
    int before = record.n;
    end(pool);
    CHECK_INT(record.n - before, 12);
    for (int i = 0; i < 12 && before + i < record.n; i++) {
        CHECK_INT(record.kinds[before + i], LOOP_TRACE_WORKER_CLOSE);
        CHECK_STR(record.names[before + i], order[i]);
    }
    free(jobs);
}

static void close_is_busy_while_a_function_runs_and_then_succeeds(void) {
    static loop__job_t *got[8];
    gate_t gate;
    gate_init(&gate);
    loop__pool_t *pool = pool_of(2, -1);
    loop__job_t *jobs = make_jobs(8, note);
    jobs[0].fn = jobs[1].fn = pass_gate;
    jobs[0].arg = jobs[1].arg = &gate;
    push(pool, jobs, 8);
    await_begun(&gate, 2);
    CHECK_INT(loop__pool_close(pool, 0), LOOP_EBUSY);
    int64_t before = loop__clock();
    CHECK_INT(loop__pool_close(pool, 3 * MS), LOOP_EBUSY);
    CHECK(loop__clock() - before >= 3 * MS);
    collect(pool, 6, got); /* what waited comes back unrun */
    for (int i = 0; i < 6; i++)
        CHECK_INT(got[i]->state, LOOP__JOB_CANCELED);
    CHECK_INT(shared.queued[LOOP_LANE_HOST], 0);
    open_gate(&gate, 2);
    CHECK_INT(loop__pool_close(pool, -1), 0);
    CHECK_INT(loop__pool_close(pool, 0), 0);
    collect(pool, 2, got);
    CHECK_INT(ran_n, 0);
    end(pool);
    free(jobs);
}

static void a_job_pushed_after_close_comes_back_canceled(void) {
    loop__pool_t *pool = pool_of(2, -1);
    loop__job_t *jobs = make_jobs(3, note);
    CHECK_INT(loop__pool_close(pool, 0), 0);
    push(pool, jobs, 3);
    collect(pool, 3, NULL);
    for (int i = 0; i < 3; i++)
        CHECK_INT(jobs[i].state, LOOP__JOB_CANCELED);
    CHECK_INT(ran_n, 0);
    CHECK_INT(shared.queued[LOOP_LANE_HOST], 0);
    end(pool);
    free(jobs);
}

static void a_thousand_pools_leave_nothing_behind(void) {
    loop__job_t *jobs = make_jobs(6, note);
    for (int i = 0; i < 6; i++)
        jobs[i].lane = (uint8_t)(i % 3);
    int threads = count_threads(""), fds = count_fds();
    for (int round = 0; round < 1000; round++) {
        loop__pool_t *pool = pool_of(2, -1);
        __atomic_store_n(&ran_n, 0, __ATOMIC_SEQ_CST);
        push(pool, jobs, 6);
        if (round % 2 == 0)
            collect(pool, 6, NULL);
        end(pool);
    }
    CHECK_INT(count_fds(), fds);
    CHECK(sinks_to(count_workers, 0));
    CHECK_INT(count_threads(""), threads);
    free(jobs);
}

TEST_MAIN((void)0, T(jobs_start_and_come_back_in_fifo_order_with_one_worker),
          T(as_many_jobs_run_at_once_as_there_are_workers), T(each_push_of_one_job_finds_a_worker),
          T(a_long_job_holds_up_nothing_that_another_worker_could_do),
          T(tasks_take_turns_piece_by_piece), T(tasks_on_many_workers_do_each_piece_once),
          T(a_task_that_is_set_aside_waits_and_does_not_work), T(lanes_do_not_wait_for_each_other),
          T(the_first_job_starts_all_workers_and_they_have_names), T(times_are_in_order),
          T(trace_tells_start_and_end_of_each_job_on_its_worker),
          T(status_of_the_function_comes_back),
          T(a_canceled_job_never_runs_and_its_block_comes_back),
          T(a_job_is_either_canceled_or_run_when_both_race),
          T(a_burst_of_results_wakes_a_sleeping_loop_once), T(no_result_is_slept_through),
          T(close_ends_workers_in_the_order_of_lanes_and_numbers),
          T(close_is_busy_while_a_function_runs_and_then_succeeds),
          T(a_job_pushed_after_close_comes_back_canceled), T(a_thousand_pools_leave_nothing_behind))
