// SPDX-License-Identifier: MIT

package fs

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

func reading(fd int, n uint64, offset int64) request {
	q := onFD(wire.FSRead, fd)
	q.Len, q.Offset = n, offset
	return q
}

func TestReadAtOffsetsAndAtThePosition(t *testing.T) {
	r := newRig(t)
	content := pattern(3<<20 + 10)
	r.write("file", content)
	fd := r.open("file", unix.O_RDONLY)
	for _, c := range []struct {
		n      uint64
		offset int64
		want   string
	}{
		{10, 0, content[:10]}, {10, 3 << 20, content[3<<20:]}, {100, 3 << 20, content[3<<20:]}, {0, 5, ""},
		{5, 5 << 30, ""}, {3 << 20, 5, content[5 : 3<<20+5]}, {7, -1, content[:7]}, {3 << 20, -1, content[7 : 3<<20+7]},
		{1000, -1, content[3<<20+7:]}, {1000, -1, ""},
	} {
		if got := r.good(reading(fd, c.n, c.offset)); got.data != c.want || got.num != int64(len(c.want)) {
			t.Errorf("%d at %d: %d bytes, num %d", c.n, c.offset, len(got.data), got.num)
		}
	}
	q := reading(fd, 0, 3)
	q.into = 2<<20 + 5
	if got := r.good(q); got.num != 2<<20+5 || string(got.buffer) != content[3:2<<20+8] || got.data != "" || got.runs != 3 {
		t.Errorf("into a buffer: num %d, %d runs", got.num, got.runs)
	}
}

func TestReadvAndWritevGoThroughTheirPiecesInOrder(t *testing.T) {
	r := newRig(t)
	sizes := []int{1, 0, task.PieceBytes, 5, 2*task.PieceBytes + 3, 0, 9}
	for range 3000 { // more than the system takes at once
		sizes = append(sizes, 2)
	}
	want := pattern(sum(sizes))
	fd := r.open("file", unix.O_RDWR|unix.O_CREAT)
	for _, offset := range []int64{-1, 4_294_967_000} {
		for _, flags := range []uint32{0, wire.FSBorrow} {
			q := onFD(wire.FSWritev, fd)
			q.bufs, q.data, q.Offset, q.Flags = sizes, []byte(want), offset, flags
			if _, err := unix.Seek(fd, 0, 0); err != nil {
				t.Fatal(err)
			}
			if got := r.good(q); got.num != int64(len(want)) {
				t.Errorf("writev at %d: num %d", offset, got.num)
			}
			if _, err := unix.Seek(fd, 0, 0); err != nil {
				t.Fatal(err)
			}
			q = onFD(wire.FSReadv, fd)
			q.bufs, q.Offset = sizes, offset
			if got := r.good(q); got.num != int64(len(want)) || string(got.buffer) != want {
				t.Errorf("readv at %d: num %d", offset, got.num)
			}
		}
	}
}

func TestShortReadsEndAndShortWritesGoOn(t *testing.T) {
	r := newRig(t)
	r.write("file", pattern(100))
	fd := r.open("file", unix.O_RDWR)
	r.sys.pread = func(fd int, p []byte, at int64) (int, error) { return unix.Pread(fd, p[:min(len(p), 30)], at) }
	if got := r.good(reading(fd, 100, 0)); got.data != pattern(30) {
		t.Errorf("%q", got.data)
	}
	r.sys.pwrite = func(fd int, p []byte, at int64) (int, error) { return unix.Pwrite(fd, p[:min(len(p), 7)], at) }
	r.sys.writev = func(fd int, bufs [][]byte, at int64) (int, error) { return unix.Pwrite(fd, bufs[0], at) }
	q := writing(wire.FSWrite, "", pattern(90), 0)
	q.FD, q.Offset = int32(fd), 5
	if got := r.good(q); got.num != 90 || r.content("file")[5:95] != pattern(90) {
		t.Errorf("num %d", got.num)
	}
	q = onFD(wire.FSWritev, fd)
	q.bufs, q.data, q.Offset, q.Flags = []int{20, 30, 40}, []byte(pattern(90)), 0, wire.FSBorrow
	if got := r.good(q); got.num != 90 || r.content("file")[:90] != pattern(90) {
		t.Errorf("writev: num %d", got.num)
	}
}

func TestWriteTellsWhatItDidBeforeAnError(t *testing.T) {
	r := newRig(t)
	fd := r.open("file", unix.O_RDWR|unix.O_CREAT)
	n := 0
	r.sys.write = func(fd int, p []byte) (int, error) {
		if n++; n > 2 {
			return 0, unix.ENOSPC
		}
		return unix.Write(fd, p)
	}
	q := writing(wire.FSWrite, "", pattern(5<<20), 0)
	q.FD = int32(fd)
	if got := r.good(q); got.num != 2<<20 {
		t.Errorf("num %d", got.num)
	}
	r.bad(q, wire.ENOSPC, unix.ENOSPC, "write fd "+itoa(fd))
}

