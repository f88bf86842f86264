/* SPDX-License-Identifier: MIT
 *
 * A response arrives as one event: status, headers in any case, body.
 */
#include "conformance.h"

CB(response) {
    const char *value = NULL;
    const void *body = NULL;
    uint64_t len = 0;
    (void)loop;
    (void)user;
    say("status %d, %s", (int)ev->num, loop_err_name(ev->status));
    must(loop_http_header(ev, "x-greeting", &value, &len));
    say("x-greeting: %.*s", (int)len, value);
    say("x-missing: %s", loop_err_name(loop_http_header(ev, "x-missing", &value, &len)));
    must(loop_http_body(ev, &body, &len));
    say("body: %.*s", (int)len, (const char *)body);
}

int main(void) {
    loop_t *loop = new_loop();
    must(loop_http_get(loop, from_environment("CONFORMANCE_HELLO"), response, NULL));
    run_and_free(loop);
    return 0;
}
