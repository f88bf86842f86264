/* SPDX-License-Identifier: MIT
 *
 * The modes of a terminal: a raw one gives each key, what it was is put back when the stream ends;
 * its size is told; what is no terminal has neither.
 */
#include "net.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static int terminal;

static void say_mode(const char *when) {
    struct termios mode;
    if (tcgetattr(terminal, &mode) != 0)
        exit(1);
    say("%s: echo %s, lines %s", when, (mode.c_lflag & ECHO) != 0 ? "on" : "off",
        (mode.c_lflag & ICANON) != 0 ? "on" : "off");
}

static void on_key(loop_t *loop, const loop_event_t *ev, party_t *p) {
    if (is_told(ev, LOOP_NET_DATA)) {
        say("a key: %.*s", (int)ev->len, (const char *)ev->data);
        must(loop_tty_mode(loop, p->id, LOOP_TTY_NORMAL));
        say_mode("normal");
        must(loop_tty_mode(loop, p->id, LOOP_TTY_IO));
        say_mode("io");
        must(loop_net_close(loop, p->id));
    }
    if (is_final(ev))
        say_mode("ended");
}

int main(void) {
    party_t keys = {.name = "keys", .on = on_key}, reader = {.name = "reader"};
    loop_t *loop = new_loop();
    struct winsize size = {.ws_col = 91, .ws_row = 37};
    uint32_t columns = 0, rows = 0;
    int32_t fds[2];
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        return 1;
    terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (terminal < 0 || ioctl(terminal, TIOCSWINSZ, &size) != 0)
        return 1;
    take_over(loop, &keys, terminal, LOOP_NET_KEEP);
    say("a terminal: %s", must(loop_net_type(loop, keys.id)) == LOOP_NET_TTY ? "yes" : "no");
    must(loop_tty_size(loop, keys.id, &columns, &rows));
    say("%u columns, %u rows", columns, rows);
    say_mode("before");
    must(loop_tty_mode(loop, keys.id, LOOP_TTY_RAW));
    say_mode("raw");
    must(loop_read_start(loop, keys.id, hear, &keys));
    if (write(master, "k", 1) != 1)
        return 1;
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_pipe(fds));
    take_over(loop, &reader, fds[0], 0);
    say("mode of a pipe: %s", loop_err_name(loop_tty_mode(loop, reader.id, LOOP_TTY_RAW)));
    say("size of a pipe: %s", loop_err_name(loop_tty_size(loop, reader.id, &columns, &rows)));
    must(loop_clear(loop, reader.id));
    run_and_free(loop);
    say_party(&keys);
    return 0;
}
