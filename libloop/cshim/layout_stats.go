// SPDX-License-Identifier: MIT

package cshim

// #include "step.h"
import "C"

import (
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

// The records of statistics. See layout.go.

var (
	wStats wire.Stats
	cStats C.loop_stats_t
)

var (
	_ = none[unsafe.Sizeof(wStats)-unsafe.Sizeof(cStats)]
	_ = none[unsafe.Offsetof(wStats.Size)-unsafe.Offsetof(cStats.size)]
	_ = none[unsafe.Sizeof(wStats.Size)-unsafe.Sizeof(cStats.size)]
	_ = none[unsafe.Offsetof(wStats.Labels)-unsafe.Offsetof(cStats.labels)]
	_ = none[unsafe.Sizeof(wStats.Labels)-unsafe.Sizeof(cStats.labels)]
	_ = none[unsafe.Offsetof(wStats.ElapsedNS)-unsafe.Offsetof(cStats.elapsed_ns)]
	_ = none[unsafe.Sizeof(wStats.ElapsedNS)-unsafe.Sizeof(cStats.elapsed_ns)]
	_ = none[unsafe.Offsetof(wStats.Passes)-unsafe.Offsetof(cStats.passes)]
	_ = none[unsafe.Sizeof(wStats.Passes)-unsafe.Sizeof(cStats.passes)]
	_ = none[unsafe.Offsetof(wStats.Turns)-unsafe.Offsetof(cStats.turns)]
	_ = none[unsafe.Sizeof(wStats.Turns)-unsafe.Sizeof(cStats.turns)]
	_ = none[unsafe.Offsetof(wStats.Events)-unsafe.Offsetof(cStats.events)]
	_ = none[unsafe.Sizeof(wStats.Events)-unsafe.Sizeof(cStats.events)]
	_ = none[unsafe.Offsetof(wStats.Ops)-unsafe.Offsetof(cStats.ops)]
	_ = none[unsafe.Sizeof(wStats.Ops)-unsafe.Sizeof(cStats.ops)]
	_ = none[unsafe.Offsetof(wStats.OpsRefused)-unsafe.Offsetof(cStats.ops_refused)]
	_ = none[unsafe.Sizeof(wStats.OpsRefused)-unsafe.Sizeof(cStats.ops_refused)]
	_ = none[unsafe.Offsetof(wStats.Posts)-unsafe.Offsetof(cStats.posts)]
	_ = none[unsafe.Sizeof(wStats.Posts)-unsafe.Sizeof(cStats.posts)]
	_ = none[unsafe.Offsetof(wStats.PostsWaiting)-unsafe.Offsetof(cStats.posts_waiting)]
	_ = none[unsafe.Sizeof(wStats.PostsWaiting)-unsafe.Sizeof(cStats.posts_waiting)]
	_ = none[unsafe.Offsetof(wStats.Alive)-unsafe.Offsetof(cStats.alive)]
	_ = none[unsafe.Sizeof(wStats.Alive)-unsafe.Sizeof(cStats.alive)]
	_ = none[unsafe.Offsetof(wStats.IDs)-unsafe.Offsetof(cStats.ids)]
	_ = none[unsafe.Sizeof(wStats.IDs)-unsafe.Sizeof(cStats.ids)]
	_ = none[unsafe.Offsetof(wStats.IDsPeak)-unsafe.Offsetof(cStats.ids_peak)]
	_ = none[unsafe.Sizeof(wStats.IDsPeak)-unsafe.Sizeof(cStats.ids_peak)]
	_ = none[unsafe.Offsetof(wStats.Timers)-unsafe.Offsetof(cStats.timers)]
	_ = none[unsafe.Sizeof(wStats.Timers)-unsafe.Sizeof(cStats.timers)]
	_ = none[unsafe.Offsetof(wStats.TimersPeak)-unsafe.Offsetof(cStats.timers_peak)]
	_ = none[unsafe.Sizeof(wStats.TimersPeak)-unsafe.Sizeof(cStats.timers_peak)]
	_ = none[unsafe.Offsetof(wStats.Retained)-unsafe.Offsetof(cStats.retained)]
	_ = none[unsafe.Sizeof(wStats.Retained)-unsafe.Sizeof(cStats.retained)]
	_ = none[unsafe.Offsetof(wStats.RetainedPeak)-unsafe.Offsetof(cStats.retained_peak)]
	_ = none[unsafe.Sizeof(wStats.RetainedPeak)-unsafe.Sizeof(cStats.retained_peak)]
	_ = none[unsafe.Offsetof(wStats.Steps)-unsafe.Offsetof(cStats.steps)]
	_ = none[unsafe.Sizeof(wStats.Steps)-unsafe.Sizeof(cStats.steps)]
)

var (
	wLaneStats wire.LaneStats
	cLaneStats C.loop_lane_stats_t
)

var (
	_ = none[unsafe.Sizeof(wLaneStats)-unsafe.Sizeof(cLaneStats)]
	_ = none[unsafe.Offsetof(wLaneStats.Size)-unsafe.Offsetof(cLaneStats.size)]
	_ = none[unsafe.Sizeof(wLaneStats.Size)-unsafe.Sizeof(cLaneStats.size)]
	_ = none[unsafe.Offsetof(wLaneStats.Workers)-unsafe.Offsetof(cLaneStats.workers)]
	_ = none[unsafe.Sizeof(wLaneStats.Workers)-unsafe.Sizeof(cLaneStats.workers)]
	_ = none[unsafe.Offsetof(wLaneStats.WorkersMax)-unsafe.Offsetof(cLaneStats.workers_max)]
	_ = none[unsafe.Sizeof(wLaneStats.WorkersMax)-unsafe.Sizeof(cLaneStats.workers_max)]
	_ = none[unsafe.Offsetof(wLaneStats.QueueLimit)-unsafe.Offsetof(cLaneStats.queue_limit)]
	_ = none[unsafe.Sizeof(wLaneStats.QueueLimit)-unsafe.Sizeof(cLaneStats.queue_limit)]
	_ = none[unsafe.Offsetof(wLaneStats.Waiting)-unsafe.Offsetof(cLaneStats.waiting)]
	_ = none[unsafe.Sizeof(wLaneStats.Waiting)-unsafe.Sizeof(cLaneStats.waiting)]
	_ = none[unsafe.Offsetof(wLaneStats.Running)-unsafe.Offsetof(cLaneStats.running)]
	_ = none[unsafe.Sizeof(wLaneStats.Running)-unsafe.Sizeof(cLaneStats.running)]
	_ = none[unsafe.Offsetof(wLaneStats.WaitingPeak)-unsafe.Offsetof(cLaneStats.waiting_peak)]
	_ = none[unsafe.Sizeof(wLaneStats.WaitingPeak)-unsafe.Sizeof(cLaneStats.waiting_peak)]
)

var (
	wLabelStats wire.LabelStats
	cLabelStats C.loop_label_stats_t
)

var (
	_ = none[unsafe.Sizeof(wLabelStats)-unsafe.Sizeof(cLabelStats)]
	_ = none[unsafe.Offsetof(wLabelStats.Size)-unsafe.Offsetof(cLabelStats.size)]
	_ = none[unsafe.Sizeof(wLabelStats.Size)-unsafe.Sizeof(cLabelStats.size)]
	_ = none[unsafe.Offsetof(wLabelStats.Flags)-unsafe.Offsetof(cLabelStats.flags)]
	_ = none[unsafe.Sizeof(wLabelStats.Flags)-unsafe.Sizeof(cLabelStats.flags)]
	_ = none[unsafe.Offsetof(wLabelStats.Label)-unsafe.Offsetof(cLabelStats.label)]
	_ = none[unsafe.Sizeof(wLabelStats.Label)-unsafe.Sizeof(cLabelStats.label)]
	_ = none[unsafe.Offsetof(wLabelStats.LabelLen)-unsafe.Offsetof(cLabelStats.label_len)]
	_ = none[unsafe.Sizeof(wLabelStats.LabelLen)-unsafe.Sizeof(cLabelStats.label_len)]
	_ = none[unsafe.Offsetof(wLabelStats.Queued)-unsafe.Offsetof(cLabelStats.queued)]
	_ = none[unsafe.Sizeof(wLabelStats.Queued)-unsafe.Sizeof(cLabelStats.queued)]
	_ = none[unsafe.Offsetof(wLabelStats.Started)-unsafe.Offsetof(cLabelStats.started)]
	_ = none[unsafe.Sizeof(wLabelStats.Started)-unsafe.Sizeof(cLabelStats.started)]
	_ = none[unsafe.Offsetof(wLabelStats.Finished)-unsafe.Offsetof(cLabelStats.finished)]
	_ = none[unsafe.Sizeof(wLabelStats.Finished)-unsafe.Sizeof(cLabelStats.finished)]
	_ = none[unsafe.Offsetof(wLabelStats.Failed)-unsafe.Offsetof(cLabelStats.failed)]
	_ = none[unsafe.Sizeof(wLabelStats.Failed)-unsafe.Sizeof(cLabelStats.failed)]
	_ = none[unsafe.Offsetof(wLabelStats.Canceled)-unsafe.Offsetof(cLabelStats.canceled)]
	_ = none[unsafe.Sizeof(wLabelStats.Canceled)-unsafe.Sizeof(cLabelStats.canceled)]
	_ = none[unsafe.Offsetof(wLabelStats.Rejected)-unsafe.Offsetof(cLabelStats.rejected)]
	_ = none[unsafe.Sizeof(wLabelStats.Rejected)-unsafe.Sizeof(cLabelStats.rejected)]
	_ = none[unsafe.Offsetof(wLabelStats.AtOnce)-unsafe.Offsetof(cLabelStats.at_once)]
	_ = none[unsafe.Sizeof(wLabelStats.AtOnce)-unsafe.Sizeof(cLabelStats.at_once)]
	_ = none[unsafe.Offsetof(wLabelStats.Waiting)-unsafe.Offsetof(cLabelStats.waiting)]
	_ = none[unsafe.Sizeof(wLabelStats.Waiting)-unsafe.Sizeof(cLabelStats.waiting)]
	_ = none[unsafe.Offsetof(wLabelStats.Running)-unsafe.Offsetof(cLabelStats.running)]
	_ = none[unsafe.Sizeof(wLabelStats.Running)-unsafe.Sizeof(cLabelStats.running)]
	_ = none[unsafe.Offsetof(wLabelStats.WaitSumNS)-unsafe.Offsetof(cLabelStats.wait_sum_ns)]
	_ = none[unsafe.Sizeof(wLabelStats.WaitSumNS)-unsafe.Sizeof(cLabelStats.wait_sum_ns)]
	_ = none[unsafe.Offsetof(wLabelStats.WaitP50NS)-unsafe.Offsetof(cLabelStats.wait_p50_ns)]
	_ = none[unsafe.Sizeof(wLabelStats.WaitP50NS)-unsafe.Sizeof(cLabelStats.wait_p50_ns)]
	_ = none[unsafe.Offsetof(wLabelStats.WaitP90NS)-unsafe.Offsetof(cLabelStats.wait_p90_ns)]
	_ = none[unsafe.Sizeof(wLabelStats.WaitP90NS)-unsafe.Sizeof(cLabelStats.wait_p90_ns)]
	_ = none[unsafe.Offsetof(wLabelStats.WaitP99NS)-unsafe.Offsetof(cLabelStats.wait_p99_ns)]
	_ = none[unsafe.Sizeof(wLabelStats.WaitP99NS)-unsafe.Sizeof(cLabelStats.wait_p99_ns)]
	_ = none[unsafe.Offsetof(wLabelStats.WaitMaxNS)-unsafe.Offsetof(cLabelStats.wait_max_ns)]
	_ = none[unsafe.Sizeof(wLabelStats.WaitMaxNS)-unsafe.Sizeof(cLabelStats.wait_max_ns)]
	_ = none[unsafe.Offsetof(wLabelStats.RunSumNS)-unsafe.Offsetof(cLabelStats.run_sum_ns)]
	_ = none[unsafe.Sizeof(wLabelStats.RunSumNS)-unsafe.Sizeof(cLabelStats.run_sum_ns)]
	_ = none[unsafe.Offsetof(wLabelStats.RunP50NS)-unsafe.Offsetof(cLabelStats.run_p50_ns)]
	_ = none[unsafe.Sizeof(wLabelStats.RunP50NS)-unsafe.Sizeof(cLabelStats.run_p50_ns)]
	_ = none[unsafe.Offsetof(wLabelStats.RunP90NS)-unsafe.Offsetof(cLabelStats.run_p90_ns)]
	_ = none[unsafe.Sizeof(wLabelStats.RunP90NS)-unsafe.Sizeof(cLabelStats.run_p90_ns)]
	_ = none[unsafe.Offsetof(wLabelStats.RunP99NS)-unsafe.Offsetof(cLabelStats.run_p99_ns)]
	_ = none[unsafe.Sizeof(wLabelStats.RunP99NS)-unsafe.Sizeof(cLabelStats.run_p99_ns)]
	_ = none[unsafe.Offsetof(wLabelStats.RunMaxNS)-unsafe.Offsetof(cLabelStats.run_max_ns)]
	_ = none[unsafe.Sizeof(wLabelStats.RunMaxNS)-unsafe.Sizeof(cLabelStats.run_max_ns)]
)
