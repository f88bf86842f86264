// SPDX-License-Identifier: MIT

package libloop

import (
	"sync/atomic"
	"unicode/utf8"

	"libloop.dev/libloop/libloop/internal/histogram"
	"libloop.dev/libloop/libloop/internal/wire"
)

// stats counts what the loop does. Runs on: the loop's thread, all of it.
//
// The jobs of a label count in a group; a block of a job that is to be counted has its group's number. What a
// job has cost is recorded when its block comes back, so that workers share nothing for it. How many wait or
// run is not counted at all: whoever asks has all blocks looked at.
type stats struct {
	groups []*group          // 0 is not used
	byText map[string]uint16 // groups by their labels
	static [staticRoom]staticLabel
	others uint32 // index of the label of all labels that have no group of their own

	sinceNS int64
	now     loopCounts
	base    loopCounts // at the last reset

	idsPeak    int
	timersPeak int
	queuedPeak [wire.Lanes]uint32

	steps    uint64 // taken
	lookedAt uint64 // the step after which the blocks were looked at, + 1; 0: never
	lanes    [wire.Lanes]laneLook
}

// loopCounts are the counts of the loop as a whole that only grow.
type loopCounts struct {
	passes, turns, steps, events, ops, refused, posts uint64
}

// group is what is counted of the jobs of a label.
type group struct {
	label uint32 // index in labels
	flags uint32

	groupCounts
	base   groupCounts // at the last reset
	begun  uint64      // jobs that had begun then
	queued uint64      // jobs that had been queued then
	wait   histogram.Histogram
	run    histogram.Histogram

	waiting, running uint64 // at the last look
}

// groupCounts are the counts of a label that only grow. How many were queued and have begun follows from them
// and from what a look finds.
type groupCounts struct {
	finished, failed, canceled, rejected, atOnce uint64
}

// laneLook is what a look at all blocks found in a lane.
type laneLook struct{ waiting, running uint64 }

// staticLabel remembers the group of a label of the host that lives as long as the loop, as the header demands:
// so nothing else will ever be at its address.
type staticLabel struct {
	addr  uintptr
	group uint16
}

const (
	staticBits = 8
	staticRoom = 1 << staticBits // each at the hash of its address; one that is not there is looked up by its text
	hashFactor = 0x9E3779B97F4A7C15
)

const othersLabel = "(others)"

// open begins to count.
func (t *stats) open(e *Engine) bool {
	t.groups = make([]*group, 1)
	t.byText = map[string]uint16{}
	t.others = e.labels.use([]byte(othersLabel))
	return t.others != 0
}

// jobLabel returns the label of a job and the group that it counts in. The label is that which the host gave the
// id, else the static one at an address, else the one with an index, of the job's kind.
func (e *Engine) jobLabel(s *slot, static uintptr, kind uint32) (addr int64, number uint16) {
	if s.extra != 0 && e.extras[s.extra].label != 0 {
		kind = e.extras[s.extra].label
	} else if static != 0 {
		number = e.stats.find(e, textAt(static))
		e.stats.static[placeOf(static)] = staticLabel{static, number}
		return int64(static), number
	}
	l := &e.labels.all[kind]
	addr, number = int64(l.addr), l.group
	if number == 0 {
		number = e.stats.find(e, []byte(l.text))
		e.labels.all[kind].group = number // looking may have moved it
	}
	return addr, number
}

// known returns the group of a label that the host promises to keep; 0: look it up.
func (t *stats) known(addr uintptr) uint16 {
	if l := &t.static[placeOf(addr)]; l.addr == addr {
		return l.group
	}
	return 0
}

func placeOf(addr uintptr) uint64 { return uint64(addr) * hashFactor >> (64 - staticBits) }

// find returns the group of a label, making it while there is room; else that of the others.
func (t *stats) find(e *Engine, text []byte) uint16 {
	text = cut(text)
	if n, ok := t.byText[string(text)]; ok {
		return n
	}
	index, flags := t.others, uint32(wire.StatsOthers)
	if len(t.groups) < wire.StatsLabels && string(text) != othersLabel {
		// The group uses the label for as long as the loop lives, so that its text stays.
		if own := e.labels.use(text); own != 0 {
			index, flags = own, 0
		}
	}
	name := e.labels.all[index].text
	n, ok := t.byText[name]
	if !ok {
		n = uint16(len(t.groups))
		t.groups = append(t.groups, &group{label: index, flags: flags})
		t.byText[name] = n
	}
	return n
}

