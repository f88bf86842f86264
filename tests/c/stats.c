/* SPDX-License-Identifier: MIT
 *
 * Statistics: counts that are exact, times that are possible, and every way to ask wrongly.
 */
#include "stats_rig.h"

#include <pthread.h>
#include <semaphore.h>

/* A job that a test holds up. */
typedef struct gate {
    sem_t begun, open;
} gate_t;

static int32_t pass_gate(void *arg, loop_value_t *out) {
    gate_t *gate = arg;
    (void)out;
    sem_post(&gate->begun);
    while (sem_wait(&gate->open) != 0) {
    }
    return 0;
}

static void gate_init(gate_t *gate) {
    sem_init(&gate->begun, 0, 0);
    sem_init(&gate->open, 0, 0);
}

static void await_begun(gate_t *gate) {
    while (sem_wait(&gate->begun) != 0) {
    }
}

static int32_t fail(void *arg, loop_value_t *out) {
    (void)arg, (void)out;
    return LOOP_EIO;
}

static loop_t *loop_of_one_worker(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.workers = 1;
    SHOULD(loop_new(&options, &loop));
    return loop;
}

/* ---- Counts ---------------------------------------------------------------------------------- */

static void labels_count_what_becomes_of_their_jobs(void) {
    loop_t *loop = loop_of_one_worker();
    int n = 0;
    gate_t gate;
    gate_init(&gate);
    CHECK_ID(loop_work(loop, pass_gate, &gate, "gate", count_event, &n));
    CHECK_ID(loop_work(loop, do_nothing, NULL, "nothing", count_event, &n));
    CHECK_ID(loop_work(loop, do_nothing, NULL, "nothing", count_event, &n));
    CHECK_ID(loop_work(loop, fail, NULL, NULL, count_event, &n));
    int64_t late = loop_work(loop, do_nothing, NULL, "late", count_event, &n);
    loop_label_stats_t label = label_of(loop, "nothing"); /* submits them */
    CHECK_INT(label.queued, 2);
    CHECK_INT(label.waiting, 2);
    await_begun(&gate);
    SHOULD(loop_cancel(loop, late));
    label = label_of(loop, "late");
    CHECK_INT(label.queued, 1);
    CHECK_INT(label.canceled, 1);
    loop_stats_t stats = stats_of(loop); /* looks anew, without a turn */
    CHECK_INT(stats.labels, 4);
    label = label_of(loop, "gate");
    CHECK_INT(label.started, 1);
    CHECK_INT(label.running, 1);
    CHECK_INT(label.finished, 0);
    loop_lane_stats_t lane = lane_of(loop, LOOP_LANE_HOST);
    CHECK_INT(lane.workers, 1);
    CHECK_INT(lane.workers_max, 1);
    CHECK_INT(lane.running, 1);
    CHECK_INT(lane.waiting, 3);
    CHECK_INT(lane.waiting_peak, 5);
    sem_post(&gate.open);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    label = label_of(loop, "gate");
    CHECK_INT(label.started, 1);
    CHECK_INT(label.running, 0);
    CHECK_INT(label.finished, 1);
    CHECK_INT(label.failed, 0);
    label = label_of(loop, "nothing");
    CHECK_INT(label.finished, 2);
    label = label_of(loop, "work");
    CHECK_INT(label.finished, 1);
    CHECK_INT(label.failed, 1);
    CHECK_INT(label.flags, 0);
    CHECK_INT(label.label_len, 4);
    SHOULD(loop_free(loop));
    CHECK_INT(n, 3);
}

static void times_of_a_label_are_possible(void) {
    loop_t *loop = loop_of_one_worker();
    gate_t gate;
    int n = 0;
    gate_init(&gate);
    int64_t before = clock_ns();
    CHECK_ID(loop_work(loop, pass_gate, &gate, "gate", count_event, &n));
    for (int i = 0; i < 10; i++)
        CHECK_ID(loop_work(loop, do_nothing, NULL, "behind", count_event, &n));
    (void)stats_of(loop);
    await_begun(&gate);
    int64_t held = clock_ns();
    (void)stats_of(loop);
    held = clock_ns() - held; /* so long nothing else could begin */
    sem_post(&gate.open);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    int64_t whole = clock_ns() - before;
    loop_label_stats_t label = label_of(loop, "behind");
    CHECK_INT(label.finished, 10);
    CHECK(label.wait_p50_ns >= held - held / 16 && label.wait_p50_ns <= label.wait_p90_ns);
    CHECK(label.wait_p90_ns <= label.wait_p99_ns && label.wait_p99_ns <= label.wait_max_ns);
    CHECK(label.wait_max_ns >= held && label.wait_max_ns <= whole);
    CHECK(label.wait_sum_ns >= 10 * held && label.wait_sum_ns <= 10 * whole);
    CHECK(label.run_max_ns <= whole && label.run_p50_ns <= label.run_p99_ns);
    label = label_of(loop, "gate");
    CHECK(label.run_max_ns >= held && label.run_sum_ns == label.run_max_ns);
    SHOULD(loop_free(loop));
}

