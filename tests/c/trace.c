/* SPDX-License-Identifier: MIT
 *
 * The trace tells every step once, in order, with time, thread, id and label: to a callback, or as
 * lines to a descriptor.
 */
#include "loops.h"
#include "said.h"

#include <pthread.h>

#define LINES 8192

static const char *const kinds[] = {"",      "register", "control", "refused", "pass",
                                    "turn",  "phase",    "event",   "job+",    "job-",
                                    "ready", "worker!",  "poller!", "finished"};

static struct {
    int64_t ids[2];
    int64_t last_ns;
    int wrong;    /* records that are not as they should be */
    int finished; /* a record after it is wrong */
    pthread_t main;
    const char *backend;
} seen;

/* Says "kind:label#seq" of what has a label, under the lock that orders all records. */
static void on_record(const loop_trace_t *record, void *user) {
    char word[128];
    int worker = record->kind == LOOP_TRACE_JOB_START || record->kind == LOOP_TRACE_JOB_END ||
                 record->kind == LOOP_TRACE_WORKER_CLOSE;
    int poller = record->kind == LOOP_TRACE_READY || record->kind == LOOP_TRACE_POLLER_CLOSE;
    seen.wrong += user != &seen || record->size != sizeof *record || seen.finished ||
                  record->time_ns < seen.last_ns || record->kind == 0 ||
                  record->kind > LOOP_TRACE_FINISHED || record->label == NULL ||
                  strcmp(record->thread, worker   ? "pool0"
                                         : poller ? seen.backend
                                                  : "main") != 0 ||
                  (pthread_equal(pthread_self(), seen.main) != 0) == worker;
    seen.last_ns = record->time_ns;
    seen.finished = record->kind == LOOP_TRACE_FINISHED;
    switch (record->kind) {
    case LOOP_TRACE_PASS:
    case LOOP_TRACE_TURN: /* as many as there are sleeps and batches */
        seen.wrong += record->seq == 0;
        return;
    case LOOP_TRACE_PHASE:
        snprintf(word, sizeof word, "%s*%d", record->label, (int)record->num);
        break;
    case LOOP_TRACE_POLLER_CLOSE:
        snprintf(word, sizeof word, "poller!");
        break;
    case LOOP_TRACE_READY:
        if (record->id == 0) /* a timeout */
            return;
        /* fall through */
    default:
        snprintf(word, sizeof word, "%s:%s", kinds[record->kind], record->label);
        break;
    }
    say(word);
    if (record->status != 0)
        say(loop_err_name(record->status));
    for (size_t i = 0; i < 2; i++)
        seen.wrong += record->id == (uint64_t)seen.ids[i] && record->id != 0 &&
                      record->kind != LOOP_TRACE_CONTROL && record->seq != i + 1;
}

static loop_t *traced_loop(void) {
    loop_t *loop = NULL;
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.workers = 1;
    memset(&seen, 0, sizeof seen);
    seen.main = pthread_self();
    CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
    seen.backend = loop_backend_name(loop);
    CHECK_CODE(loop_trace(loop, on_record, &seen), LOOP_OK);
    return loop;
}

static void refuse_one(loop_t *loop) {
    loop_event_t events[4];
    loop_op_t op;
    loop_turn_t turn;
    memset(&op, 0, sizeof op);
    memset(&turn, 0, sizeof turn);
    op.code = 999;
    turn.size = sizeof turn;
    turn.flags = LOOP_TURN_SUBMIT;
    turn.loop = loop;
    turn.ops = &op;
    turn.events = events;
    turn.op_count = 1;
    turn.op_stride = sizeof op;
    turn.event_stride = sizeof events[0];
    CHECK_CODE(loop_turn(&turn), LOOP_OK);
}

CB(nothing) {
    UNUSED;
}

