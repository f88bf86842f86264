// SPDX-License-Identifier: MIT

package fs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

func removing(path string, flags uint32) request {
	q := with(wire.FSRemove, path)
	q.Flags = flags
	return q
}

func (r *rig) mkdir(name string) string {
	r.Helper()
	if err := os.MkdirAll(r.at(name), 0o755); err != nil {
		r.Fatal(err)
	}
	return r.at(name)
}

func (r *rig) symlink(target, name string) {
	r.Helper()
	if err := os.Symlink(target, r.at(name)); err != nil {
		r.Fatal(err)
	}
}

func TestRemoveTakesOneFileLinkOrEmptyFolder(t *testing.T) {
	r := newRig(t)
	r.write("file", "x")
	r.symlink("file", "link")
	r.mkdir("dir/sub")
	for _, name := range []string{"link", "file"} {
		if got := r.good(removing(r.at(name), 0)); got.num != 1 {
			t.Errorf("%s: num %d", name, got.num)
		}
	}
	r.bad(removing(r.at("dir"), 0), wire.ENOTEMPTY, unix.ENOTEMPTY, "remove "+r.at("dir"))
	r.good(removing(r.at("dir/sub")+"/", 0))
	r.good(removing(r.at("dir"), 0))
	r.bad(removing(r.at("dir"), wire.FSRecursive), wire.ENOENT, unix.ENOENT, "remove "+r.at("dir"))
	for _, flags := range []uint32{wire.FSForce, wire.FSForce | wire.FSRecursive} {
		if got := r.good(removing(r.at("dir"), flags)); got.num != 0 {
			t.Errorf("num %d", got.num)
		}
	}
}

