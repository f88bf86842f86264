/* SPDX-License-Identifier: MIT
 *
 * Forks. In a child that goes on without exec every call is refused at once, the child ends well,
 * and the parent does not notice. Programs that are started find no descriptor of the library.
 */
#include "crypto_calls.h"
#include "dns_calls.h"
#include "fs_calls.h"
#include "loops.h"
#include "net_calls.h"
#include "zip_calls.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>

CB(never) {
    UNUSED;
    harness_fail(__FILE__, __LINE__, "a callback ran in a forked child");
}

static int32_t never_run(void *arg, loop_value_t *out) {
    (void)arg;
    (void)out;
    harness_fail(__FILE__, __LINE__, "a host function ran in a forked child");
    return 0;
}

#define REFUSED(call) CHECK_CODE((call), LOOP_EFORK)
#define REFUSED_TOO(call) REFUSED(call);

static void every_call_is_refused(loop_t *loop, int64_t id) {
    loop_t *other = NULL;
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_http_t request = LOOP_HTTP_INIT;
    loop_stats_t stats = LOOP_STATS_INIT;
    loop_lane_stats_t lane = LOOP_LANE_STATS_INIT;
    loop_label_stats_t label = LOOP_LABEL_STATS_INIT;
    loop_event_t event;
    loop_turn_t turn;
    uint64_t first = 0;
    int64_t ns = 0;
    loop_address_t address;
    memset(&event, 0, sizeof event);
    memset(&turn, 0, sizeof turn);
    turn.size = sizeof turn;
    turn.loop = loop;
    turn.op_stride = sizeof(loop_op_t);
    turn.event_stride = sizeof(loop_event_t);
    request.url = "http://127.0.0.1:1/";
    REFUSED(loop_new(&options, &other));
    REFUSED(loop_new(NULL, NULL));
    CHECK(other == NULL);
    CHECK(loop_default() == NULL);
    REFUSED(loop_run(loop, LOOP_RUN_DEFAULT));
    REFUSED(loop_run_for(loop, LOOP_RUN_DEFAULT, SECOND));
    REFUSED(loop_turn(&turn));
    REFUSED(loop_dispatch(loop, &event, 1));
    REFUSED(loop_stop(loop));
    REFUSED(loop_wake(loop));
    REFUSED(loop_unwound(loop));
    REFUSED(loop_alive(loop));
    REFUSED(loop_now(loop));
    REFUSED(loop_hold(loop));
    REFUSED(loop_unhold(loop));
    REFUSED(loop_backend_fd(loop));
    REFUSED(loop_backend_timeout(loop, &ns));
    REFUSED(loop_take_ids(loop, 1, &first));
    REFUSED(loop_next_op(loop, 1, "label"));
    REFUSED(loop_ref(loop, id));
    REFUSED(loop_unref(loop, id));
    REFUSED(loop_has_ref(loop, id));
    REFUSED(loop_cancel(loop, id));
    REFUSED(loop_clear(loop, id));
    REFUSED(loop_set_timeout(loop, 0, never, NULL));
    REFUSED(loop_set_interval(loop, 1, never, NULL));
    REFUSED(loop_set_timer_at(loop, 0, never, NULL));
    REFUSED(loop_clear_timer(loop, id));
    REFUSED(loop_refresh_timer(loop, id));
    REFUSED(loop_timer_due_in(loop, id, &ns));
    REFUSED(loop_set_immediate(loop, never, NULL));
    REFUSED(loop_next_tick(loop, never, NULL));
    REFUSED(loop_queue_microtask(loop, never, NULL));
    REFUSED(loop_start_idle(loop, never, NULL));
    REFUSED(loop_start_prepare(loop, never, NULL));
    REFUSED(loop_start_check(loop, never, NULL));
    REFUSED(loop_poll_fd(loop, STDIN_FILENO, LOOP_READABLE, LOOP_POLL_LEVEL, never, NULL));
    REFUSED(loop_poll_modify(loop, id, LOOP_READABLE));
    REFUSED(loop_write(loop, id, "", 0, never, NULL));
    REFUSED(loop_write_borrowed(loop, id, "", 0, never, NULL));
    REFUSED(loop_end(loop, id));
    REFUSED(loop_pause(loop, id));
    REFUSED(loop_resume(loop, id));
    REFUSED(loop_post(loop, 1, never, NULL));
    REFUSED(loop_work(loop, never_run, NULL, NULL, never, NULL));
    REFUSED(loop_work_lane(loop, LOOP_LANE_CPU, never_run, NULL, NULL, never, NULL));
    REFUSED(loop_set_workers(loop, LOOP_LANE_HOST, 2));
    REFUSED(loop_set_queue_limit(loop, LOOP_LANE_HOST, 2));
    REFUSED(loop_http(loop, &request, never, NULL));
    REFUSED(loop_http_get(loop, request.url, never, NULL));
    REFUSED(loop_watch_path(loop, "/", 0, never, NULL));
    EACH_CRYPTO_CALL(REFUSED_TOO, loop, never)
    EACH_ZIP_CALL(REFUSED_TOO, loop, never)
    EACH_DNS_CALL(REFUSED_TOO, loop, never)
    EACH_FS_CALL(REFUSED_TOO, loop, never)
    REFUSED(loop_stats(loop, &stats));
    REFUSED(loop_stats(loop, NULL));
    REFUSED(loop_stats_lane(loop, LOOP_LANE_HOST, &lane));
    REFUSED(loop_stats_label(loop, 0, &label));
    REFUSED(loop_stats_reset(loop));
    EACH_NET_MAKER(REFUSED_TOO, loop, never)
    EACH_NET_CALL(REFUSED_TOO, loop, id, never, &address, &ns)
    REFUSED(loop_trace(loop, NULL, NULL));
    REFUSED(loop_trace_fd(loop, -1, LOOP_TRACE_JSON));
    REFUSED(loop_fix_signal_handlers());
    REFUSED(loop_detach(loop));
    REFUSED(loop_close(loop));
    REFUSED(loop_free(loop));
    REFUSED(loop_free(NULL));
    REFUSED(loop_stop(NULL));
    REFUSED(loop_post(NULL, 1, never, NULL));
}

