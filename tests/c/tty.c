/* SPDX-License-Identifier: MIT
 *
 * Terminals: modes and how they are put back, sizes and their changes. The terminals are
 * pseudo-terminals of the test's own.
 */
#include "net_rig.h"

#include <sys/ioctl.h>
#include <termios.h>

static int is_blocking(int fd) {
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

/* Both sides of a new pseudo-terminal. */
static int open_terminal(int *master_out, int *slave_out) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char path[64];
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 ||
        ptsname_r(master, path, sizeof path) != 0)
        return 0;
    *master_out = master;
    *slave_out = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    return *slave_out >= 0;
}

static int is_raw(int fd) {
    struct termios now;
    return tcgetattr(fd, &now) == 0 && (now.c_lflag & (tcflag_t)(ECHO | ICANON | ISIG)) == 0;
}

static int is_as_before(int fd, const struct termios *before) {
    struct termios now;
    return tcgetattr(fd, &now) == 0 && now.c_iflag == before->c_iflag &&
           now.c_oflag == before->c_oflag && now.c_cflag == before->c_cflag &&
           now.c_lflag == before->c_lflag && now.c_cc[VMIN] == before->c_cc[VMIN];
}

/* ---- Modes ----------------------------------------------------------------------------------- */

static void a_raw_terminal_gives_each_key_and_is_put_back(void) {
    for
        BOTH_BACKENDS {
            int master, slave;
            struct termios before;
            voice_t v = {0};
            loop_t *loop = loop_over(backends[b]);
            REQUIRE(open_terminal(&master, &slave) && tcgetattr(slave, &before) == 0);
            int64_t id = loop_adopt(loop, slave, LOOP_NET_KEEP, hear, &v);
            CHECK_INT(loop_net_type(loop, id), LOOP_NET_TTY);
            CHECK_CODE(loop_tty_mode(loop, id, LOOP_TTY_RAW), LOOP_OK);
            CHECK(is_raw(slave));
            CHECK_CODE(loop_read_start(loop, id, hear, &v), LOOP_OK);
            CHECK_INT(write(master, "k", 1), 1);
            run_until(loop, &v, 2);
            CHECK_STR(v.said, "od");
            CHECK_STR(v.data, "k");
            CHECK_CODE(loop_tty_mode(loop, id, LOOP_TTY_NORMAL), LOOP_OK);
            CHECK(is_as_before(slave, &before));
            CHECK_CODE(loop_tty_mode(loop, id, LOOP_TTY_IO), LOOP_OK);
            CHECK(is_raw(slave));
            CHECK_CODE(loop_tty_reset(), LOOP_OK);
            CHECK(is_as_before(slave, &before));
            CHECK_CODE(loop_tty_mode(loop, id, LOOP_TTY_RAW), LOOP_OK);
            CHECK_CODE(loop_net_close(loop, id), LOOP_OK);
            run_and_free(loop);
            CHECK(is_as_before(slave, &before));
            CHECK(is_blocking(slave));
            close(slave);
            close(master);
        }
}

static void a_cleared_terminal_is_put_back(void) {
    int master, slave;
    struct termios before;
    voice_t v = {0};
    loop_t *loop = loop_over(LOOP_BACKEND_AUTO);
    REQUIRE(open_terminal(&master, &slave) && tcgetattr(slave, &before) == 0);
    int64_t id = loop_adopt(loop, slave, LOOP_NET_KEEP, hear, &v);
    CHECK_CODE(loop_tty_mode(loop, id, LOOP_TTY_RAW), LOOP_OK);
    CHECK_CODE(loop_clear(loop, id), LOOP_OK);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK(is_as_before(slave, &before));
    close(slave);
    close(master);
}

static void the_last_id_of_a_terminal_puts_it_back(void) {
    int master, slave;
    struct termios before;
    voice_t one = {0}, two = {0};
    loop_t *loop = loop_over(LOOP_BACKEND_AUTO);
    REQUIRE(open_terminal(&master, &slave) && tcgetattr(slave, &before) == 0);
    int64_t first = loop_adopt(loop, slave, LOOP_NET_KEEP, hear, &one);
    int64_t second = loop_adopt(loop, slave, LOOP_NET_KEEP, hear, &two);
    CHECK_CODE(loop_tty_mode(loop, first, LOOP_TTY_RAW), LOOP_OK);
    CHECK_CODE(loop_tty_mode(loop, second, LOOP_TTY_RAW), LOOP_OK);
    CHECK_CODE(loop_net_close(loop, first), LOOP_OK);
    run_until(loop, &one, 1);
    CHECK(is_raw(slave));
    CHECK_CODE(loop_net_close(loop, second), LOOP_OK);
    run_and_free(loop);
    CHECK(is_as_before(slave, &before));
    close(slave);
    close(master);
}

