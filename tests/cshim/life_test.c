/* SPDX-License-Identifier: MIT
 *
 * Making, owning, closing and freeing loops; panics; forks; the trace.
 */
// sources: libloop/cshim/*.c tests/cshim/fake_*.c

#include "shim_fixture.h"

#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

CB(nothing) {
    UNUSED;
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void options_out_of_range_are_refused(void) {
    loop_t *loop = NULL;
    CHECK_INT(loop_new(NULL, NULL), LOOP_EINVAL);
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        loop_options_t options = LOOP_OPTIONS_INIT;                                                \
        change;                                                                                    \
        CHECK_INT(loop_new(&options, &loop), LOOP_EINVAL);                                         \
        CHECK(loop == NULL);                                                                       \
    } while (0)
    REFUSED(options.size = 4);
    REFUSED(options.flags = 2);
    REFUSED(options.backend = 4);
    REFUSED(options.workers = 1025);
    REFUSED(options.event_capacity = 65537);
    REFUSED(options.worker_idle_ns = -2);
    REFUSED(options.free_wait_ns = -2);
    REFUSED(options.ca_pem_len = 1);
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.backend = LOOP_BACKEND_KQUEUE;
    CHECK_INT(loop_new(&options, &loop), LOOP_ENOTSUP);
    setenv("LOOP_BACKEND", "poll", 1); /* the fake engine has only epoll */
    CHECK_INT(loop_new(NULL, &loop), LOOP_ENOTSUP);
    setenv("LOOP_BACKEND", "nonsense", 1);
    CHECK_INT(loop_new(NULL, &loop), LOOP_EINVAL);
    options.backend = LOOP_BACKEND_EPOLL;
    SHOULD(loop_new(&options, &loop));
    unsetenv("LOOP_BACKEND");
    CHECK_STR(loop_backend_name(loop), "epoll");
    SHOULD(loop_free(loop));
}

static void newer_options_are_taken_when_what_is_new_is_zero(void) {
    struct {
        loop_options_t known;
        uint64_t more;
    } options;
    loop_t *loop = NULL;
    memset(&options, 0, sizeof options);
    options.known.size = sizeof options;
    SHOULD(loop_new(&options.known, &loop));
    SHOULD(loop_free(loop));
    options.more = 1;
    CHECK_INT(loop_new(&options.known, &loop), LOOP_EINVAL);
}

static void the_default_loop_is_one_until_it_is_freed(void) {
    loop_t *loop = loop_default();
    CHECK(loop != NULL && loop_default() == loop);
    SHOULD(loop_free(loop));
    loop_t *next = loop_default();
    CHECK(next != NULL && next != loop);
    SHOULD(loop_free(next));
}

static void a_thousand_loops_need_the_memory_of_a_few(void) {
    uint32_t loops = 0;
    for (int i = 0; i < 1000; i++) {
        loop_t *loop = new_loop();
        loop_set_timeout(loop, 0, nothing, NULL);
        run_and_free(loop);
    }
    for (loop_t *loop = loop__all_loops(); loop != NULL; loop = loop->all_next)
        loops++;
    CHECK(loops <= 40);
    CHECK_INT(fake_engines, 0);
}

/* ---- Owning ---------------------------------------------------------------------------------- */

static void *try_alive(void *arg) {
    static int64_t got;
    got = loop_alive(arg);
    return &got;
}

static int64_t alive_elsewhere(loop_t *loop) {
    void *got;
    pthread_join(spawn(try_alive, loop), &got);
    return *(int64_t *)got;
}

static void another_thread_is_refused_until_the_owner_detaches(void) {
    loop_t *loop = new_loop();
    CHECK_INT(loop_alive(loop), 0);
    CHECK_INT(alive_elsewhere(loop), LOOP_EWRONGTHREAD);
    SHOULD(loop_detach(loop));
    CHECK_INT(alive_elsewhere(loop), 0);
    CHECK_INT(loop_alive(loop), LOOP_EWRONGTHREAD);
    CHECK_INT(loop_free(loop), LOOP_EWRONGTHREAD);
    loop->owner = LOOP__NOBODY; /* the thread is gone */
    SHOULD(loop_free(loop));
}