static void pure_calls_work(void) {
    CHECK_STR(loop_version(), LOOP_VERSION_STRING);
    CHECK_INT(loop_abi_version(), LOOP_ABI_VERSION);
    CHECK_STR(loop_err_name(LOOP_EFORK), "LOOP_EFORK");
    CHECK(strlen(loop_strerror(LOOP_EFORK)) > 10);
    CHECK_INT(loop_err_from_errno(EPIPE), LOOP_EPIPE);
    CHECK_INT(loop_timing_safe_equal("same", "same", 4), 1);
}

/* What a test's child does; then it ends with 0 if nothing failed. */
static void child_ends(void) {
    fflush(stdout);
    _exit(harness.bad != 0);
}

static void await_child(pid_t pid) {
    int status = -1;
    if (!CHECK(pid > 0))
        return;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    CHECK_INT(status, 0);
}

/* ---- The child -------------------------------------------------------------------------------- */

static void in_a_child_every_call_is_refused_at_once(void) {
    int n = 0;
    loop_t *loop = new_loop();
    int64_t id = loop_set_timeout(loop, MS, count_event, &n);
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) > 0);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(20);
        int64_t start = clock_ns();
        every_call_is_refused(loop, id);
        CHECK(clock_ns() - start < SECOND / 2); /* 120 calls */
        pure_calls_work();
        child_ends();
    }
    await_child(pid);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(n, 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* A fork that the C library does not see: its handlers do not run. */
static void a_bare_fork_system_call_is_noticed_too(void) {
    int n = 0;
    loop_t *loop = new_loop();
    int64_t id = loop_set_timeout(loop, MS, count_event, &n);
    fflush(stdout);
#if defined(SYS_fork)
    pid_t pid = (pid_t)syscall(SYS_fork);
#else
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
    if (pid == 0) {
        alarm(20);
        every_call_is_refused(loop, id);
        child_ends();
    }
    await_child(pid);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(n, 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void a_child_of_a_child_is_refused_too(void) {
    loop_t *loop = new_loop();
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(20);
        pid_t inner = fork();
        if (inner == 0) {
            every_call_is_refused(loop, 1);
            child_ends();
        }
        await_child(inner);
        child_ends();
    }
    await_child(pid);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void a_child_ends_well_with_exit(void) {
    int n = 0;
    loop_t *loop = new_loop();
    CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, count_event, &n));
    CHECK_ID(loop_set_timeout(loop, 3600 * SECOND, count_event, &n));
    CHECK(loop_run_for(loop, LOOP_RUN_DEFAULT, MS) > 0);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(20);
        exit(0); /* handlers of atexit and destructors of libraries run */
    }
    await_child(pid);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* ---- The parent ------------------------------------------------------------------------------- */

typedef struct busy {
    int fds[2], timers, jobs, posts, readable;
} busy_t;

CB(on_readable) {
    busy_t *busy = user;
    char byte;
    CHECK_CODE(ev->status, LOOP_OK);
    CHECK_INT(read(busy->fds[0], &byte, 1), 1);
    if (++busy->readable == 20)
        CHECK_CODE(loop_clear(loop, (int64_t)ev->id), LOOP_OK);
}

CB(fork_and_write) {
    busy_t *busy = user;
    if (++busy->timers == 20)
        CHECK_CODE(loop_clear(loop, (int64_t)ev->id), LOOP_OK);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(20);
        REFUSED(loop_wake(loop));
        REFUSED(loop_post(loop, 1, never, NULL));
        REFUSED(loop_set_timeout(loop, 0, never, NULL));
        child_ends();
    }
    await_child(pid);
    CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, count_event, &busy->jobs));
    CHECK_CODE(loop_post(loop, 1, count_event, &busy->posts), LOOP_OK);
    CHECK_INT(write(busy->fds[1], "x", 1), 1);
}

