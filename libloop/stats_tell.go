// SPDX-License-Identifier: MIT

package libloop

import "libloop.dev/libloop/libloop/internal/wire"

// Stats answers the C half's question for statistics. out is the address of the record, zeroed but for its
// size; what only the C half knows is left to it. Everything queued was submitted before.
func (e *Engine) Stats(what, index uint32, out uintptr) int32 {
	if e.poisoned.Load() {
		return wire.EPANIC
	}
	t := &e.stats
	switch what {
	case wire.StatsLoop:
		t.look(e)
		t.tellLoop(e, wire.At[wire.Stats](out))
	case wire.StatsLane:
		if index >= wire.Lanes {
			return wire.EINVAL
		}
		t.look(e)
		t.tellLane(e, index, wire.At[wire.LaneStats](out))
	case wire.StatsLabel:
		if uint64(index)+1 >= uint64(len(t.groups)) {
			return wire.ENOENT
		}
		if t.lookedAt != t.steps+1 {
			t.look(e)
		}
		t.groups[index+1].tell(e, wire.At[wire.LabelStats](out))
	case wire.StatsReset:
		t.reset(e)
	default:
		return wire.EINVAL
	}
	return wire.OK
}

func (t *stats) tellLoop(e *Engine, out *wire.Stats) {
	now := t.counts(e)
	out.Labels = uint32(len(t.groups) - 1)
	out.ElapsedNS = max(0, e.clock.Now()-t.sinceNS)
	out.Passes = now.passes - t.base.passes
	out.Turns, out.Steps = now.turns-t.base.turns, now.steps-t.base.steps
	out.Events = now.events - t.base.events
	out.OpsRefused = now.refused - t.base.refused
	out.Ops = now.ops - t.base.ops - out.OpsRefused
	out.Posts = now.posts - t.base.posts
	out.IDs, out.IDsPeak = uint64(e.live-e.quiet), uint64(t.idsPeak)
	out.Timers, out.TimersPeak = uint64(e.timers.Pending()), uint64(t.timersPeak)
}

func (t *stats) tellLane(e *Engine, lane uint32, out *wire.LaneStats) {
	out.QueueLimit = e.conf.queueLimit[lane]
	out.Waiting, out.Running = t.lanes[lane].waiting, t.lanes[lane].running
	out.WaitingPeak = uint64(t.queuedPeak[lane])
}

func (g *group) tell(e *Engine, out *wire.LabelStats) {
	label := &e.labels.all[g.label]
	out.Flags = g.flags
	out.Label, out.LabelLen = label.addr, uint64(len(label.text))
	out.Queued = g.allQueued() - g.queued
	out.Started = g.allBegun() - g.begun
	out.Finished = g.finished - g.base.finished
	out.Failed = g.failed - g.base.failed
	out.Canceled = g.canceled - g.base.canceled
	out.Rejected = g.rejected - g.base.rejected
	out.AtOnce = g.atOnce - g.base.atOnce
	out.Waiting, out.Running = g.waiting, g.running
	out.WaitSumNS, out.WaitMaxNS = g.wait.Sum(), g.wait.Max()
	out.WaitP50NS = g.wait.Percentile(50)
	out.WaitP90NS = g.wait.Percentile(90)
	out.WaitP99NS = g.wait.Percentile(99)
	out.RunSumNS, out.RunMaxNS = g.run.Sum(), g.run.Max()
	out.RunP50NS = g.run.Percentile(50)
	out.RunP90NS = g.run.Percentile(90)
	out.RunP99NS = g.run.Percentile(99)
}
