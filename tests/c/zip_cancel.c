/* SPDX-License-Identifier: MIT
 *
 * Compressions that are cancelled, cleared or too late in every stage: each ends once, and what it
 * was lent is used up to its final event and not a moment longer. The pages that are lent are
 * unmapped at that event, so a worker that still read them would end the program.
 */
#include "loops.h"

#include <semaphore.h>
#include <sys/mman.h>

enum { SIZE = 2 << 20 };

/* An op on memory of its own. */
typedef struct job {
    int64_t id;
    void *data;
    size_t len;
    int outcomes, finals;
    int32_t outcome, final;
    int done_at_final; /* of all jobs: how many had ended */
} job_t;

static int ended; /* jobs whose final event has come */

CB(hear) {
    job_t *job = user;
    (void)loop;
    CHECK_INT(job->finals, 0);
    if ((ev->flags & LOOP_EV_OUTCOME) != 0) {
        CHECK((ev->flags & LOOP_EV_MORE) != 0);
        job->outcomes++;
        job->outcome = ev->status;
        return;
    }
    CHECK((ev->flags & LOOP_EV_MORE) == 0);
    job->finals++;
    job->final = ev->status;
    job->done_at_final = ++ended;
    CHECK_INT(munmap(job->data, job->len), 0);
}

/* Data that takes a while, whatever is done with it. */
static void *lend(size_t len) {
    unsigned char *data =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint32_t x = 1;
    if (!CHECK(data != MAP_FAILED))
        abort();
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        data[i] = (unsigned char)("abcdefgh"[x >> 29]);
    }
    return data;
}

static void start_of(loop_t *loop, job_t *job, uint32_t format, int32_t level, size_t len) {
    loop_zip_t request = LOOP_ZIP_INIT;
    *job = (job_t){.data = lend(len), .len = len};
    request.flags = LOOP_ZIP_BORROW;
    request.what = LOOP_ZIP_COMPRESS;
    request.format = format;
    request.level = level;
    request.data = job->data;
    request.len = len;
    job->id = loop_zip(loop, &request, hear, job);
    CHECK_ID(job->id);
}

static void start(loop_t *loop, job_t *job, uint32_t format, int32_t level) {
    start_of(loop, job, format, level, SIZE);
}

static loop_t *one_worker(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.workers = 1;
    CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
    ended = 0;
    return loop;
}

CB(cancel) {
    UNUSED;
    CHECK_CODE(loop_cancel(loop, ((job_t *)user)->id), LOOP_OK);
}

/* Runs passes until the pool has begun: a job behind all others has come back, or the first has. */
static void begin_all(loop_t *loop) {
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 0);
}

