/* SPDX-License-Identifier: MIT
 *
 * The pool: lanes, their workers and queues, and how these change while the loop runs.
 */
#include "loops.h"
#include "said.h"

#include <pthread.h>
#include <semaphore.h>

static const char *const prefixes[LOOP_LANES] = {"pool", "file", "cpu"};

static loop_t *loop_with(uint32_t workers, int64_t worker_idle_ns) {
    loop_t *loop = NULL;
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.workers = workers;
    options.worker_idle_ns = worker_idle_ns;
    CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
    return loop;
}

static void await(sem_t *sem) {
    while (sem_wait(sem) != 0) {
    }
}

static sem_t started, gate;

static int32_t pass_gate(void *arg, loop_value_t *out) {
    (void)arg;
    (void)out;
    sem_post(&started);
    await(&gate);
    return 0;
}

static void open_gate(int jobs) {
    for (int i = 0; i < jobs; i++)
        sem_post(&gate);
}

static void gates_new(void) {
    sem_init(&started, 0, 0);
    sem_init(&gate, 0, 0);
}

static int32_t own_name(void *arg, loop_value_t *out) {
    char name[32] = "";
    (void)arg;
    pthread_getname_np(pthread_self(), name, sizeof name);
    return (int32_t)loop_value_set_string(out, name, -1);
}

CB(check_name) {
    const char *name, *prefix = user;
    uint64_t len;
    (void)loop;
    if (CHECK_CODE(loop_event_string(ev, &name, &len), LOOP_OK) &&
        !(len == strlen(prefix) + 1 && memcmp(name, prefix, len - 1) == 0 && name[len - 1] >= '0' &&
          name[len - 1] < '3'))
        harness_fail(__FILE__, __LINE__, "want %s0 to %s2, got %.*s", prefix, prefix, (int)len,
                     name);
}

static void workers_carry_the_name_of_their_lane_and_a_number(void) {
    loop_t *loop = loop_with(3, 0);
    for (int i = 0; i < 20; i++)
        for (uint32_t lane = 0; lane < LOOP_LANES; lane++)
            CHECK_ID(loop_work_lane(loop, lane, own_name, NULL, "name", check_name,
                                    (void *)(uintptr_t)prefixes[lane]));
    run_and_free(loop);
}

static void a_lane_that_is_stuck_holds_up_no_other(void) {
    loop_t *loop = loop_with(1, 0);
    int stuck = 0, done = 0;
    gates_new();
    CHECK_ID(loop_work_lane(loop, LOOP_LANE_FILE, pass_gate, NULL, NULL, count_event, &stuck));
    CHECK_ID(loop_work_lane(loop, LOOP_LANE_FILE, do_nothing, NULL, NULL, count_event, &stuck));
    CHECK_ID(loop_work_lane(loop, LOOP_LANE_CPU, do_nothing, NULL, NULL, count_event, &done));
    CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, count_event, &done));
    while (done < 2)
        CHECK(loop_run(loop, LOOP_RUN_ONCE) > 0);
    CHECK_INT(stuck, 0);
    open_gate(1);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(stuck, 2);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void more_workers_start_what_waits_and_fewer_finish_what_they_do(void) {
    loop_t *loop = loop_with(1, 0);
    int n = 0;
    gates_new();
    for (int i = 0; i < 6; i++)
        CHECK_ID(loop_work(loop, pass_gate, NULL, NULL, count_event, &n));
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) == 6);
    await(&started);
    CHECK_INT(count_threads("pool"), 1);
    CHECK_CODE(loop_set_workers(loop, LOOP_LANE_HOST, 4), LOOP_OK);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) == 6);
    for (int i = 0; i < 3; i++)
        await(&started);
    CHECK_INT(sem_trywait(&started), -1); /* four at once, no more */
    CHECK_CODE(loop_set_workers(loop, LOOP_LANE_HOST, 2), LOOP_OK);
    open_gate(6);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(n, 6);
    CHECK(sinks_to(count_workers, 2));
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static int32_t give_number(void *arg, loop_value_t *out) {
    return (int32_t)loop_value_set_int(out, (int64_t)(intptr_t)arg);
}