static int64_t do_hash(loop_t *loop, int *n) {
    return loop_hash(loop, LOOP_HASH_SHA256, "abc", 3, count_event, n);
}

static void tasks_of_the_library_have_labels_of_their_own(void) {
    loop_t *loop = new_loop();
    int n = 0;
    CHECK_ID(do_hash(loop, &n));
    SHOULD(loop_next_op(loop, 0, "my hash"));
    CHECK_ID(do_hash(loop, &n));
    CHECK_ID(loop_fs_stat(loop, "/nowhere/at/all", count_event, &n));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(n, 2);
    CHECK_INT(label_of(loop, "hash").finished, 1);
    CHECK_INT(label_of(loop, "my hash").finished, 1);
    loop_label_stats_t label = label_of(loop, "stat");
    CHECK_INT(label.finished, 1);
    CHECK_INT(label.failed, 1);
    SHOULD(loop_free(loop));
}

CB(ask_in_a_callback) {
    (void)ev;
    loop_stats_t *stats = user;
    SHOULD(loop_stats(loop, stats));
}

CB(post_one) {
    UNUSED;
    SHOULD(loop_post(loop, 1, count_event, user));
}

static void the_loop_counts_passes_events_ops_and_posts(void) {
    loop_t *loop = new_loop();
    loop_stats_t inside = LOOP_STATS_INIT;
    int n = 0;
    loop_stats_t stats = stats_of(loop);
    CHECK_INT(stats.passes, 0);
    CHECK_INT(stats.ops, 0);
    int64_t far = loop_set_timeout(loop, 3600 * SECOND, count_event, &n);
    CHECK_ID(loop_set_timeout(loop, 0, post_one, &n));
    CHECK_ID(loop_set_timeout(loop, 0, ask_in_a_callback, &inside));
    SHOULD(loop_unref(loop, far));
    stats = stats_of(loop);
    CHECK_INT(stats.ops, 4);
    CHECK_INT(stats.ids, 3);
    CHECK_INT(stats.timers, 3);
    CHECK_INT(stats.alive, 2);
    CHECK_INT(stats.events, 0);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(n, 1);
    CHECK_INT(inside.events, 2); /* of the batch that is being delivered */
    CHECK_INT(inside.passes, 1);
    CHECK_INT(inside.posts_waiting, 1);
    stats = stats_of(loop);
    CHECK_INT(stats.events, 3);
    CHECK_INT(stats.posts, 1);
    CHECK_INT(stats.posts_waiting, 0);
    CHECK_INT(stats.ids, 1);
    CHECK_INT(stats.ids_peak, 3);
    CHECK_INT(stats.timers, 1);
    CHECK_INT(stats.timers_peak, 3);
    CHECK_INT(stats.alive, 0);
    CHECK(stats.passes >= 1 && stats.turns >= 1 && stats.elapsed_ns > 0);
    CHECK(stats.steps >= stats.turns);
    SHOULD(loop_free(loop));
}

static void refused_ops_are_counted_apart(void) {
    loop_t *loop = new_loop();
    loop_event_t events[8];
    loop_op_t ops[2];
    loop_turn_t turn;
    uint64_t first = 0;
    SHOULD(loop_take_ids(loop, 1, &first));
    memset(ops, 0, sizeof ops);
    memset(&turn, 0, sizeof turn);
    ops[0].code = LOOP_OP_TIMER;
    ops[0].id = first;
    ops[1].code = 31;
    ops[1].id = first;
    turn.size = sizeof turn;
    turn.loop = loop;
    turn.ops = ops;
    turn.op_count = 2;
    turn.op_stride = sizeof ops[0];
    turn.events = events;
    turn.event_capacity = 8;
    turn.event_stride = sizeof events[0];
    SHOULD(loop_turn(&turn));
    loop_stats_t stats = stats_of(loop);
    CHECK_INT(stats.ops, 1);
    CHECK_INT(stats.ops_refused, 1);
    SHOULD(loop_free(loop));
}

