// SPDX-License-Identifier: MIT

package fs

import (
	"bytes"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

// sparse makes a file of that size which has content only in islands, by their offsets. It skips the test where
// the file system makes no holes.
func (r *rig) sparse(name string, size int64, islands map[int64]string) string {
	r.Helper()
	f, err := os.Create(r.at(name))
	if err != nil {
		r.Fatal(err)
	}
	defer f.Close()
	if err = f.Truncate(size); err != nil {
		r.Skip(err)
	}
	length := 0
	for at, content := range islands {
		if _, err = f.WriteAt([]byte(content), at); err != nil {
			r.Fatal(err)
		}
		length += len(content)
	}
	if n := r.blocks(name); n > int64(2*length)+(1<<20) {
		r.Skipf("the file system makes no holes: %d bytes are taken", n)
	}
	return r.at(name)
}

// blocks says how many bytes a file takes on the disk.
func (r *rig) blocks(name string) int64 {
	r.Helper()
	var st unix.Stat_t
	if err := unix.Stat(r.at(name), &st); err != nil {
		r.Fatal(err)
	}
	return int64(st.Blocks) * blockUnit
}

// sameWithHoles compares two files where either has something, and their lengths.
func (r *rig) sameWithHoles(one, two string) {
	r.Helper()
	for _, pair := range [2][2]string{{one, two}, {two, one}} {
		a, b := r.opened(pair[0]), r.opened(pair[1])
		for at := int64(0); ; {
			begin, err := a.Seek(at, unix.SEEK_DATA)
			if err != nil {
				break // no more of it
			}
			if at, err = a.Seek(begin, unix.SEEK_HOLE); err != nil {
				r.Fatal(err)
			}
			want, got := make([]byte, at-begin), make([]byte, at-begin)
			if _, err = a.ReadAt(want, begin); err != nil && err != io.EOF {
				r.Fatal(err)
			}
			if _, err = b.ReadAt(got, begin); err != nil && err != io.EOF || !bytes.Equal(got, want) {
				r.Errorf("%s and %s differ between %d and %d (%v)", one, two, begin, at, err)
			}
		}
	}
	a, _ := os.Stat(r.at(one))
	b, _ := os.Stat(r.at(two))
	if a.Size() != b.Size() {
		r.Errorf("%d and %d bytes", a.Size(), b.Size())
	}
}

func (r *rig) opened(name string) *os.File {
	r.Helper()
	f, err := os.Open(r.at(name))
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { f.Close() })
	return f
}

func TestACopyOfASparseFileIsSparse(t *testing.T) {
	const large = 5_000_000_000
	for way, set := range waysOfCopying {
		for name, file := range map[string]struct {
			size    int64
			islands map[int64]string
		}{
			"islands": {large, map[int64]string{
				0: "first", 1<<20 - 3: pattern(7), 3 << 30: pattern(3<<20 + 1), large - 1: "l",
			}},
			"a hole in front":   {64 << 20, map[int64]string{63 << 20: pattern(1 << 20)}},
			"a hole at the end": {64<<20 + 123, map[int64]string{0: pattern(5000)}},
			"nothing else":      {large, nil},
		} {
			t.Run(way+"/"+name, func(t *testing.T) {
				r := newRig(t)
				set(&r.sys)
				r.sparse("from", file.size, file.islands)
				r.write("over", pattern(100_000))
				for _, to := range []string{"to", "over"} {
					if got := r.good(copying(r, "from", to, 0)); got.num != file.size {
						t.Errorf("%s: %d bytes of %d", to, got.num, file.size)
					}
					r.sameWithHoles("from", to)
					if have, want := r.blocks(to), r.blocks("from")+(256<<10); have > want {
						t.Errorf("%s takes %d bytes, more than %d", to, have, want)
					}
				}
			})
		}
	}
}

func TestAFileSystemThatSaysNothingOfHolesIsCopiedWhole(t *testing.T) {
	r := newRig(t)
	r.sparse("from", 8<<20, map[int64]string{5 << 20: "an island"})
	r.sys.seek = func(fd int, offset int64, whence int) (int64, error) {
		if whence == unix.SEEK_DATA || whence == unix.SEEK_HOLE {
			return 0, unix.EINVAL
		}
		return unix.Seek(fd, offset, whence)
	}
	if got := r.good(copying(r, "from", "to", 0)); got.num != 8<<20 || r.content("to") != r.content("from") {
		t.Errorf("num %d", got.num)
	}
}

func TestASparseFileThatIsCutWhileItIsCopiedGivesWhatWasThere(t *testing.T) {
	for way, set := range waysOfCopying {
		r := newRig(t)
		set(&r.sys)
		from := r.sparse("from", 16<<20, map[int64]string{4 << 20: pattern(3 << 20)})
		seek := r.sys.seek
		r.sys.seek = func(fd int, offset int64, whence int) (int64, error) {
			if whence == unix.SEEK_HOLE {
				defer os.Truncate(from, 5<<20)
			}
			return seek(fd, offset, whence)
		}
		if got := r.good(copying(r, "from", "to", 0)); got.num != 5<<20 || r.content("to") != r.content("from") {
			t.Errorf("%s: num %d", way, got.num)
		}
	}
}

func TestAnErrorBetweenIslandsTakesTheCopyAway(t *testing.T) {
	for _, name := range []string{"seek", "ftruncate"} {
		r := newRig(t)
		r.sparse("from", 64<<20, map[int64]string{32 << 20: "an island"})
		fault(&r.sys, func(_ int, call string) error {
			if call == name {
				return unix.EIO
			}
			return nil
		})
		r.bad(copying(r, "from", "to", 0), wire.EIO, unix.EIO, "copy_file "+r.at("from")+" -> "+r.at("to"))
		if _, err := os.Stat(r.at("to")); err == nil {
			t.Errorf("%s: half a file is left", name)
		}
	}
}
