// SPDX-License-Identifier: MIT

package fs

import "sync/atomic"

// May the loop's thread open a file? The kernel answers for the path (RESOLVE_CACHED) but not for the open itself,
// which asks a daemon on FUSE and a server on a network. So the loop's thread opens files only on mounts that are
// known to be local. What a mount is, the workers find out: the first operation on each goes to one of them, which
// asks fstatfs (that, too, may wait) and notes the answer here. The number of a mount comes from statx without sync,
// which never waits; numbers are never used again (Linux 6.8). Before, only those of block devices are trusted,
// because device numbers without a device are used again.
//
// On which mount a file lies is known beforehand in two ways. Most paths stay on the mount they start on, that of the
// root or of the working folder: the kernel is told not to leave it (RESOLVE_NO_XDEV). The others are opened without
// opening the file (O_PATH) first, and asked; if the path comes to stand for another file between the two, one open
// waits as it would anywhere else.

// mounts is what is known of mounts. Any thread.
type mounts struct {
	known  [mountSlots]atomic.Uint64 // key<<2 | verdict; a newer mount takes the place of an older one
	leaves [mountSlots]atomic.Uint64 // hashes of beginnings of paths that leave the mount they start on
	root   atomic.Uint64             // key of the root's; 0: not known
	off    atomic.Bool               // there is no openat2 with RESOLVE_CACHED
	bad    atomic.Uint32             // tries in a row that came to nothing, and those left out since
}

const mountSlots = 64

// What is known of a mount.
const (
	mountUnknown = 0
	mountRemote  = 1 // nothing is done by the loop's thread
	mountStat    = 2 // it may ask, but not read: the file system refuses to read without waiting
	mountRead    = 3
)

func mountSlot(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 >> 58 }

// verdict returns what is known of a mount. Key 0 is one that cannot be told from others.
func (m *mounts) verdict(key uint64) uint64 {
	if key == 0 {
		return mountRemote
	}
	if v := m.known[mountSlot(key)].Load(); v>>2 == key&(1<<62-1) {
		return v & 3
	}
	return mountUnknown
}

func (m *mounts) note(key, verdict uint64) {
	if key != 0 {
		m.known[mountSlot(key)].Store(key<<2 | verdict)
	}
}

// learn finds out about the mount on which an open file lies, unless it is known. Runs on: a worker.
func (m *mounts) learn(sys *calls, key uint64, fd int) {
	if m.verdict(key) != mountUnknown {
		return
	}
	if local, err := sys.isLocal(fd); err == nil {
		if local {
			m.note(key, mountRead)
		} else {
			m.note(key, mountRemote)
		}
	}
}

// crosses says whether paths that begin like this one have been seen to leave the mount they start on: a hint, so that
// it is not tried each time.
func (m *mounts) crosses(path string) bool {
	h := hashStart(path)
	return m.leaves[h%mountSlots].Load() == h
}

func (m *mounts) noteCross(path string) {
	h := hashStart(path)
	m.leaves[h%mountSlots].Store(h)
}

// hashStart is a hash (FNV-1a) of a path up to its second slash, but for a first one: "/srv" of "/srv/x/y".
func hashStart(path string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(path) && (i == 0 || path[i] != '/'); i++ {
		h = (h ^ uint64(path[i])) * 1099511628211
	}
	return h | 1
}

// After tryMost tries in a row that came to nothing only every tryEvery-th operation is tried: a program that reads
// cold files, or from a file system that refuses, should not pay twice.
const (
	tryMost  = 16
	tryEvery = 16
)

// try says whether the loop's thread should try. Runs on: the loop's thread.
func (m *mounts) try() bool {
	if m.off.Load() {
		return false
	}
	return m.bad.Load() < tryMost || m.bad.Add(1)%tryEvery == 0
}

// tried notes what came of a try.
func (m *mounts) tried(good bool) {
	switch {
	case !good:
		m.bad.Add(1)
	case m.bad.Load() != 0:
		m.bad.Store(0)
	}
}
