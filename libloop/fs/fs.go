// SPDX-License-Identifier: MIT

// Package fs does the file operations of the loop. Each is a task: done in pieces by a worker of the pool, or,
// when all of it is in the system's cache, by the loop's thread itself (cached.go).
//
// All system calls go through a table, so that tests can put faults in. Names and contents are bytes.
package fs

import (
	"unsafe"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// Noun is the battery.
var Noun = New()

// New returns the battery. What outlives an op is only what is known of mounts, see mounts.go.
func New() task.Noun { return newNoun(&system) }

func newNoun(sys *calls) task.Noun {
	known := new(mounts)
	return task.Noun{
		Check: check,
		Make: func(mem wire.Memory, o *wire.Op) (task.Task, int32) {
			return makeTask(sys, known, mem, wire.At[wire.FS](o.Data))
		},
		Lane: func(*wire.Op) uint32 { return wire.LaneFile },
		Name: func(o *wire.Op) string { return kinds[wire.At[wire.FS](o.Data).What].name },
	}
}

// What an operation takes.
const (
	takesPath = 1 << iota
	takesPath2
	takesFD
	takesFD2
	takesData   // data and len
	takesBuffer // buffer and len, or len alone
	takesBufs
	takesSize // len alone
	takesOffset
	takesOffset2
	takesMode
	takesAccess
	takesOpen
)

// kind is what there is to know of an operation.
type kind struct {
	name  string
	takes uint32
	flags uint32 // that it knows
	make  func() operation
}

func makeSimple() operation { return new(simple) }
func makeWrite() operation  { return new(writeFD) }

// The most frequent operations are made of those that have ended.
var (
	spareStats     spares[stat]
	spareReadFiles spares[readFile]
)

func makeStat() operation     { return spareStats.take() }
func makeReadFile() operation { return spareReadFiles.take() }

// kinds are the operations by wire.FS*.
var kinds = [...]kind{
	wire.FSReadFile: {"read_file", takesPath, 0, makeReadFile},
	wire.FSWriteFile: {"write_file", takesPath | takesData | takesMode,
		wire.FSExcl | wire.FSAtomic | wire.FSSync | wire.FSBorrow, func() operation { return new(writeFile) }},
	wire.FSAppendFile: {"append_file", takesPath | takesData | takesMode,
		wire.FSExcl | wire.FSSync | wire.FSBorrow, func() operation { return new(writeFile) }},
	wire.FSCopyFile: {"copy_file", takesPath | takesPath2,
		wire.FSExcl | wire.FSReflink | wire.FSReflinkOnly, func() operation { return new(copyFile) }},
	wire.FSStat:      {"stat", takesPath, 0, makeStat},
	wire.FSLstat:     {"lstat", takesPath, 0, makeStat},
	wire.FSFstat:     {"fstat", takesFD, 0, makeStat},
	wire.FSStatfs:    {"statfs", takesPath, 0, makeSimple},
	wire.FSAccess:    {"access", takesPath | takesAccess, 0, makeSimple},
	wire.FSReaddir:   {"readdir", takesPath, 0, func() operation { return new(readDir) }},
	wire.FSMkdir:     {"mkdir", takesPath | takesMode, wire.FSRecursive, func() operation { return new(mkdir) }},
	wire.FSMkdtemp:   {"mkdtemp", takesPath, 0, func() operation { return new(temp) }},
	wire.FSMkstemp:   {"mkstemp", takesPath, 0, func() operation { return new(temp) }},
	wire.FSUnlink:    {"unlink", takesPath, 0, makeSimple},
	wire.FSRmdir:     {"rmdir", takesPath, 0, makeSimple},
	wire.FSRemove:    {"remove", takesPath, wire.FSRecursive | wire.FSForce, func() operation { return new(remove) }},
	wire.FSRename:    {"rename", takesPath | takesPath2, 0, makeSimple},
	wire.FSLink:      {"link", takesPath | takesPath2, 0, makeSimple},
	wire.FSSymlink:   {"symlink", takesPath | takesPath2, 0, makeSimple},
	wire.FSReadlink:  {"readlink", takesPath, 0, makeSimple},
	wire.FSRealpath:  {"realpath", takesPath, 0, func() operation { return new(realpath) }},
	wire.FSChmod:     {"chmod", takesPath | takesMode, 0, makeSimple},
	wire.FSFchmod:    {"fchmod", takesFD | takesMode, 0, makeSimple},
	wire.FSChown:     {"chown", takesPath, 0, makeSimple},
	wire.FSLchown:    {"lchown", takesPath, 0, makeSimple},
	wire.FSFchown:    {"fchown", takesFD, 0, makeSimple},
	wire.FSUtimes:    {"utimes", takesPath, 0, makeSimple},
	wire.FSLutimes:   {"lutimes", takesPath, 0, makeSimple},
	wire.FSFutimes:   {"futimes", takesFD, 0, makeSimple},
	wire.FSTruncate:  {"truncate", takesPath | takesSize, 0, makeSimple},
	wire.FSFtruncate: {"ftruncate", takesFD | takesSize, 0, makeSimple},
	wire.FSOpen:      {"open", takesPath | takesMode | takesOpen, 0, func() operation { return new(open) }},
	wire.FSClose:     {"close", takesFD, 0, makeSimple},
	wire.FSRead:      {"read", takesFD | takesBuffer | takesOffset, 0, func() operation { return new(readFD) }},
	wire.FSWrite:     {"write", takesFD | takesData | takesOffset, wire.FSBorrow, makeWrite},
	wire.FSReadv:     {"readv", takesFD | takesBufs | takesOffset, 0, func() operation { return new(readFD) }},
	wire.FSWritev:    {"writev", takesFD | takesBufs | takesOffset, wire.FSBorrow, makeWrite},
	wire.FSFsync:     {"fsync", takesFD, 0, makeSimple},
	wire.FSFdatasync: {"fdatasync", takesFD, 0, makeSimple},
	wire.FSSendfile: {"sendfile", takesFD | takesFD2 | takesSize | takesOffset | takesOffset2, 0,
		func() operation { return new(sendFile) }},
	wire.FSReadStream: {"read_stream", takesPath | takesSize | takesOffset, 0,
		func() operation { return new(readStream) }},
	wire.FSWriteStream: {"write_stream", takesPath | takesMode,
		wire.FSExcl | wire.FSAtomic | wire.FSSync | wire.FSAppend, func() operation { return new(writeStream) }},
}

// operation is a task of this package.
type operation interface {
	task.Task
	// base returns what all have.
	base() *op
	// take copies from a request what base does not have.
	take(r *wire.FS) int32
	// step does the next piece. Runs on: a worker.
	step() int
	// release lets go of what is held; it may be called again.
	release()
}

// maxPath is more than any system takes, in bytes.
const maxPath = 1 << 16

// makeTask makes the task of a request that check has passed.
func makeTask(sys *calls, known *mounts, mem wire.Memory, r *wire.FS) (task.Task, int32) {
	k := &kinds[r.What]
	t := k.make()
	o := t.base()
	o.Mem, o.self, o.sys, o.mounts, o.kind = mem, t, sys, known, k
	o.req = *r
	o.req.Path, o.req.Path2, o.req.Bufs = 0, 0, 0
	if k.takes&takesPath != 0 {
		o.pathRoom = pathAt(o.pathRoom, r.Path, r.PathLen)
		o.path = textOf(o.pathRoom)
	}
	if k.takes&takesPath2 != 0 {
		o.path2 = textOf(pathAt(nil, r.Path2, r.Path2Len))
	}
	if len(o.path) > maxPath || len(o.path2) > maxPath {
		return nil, wire.ENAMETOOLONG
	}
	if status := t.take(r); status != wire.OK {
		return nil, status
	}
	return t, wire.OK
}

// pathAt copies a path of n bytes (0: up to the NUL), with a NUL behind it, into memory that may be used again. Of a
// path that is too long only the beginning is copied.
func pathAt(to []byte, addr uintptr, n uint32) []byte {
	size := int(min(n, maxPath+1))
	for n == 0 && size <= maxPath && *wire.At[byte](addr + uintptr(size)) != 0 {
		size++
	}
	return append(append(to[:0], wire.Slice[byte](addr, size)...), 0)
}

// textOf is what pathAt has copied, without the NUL. In memory that follows, which openat2 needs.
func textOf(path []byte) string { return unsafe.String(&path[0], len(path)-1) }
