/* SPDX-License-Identifier: MIT
 *
 * SIGPIPE: no peer that goes away, and no reader that is missing, ends the host's process, whatever
 * the host does with the signal; and what the host's own writes do stays as it was.
 */
#include "dlopened.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

static int handled; /* atomic */

static void on_pipe(int sig) {
    (void)sig;
    __atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
}

/* A pipe that nobody reads. */
static int broken_pipe(void) {
    int fds[2];
    CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
    close(fds[0]);
    return fds[1];
}

/* ---- A peer that goes away -------------------------------------------------------------------- */

typedef struct peer {
    int fd, port, times;
    pthread_t thread;
} peer_t;

/* Takes connections and resets them with the request unread. */
static void *reset_connections(void *arg) {
    peer_t *peer = arg;
    struct linger none = {1, 0};
    for (int i = 0; i < peer->times; i++) {
        char byte;
        int fd = accept(peer->fd, NULL, NULL);
        if (!CHECK(fd >= 0))
            return NULL;
        CHECK_INT(read(fd, &byte, 1), 1);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        close(fd);
    }
    return NULL;
}

static void start_peer(peer_t *peer, int times) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->times = times;
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(peer->fd, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(peer->fd, 64), 0);
    CHECK_INT(getsockname(peer->fd, (struct sockaddr *)&address, &len), 0);
    peer->port = ntohs(address.sin_port);
    CHECK_INT(pthread_create(&peer->thread, NULL, reset_connections, peer), 0);
}

static void count_failure(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    *(int *)user += ev->status < 0;
}

