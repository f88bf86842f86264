/* SPDX-License-Identifier: MIT
 *
 * Statistics: the engine counts, and this adds what only the shim knows.
 */
#include "internal.h"

#include <stddef.h>
#include <string.h>

/* Every record begins with its size, as the host knows it. least: as the first header had it. None is
 * larger than a page. */
static int size_ok(const void *out, size_t least) {
    const uint32_t *size = out;
    return out != NULL && *size >= least && *size <= LOOP__PAGE;
}

/* Write a record to the host. What an older header lacks is left out; what a newer one has and this
 * library does not is 0. */
static void give(void *out, const void *record, size_t known) {
    uint32_t size;
    memcpy(&size, out, sizeof size);
    memcpy(out, record, size < known ? size : known);
    if (size > known)
        memset((char *)out + known, 0, size - known);
    memcpy(out, &size, sizeof size);
}

int64_t loop_stats(loop_t *loop, loop_stats_t *out) {
    loop_stats_t full = LOOP_STATS_INIT;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (!size_ok(out, offsetof(loop_stats_t, steps))) /* steps came with 0.3 */
        return loop__leave(loop, LOOP_EINVAL);
    rc = loop__ask_stats(loop, LOOP__STATS_LOOP, 0, &full);
    if (rc == 0) {
        full.ops += loop->step.sent;
        full.posts_waiting = __atomic_load_n(&loop->posts.waiting, __ATOMIC_RELAXED);
        full.alive = loop__alive_count(loop);
        full.retained = __atomic_load_n(&loop->shared.retained, __ATOMIC_RELAXED);
        full.retained_peak = loop->retained_peak;
        give(out, &full, sizeof full);
    }
    return loop__leave(loop, rc);
}

int64_t loop_stats_lane(loop_t *loop, uint32_t lane, loop_lane_stats_t *out) {
    loop_lane_stats_t full = LOOP_LANE_STATS_INIT;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (lane >= LOOP_LANES || !size_ok(out, sizeof full))
        return loop__leave(loop, LOOP_EINVAL);
    rc = loop__ask_stats(loop, LOOP__STATS_LANE, lane, &full);
    if (rc == 0) {
        loop__pool_workers(loop->pool, lane, &full.workers, &full.workers_max);
        give(out, &full, sizeof full);
    }
    return loop__leave(loop, rc);
}

int64_t loop_stats_label(loop_t *loop, uint32_t index, loop_label_stats_t *out) {
    loop_label_stats_t full = LOOP_LABEL_STATS_INIT;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (!size_ok(out, sizeof full))
        return loop__leave(loop, LOOP_EINVAL);
    rc = loop__ask_stats(loop, LOOP__STATS_LABEL, index, &full);
    if (rc == 0)
        give(out, &full, sizeof full);
    return loop__leave(loop, rc);
}

int64_t loop_stats_reset(loop_t *loop) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    rc = loop__ask_stats(loop, LOOP__STATS_RESET, 0, NULL);
    if (rc == 0) {
        loop->step.sent = 0;
        loop->retained_peak = __atomic_load_n(&loop->shared.retained, __ATOMIC_RELAXED);
    }
    return loop__leave(loop, rc);
}
