// SPDX-License-Identifier: MIT

package fs

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

type found struct {
	kind uint32
	ino  uint64
}

// entries reads the records of a readdir.
func entries(got result) map[string]found {
	list := map[string]found{}
	for _, data := range append(got.events, got.data) {
		p := []byte(data)
		for len(p) > 0 {
			addr := addressOf(p)
			d := wire.At[wire.Dirent](addr)
			list[string(p[direntHead:direntHead+int(d.NameLen)])] = found{d.Type, d.Ino}
			p = p[d.Size:]
		}
	}
	return list
}

func TestReaddirTellsNamesTypesAndInodes(t *testing.T) {
	r := newRig(t)
	if got := r.good(with(wire.FSReaddir, r.dir)); got.num != 0 || got.data != "" || got.kind != wire.KindBytes {
		t.Errorf("an empty folder: num %d, %q", got.num, got.data)
	}
	r.write("file", "x")
	r.mkdir("dir")
	r.symlink("none", "link")
	r.write("not utf-8: \xff\xfe", "")
	r.write(strings.Repeat("n", 255), "")
	if err := unix.Mkfifo(r.at("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := r.good(with(wire.FSReaddir, r.dir))
	list := entries(got)
	want := map[string]uint32{
		"file": wire.TypeFile, "dir": wire.TypeDir, "link": wire.TypeLink, "fifo": wire.TypeFifo,
		"not utf-8: \xff\xfe": wire.TypeFile, strings.Repeat("n", 255): wire.TypeFile,
	}
	if len(list) != len(want) || got.num != int64(len(want)) || got.runs != 1 {
		t.Errorf("%v, num %d, %d runs", list, got.num, got.runs)
	}
	for name, kind := range want {
		var st unix.Stat_t
		if err := unix.Lstat(r.at(name), &st); err != nil {
			t.Fatal(err)
		}
		if list[name] != (found{kind, st.Ino}) {
			t.Errorf("%q: %v", name, list[name])
		}
	}
}

func TestALargeFolderComesInManyEvents(t *testing.T) {
	r := newRig(t)
	const count = 1000
	for i := range count {
		r.write(fmt.Sprintf("%04d-%s", i, strings.Repeat("x", 120)), "")
	}
	got := r.good(with(wire.FSReaddir, r.dir))
	if len(entries(got)) != count || len(got.events) < 3 {
		t.Errorf("%d names in %d events", len(entries(got)), len(got.events)+1)
	}
	for _, data := range append(got.events, got.data) {
		if len(data) > 64<<10 || len(data)%8 != 0 {
			t.Errorf("an event of %d bytes", len(data))
		}
	}
	r.stop = func(runs int) bool { return runs == 2 }
	r.bad(with(wire.FSReaddir, r.dir), wire.ECANCELED, 0, "readdir "+r.dir)
}

func TestAnErrorWhileReadingComesBehindWhatWasRead(t *testing.T) {
	r := newRig(t)
	r.write("file", "")
	n := 0
	r.sys.dirents = func(fd int, buf []byte) (int, error) {
		if n++; n > 1 {
			return -1, unix.EIO
		}
		return unix.ReadDirent(fd, buf)
	}
	got := r.do(with(wire.FSReaddir, r.dir))
	if got.status != wire.EIO || len(got.events) != 1 || len(entries(got)) != 1 {
		t.Errorf("status %d, %d events", got.status, len(got.events))
	}
}

func TestReaddirOfNoFolder(t *testing.T) {
	r := newRig(t)
	path := r.write("file", "")
	r.bad(with(wire.FSReaddir, path), wire.ENOTDIR, unix.ENOTDIR, "readdir "+path)
	_ = os.Remove(path)
}