static void one_that_waits_is_cancelled_at_once(void) {
    loop_t *loop = one_worker();
    job_t running, waiting;
    start(loop, &running, LOOP_ZIP_GZIP, 9);
    start(loop, &waiting, LOOP_ZIP_GZIP, 9);
    CHECK_CODE(loop_cancel(loop, waiting.id), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(waiting.final, LOOP_ECANCELED);
    CHECK_INT(waiting.finals, 1);
    CHECK_INT(waiting.outcomes, 0);
    CHECK_CODE(running.final, LOOP_OK);
    CHECK_INT(running.finals, 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void one_that_runs_gives_its_outcome_and_ends_when_the_worker_has_let_go(void) {
    loop_t *loop = one_worker();
    job_t job;
    start(loop, &job, LOOP_ZIP_BROTLI, 11);
    begin_all(loop);
    /* It is with a worker by the time of an immediate, or soon: both ways have to end well. */
    CHECK_ID(loop_set_immediate(loop, cancel, &job));
    CHECK_CODE(loop_hold(loop), LOOP_OK);
    while (job.finals == 0)
        CHECK(loop_run(loop, LOOP_RUN_ONCE) >= 0);
    CHECK_CODE(loop_unhold(loop), LOOP_OK);
    CHECK_CODE(job.final, LOOP_ECANCELED);
    CHECK(job.outcomes == 0 || job.outcome == LOOP_ECANCELED);
    run_and_free(loop);
}

static void a_deadline_ends_what_runs_and_what_waits(void) {
    loop_t *loop = one_worker();
    job_t running, waiting;
    CHECK_CODE(loop_next_op(loop, 2 * MS, "too late"), LOOP_OK);
    start(loop, &running, LOOP_ZIP_BROTLI, 11);
    CHECK_CODE(loop_next_op(loop, 1 * MS, "never begun"), LOOP_OK);
    start(loop, &waiting, LOOP_ZIP_BROTLI, 11);
    CHECK_CODE(loop_hold(loop), LOOP_OK);
    while (running.finals + waiting.finals < 2)
        CHECK(loop_run(loop, LOOP_RUN_ONCE) >= 0);
    CHECK_CODE(loop_unhold(loop), LOOP_OK);
    CHECK_CODE(running.final, LOOP_ETIMEDOUT);
    CHECK_CODE(waiting.final, LOOP_ETIMEDOUT);
    run_and_free(loop);
}

static void a_cancelled_job_makes_room_for_the_next(void) {
    loop_t *loop = one_worker();
    job_t slow, next;
    start(loop, &slow, LOOP_ZIP_BROTLI, 11);
    start(loop, &next, LOOP_ZIP_DEFLATE, LOOP_ZIP_STORE);
    begin_all(loop);
    CHECK_ID(loop_set_immediate(loop, cancel, &slow));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(next.final, LOOP_OK);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_INT(slow.finals, 1);
    CHECK_CODE(slow.final, LOOP_ECANCELED);
}

static void a_cleared_one_is_silent_and_its_memory_is_the_hosts_after_the_loop(void) {
    loop_t *loop = one_worker();
    job_t job;
    start(loop, &job, LOOP_ZIP_GZIP, 9);
    begin_all(loop);
    CHECK_CODE(loop_clear(loop, job.id), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_INT(job.finals + job.outcomes, 0);
    CHECK_INT(munmap(job.data, SIZE), 0);
}

static void loop_free_ends_all_in_every_stage_once(void) {
    enum { N = 6 };
    for (int passes = 0; passes < 4; passes++) {
        loop_t *loop = one_worker();
        job_t jobs[N];
        for (int i = 0; i < N; i++)
            start(loop, &jobs[i], i % 2 == 0 ? LOOP_ZIP_ZSTD : LOOP_ZIP_GZIP, 1 + i);
        for (int i = 0; i < passes; i++)
            CHECK(loop_run(loop, i == 0 ? LOOP_RUN_NOWAIT : LOOP_RUN_ONCE) >= 0);
        CHECK_CODE(loop_free(loop), LOOP_OK);
        for (int i = 0; i < N; i++) {
            CHECK_INT(jobs[i].finals, 1);
            CHECK(jobs[i].final == LOOP_OK || jobs[i].final == LOOP_ECANCELED);
        }
    }
}

static void cancelled_after_each_number_of_passes_it_ends_once(void) {
    for (int passes = 0; passes < 12; passes++) {
        loop_t *loop = one_worker();
        job_t job;
        start(loop, &job, LOOP_ZIP_ZSTD, 3);
        CHECK_CODE(loop_hold(loop), LOOP_OK);
        for (int i = 0; i < passes && job.finals == 0; i++)
            CHECK(loop_run_for(loop, LOOP_RUN_ONCE, 3 * MS) >= 0);
        if (job.finals == 0)
            CHECK_CODE(loop_cancel(loop, job.id), LOOP_OK);
        while (job.finals == 0)
            CHECK(loop_run(loop, LOOP_RUN_ONCE) >= 0);
        CHECK_CODE(loop_unhold(loop), LOOP_OK);
        CHECK(job.final == LOOP_OK || job.final == LOOP_ECANCELED);
        run_and_free(loop);
    }
}

static void a_full_queue_is_an_error(void) {
    loop_t *loop = one_worker();
    job_t jobs[3];
    CHECK_CODE(loop_set_queue_limit(loop, LOOP_LANE_CPU, 1), LOOP_OK);
    for (int i = 0; i < 3; i++)
        start(loop, &jobs[i], LOOP_ZIP_GZIP, 1);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    int full = 0;
    for (int i = 0; i < 3; i++) {
        CHECK_INT(jobs[i].finals, 1);
        CHECK(jobs[i].final == LOOP_OK || jobs[i].final == LOOP_EFULL);
        full += jobs[i].final == LOOP_EFULL;
    }
    CHECK(full >= 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* A gate between the pieces of a job: a worker that comes to it says so and stands there until the
 * test opens it. */
typedef struct gate {
    loop_t *loop;
    sem_t open;
    int reached;
} gate_t;

CB(reached) {
    UNUSED;
    ((gate_t *)user)->reached = 1;
}

static int32_t stand(void *arg, loop_value_t *out) {
    gate_t *gate = arg;
    (void)out;
    CHECK_CODE(loop_post(gate->loop, 0, reached, gate), LOOP_OK);
    while (sem_wait(&gate->open) != 0)
        ;
    return 0;
}

/* The only worker comes to the gate when the long job has had its first piece. That job has seven
 * more at least (one for each MiB), so it cannot end before the short one that is there when the
 * gate opens. Were it done in one go, its event would come before the short one is even started. */
static void short_jobs_go_in_between_the_pieces_of_a_long_one(void) {
    gate_t gate = {.loop = one_worker()};
    job_t slow, quick;
    int passed = 0;
    CHECK_INT(sem_init(&gate.open, 0, 0), 0);
    start_of(gate.loop, &slow, LOOP_ZIP_GZIP, LOOP_ZIP_STORE, 8 << 20);
    CHECK_ID(loop_work_lane(gate.loop, LOOP_LANE_CPU, stand, &gate, NULL, count_event, &passed));
    while (!gate.reached)
        CHECK(loop_run(gate.loop, LOOP_RUN_ONCE) >= 0);
    CHECK_INT(slow.finals, 0);
    start_of(gate.loop, &quick, LOOP_ZIP_GZIP, LOOP_ZIP_STORE, 4096);
    CHECK(loop_run(gate.loop, LOOP_RUN_NOWAIT) >= 0); /* now it waits for the worker */
    CHECK_INT(sem_post(&gate.open), 0);
    CHECK_INT(loop_run(gate.loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(passed, 1);
    CHECK_INT(quick.done_at_final, 1);
    CHECK_INT(slow.done_at_final, 2);
    CHECK_CODE(quick.final, LOOP_OK);
    CHECK_CODE(slow.final, LOOP_OK);
    CHECK_CODE(loop_free(gate.loop), LOOP_OK);
    CHECK_INT(sem_destroy(&gate.open), 0);
}

TEST_MAIN(warm_up(), T(one_that_waits_is_cancelled_at_once),
          T(one_that_runs_gives_its_outcome_and_ends_when_the_worker_has_let_go),
          T(a_deadline_ends_what_runs_and_what_waits), T(a_cancelled_job_makes_room_for_the_next),
          T(a_cleared_one_is_silent_and_its_memory_is_the_hosts_after_the_loop),
          T(loop_free_ends_all_in_every_stage_once),
          T(cancelled_after_each_number_of_passes_it_ends_once), T(a_full_queue_is_an_error),
          T(short_jobs_go_in_between_the_pieces_of_a_long_one))
