/* SPDX-License-Identifier: MIT
 *
 * A level trades time for size, a dictionary is known to both sides, and what a format does not
 * have is refused at the call.
 */
#include "zip.h"

static bytes_t with_dictionary(loop_t *loop, uint32_t what, uint32_t format, bytes_t data,
                               const char *dictionary) {
    loop_zip_t request = LOOP_ZIP_INIT;
    bytes_t out = {NULL, 0};
    request.what = what;
    request.format = format;
    request.data = data.at;
    request.len = data.len;
    request.dictionary = dictionary;
    request.dictionary_len = (uint32_t)strlen(dictionary);
    must(loop_zip(loop, &request, keep, &out));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    return out;
}

int main(void) {
    static const int32_t highest[] = {9, 9, 9, 22, 11};
    static const char dictionary[] = "one way, the other way, and a third way";
    loop_t *loop = new_loop();
    bytes_t text = repeated(50), one = {text.at, 24}, ignored = {NULL, 0};
    for (size_t i = 0; i < FORMATS; i++) {
        bytes_t best = packed(loop, formats[i].number, highest[i], text);
        say("%s: highest level %s, above it %s", formats[i].name, yes(best.len < 100),
            loop_err_name(
                loop_compress(loop, formats[i].number, highest[i] + 1, "a", 1, keep, &ignored)));
        free(best.at);
    }
    for (size_t i = 0; i < 3; i++) {
        bytes_t stored = packed(loop, formats[i].number, LOOP_ZIP_STORE, text);
        say("%s: stored %s", formats[i].name, yes(stored.len > text.len));
        free(stored.at);
    }
    for (size_t i = 1; i < 4; i++) {
        bytes_t small =
            with_dictionary(loop, LOOP_ZIP_COMPRESS, formats[i].number, one, dictionary);
        bytes_t back =
            with_dictionary(loop, LOOP_ZIP_DECOMPRESS, formats[i].number, small, dictionary);
        say("%s: dictionary %s, same %s", formats[i].name, yes(small.len < one.len),
            yes(same(back, one)));
        free(small.at);
        free(back.at);
    }
    loop_zip_t request = LOOP_ZIP_INIT;
    request.what = LOOP_ZIP_COMPRESS;
    request.format = LOOP_ZIP_BROTLI;
    request.dictionary = dictionary;
    request.dictionary_len = 3;
    say("brotli: dictionary %s", loop_err_name(loop_zip(loop, &request, keep, &ignored)));
    free(text.at);
    run_and_free(loop);
    return 0;
}
