/* SPDX-License-Identifier: MIT
 *
 * Names that are missing or none, servers that fail, cancel and deadline: each ends once, with its
 * own error.
 */
#include "naming.h"

CB(say_end) {
    (void)loop, (void)user;
    say_failure(ev);
}

int main(void) {
    static const char *const names[] = {
        "missing.test", "nothing.test", "failing.test", "refused.test",
        "garbled.test", "circle.test",  "a..test",      ""};
    loop_t *loop = new_loop();
    loop_dns_t request;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        request = query_for(names[i], LOOP_DNS_MX);
        must(loop_dns(loop, &request, say_end, NULL));
        must(loop_run(loop, LOOP_RUN_DEFAULT));
    }
    must(loop_dns_lookup(loop, "192.0.2.1", 6, 0, say_end, NULL));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_dns_lookup(loop, "127.1", 0, 0, say_end, NULL));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_dns_reverse(loop, "localhost", say_end, NULL));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    request = query_for("silent.test", LOOP_DNS_A);
    must(loop_next_op(loop, 20 * MS, NULL));
    must(loop_dns(loop, &request, say_end, NULL));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_cancel(loop, must(loop_dns(loop, &request, say_end, NULL))));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    request.try_ns = MS;
    must(loop_dns(loop, &request, say_end, NULL));
    run_and_free(loop);
    return 0;
}
