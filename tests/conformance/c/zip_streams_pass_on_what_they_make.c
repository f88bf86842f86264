/* SPDX-License-Identifier: MIT
 *
 * A stream compresses what is written to it, another one decompresses that; writing nothing lets
 * out what was written, and a stream of garbage ends with an error and ends its writes.
 */
#include "zip.h"

static int64_t there, back;
static bytes_t came;
static int64_t total;

CB(wrote) {
    UNUSED;
    must(ev->status);
}

CB(pack) {
    (void)user;
    must(ev->status);
    if ((ev->flags & LOOP_EV_MORE) != 0)
        must(loop_write(loop, back, ev->data, ev->len, wrote, NULL));
    else
        (void)loop_end(loop, back); /* from its data it may know that it is over */
}

CB(unpack) {
    UNUSED;
    must(ev->status);
    if ((ev->flags & LOOP_EV_MORE) != 0)
        append(&came, ev);
    else
        must(loop_event_int(ev, &total));
}

CB(flushed) {
    UNUSED;
    must(ev->status);
    say("a write of %d bytes is used", (int)ev->num);
}

int main(void) {
    loop_t *loop = new_loop();
    bytes_t text = repeated(2000);
    for (size_t i = 0; i < FORMATS; i++) {
        came = (bytes_t){NULL, 0};
        there = must(loop_compress_stream(loop, formats[i].number, 1, pack, NULL));
        back = must(loop_decompress_stream(loop, formats[i].number, text.len, unpack, NULL));
        must(loop_write(loop, there, text.at, 10000, wrote, NULL));
        must(loop_write(loop, there, NULL, 0, i == 0 ? flushed : wrote, NULL));
        must(loop_run(loop, LOOP_RUN_DEFAULT));
        say("%s: %d bytes after a flush", formats[i].name, (int)came.len);
        must(loop_write(loop, there, text.at + 10000, text.len - 10000, wrote, NULL));
        must(loop_end(loop, there));
        must(loop_run(loop, LOOP_RUN_DEFAULT));
        say("%s: same %s, counted %s", formats[i].name, yes(same(came, text)),
            yes((uint64_t)total == came.len));
        free(came.at);
    }
    back = must(loop_decompress_stream(loop, LOOP_ZIP_GZIP, 0, say_status, "garbage"));
    must(loop_write(loop, back, "no gzip", 7, say_status, "its write"));
    must(loop_write(loop, back, "at all", 6, say_status, "another"));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    say("later: %s", loop_err_name(loop_end(loop, back)));
    free(text.at);
    run_and_free(loop);
    return 0;
}