static void a_terminal_is_opened_anew_for_its_mode(void) {
    int master, slave;
    voice_t v = {0};
    loop_t *loop = loop_over(LOOP_BACKEND_AUTO);
    REQUIRE(open_terminal(&master, &slave));
    int shells = dup(slave);
    int64_t id = loop_adopt(loop, slave, 0, hear, &v);
    CHECK_INT(loop_fileno(loop, id), slave);
    CHECK(!is_blocking(slave));
    CHECK(is_blocking(shells));
    CHECK_CODE(loop_net_close(loop, id), LOOP_OK);
    run_and_free(loop);
    close(shells);
    close(master);
}

static void the_other_side_of_a_terminal_ends(void) {
    for
        BOTH_BACKENDS {
            for (int which = 0; which < 2; which++) {
                int ends[2];
                voice_t v = {0};
                loop_t *loop = loop_over(backends[b]);
                REQUIRE(open_terminal(&ends[0], &ends[1]));
                int64_t id = loop_adopt(loop, ends[which], 0, hear, &v);
                CHECK_CODE(loop_read_start(loop, id, hear, &v), LOOP_OK);
                run_until(loop, &v, 1);
                close(ends[1 - which]);
                run_and_free(loop);
                CHECK_STR(v.said, "oe.");
            }
        }
}

static void what_is_no_terminal_has_no_mode_and_no_size(void) {
    int32_t fds[2];
    uint32_t columns, rows;
    voice_t v = {0};
    struct sigaction before, after;
    loop_t *loop = loop_over(LOOP_BACKEND_AUTO);
    CHECK_CODE(loop_pipe(fds), LOOP_OK);
    sigaction(SIGWINCH, NULL, &before);
    int64_t id = loop_adopt(loop, fds[0], 0, hear, &v);
    CHECK_CODE(loop_tty_mode(loop, id, LOOP_TTY_RAW), LOOP_ENOTSUP);
    CHECK_CODE(loop_tty_mode(loop, id, 3), LOOP_EINVAL);
    CHECK_CODE(loop_tty_size(loop, id, &columns, &rows), LOOP_ENOTSUP);
    CHECK_CODE(loop_tty_size(loop, id, NULL, &rows), LOOP_EINVAL);
    CHECK_CODE(loop_tty_size(loop, id, &columns, NULL), LOOP_EINVAL);
    sigaction(SIGWINCH, NULL, &after);
    CHECK(before.sa_handler == after.sa_handler);
    CHECK_CODE(loop_tty_reset(), LOOP_OK);
    close(fds[1]);
    CHECK_CODE(loop_clear(loop, id), LOOP_OK);
    run_and_free(loop);
}

/* ---- The end of a process -------------------------------------------------------------------- */

static void on_abort(int sig) {
    (void)sig;
    _exit(loop_tty_reset() == 0 ? 3 : 4);
}

static void ignore(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev, (void)user;
}

/* The process whose end is looked at: its standard input is the terminal. */
static void be_the_child(int argc, char **argv) {
    loop_t *loop;
    if (argc < 3 || strcmp(argv[1], "--child") != 0)
        return;
    if (loop_new(NULL, &loop) != 0)
        _exit(90);
    int64_t id = loop_adopt(loop, 0, LOOP_NET_KEEP, ignore, NULL);
    if (loop_tty_mode(loop, id, LOOP_TTY_RAW) != 0 || !is_raw(0))
        _exit(91);
    if (strcmp(argv[2], "exit") == 0)
        exit(3);
    signal(SIGABRT, on_abort);
    abort();
}