/* Twenty children, each made in a callback of a loop with everything in use. */
static void the_parent_loses_nothing(void) {
    busy_t busy = {{-1, -1}, 0, 0, 0, 0};
    loop_t *loop = new_loop();
    CHECK_INT(pipe2(busy.fds, O_CLOEXEC), 0);
    CHECK_ID(loop_poll_fd(loop, busy.fds[0], LOOP_READABLE, LOOP_POLL_LEVEL, on_readable, &busy));
    CHECK_ID(loop_set_interval(loop, MS, fork_and_write, &busy));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(busy.timers, 20);
    CHECK_INT(busy.jobs, 20);
    CHECK_INT(busy.posts, 20);
    CHECK_INT(busy.readable, 20);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    close(busy.fds[0]);
    close(busy.fds[1]);
}

static int32_t fork_in_worker(void *arg, loop_value_t *out) {
    (void)out;
    pid_t pid = fork();
    if (pid == 0)
        _exit(loop_post(arg, 1, never, NULL) == LOOP_EFORK ? 0 : 1);
    await_child(pid);
    return 0;
}

static void a_host_function_may_fork(void) {
    int n = 0;
    loop_t *loop = new_loop();
    for (int i = 0; i < 8; i++)
        CHECK_ID(loop_work(loop, fork_in_worker, loop, NULL, count_event, &n));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(n, 8);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* A child that lives on must not keep what the parent watches, nor wake its loop. */
static void a_child_that_lives_on_does_not_disturb(void) {
    int fds[2], go[2], readable = 0;
    loop_t *loop = new_loop();
    CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
    CHECK_INT(pipe2(go, O_CLOEXEC), 0);
    CHECK_ID(loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_ONESHOT, count_event, &readable));
    CHECK(loop_run(loop, LOOP_RUN_NOWAIT) > 0);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        alarm(60);
        close(go[1]);
        while (read(go[0], &byte, 1) < 0 && errno == EINTR) {
        }
        _exit(0);
    }
    CHECK_INT(write(fds[1], "x", 1), 1);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(readable, 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    close(go[1]);
    close(go[0]);
    await_child(pid);
    close(fds[0]);
    close(fds[1]);
}

/* ---- Programs that are started ---------------------------------------------------------------- */

CB(start_programs) {
    static char name[] = "true";
    static char *arguments[] = {name, NULL};
    UNUSED;
    for (int i = 0; i < 3; i++) {
        pid_t pid = -1;
        CHECK_INT(posix_spawnp(&pid, "true", NULL, NULL, arguments, environ), 0);
        await_child(pid);
        pid = fork();
        if (pid == 0) {
            execvp("true", arguments);
            _exit(99);
        }
        await_child(pid);
    }
    ++*(int *)user;
}

static void programs_may_be_started_from_a_callback(void) {
    int started = 0, n = 0;
    loop_t *loop = new_loop();
    for (int i = 0; i < 5; i++) {
        CHECK_ID(loop_set_timeout(loop, i * MS, start_programs, &started));
        CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, count_event, &n));
    }
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(started, 5);
    CHECK_INT(n, 5);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* Descriptors that a program started now would inherit. What the host itself was started with may
 * be among them, but no epoll or eventfd: those are the library's. */
static int inherited(void) {
    int n = 0;
    char path[300], link[32];
    DIR *dir = opendir("/proc/self/fd");
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || fd <= STDERR_FILENO)
            continue;
        if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0)
            continue;
        n++;
        memset(link, 0, sizeof link);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (readlink(path, link, sizeof link - 1) > 0 && strncmp(link, "anon_inode:", 11) == 0)
            harness_fail(__FILE__, __LINE__, "descriptor %d (%s) is inherited", fd, link);
    }
    closedir(dir);
    return n;
}

static int before; /* when nothing of the library was used */
static int seen;

static int32_t look_from_worker(void *arg, loop_value_t *out) {
    (void)arg;
    out->num = inherited();
    return 0;
}

CB(note_number) {
    (void)loop;
    *(int *)user = (int)ev->num;
}

CB(look) {
    UNUSED;
    seen = inherited();
}

static void no_descriptor_of_the_library_is_inherited(void) {
    int from_worker = -1, n = 0;
    loop_t *loop = new_loop();
    CHECK_INT(inherited(), before);
    for (int i = 0; i < 10; i++) /* with connections being made */
        CHECK_ID(loop_http_get(loop, "http://localhost:1/", count_event, &n));
    CHECK_ID(loop_work(loop, look_from_worker, NULL, NULL, note_number, &from_worker));
    CHECK_ID(loop_set_timeout(loop, 0, look, NULL));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(seen, before);
    CHECK_INT(from_worker, before);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void begin(void) {
    before = inherited();
    warm_up();
}

TEST_MAIN(begin(), T(in_a_child_every_call_is_refused_at_once),
          T(a_bare_fork_system_call_is_noticed_too), T(a_child_of_a_child_is_refused_too),
          T(a_child_ends_well_with_exit), T(the_parent_loses_nothing), T(a_host_function_may_fork),
          T(a_child_that_lives_on_does_not_disturb), T(programs_may_be_started_from_a_callback),
          T(no_descriptor_of_the_library_is_inherited))
