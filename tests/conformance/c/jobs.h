/* SPDX-License-Identifier: MIT
 *
 * The job of jobs_give_every_kind_of_value, which Python and Rust load from libjobs.so.
 */
#ifndef JOBS_H
#define JOBS_H

#include <loop.h>

/* Makes a value of the kind that its argument says. */
static inline int32_t make_value(void *arg, loop_value_t *out) {
    switch ((intptr_t)arg) {
    case LOOP_KIND_NULL:
        out->kind = LOOP_KIND_NULL;
        return 0;
    case LOOP_KIND_BOOL:
        return (int32_t)loop_value_set_bool(out, 1);
    case LOOP_KIND_INT:
        return (int32_t)loop_value_set_int(out, INT64_MIN);
    case LOOP_KIND_DOUBLE:
        return (int32_t)loop_value_set_double(out, 0.5);
    case LOOP_KIND_BYTES:
        return (int32_t)loop_value_set_bytes(out, "\0\xff\0", 3);
    case LOOP_KIND_STRING:
        return (int32_t)loop_value_set_string(out, "gr\xc3\xbc\xc3\x9f", -1);
    case LOOP_KIND_ERROR:
        loop_value_set_error(out, "open /nowhere", -1, 2);
        return LOOP_ENOENT;
    default:
        return 0;
    }
}

#endif
