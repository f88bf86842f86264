// SPDX-License-Identifier: MIT

package fs

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

// everyOperation has one request for each operation, and some for their flags. It makes what they need.
func everyOperation(r *rig) map[string]request {
	r.write("file", strings.Repeat("some content\n", 1000))
	r.write("other", "old")
	r.write("gone", "x")
	for _, dir := range []string{"empty", "full", "full/one", "full/one/two"} {
		if err := os.Mkdir(r.at(dir), 0o755); err != nil {
			r.Fatal(err)
		}
	}
	for i := range 4 {
		r.write(fmt.Sprintf("full/one/file%d", i), "x")
	}
	if err := os.Symlink("file", r.at("link")); err != nil {
		r.Fatal(err)
	}
	in, out := r.open("file", unix.O_RDONLY), r.open("out", unix.O_RDWR|unix.O_CREAT)
	closing := r.open("file", unix.O_RDONLY)
	data := []byte(strings.Repeat("new content\n", 10000))
	path := func(what uint32, name string) request { return with(what, r.at(name)) }
	paths := func(what uint32, name, name2 string) request {
		q := path(what, name)
		q.path2 = r.at(name2)
		return q
	}
	write := func(q request, flags uint32) request {
		q.data, q.Flags = data, flags
		return q
	}
	flags := func(q request, flags uint32) request {
		q.Flags = flags
		return q
	}
	vector := func(what uint32, fd int) request {
		q := onFD(what, fd)
		q.bufs = []int{3, 0, 5000, 1}
		q.Offset = 0
		return q
	}
	open := path(wire.FSOpen, "file")
	read := onFD(wire.FSRead, in)
	read.Len, read.Offset = 1000, 5
	readInto := onFD(wire.FSRead, in)
	readInto.into, readInto.Offset = 100, -1
	send := onFD(wire.FSSendfile, out)
	send.FD2, send.Offset2, send.Offset, send.Len = int32(in), 0, 0, 5000
	return map[string]request{
		"read_file":          path(wire.FSReadFile, "file"),
		"read_file of /proc": with(wire.FSReadFile, "/proc/self/status"),
		"write_file":         write(path(wire.FSWriteFile, "written"), 0),
		"write_file sync":    write(path(wire.FSWriteFile, "written2"), wire.FSSync|wire.FSExcl),
		"write_file atomic":  write(path(wire.FSWriteFile, "other"), wire.FSAtomic),
		"write_file new":     write(path(wire.FSWriteFile, "written3"), wire.FSAtomic|wire.FSExcl|wire.FSBorrow),
		"append_file":        write(path(wire.FSAppendFile, "file"), 0),
		"read_stream":        path(wire.FSReadStream, "file"),
		"write_stream":       write(path(wire.FSWriteStream, "written4"), 0),
		"copy_file":          paths(wire.FSCopyFile, "file", "copy"),
		"copy_file over":     flags(paths(wire.FSCopyFile, "file", "gone"), wire.FSReflink),
		"stat":               path(wire.FSStat, "link"),
		"lstat":              path(wire.FSLstat, "link"),
		"fstat":              onFD(wire.FSFstat, in),
		"statfs":             path(wire.FSStatfs, "file"),
		"access":             path(wire.FSAccess, "file"),
		"readdir":            path(wire.FSReaddir, "full/one"),
		"mkdir":              path(wire.FSMkdir, "made"),
		"mkdir recursive":    flags(path(wire.FSMkdir, "a/b/c"), wire.FSRecursive),
		"mkdtemp":            path(wire.FSMkdtemp, "dir-"),
		"mkstemp":            path(wire.FSMkstemp, "file-"),
		"unlink":             path(wire.FSUnlink, "link"),
		"rmdir":              path(wire.FSRmdir, "empty"),
		"remove":             path(wire.FSRemove, "gone"),
		"remove recursive":   flags(path(wire.FSRemove, "full"), wire.FSRecursive),
		"rename":             paths(wire.FSRename, "file", "renamed"),
		"link":               paths(wire.FSLink, "file", "linked"),
		"symlink":            paths(wire.FSSymlink, "file", "symlinked"),
		"readlink":           path(wire.FSReadlink, "link"),
		"realpath":           path(wire.FSRealpath, "full/../link"),
		"chmod":              path(wire.FSChmod, "file"),
		"fchmod":             onFD(wire.FSFchmod, in),
		"chown":              path(wire.FSChown, "file"),
		"lchown":             path(wire.FSLchown, "link"),
		"fchown":             onFD(wire.FSFchown, in),
		"utimes":             path(wire.FSUtimes, "file"),
		"lutimes":            path(wire.FSLutimes, "link"),
		"futimes":            onFD(wire.FSFutimes, in),
		"truncate":           path(wire.FSTruncate, "file"),
		"ftruncate":          onFD(wire.FSFtruncate, out),
		"open":               open,
		"close":              onFD(wire.FSClose, closing),
		"read":               read,
		"read into":          readInto,
		"write":              write(onFD(wire.FSWrite, out), 0),
		"readv":              vector(wire.FSReadv, in),
		"writev":             vector(wire.FSWritev, out),
		"fsync":              onFD(wire.FSFsync, out),
		"fdatasync":          onFD(wire.FSFdatasync, out),
		"sendfile":           send,
	}
}

