// SPDX-License-Identifier: MIT

package watch

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestATreeThatIsMadeWhileItIsWatchedIsToldOnce(t *testing.T) {
	for round := range 50 {
		r, d := newRig(t), newDisk(t)
		r.start(1, Spec{Path: d.dir, Recursive: true})
		m := &model{t: t, dir: d.dir, names: map[string]bool{}, exact: true}
		r.all = m.take
		for i := range 3 {
			folder := fmt.Sprintf("a%d/b/c", i)
			d.mkdir(folder)
			for file := range 5 {
				d.create(fmt.Sprintf("%s/f%d", folder, file))
				d.create(fmt.Sprintf("a%d/f%d", i, file))
			}
		}
		m.fence(r)
		if wrong := m.differs(); wrong != "" {
			t.Fatalf("round %d:\n%s", round, wrong)
		}
		r.close()
	}
}

func TestAFolderThatMovesOutIsWatchedNoMoreAndOneThatMovesInIsToldWhole(t *testing.T) {
	r, d, out := newRig(t), newDisk(t), newDisk(t)
	d.mkdir("a/b")
	d.create("a/b/f")
	r.start(1, Spec{Path: d.dir, Recursive: true})
	do(t, os.Rename(d.at("a"), out.at("a")))
	r.want(1, "deleted a/")
	out.create("a/b/unseen")
	do(t, os.Rename(out.at("a"), d.at("z")))
	r.want(1, "created z/", "created z/b/")
	r.until("both files", func() bool { return len(r.log[1]) == 2 })
	slices.Sort(r.log[1])
	r.want(1, "created z/b/f", "created z/b/unseen")
	d.create("z/b/g")
	r.want(1, "created z/b/g")
	if n := r.marks(); n != 3 {
		t.Fatalf("%d marks", n)
	}
}

func TestAFolderThatIsRenamedTakesItsFoldersAlong(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("a/b")
	d.mkdir("c")
	r.start(1, Spec{Path: d.dir, Recursive: true})
	d.rename("a", "c/x")
	d.create("c/x/b/f")
	d.rename("c", "d")
	d.create("d/x/b/g")
	r.want(1, "renamed a -> c/x/", "created c/x/b/f", "renamed c -> d/", "created d/x/b/g")
}

// Errands that wait show what happens when much is done before a new folder is read.

func TestANewFolderThatIsRenamedBeforeItIsReadIsToldUnderItsNewName(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	r.start(1, Spec{Path: d.dir, Recursive: true})
	r.held = true
	d.mkdir("a/b")
	d.create("a/b/f")
	d.rename("a", "z")
	r.until("an errand", func() bool { return len(r.errands) > 0 })
	r.held = false
	r.want(1, "created a/", "renamed a -> z/", "created z/b/", "created z/b/f")
}

func TestAFolderThatMovesIntoANewOneIsToldThere(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("old/sub")
	d.create("old/sub/f")
	r.start(1, Spec{Path: d.dir, Recursive: true})
	r.held = true
	d.mkdir("new")
	d.rename("old/sub", "new/sub")
	r.until("an errand", func() bool { return len(r.errands) > 0 })
	r.held = false
	r.want(1, "created new/", "created new/sub/", "deleted old/sub/", "created new/sub/f")
	d.create("new/sub/g")
	r.want(1, "created new/sub/g")
}

func TestAnotherFolderUnderTheSameNameIsNotTakenForTheFirst(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	r.start(1, Spec{Path: d.dir, Recursive: true})
	r.held = true
	d.mkdir("a")
	d.create("a/first")
	d.rename("a", "b")
	d.mkdir("a")
	d.create("a/second")
	r.until("an errand", func() bool { return len(r.errands) > 0 })
	r.held = false
	r.want(1, "created a/", "renamed a -> b/", "created b/first", "created a/", "created a/second")
}

func TestSymlinksBelowTheRootAreNotFollowed(t *testing.T) {
	r, d, out := newRig(t), newDisk(t), newDisk(t)
	out.mkdir("sub")
	do(t, os.Symlink(out.dir, d.at("before")))
	r.start(1, Spec{Path: d.dir, Recursive: true})
	do(t, os.Symlink(out.dir, d.at("link")))
	r.want(1, "created link")
	// A folder that becomes a symlink before it is read.
	r.held = true
	d.mkdir("a/sub")
	do(t, os.RemoveAll(d.at("a")), os.Symlink(out.dir, d.at("a")))
	r.held = false
	r.want(1, "created a/", "deleted a/", "created a")
	out.create("unseen")
	out.create("sub/unseen")
	d.create("end")
	r.want(1, "created end")
}

