/* SPDX-License-Identifier: MIT
 *
 * The header as a C99 program sees it, -pedantic -Werror: it compiles first in its file, twice, its
 * initialisers fill every field, and the records have the promised sizes.
 */
#include "loop.h"
#include "loop.h"

#include <string.h>

#define HOLDS(name, condition) typedef char holds_##name[(condition) ? 1 : -1]

HOLDS(op_is_64_bytes, sizeof(loop_op_t) == 64);
HOLDS(event_is_64_bytes, sizeof(loop_event_t) == 64);
HOLDS(op_data_is_at_40, offsetof(loop_op_t, data) == 40);
HOLDS(event_data_is_at_40, offsetof(loop_event_t, data) == 40);
HOLDS(value_is_40_bytes, sizeof(loop_value_t) == 40);

extern holds_op_is_64_bytes uses_a;
extern holds_event_is_64_bytes uses_b;
extern holds_op_data_is_at_40 uses_c;
extern holds_event_data_is_at_40 uses_d;
extern holds_value_is_40_bytes uses_e;

static const loop_options_t options = LOOP_OPTIONS_INIT;
static const loop_http_t request = LOOP_HTTP_INIT;
static const loop_watch_t watch = LOOP_WATCH_INIT;
static const loop_dns_t question = LOOP_DNS_INIT;
static const loop_fs_t operation = LOOP_FS_INIT;

int main(void) {
    if (options.size != sizeof options || request.size != sizeof request ||
        watch.size != sizeof watch || question.size != sizeof question ||
        operation.size != sizeof operation || operation.mtime_ns != LOOP_TIME_OMIT)
        return 1;
    if (loop_abi_version() != LOOP_ABI_VERSION)
        return 2;
    return strcmp(loop_version(), LOOP_VERSION_STRING) == 0 ? 0 : 3;
}