// eachOperation runs a test for each of everyOperation, in a folder of its own.
func eachOperation(t *testing.T, test func(r *rig, q request)) {
	names := []string{}
	for name := range everyOperation(newRig(t)) {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			test(r, everyOperation(r)[name])
		})
	}
}

// closeResult closes the descriptor that an operation handed over, and says which it was.
func (r *rig) closeResult(got result) {
	r.Helper()
	if got.flags&wire.EvFD != 0 {
		if err := unix.Close(int(got.num)); err != nil {
			r.Errorf("close %d: %v", got.num, err)
		}
	}
}

func TestEveryOperationSucceeds(t *testing.T) {
	seen := map[uint32]bool{}
	eachOperation(t, func(r *rig, q request) {
		seen[q.What] = true
		got := r.good(q)
		r.closeResult(got)
		if got.aux != uint64(q.What) {
			r.Errorf("aux is %d, want %d", got.aux, q.What)
		}
	})
	for what := range kinds {
		if what > 0 && !seen[uint32(what)] {
			t.Errorf("%s is not among them", kinds[what].name)
		}
	}
}

func TestASignalInEveryCallChangesNothing(t *testing.T) {
	eachOperation(t, func(r *rig, q request) {
		interrupted := map[string]bool{}
		fault(&r.sys, func(n int, name string) error {
			// The first call of each name, and every second one.
			if !interrupted[name] || n%2 == 0 {
				interrupted[name] = true
				return unix.EINTR
			}
			return nil
		})
		r.closeResult(r.good(q))
	})
}

func TestAnyCallThatFailsLeavesNothingBehind(t *testing.T) {
	eachOperation(t, func(r *rig, q request) {
		for at, failed := 0, true; failed; at++ {
			failed = false
			t.Run(fmt.Sprint(at), func(t *testing.T) {
				r := newRig(t)
				q := sameRequest(everyOperation(r), q, t)
				fault(&r.sys, func(n int, name string) error {
					if n == at {
						failed = true
						return unix.EIO
					}
					return nil
				})
				got := r.do(q)
				r.closeResult(got)
				if got.status == wire.EIO && got.errno != int32(unix.EIO) {
					t.Errorf("errno is %d", got.errno)
				}
				for _, name := range r.names(".") {
					if strings.HasPrefix(name, ".loop-") {
						t.Errorf("%s is left", name)
					}
				}
			})
		}
	})
}

// sameRequest finds in another folder's requests the one that is like q.
func sameRequest(all map[string]request, q request, t *testing.T) request {
	for _, other := range all {
		if other.What == q.What && other.Flags == q.Flags && other.Offset == q.Offset && (other.path == q.path ||
			lastName(other.path) == lastName(q.path)) {
			return other
		}
	}
	t.Fatal("there is none")
	return request{}
}

func lastName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func TestAnOperationThatIsStoppedAtAnyStepEnds(t *testing.T) {
	eachOperation(t, func(r *rig, q request) {
		for at := range 3 {
			t.Run(fmt.Sprint(at), func(t *testing.T) {
				r := newRig(t)
				q := sameRequest(everyOperation(r), q, t)
				r.stop = func(runs int) bool { return runs == at }
				got := r.do(q)
				r.closeResult(got)
				if got.status != wire.OK && got.status != wire.ECANCELED {
					t.Errorf("status %d", got.status)
				}
				if got.status == wire.ECANCELED && !strings.HasPrefix(got.text, kinds[q.What].name+" ") {
					t.Errorf("the text is %q", got.text)
				}
			})
		}
	})
}

func TestADescriptorThatIsNotOpenIsEBADF(t *testing.T) {
	for what, k := range kinds {
		if k.takes&takesFD == 0 {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			r := newRig(t)
			q := onFD(uint32(what), 9999)
			q.FD2 = 9998
			if k.takes&takesBufs != 0 {
				q.bufs = []int{10}
			}
			q.Len = 10
			if k.takes&takesData != 0 {
				q.data = make([]byte, 10)
			}
			got := r.do(q)
			if got.status != wire.EBADF || syscall.Errno(got.errno) != unix.EBADF {
				t.Errorf("status %d, errno %d", got.status, got.errno)
			}
			if want := k.name + " fd 9999"; k.takes&takesFD2 == 0 && got.text != want {
				t.Errorf("text %q, want %q", got.text, want)
			}
		})
	}
}

func TestAPathThatIsNotThereIsENOENT(t *testing.T) {
	makes := map[uint32]bool{wire.FSMkdir: true, wire.FSMkdtemp: true, wire.FSMkstemp: true, wire.FSSymlink: true}
	for what, k := range kinds {
		if k.takes&takesPath == 0 {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			r := newRig(t)
			q := with(uint32(what), r.at("none/file"))
			if k.takes&takesPath2 != 0 {
				q.path2 = r.at("none/other")
			}
			text := k.name + " " + q.path
			if q.path2 != "" {
				text += " -> " + q.path2
			}
			r.bad(q, wire.ENOENT, unix.ENOENT, text)
			if !makes[q.What] {
				q.path = ""
				q.Path = r.put(nil)
				if got := r.do(q); got.status != wire.ENOENT {
					t.Errorf("the empty path: status %d", got.status)
				}
			}
		})
	}
}
