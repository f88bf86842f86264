/* SPDX-License-Identifier: MIT
 *
 * Descriptors come before the bytes that they were sent with, in their order, and work; a stream
 * that does not want them gets the bytes alone.
 */
#include "net.h"

#include <unistd.h>

static void use_descriptor(loop_t *loop, const loop_event_t *ev, party_t *p) {
    char text[32] = "";
    (void)loop, (void)p;
    if (!is_told(ev, LOOP_NET_FD))
        return;
    ssize_t n = read((int)ev->num, text, sizeof text - 1);
    say("a descriptor: %.*s", (int)n, text);
    close((int)ev->num);
}

/* Sends the read end of a pipe that has a text. */
static void pass(loop_t *loop, const party_t *from, const char *text, const char *with) {
    int32_t fds[2];
    must(loop_pipe(fds));
    if (write(fds[1], text, strlen(text)) < 0)
        say("no pipe");
    must(loop_send_fd(loop, from->id, fds[0], with, strlen(with)));
    close(fds[0]); /* at once */
    close(fds[1]);
}

static void talk(uint32_t flags) {
    party_t sender = {.name = "sender"}, receiver = {.name = "receiver", .on = use_descriptor};
    loop_t *loop = new_loop();
    int32_t fds[2];
    must(loop_socketpair(LOOP_NET_UNIX, fds));
    take_over(loop, &sender, fds[0], 0);
    take_over(loop, &receiver, fds[1], flags);
    must(loop_read_start(loop, receiver.id, hear, &receiver));
    pass(loop, &sender, "first", "1st ");
    pass(loop, &sender, "second", "2nd ");
    must(loop_send(loop, sender.id, "no more", 7));
    loop_credentials_t peer = {.size = sizeof peer};
    must(loop_peer_credentials(loop, receiver.id, &peer));
    say("the peer is this process: %s", peer.pid == (int32_t)getpid() ? "yes" : "no");
    say("what is not open: %s", loop_err_name(loop_send_fd(loop, sender.id, fds[1] + 900, "x", 1)));
    say("without bytes: %s", loop_err_name(loop_send_fd(loop, sender.id, 0, "", 0)));
    must(loop_net_close(loop, sender.id));
    run_and_free(loop);
    say("received: %s", receiver.text);
    say("it ended with %s", strrchr(receiver.heard, ' ') + 1);
}

static void to_a_pipe(void) {
    party_t writer = {.name = "writer"};
    loop_t *loop = new_loop();
    int32_t fds[2];
    must(loop_pipe(fds));
    take_over(loop, &writer, fds[1], 0);
    say("over a pipe: %s", loop_err_name(loop_send_fd(loop, writer.id, 0, "x", 1)));
    must(loop_clear(loop, writer.id));
    run_and_free(loop);
    close(fds[0]);
}

int main(void) {
    say("-- wanted");
    talk(LOOP_NET_FDS);
    say("-- not wanted");
    talk(0);
    to_a_pipe();
    return 0;
}
