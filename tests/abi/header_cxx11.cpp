/* SPDX-License-Identifier: MIT
 *
 * The header as a C++11 program sees it, -pedantic -Werror: names have C linkage and the records are
 * plain data.
 */
#include "loop.h"
#include "loop.h"

#include <cstring>
#include <type_traits>

static_assert(sizeof(loop_op_t) == 64 && std::is_standard_layout<loop_op_t>::value, "op");
static_assert(sizeof(loop_event_t) == 64 && std::is_standard_layout<loop_event_t>::value, "event");

static const loop_options_t options = LOOP_OPTIONS_INIT;
static const loop_http_t request = LOOP_HTTP_INIT;
static const loop_fs_t operation = LOOP_FS_INIT;

int main() {
    if (options.size != sizeof options || request.size != sizeof request ||
        operation.size != sizeof operation)
        return 1;
    if (loop_abi_version() != LOOP_ABI_VERSION)
        return 2;
    return std::strcmp(loop_version(), LOOP_VERSION_STRING) == 0 ? 0 : 3;
}