static int32_t give_bytes(void *arg, loop_value_t *out) {
    (void)arg;
    return (int32_t)loop_value_set_bytes(out, "0123456789", 10);
}

CB(retain_it) {
    *(const void **)user = loop_retain(loop, ev);
}

static void retained_bytes_are_counted_and_their_peak_kept(void) {
    loop_t *loop = new_loop();
    const void *kept[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++)
        CHECK_ID(loop_work(loop, give_bytes, NULL, NULL, retain_it, &kept[i]));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(stats_of(loop).retained, 20);
    loop_release(kept[0]);
    loop_stats_t stats = stats_of(loop);
    CHECK_INT(stats.retained, 10);
    CHECK_INT(stats.retained_peak, 20);
    SHOULD(loop_stats_reset(loop));
    CHECK_INT(stats_of(loop).retained_peak, 10);
    loop_release(kept[1]);
    SHOULD(loop_free(loop));
}

/* ---- Reset ----------------------------------------------------------------------------------- */

static void a_reset_counts_anew_and_keeps_what_is_now(void) {
    loop_t *loop = loop_of_one_worker();
    gate_t gate;
    int n = 0;
    gate_init(&gate);
    CHECK_ID(loop_work(loop, do_nothing, NULL, "nothing", count_event, &n));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_ID(loop_work(loop, pass_gate, &gate, "gate", count_event, &n));
    CHECK_ID(loop_work(loop, do_nothing, NULL, "nothing", count_event, &n));
    (void)stats_of(loop);
    await_begun(&gate);
    SHOULD(loop_stats_reset(loop));
    loop_stats_t stats = stats_of(loop);
    CHECK_INT(stats.passes, 0);
    CHECK_INT(stats.turns, 0);
    CHECK_INT(stats.events, 0);
    CHECK_INT(stats.ops, 0);
    CHECK_INT(stats.ids, 2);
    CHECK_INT(stats.ids_peak, 2);
    CHECK_INT(stats.labels, 2);
    loop_label_stats_t label = label_of(loop, "nothing");
    CHECK_INT(label.queued, 0);
    CHECK_INT(label.finished, 0);
    CHECK_INT(label.waiting, 1);
    CHECK_INT(label.run_max_ns, 0);
    CHECK_INT(label_of(loop, "gate").running, 1);
    CHECK_INT(label_of(loop, "gate").started, 0);
    sem_post(&gate.open);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    label = label_of(loop, "nothing");
    CHECK_INT(label.queued, 0);
    CHECK_INT(label.started, 1);
    CHECK_INT(label.finished, 1);
    label = label_of(loop, "gate");
    CHECK_INT(label.started, 0);
    CHECK_INT(label.finished, 1);
    SHOULD(loop_free(loop));
}

/* ---- Labels ---------------------------------------------------------------------------------- */

CB(ask_for_all_labels) {
    (void)ev;
    int *asked = user;
    loop_label_stats_t label = LOOP_LABEL_STATS_INIT;
    char name[16];
    for (uint32_t i = 0; i < 50; i++) { /* each call finds what came before it */
        snprintf(name, sizeof name, "l%u", i);
        SHOULD(loop_next_op(loop, 0, name));
        CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, count_event, asked));
        CHECK_CODE(loop_stats_label(loop, i, &label), LOOP_OK);
        CHECK_STR(label.label, name);
        CHECK_INT(label.queued, 1);
    }
    CHECK_CODE(loop_stats_label(loop, 50, &label), LOOP_ENOENT);
}

static void labels_keep_their_numbers_while_others_come(void) {
    loop_t *loop = new_loop();
    int n = 0;
    loop_label_stats_t label = LOOP_LABEL_STATS_INIT;
    CHECK_CODE(loop_stats_label(loop, 0, &label), LOOP_ENOENT);
    CHECK_ID(loop_set_timeout(loop, 0, ask_for_all_labels, &n));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(n, 50);
    SHOULD(loop_stats_label(loop, 49, &label));
    const char *text = label.label; /* lives as long as the loop */
    SHOULD(loop_stats_reset(loop));
    SHOULD(loop_stats_label(loop, 49, &label));
    CHECK(label.label == text);
    CHECK_STR(text, "l49");
    SHOULD(loop_free(loop));
}

