// SPDX-License-Identifier: MIT

package fs

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

func writing(what uint32, path, data string, flags uint32) request {
	q := with(what, path)
	q.data, q.Flags = []byte(data), flags
	return q
}

func TestWriteFileMakesCutsAndWritesInPieces(t *testing.T) {
	r := newRig(t)
	for _, n := range []int{0, 1, task.PieceBytes, 3*task.PieceBytes + 1, 10} {
		for _, flags := range []uint32{0, wire.FSBorrow, wire.FSSync, wire.FSAtomic, wire.FSAtomic | wire.FSBorrow} {
			want := pattern(n)
			got := r.good(writing(wire.FSWriteFile, r.at("file"), want, flags))
			if r.content("file") != want || got.num != int64(n) || got.kind != wire.KindInt {
				t.Errorf("%d bytes, flags %#x: num %d, kind %d", n, flags, got.num, got.kind)
			}
			if most := n/task.PieceBytes + 1; got.runs > most {
				t.Errorf("%d bytes: %d runs", n, got.runs)
			}
		}
	}
	if names := r.names("."); len(names) != 1 {
		t.Errorf("%q is left", names)
	}
}

func TestAppendFileAddsToTheEnd(t *testing.T) {
	r := newRig(t)
	for _, word := range []string{"one ", "two ", "three"} {
		r.good(writing(wire.FSAppendFile, r.at("file"), word, 0))
	}
	if got := r.content("file"); got != "one two three" {
		t.Errorf("%q", got)
	}
	text := "append_file " + r.at("file")
	r.bad(writing(wire.FSAppendFile, r.at("file"), "x", wire.FSExcl), wire.EEXIST, unix.EEXIST, text)
}

func TestShortWritesWriteAll(t *testing.T) {
	r := newRig(t)
	r.sys.write = func(fd int, p []byte) (int, error) { return unix.Write(fd, p[:min(len(p), 7)]) }
	want := pattern(1000)
	for _, flags := range []uint32{0, wire.FSAtomic} {
		r.good(writing(wire.FSWriteFile, r.at("file"), want, flags))
		if r.content("file") != want {
			t.Errorf("flags %#x: it is not all there", flags)
		}
	}
}

func TestAFileThatTakesNothingIsAnError(t *testing.T) {
	r := newRig(t)
	r.sys.write = func(int, []byte) (int, error) { return 0, nil }
	path := r.at("file")
	r.bad(writing(wire.FSWriteFile, path, "x", 0), wire.EIO, unix.EIO, "write_file "+path)
}

func TestExclNeverReplaces(t *testing.T) {
	for _, flags := range []uint32{wire.FSExcl, wire.FSExcl | wire.FSAtomic} {
		r := newRig(t)
		path := r.at("file")
		r.good(writing(wire.FSWriteFile, path, "first", flags))
		r.bad(writing(wire.FSWriteFile, path, "second", flags), wire.EEXIST, unix.EEXIST, "write_file "+path)
		if r.content("file") != "first" || len(r.names(".")) != 1 {
			t.Errorf("%q, %q", r.content("file"), r.names("."))
		}
	}
}

func TestExclHoldsAgainstAFileThatComesMeanwhile(t *testing.T) {
	r := newRig(t)
	path := r.at("file")
	r.sys.fsync = func(fd int) error { // just before the new file comes to its place
		r.write("file", "somebody else's")
		return unix.Fsync(fd)
	}
	r.bad(writing(wire.FSWriteFile, path, "x", wire.FSAtomic|wire.FSExcl), wire.EEXIST, unix.EEXIST, "write_file "+path)
	if r.content("file") != "somebody else's" || len(r.names(".")) != 1 {
		t.Errorf("%q, %q", r.content("file"), r.names("."))
	}
}

func TestAnAtomicWriteThatFailsKeepsTheOldFileWhole(t *testing.T) {
	old, data := pattern(5000), pattern(3<<20)
	for _, name := range []string{"write", "fsync", "close", "renameat", "fchmod", "openat", "statFD", "statat"} {
		for _, errno := range []syscall.Errno{unix.ENOSPC, unix.EDQUOT, unix.EIO} {
			r := newRig(t)
			path := r.write("file", old)
			done := 0
			fault(&r.sys, func(_ int, call string) error {
				if call != name {
					return nil
				}
				if done++; name == "write" && done < 3 {
					return nil
				}
				return errno
			})
			got := r.do(writing(wire.FSWriteFile, path, data, wire.FSAtomic))
			if got.status != wire.FromErrno(errno) || got.errno != int32(errno) {
				t.Errorf("%s: status %d, errno %d", name, got.status, got.errno)
			}
			if r.content("file") != old || len(r.names(".")) != 1 {
				t.Errorf("%s: the old file is not whole, or %q is left", name, r.names("."))
			}
		}
	}
}

