/* SPDX-License-Identifier: MIT
 *
 * What a loop is made with: checked, with the defaults filled in.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define SECOND ((int64_t)1000000000)

/* Whether what a newer header knows and this library does not is all zeros, so that it may be left
 * alone. size: of the record as the host knows it; none is larger than a page, so a larger number is
 * no size. */
int loop__rest_is_zero(const void *record, uint32_t size, size_t known) {
    const unsigned char *bytes = record;
    if (size > LOOP__PAGE)
        return 0;
    for (size_t i = known; i < size; i++)
        if (bytes[i] != 0)
            return 0;
    return 1;
}

/* LOOP_BACKEND is read from C's environment: Go's copy is as old as the process. */
static int backend_from_environment(uint32_t *out) {
    const char *name = getenv("LOOP_BACKEND");
    if (name == NULL || name[0] == '\0')
        return 1;
    if (strcmp(name, "epoll") == 0)
        *out = LOOP_BACKEND_EPOLL;
    else if (strcmp(name, "poll") == 0)
        *out = LOOP_BACKEND_POLL;
    else if (strcmp(name, "kqueue") == 0)
        *out = LOOP_BACKEND_KQUEUE;
    else
        return 0;
    return 1;
}

static int in_range(const loop_options_t *o) {
    return (o->flags & ~(uint32_t)LOOP_MOVABLE) == 0 && o->backend <= LOOP_BACKEND_KQUEUE &&
           o->workers <= 1024 && o->event_capacity <= 65536 && o->worker_idle_ns >= -1 &&
           o->free_wait_ns >= -1 && (o->ca_pem != NULL || o->ca_pem_len == 0);
}

/* given: NULL for all defaults. Returns 0, LOOP_EINVAL. */
int64_t loop__options_complete(const loop_options_t *given, loop_options_t *out) {
    loop_options_t o = LOOP_OPTIONS_INIT;
    if (given != NULL) {
        uint32_t size = given->size;
        if (size < 2 * sizeof(uint32_t) || !loop__rest_is_zero(given, size, sizeof o))
            return LOOP_EINVAL;
        memcpy(&o, given, size < sizeof o ? size : sizeof o);
        o.size = sizeof o;
    }
    if (!in_range(&o) || (o.backend == LOOP_BACKEND_AUTO && !backend_from_environment(&o.backend)))
        return LOOP_EINVAL;
    if (o.workers == 0)
        o.workers = 4;
    if (o.post_limit == 0)
        o.post_limit = 1048576;
    if (o.event_capacity == 0)
        o.event_capacity = 1024;
    if (o.worker_idle_ns == 0)
        o.worker_idle_ns = 10 * SECOND;
    if (o.free_wait_ns == 0)
        o.free_wait_ns = 5 * SECOND;
    if (o.retain_limit == 0)
        o.retain_limit = (uint64_t)64 << 20;
    *out = o;
    return 0;
}