func TestReadOfAPipeGivesWhatIsThereAndCanBeStopped(t *testing.T) {
	r := newRig(t)
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	fd := int(in.Fd())
	r.stop = func(runs int) bool {
		if runs == 2 {
			_, _ = out.WriteString("said")
		}
		return false
	}
	if got := r.good(reading(fd, 1000, -1)); got.data != "said" {
		t.Errorf("%q", got.data)
	}
	r.stop = func(runs int) bool { return runs == 3 }
	r.bad(reading(fd, 1000, -1), wire.ECANCELED, 0, "read fd "+itoa(fd))
	_ = out.Close()
	r.stop = nil
	if got := r.good(reading(fd, 1000, -1)); got.data != "" || got.num != 0 {
		t.Errorf("at the end: %q", got.data)
	}
	r.bad(reading(fd, 1, 0), wire.ESPIPE, unix.ESPIPE, "read fd "+itoa(fd))
}

func TestWriteToAFullPipeCanBeStopped(t *testing.T) {
	for _, nonblock := range []bool{false, true} {
		r := newRig(t)
		var p [2]int
		if err := unix.Pipe(p[:]); err != nil {
			t.Fatal(err)
		}
		if err := unix.SetNonblock(p[1], nonblock); err != nil {
			t.Fatal(err)
		}
		q := writing(wire.FSWrite, "", pattern(1<<20), 0)
		q.FD = int32(p[1])
		r.stop = func(runs int) bool { return runs == 3 }
		r.bad(q, wire.ECANCELED, 0, "write fd "+itoa(p[1]))
		r.stop = nil
		_ = unix.Close(p[0])
		r.bad(q, wire.EPIPE, unix.EPIPE, "write fd "+itoa(p[1]))
		_ = unix.Close(p[1])
	}
}

func TestOpenHandsOverADescriptorThatProgramsDoNotInherit(t *testing.T) {
	r := newRig(t)
	r.write("file", "content")
	q := with(wire.FSOpen, r.at("file"))
	got := r.good(q)
	if got.kind != wire.KindInt || got.flags != wire.EvFD {
		t.Errorf("kind %d, flags %#x", got.kind, got.flags)
	}
	if flags, err := unix.FcntlInt(uintptr(got.num), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("flags %#x, %v", flags, err)
	}
	r.closeResult(got)
	for flags, errno := range map[uint32]unix.Errno{
		wire.OCreat | wire.OExcl | wire.OWronly: unix.EEXIST,
		wire.ODirectory:                         unix.ENOTDIR,
	} {
		q.OpenFlags = flags
		r.bad(q, wire.FromErrno(errno), errno, "open "+q.path)
	}
	r.symlink("file", "link")
	q = with(wire.FSOpen, r.at("link"))
	q.OpenFlags = wire.ONofollow
	r.bad(q, wire.ELOOP, unix.ELOOP, "open "+q.path)
	q = with(wire.FSOpen, r.at("new"))
	q.OpenFlags, q.Mode = wire.OCreat|wire.ORdwr|wire.OTrunc|wire.OAppend, 0o600
	r.closeResult(r.good(q))
	if st, _ := os.Stat(q.path); st.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", st.Mode().Perm())
	}
}

func TestOpeningAFIFOWaitsForTheOtherEndAndCanBeStopped(t *testing.T) {
	for _, flags := range []uint32{wire.ORdonly, wire.OWronly} {
		r := newRig(t)
		path := r.at("fifo")
		if err := unix.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		q := with(wire.FSOpen, path)
		q.OpenFlags = flags
		r.stop = func(runs int) bool { return runs == 3 }
		r.bad(q, wire.ECANCELED, 0, "open "+path)
		other := make(chan *os.File)
		r.stop = func(runs int) bool {
			if runs == 2 {
				go func() {
					mode := os.O_WRONLY
					if flags == wire.OWronly {
						mode = os.O_RDONLY
					}
					f, _ := os.OpenFile(path, mode, 0)
					if flags == wire.ORdonly {
						_, _ = f.WriteString("x")
					}
					other <- f
				}()
			}
			return false
		}
		got := r.good(q)
		if mode, err := unix.FcntlInt(uintptr(got.num), unix.F_GETFL, 0); err != nil || mode&unix.O_NONBLOCK != 0 {
			t.Errorf("it does not block: %#x, %v", mode, err)
		}
		r.closeResult(got)
		_ = (<-other).Close()
		q.OpenFlags |= wire.ONonblock
		if flags == wire.OWronly {
			r.bad(q, wire.ENXIO, unix.ENXIO, "open "+path)
		} else {
			r.closeResult(r.good(q))
		}
	}
}

func TestACloseThatHasBegunGoesOnWhenItIsStopped(t *testing.T) {
	r := newRig(t)
	r.write("file", "x")
	fd, err := unix.Open(r.at("file"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	r.stop = func(int) bool { return true }
	r.do(onFD(wire.FSClose, fd))
	if _, err = unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("it is open: %v", err)
	}
}