func TestAnAtomicWriteThatIsStoppedKeepsTheOldFileWhole(t *testing.T) {
	for at := range 4 {
		r := newRig(t)
		r.write("file", "old")
		r.stop = func(runs int) bool { return runs == at }
		got := r.do(writing(wire.FSWriteFile, r.at("file"), pattern(3<<20), wire.FSAtomic))
		whole := r.content("file") == "old" || got.status == wire.OK && r.content("file") == pattern(3<<20)
		if !whole || len(r.names(".")) != 1 {
			t.Errorf("stopped at %d: %d bytes, %q", at, len(r.content("file")), r.names("."))
		}
	}
}

func TestAnAtomicWriteBringsDataThenNameToTheDisk(t *testing.T) {
	r := newRig(t)
	order := []string{}
	fault(&r.sys, func(_ int, call string) error {
		switch call {
		case "write", "fsync", "renameat":
			order = append(order, call)
		}
		return nil
	})
	r.good(writing(wire.FSWriteFile, r.at("file"), "x", wire.FSAtomic))
	if got := strings.Join(order, " "); got != "write fsync renameat fsync" {
		t.Errorf("the order is %s", got)
	}
}

func TestAnAtomicWriteKeepsPermissionsAndReplacesALink(t *testing.T) {
	r := newRig(t)
	path := r.write("file", "old")
	if err := os.Chmod(path, 0o604); err != nil {
		t.Fatal(err)
	}
	r.good(writing(wire.FSWriteFile, path, "new", wire.FSAtomic))
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o604 {
		t.Errorf("the permissions are %o", st.Mode().Perm())
	}
	if err := os.Symlink("file", r.at("link")); err != nil {
		t.Fatal(err)
	}
	r.good(writing(wire.FSWriteFile, r.at("link"), "link", wire.FSAtomic))
	if r.content("file") != "new" || r.content("link") != "link" {
		t.Errorf("%q, %q", r.content("file"), r.content("link"))
	}
	r.bad(writing(wire.FSWriteFile, r.dir, "x", wire.FSAtomic), wire.EISDIR, unix.EISDIR, "write_file "+r.dir)
	r.bad(writing(wire.FSWriteFile, r.dir+"/", "x", wire.FSAtomic), wire.EISDIR, unix.EISDIR, "write_file "+r.dir+"/")
}

func TestTheModeIsLessTheUmask(t *testing.T) {
	old := unix.Umask(0o027)
	defer unix.Umask(old)
	for _, flags := range []uint32{0, wire.FSAtomic} {
		for mode, want := range map[uint32]os.FileMode{0: 0o640, 0o777: 0o750, 0o600: 0o600} {
			r := newRig(t)
			q := writing(wire.FSWriteFile, r.at("file"), "x", flags)
			q.Mode = mode
			r.good(q)
			if st, _ := os.Stat(q.path); st.Mode().Perm() != want {
				t.Errorf("mode %o, flags %#x: %o, want %o", mode, flags, st.Mode().Perm(), want)
			}
		}
	}
}

func TestWritingToAFIFOWaitsForSomebodyWhoReads(t *testing.T) {
	r := newRig(t)
	path := r.at("fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	want := pattern(300_000) // more than a pipe holds
	heard := make(chan string)
	r.stop = func(runs int) bool {
		if runs == 2 { // nobody reads yet
			go func() {
				content, _ := os.ReadFile(path)
				heard <- string(content)
			}()
		}
		return false
	}
	r.good(writing(wire.FSWriteFile, path, want, 0))
	if got := <-heard; got != want {
		t.Errorf("%d bytes came", len(got))
	}
	r.stop = func(runs int) bool { return runs == 3 }
	r.bad(writing(wire.FSAppendFile, path, "x", 0), wire.ECANCELED, 0, "append_file "+path)
}

func TestAFullDiskIsENOSPC(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	r := newRig(t)
	r.bad(writing(wire.FSWriteFile, "/dev/full", "x", 0), wire.ENOSPC, unix.ENOSPC, "write_file /dev/full")
}
