/* SPDX-License-Identifier: MIT */
#include "jobs.h"

int32_t conformance_make_value(void *arg, loop_value_t *out);

int32_t conformance_make_value(void *arg, loop_value_t *out) {
    return make_value(arg, out);
}