static void what_happens_is_told_in_its_order(void) {
    int fds[2];
    REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
    loop_t *loop = traced_loop();
    CHECK_CODE(loop_next_op(loop, 0, "lunch"), LOOP_OK);
    seen.ids[0] = loop_set_timeout(loop, 0, nothing, NULL);
    CHECK_SAID("control:label register:lunch"); /* at its call */
    seen.ids[1] = loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_ONESHOT, nothing, NULL);
    CHECK_CODE(loop_unref(loop, seen.ids[1]), LOOP_OK);
    refuse_one(loop);
    CHECK_SAID("register:poll control:unref refused: LOOP_EINVAL");
    CHECK_ID(loop_set_immediate(loop, nothing, NULL));
    CHECK_CODE(loop_post(loop, 7, nothing, NULL), LOOP_OK);
    CHECK_SAID("register:immediate");
    CHECK(loop_run(loop, LOOP_RUN_DEFAULT) >= 0);
    CHECK_SAID(
        "timers*1 event:lunch pending*1 event: LOOP_EINVAL poll*1 event:post event:immediate");
    CHECK_CODE(loop_ref(loop, seen.ids[1]), LOOP_OK);
    CHECK_INT(write(fds[1], "x", 1), 1);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_SAID("control:ref poll*1 ready:poll event:poll");
    CHECK_ID(loop_work(loop, do_nothing, NULL, "File read", nothing, NULL));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_SAID("register:File read job+:File read job-:File read poll*1 event:File read");
    CHECK_ID(loop_set_timeout(loop, 3600 * SECOND, nothing, NULL));
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_SAID("register:timer closing*1 event:timer LOOP_ECANCELED "
               "worker!:work poller! finished:loop");
    CHECK_INT(seen.wrong, 0);
    close(fds[0]);
    close(fds[1]);
}

static void a_trace_that_is_off_tells_nothing_and_numbers_go_on(void) {
    loop_t *loop = traced_loop();
    CHECK_CODE(loop_trace(loop, NULL, NULL), LOOP_OK);
    CHECK_ID(loop_set_timeout(loop, 0, nothing, NULL));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_SAID("");
    CHECK_CODE(loop_trace(loop, on_record, &seen), LOOP_OK);
    seen.ids[1] = loop_set_timeout(loop, 0, nothing, NULL); /* the second one, told or not */
    CHECK_CODE(loop_trace(loop, NULL, NULL), LOOP_OK);
    CHECK_SAID("register:timer");
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_SAID("");
    CHECK_INT(seen.wrong, 0);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* What a file of the temp folder holds, and no longer. */
static int new_file(void) {
    FILE *file = tmpfile();
    int fd = file != NULL ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;
    if (file != NULL)
        fclose(file);
    return fd;
}

static char text[LINES];

static void read_back(int fd) {
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    text[len > 0 ? len : 0] = '\0';
}

/* Whether a line is an object with these three fields first, its strings closed. */
static int is_json(const char *line, size_t len) {
    int64_t time_ns;
    char kind[16], thread[16];
    int quoted = 0, used = 0;
    if (sscanf(line, "{\"time_ns\":%" SCNd64 ",\"kind\":\"%15[a-z_]\",\"thread\":\"%15[a-z0-9]\"%n",
               &time_ns, kind, thread, &used) != 3 ||
        used == 0 || time_ns <= 0)
        return 0;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20)
            return 0;
        if (quoted && line[i] == '\\')
            i++;
        else
            quoted ^= line[i] == '"';
    }
    return !quoted && line[len - 1] == '}';
}

