/* SPDX-License-Identifier: MIT
 *
 * Data that is cut off, corrupt, of another format or too large ends with an error of its own.
 */
#include "zip.h"

static void try_it(loop_t *loop, const char *what, size_t i, uint64_t max_out, const void *data,
                   uint64_t len) {
    char text[64];
    snprintf(text, sizeof text, "%s %s", formats[i].name, what);
    must(loop_decompress(loop, formats[i].number, max_out, data, len, say_status, text));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
}

CB(say_text) {
    UNUSED;
    say("%.*s", (int)ev->len, (const char *)ev->data);
}

int main(void) {
    loop_t *loop = new_loop();
    bytes_t text = repeated(100), gzip = {NULL, 0};
    for (size_t i = 0; i < FORMATS; i++) {
        bytes_t data = packed(loop, formats[i].number, 0, text);
        try_it(loop, "cut off", i, 0, data.at, data.len - 3);
        try_it(loop, "nothing", i, 0, NULL, 0);
        try_it(loop, "garbage", i, 0, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10);
        try_it(loop, "as long as allowed", i, text.len, data.at, data.len);
        try_it(loop, "longer than allowed", i, text.len - 1, data.at, data.len);
        if (i == 0)
            gzip = data;
        else
            free(data.at);
    }
    gzip.at[gzip.len - 1] ^= 1;
    must(loop_decompress(loop, LOOP_ZIP_GZIP, 0, gzip.at, gzip.len, say_text, NULL));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_decompress(loop, LOOP_ZIP_DEFLATE, 0, gzip.at, gzip.len, say_text, NULL));
    free(gzip.at);
    free(text.at);
    run_and_free(loop);
    return 0;
}