static void requests_to_a_peer_that_resets(loop_t *loop) {
    enum { TIMES = 8 };
    static char body[4 << 20];
    loop_http_t request = LOOP_HTTP_INIT;
    char url[64];
    peer_t peer;
    int failures = 0;
    start_peer(&peer, TIMES);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", peer.port);
    request.method = "POST";
    request.url = url;
    request.body = body;
    request.body_len = sizeof body;
    request.flags = LOOP_HTTP_NO_KEEPALIVE;
    for (int i = 0; i < TIMES; i++)
        CHECK(lib.loop_http(loop, &request, count_failure, &failures) > 0);
    CHECK_INT(lib.loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(failures, TIMES);
    pthread_join(peer.thread, NULL);
    close(peer.fd);
}

/* ---- Host functions and the trace ------------------------------------------------------------- */

static int32_t write_to_nobody(void *arg, loop_value_t *out) {
    errno = 0;
    out->num = write((int)(intptr_t)arg, "x", 1) < 0 ? errno : 0;
    out->kind = LOOP_KIND_INT;
    return 0;
}

static void note_number(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    *(int64_t *)user = ev->num;
}

static void jobs_that_write_to_nobody(loop_t *loop) {
    int64_t got = 0;
    int fd = broken_pipe();
    for (int i = 0; i < 3; i++) {
        CHECK(lib.loop_work(loop, write_to_nobody, (void *)(intptr_t)fd, NULL, note_number, &got) >
              0);
        CHECK_INT(lib.loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_INT(got, EPIPE);
    }
    close(fd);
}

static void a_trace_that_nobody_reads(loop_t *loop) {
    int n = 0, fd = broken_pipe();
    CHECK_INT(lib.loop_trace_fd(loop, fd, LOOP_TRACE_JSON), 0);
    CHECK(lib.loop_set_timeout(loop, 0, count_one, &n) > 0);
    CHECK(lib.loop_work(loop, nothing_to_do, NULL, NULL, count_one, &n) > 0);
    CHECK_INT(lib.loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(n, 2);
    CHECK_INT(lib.loop_trace_fd(loop, -1, LOOP_TRACE_JSON), 0);
    close(fd);
}

static void everything_that_could_raise_it(void) {
    loop_t *loop = NULL;
    CHECK_INT(lib.loop_new(NULL, &loop), 0);
    if (loop == NULL)
        return;
    a_trace_that_nobody_reads(loop);
    jobs_that_write_to_nobody(loop);
    requests_to_a_peer_that_resets(loop);
    CHECK_INT(lib.loop_free(loop), 0);
}

static int is_pending(void) {
    sigset_t set;
    sigpending(&set);
    return sigismember(&set, SIGPIPE);
}

static void with_the_default_action_the_process_lives(void) {
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    REQUIRE(load_library());
    everything_that_could_raise_it();
    CHECK_INT(is_pending(), 0);
}

static void ignored_it_stays_ignored(void) {
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    REQUIRE(load_library());
    everything_that_could_raise_it();
    int fd = broken_pipe();
    CHECK_INT(write(fd, "x", 1), -1); /* the host's own */
    CHECK_INT(errno, EPIPE);
    close(fd);
}

static void a_handler_hears_of_the_host_s_writes_only(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_pipe;
    CHECK_INT(sigaction(SIGPIPE, &action, NULL), 0);
    REQUIRE(load_library());
    everything_that_could_raise_it();
    CHECK_INT(handled, 0);
    int fd = broken_pipe();
    CHECK_INT(write(fd, "x", 1), -1);
    CHECK_INT(errno, EPIPE);
    CHECK_INT(handled, 1);
    close(fd);
}

static void a_handler_installed_after_loading_does_too(void) {
    struct sigaction action;
    REQUIRE(load_library());
    memset(&action, 0, sizeof action);
    action.sa_handler = on_pipe;
    action.sa_flags = SA_ONSTACK;
    CHECK_INT(sigaction(SIGPIPE, &action, NULL), 0);
    everything_that_could_raise_it();
    CHECK_INT(handled, 0);
}

/* Runs in a process of its own that is to end by the signal. */
static void die_of_the_host_s_own_write(void) {
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    REQUIRE(load_library());
    use_a_loop();
    CHECK_INT(write(broken_pipe(), "x", 1), -1);
}

static void the_host_s_own_write_ends_it_as_ever(void) {
    int status = spawn_self("--alone", "die_of_the_host_s_own_write");
    CHECK(WIFSIGNALED(status));
    CHECK_INT(WTERMSIG(status), SIGPIPE);
}

/* A standard output that is gone, or that nobody reads. */
static void a_closed_standard_output_ends_nothing(void) {
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    REQUIRE(load_library());
    int keep = dup(STDOUT_FILENO), nobody = broken_pipe();
    loop_t *loop = NULL;
    int n = 0;
    fflush(stdout);
    CHECK_INT(lib.loop_new(NULL, &loop), 0);
    CHECK_INT(dup2(nobody, STDOUT_FILENO), STDOUT_FILENO);
    CHECK_INT(lib.loop_trace_fd(loop, STDOUT_FILENO, LOOP_TRACE_BOOK), 0);
    CHECK(lib.loop_set_timeout(loop, 0, count_one, &n) > 0);
    CHECK_INT(lib.loop_run(loop, LOOP_RUN_DEFAULT), 0);
    close(STDOUT_FILENO);
    CHECK(lib.loop_work(loop, nothing_to_do, NULL, NULL, count_one, &n) > 0);
    CHECK_INT(lib.loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(lib.loop_free(loop), 0);
    CHECK_INT(dup2(keep, STDOUT_FILENO), STDOUT_FILENO);
    CHECK_INT(n, 2);
}

static void run_doomed(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[2], "die_of_the_host_s_own_write") == 0)
        die_of_the_host_s_own_write();
}

TEST_MAIN(run_doomed(argc, argv), T_ALONE(with_the_default_action_the_process_lives),
          T_ALONE(ignored_it_stays_ignored), T_ALONE(a_handler_hears_of_the_host_s_writes_only),
          T_ALONE(a_handler_installed_after_loading_does_too),
          T(the_host_s_own_write_ends_it_as_ever), T_ALONE(a_closed_standard_output_ends_nothing))
