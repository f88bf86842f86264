/* SPDX-License-Identifier: MIT
 *
 * What is compressed is smaller and comes back, in every format.
 */
#include "zip.h"

int main(void) {
    loop_t *loop = new_loop();
    bytes_t text = repeated(1000), none = {NULL, 0};
    for (size_t i = 0; i < FORMATS; i++) {
        bytes_t small = packed(loop, formats[i].number, 0, text);
        bytes_t back = unpacked(loop, formats[i].number, small);
        bytes_t empty = packed(loop, formats[i].number, 0, none);
        bytes_t nothing = unpacked(loop, formats[i].number, empty);
        say("%s: smaller %s, same %s, nothing stays nothing %s", formats[i].name,
            yes(small.len < text.len / 50), yes(same(back, text)),
            yes(empty.len > 0 && nothing.len == 0));
        free(small.at);
        free(back.at);
        free(empty.at);
        free(nothing.at);
    }
    free(text.at);
    run_and_free(loop);
    return 0;
}