static void many_labels_share_the_last_place(void) {
    enum { MANY = 3 * LOOP_STATS_LABELS };
    loop_t *loop = new_loop();
    int n = 0;
    char name[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "l%d", i);
        SHOULD(loop_next_op(loop, 0, name));
        CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, count_event, &n));
    }
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(n, MANY);
    CHECK_INT(stats_of(loop).labels, LOOP_STATS_LABELS);
    loop_label_stats_t label = LOOP_LABEL_STATS_INIT;
    SHOULD(loop_stats_label(loop, LOOP_STATS_LABELS - 1, &label));
    CHECK_STR(label.label, "(others)");
    CHECK_INT(label.flags, LOOP_STATS_OTHERS);
    CHECK_INT(label.finished, MANY - LOOP_STATS_LABELS + 1);
    CHECK_CODE(loop_stats_label(loop, LOOP_STATS_LABELS, &label), LOOP_ENOENT);
    SHOULD(loop_free(loop));
}

static void equal_static_labels_in_other_memory_are_one(void) {
    loop_t *loop = new_loop();
    int n = 0;
    char first[] = "same", second[] = "same";
    CHECK_ID(loop_work(loop, do_nothing, NULL, first, count_event, &n));
    CHECK_ID(loop_work(loop, do_nothing, NULL, second, count_event, &n));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(stats_of(loop).labels, 1);
    CHECK_INT(label_of(loop, "same").finished, 2);
    SHOULD(loop_free(loop));
}

/* ---- Wrong questions ------------------------------------------------------------------------- */

/* What a newer header might have: fields that this library does not know. */
typedef struct newer {
    union {
        loop_stats_t stats;
        loop_lane_stats_t lane;
        loop_label_stats_t label;
        uint32_t size;
        unsigned char bytes[512];
    } of;
} newer_t;

static int64_t ask(loop_t *loop, int which, void *out) {
    if (which == 0)
        return loop_stats(loop, out);
    return which == 1 ? loop_stats_lane(loop, 0, out) : loop_stats_label(loop, 0, out);
}

static void sizes_are_checked_and_the_rest_is_zeroed(void) {
    const uint32_t known[] = {sizeof(loop_stats_t), sizeof(loop_lane_stats_t),
                              sizeof(loop_label_stats_t)};
    /* as the first header had them */
    const uint32_t least[] = {offsetof(loop_stats_t, steps), known[1], known[2]};
    loop_t *loop = new_loop();
    int n = 0;
    CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, count_event, &n));
    for (int which = 0; which < 3; which++) {
        newer_t out;
        const uint32_t bad[] = {0, 1, least[which] - 8, least[which] - 1, 4097, UINT32_MAX};
        CHECK_CODE(ask(loop, which, NULL), LOOP_EINVAL);
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            memset(&out, 0xab, sizeof out);
            out.of.size = bad[i];
            CHECK_CODE(ask(loop, which, &out), LOOP_EINVAL);
            CHECK_INT(out.of.size, bad[i]);
            CHECK_INT(out.of.bytes[4], 0xab); /* nothing was written */
        }
        memset(&out, 0xab, sizeof out);
        out.of.size = known[which] + 16;
        CHECK_CODE(ask(loop, which, &out), LOOP_OK);
        CHECK_INT(out.of.size, known[which] + 16);
        for (uint32_t i = 0; i < 16; i++)
            CHECK_INT(out.of.bytes[known[which] + i], 0);
        CHECK_INT(out.of.bytes[known[which] + 16], 0xab);
        memset(&out, 0xab, sizeof out);
        out.of.size = least[which];
        CHECK_CODE(ask(loop, which, &out), LOOP_OK);
        CHECK_INT(out.of.bytes[least[which]], 0xab); /* what an older header lacks is left alone */
    }
    run_and_free(loop);
}

