/* SPDX-License-Identifier: MIT
 *
 * What the test programs of statistics share: each record by one call.
 */
#ifndef STATS_RIG_H
#define STATS_RIG_H

#include "loops.h"

static inline loop_stats_t stats_of(loop_t *loop) {
    loop_stats_t stats = LOOP_STATS_INIT;
    SHOULD(loop_stats(loop, &stats));
    return stats;
}

static inline loop_lane_stats_t lane_of(loop_t *loop, uint32_t index) {
    loop_lane_stats_t lane = LOOP_LANE_STATS_INIT;
    SHOULD(loop_stats_lane(loop, index, &lane));
    return lane;
}

/* The statistics of a label; zeros when there are none. */
static inline loop_label_stats_t label_of(loop_t *loop, const char *name) {
    loop_label_stats_t label = LOOP_LABEL_STATS_INIT;
    for (uint32_t i = 0; loop_stats_label(loop, i, &label) == 0; i++)
        if (strcmp(label.label, name) == 0)
            return label;
    memset(&label, 0, sizeof label);
    return label;
}

#endif