CB(ask_elsewhere) {
    (void)ev;
    (void)user;
    CHECK_INT(alive_elsewhere(loop), LOOP_EWRONGTHREAD);
    CHECK(loop_set_timeout(loop, 0, say_user, "nested") > 0);
}

static void a_movable_loop_is_claimed_for_each_call(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop;
    options.flags = LOOP_MOVABLE;
    SHOULD(loop_new(&options, &loop));
    CHECK_INT(loop_alive(loop), 0);
    CHECK_INT(alive_elsewhere(loop), 0);
    loop_set_timeout(loop, 0, ask_elsewhere, NULL);
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_SAID("nested");
    CHECK_INT(alive_elsewhere(loop), 0);
    SHOULD(loop_free(loop));
}

/* ---- Ending ---------------------------------------------------------------------------------- */

static sem_t gate, started;

static int32_t wait_at_the_gate(void *arg, loop_value_t *out) {
    (void)out;
    sem_post(&started);
    while (sem_wait(&gate) != 0) {
    }
    return (int32_t)(intptr_t)arg;
}

CB(say_more) {
    say_user(loop, ev, user);
    if ((ev->flags & LOOP_EV_MORE) != 0)
        say("more");
}

static void freeing_waits_for_host_functions_up_to_its_limit(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop;
    options.free_wait_ns = 5 * MS;
    SHOULD(loop_new(&options, &loop));
    sem_init(&gate, 0, 0);
    sem_init(&started, 0, 0);
    loop_work(loop, wait_at_the_gate, NULL, NULL, say_more, "job");
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), 1);
    while (sem_wait(&started) != 0) {
    }
    CHECK_INT(loop_free(loop), LOOP_EBUSY);
    CHECK_SAID("job LOOP_ECANCELED more");
    CHECK_INT(loop_free(loop), LOOP_EBUSY);
    CHECK_INT(loop_alive(loop), 0);
    sem_post(&gate);
    while (loop_free(loop) == LOOP_EBUSY)
        continue;
    CHECK_SAID("job LOOP_ECANCELED");
}

CB(stop_in_free) {
    say_user(loop, ev, user);
    SHOULD(loop_stop(loop));
    CHECK_INT(loop_set_timeout(loop, 0, nothing, NULL), LOOP_ECLOSED);
    CHECK_INT(loop_set_immediate(loop, nothing, NULL), LOOP_ECLOSED);
    CHECK_INT(loop_post(loop, 0, nothing, NULL), LOOP_ECLOSED);
    SHOULD(loop_next_tick(loop, say_user, "tick"));
}

static void freeing_delivers_every_final_event_in_spite_of_stop(void) {
    loop_t *loop = new_loop();
    SHOULD(loop_hold(loop));
    SHOULD(loop_post(loop, 0, say_user, "post"));
    loop_set_timeout(loop, SECOND, stop_in_free, "timer");
    loop_set_interval(loop, SECOND, stop_in_free, "interval");
    loop_start_idle(loop, stop_in_free, "idle");
    SHOULD(loop_free(loop));
    CHECK_SAID("post timer LOOP_ECANCELED tick interval LOOP_ECANCELED tick idle LOOP_ECANCELED "
               "tick");
}

static void what_was_queued_before_the_close_ends_in_order(void) {
    loop_t *loop = new_loop();
    loop_set_timeout(loop, SECOND, say_user, "timer");
    SHOULD(loop_close(loop));
    CHECK_INT(loop_close(loop), LOOP_ECLOSED);
    CHECK_INT(loop_set_timeout(loop, 0, say_user, "never"), LOOP_ECLOSED);
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_SAID("timer LOOP_ECANCELED");
    SHOULD(loop_free(loop));
}

/* ---- Panics ---------------------------------------------------------------------------------- */