func TestRemoveTakesATreeAndNothingThatItsLinksLeadTo(t *testing.T) {
	r := newRig(t)
	r.mkdir("outside/dir")
	r.write("outside/dir/file", "x")
	r.mkdir("tree/a/b/c")
	n := int64(4)
	for i := range 300 { // more than one step, and more than one read
		r.write(fmt.Sprintf("tree/a/%s%d", strings.Repeat("long", 20), i), "x")
		n++
	}
	r.write("tree/a/b/c/file", "x")
	for i, target := range []string{"../outside", "../outside/dir", "/", "none", "."} {
		r.symlink(target, fmt.Sprintf("tree/link%d", i))
		n++
	}
	if err := unix.Mkfifo(r.at("tree/a/fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := r.good(removing(r.at("tree"), wire.FSRecursive))
	if got.num != n+2 || got.runs < 2 {
		t.Errorf("num %d, want %d; %d runs", got.num, n+2, got.runs)
	}
	if r.content("outside/dir/file") != "x" || len(r.names(".")) != 1 {
		t.Errorf("%q", r.names("."))
	}
}

func TestALinkWithASlashBehindItSaysWhatIsWrongWithItsFolder(t *testing.T) {
	r := newRig(t)
	r.symlink("round", "round")
	r.symlink("nowhere", "lost")
	r.write("file", "x")
	r.symlink("file", "plain")
	r.bad(removing(r.at("round")+"/", 0), wire.ELOOP, unix.ELOOP, "remove "+r.at("round")+"/")
	r.bad(removing(r.at("lost")+"/", 0), wire.ENOENT, unix.ENOENT, "remove "+r.at("lost")+"/")
	r.bad(removing(r.at("plain")+"/", 0), wire.ENOTDIR, unix.ENOTDIR, "remove "+r.at("plain")+"/")
	r.bad(removing(r.at("round")+"/", wire.FSForce), wire.ENOTDIR, unix.ENOTDIR, "remove "+r.at("round")+"/")
	if got := r.good(removing(r.at("lost")+"/", wire.FSForce)); got.num != 0 {
		t.Errorf("num %d", got.num)
	}
}

func TestALinkWithASlashBehindItIsNotFollowed(t *testing.T) {
	r := newRig(t)
	r.mkdir("outside")
	r.write("outside/file", "x")
	r.symlink("outside", "link")
	r.bad(removing(r.at("link")+"/", wire.FSRecursive), wire.ENOTDIR, unix.ENOTDIR, "remove "+r.at("link")+"/")
	if r.content("outside/file") != "x" {
		t.Error("what it leads to is gone")
	}
}

func TestALinkThatTakesTheFoldersPlaceMeanwhileIsNotFollowed(t *testing.T) {
	for _, name := range []string{"tree", "dir"} { // the path itself, and a folder in it
		r := newRig(t)
		r.mkdir("outside")
		r.write("outside/file", "x")
		r.mkdir("tree/dir/sub")
		r.sys.openat = func(dir int, path string, flags int, mode uint32) (int, error) {
			if filepath.Base(path) == name {
				from := map[string]string{"tree": "tree", "dir": "tree/dir"}[name]
				_ = os.Rename(r.at(from), r.at("moved"))
				_ = os.Symlink(r.at("outside"), r.at(from))
			}
			return unix.Openat(dir, path, flags, mode)
		}
		_ = r.do(removing(r.at("tree"), wire.FSRecursive))
		if r.content("outside/file") != "x" {
			t.Errorf("%s: what the link leads to is gone", name)
		}
	}
}

func TestAFolderThatIsMovedOutMeanwhileIsTheEndOfTheWay(t *testing.T) {
	r := newRig(t)
	deep := "tree" + strings.Repeat("/d", foldersOpen+5)
	r.mkdir(deep)
	r.mkdir("elsewhere")
	r.write("elsewhere/file", "x")
	moved := false
	r.sys.openat = func(dir int, path string, flags int, mode uint32) (int, error) {
		if path == ".." && !moved {
			moved = true
			// The folder above is not held open: its child comes to lie somewhere else.
			from := "tree" + strings.Repeat("/d", 5)
			if err := os.Rename(r.at(from), r.at("elsewhere/d")); err != nil {
				t.Error(err)
			}
		}
		return unix.Openat(dir, path, flags, mode)
	}
	got := r.do(removing(r.at("tree"), wire.FSRecursive))
	if !moved || got.status != wire.ESTALE || r.content("elsewhere/file") != "x" {
		t.Errorf("moved %t, status %d", moved, got.status)
	}
}

func TestADeepTreeTakesFewDescriptors(t *testing.T) {
	r := newRig(t)
	const depth = 200
	fd, err := unix.Open(r.mkdir("tree"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	for i := 0; i < depth && err == nil; i++ {
		var next int
		if err = unix.Mkdirat(fd, "deep", 0o755); err == nil {
			next, err = unix.Openat(fd, "deep", unix.O_RDONLY|unix.O_CLOEXEC, 0)
			_ = unix.Close(fd)
			fd = next
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(fd)
	open, most := 0, 0
	r.sys.openat = func(dir int, path string, flags int, mode uint32) (int, error) {
		fd, err := unix.Openat(dir, path, flags, mode)
		if err == nil {
			open++
			most = max(most, open)
		}
		return fd, err
	}
	r.sys.close = func(fd int) error {
		open--
		return unix.Close(fd)
	}
	if got := r.good(removing(r.at("tree"), wire.FSRecursive)); got.num != depth+1 {
		t.Errorf("num %d", got.num)
	}
	if most > foldersOpen+2 {
		t.Errorf("%d descriptors were open", most)
	}
}

func TestRemoveGoesOnAfterAnErrorAndTellsTheFirst(t *testing.T) {
	r := newRig(t)
	for _, dir := range []string{"tree/a", "tree/b" + strings.Repeat("/d", foldersOpen+5), "tree/c"} {
		r.mkdir(dir)
		r.write(dir+"/stays", "x")
		r.write(dir+"/goes", "x")
	}
	tries := 0
	r.sys.unlinkat = func(dir int, name string, flags int) error {
		if name == "stays" {
			tries++
			return unix.EACCES
		}
		return unix.Unlinkat(dir, name, flags)
	}
	got := r.do(removing(r.at("tree"), wire.FSRecursive))
	if got.status != wire.EACCES || !strings.HasPrefix(got.text, "remove "+r.at("tree")+"/") ||
		!strings.HasSuffix(got.text, "/stays") {
		t.Errorf("status %d, %q", got.status, got.text)
	}
	if tries != 3 {
		t.Errorf("%d tries", tries)
	}
	left := 0
	_ = filepath.WalkDir(r.at("tree"), func(path string, d os.DirEntry, _ error) error {
		if !d.IsDir() {
			left++
		}
		return nil
	})
	if left != 3 {
		t.Errorf("%d files are left", left)
	}
}

func TestAFileSystemThatKnowsNoTypesIsEmptiedToo(t *testing.T) {
	r := newRig(t)
	r.mkdir("tree/a/b")
	r.write("tree/a/file", "x")
	r.sys.dirents = func(fd int, buf []byte) (int, error) {
		n, err := unix.ReadDirent(fd, buf)
		for at := 0; at < n; {
			_, size := parseDirent(buf[at:n])
			buf[at+18] = unix.DT_UNKNOWN
			at += size
		}
		return n, err
	}
	if got := r.good(removing(r.at("tree"), wire.FSRecursive)); got.num != 4 {
		t.Errorf("num %d", got.num)
	}
	// And readdir asks for what it is not told.
	r.write("file", "x")
	r.mkdir("dir")
	got := r.good(with(wire.FSReaddir, r.dir))
	if list := entries(got); list["file"].kind != wire.TypeFile || list["dir"].kind != wire.TypeDir {
		t.Errorf("%v", list)
	}
}

func TestAFolderThatChangesWhileItIsReadIsEmptiedAllTheSame(t *testing.T) {
	r := newRig(t)
	r.mkdir("tree")
	for i := range 10 {
		r.write(fmt.Sprintf("tree/%d", i), "x")
	}
	added := 0
	r.sys.unlinkat = func(dir int, name string, flags int) error {
		if flags == 0 && added < 5 && name != r.at("tree") {
			added++
			r.write(fmt.Sprintf("tree/more%d", added), "x")
		}
		return unix.Unlinkat(dir, name, flags)
	}
	if got := r.good(removing(r.at("tree"), wire.FSRecursive)); got.num != 16 {
		t.Errorf("num %d", got.num)
	}
}

func TestTheRootAndDotsAreRefused(t *testing.T) {
	r := newRig(t)
	r.sys.unlinkat = func(_ int, name string, _ int) error {
		if strings.Trim(name, "/") != "" {
			t.Errorf("%q would be gone", name)
		}
		return unix.EISDIR
	}
	r.bad(removing("/", wire.FSRecursive), wire.EBUSY, unix.EBUSY, "remove /")
	r.bad(removing("//", wire.FSRecursive|wire.FSForce), wire.EBUSY, unix.EBUSY, "remove //")
	for _, name := range []string{"/.", "/..", "/./", "/../"} {
		r.bad(removing(r.dir+name, wire.FSRecursive), wire.EINVAL, unix.EINVAL, "remove "+r.dir+name)
	}
}
