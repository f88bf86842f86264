/* SPDX-License-Identifier: MIT
 *
 * The standard input and output of a process, whatever they are: pipe, file, null device, terminal,
 * socket. The process is this program again; it copies its input to its output.
 */
#include "net_rig.h"

#include <sys/socket.h>
#include <termios.h>

static int is_blocking(int fd) {
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

/* ---- The process that copies ----------------------------------------------------------------- */

static int64_t output;
static int failures;

static void on_output(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)user;
    failures += ev->status != 0;
}

static void on_input(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    failures += ev->status != 0;
    if (is_told(ev, LOOP_NET_DATA))
        failures += loop_send(loop, output, ev->data, ev->len) != 0;
    if (is_told(ev, LOOP_NET_END)) /* it may be the socket that is also the output */
        failures += loop_net_close(loop, (int64_t)ev->id) != 0;
    if ((ev->flags & LOOP_EV_MORE) == 0)
        failures += loop_net_close(loop, output) != 0;
}

static void be_the_child(int argc, char **argv) {
    loop_t *loop;
    if (argc < 2 || strcmp(argv[1], "--copy") != 0)
        return;
    if (loop_new(NULL, &loop) != 0)
        exit(90);
    int64_t input = loop_adopt(loop, 0, LOOP_NET_KEEP | LOOP_NET_HALF_OPEN, on_input, NULL);
    output = loop_adopt(loop, 1, LOOP_NET_KEEP, on_output, NULL);
    if (loop_read_start(loop, input, on_input, NULL) != 0)
        exit(91);
    loop_run(loop, LOOP_RUN_DEFAULT);
    exit(loop_free(loop) == 0 && failures == 0 && is_blocking(0) && is_blocking(1) ? 0 : 92);
}

/* Starts it with these; they stay open here. */
static pid_t start(int in, int out) {
    char self[] = "/proc/self/exe", option[] = "--copy";
    char *arguments[] = {self, option, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    CHECK_INT(posix_spawn(&pid, self, &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static void ends_well(pid_t pid) {
    int status = -1;
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_INT(status, 0);
}

/* Reads to the end, or until so many bytes came. */
static size_t read_all(int fd, char *out, size_t room) {
    size_t n = 0;
    while (n < room) {
        ssize_t got = read(fd, out + n, room - n);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    return n;
}

#define BYTES 300000
static char sent[BYTES], came[BYTES + 1];

static void fill(void) {
    for (size_t i = 0; i < BYTES; i++)
        sent[i] = (char)(i * 31 + i / 251);
    memset(came, 0, sizeof came);
}

static int file_with(const char *bytes, size_t n) {
    FILE *file = tmpfile();
    CHECK(file != NULL && fwrite(bytes, 1, n, file) == n && fflush(file) == 0);
    int fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
    fclose(file);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void a_file_is_copied_to_a_pipe(void) {
    int out[2], in;
    fill();
    REQUIRE(pipe2(out, O_CLOEXEC) == 0);
    in = file_with(sent, BYTES);
    pid_t pid = start(in, out[1]);
    close(out[1]);
    CHECK_INT(read_all(out[0], came, sizeof came), BYTES);
    CHECK(memcmp(sent, came, BYTES) == 0);
    ends_well(pid);
    close(out[0]);
    close(in);
}

static void a_pipe_is_copied_to_a_file(void) {
    int in[2], out;
    REQUIRE(pipe2(in, O_CLOEXEC) == 0);
    out = file_with("before", 6);
    lseek(out, 6, SEEK_SET);
    pid_t pid = start(in[0], out);
    CHECK_INT(write(in[1], " and after", 10), 10);
    CHECK(is_blocking(in[0]) && is_blocking(in[1]));
    close(in[1]);
    close(in[0]);
    ends_well(pid);
    memset(came, 0, sizeof came);
    lseek(out, 0, SEEK_SET);
    CHECK_INT(read_all(out, came, sizeof came), 16);
    CHECK_STR(came, "before and after");
    close(out);
}

static void the_null_device_is_an_empty_input_and_takes_all(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), in;
    ends_well(start(null, null));
    in = file_with(sent, BYTES);
    ends_well(start(in, null));
    close(in);
    close(null);
}

static void a_socket_is_copied_to_a_socket(void) {
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    pid_t pid = start(pair[1], pair[1]);
    close(pair[1]);
    CHECK_INT(write(pair[0], "both ways", 9), 9);
    shutdown(pair[0], SHUT_WR);
    memset(came, 0, sizeof came);
    CHECK_INT(read_all(pair[0], came, sizeof came), 9);
    CHECK_STR(came, "both ways");
    ends_well(pid);
    close(pair[0]);
}

static void a_terminal_is_copied_line_by_line(void) {
    char path[64];
    struct termios mode;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    REQUIRE(ptsname_r(master, path, sizeof path) == 0);
    int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(slave >= 0 && tcgetattr(slave, &mode) == 0);
    mode.c_lflag &= ~(tcflag_t)ECHO;
    mode.c_oflag &= ~(tcflag_t)OPOST;
    REQUIRE(tcsetattr(slave, TCSANOW, &mode) == 0);
    pid_t pid = start(slave, slave);
    CHECK_INT(write(master, "line\n\4", 6), 6); /* and the end of the input */
    memset(came, 0, sizeof came);
    CHECK_INT(read_all(master, came, 5), 5);
    CHECK_STR(came, "line\n");
    ends_well(pid);
    CHECK(is_blocking(slave));
    close(slave);
    close(master);
}

TEST_MAIN(be_the_child(argc, argv);
          warm_up(), T(a_file_is_copied_to_a_pipe), T(a_pipe_is_copied_to_a_file),
          T(the_null_device_is_an_empty_input_and_takes_all), T(a_socket_is_copied_to_a_socket),
          T(a_terminal_is_copied_line_by_line))
