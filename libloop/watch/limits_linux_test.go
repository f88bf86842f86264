// SPDX-License-Identifier: MIT

package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

func TestWithoutAnInstanceItIsSaidWhatToRaise(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	r.c.notes.calls.open = func() (int, error) { return -1, unix.EMFILE }
	r.begin(1, Spec{Path: d.dir})
	r.want(1, "end 24 "+d.dir+": "+moreInstances)
}

func TestWithoutAMarkItIsSaidWhatToRaise(t *testing.T) {
	for _, below := range []int{0, 1, 2} {
		r, d := newRig(t), newDisk(t)
		d.mkdir("a")
		d.mkdir("b")
		add, left := r.c.notes.calls.add, below
		r.c.notes.calls.add = func(fd int, path string, mask uint32) (int, error) {
			if left--; left < 0 {
				return -1, unix.ENOSPC
			}
			return add(fd, path, mask)
		}
		r.begin(1, Spec{Path: d.dir, Recursive: true})
		r.want(1, "end 28 "+d.dir+": "+moreMarks)
	}
}

func TestAMarkTooFewForANewFolderEndsTheWatch(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	add, full := r.c.notes.calls.add, false
	r.c.notes.calls.add = func(fd int, path string, mask uint32) (int, error) {
		if full {
			return -1, unix.ENOSPC
		}
		return add(fd, path, mask)
	}
	r.start(1, Spec{Path: d.dir, Recursive: true})
	full = true
	d.mkdir("a")
	r.want(1, "created a/", "end 28 "+d.dir+": "+moreMarks)
}

func TestAFolderThatMayNotBeReadIsToldAndReadWhenItMay(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("secret/sub")
	add, closed := r.c.notes.calls.add, true
	r.c.notes.calls.add = func(fd int, path string, mask uint32) (int, error) {
		if name, _ := os.Readlink(path); closed && filepath.Base(name) == "secret" {
			return -1, unix.EACCES
		}
		return add(fd, path, mask)
	}
	r.begin(1, Spec{Path: d.dir, Recursive: true})
	r.want(1, "unwatched secret/", "ready 1")
	closed = false
	d.chmod("secret")
	r.want(1, "attributes secret/", "created secret/sub/")
	d.create("secret/sub/f")
	r.want(1, "created secret/sub/f")
}

func TestARootThatMayNotBeReadEndsItsWatch(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	r.c.notes.calls.add = func(int, string, uint32) (int, error) { return -1, unix.EACCES }
	r.begin(1, Spec{Path: d.dir})
	r.want(1, "end 13 "+d.dir)
}

func TestWithoutProcThePathIsMarked(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("real/sub")
	do(t, os.Symlink("real", d.at("link")))
	add := r.c.notes.calls.add
	r.c.notes.calls.add = func(fd int, path string, mask uint32) (int, error) {
		if filepath.Dir(path) == "/proc/self/fd" {
			return -1, unix.ENOENT
		}
		return add(fd, path, mask)
	}
	r.start(1, Spec{Path: d.at("link"), Recursive: true})
	d.create("real/sub/f")
	r.want(1, "created sub/f")
}

func TestAHundredThousandFilesAreToldOrTheirLossIs(t *testing.T) {
	files := 100_000
	if testing.Short() {
		files = 40_000
	}
	r, d := newRig(t), newMemoryDisk(t)
	d.mkdir("folder")
	r.start(1, Spec{Path: d.dir, Recursive: true})
	created, overflows := 0, 0
	r.all = func(res Result) {
		switch {
		case res.Kinds == wire.WatchCreated:
			created++
		case res.Kinds == wire.WatchOverflow:
			overflows++
		default:
			t.Error(say(res))
		}
	}
	// Nobody collects meanwhile: the queue fills, the reader stops, the system's queue overflows.
	for i := range files {
		d.create(fmt.Sprint("folder/", i))
	}
	d.mkdir("folder/new")
	r.until("the overflow", func() bool { return overflows > 0 })
	if created >= files {
		t.Fatalf("%d created, and yet an overflow", created)
	}
	// After it nothing is missed, also in folders that were made meanwhile.
	created = 0
	d.create("folder/new/f")
	r.until("the new file", func() bool { return created > 0 })
}

