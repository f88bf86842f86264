// SPDX-License-Identifier: MIT

package fs

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// newEarlyRig is a rig in which the loop's thread tries first. Mounts are known as local, and files as cached.
func newEarlyRig(t *testing.T) *rig {
	r := newRig(t)
	r.now = true
	r.sys.isLocal = func(int) (bool, error) { return true, nil }
	r.sys.readNow = func(fd int, p []byte, offset int64) (int, error) { return unix.Pread(fd, p, offset) }
	switch fd, err := openNow(r.dir, unix.O_PATH|unix.O_CLOEXEC, false); err {
	case unix.ENOSYS, unix.EPERM:
		t.Skip("this kernel, or a filter, has no openat2: ", err)
	case nil:
		_ = unix.Close(fd)
	}
	return r
}

// known makes the mount of the rig's folder known.
func (r *rig) known() { r.good(with(wire.FSStat, r.dir)) }

func TestACachedFileIsReadByTheLoopsThread(t *testing.T) {
	r := newEarlyRig(t)
	for _, n := range []int{1, 4096, 64 << 10} {
		want := pattern(n)
		q := with(wire.FSReadFile, r.write("file", want))
		r.known()
		if got := r.good(q); !got.started || got.data != want || got.num != int64(n) || got.aux != wire.FSReadFile {
			t.Errorf("%d bytes: started %t, %d bytes", n, got.started, len(got.data))
		}
	}
	for _, what := range []uint32{wire.FSStat, wire.FSLstat} {
		if got := r.good(with(what, r.at("file"))); !got.started || len(got.data) != statSize {
			t.Errorf("stat: started %t, %d bytes", got.started, len(got.data))
		}
	}
}

func TestTheSystemItselfReadsACachedFileWithoutWaiting(t *testing.T) {
	r := newRig(t)
	r.now = true
	q := with(wire.FSReadFile, r.write("file", "content"))
	r.good(q)
	if got := r.good(q); got.data != "content" {
		t.Errorf("%q", got.data)
	} else if !got.started {
		t.Skip("the file system of the temporary folder does not read without waiting")
	}
}

