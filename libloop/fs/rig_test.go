// SPDX-License-Identifier: MIT

package fs

import (
	"os"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// rig runs operations as the engine would, without it. When a test ends all memory must be given back, and as many
// descriptors be open as before.
type rig struct {
	*testing.T
	dir  string // an empty folder
	mem  wire.HeapMemory
	sys  calls
	noun task.Noun
	args []uintptr // memory of requests
	stop func(runs int) bool
	now  bool // the loop's thread tries first
}

func newRig(t *testing.T) *rig {
	// What Go opens once and keeps, with the first pipe, is no leak.
	if in, out, err := os.Pipe(); err == nil {
		_, _ = in.Close(), out.Close()
	}
	r := &rig{T: t, dir: t.TempDir(), sys: system}
	// Disks are slow, and nothing here shows that they keep what they got.
	r.sys.fsync = func(fd int) error { _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); return err }
	r.sys.fdatasync = r.sys.fsync
	r.noun = newNoun(&r.sys)
	before := countFDs(t)
	t.Cleanup(func() {
		for _, addr := range r.args {
			r.mem.Free(addr)
		}
		if n := r.mem.Live(); n != 0 {
			t.Errorf("%d blocks of memory are left", n)
		}
		if after := countFDs(t); after != before {
			t.Errorf("%d descriptors were open before, %d after", before, after)
		}
	})
	return r
}

func countFDs(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("there is no /proc/self/fd")
	}
	return len(entries) - 1 // the one that looks
}

// request is an operation with Go's memory.
type request struct {
	wire.FS
	path, path2 string
	data        []byte
	into        int // bytes of a buffer to read into
	bufs        []int
}

// with is a request with the defaults of LOOP_FS_INIT.
func with(what uint32, path string) request {
	return request{path: path, FS: wire.FS{
		What: what, FD: -1, FD2: -1, Offset: -1, Offset2: -1,
		AtimeNS: wire.TimeOmit, MtimeNS: wire.TimeOmit, UID: 1<<32 - 1, GID: 1<<32 - 1,
	}}
}

func onFD(what uint32, fd int) request {
	q := with(what, "")
	q.FD = int32(fd)
	return q
}

// result is what came of an operation.
type result struct {
	status, errno int32
	text          string
	kind          uint16
	flags         uint16
	num           int64
	aux           uint64
	data          string
	events        []string // data of those before the last
	runs          int
	started       bool // the loop's thread did all of it
	buffer        []byte
}

// put copies bytes into memory that a request may point at.
func (r *rig) put(p []byte) uintptr {
	addr := r.mem.Alloc(uintptr(len(p)) + 1)
	r.args = append(r.args, addr)
	copy(wire.Slice[byte](addr, len(p)), p)
	return addr
}

// op puts a request where an op finds it.
func (r *rig) op(q *request) *wire.Op {
	q.Size = uint32(unsafe.Sizeof(q.FS))
	if q.path != "" || q.Path == 0 && q.What != 0 && kinds[q.What].takes&takesPath != 0 {
		q.Path = r.put([]byte(q.path))
	}
	if q.path2 != "" {
		q.Path2 = r.put([]byte(q.path2))
	}
	if q.data != nil {
		q.Data, q.Len = r.put(q.data), uint64(len(q.data))
	}
	if q.into > 0 {
		q.Buffer, q.Len = r.put(make([]byte, q.into)), uint64(q.into)
	}
	if q.bufs != nil {
		at := uintptr(0)
		q.Bufs, q.BufCount = r.mem.Alloc(16*uintptr(len(q.bufs))), uint32(len(q.bufs))
		r.args = append(r.args, q.Bufs)
		base := r.put(append(q.data, make([]byte, sum(q.bufs)-len(q.data))...))
		q.Buffer = base
		for i, n := range q.bufs {
			*wire.At[wire.Buf](q.Bufs + 16*uintptr(i)) = wire.Buf{Data: base + at, Len: uint64(n)}
			at += uintptr(n)
		}
	}
	addr := r.mem.Alloc(unsafe.Sizeof(q.FS))
	r.args = append(r.args, addr)
	*wire.At[wire.FS](addr) = q.FS
	return &wire.Op{Code: wire.OpFS, Data: addr}
}

func sum(list []int) (n int) {
	for _, k := range list {
		n += k
	}
	return n
}