static void panic_in(loop_t *loop) {
    CHECK_INT(loop__control(loop, FAKE_OP_PANIC, 0, 0, 0), 0);
}

static void after_a_panic_every_id_gets_its_final_event(void) {
    loop_t *loop = new_loop();
    CHECK_STR(loop_last_panic(loop), "");
    loop_set_timeout(loop, SECOND, say_user, "taken");
    CHECK_INT(loop_alive(loop), 1);
    panic_in(loop);
    loop_set_timeout(loop, SECOND, say_user, "not-taken");
    loop_set_immediate(loop, say_user, "immediate");
    SHOULD(loop_post(loop, 0, say_user, "post"));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_EPANIC);
    CHECK_SAID("taken LOOP_EPANIC post LOOP_EPANIC immediate LOOP_EPANIC not-taken LOOP_EPANIC");
    CHECK_STR(loop_last_panic(loop), "a fake panic");
    CHECK_INT(loop_set_timeout(loop, 0, nothing, NULL), LOOP_EPANIC);
    CHECK_INT(loop_set_immediate(loop, nothing, NULL), LOOP_EPANIC);
    CHECK_INT(loop_next_tick(loop, nothing, NULL), LOOP_EPANIC);
    CHECK_INT(loop_alive(loop), LOOP_EPANIC);
    CHECK_INT(loop_post(loop, 0, nothing, NULL), LOOP_EPANIC);
    CHECK_INT(loop_close(loop), LOOP_EPANIC);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_EPANIC);
    close(loop->shared.wake_fd); /* leaked with the engine */
    close(loop->shared.poll_fd);
    SHOULD(loop_free(loop));
    CHECK_STR(loop_last_panic(loop), "a fake panic");
    CHECK_INT(loop_free(loop), LOOP_ECLOSED);
}

CB(panic_now) {
    (void)ev;
    say(user);
    panic_in(loop);
    CHECK_INT(loop_alive(loop), LOOP_EPANIC);
    sem_post(&gate);
}

static void the_batch_is_delivered_when_a_callback_makes_the_engine_panic(void) {
    loop_t *loop = new_loop();
    sem_init(&gate, 0, 0);
    sem_init(&started, 0, 0);
    loop_work(loop, wait_at_the_gate, NULL, NULL, say_user, "job");
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), 1);
    while (sem_wait(&started) != 0) {
    }
    loop_set_timer_at(loop, 1, panic_now, "panic");
    loop_set_timer_at(loop, 2, say_user, "due");
    SHOULD(loop_next_tick(loop, say_user, "tick"));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_EPANIC);
    CHECK_SAID("tick panic due job LOOP_EPANIC");
    close(loop->shared.wake_fd);
    close(loop->shared.poll_fd);
    SHOULD(loop_free(loop));
}

static void a_host_gets_the_final_events_in_turns_and_then_the_code(void) {
    loop_t *loop = new_loop();
    loop_event_t events[4];
    loop_op_t ops[3];
    uint64_t id;
    SHOULD(loop_take_ids(loop, 4, &id));
    memset(ops, 0, sizeof ops);
    ops[0] = (loop_op_t){.code = LOOP_OP_TIMER, .id = id, .arg = INT64_MAX, .user = 5};
    ops[1] = (loop_op_t){.code = FAKE_OP_PANIC};
    loop_turn_t turn = {.size = sizeof turn,
                        .loop = loop,
                        .ops = ops,
                        .events = events,
                        .op_count = 1,
                        .op_stride = sizeof ops[0],
                        .event_capacity = 4,
                        .event_stride = sizeof events[0]};
    SHOULD(loop_turn(&turn));
    turn.op_count = 0;
    panic_in(loop);
    SHOULD(loop_turn(&turn));
    CHECK_INT(turn.event_count, 1);
    CHECK_INT(events[0].user, 5);
    CHECK_INT(events[0].status, LOOP_EPANIC);
    CHECK_INT(loop_turn(&turn), LOOP_EPANIC);
    close(loop->shared.wake_fd);
    close(loop->shared.poll_fd);
    SHOULD(loop_free(loop));
}