func TestATreeIsReadyWhenAllItsFoldersAreWatched(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	for i := range 300 {
		d.mkdir(fmt.Sprintf("%d/%d", i%17, i))
	}
	r.begin(1, Spec{Path: d.dir, Recursive: true})
	r.want(1, "ready 318")
	d.create("3/20/f")
	r.want(1, "created 3/20/f")
}

func TestAPathLongerThanTheSystemTakesIsNotWatched(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	r.start(1, Spec{Path: d.dir, Recursive: true, Events: wire.WatchRenamed})
	name := strings.Repeat("n", 255)
	here := must(os.Getwd())
	do(t, os.Chdir(d.dir))
	for range 20 {
		do(t, os.Mkdir(name, 0o755), os.Chdir(name))
	}
	do(t, os.Chdir(here))
	r.until("unwatched", func() bool { return len(r.log[1]) > 0 })
	if got := r.log[1][0]; !strings.HasPrefix(got, "unwatched "+name) || len(got) < 4000 {
		t.Fatal(len(got))
	}
}

// marks returns how many files the system watches for the loop.
func (r *rig) marks() int {
	r.c.notes.mu.Lock()
	defer r.c.notes.mu.Unlock()
	raw := must(r.c.notes.file.SyscallConn())
	n := 0
	do(r.t, raw.Control(func(fd uintptr) {
		n = strings.Count(string(must(os.ReadFile(fmt.Sprint("/proc/self/fdinfo/", fd)))), "inotify wd:")
	}))
	return n
}

func TestTwoWatchesOnOnePathAreIndependent(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("a/b")
	r.start(1, Spec{Path: d.dir, Recursive: true})
	r.start(2, Spec{Path: filepath.Join(d.dir, ".", "a")})
	r.start(3, Spec{Path: d.at("a"), Events: wire.WatchModified})
	d.create("a/f")
	r.want(1, "created a/f")
	r.want(2, "created f")
	d.write("a/f", "x")
	r.want(1, "modified a/f")
	r.want(2, "modified f")
	r.want(3, "modified f")
	if n := r.marks(); n != 3 {
		t.Fatalf("%d marks", n)
	}
	r.c.Cancel(1)
	r.until("the marks of the first", func() bool { return r.marks() == 1 || ring(r) })
	d.create("a/g")
	r.want(2, "created g")
	r.c.Cancel(2)
	r.c.Cancel(3)
	r.until("no marks", func() bool { return r.marks() == 0 || ring(r) })
	if len(r.log[1])+len(r.log[2])+len(r.log[3]) > 0 {
		t.Fatal(r.log)
	}
}

// ring has the rig look again: what it waits for gives no event.
func ring(r *rig) bool {
	r.c.cfg.Notify()
	return false
}

func TestCloseGivesEverythingBack(t *testing.T) {
	fds := func() int { return len(must(os.ReadDir("/proc/self/fd"))) }
	before := fds()
	for range 20 {
		r, d := newRig(t), newDisk(t)
		d.mkdir("a/b")
		r.start(1, Spec{Path: d.dir, Recursive: true})
		r.begin(2, Spec{Path: d.at("a"), Recursive: true})
		r.start(3, Spec{Path: d.at("a"), Poll: 1})
		d.create("a/b/f")
		r.close()
		if code := r.c.Start(4, Spec{Path: d.dir}); code != wire.ECLOSED {
			t.Fatal(code)
		}
	}
	if after := fds(); after > before {
		t.Fatalf("%d descriptors, then %d", before, after)
	}
}

func TestTheEventsOfATreeMakeAPictureThatIsRight(t *testing.T) {
	seeds := 60
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		r, d, out := newRig(t), newDisk(t), newDisk(t)
		rnd := rand.New(rand.NewPCG(uint64(seed), 1))
		for range 100 {
			change(rnd, d.dir, out.dir)
		}
		r.start(1, Spec{Path: d.dir, Recursive: true})
		m := &model{t: t, dir: d.dir}
		m.names = m.disk()
		r.all = m.take
		done := make(chan struct{})
		go func() {
			for range 400 {
				change(rnd, d.dir, out.dir)
			}
			close(done)
			r.c.cfg.Notify()
		}()
		r.until("the changes", func() bool {
			select {
			case <-done:
				return true
			default:
				return false
			}
		})
		m.fence(r)
		if wrong := m.differs(); wrong != "" || t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, wrong)
		}
		r.close()
	}
}
