// SPDX-License-Identifier: MIT

package watch

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"libloop.dev/libloop/libloop/internal/wire"
)

// often is a poll interval that tests wait for.
const often = time.Millisecond

// age makes a file look old, so that a write changes its time whatever the clock of the file system is.
func (d disk) age(name string) {
	d.t.Helper()
	do(d.t, os.Chtimes(d.at(name), time.Unix(1, 0), time.Unix(1, 0)))
}

func TestAPolledFileTellsWhatHappensToIt(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("f")
	r.start(1, Spec{Path: d.at("f"), Poll: often})
	d.write("f", "x")
	r.want(1, "modified")
	d.chmod("f")
	r.want(1, "attributes")
	d.age("f")
	r.want(1, "modified")
	d.create("new")
	d.write("new", "y")
	d.rename("new", "f")
	r.until("the replacement", func() bool { return len(r.log[1]) > 0 })
	r.log[1] = nil // mode and content at once
	d.remove("f")
	r.want(1, "end 2 "+d.at("f"))
}

func TestAPolledFolderTellsWhatHappensInIt(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("old")
	d.mkdir("sub")
	r.start(1, Spec{Path: d.dir, Poll: often})
	d.create("a")
	r.want(1, "created a")
	d.write("a", "x")
	r.want(1, "modified a")
	d.chmod("a")
	r.want(1, "attributes a")
	d.create("sub/unseen")
	d.remove("old")
	r.want(1, "deleted old")
	d.create("b")
	d.rename("b", "a") // another file of the same name and, but for its number, the same kind
	r.until("the replacement", func() bool {
		return len(r.log[1]) > 0 && slices.Contains(r.log[1], "modified+attributes a") || slices.Contains(r.log[1], "attributes+modified a")
	})
	r.log[1] = nil
	d.chmod("sub")
	r.want(1, "attributes sub/")
	do(t, os.RemoveAll(d.dir))
	r.until("the end", func() bool { return r.ended[1] })
	if last := r.log[1][len(r.log[1])-1]; last != "end 2 "+d.dir {
		t.Fatal(last)
	}
}

func TestWhatBecomesSomethingElseIsRemovedAndCreated(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("a")
	d.mkdir("b/c")
	r.held = true
	r.begin(1, Spec{Path: d.dir, Poll: often, Recursive: true})
	r.held = false
	r.want(1, "ready 0")
	r.held = true
	r.workers.Wait()
	d.remove("a")
	d.mkdir("a/x")
	do(t, os.RemoveAll(d.at("b")))
	d.create("b")
	r.held = false
	r.until("all", func() bool { return len(r.log[1]) == 6 })
	slices.Sort(r.log[1])
	r.want(1, "created a/", "created a/x/", "created b", "deleted a", "deleted b/", "deleted b/c/")
}

func TestAPolledTreeMakesAPictureThatIsRight(t *testing.T) {
	for seed := range 10 {
		r, d, out := newRig(t), newDisk(t), newDisk(t)
		rnd := rand.New(rand.NewPCG(uint64(seed), 2))
		for range 50 {
			change(rnd, d.dir, out.dir)
		}
		r.start(1, Spec{Path: d.dir, Recursive: true, Poll: often})
		m := &model{t: t, dir: d.dir}
		m.names = m.disk()
		r.all = m.take
		for range 20 {
			for range 10 {
				change(rnd, d.dir, out.dir)
			}
			r.collect()
		}
		r.until("the right picture", func() bool { return m.differs() == "" })
		r.close()
	}
}

func TestAFileThatIsMissingForAMomentWasReplaced(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("f")
	r.start(1, Spec{Path: d.at("f"), Poll: often})
	r.held = true
	d.rename("f", "g")
	r.until("an errand", func() bool { return len(r.errands) > 0 })
	r.errands[0].Run()
	r.errands = nil
	d.create("f")
	r.held = false
	r.want(1, "modified")
}

func TestAPolledPathThatIsNotThereEndsAtOnce(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	r.begin(1, Spec{Path: d.at("nothing"), Poll: often})
	r.want(1, "end 2 "+d.at("nothing"))
}

func TestAPolledSymlinkIsFollowedAtTheRootOnly(t *testing.T) {
	r, d, out := newRig(t), newDisk(t), newDisk(t)
	d.mkdir("real")
	do(t, os.Symlink("real", d.at("link")), os.Symlink(out.dir, d.at("real/out")))
	r.start(1, Spec{Path: d.at("link"), Poll: often, Recursive: true})
	out.create("unseen")
	d.create("real/f")
	r.want(1, "created f")
}

func TestOnlyWhatIsAskedForIsToldOfAPolledFolder(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	r.start(1, Spec{Path: d.dir, Poll: often, Events: wire.WatchDeleted})
	d.create("a")
	d.write("a", "x")
	r.until("a look", func() bool { return r.looks(1) })
	d.remove("a")
	r.want(1, "deleted a")
}

// looks says whether a polling watch knows a.
func (r *rig) looks(id uint64) bool {
	r.runErrands()
	r.workers.Wait()
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	s := r.c.live[id].eye.(*survey)
	return !r.c.live[id].running && s.known[""].entries["a"].size == 1
}

func TestALargePolledFolderIsReadInPieces(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	for i := range 2000 {
		d.create(fmt.Sprint(i))
	}
	r.held = true
	r.begin(1, Spec{Path: d.dir, Poll: often})
	r.until("an errand", func() bool { return len(r.errands) > 0 })
	pieces := 1
	for r.errands[0].Run() != 16 {
		pieces++
	}
	r.errands = nil
	if pieces < 3 {
		t.Fatal(pieces)
	}
}
