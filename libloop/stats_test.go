// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

func (h *host) stats() wire.Stats {
	h.t.Helper()
	h.ask(wire.StatsLoop, 0)
	return *wire.At[wire.Stats](h.statsAddr())
}

func (h *host) laneStats(lane uint32) wire.LaneStats {
	h.t.Helper()
	h.ask(wire.StatsLane, lane)
	return *wire.At[wire.LaneStats](h.statsAddr())
}

func (h *host) labelAt(index uint32) wire.LabelStats {
	h.t.Helper()
	h.ask(wire.StatsLabel, index)
	return *wire.At[wire.LabelStats](h.statsAddr())
}

// labelStats returns what is known of a label; a record of zeros when nothing is.
func (h *host) labelStats(name string) wire.LabelStats {
	h.t.Helper()
	for i := range h.stats().Labels {
		if s := h.labelAt(i); labelText(s) == name {
			return s
		}
	}
	return wire.LabelStats{}
}

func labelText(s wire.LabelStats) string {
	return string(wire.Slice[byte](s.Label, int(s.LabelLen)))
}

func (h *host) statsAddr() uintptr { return uintptr(unsafe.Pointer(&h.answers)) }

func (h *host) ask(what, index uint32) {
	h.t.Helper()
	h.answers = [32]uint64{}
	if code := h.e.Stats(what, index, h.statsAddr()); code != wire.OK {
		h.t.Fatalf("Stats(%d, %d): %d", what, index, code)
	}
}

// counts is a label's counts in one line: only those that are not 0.
func counts(s wire.LabelStats) string {
	var parts []string
	for _, x := range []struct {
		name string
		n    uint64
	}{
		{"queued", s.Queued}, {"started", s.Started}, {"finished", s.Finished}, {"failed", s.Failed},
		{"canceled", s.Canceled}, {"rejected", s.Rejected}, {"at once", s.AtOnce},
		{"waiting", s.Waiting}, {"running", s.Running},
	} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.name))
		}
	}
	return strings.Join(parts, ", ")
}

func (h *host) wantCounts(name, want string) {
	h.t.Helper()
	if got := counts(h.labelStats(name)); got != want {
		h.t.Fatalf("%q: %s; want %s", name, got, want)
	}
}

// job starts a job with a label.
func (h *host) job(label string, status int32) uint64 {
	if label != "" {
		h.label(label)
	}
	return h.work(func(*wire.Value) int32 { return status }, nil)
}

func TestTheCountsOfALabelFollowItsJobs(t *testing.T) {
	h := newHost(t, setup{})
	for range 3 {
		h.job("a", 0)
	}
	h.job("b", wire.EIO)
	id := h.job("a", 0)
	h.turn(wire.StepSubmit)
	h.wantCounts("a", "4 queued, 4 waiting")
	h.begin(0)
	h.wantCounts("a", "4 queued, 1 started, 3 waiting, 1 running")
	h.end()
	h.wantCounts("a", "4 queued, 1 started, 3 waiting, 1 running") // the loop has not looked yet
	h.turn(wire.StepNowait)
	h.wantCounts("a", "4 queued, 1 started, 1 finished, 3 waiting")
	h.cancel(id)
	h.turn(wire.StepSubmit)
	h.wantCounts("a", "4 queued, 1 started, 1 finished, 1 canceled, 2 waiting")
	h.run()
	h.wantCounts("a", "4 queued, 3 started, 3 finished, 1 canceled")
	h.wantCounts("b", "1 queued, 1 started, 1 finished, 1 failed")
	h.finish()
}

func TestTimesOfALabelAreThoseOfItsJobs(t *testing.T) {
	h := newHost(t, setup{})
	var waits, runs []int64
	r := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		wait, run := r.Int64N(5_000_000), r.Int64N(100_000)
		waits, runs = append(waits, wait), append(runs, run)
		h.job("a", 0)
		h.turn(wire.StepSubmit)
		h.clock.ns += wait
		h.begin(0)
		h.clock.ns += run
		h.end()
		h.turn(wire.StepNowait)
	}
	s := h.labelStats("a")
	check := func(what string, times []int64, sum, p50, p90, p99, longest int64) {
		t.Helper()
		slices.Sort(times)
		var exact int64
		for _, ns := range times {
			exact += ns
		}
		if sum != exact || longest != times[len(times)-1] {
			t.Errorf("%s: sum %d, max %d; want %d, %d", what, sum, longest, exact, times[len(times)-1])
		}
		for percent, got := range map[int]int64{50: p50, 90: p90, 99: p99} {
			want := times[(len(times)*percent+99)/100-1]
			if got < want-want/16 || got > want+want/16 {
				t.Errorf("%s: p%d %d, want %d", what, percent, got, want)
			}
		}
	}
	check("wait", waits, s.WaitSumNS, s.WaitP50NS, s.WaitP90NS, s.WaitP99NS, s.WaitMaxNS)
	check("run", runs, s.RunSumNS, s.RunP50NS, s.RunP90NS, s.RunP99NS, s.RunMaxNS)
	h.finish()
}

