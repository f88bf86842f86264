/* SPDX-License-Identifier: MIT
 *
 * Refused, stalled, cut off, garbled and oversized responses each end with their own error, once.
 */
#include "conformance.h"

int main(void) {
    loop_t *loop = new_loop();
    loop_http_t request = LOOP_HTTP_INIT;
    must(loop_http_get(loop, from_environment("CONFORMANCE_REFUSED"), say_status, "refused"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_next_op(loop, 20 * MS, NULL));
    must(loop_http_get(loop, from_environment("CONFORMANCE_STALL"), say_status, "stalled"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_http_get(loop, from_environment("CONFORMANCE_CUT"), say_status, "cut off"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_http_get(loop, from_environment("CONFORMANCE_GARBAGE"), say_status, "garbage"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    request.url = from_environment("CONFORMANCE_MEGABYTE");
    request.max_body = 1000;
    must(loop_http(loop, &request, say_status, "body too big"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(
        loop_http_get(loop, from_environment("CONFORMANCE_ENDLESS"), say_status, "endless header"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_http_get(loop, "no url at all", say_status, "bad url"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_free(loop));
    return 0;
}
