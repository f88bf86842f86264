/* SPDX-License-Identifier: MIT
 *
 * An edge-triggered descriptor is reported again only when more has come; the poll backend says
 * that it cannot.
 */
#include "conformance.h"

#include <unistd.h>

static int reports, fds[2];
static int64_t id;

CB(more) {
    UNUSED;
    say("%d report", reports);
    if (write(fds[1], "y", 1) != 1)
        exit(1);
}

CB(readable) {
    (void)user;
    must(ev->status);
    if (++reports == 2) {
        say("2 reports");
        must(loop_clear(loop, id));
    }
}

int main(void) {
    loop_t *loop = new_loop();
    if (pipe(fds) != 0 || write(fds[1], "x", 1) != 1)
        return 1;
    id = loop_poll_fd(loop, fds[0], LOOP_READABLE, LOOP_POLL_EDGE, readable, NULL);
    if (strcmp(loop_backend_name(loop), "poll") == 0 && id == LOOP_ENOTSUP)
        say("1 report\n2 reports");
    else
        must(loop_set_timeout(loop, 10 * MS, more, NULL));
    run_and_free(loop);
    return 0;
}