func TestEndsBeforeTheBeginningAreCountedAsCanceled(t *testing.T) {
	for name, end := range map[string]func(*host, uint64){
		"cancelled": func(h *host, id uint64) { h.cancel(id) },
		"cleared":   func(h *host, id uint64) { h.clear(id) },
		"too late":  func(h *host, _ uint64) { h.clock.ns += 1000 },
		"closed":    func(h *host, _ uint64) { h.closed = true },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, setup{})
			op := h.workOp(func(*wire.Value) int32 { return 0 })
			op.TimeoutNS = 1000
			id := h.start(op, nil)
			h.turn(wire.StepSubmit)
			end(h, id)
			for range 3 {
				h.turn(wire.StepNowait)
			}
			h.wantCounts("work", "1 queued, 1 canceled")
			h.finish()
		})
	}
}

func TestAJobCancelledAtWorkIsFinishedWhenItReturns(t *testing.T) {
	for name, end := range map[string]func(*host, uint64){
		"cancelled": func(h *host, id uint64) { h.cancel(id) },
		"cleared":   func(h *host, id uint64) { h.clear(id) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, setup{})
			id := h.job("", 0)
			h.turn(wire.StepSubmit)
			h.begin(0)
			end(h, id)
			h.turn(wire.StepNowait)
			h.wantCounts("work", "1 queued, 1 started, 1 running")
			h.end()
			h.turn(wire.StepNowait)
			h.wantCounts("work", "1 queued, 1 started, 1 finished")
			h.finish()
		})
	}
}

func TestAJobWithoutAWorkerNeverStarted(t *testing.T) {
	h := newHost(t, setup{})
	h.job("", 0)
	h.trial(&trial{said: []int{task.End}}, nil)
	h.turn(wire.StepSubmit)
	for _, lane := range []int{wire.LaneHost, wire.LaneFile} {
		j := h.begin(lane)
		j.Status, j.Out = wire.EAGAIN, wire.Value{Kind: wire.KindError, OSErrno: 11}
		j.State, j.StartedNS = wire.JobFinished, 0
		h.back(j)
	}
	h.running = nil
	h.wantCounts("work", "1 queued, 1 waiting")
	h.turn(wire.StepNowait)
	h.wantCounts("work", "1 queued, 1 canceled")
	h.wantCounts("trial", "1 queued, 1 canceled")
	h.finish()
}

func TestAFullLaneRejects(t *testing.T) {
	h := newHost(t, setup{queueLimit: 1})
	for range 3 {
		h.job("a", 0)
	}
	h.trial(&trial{said: []int{task.End}}, nil)
	h.trial(&trial{said: []int{task.End}}, nil)
	h.start(wire.Op{Code: opTrial, Len: 14, Data: 8}, nil)
	h.run()
	h.wantCounts("a", "1 queued, 1 started, 1 finished, 2 rejected")
	h.wantCounts("trial", "1 queued, 1 started, 1 finished, 2 rejected")
	if lane := h.laneStats(0); lane.QueueLimit != 1 || lane.WaitingPeak != 1 {
		t.Fatalf("%+v", lane)
	}
	h.finish()
}

func TestATaskCountsOnceHoweverManyPiecesItHas(t *testing.T) {
	h := newHost(t, setup{})
	x := &trial{said: []int{task.Out, task.More, task.Out, task.End}}
	h.trial(x, nil)
	h.turn(wire.StepSubmit)
	h.wantCounts("trial", "1 queued, 1 waiting")
	for range 3 {
		h.clock.ns += 100
		h.begin(wire.LaneFile)
		h.wantCounts("trial", "1 queued, 1 started, 1 running")
		h.clock.ns += 20
		h.end()
		h.turn(wire.StepNowait)
	}
	h.wantCounts("trial", "1 queued, 1 started, 1 finished")
	if s := h.labelStats("trial"); s.WaitSumNS != 300 || s.RunSumNS != 60 || s.WaitMaxNS != 300 {
		t.Fatalf("%+v", s)
	}
	h.finish()
}

