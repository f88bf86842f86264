/* SPDX-License-Identifier: MIT
 *
 * A datagram that is longer than read_size is cut, and says how long it was; the next is whole.
 */
#include "dgram.h"

int main(void) {
    ear_t ear = {.name = "ear"};
    loop_t *loop = new_loop();
    bind_at(loop, &ear, 0, 4);
    must(loop_send_to(loop, ear.id, &ear.at, "abcdefgh", 8));
    must(loop_send_to(loop, ear.id, &ear.at, "four", 4));
    must(loop_send_to(loop, ear.id, &ear.at, "", 0));
    must(loop_send_to(loop, ear.id, &ear.at, "fives", 5));
    run_until(loop, &ear, 4);
    must(loop_net_close(loop, ear.id));
    run_and_free(loop);
    return 0;
}