/* ---- Forks ----------------------------------------------------------------------------------- */

/* In the child: 0 when every call is refused and its descriptors are closed. */
static int child_finds_all_refused(loop_t *loop, int fds_closed) {
    loop_t *made = NULL;
    uint64_t id;
    loop_turn_t turn = {.size = sizeof turn, .loop = loop};
    const int64_t codes[] = {
        loop_new(NULL, &made),
        loop_free(loop),
        loop_free(NULL),
        loop_run(loop, LOOP_RUN_DEFAULT),
        loop_set_timeout(loop, 0, nothing, NULL),
        loop_set_immediate(loop, nothing, NULL),
        loop_next_tick(loop, nothing, NULL),
        loop_post(loop, 0, nothing, NULL),
        loop_stop(loop),
        loop_wake(loop),
        loop_hold(loop),
        loop_close(loop),
        loop_turn(&turn),
        loop_turn(NULL),
        loop_take_ids(loop, 1, &id),
        loop_alive(loop),
        loop_now(loop),
        loop_detach(loop),
        loop_fix_signal_handlers(),
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] != LOOP_EFORK)
            return 10 + (int)i;
    if (loop_default() != NULL || loop_abi_version() != LOOP_ABI_VERSION)
        return 2;
    return fds_closed && loop->shared.poll_fd != -1 ? 3 : 0;
}

static void check_child(pid_t pid) {
    int status = -1;
    CHECK(pid > 0);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
}

static void a_forked_child_is_refused_and_the_parent_unharmed(void) {
    if (UNDER_TSAN)
        SKIP("TSan does not follow forks of threaded programs");
    loop_t *loop = new_loop();
    loop_set_timeout(loop, MS, say_user, "timer");
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), 1);
    pid_t pid = fork();
    if (pid == 0)
        _exit(child_finds_all_refused(loop, 1));
    check_child(pid);
    pid = (pid_t)syscall(SYS_fork); /* no handler of pthread_atfork runs */
    if (pid == 0)
        _exit(child_finds_all_refused(loop, 0));
    check_child(pid);
    run_and_free(loop);
    CHECK_SAID("timer");
}

/* ---- The trace ------------------------------------------------------------------------------- */

static int64_t last_ns, falls, records[16];

static void count_record(const loop_trace_t *record, void *user) {
    falls += record->time_ns < last_ns || record->size != sizeof *record || user != &falls;
    last_ns = record->time_ns;
    records[record->kind]++;
}

static int32_t return_0(void *arg, loop_value_t *out) {
    (void)arg, (void)out;
    return 0;
}

static void the_trace_is_ordered_over_all_threads(void) {
    loop_t *loop = new_loop();
    falls = last_ns = 0;
    memset(records, 0, sizeof records);
    SHOULD(loop_trace(loop, count_record, &falls));
    for (int i = 0; i < 1000; i++)
        loop_work(loop, return_0, NULL, NULL, nothing, NULL);
    loop_set_immediate(loop, nothing, NULL);
    run_and_free(loop);
    CHECK_INT(falls, 0);
    CHECK_INT(records[LOOP_TRACE_REGISTER], 1001);
    CHECK_INT(records[LOOP_TRACE_JOB_START], 1000);
    CHECK_INT(records[LOOP_TRACE_JOB_END], 1000);
    CHECK_INT(records[LOOP_TRACE_EVENT], 1);
    CHECK_INT(records[LOOP_TRACE_POLLER_CLOSE], 1);
    CHECK_INT(records[LOOP_TRACE_FINISHED], 1);
}

