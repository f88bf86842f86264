// SPDX-License-Identifier: MIT

package watch

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

func TestAWatchMayEndWhileItsEventsAreHandled(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	r.start(1000, Spec{Path: d.dir, Events: wire.WatchRenamed}) // keeps the instance busy
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			_ = os.MkdirAll(fmt.Sprint(d.dir, "/", i%5, "/", i%3), 0o700)
			_ = os.RemoveAll(fmt.Sprint(d.dir, "/", (i+2)%5))
		}
	}()
	r.all = func(Result) {}
	for id := range uint64(200) {
		ready := false
		r.all = func(res Result) { ready = ready || res.ID == id && res.Kinds == wire.WatchReady }
		r.begin(id, Spec{Path: d.dir, Recursive: true})
		r.until("ready", func() bool { return ready })
		r.c.Cancel(id)
	}
	close(done)
	<-stopped
	r.until("the marks of one", func() bool { return r.marks() == 1 || ring(r) })
}

// For the race detector: who handles an event has seen that the watch lives, and has the lock until it is done.
func TestAWatchThatEndsLetsGoAfterTheEventThatIsHandled(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("a")
	r.start(1, Spec{Path: d.dir, Recursive: true})
	x := r.c.live[1].eye.(*tree)
	x.n.mu.Lock()
	r.c.Cancel(1)
	x.drop(x.kids[kid{x.root, "a"}])
	x.n.mu.Unlock()
	r.until("no marks", func() bool { return r.marks() == 0 || ring(r) })
}

func TestAWatchThatEndsInAnyStageLetsGoAndIsSilent(t *testing.T) {
	for name, stage := range map[string]func(*rig, disk) Spec{
		"before its first errand": func(r *rig, d disk) Spec {
			return Spec{Path: d.dir, Recursive: true}
		},
		"between two errands": func(r *rig, d disk) Spec {
			return Spec{Path: d.dir, Recursive: true}
		},
		"while a file is missing": func(r *rig, d disk) Spec { return Spec{Path: d.at("f")} },
		"between two looks":       func(r *rig, d disk) Spec { return Spec{Path: d.dir, Poll: 1e15} },
	} {
		t.Run(name, func(t *testing.T) {
			r, d := newRig(t), newDisk(t)
			d.create("f")
			d.mkdir("a")
			r.held = true
			r.begin(1, stage(r, d))
			r.until("an errand", func() bool { return len(r.errands) > 0 })
			switch name {
			case "between two errands":
				for r.errands[0].Run() == task.More {
				}
				r.errands = nil
				d.mkdir("b")
				r.until("an errand", func() bool { return len(r.errands) > 0 })
			case "while a file is missing":
				for r.errands[0].Run() == task.More {
				}
				r.errands = nil
				d.remove("f")
				r.until("an errand", func() bool { return len(r.errands) > 0 })
				r.errands[0].Run()
				r.errands = nil
			case "between two looks":
				for r.errands[0].Run() == task.More {
				}
				r.errands = nil
			}
			r.c.Cancel(1)
			r.c.Cancel(1)
			r.collect()
			r.log, r.held = map[uint64][]string{}, false
			r.collect()
			r.start(2, Spec{Path: d.dir, Events: wire.WatchCreated})
			r.until("the marks of one", func() bool { return r.marks() == 1 || ring(r) })
			d.create("end")
			r.until("end", func() bool { return len(r.log[2]) > 0 })
			if len(r.log[1]) > 0 {
				t.Fatal(r.log[1])
			}
		})
	}
}

// mounted mounts a file system on a folder.
func mounted(d disk, name string) {
	d.t.Helper()
	d.mkdir(name)
	if err := unix.Mount("watch", d.at(name), "tmpfs", 0, "size=1m"); err != nil {
		d.t.Skip("mount: ", err)
	}
	d.t.Cleanup(func() { _ = unix.Unmount(d.at(name), unix.MNT_DETACH) })
}

func TestWhatIsUnmountedIsALossInItsTreeAndTheEndOfItsOwnWatch(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	mounted(d, "m")
	d.mkdir("m/sub")
	r.start(1, Spec{Path: d.dir, Recursive: true})
	r.start(2, Spec{Path: d.at("m")})
	do(t, unix.Unmount(d.at("m"), 0))
	r.want(1, "overflow 2")
	r.want(2, "end 2 "+d.at("m"))
	d.create("m/f") // in the folder that has come to light
	r.want(1, "created m/f")
}

func TestAnUnmountBelowTheRootHasTheTreeReadAgain(t *testing.T) {
	r, d := newRig(t), newDisk(t)
	d.mkdir("a/b")
	r.start(1, Spec{Path: d.dir, Recursive: true})
	r.c.notes.mu.Lock()
	for mark, nodes := range r.c.notes.marks {
		if nodes[0].name == "b" {
			r.c.notes.one(&note{mark: mark, mask: unix.IN_UNMOUNT})
			r.c.notes.one(&note{mark: mark, mask: unix.IN_IGNORED})
			break
		}
	}
	r.c.notes.mu.Unlock()
	r.want(1, "overflow 3")
	d.create("a/b/f")
	r.want(1, "created a/b/f")
}

func TestARelativePathIsMeantFromWhereTheProcessWas(t *testing.T) {
	for _, poll := range []int{0, 1} {
		r, d := newRig(t), newDisk(t)
		d.mkdir("a/sub")
		d.create("a/f")
		t.Chdir(d.dir)
		every := often
		if poll == 0 {
			every = 0
		}
		r.start(1, Spec{Path: "a", Recursive: true, Poll: every})
		r.start(2, Spec{Path: "a/f", Poll: every})
		t.Chdir(d.at("a/sub"))
		d.create("a/sub/g")
		r.want(1, "created sub/g")
		d.remove("a/f")
		r.want(1, "deleted f")
		r.want(2, "end 2 a/f")
		t.Chdir("/")
		r.close()
	}
}

func TestNothingOnTheWayToAFolderMayBeASymlink(t *testing.T) {
	d, out := newDisk(t), newDisk(t)
	out.mkdir("b")
	d.mkdir("real/b/c")
	do(t, os.Symlink(out.dir, d.at("out")), os.Symlink("real", d.at("in")))
	root := must(unix.Open(d.dir, unix.O_PATH|unix.O_CLOEXEC, 0))
	defer closeFD(root)
	for name, open := range map[string]func(int, string) (int, error){"openat2": openBelow, "walk": walkBelow} {
		for path, good := range map[string]bool{
			".": true, "real": true, "real/b": true, "real/b/c": true,
			"out": false, "out/b": false, "in": false, "in/b": false, "real/none": false, "none/b": false,
		} {
			fd, err := open(root, path)
			closeFD(fd)
			if (err == nil) != good {
				t.Errorf("%s %s: %v", name, path, err)
			}
		}
	}
}