func TestATaskThatFailsIsCounted(t *testing.T) {
	h := newHost(t, setup{})
	x := &trial{said: []int{task.End}}
	x.Fail(wire.ENOENT, 2, "open /nowhere")
	h.trial(x, nil)
	h.run()
	h.wantCounts("trial", "1 queued, 1 started, 1 finished, 1 failed")
	h.finish()
}

func TestWhatTheLoopsThreadDoesAtOnceHasNoWait(t *testing.T) {
	h := newHost(t, setup{})
	h.trial(&trial{early: 1, onStart: func() { h.clock.ns += 77 }}, nil)
	h.turn(wire.StepNowait)
	h.wantCounts("trial", "1 queued, 1 started, 1 finished, 1 at once")
	if s := h.labelStats("trial"); s.RunSumNS != 77 || s.WaitMaxNS != 0 {
		t.Fatalf("%+v", s)
	}
	h.run()
	h.finish()
}

func TestATaskCancelledInTheQueueIsCanceled(t *testing.T) {
	h := newHost(t, setup{})
	id := h.trial(&trial{said: []int{task.End}}, nil)
	h.turn(wire.StepSubmit)
	h.cancel(id)
	h.run()
	h.wantCounts("trial", "1 queued, 1 canceled")
	h.finish()
}

func TestAFlowWithoutInputWaitsForNoWorker(t *testing.T) {
	h := newHost(t, setup{})
	id := h.echo(h.say("flow"))
	h.turn(wire.StepSubmit)
	h.wantCounts("echo", "1 queued, 1 waiting")
	if lane := h.laneStats(wire.LaneCpu); lane.Waiting != 0 || lane.Running != 0 {
		t.Fatalf("%+v", lane)
	}
	h.clock.ns += 1_000_000 // nobody's wait
	h.write(id, "a", 0, nil)
	h.turn(wire.StepSubmit)
	if lane := h.laneStats(wire.LaneCpu); lane.Waiting != 1 {
		t.Fatalf("%+v", lane)
	}
	h.begin(wire.LaneCpu)
	if lane := h.laneStats(wire.LaneCpu); lane.Waiting != 0 || lane.Running != 1 {
		t.Fatalf("%+v", lane)
	}
	h.control(wire.OpEnd, id)
	h.run()
	h.wantCounts("echo", "1 queued, 1 started, 1 finished")
	if s := h.labelStats("echo"); s.WaitSumNS != 0 {
		t.Fatalf("%+v", s)
	}
	h.finish()
}

func TestLanesSayWhatWaitsAndRuns(t *testing.T) {
	h := newHost(t, setup{})
	for lane := range uint32(wire.Lanes) {
		for range lane + 2 {
			op := h.workOp(func(*wire.Value) int32 { return 0 })
			op.Len = lane
			h.start(op, nil)
		}
	}
	h.turn(wire.StepSubmit)
	for lane := range wire.Lanes {
		h.begin(lane)
	}
	for lane := range uint32(wire.Lanes) {
		want := wire.LaneStats{Waiting: uint64(lane) + 1, Running: 1, WaitingPeak: uint64(lane) + 2}
		if got := h.laneStats(lane); got != want {
			t.Fatalf("lane %d: %+v, want %+v", lane, got, want)
		}
	}
	h.run()
	for lane := range uint32(wire.Lanes) {
		if got := h.laneStats(lane); got.Waiting != 0 || got.Running != 0 {
			t.Fatalf("lane %d: %+v", lane, got)
		}
	}
	h.finish()
}

func TestTheLoopCountsWhatItDoes(t *testing.T) {
	h := newHost(t, setup{})
	h.onPost = func(uint64) {}
	ids := []uint64{h.after(10, nil), h.after(20, nil), h.after(30, nil)}
	quiet := h.start(wire.Op{Code: wire.OpPollFD, Flags: wire.OpFlagQuiet | wire.OpFlagUnref, Len: wire.Readable, Arg: 9}, nil)
	h.clear(ids[2])
	h.label("a")
	h.job("", 0)
	h.start(wire.Op{Code: wire.OpWork}, nil) // no function
	h.post(1)
	h.post(2)
	h.turn(wire.StepSubmit)
	s := h.stats()
	if s.Ops != 7 || s.OpsRefused != 1 || s.IDs != 4 || s.IDsPeak != 4 || s.Timers != 2 || s.TimersPeak != 2 ||
		s.Events != 0 || s.Passes != 0 || s.Labels != 1 {
		t.Fatalf("%+v", s)
	}
	h.run()
	h.clear(quiet)
	h.run()
	s = h.stats()
	// Two timers, the job, the refusal, the cleared timer, two posts, the quiet id.
	if s.Events != 8 || s.Posts != 2 || s.IDs != 0 || s.IDsPeak != 4 || s.Timers != 0 || s.TimersPeak != 2 ||
		s.Passes != h.e.walk.pass || s.Turns == 0 || s.ElapsedNS != h.clock.ns-1_000_000 {
		t.Fatalf("%+v", s)
	}
	h.finish()
}