static void the_trace_writes_the_lines_of_the_book(void) {
    loop_t *loop = new_loop();
    char text[1024] = "";
    int fds[2];
    REQUIRE(pipe(fds) == 0);
    SHOULD(loop_trace_fd(loop, fds[1], LOOP_TRACE_BOOK));
    loop_set_timeout(loop, 0, nothing, NULL);
    run_and_free(loop);
    CHECK(read(fds[0], text, sizeof text - 1) > 0);
    CHECK_STR(text, "Thread: main\t Registered timer event id: 1\n"
                    "Thread: main\t ===== TICK 1 =====\n"
                    "Thread: epoll\t received event of type: Close\n"
                    "Thread: main\t FINISHED\n");
    close(fds[0]);
    close(fds[1]);
}

static void the_trace_writes_one_json_object_a_line(void) {
    char label[3000], text[8192];
    memset(label, 'x', sizeof label);
    memcpy(label, "\"\\\n", 3);
    label[sizeof label - 1] = '\0';
    loop_trace_t record = {.kind = LOOP_TRACE_EVENT,
                           .time_ns = 5,
                           .id = 7,
                           .seq = 8,
                           .thread = "main",
                           .label = "a\"b\\c\n",
                           .num = -1,
                           .status = LOOP_EINVAL,
                           .code = LOOP_OP_TIMER};
    uint64_t len = loop__trace_format(&record, LOOP_TRACE_JSON, text, sizeof text);
    text[len] = '\0';
    CHECK_STR(text, "{\"time_ns\":5,\"kind\":\"event\",\"thread\":\"main\",\"id\":7,\"seq\":8,"
                    "\"label\":\"a\\\"b\\\\c\\u000a\",\"num\":-1,\"status\":\"LOOP_EINVAL\","
                    "\"op\":\"timer\"}\n");
    record.label = label;
    CHECK(loop__trace_format(&record, LOOP_TRACE_JSON, text, 10) > sizeof label);
}

static void a_pipe_without_a_reader_ends_the_trace_not_the_process(void) {
    loop_t *loop = new_loop();
    int fds[2];
    REQUIRE(pipe(fds) == 0);
    close(fds[0]);
    SHOULD(loop_trace_fd(loop, fds[1], LOOP_TRACE_JSON));
    loop_set_timeout(loop, 0, say_user, "timer");
    run_and_free(loop);
    CHECK_SAID("timer");
    close(fds[1]);
}

/* ---- Signals --------------------------------------------------------------------------------- */

static void handlers_get_sa_onstack_when_asked(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_IGN;
    sigaction(SIGUSR2, &action, NULL);
    (void)loop_fix_signal_handlers();
    action.sa_handler = (void (*)(int))(uintptr_t)check_child;
    sigaction(SIGUSR1, &action, NULL);
    CHECK_INT(loop_fix_signal_handlers(), 1);
    CHECK_INT(loop_fix_signal_handlers(), 0);
    sigaction(SIGUSR1, NULL, &action);
    CHECK((action.sa_flags & SA_ONSTACK) != 0);
    sigaction(SIGUSR2, NULL, &action);
    CHECK((action.sa_flags & SA_ONSTACK) == 0);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
}

TEST_MAIN((void)0, T(options_out_of_range_are_refused),
          T(newer_options_are_taken_when_what_is_new_is_zero),
          T(the_default_loop_is_one_until_it_is_freed),
          T(a_thousand_loops_need_the_memory_of_a_few),
          T(another_thread_is_refused_until_the_owner_detaches),
          T(a_movable_loop_is_claimed_for_each_call),
          T(freeing_waits_for_host_functions_up_to_its_limit),
          T(freeing_delivers_every_final_event_in_spite_of_stop),
          T(what_was_queued_before_the_close_ends_in_order),
          T(after_a_panic_every_id_gets_its_final_event),
          T(the_batch_is_delivered_when_a_callback_makes_the_engine_panic),
          T(a_host_gets_the_final_events_in_turns_and_then_the_code),
          T(a_forked_child_is_refused_and_the_parent_unharmed),
          T(the_trace_is_ordered_over_all_threads), T(the_trace_writes_the_lines_of_the_book),
          T(the_trace_writes_one_json_object_a_line),
          T(a_pipe_without_a_reader_ends_the_trace_not_the_process),
          T(handlers_get_sa_onstack_when_asked))