// do runs an operation to its end.
func (r *rig) do(q request) result {
	r.Helper()
	o := r.op(&q)
	if !r.noun.Check(o) {
		return result{status: wire.EINVAL}
	}
	made, status := r.noun.Make(&r.mem, o)
	if status != wire.OK {
		return result{status: status}
	}
	st := made.Base()
	defer func() {
		st.Close()
		if x, ok := made.(task.Reuser); ok {
			x.Reuse()
		}
	}()
	var got result
	said := task.More
	if x, ok := made.(task.Starter); ok && r.now {
		if used, done := x.Start(256 << 10); done {
			if used < 1 {
				r.Errorf("it was done and cost %d", used)
			}
			said, got.started = task.End, true
		}
	}
	for ; said&task.End == 0; got.runs++ {
		if r.stop != nil && r.stop(got.runs) {
			st.Stopped.Store(true)
		}
		if said&task.Idle != 0 {
			// A flow is fed all of its input at once.
			made.(task.Feeder).Feed(q.data, true)
		}
		if said = made.Run(); said&task.Out != 0 {
			got.events = append(got.events, string(wire.Slice[byte](st.Data, int(st.Len))))
			st.Drop()
		}
	}
	got.status, got.errno, got.text = st.Status, st.Errno, st.Subject
	got.kind, got.flags, got.num, got.aux = st.Kind, st.Flags, st.Num, st.Aux
	got.data = string(wire.Slice[byte](st.Data, int(st.Len)))
	if st.Own != nil {
		got.data = string(st.Own)
	}
	if st.Data != 0 && st.Kind == wire.KindBytes && *wire.At[byte](st.Data + uintptr(st.Len)) != 0 {
		r.Errorf("no NUL follows the data")
	}
	if q.Buffer != 0 {
		got.buffer = wire.Slice[byte](q.Buffer, max(q.into, sum(q.bufs)))
	}
	st.Flags &^= wire.EvFD // the descriptor is ours
	return got
}

// good runs an operation that must succeed.
func (r *rig) good(q request) result {
	r.Helper()
	got := r.do(q)
	if got.status != wire.OK {
		r.Fatalf("%s: status %d, errno %d", got.text, got.status, got.errno)
	}
	return got
}

// bad runs an operation that must fail.
func (r *rig) bad(q request, status int32, errno syscall.Errno, text string) {
	r.Helper()
	got := r.do(q)
	if got.status != status || got.errno != int32(errno) || got.text != text {
		r.Errorf("status %d, errno %d, %q; want %d, %d, %q", got.status, got.errno, got.text, status, errno, text)
	}
}

func (r *rig) at(name string) string { return filepath.Join(r.dir, name) }

// write makes a file.
func (r *rig) write(name, content string) string {
	r.Helper()
	if err := os.WriteFile(r.at(name), []byte(content), 0o644); err != nil {
		r.Fatal(err)
	}
	return r.at(name)
}

func (r *rig) content(name string) string {
	r.Helper()
	content, err := os.ReadFile(r.at(name))
	if err != nil {
		r.Fatal(err)
	}
	return string(content)
}

// names lists a folder.
func (r *rig) names(name string) (names []string) {
	r.Helper()
	entries, err := os.ReadDir(r.at(name))
	if err != nil {
		r.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (r *rig) open(name string, flags int) int {
	r.Helper()
	fd, err := unix.Open(r.at(name), flags|unix.O_CLOEXEC, 0o644)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// fault puts a fault before the calls of a table: fail says whether the n-th call, of that name, is not made but
// fails. Closing always closes.
func fault(sys *calls, fail func(n int, name string) error) {
	var n atomic.Int64
	v := reflect.ValueOf(sys).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		f := reflect.NewAt(v.Field(i).Type(), v.Field(i).Addr().UnsafePointer()).Elem()
		real := reflect.ValueOf(f.Interface())
		f.Set(reflect.MakeFunc(f.Type(), func(args []reflect.Value) []reflect.Value {
			err := fail(int(n.Add(1))-1, name)
			if err == nil {
				return real.Call(args)
			}
			if name == "close" {
				real.Call(args)
			}
			out := make([]reflect.Value, f.Type().NumOut())
			for k := range out {
				out[k] = reflect.Zero(f.Type().Out(k))
			}
			if f.Type().NumOut() == 2 && f.Type().Out(0).Kind() == reflect.Int {
				out[0] = reflect.ValueOf(-1)
			}
			out[len(out)-1] = reflect.ValueOf(&err).Elem()
			return out
		}))
	}
}