func TestAResetCountsAnewFromNow(t *testing.T) {
	h := newHost(t, setup{})
	for range 5 {
		h.job("a", wire.EIO)
	}
	h.after(50, nil)
	h.turn(wire.StepSubmit)
	h.begin(0)
	h.begin(0)
	h.clock.ns += 1000
	h.end()
	h.turn(wire.StepNowait)
	h.wantCounts("a", "5 queued, 2 started, 1 finished, 1 failed, 3 waiting, 1 running")
	h.ask(wire.StatsReset, 0)
	h.wantCounts("a", "3 waiting, 1 running")
	s := h.stats()
	if s.Passes != 0 || s.Turns != 0 || s.Events != 0 || s.Ops != 0 || s.ElapsedNS != 0 || s.IDsPeak != 5 ||
		s.IDs != 5 || s.Labels != 1 {
		t.Fatalf("%+v", s)
	}
	if got := h.labelStats("a"); got.RunSumNS != 0 || got.RunMaxNS != 0 || got.RunP99NS != 0 {
		t.Fatalf("%+v", got)
	}
	if got := h.laneStats(0); got.WaitingPeak != 3 {
		t.Fatalf("%+v", got)
	}
	h.clock.ns += 10
	h.end()
	h.turn(wire.StepNowait)
	h.wantCounts("a", "1 finished, 1 failed, 3 waiting")
	h.run()
	h.wantCounts("a", "3 started, 4 finished, 4 failed")
	if got := h.labelStats("a"); got.RunMaxNS != 1010 {
		t.Fatalf("%+v", got)
	}
	h.finish()
}

func TestQueuedIsWaitingAndStartedAndCanceledWhateverIsDone(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 4))
		h := newHost(t, setup{capacity: 1 + r.IntN(4), queueLimit: uint32(r.IntN(6))})
		var ids []uint64
		for range 60 {
			switch r.IntN(7) {
			case 0:
				ids = append(ids, h.job([]string{"", "a", "b"}[r.IntN(3)], -int32(r.IntN(2))))
			case 1:
				x := &trial{early: r.IntN(2), said: []int{task.Out, task.End}}
				ids = append(ids, h.trial(x, nil))
			case 2:
				if len(ids) > 0 {
					id := ids[r.IntN(len(ids))]
					[]func(uint64){h.cancel, h.clear}[r.IntN(2)](id)
				}
			case 3:
				h.begin([]int{wire.LaneHost, wire.LaneFile}[r.IntN(2)])
			case 4:
				if len(h.running) > 0 {
					h.end()
				}
			default:
				h.turn([]uint32{0, wire.StepNowait, wire.StepSubmit}[r.IntN(3)])
			}
			h.checkSums()
		}
		h.closed = r.IntN(2) == 0
		h.run()
		h.checkSums()
		h.finish()
	}
}

func (h *host) checkSums() {
	h.t.Helper()
	for i := range h.stats().Labels {
		s := h.labelAt(i)
		if s.Queued != s.Waiting+s.Started+s.Canceled || s.Started != s.Running+s.Finished {
			h.t.Fatalf("%s: %s", labelText(s), counts(s))
		}
	}
}

func TestEqualLabelsAreOneWhereverTheyLie(t *testing.T) {
	h := newHost(t, setup{})
	for range 3 {
		op := h.workOp(func(*wire.Value) int32 { return 0 })
		op.Target = uint64(addrOf8([]byte("same\x00")))
		h.start(op, nil)
	}
	h.job("same", 0)
	h.run()
	h.wantCounts("same", "4 queued, 4 started, 4 finished")
	if n := h.stats().Labels; n != 1 {
		t.Fatalf("%d labels", n)
	}
	h.finish()
}

