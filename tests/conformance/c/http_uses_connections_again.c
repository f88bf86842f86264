/* SPDX-License-Identifier: MIT
 *
 * A connection is kept for the next request, unless LOOP_HTTP_NO_KEEPALIVE closes it.
 */
#include "conformance.h"

CB(response) {
    const void *body;
    uint64_t len;
    UNUSED;
    must(loop_http_body(ev, &body, &len));
    say("%.*s", (int)len, (const char *)body);
}

int main(void) {
    loop_t *loop = new_loop();
    loop_http_t request = LOOP_HTTP_INIT;
    request.url = from_environment("CONFORMANCE_COUNT");
    for (int i = 1; i <= 4; i++) {
        request.flags = i == 3 ? LOOP_HTTP_NO_KEEPALIVE : 0;
        must(loop_http(loop, &request, response, NULL));
        must(loop_run(loop, LOOP_RUN_DEFAULT));
    }
    must(loop_free(loop));
    return 0;
}
