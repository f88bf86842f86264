/* SPDX-License-Identifier: MIT
 *
 * Method, headers and body arrive at the server as they were given.
 */
#include "conformance.h"

CB(response) {
    const void *body = NULL;
    uint64_t len = 0;
    (void)loop;
    (void)user;
    must(loop_http_body(ev, &body, &len));
    say("%d: %.*s", (int)ev->num, (int)len, (const char *)body);
}

int main(void) {
    loop_t *loop = new_loop();
    loop_http_t request = LOOP_HTTP_INIT;
    request.method = "PUT";
    request.url = from_environment("CONFORMANCE_ECHO");
    request.headers = "X-One: 1\r\n";
    request.body = "some \xc3\xbc";
    request.body_len = 7;
    must(loop_http(loop, &request, response, NULL));
    run_and_free(loop);
    return 0;
}
