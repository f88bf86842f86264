// SPDX-License-Identifier: MIT

package fs

import (
	"math"
	"strings"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestRequestsThatMakeNoSenseAreRefused(t *testing.T) {
	r := newRig(t)
	good := map[string]func() request{
		"stat":  func() request { return with(wire.FSStat, "/x") },
		"read":  func() request { return reading(3, 10, 0) },
		"write": func() request { q := writing(wire.FSWrite, "", "data", 0); q.FD = 3; return q },
		"writev": func() request {
			q := onFD(wire.FSWritev, 3)
			q.bufs = []int{3, 4}
			return q
		},
		"sendfile": func() request { q := onFD(wire.FSSendfile, 3); q.FD2 = 4; return q },
		"open":     func() request { return with(wire.FSOpen, "/x") },
		"chmod":    func() request { return with(wire.FSChmod, "/x") },
		"access":   func() request { return with(wire.FSAccess, "/x") },
		"truncate": func() request { return with(wire.FSTruncate, "/x") },
		"copy":     func() request { q := with(wire.FSCopyFile, "/x"); q.path2 = "/y"; return q },
	}
	for name, make := range good {
		q := make()
		if !r.noun.Check(r.op(&q)) {
			t.Errorf("%s is refused", name)
		}
	}
	bad := map[string]struct {
		base  string
		spoil func(q *wire.FS)
	}{
		"size 0":             {"stat", func(q *wire.FS) { q.Size = 0 }},
		"a smaller size":     {"stat", func(q *wire.FS) { q.Size-- }},
		"a huge size":        {"stat", func(q *wire.FS) { q.Size = math.MaxUint32 }},
		"what 0":             {"stat", func(q *wire.FS) { q.What = 0 }},
		"what too large":     {"stat", func(q *wire.FS) { q.What = uint32(len(kinds)) }},
		"what huge":          {"stat", func(q *wire.FS) { q.What = math.MaxUint32 }},
		"an unknown flag":    {"stat", func(q *wire.FS) { q.Flags = 1 << 31 }},
		"another's flag":     {"stat", func(q *wire.FS) { q.Flags = wire.FSBorrow }},
		"no path":            {"stat", func(q *wire.FS) { q.Path = 0 }},
		"no second path":     {"copy", func(q *wire.FS) { q.Path2 = 0 }},
		"fd -1":              {"read", func(q *wire.FS) { q.FD = -1 }},
		"the lowest fd":      {"read", func(q *wire.FS) { q.FD = math.MinInt32 }},
		"fd2 -1":             {"sendfile", func(q *wire.FS) { q.FD2 = -1 }},
		"offset -2":          {"read", func(q *wire.FS) { q.Offset = -2 }},
		"offset2 -2":         {"sendfile", func(q *wire.FS) { q.Offset2 = -2 }},
		"beyond all offsets": {"read", func(q *wire.FS) { q.Offset = math.MaxInt64 - 5 }},
		"too much to read":   {"read", func(q *wire.FS) { q.Len = 2<<30 + 1 }},
		"too much to copy":   {"sendfile", func(q *wire.FS) { q.Len = math.MaxInt64 + 1 }},
		"no data":            {"write", func(q *wire.FS) { q.Data = 0 }},
		"too much data":      {"write", func(q *wire.FS) { q.Len = math.MaxUint64 }},
		"no pieces":          {"writev", func(q *wire.FS) { q.BufCount = 0 }},
		"too many pieces":    {"writev", func(q *wire.FS) { q.BufCount = math.MaxUint32 }},
		"no array of pieces": {"writev", func(q *wire.FS) { q.Bufs = 0 }},
		"a piece of nothing": {"writev", func(q *wire.FS) { wire.At[wire.Buf](q.Bufs).Data = 0 }},
		"pieces too large":   {"writev", func(q *wire.FS) { wire.At[wire.Buf](q.Bufs).Len = math.MaxUint64 }},
		"a mode":             {"chmod", func(q *wire.FS) { q.Mode = 0o10000 }},
		"a question":         {"access", func(q *wire.FS) { q.Mode = 8 }},
		"an open flag":       {"open", func(q *wire.FS) { q.OpenFlags = 1 << 31 }},
		"no way of opening":  {"open", func(q *wire.FS) { q.OpenFlags = wire.OWronly | wire.ORdwr }},
		"a negative length":  {"truncate", func(q *wire.FS) { q.Len = 1 << 63 }},
		"a NUL in a path":    {"stat", func(q *wire.FS) { q.Path, q.PathLen = r.put([]byte("/a\x00b")), 4 }},
		"a NUL in the other": {"copy", func(q *wire.FS) { q.Path2, q.Path2Len = r.put([]byte("/a\x00")), 3 }},
	}
	for name, c := range bad {
		q := good[c.base]()
		o := r.op(&q)
		c.spoil(wire.At[wire.FS](o.Data))
		if r.noun.Check(o) {
			t.Errorf("%s is accepted", name)
		}
	}
	if r.noun.Check(&wire.Op{Code: wire.OpFS}) || r.noun.Check(&wire.Op{Code: wire.OpFS, Data: 12345}) {
		t.Error("an op without a record is accepted")
	}
}

func TestARecordOfANewerHeaderIsTakenWhenTheRestIsZero(t *testing.T) {
	r := newRig(t)
	q := with(wire.FSStat, r.dir)
	o := r.op(&q)
	size := unsafe.Sizeof(q.FS)
	addr := r.put(make([]byte, size+16))
	*wire.At[wire.FS](addr) = *wire.At[wire.FS](o.Data)
	wire.At[wire.FS](addr).Size += 16
	o.Data = addr
	if !r.noun.Check(o) {
		t.Error("it is refused")
	}
	*wire.At[byte](addr + size + 15) = 1
	if r.noun.Check(o) {
		t.Error("what is not known is ignored")
	}
}

func TestPathsAreBytesWithALength(t *testing.T) {
	r := newRig(t)
	r.write("caf\xe9", "x")
	q := with(wire.FSStat, "")
	path := r.at("caf\xe9")
	q.Path, q.PathLen = r.put([]byte(path+"behind")), uint32(len(path))
	r.good(q)
	for _, n := range []int{4096, maxPath} {
		long := strings.Repeat("/x", n/2)
		if got := r.do(with(wire.FSStat, long)); got.status != wire.ENAMETOOLONG {
			t.Errorf("%d bytes: status %d", n, got.status)
		}
	}
	q.Path, q.PathLen = r.put([]byte(strings.Repeat("x", 2*maxPath))), 2*maxPath
	for _, n := range []uint32{0, 2 * maxPath} {
		q.PathLen = n
		if got := r.do(q); got.status != wire.ENAMETOOLONG {
			t.Errorf("length %d: status %d", n, got.status)
		}
	}
}

func TestTimesAreNanosecondsAlsoBefore1970(t *testing.T) {
	for _, c := range []struct{ sec, nsec, ns int64 }{
		{0, 0, 0}, {1, 5, 1_000_000_005}, {-1, 999_999_999, -1}, {-2, 1, -1_999_999_999},
		{math.MaxInt64, 0, math.MaxInt64}, {math.MinInt64, 0, math.MinInt64}, {9_223_372_036, 854_775_807, math.MaxInt64},
		{1 << 33, 7, 1<<33*1_000_000_000 + 7},
	} {
		if got := nanoseconds(c.sec, c.nsec); got != c.ns {
			t.Errorf("%d, %d: %d, want %d", c.sec, c.nsec, got, c.ns)
		}
		if ts := timespec(c.ns); c.sec > -1<<40 && c.sec < 9_223_372_036 && (int64(ts.Sec) != c.sec || int64(ts.Nsec) != c.nsec) {
			t.Errorf("%d: %v", c.ns, ts)
		}
	}
	r := newRig(t)
	path := r.write("file", "x")
	fd := r.open("file", 0)
	for _, ns := range []int64{0, -1, 1_700_000_000_123_456_789, -5_000_000_001} {
		for _, q := range []request{with(wire.FSUtimes, path), with(wire.FSLutimes, path), onFD(wire.FSFutimes, fd)} {
			q.MtimeNS = ns
			r.good(q)
			if st := r.stat(path); st.MtimeNS != ns {
				t.Errorf("%d: %d", ns, st.MtimeNS)
			}
		}
	}
	q := with(wire.FSUtimes, path)
	q.AtimeNS, q.MtimeNS = 5, wire.TimeNow
	r.good(q)
	if st := r.stat(path); st.AtimeNS != 5 || st.MtimeNS < st.BirthtimeNS {
		t.Errorf("%+v", st)
	}
}

func (r *rig) stat(path string) wire.Stat {
	r.Helper()
	got := r.good(with(wire.FSLstat, path))
	p := []byte(got.data)
	return *wire.At[wire.Stat](addressOf(p))
}