static void a_process_that_ends_puts_its_terminal_back(void) {
    static const char *const ways[] = {"exit", "abort"};
    for (size_t i = 0; i < 2; i++) {
        int master, slave, status = -1;
        pid_t pid;
        struct termios before;
        char self[] = "/proc/self/exe", option[] = "--child";
        char *arguments[] = {self, option, (char *)(uintptr_t)ways[i], NULL};
        posix_spawn_file_actions_t actions;
        REQUIRE(open_terminal(&master, &slave) && tcgetattr(slave, &before) == 0);
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, slave, 0);
        REQUIRE(posix_spawn(&pid, self, &actions, NULL, arguments, environ) == 0);
        posix_spawn_file_actions_destroy(&actions);
        CHECK_INT(waitpid(pid, &status, 0), pid);
        CHECK(WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), 3);
        CHECK(is_as_before(slave, &before));
        CHECK(is_blocking(slave));
        close(slave);
        close(master);
    }
}

static void a_forked_child_leaves_the_terminal_alone(void) {
    int master, slave, status = -1;
    voice_t v = {0};
    loop_t *loop = loop_over(LOOP_BACKEND_AUTO);
    REQUIRE(open_terminal(&master, &slave));
    int64_t id = loop_adopt(loop, slave, LOOP_NET_KEEP, hear, &v);
    CHECK_CODE(loop_tty_mode(loop, id, LOOP_TTY_RAW), LOOP_OK);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        exit(loop_tty_reset() == LOOP_EFORK && loop_tty_mode(loop, id, 0) == LOOP_EFORK ? 0 : 1);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_INT(status, 0);
    CHECK(is_raw(slave));
    CHECK_CODE(loop_net_close(loop, id), LOOP_OK);
    run_and_free(loop);
    close(slave);
    close(master);
}

/* ---- Sizes ----------------------------------------------------------------------------------- */

static int winches; /* atomic */

static void on_winch(int sig) {
    (void)sig;
    __atomic_add_fetch(&winches, 1, __ATOMIC_RELAXED);
}

static int64_t last_size;

static void note_size(loop_t *loop, const loop_event_t *ev, voice_t *v) {
    (void)loop, (void)v;
    if (is_told(ev, LOOP_NET_RESIZED))
        last_size = ev->num;
}

static void resize(int fd, uint16_t columns, uint16_t rows) {
    struct winsize size = {.ws_col = columns, .ws_row = rows};
    CHECK_INT(ioctl(fd, TIOCSWINSZ, &size), 0);
    kill(getpid(), SIGWINCH); /* the terminal is not that of this process's session */
}

static void a_change_of_the_size_is_told_and_the_handler_put_back(void) {
    for
        BOTH_BACKENDS {
            int master, slave;
            uint32_t columns = 0, rows = 0;
            voice_t v = {.on = note_size};
            struct sigaction host = {.sa_handler = on_winch}, now;
            loop_t *loop = loop_over(backends[b]);
            sigaction(SIGWINCH, &host, NULL);
            __atomic_store_n(&winches, 0, __ATOMIC_RELAXED);
            REQUIRE(open_terminal(&master, &slave));
            resize(master, 80, 24);
            CHECK_INT(__atomic_load_n(&winches, __ATOMIC_RELAXED), 1);
            int64_t id = loop_adopt(loop, slave, LOOP_NET_KEEP, hear, &v);
            run_until(loop, &v, 1);
            CHECK_CODE(loop_tty_size(loop, id, &columns, &rows), LOOP_OK);
            CHECK(columns == 80 && rows == 24);
            resize(master, 80, 24); /* none */
            resize(master, 132, 43);
            run_until(loop, &v, 2);
            CHECK_INT(last_size, (int64_t)132 << 32 | 43);
            CHECK_INT(__atomic_load_n(&winches, __ATOMIC_RELAXED), 3);
            CHECK_CODE(loop_net_close(loop, id), LOOP_OK);
            run_and_free(loop);
            CHECK_INT(v.count, 3);
            sigaction(SIGWINCH, NULL, &now);
            CHECK(now.sa_handler == on_winch);
            signal(SIGWINCH, SIG_DFL);
            close(slave);
            close(master);
        }
}

TEST_MAIN(be_the_child(argc, argv);
          warm_up(), T(a_raw_terminal_gives_each_key_and_is_put_back),
          T(a_cleared_terminal_is_put_back), T(the_last_id_of_a_terminal_puts_it_back),
          T(a_terminal_is_opened_anew_for_its_mode), T(the_other_side_of_a_terminal_ends),
          T(what_is_no_terminal_has_no_mode_and_no_size),
          T(a_process_that_ends_puts_its_terminal_back),
          T(a_forked_child_leaves_the_terminal_alone),
          T(a_change_of_the_size_is_told_and_the_handler_put_back))
