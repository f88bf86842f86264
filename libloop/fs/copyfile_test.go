// SPDX-License-Identifier: MIT

package fs

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

func copying(r *rig, from, to string, flags uint32) request {
	q := with(wire.FSCopyFile, r.at(from))
	q.path2, q.Flags = r.at(to), flags
	return q
}

// waysOfCopying are tables on which each way of copying is refused up to the one that is named.
var waysOfCopying = map[string]func(*calls){
	"copy_file_range": func(*calls) {},
	"sendfile": func(sys *calls) {
		sys.copyRange = func(int, *int64, int, *int64, int) (int, error) { return 0, unix.EXDEV }
	},
	"by hand": func(sys *calls) {
		sys.copyRange = func(int, *int64, int, *int64, int) (int, error) { return 0, unix.ENOSYS }
		sys.sendfile = func(int, int, *int64, int) (int, error) { return 0, unix.EINVAL }
	},
	"copy_file_range says 0": func(sys *calls) {
		sys.copyRange = func(int, *int64, int, *int64, int) (int, error) { return 0, nil }
	},
	"by hand, short": func(sys *calls) {
		sys.copyRange = func(int, *int64, int, *int64, int) (int, error) { return 0, unix.ENOSYS }
		sys.sendfile = func(int, int, *int64, int) (int, error) { return 0, unix.ENOSYS }
		sys.write = func(fd int, p []byte) (int, error) { return unix.Write(fd, p[:min(len(p), 70_001)]) }
		sys.pwrite = func(fd int, p []byte, at int64) (int, error) { return unix.Pwrite(fd, p[:min(len(p), 70_001)], at) }
	},
}

func TestCopyFileCopiesContentAndPermissions(t *testing.T) {
	for way, set := range waysOfCopying {
		for _, n := range []int{0, 1, 200_000, task.PieceBytes, 3*task.PieceBytes + 7} {
			r := newRig(t)
			set(&r.sys)
			want := pattern(n)
			if err := os.Chmod(r.write("from", want), 0o751); err != nil {
				t.Fatal(err)
			}
			r.write("over", pattern(n+1000))
			for _, to := range []string{"to", "over"} {
				got := r.good(copying(r, "from", to, 0))
				st, _ := os.Stat(r.at(to))
				if r.content(to) != want || got.num != int64(n) || st.Mode().Perm() != 0o751 {
					t.Errorf("%s, %d bytes: num %d, %o", way, n, got.num, st.Mode().Perm())
				}
				if n > 3*task.PieceBytes && got.runs < 3 {
					t.Errorf("%s: it took %d runs", way, got.runs)
				}
			}
		}
	}
}

func TestCopyFileExclAndReflink(t *testing.T) {
	r := newRig(t)
	r.write("from", "new")
	r.write("to", "old")
	text := "copy_file " + r.at("from") + " -> " + r.at("to")
	r.bad(copying(r, "from", "to", wire.FSExcl), wire.EEXIST, unix.EEXIST, text)
	if r.content("to") != "old" {
		t.Error("it was replaced")
	}
	r.sys.clone = func(int, int) error { return unix.EOPNOTSUPP }
	r.good(copying(r, "from", "copy", wire.FSReflink))
	q := copying(r, "from", "shared", wire.FSReflinkOnly)
	r.bad(q, wire.ENOTSUP, unix.EOPNOTSUPP, "copy_file "+r.at("from")+" -> "+q.path2)
	if _, err := os.Stat(q.path2); err == nil {
		t.Error("what could not be shared is left")
	}
	cloned := false
	r.sys.clone = func(to, from int) error {
		cloned = true
		_, err := unix.Write(to, []byte("new"))
		return err
	}
	if got := r.good(q); got.num != 3 || !cloned || r.content("shared") != "new" {
		t.Errorf("num %d, cloned %t", got.num, cloned)
	}
}

func TestACopyOntoItselfDoesNothing(t *testing.T) {
	r := newRig(t)
	r.write("file", "content")
	if err := os.Link(r.at("file"), r.at("same")); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"file", "same"} {
		if got := r.good(copying(r, "file", to, 0)); got.num != 0 || r.content("file") != "content" {
			t.Errorf("num %d, %q", got.num, r.content("file"))
		}
	}
}