// cut shortens a label that is longer than one may be, between two characters.
func cut(text []byte) []byte {
	if len(text) <= maxLabel {
		return text
	}
	n := maxLabel
	for n > maxLabel-utf8.UTFMax && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// pushed is told how many jobs wait in a lane now that one more does.
func (t *stats) pushed(lane uint8, waiting uint32) {
	if waiting > t.queuedPeak[lane] {
		t.queuedPeak[lane] = waiting
	}
}

// rejected counts a job that was never queued.
func (t *stats) rejected(number uint16) { t.groups[number].rejected++ }

// canceled counts a job that ends and never began.
func (t *stats) canceled(j *wire.Job) {
	if j.Group != 0 {
		t.groups[j.Group].canceled++
		j.Group = 0
	}
}

// ended counts a host function that has returned, or for which there was no worker.
func (g *group) ended(j *wire.Job) {
	j.Group = 0
	if j.StartedNS == 0 {
		g.canceled++
		return
	}
	g.finished++
	if j.Status != wire.OK || j.Out.Kind >= wire.KindError {
		g.failed++
	}
	g.wait.Add(j.StartedNS - j.QueuedNS)
	g.run.Add(j.EndedNS - j.StartedNS)
}

// returned counts what a task has cost since it was queued, and the task when it has come to its end.
func (t *stats) returned(entry *taskEntry, j *wire.Job, end bool) {
	if j.Group == 0 {
		return
	}
	if j.StartedNS != 0 {
		entry.begun = true
		entry.waitNS += max(0, j.StartedNS-j.QueuedNS)
		entry.runNS += max(0, j.EndedNS-j.StartedNS)
	}
	if !end {
		return
	}
	if !entry.begun {
		t.canceled(j)
		return
	}
	t.groups[j.Group].end(entry.waitNS, entry.runNS, entry.task.Base().Status != wire.OK)
	j.Group = 0
}

// atOnce counts a task that the loop's thread has done.
func (t *stats) atOnce(number uint16, entry *taskEntry) {
	g := t.groups[number]
	g.atOnce++
	g.end(0, entry.runNS, entry.task.Base().Status != wire.OK)
}

// end counts a task that has finished.
func (g *group) end(waitNS, runNS int64, failed bool) {
	g.finished++
	if failed {
		g.failed++
	}
	g.wait.Add(waitNS)
	g.run.Add(runNS)
}

// took is told that the ops of a step are taken: ids are never more than then, and timers only when some were
// cleared by the same ops, which nobody could see.
func (t *stats) took(e *Engine, ops uint32) {
	t.now.ops += uint64(ops)
	t.idsPeak = max(t.idsPeak, e.live-e.quiet)
	t.timersPeak = max(t.timersPeak, e.timers.Pending())
}

// gave is told what a step gives the host.
func (t *stats) gave(s *wire.Step) {
	t.now.events += uint64(s.NEvents)
	t.now.posts += uint64(s.PostsTaken)
}

// counts returns the counts of the loop, those that are kept elsewhere included.
func (t *stats) counts(e *Engine) loopCounts {
	c := t.now
	c.passes, c.turns, c.steps = e.walk.pass, e.trace.turns, t.steps
	return c
}

// look finds out what becomes of every job that is alive.
func (t *stats) look(e *Engine) {
	t.lookedAt = t.steps + 1
	t.lanes = [wire.Lanes]laneLook{}
	for _, g := range t.groups[1:] {
		g.waiting, g.running = 0, 0
	}
	pages := e.jobs.blocks.pages
	for i := range pages {
		if pages[i].used == 0 {
			continue
		}
		for k := range uintptr(jobsPerPage) {
			if j := wire.At[wire.Job](pages[i].addr + k*jobSize); j.Group != 0 {
				t.lookAt(e, j)
			}
		}
	}
}

func (t *stats) lookAt(e *Engine, j *wire.Job) {
	state := atomic.LoadUint32(&j.State)
	// One that has finished and was never started had no worker.
	begun := state == wire.JobRunning || state == wire.JobFinished && j.StartedNS != 0
	atPool := true
	if j.Fn == 0 {
		entry := e.tasks.at(uint32(j.Arg))
		begun = begun || entry.begun
		atPool = !entry.rests && !entry.held
	}
	g, lane := t.groups[j.Group], &t.lanes[j.Lane]
	if begun {
		g.running++
	} else {
		g.waiting++
	}
	switch {
	case !atPool:
	case state == wire.JobQueued:
		lane.waiting++
	case state == wire.JobRunning:
		lane.running++
	}
}

// allBegun and allQueued return how many jobs of a group have begun and were queued ever. The look is fresh.
func (g *group) allBegun() uint64  { return g.finished + g.running }
func (g *group) allQueued() uint64 { return g.allBegun() + g.waiting + g.canceled }

// reset counts anew from now.
func (t *stats) reset(e *Engine) {
	t.look(e)
	for _, g := range t.groups[1:] {
		g.begun, g.queued = g.allBegun(), g.allQueued()
		g.base = g.groupCounts
		g.wait, g.run = histogram.Histogram{}, histogram.Histogram{}
	}
	t.base = t.counts(e)
	t.sinceNS = e.clock.Now()
	t.idsPeak, t.timersPeak = e.live-e.quiet, e.timers.Pending()
	for lane := range t.queuedPeak {
		t.queuedPeak[lane] = atomic.LoadUint32(&e.shared.Queued[lane])
	}
}