func TestTheLoopsThreadLeavesTheRestToAWorker(t *testing.T) {
	r := newEarlyRig(t)
	if err := unix.Mkfifo(r.at("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.write("empty", "")
	r.write("large", pattern(64<<10+1))
	r.known()
	for _, path := range []string{r.dir, r.at("empty"), r.at("large"), "/proc/self/status", "/dev/null"} {
		if got := r.do(with(wire.FSReadFile, path)); got.started {
			t.Errorf("%s was done by the loop's thread", path)
		}
	}
	r.stop = func(runs int) bool { return runs == 1 }
	if got := r.do(with(wire.FSReadFile, r.at("fifo"))); got.started || got.status != wire.ECANCELED {
		t.Errorf("a FIFO: started %t, status %d", got.started, got.status)
	}
}

func TestAHalfCachedFileGoesOnWhereTheLoopsThreadStopped(t *testing.T) {
	for _, cached := range []int{0, 1, 4096, 9999} {
		r := newEarlyRig(t)
		want := pattern(10_000)
		q := with(wire.FSReadFile, r.write("file", want))
		r.known()
		opened := 0
		r.sys.open = func(path string, flags int, mode uint32) (int, error) {
			opened++
			return unix.Open(path, flags, mode)
		}
		r.sys.readNow = func(fd int, p []byte, offset int64) (int, error) {
			if int(offset) >= cached {
				return 0, unix.EAGAIN
			}
			return unix.Pread(fd, p[:cached-int(offset)], offset)
		}
		if got := r.good(q); got.started || got.data != want {
			t.Errorf("%d cached: started %t, %d bytes", cached, got.started, len(got.data))
		}
		if opened != 0 {
			t.Errorf("%d cached: the file was opened again", cached)
		}
	}
}

func TestAFileThatGrowsWhileTheLoopsThreadReadsIsReadToItsEnd(t *testing.T) {
	r := newEarlyRig(t)
	first := pattern(5000)
	path := r.write("file", first)
	r.known()
	r.sys.readNow = func(fd int, p []byte, offset int64) (int, error) {
		if offset == 0 {
			r.write("file", first+first)
		}
		return unix.Pread(fd, p, offset)
	}
	if got := r.good(with(wire.FSReadFile, path)); got.data != first+first {
		t.Errorf("%d bytes", len(got.data))
	}
}

func TestAFileSystemThatDoesNotReadWithoutWaitingIsAskedOnce(t *testing.T) {
	r := newEarlyRig(t)
	path := r.write("file", "content")
	r.known()
	asked := 0
	r.sys.readNow = func(int, []byte, int64) (int, error) {
		asked++
		return 0, unix.EOPNOTSUPP
	}
	for range 3 {
		if got := r.good(with(wire.FSReadFile, path)); got.data != "content" || got.started {
			t.Errorf("%q, started %t", got.data, got.started)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	if got := r.good(with(wire.FSStat, path)); !got.started {
		t.Error("stat is not done by the loop's thread")
	}
}

func TestTheLoopsThreadOpensNothingOnAMountThatMayBeRemote(t *testing.T) {
	r := newEarlyRig(t)
	path := r.write("file", "content")
	r.sys.isLocal = func(int) (bool, error) { return false, nil }
	r.sys.openNow = func(path string, flags int, stay bool) (int, error) {
		if flags&unix.O_PATH == 0 {
			t.Error("a file was opened")
		}
		return openNow(path, flags, stay)
	}
	for range 3 {
		for _, what := range []uint32{wire.FSReadFile, wire.FSStat} {
			if got := r.good(with(what, path)); got.started {
				t.Error("it was done by the loop's thread")
			}
		}
	}
}

func TestWhatIsKnownNotToBeThereIsToldAtOnce(t *testing.T) {
	r := newEarlyRig(t)
	path := r.at("none")
	_, _ = os.Stat(path) // now the cache of names knows it
	for _, what := range []uint32{wire.FSReadFile, wire.FSStat, wire.FSLstat} {
		got := r.do(with(what, path))
		if !got.started || got.status != wire.ENOENT || got.errno != int32(unix.ENOENT) {
			t.Errorf("%s: started %t, status %d", kinds[what].name, got.started, got.status)
		}
	}
}

func TestAKernelWithoutOpenat2IsNotAskedAgain(t *testing.T) {
	for _, errno := range []unix.Errno{unix.ENOSYS, unix.EPERM} {
		r := newEarlyRig(t)
		path := r.write("file", "content")
		asked := 0
		r.sys.openNow = func(string, int, bool) (int, error) {
			asked++
			return -1, errno
		}
		for range 3 {
			if got := r.good(with(wire.FSReadFile, path)); got.data != "content" {
				t.Errorf("%q", got.data)
			}
			r.good(with(wire.FSStat, path))
		}
		if asked != 1 {
			t.Errorf("%v: asked %d times", errno, asked)
		}
	}
}

func TestTriesThatComeToNothingBecomeRare(t *testing.T) {
	r := newEarlyRig(t)
	path := r.write("file", "content")
	r.known()
	tried := 0
	r.sys.openNow = func(string, int, bool) (int, error) {
		tried++
		return -1, unix.EAGAIN
	}
	for range 1000 {
		r.good(with(wire.FSStat, path))
	}
	if tried < tryMost || tried > 150 {
		t.Errorf("tried %d times of 1000", tried)
	}
	r.sys.openNow = openNow
	for range 2 * tryEvery {
		r.good(with(wire.FSStat, path))
	}
	if got := r.good(with(wire.FSStat, path)); !got.started {
		t.Error("it is not tried again")
	}
}

func TestAFaultInAnyCallOfTheLoopsThreadLeavesItToAWorker(t *testing.T) {
	for _, what := range []uint32{wire.FSReadFile, wire.FSStat} {
		for at := range 12 {
			r := newEarlyRig(t)
			path := r.write("file", "content")
			r.known()
			fault(&r.sys, func(n int, name string) error {
				if n == at && name != "close" && name != "closeNow" {
					return unix.EAGAIN
				}
				return nil
			})
			got := r.do(with(what, path))
			if got.status != wire.OK && got.status != wire.EAGAIN {
				t.Errorf("%s, fault %d: status %d", kinds[what].name, at, got.status)
			}
		}
	}
}

func TestMountsAreRememberedByTheirKey(t *testing.T) {
	m := new(mounts)
	if m.verdict(0) != mountRemote {
		t.Error("a mount without a key is trusted")
	}
	for key := uint64(1); key <= 3*mountSlots; key++ {
		if m.verdict(key) != mountUnknown {
			t.Fatalf("%d is known", key)
		}
		m.note(key, mountRead)
		if m.verdict(key) != mountRead {
			t.Fatalf("%d is not known", key)
		}
	}
}

func TestARelativePathStartsInTheWorkingFolder(t *testing.T) {
	r := newEarlyRig(t)
	r.write("file", "content")
	r.known()
	t.Chdir(r.dir)
	for _, path := range []string{"file", "./file", r.at("file")} {
		if got := r.good(with(wire.FSReadFile, path)); !got.started || got.data != "content" {
			t.Errorf("%s: started %t, %q", path, got.started, got.data)
		}
	}
}

func TestAFileOnAnotherMountIsAskedForItsMountBeforeItIsOpened(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "loop-")
	if err != nil {
		t.Skip("no /dev/shm: ", err)
	}
	defer os.RemoveAll(dir)
	path := dir + "/file"
	if err := os.WriteFile(path, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newEarlyRig(t)
	r.known()
	stays, asked := 0, 0
	r.sys.openNow = func(path string, flags int, stay bool) (int, error) {
		if stay {
			stays++
		}
		if flags&unix.O_PATH != 0 {
			asked++
		}
		return openNow(path, flags, stay)
	}
	for i := range 4 {
		got := r.good(with(wire.FSReadFile, path))
		if got.data != "content" || got.started != (i > 0) {
			t.Errorf("%d: started %t, %q", i, got.started, got.data)
		}
	}
	if stays != 1 || asked != 4 {
		t.Errorf("it was to stay %d times, was asked %d times", stays, asked)
	}
}

func TestPathsThatLeaveTheirMountAreRememberedByTheirBeginning(t *testing.T) {
	m := new(mounts)
	m.noteCross("/srv/a/b")
	for path, want := range map[string]bool{
		"/srv/c": true, "/srv": true, "/sr/a": false, "srv/a": false, "/": false, "": false, "/srvs": false,
	} {
		if m.crosses(path) != want {
			t.Errorf("%q: %t", path, m.crosses(path))
		}
	}
}

func TestWhatTheLoopsThreadDoesAllocatesNothing(t *testing.T) {
	r := newEarlyRig(t)
	path := r.write("file", pattern(4096))
	r.known()
	for _, what := range []uint32{wire.FSReadFile, wire.FSStat, wire.FSLstat} {
		q := with(what, path)
		o := r.op(&q)
		once := func() {
			made, status := r.noun.Make(&r.mem, o)
			if status != wire.OK {
				t.Fatal(status)
			}
			if _, done := made.(task.Starter).Start(256 << 10); !done {
				t.Fatalf("%s: it was not done", kinds[what].name)
			}
			made.Base().Close()
			made.(task.Reuser).Reuse()
		}
		once()
		if n := testing.AllocsPerRun(100, once); n != 0 {
			t.Errorf("%s: %v allocations", kinds[what].name, n)
		}
	}
}
