/* SPDX-License-Identifier: MIT
 *
 * A redirect is a response; with LOOP_HTTP_FOLLOW it is followed, up to a limit.
 */
#include "conformance.h"

CB(response) {
    (void)loop;
    say("%s: %d %s", (const char *)user, (int)ev->num, loop_err_name(ev->status));
}

int main(void) {
    loop_t *loop = new_loop();
    loop_http_t request = LOOP_HTTP_INIT;
    request.url = from_environment("CONFORMANCE_REDIRECT");
    must(loop_http(loop, &request, response, "not asked"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    request.flags = LOOP_HTTP_FOLLOW;
    must(loop_http(loop, &request, response, "asked"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    request.url = from_environment("CONFORMANCE_CIRCLE");
    request.max_redirects = 3;
    must(loop_http(loop, &request, response, "in a circle"));
    run_and_free(loop);
    return 0;
}
