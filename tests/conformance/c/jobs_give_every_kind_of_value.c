/* SPDX-License-Identifier: MIT
 *
 * A job's value arrives as it was made: nothing, bool, int, double, bytes, string, error.
 */
#include "conformance.h"
#include "jobs.h"

CB(show) {
    (void)loop;
    (void)user;
    int32_t flag = 0;
    int64_t number = 0;
    double real = 0;
    const void *data = NULL;
    const char *text = NULL;
    uint64_t len = 0;
    switch (loop_event_kind(ev)) {
    case LOOP_KIND_UNDEFINED:
    case LOOP_KIND_NULL:
        say("nothing");
        break;
    case LOOP_KIND_BOOL:
        must(loop_event_bool(ev, &flag));
        say("bool %s", flag ? "true" : "false");
        break;
    case LOOP_KIND_INT:
        must(loop_event_int(ev, &number));
        say("int %lld", (long long)number);
        break;
    case LOOP_KIND_DOUBLE:
        must(loop_event_double(ev, &real));
        say("double %.1f", real);
        break;
    case LOOP_KIND_BYTES:
        must(loop_event_bytes(ev, &data, &len));
        say("bytes %d: %02x %02x %02x", (int)len, ((const unsigned char *)data)[0],
            ((const unsigned char *)data)[1], ((const unsigned char *)data)[2]);
        break;
    case LOOP_KIND_STRING:
        must(loop_event_string(ev, &text, &len));
        say("string %d: %.*s", (int)len, (int)len, text);
        break;
    default:
        must(loop_event_error(ev, &text, &len));
        say("error %s, errno %d: %.*s", loop_err_name(ev->status), (int)ev->aux, (int)len, text);
    }
}

int main(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.workers = 1;
    must(loop_new(&options, &loop));
    for (intptr_t kind = LOOP_KIND_UNDEFINED; kind <= LOOP_KIND_ERROR; kind++)
        must(loop_work(loop, make_value, (void *)kind, "make", show, NULL));
    run_and_free(loop);
    return 0;
}