CB(next_number) {
    int64_t number = -1, *next = user;
    (void)loop;
    CHECK_CODE(loop_event_int(ev, &number), LOOP_OK);
    CHECK_INT(number, (*next)++);
}

static void one_worker_takes_jobs_in_their_order(void) {
    loop_t *loop = loop_with(1, 0);
    int64_t next = 0;
    for (intptr_t i = 0; i < 1000; i++)
        CHECK_ID(loop_work(loop, give_number, (void *)i, NULL, next_number, &next));
    run_and_free(loop);
    CHECK_INT(next, 1000);
}

static void a_queue_limit_holds_for_its_lane_from_then_on(void) {
    loop_t *loop = loop_with(1, 0);
    gates_new();
    CHECK_ID(loop_work(loop, pass_gate, NULL, NULL, say_status, "runs"));
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) == 1);
    await(&started);
    for (int i = 0; i < 2; i++)
        CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, say_status, "waits"));
    CHECK_CODE(loop_set_queue_limit(loop, LOOP_LANE_HOST, 1), LOOP_OK); /* those two stay */
    CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, say_status, "full"));
    CHECK_ID(loop_work_lane(loop, LOOP_LANE_CPU, do_nothing, NULL, NULL, say_status, "cpu"));
    while (strstr(said, "cpu") == NULL)
        CHECK(loop_run(loop, LOOP_RUN_ONCE) > 0);
    CHECK_SAID("full!LOOP_EFULL cpu");
    CHECK_CODE(loop_set_queue_limit(loop, LOOP_LANE_HOST, 0), LOOP_OK);
    CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, say_status, "more"));
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) > 0);
    open_gate(1);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_SAID("runs waits waits more");
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void workers_leave_when_they_are_idle_and_come_again(void) {
    loop_t *loop = loop_with(4, MS);
    int n = 0;
    for (int round = 1; round <= 3; round++) {
        CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, count_event, &n));
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_INT(n, round);
        CHECK(sinks_to(count_workers, 0));
    }
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* ---- The default loop ------------------------------------------------------------------------ */

#define THREADS 16

static pthread_barrier_t together;

static void *ask_for_it(void *found) {
    pthread_barrier_wait(&together);
    *(loop_t **)found = loop_default();
    return NULL;
}

static void threads_that_ask_at_once_get_one_default_loop(void) {
    for (int round = 0; round < 20; round++) {
        pthread_t threads[THREADS];
        loop_t *found[THREADS];
        int n = 0;
        pthread_barrier_init(&together, NULL, THREADS);
        for (int i = 0; i < THREADS; i++)
            CHECK_INT(pthread_create(&threads[i], NULL, ask_for_it, &found[i]), 0);
        for (int i = 0; i < THREADS; i++)
            CHECK_INT(pthread_join(threads[i], NULL), 0);
        pthread_barrier_destroy(&together);
        for (int i = 0; i < THREADS; i++)
            CHECK(found[i] != NULL && found[i] == found[0]);
        CHECK_ID(loop_set_timeout(found[0], 0, count_event, &n));
        run_and_free(found[0]); /* the next round gets another */
        CHECK_INT(n, 1);
    }
}

TEST_MAIN(warm_up(), T(workers_carry_the_name_of_their_lane_and_a_number),
          T(a_lane_that_is_stuck_holds_up_no_other),
          T(more_workers_start_what_waits_and_fewer_finish_what_they_do),
          T(one_worker_takes_jobs_in_their_order), T(a_queue_limit_holds_for_its_lane_from_then_on),
          T(workers_leave_when_they_are_idle_and_come_again),
          T(threads_that_ask_at_once_get_one_default_loop))
