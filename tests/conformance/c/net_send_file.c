/* SPDX-License-Identifier: MIT
 *
 * Parts of a file go between what is sent before and after; a file that ends before says how much
 * there was; what is no file is named, and the stream goes on.
 */
#include "net.h"

#include <fcntl.h>
#include <unistd.h>

CB(on_sent) {
    (void)loop;
    say("%s: %s, %lld bytes", (const char *)user, loop_err_name(ev->status), (long long)ev->num);
}

#define SEND(fd, offset, len, what)                                                                \
    must(loop_send_file(loop, sender.id, fd, offset, len, on_sent, (void *)(uintptr_t)(what)))

int main(void) {
    char name[] = "/tmp/conformance-XXXXXX";
    party_t sender = {.name = "sender"}, receiver = {.name = "receiver"};
    loop_t *loop = new_loop();
    int32_t fds[2], ends[2];
    int file = mkstemp(name), folder = open("/", O_RDONLY);
    if (file < 0 || folder < 0 || write(file, "0123456789", 10) != 10 || unlink(name) != 0)
        return 1;
    must(loop_socketpair(LOOP_NET_UNIX, fds));
    must(loop_pipe(ends));
    take_over(loop, &sender, fds[0], 0);
    take_over(loop, &receiver, fds[1], 0);
    must(loop_read_start(loop, receiver.id, hear, &receiver));
    must(loop_send(loop, sender.id, "head ", 5));
    SEND(file, 0, 10, "all");
    must(loop_send(loop, sender.id, " ", 1));
    SEND(file, 3, 4, "a part");
    must(loop_send(loop, sender.id, " ", 1));
    SEND(file, 8, 100, "too much");
    SEND(file, 50, 5, "behind the end");
    SEND(file, 5, 0, "nothing");
    SEND(folder, 0, 5, "a folder");
    SEND(ends[0], 0, 5, "a pipe");
    SEND(fds[1] + 900, 0, 5, "what is not open");
    say("far away: %s",
        loop_err_name(loop_send_file(loop, sender.id, file, INT64_MAX, 1, on_sent, NULL)));
    must(loop_send(loop, sender.id, " tail", 5));
    close(file); /* at once */
    must(loop_net_close(loop, sender.id));
    run_and_free(loop);
    say_party(&sender);
    say_party(&receiver);
    return 0;
}
