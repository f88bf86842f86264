/* SPDX-License-Identifier: MIT
 *
 * A streamed response gives its head, its body in chunks, and an end without data.
 */
#include "conformance.h"

static uint64_t bytes, sum;

CB(response) {
    (void)loop;
    (void)user;
    if ((ev->flags & LOOP_EV_HEAD) != 0) {
        say("head: %d", (int)ev->num);
    } else if ((ev->flags & LOOP_EV_MORE) != 0) {
        bytes += ev->len;
        for (uint64_t i = 0; i < ev->len; i++)
            sum += ((const unsigned char *)ev->data)[i];
    } else {
        say("end: %s, %d bytes at the end", loop_err_name(ev->status), (int)ev->len);
    }
}

int main(void) {
    loop_t *loop = new_loop();
    loop_http_t request = LOOP_HTTP_INIT;
    request.flags = LOOP_HTTP_STREAM;
    request.url = from_environment("CONFORMANCE_MEGABYTE");
    must(loop_http(loop, &request, response, NULL));
    run_and_free(loop);
    say("%d bytes, sum %d", (int)bytes, (int)sum);
    return 0;
}