func TestACopyThatFailsTakesAwayWhatItMade(t *testing.T) {
	for _, name := range []string{"to", "over"} {
		r := newRig(t)
		r.write("from", pattern(3<<20))
		r.write("over", "old")
		n := 0
		r.sys.copyRange = func(to int, toAt *int64, from int, fromAt *int64, most int) (int, error) {
			if n++; n > 1 {
				return 0, unix.ENOSPC
			}
			return copyRange(to, toAt, from, fromAt, most)
		}
		r.bad(copying(r, "from", name, 0), wire.ENOSPC, unix.ENOSPC, "copy_file "+r.at("from")+" -> "+r.at(name))
		if _, err := os.Stat(r.at(name)); (err == nil) != (name == "over") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCopyFileOfFoldersDevicesAndProc(t *testing.T) {
	r := newRig(t)
	if err := os.Mkdir(r.at("dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.write("file", "x")
	r.bad(copying(r, "dir", "to", 0), wire.EISDIR, unix.EISDIR, "copy_file "+r.at("dir")+" -> "+r.at("to"))
	r.bad(copying(r, "file", "dir", 0), wire.EISDIR, unix.EISDIR, "copy_file "+r.at("file")+" -> "+r.at("dir"))
	if len(r.names(".")) != 2 {
		t.Errorf("%q", r.names("."))
	}
	q := copying(r, "", "status", 0)
	q.path = "/proc/self/status"
	if got := r.good(q); got.num == 0 || int64(len(r.content("status"))) != got.num {
		t.Errorf("/proc/self/status: num %d", got.num)
	}
	q = copying(r, "file", "", 0)
	q.path2 = "/dev/null"
	r.good(q)
}

func TestSendfileCopiesBetweenOffsets(t *testing.T) {
	for way, set := range waysOfCopying {
		r := newRig(t)
		set(&r.sys)
		content := pattern(2<<20 + 100)
		r.write("from", content)
		from, to := r.open("from", unix.O_RDONLY), r.open("to", unix.O_RDWR|unix.O_CREAT)
		send := func(offset, offset2 int64, n uint64) int64 {
			q := onFD(wire.FSSendfile, to)
			q.FD2, q.Offset, q.Offset2, q.Len = int32(from), offset, offset2, n
			return r.good(q).num
		}
		if n := send(10, 1000, 2<<20); n != 2<<20-900 {
			t.Errorf("%s: %d bytes to the end", way, n)
		}
		if got := r.content("to")[10:]; got != content[1000:] {
			t.Errorf("%s: the content differs", way)
		}
		// At the current positions, which move.
		if n, m := send(-1, -1, 5), send(-1, -1, 300_000); n != 5 || m != 300_000 {
			t.Errorf("%s: %d, %d bytes", way, n, m)
		}
		if got := r.content("to")[:300_005]; got != content[:300_005] {
			t.Errorf("%s: the content at the positions differs", way)
		}
		if at, _ := unix.Seek(from, 0, 1); at != 300_005 {
			t.Errorf("%s: the position is %d", way, at)
		}
		if n := send(5<<30, 0, 4); n != 4 {
			t.Errorf("%s: %d bytes beyond 4 GiB", way, n)
		}
	}
}

func TestSendfileTellsWhatItDidBeforeAnError(t *testing.T) {
	r := newRig(t)
	r.write("from", pattern(500_000))
	from, to := r.open("from", unix.O_RDONLY), r.open("to", unix.O_RDWR|unix.O_CREAT)
	waysOfCopying["by hand"](&r.sys)
	n := 0
	r.sys.write = func(fd int, p []byte) (int, error) {
		if n++; n > 1 {
			return 0, unix.ENOSPC
		}
		return unix.Write(fd, p[:1000])
	}
	q := onFD(wire.FSSendfile, to)
	q.FD2, q.Len = int32(from), 400_000
	if got := r.good(q); got.num != 1000 {
		t.Errorf("num %d", got.num)
	}
	if at, _ := unix.Seek(from, 0, 1); at != 1000 {
		t.Errorf("the position is %d: what was not written must be read again", at)
	}
	r.bad(q, wire.ENOSPC, unix.ENOSPC, "sendfile fd "+itoa(from)+" -> fd "+itoa(to))
}

func TestSendfileReadsAPipe(t *testing.T) {
	r := newRig(t)
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	to := r.open("to", unix.O_RDWR|unix.O_CREAT)
	go func() {
		_, _ = out.WriteString(pattern(200_000))
		_ = out.Close()
	}()
	q := onFD(wire.FSSendfile, to)
	q.FD2, q.Len = int32(in.Fd()), 1<<30
	if got := r.good(q); got.num != 200_000 || r.content("to") != pattern(200_000) {
		t.Errorf("num %d", got.num)
	}
	_ = in.Close()
}

func TestOverlappingRangesOfOneFileAreEINVAL(t *testing.T) {
	r := newRig(t)
	r.write("file", pattern(1000))
	fd := r.open("file", unix.O_RDWR)
	q := onFD(wire.FSSendfile, fd)
	q.FD2, q.Offset, q.Offset2, q.Len = int32(fd), 10, 0, 500
	r.bad(q, wire.EINVAL, unix.EINVAL, "sendfile fd "+itoa(fd)+" -> fd "+itoa(fd))
	if r.content("file") != pattern(1000) {
		t.Error("it was spoilt")
	}
}
