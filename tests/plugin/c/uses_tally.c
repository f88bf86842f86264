/* SPDX-License-Identifier: MIT
 *
 * A program that uses libloop and the module Tally together, and checks what comes of it.
 */
#include "tally.h"

#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int passed, failures;

static void check(int holds, const char *fact) {
    printf("%s plugin c %s\n", holds ? "ok" : "FAIL", fact);
    passed += holds;
    failures += !holds;
}

/* ---- What the trace saw of the module -------------------------------------------------------- */

typedef struct seen {
    int jobs;           /* jobs of the label "Tally" that workers took */
    int jobs_elsewhere; /* ... on a thread that is not poolN */
    int lines_ready;    /* the poller's reports for the label "Lines" */
} seen_t;

static void see(const loop_trace_t *record, void *user) {
    seen_t *seen = user;
    if (record->kind == LOOP_TRACE_JOB_START && strcmp(record->label, "Tally") == 0) {
        seen->jobs++;
        seen->jobs_elsewhere += strncmp(record->thread, "pool", 4) != 0;
    }
    if (record->kind == LOOP_TRACE_READY && strcmp(record->label, "Lines") == 0) {
        seen->lines_ready++;
    }
}

/* ---- Lines come in, their words are counted on the pool -------------------------------------- */

typedef struct story {
    int writer;
    int lines;
    int words[4];
    int counted;
    int ended;
} story_t;

static void counted(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    story_t *story = user;
    int64_t count = -1;
    loop_event_int(ev, &count);
    if (story->counted < 4) {
        story->words[story->counted++] = (int)count;
    }
}

static void write_second_half(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev;
    story_t *story = user;
    const char *text = " jumps over\nthe lazy dog and sleeps";
    if (write(story->writer, text, strlen(text)) < 0) {
        perror("write");
    }
    close(story->writer);
}

static void line_came(loop_t *loop, const char *line, size_t len, void *user) {
    story_t *story = user;
    if (line == NULL) {
        story->ended++;
        return;
    }
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)len, line);
    if (story->lines++ == 0) { /* in the check phase: the poller has to report once more */
        loop_set_immediate(loop, write_second_half, story);
    }
    tally_words(loop, text, counted, story);
}

static void lines_and_words(loop_t *loop, seen_t *seen) {
    int ends[2];
    if (pipe(ends) != 0) {
        perror("pipe");
        failures++;
        return;
    }
    story_t story = {.writer = ends[1]};
    /* One worker, so that the counts come in the order of the lines. */
    loop_set_workers(loop, LOOP_LANE_HOST, 1);
    check(tally_lines(loop, ends[0], line_came, &story) == 0, "a_module_adds_a_descriptor_event");
    const char *text = "the quick brown\nfox";
    check(write(story.writer, text, strlen(text)) > 0, "the_program_writes_the_first_half");
    int64_t left = loop_run(loop, LOOP_RUN_DEFAULT);
    check(left == 0 && story.lines == 3 && story.ended == 1,
          "three_lines_and_the_end_arrive_across_partial_writes");
    check(story.counted == 3 && story.words[0] == 3 && story.words[1] == 3 && story.words[2] == 5,
          "the_modules_jobs_count_the_words_of_each_line");
    check(seen->jobs == 3 && seen->jobs_elsewhere == 0, "the_modules_jobs_run_on_the_pool");
    check(seen->lines_ready >= 2, "the_trace_names_the_modules_descriptor");
    check(tally_live() == 0, "final_events_give_the_modules_memory_back");
    close(ends[0]);
}

/* ---- Errors ---------------------------------------------------------------------------------- */

typedef struct outcome {
    int calls;
    int32_t status;
    char text[64];
} outcome_t;

static void note_outcome(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    outcome_t *outcome = user;
    outcome->calls++;
    outcome->status = ev->status;
    const char *text = NULL;
    uint64_t len = 0;
    if (loop_event_error(ev, &text, &len) == 0) {
        snprintf(outcome->text, sizeof outcome->text, "%.*s", (int)len, text);
    }
}

static void errors_of_the_module(loop_t *loop) {
    outcome_t outcome = {0};
    tally_words(loop, "one two\x01", note_outcome, &outcome);
    loop_run(loop, LOOP_RUN_DEFAULT);
    check(outcome.calls == 1 && outcome.status == LOOP_EINVAL &&
              strcmp(outcome.text, "tally one two") == 0,
          "an_error_of_the_modules_job_reaches_the_callback");
    check(tally_words(loop, NULL, note_outcome, &outcome) == LOOP_EINVAL && outcome.calls == 1,
          "bad_arguments_are_refused_without_a_callback");
    check(tally_lines(loop, -1, line_came, NULL) == LOOP_EINVAL, "a_bad_descriptor_is_refused");
}

/* ---- Cancel ---------------------------------------------------------------------------------- */

static sem_t gate;

static int32_t wait_at_gate(void *arg, loop_value_t *out) {
    (void)arg, (void)out;
    while (sem_wait(&gate) != 0) {
    }
    return LOOP_OK;
}

static void ignore(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev, (void)user;
}

static void open_gate(loop_t *loop, const loop_event_t *ev, void *user) {
    note_outcome(loop, ev, user);
    sem_post(&gate);
}

static void cancel_a_waiting_job(loop_t *loop) {
    outcome_t outcome = {0};
    sem_init(&gate, 0, 0);
    loop_work(loop, wait_at_gate, NULL, "Gate", ignore, NULL);
    int64_t id = tally_words(loop, "never counted", open_gate, &outcome);
    check(loop_cancel(loop, id) == 0, "a_job_of_the_module_can_be_cancelled");
    loop_run(loop, LOOP_RUN_DEFAULT);
    check(outcome.calls == 1 && outcome.status == LOOP_ECANCELED,
          "a_cancelled_job_ends_with_ECANCELED_once");
    check(tally_live() == 0, "a_cancelled_job_gives_its_memory_back");
    sem_destroy(&gate);
}

/* ---- The end --------------------------------------------------------------------------------- */

static void free_with_the_module_alive(loop_t *loop) {
    int ends[2];
    if (pipe(ends) != 0) {
        perror("pipe");
        failures++;
        return;
    }
    story_t story = {.writer = ends[1]};
    tally_lines(loop, ends[0], line_came, &story);
    check(loop_free(loop) == 0 && story.ended == 1 && tally_live() == 0,
          "free_ends_what_the_module_left_alive");
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    loop_t *loop = NULL;
    seen_t seen = {0};
    if (loop_new(NULL, &loop) != 0 || loop_trace(loop, see, &seen) != 0) {
        fputs("loop_new failed\n", stderr);
        return 1;
    }
    lines_and_words(loop, &seen);
    errors_of_the_module(loop);
    cancel_a_waiting_job(loop);
    free_with_the_module_alive(loop);
    printf("%d passed, %d failed, 0 skipped\n", passed, failures);
    return failures == 0 ? 0 : 1;
}
