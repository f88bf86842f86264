// SPDX-License-Identifier: MIT

package fs

import (
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// allPattern is text that differs everywhere.
var allPattern = sync.OnceValue(func() string {
	var b strings.Builder
	for i := 0; b.Len() < 6<<20; i++ {
		b.WriteString("line ")
		b.WriteByte(byte('a' + i%26))
		b.WriteString("......."[:i%7])
		b.WriteByte(byte(i))
	}
	return b.String()
})

// pattern is the beginning of it.
func pattern(n int) string { return allPattern()[:n] }

func TestReadFileGivesTheContentOfAnyLength(t *testing.T) {
	const mib = task.PieceBytes
	for _, n := range []int{0, 1, 4095, 4096, 4097, 64<<10 - 1, 64 << 10, 64<<10 + 1, mib - 1, mib, mib + 1, 3*mib + 5} {
		r := newRig(t)
		want := pattern(n)
		r.write("file", want)
		got := r.good(with(wire.FSReadFile, r.at("file")))
		if got.data != want || got.num != int64(n) || got.kind != wire.KindBytes {
			t.Errorf("%d bytes: %d bytes came, num %d, kind %d", n, len(got.data), got.num, got.kind)
		}
		if most := n/mib + 2; got.runs > most || got.runs < n/mib {
			t.Errorf("%d bytes: it took %d runs", n, got.runs)
		}
	}
}

func TestReadFileReadsWhatHasNoSizeToItsEnd(t *testing.T) {
	r := newRig(t)
	if got := r.good(with(wire.FSReadFile, "/proc/self/mountinfo")); !strings.Contains(got.data, " / ") {
		t.Errorf("/proc/self/mountinfo: %q", got.data)
	}
	if got := r.good(with(wire.FSReadFile, "/dev/null")); got.data != "" || got.kind != wire.KindBytes {
		t.Errorf("/dev/null: %q", got.data)
	}
	// 5 MiB that come from a pipe by way of /dev/fd, through parts that are put together.
	want := pattern(5 << 20)
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = out.WriteString(want)
		_ = out.Close()
	}()
	got := r.good(with(wire.FSReadFile, "/proc/self/fd/"+itoa(int(in.Fd()))))
	if got.data != want {
		t.Errorf("%d bytes came from the pipe, want %d", len(got.data), len(want))
	}
	_ = in.Close()
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

func TestReadFileOfAFileThatGrowsAndOneThatIsCut(t *testing.T) {
	r := newRig(t)
	first := pattern(100_000)
	path := r.write("file", first)
	grown := false
	r.sys.read = func(fd int, p []byte) (int, error) {
		if !grown {
			grown = true
			r.write("file", first+first)
		}
		return unix.Read(fd, p)
	}
	if got := r.good(with(wire.FSReadFile, path)); got.data != first+first {
		t.Errorf("grown: %d bytes", len(got.data))
	}
	cut := false
	r.sys.read = func(fd int, p []byte) (int, error) {
		if !cut {
			cut = true
			if err := os.Truncate(path, 10); err != nil {
				t.Error(err)
			}
		}
		return unix.Read(fd, p)
	}
	if got := r.good(with(wire.FSReadFile, path)); got.data != first[:10] {
		t.Errorf("cut: %d bytes", len(got.data))
	}
}

func TestShortReadsGiveTheWholeFile(t *testing.T) {
	r := newRig(t)
	want := pattern(10_000)
	path := r.write("file", want)
	r.sys.read = func(fd int, p []byte) (int, error) { return unix.Read(fd, p[:min(len(p), 7)]) }
	if got := r.good(with(wire.FSReadFile, path)); got.data != want {
		t.Errorf("%d bytes", len(got.data))
	}
}

func TestAFileOverItsLimitIsTooBig(t *testing.T) {
	r := newRig(t)
	path := r.write("file", pattern(1000))
	q := with(wire.FSReadFile, path)
	q.Limit = 1000
	r.good(q)
	q.Limit = 999
	r.bad(q, wire.ETOOBIG, 0, "read_file "+path)
	zero := with(wire.FSReadFile, "/dev/zero")
	zero.Limit = 3 << 20
	r.bad(zero, wire.ETOOBIG, 0, "read_file /dev/zero")
	// 5 GB that take no room; nothing of it is read.
	if err := os.Truncate(path, 5_000_000_000); err != nil {
		t.Fatal(err)
	}
	r.sys.read = func(int, []byte) (int, error) {
		t.Error("it was read")
		return 0, unix.EIO
	}
	r.bad(with(wire.FSReadFile, path), wire.ETOOBIG, 0, "read_file "+path)
}

func TestAFolderIsNoFileToRead(t *testing.T) {
	r := newRig(t)
	r.bad(with(wire.FSReadFile, r.dir), wire.EISDIR, unix.EISDIR, "read_file "+r.dir)
	r.bad(with(wire.FSReadFile, r.write("file", "")+"/x"), wire.ENOTDIR, unix.ENOTDIR, "read_file "+r.at("file")+"/x")
}

func TestAFIFOIsReadOnceSomebodyWrites(t *testing.T) {
	r := newRig(t)
	path := r.at("fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	r.stop = func(runs int) bool {
		if runs == 2 { // it has waited twice
			go func() { _ = os.WriteFile(path, []byte("said"), 0) }()
		}
		return false
	}
	if got := r.good(with(wire.FSReadFile, path)); got.data != "said" {
		t.Errorf("%q", got.data)
	}
	r.stop = func(runs int) bool { return runs == 3 }
	r.bad(with(wire.FSReadFile, path), wire.ECANCELED, 0, "read_file "+path)
}

func TestWithoutMemoryNothingIsRead(t *testing.T) {
	r := newRig(t)
	q := with(wire.FSReadFile, r.write("file", pattern(task.OwnMost+1)))
	o := r.op(&q)
	made, _ := r.noun.Make(noMemory{&r.mem}, o)
	for made.Run()&task.End == 0 {
	}
	if st := made.Base(); st.Status != wire.ENOMEM || st.Subject != "read_file "+q.path {
		t.Errorf("status %d, %q", st.Status, st.Subject)
	}
}

// noMemory gives no blocks.
type noMemory struct{ wire.Memory }

func (noMemory) Block(uintptr) uintptr { return 0 }
