// SPDX-License-Identifier: MIT

package fs

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

// stat asks what a file is: stat, lstat, fstat. The first two may be done by the loop's thread.
type stat struct {
	op
	result wire.Stat
	learn  bool // Start came across a mount that is not known
}

const statSize = int(unsafe.Sizeof(wire.Stat{}))

// statCost is what Start says a stat has cost: of the 256 KiB of a turn as much as leaves the others of a burst to the
// workers, who need one system call for what takes the loop's thread three.
const statCost = 64 << 10

// told makes what was found out the result.
func (t *stat) told() int {
	t.Own = unsafe.Slice((*byte)(unsafe.Pointer(&t.result)), statSize)
	return t.value(wire.KindBytes, 0)
}

// Reuse implements task.Reuser.
func (t *stat) Reuse() {
	room := t.keepRoom()
	*t = stat{}
	t.pathRoom = room
	spareStats.keep(t)
}

func (t *stat) step() int {
	err := again(func() (err error) {
		if t.req.What == wire.FSFstat {
			_, err = t.sys.statFD(int(t.req.FD), &t.result)
		} else {
			_, err = t.sys.stat(t.path, t.req.What == wire.FSStat, &t.result)
		}
		return err
	})
	if err != nil {
		return t.failed(err)
	}
	if t.learn {
		t.learnMount()
	}
	return t.told()
}

// nowFlags open a file for asking only, as stat or lstat would find it.
func (t *stat) nowFlags() int {
	flags := pathOnly | unix.O_CLOEXEC
	if t.req.What == wire.FSLstat {
		flags |= unix.O_NOFOLLOW
	}
	return flags
}

// learnMount finds out about the mount of the file, for the next time.
func (t *stat) learnMount() {
	fd, err := again2(func() (int, error) { return t.sys.open(t.path, t.nowFlags(), 0) })
	if err != nil {
		return
	}
	if _, key, err := t.statFD(fd); err == nil {
		t.mounts.learn(t.sys, key, fd)
	}
	_ = t.closeFD(&fd)
}

// Start implements task.Starter.
func (t *stat) Start(int) (used int, done bool) {
	if t.req.What == wire.FSFstat || !t.mounts.try() {
		return 0, false
	}
	fd, err := t.sys.openNow(t.path, t.nowFlags(), false)
	if err != nil {
		return t.openFailed(err)
	}
	defer func() { t.mounts.tried(done) }()
	defer t.letGo(&fd)
	key, err := t.sys.statNow(fd, &t.result)
	if err != nil {
		return 0, false
	}
	switch t.mounts.verdict(key) {
	case mountUnknown:
		t.learn = true
		return 0, false
	case mountRemote:
		return 0, false
	}
	t.told()
	return statCost, true
}