static void lanes_out_of_range_are_refused(void) {
    loop_t *loop = new_loop();
    loop_lane_stats_t lane = LOOP_LANE_STATS_INIT;
    CHECK_CODE(loop_stats_lane(loop, LOOP_LANES, &lane), LOOP_EINVAL);
    CHECK_CODE(loop_stats_lane(loop, UINT32_MAX, &lane), LOOP_EINVAL);
    SHOULD(loop_set_queue_limit(loop, LOOP_LANE_CPU, 7));
    SHOULD(loop_set_workers(loop, LOOP_LANE_CPU, 3));
    lane = lane_of(loop, LOOP_LANE_CPU);
    CHECK_INT(lane.queue_limit, 7);
    CHECK_INT(lane.workers, 0);
    CHECK_INT(lane.workers_max, 3);
    SHOULD(loop_free(loop));
}

static void without_a_loop_there_is_nothing_to_tell(void) {
    loop_stats_t stats = LOOP_STATS_INIT;
    loop_lane_stats_t lane = LOOP_LANE_STATS_INIT;
    loop_label_stats_t label = LOOP_LABEL_STATS_INIT;
    CHECK_CODE(loop_stats(NULL, &stats), LOOP_EINVAL);
    CHECK_CODE(loop_stats_lane(NULL, 0, &lane), LOOP_EINVAL);
    CHECK_CODE(loop_stats_label(NULL, 0, &label), LOOP_EINVAL);
    CHECK_CODE(loop_stats_reset(NULL), LOOP_EINVAL);
    loop_t *loop = new_loop();
    SHOULD(loop_free(loop));
    CHECK_CODE(loop_stats(loop, &stats), LOOP_ECLOSED);
    CHECK_CODE(loop_stats_lane(loop, 0, &lane), LOOP_ECLOSED);
    CHECK_CODE(loop_stats_label(loop, 0, &label), LOOP_ECLOSED);
    CHECK_CODE(loop_stats_reset(loop), LOOP_ECLOSED);
}

static void a_closed_loop_still_tells_until_it_is_freed(void) {
    loop_t *loop = loop_of_one_worker();
    gate_t gate;
    int n = 0;
    gate_init(&gate);
    CHECK_ID(loop_work(loop, pass_gate, &gate, "gate", count_event, &n));
    CHECK_ID(loop_work(loop, do_nothing, NULL, "behind", count_event, &n));
    (void)stats_of(loop);
    await_begun(&gate);
    SHOULD(loop_close(loop));
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) >= 0);
    CHECK_INT(label_of(loop, "behind").canceled, 1);
    CHECK_INT(label_of(loop, "gate").running, 1);
    SHOULD(loop_stats_reset(loop));
    sem_post(&gate.open);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(label_of(loop, "gate").finished, 1);
    CHECK_INT(stats_of(loop).ids, 0);
    SHOULD(loop_free(loop));
}

static void *ask_elsewhere(void *arg) {
    loop_t *loop = arg;
    loop_stats_t stats = LOOP_STATS_INIT;
    loop_lane_stats_t lane = LOOP_LANE_STATS_INIT;
    loop_label_stats_t label = LOOP_LABEL_STATS_INIT;
    CHECK_CODE(loop_stats(loop, &stats), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_stats_lane(loop, 0, &lane), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_stats_label(loop, 0, &label), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_stats_reset(loop), LOOP_EWRONGTHREAD);
    return NULL;
}

static void another_thread_is_refused(void) {
    loop_t *loop = new_loop();
    pthread_t thread;
    (void)stats_of(loop);
    SHOULD(pthread_create(&thread, NULL, ask_elsewhere, loop));
    SHOULD(pthread_join(thread, NULL));
    SHOULD(loop_free(loop));
}

TEST_MAIN(warm_up(), T(labels_count_what_becomes_of_their_jobs), T(times_of_a_label_are_possible),
          T(tasks_of_the_library_have_labels_of_their_own),
          T(the_loop_counts_passes_events_ops_and_posts), T(refused_ops_are_counted_apart),
          T(retained_bytes_are_counted_and_their_peak_kept),
          T(a_reset_counts_anew_and_keeps_what_is_now),
          T(labels_keep_their_numbers_while_others_come), T(many_labels_share_the_last_place),
          T(equal_static_labels_in_other_memory_are_one),
          T(sizes_are_checked_and_the_rest_is_zeroed), T(lanes_out_of_range_are_refused),
          T(without_a_loop_there_is_nothing_to_tell),
          T(a_closed_loop_still_tells_until_it_is_freed), T(another_thread_is_refused))
