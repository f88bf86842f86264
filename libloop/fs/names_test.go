// SPDX-License-Identifier: MIT

package fs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

func making(path string, flags uint32) request {
	q := with(wire.FSMkdir, path)
	q.Flags = flags
	return q
}

func TestMkdirRecursiveTellsTheFirstFolderItMade(t *testing.T) {
	r := newRig(t)
	got := r.good(making(r.at("a")+"/b//c/", wire.FSRecursive))
	if got.data != r.at("a") || got.kind != wire.KindBytes {
		t.Errorf("%q, kind %d", got.data, got.kind)
	}
	if got := r.good(making(r.at("a/b/d"), wire.FSRecursive)); got.data != r.at("a/b/d") {
		t.Errorf("%q", got.data)
	}
	if got := r.good(making(r.at("a/b/d"), wire.FSRecursive)); got.kind != wire.KindUndefined {
		t.Errorf("all were there: kind %d, %q", got.kind, got.data)
	}
	for _, name := range []string{"a/b/c", "a/b/d"} {
		if st, err := os.Stat(r.at(name)); err != nil || !st.IsDir() {
			t.Errorf("%s: %v", name, err)
		}
	}
	deep := r.at("deep" + strings.Repeat("/d", 500))
	if got := r.good(making(deep, wire.FSRecursive)); got.data != r.at("deep") || got.runs < 2 {
		t.Errorf("%q, %d runs", got.data, got.runs)
	}
}

func TestMkdirOfWhatIsThere(t *testing.T) {
	r := newRig(t)
	r.write("file", "")
	r.symlink("none", "dangling")
	r.mkdir("dir")
	r.symlink("dir", "link")
	for _, name := range []string{"file", "dangling", "dir"} {
		r.bad(making(r.at(name), 0), wire.EEXIST, unix.EEXIST, "mkdir "+r.at(name))
	}
	for _, name := range []string{"file", "dangling"} {
		r.bad(making(r.at(name), wire.FSRecursive), wire.EEXIST, unix.EEXIST, "mkdir "+r.at(name))
		got := r.do(making(r.at(name+"/x/y"), wire.FSRecursive))
		if got.status != wire.ENOTDIR {
			t.Errorf("%s/x/y: status %d", name, got.status)
		}
	}
	for _, name := range []string{"dir", "link", "link/", "dir/."} {
		r.good(making(r.dir+"/"+name, wire.FSRecursive))
	}
	r.good(making("/", wire.FSRecursive))
	r.bad(making(r.at("none/x"), 0), wire.ENOENT, unix.ENOENT, "mkdir "+r.at("none/x"))
}

func TestMkdirEndsWhenSomebodyTakesAwayWhatItMakes(t *testing.T) {
	r := newRig(t)
	r.sys.mkdir = func(path string, mode uint32) error {
		if path == r.at("a") {
			return nil // gone at once
		}
		return unix.ENOENT
	}
	r.bad(making(r.at("a/b"), wire.FSRecursive), wire.ENOENT, unix.ENOENT, "mkdir "+r.at("a/b"))
}

func TestTemporaryNamesAreNew(t *testing.T) {
	r := newRig(t)
	seen := map[string]bool{}
	for range 50 {
		dir := r.good(with(wire.FSMkdtemp, r.at("t-")))
		file := r.good(with(wire.FSMkstemp, r.at("t-")))
		if dir.flags != 0 || file.flags != wire.EvFD {
			t.Errorf("flags %#x, %#x", dir.flags, file.flags)
		}
		if _, err := unix.Write(int(file.num), []byte("x")); err != nil || r.content(filepath.Base(file.data)) != "x" {
			t.Errorf("the file: %v", err)
		}
		r.closeResult(file)
		for path, mode := range map[string]os.FileMode{dir.data: os.ModeDir | 0o700, file.data: 0o600} {
			st, err := os.Stat(path)
			if err != nil || st.Mode() != mode || seen[path] || len(path) != len(r.at("t-"))+6 {
				t.Errorf("%s: %v, mode %v", path, err, st.Mode())
			}
			seen[path] = true
		}
	}
	tries := 0
	r.sys.mkdir = func(string, uint32) error {
		tries++
		return unix.EEXIST
	}
	r.bad(with(wire.FSMkdtemp, r.at("t-")), wire.EEXIST, unix.EEXIST, "mkdtemp "+r.at("t-"))
	if tries != newTries {
		t.Errorf("%d tries", tries)
	}
}

func TestRealpath(t *testing.T) {
	r := newRig(t)
	root, err := filepath.EvalSymlinks(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	r.mkdir("a/b")
	r.write("a/file", "")
	r.symlink("a", "rel")
	r.symlink(r.at("a"), "abs")
	r.symlink("../rel/b/", "a/up")
	r.symlink("loop2", "loop1")
	r.symlink("loop1", "loop2")
	r.symlink("none", "dangling")
	t.Chdir(r.dir)
	for path, want := range map[string]string{
		r.dir: root, r.at("rel/b"): root + "/a/b", r.dir + "/abs/./../abs//file": root + "/a/file",
		r.dir + "/a/up/..": root + "/a", "rel/b/": root + "/a/b", ".": root, "..": filepath.Dir(root),
		"/": "/", "/..": "/", "//../": "/", r.dir + "/rel/b/.": root + "/a/b", r.at("abs/up"): root + "/a/b",
	} {
		if got := r.good(with(wire.FSRealpath, path)); got.data != want {
			t.Errorf("%s: %q, want %q", path, got.data, want)
		}
	}
	for path, errno := range map[string]unix.Errno{
		"none": unix.ENOENT, "dangling": unix.ENOENT, "loop1": unix.ELOOP, "a/file/": unix.ENOTDIR,
		"a/file/..": unix.ENOTDIR, "a/file/.": unix.ENOTDIR, "a/file/x": unix.ENOTDIR,
		strings.Repeat("n", 256): unix.ENAMETOOLONG,
	} {
		r.bad(with(wire.FSRealpath, path), wire.FromErrno(errno), errno, "realpath "+path)
	}
}

// TestRealpathIsThatOfTheSystem compares it with what the kernel says of an open file.
func TestRealpathIsThatOfTheSystem(t *testing.T) {
	r := newRig(t)
	names := []string{"a", "b", "l1", "l2", "..", ".", "", "file"}
	r.mkdir("a/b")
	r.mkdir("b/a")
	r.write("a/file", "")
	r.write("b/file", "")
	r.symlink("../b", "a/l1")
	r.symlink("../a/b/", "b/l1")
	r.symlink("a", "l1")
	r.symlink("b/./l1/..", "l2")
	t.Chdir(r.dir)
	compared := 0
	var walk func(path string, depth int)
	walk = func(path string, depth int) {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		got := r.do(with(wire.FSRealpath, path))
		if err != nil {
			if got.status != wire.FromErrno(err.(unix.Errno)) {
				t.Errorf("%s: status %d, want %v", path, got.status, err)
			}
		} else {
			want, _ := os.Readlink("/proc/self/fd/" + itoa(fd))
			_ = unix.Close(fd)
			if got.data != want {
				t.Errorf("%s: %q, want %q", path, got.data, want)
			}
		}
		compared++
		for i := 0; i < len(names) && depth < 4; i++ {
			walk(path+"/"+names[i], depth+1)
		}
	}
	walk("l1", 0)
	if compared < 4000 {
		t.Errorf("%d paths were compared", compared)
	}
}