static void json_lines_are_objects_whatever_the_label(void) {
    int fd = new_file(), lines = 0;
    loop_t *loop = new_loop();
    REQUIRE(fd >= 0);
    CHECK_CODE(loop_trace_fd(loop, fd, LOOP_TRACE_JSON), LOOP_OK);
    CHECK_CODE(loop_next_op(loop, 0, "a \"quoted\\ label\"\n\t\x01 gr\xc3\xbc\xc3\x9f"), LOOP_OK);
    CHECK_ID(loop_set_timeout(loop, 0, nothing, NULL));
    CHECK_ID(loop_work(loop, do_nothing, NULL, "job", nothing, NULL));
    refuse_one(loop);
    run_and_free(loop);
    read_back(fd);
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1, lines++)
        if (!is_json(line, (size_t)(end - line)))
            harness_fail(__FILE__, __LINE__, "no JSON: %.*s", (int)(end - line), line);
    CHECK(lines > 15);
    CHECK(
        strstr(text,
               ",\"label\":\"a \\\"quoted\\\\ label\\\"\\u000a\\u0009\\u0001 gr\xc3\xbc\xc3\x9f\","
               "\"op\":\"timer\"}\n") != NULL);
    CHECK(strstr(text, "\"kind\":\"refused\",\"thread\":\"main\",\"status\":\"LOOP_EINVAL\"") !=
          NULL);
    CHECK(strstr(text, "\"kind\":\"job_start\",\"thread\":\"pool") != NULL);
    CHECK(strstr(text, "\"kind\":\"phase\",\"thread\":\"main\",\"label\":\"timers\",\"num\":1,"
                       "\"phase\":\"timers\"}") != NULL);
    CHECK_STR(strrchr(text, '{') != NULL ? strstr(strrchr(text, '{'), "\"kind\"") : NULL,
              "\"kind\":\"finished\",\"thread\":\"main\",\"label\":\"loop\"}\n");
    close(fd);
}

static void book_lines_are_the_book_s(void) {
    int fd = new_file(), fds[2];
    loop_t *loop = NULL;
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.workers = 1;
    REQUIRE(fd >= 0 && pipe2(fds, O_CLOEXEC) == 0);
    CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
    CHECK_CODE(loop_trace_fd(loop, fd, LOOP_TRACE_BOOK), LOOP_OK);
    CHECK_ID(loop_set_timeout(loop, 0, nothing, NULL));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(write(fds[1], "x", 1), 1);
    CHECK_ID(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_ONESHOT, nothing, NULL));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_ID(loop_work(loop, do_nothing, NULL, "Encrypt", nothing, NULL));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    read_back(fd);
    /* How many passes there are is not the trace's to say. */
    for (char *tick; (tick = strstr(text, "Thread: main\t ===== TICK ")) != NULL;) {
        char *end = strchr(tick, '\n');
        REQUIRE(end != NULL && end[-1] == '=');
        memmove(tick, end + 1, strlen(end));
    }
    CHECK_STR(text, "Thread: main\t Registered timer event id: 1\n"
                    "Thread: main\t Event with id: 2 registered.\n"
                    "Thread: epoll\t epoll event 2 is ready\n"
                    "Thread: pool0\t received a task of type: Encrypt\n"
                    "Thread: pool0\t finished running a task of type: Encrypt.\n"
                    "Thread: pool0\t received a task of type: Close\n"
                    "Thread: epoll\t received event of type: Close\n"
                    "Thread: main\t FINISHED\n");
    close(fd);
    close(fds[0]);
    close(fds[1]);
}

static void bad_sinks_are_refused_and_the_old_one_stays(void) {
    loop_t *loop = traced_loop();
    CHECK_CODE(loop_trace_fd(loop, 1, 0), LOOP_EINVAL);
    CHECK_CODE(loop_trace_fd(loop, 1, 3), LOOP_EINVAL);
    CHECK_CODE(loop_trace_fd(loop, -2, LOOP_TRACE_JSON), LOOP_EINVAL);
    CHECK_ID(loop_set_timeout(loop, 0, nothing, NULL));
    CHECK_SAID("register:timer");
    CHECK_CODE(loop_trace_fd(loop, -1, 0), LOOP_OK);
    run_and_free(loop);
    CHECK_SAID("");
}

TEST_MAIN(warm_up(), T(what_happens_is_told_in_its_order),
          T(a_trace_that_is_off_tells_nothing_and_numbers_go_on),
          T(json_lines_are_objects_whatever_the_label), T(book_lines_are_the_book_s),
          T(bad_sinks_are_refused_and_the_old_one_stays))