func TestWhoCollectsIsToldOfAHundredThousandFiles(t *testing.T) {
	files := 100_000
	if testing.Short() {
		files = 20_000
	}
	r, d := newRig(t), newMemoryDisk(t)
	r.start(1, Spec{Path: d.dir, Events: wire.WatchCreated})
	created, overflows := 0, 0
	r.all = func(res Result) {
		if res.Kinds == wire.WatchOverflow {
			overflows++
		} else {
			created++
		}
	}
	for i := range files {
		d.create(fmt.Sprint(i))
		if i%1000 == 999 {
			r.until("what was created", func() bool { return created == i+1 || overflows > 0 })
		}
	}
	if overflows > 0 || created != files {
		t.Fatalf("%d told, %d overflows", created, overflows)
	}
}

func TestTheQueueIsBoundedAndWhatIsReadOfAFolderWaitsForRoom(t *testing.T) {
	r, d, out := newRig(t), newMemoryDisk(t), newMemoryDisk(t)
	const files = 30_000
	out.mkdir("full")
	for i := range files {
		out.create(fmt.Sprint("full/", i))
	}
	r.start(1, Spec{Path: d.dir, Recursive: true})
	do(t, os.Rename(out.at("full"), d.at("full")))
	created, most := 0, 0
	r.all = func(Result) { created++ }
	r.until("all", func() bool {
		r.c.mu.Lock()
		most = max(most, r.c.waiting)
		r.c.mu.Unlock()
		return created == files+1
	})
	if most > queueBytes+2*pieceNames*(changeSize+20) {
		t.Fatalf("%d bytes waited", most)
	}
}

func TestAWatchThatEndsWhileItsErrandWaitsForRoomLetsGo(t *testing.T) {
	r, d, out := newRig(t), newMemoryDisk(t), newMemoryDisk(t)
	out.mkdir("full")
	for i := range 20_000 {
		out.create(fmt.Sprint("full/", i))
	}
	r.start(1, Spec{Path: d.dir, Recursive: true})
	do(t, os.Rename(out.at("full"), d.at("full")))
	r.held = true
	r.until("an errand", func() bool { return len(r.errands) > 0 })
	r.runErrands()
	r.workers.Wait() // the queue is full, and the folder open
	r.c.Cancel(1)
	r.until("no marks", func() bool { return r.marks() == 0 || ring(r) })
}

func TestALossWhileATreeIsReadIsToldWhenItIsReadAgain(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("a/b")
	d.mkdir("gone")
	r.start(1, Spec{Path: d.dir, Recursive: true})
	r.held = true
	d.mkdir("c")
	r.until("an errand", func() bool { return len(r.errands) > 0 })
	r.c.notes.mu.Lock()
	r.c.notes.one(&note{mark: -1, mask: unix.IN_Q_OVERFLOW})
	r.c.notes.mu.Unlock()
	d.remove("gone")
	d.mkdir("d/e")
	r.held = false
	r.until("overflow", func() bool { return len(r.log[1]) > 1 })
	r.want(1, "created c/", "overflow 6")
	r.log[1] = nil
	d.create("d/e/f")
	r.want(1, "created d/e/f")
}

func TestALossIsToldToEveryWatch(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.create("f")
	d.mkdir("a")
	r.start(1, Spec{Path: d.dir})
	r.start(2, Spec{Path: d.at("f")})
	r.start(3, Spec{Path: d.at("a"), Poll: 1e9})
	r.c.notes.mu.Lock()
	r.c.notes.one(&note{mark: -1, mask: unix.IN_Q_OVERFLOW})
	r.c.notes.mu.Unlock()
	r.want(1, "overflow 1")
	r.want(2, "overflow 0")
	d.write("f", "x")
	r.want(2, "modified")
	if len(r.log[3]) > 0 {
		t.Fatal(r.log[3])
	}
}