func TestStaticLabelsThatShareAPlaceInTheCacheAreToldApart(t *testing.T) {
	h := newHost(t, setup{})
	const many = 3 * staticRoom
	labels := make([]byte, 8*many)
	base := addrOf8(labels)
	for i := range many {
		copy(labels[8*i:], fmt.Sprintf("l%d", i))
	}
	for range 2 {
		for i := range many {
			op := h.workOp(func(*wire.Value) int32 { return 0 })
			op.Target = uint64(base) + uint64(8*i)
			h.start(op, nil)
		}
	}
	h.run()
	for i := range uint32(many) {
		s := h.labelAt(i)
		if labelText(s) != fmt.Sprintf("l%d", i) || s.Finished != 2 {
			t.Fatalf("label %d: %s, %s", i, labelText(s), counts(s))
		}
	}
	h.finish()
}

func TestALabelThatIsUsedAgainInOtherMemoryIsTheSame(t *testing.T) {
	h := newHost(t, setup{})
	for round := range 3 {
		for i := range maxUnused + 10 { // the labels of timers, so that those of the jobs are given back
			h.label(fmt.Sprintf("timer %d %d", round, i))
			h.after(0, nil)
		}
		for i := range 5 {
			h.job(fmt.Sprintf("job %d", i), 0)
		}
		h.run()
		h.run()
	}
	for i := range 5 {
		h.wantCounts(fmt.Sprintf("job %d", i), "3 queued, 3 started, 3 finished")
	}
	h.finish()
}

func TestLabelsBeyondTheLimitAreCountedTogether(t *testing.T) {
	h := newHost(t, setup{})
	const many = wire.StatsLabels + 500
	for range 2 {
		for i := range many {
			h.job(fmt.Sprintf("label %d", i), 0)
		}
		h.run()
	}
	if n := h.stats().Labels; n != wire.StatsLabels {
		t.Fatalf("%d labels", n)
	}
	before, last := h.labelAt(wire.StatsLabels-2), h.labelAt(wire.StatsLabels-1)
	if labelText(before) != fmt.Sprintf("label %d", wire.StatsLabels-2) || before.Flags != 0 {
		t.Fatalf("%s: %+v", labelText(before), before)
	}
	if labelText(last) != "(others)" || last.Flags != wire.StatsOthers || last.Finished != 2*501 {
		t.Fatalf("%s: %+v", labelText(last), last)
	}
	if code := h.e.Stats(wire.StatsLabel, wire.StatsLabels, h.statsAddr()); code != wire.ENOENT {
		t.Fatal(code)
	}
	h.finish()
}

func TestALongLabelIsCutBetweenTwoCharacters(t *testing.T) {
	h := newHost(t, setup{})
	op := h.workOp(func(*wire.Value) int32 { return 0 })
	op.Target = uint64(addrOf8([]byte(strings.Repeat("x", maxLabel-1) + "ü" + strings.Repeat("y", 99) + "\x00")))
	h.start(op, nil)
	h.run()
	s := h.labelAt(0)
	if labelText(s) != strings.Repeat("x", maxLabel-1) {
		t.Fatalf("%d bytes", s.LabelLen)
	}
	h.finish()
}

func TestALabelOfTheNameOfTheOthersIsTheirs(t *testing.T) {
	h := newHost(t, setup{})
	h.job(othersLabel, 0)
	h.run()
	if s := h.labelStats(othersLabel); s.Flags != wire.StatsOthers || s.Finished != 1 {
		t.Fatalf("%+v", s)
	}
	h.finish()
}

func TestALabelWithoutMemoryIsCountedWithTheOthers(t *testing.T) {
	h := newHost(t, setup{})
	op := h.workOp(func(*wire.Value) int32 { return 0 })
	op.Target = uint64(addrOf8([]byte("static\x00")))
	h.start(op, nil)
	h.e.labels.mem = noMemory{}
	h.turn(wire.StepSubmit)
	h.e.labels.mem = h.mem
	h.run()
	h.wantCounts(othersLabel, "1 queued, 1 started, 1 finished")
	h.finish()
}

func TestQuestionsOutOfRangeAreRefused(t *testing.T) {
	h := newHost(t, setup{})
	for _, x := range []struct {
		what, index uint32
		want        int32
	}{
		{0, 0, wire.EINVAL}, {5, 0, wire.EINVAL}, {wire.StatsLane, wire.Lanes, wire.EINVAL},
		{wire.StatsLabel, 0, wire.ENOENT}, {wire.StatsLabel, 1<<32 - 1, wire.ENOENT},
	} {
		if code := h.e.Stats(x.what, x.index, h.statsAddr()); code != x.want {
			t.Errorf("Stats(%d, %d): %d, want %d", x.what, x.index, code, x.want)
		}
	}
	h.e.Poison("test", nil)
	if code := h.e.Stats(wire.StatsLabel, 0, h.statsAddr()); code != wire.EPANIC {
		t.Errorf("poisoned: %d", code)
	}
}
