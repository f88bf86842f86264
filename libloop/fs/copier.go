// SPDX-License-Identifier: MIT

package fs

import (
	"math"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
)

// Ways to copy, the best first. A file system that refuses one is tried with the next.
const (
	wayRange    = iota // copy_file_range: inside the file system, maybe without copying
	waySendfile        // inside the kernel
	wayByHand          // through our memory
)

const copyBytes = 128 << 10 // of our memory

// copier copies from one open file to another. Offsets -1 mean the current position, which moves.
type copier struct {
	from, to           int
	fromAt, toAt       int64
	plainFrom, plainTo bool
	same               bool  // both are one file
	left               int64 // bytes to copy at most
	done               int64
	way                int
	buf                []byte
	held               []byte // of buf: read and not written yet
}

// begin: what is no file on both sides is copied by hand, and so is one without a size, as in /proc.
func (c *copier) begin(o *op) error {
	from, _, err := o.statFD(c.from)
	if err != nil {
		return err
	}
	to, _, err := o.statFD(c.to)
	if err != nil {
		return err
	}
	c.plainFrom, c.plainTo = isPlain(from.Type), isPlain(to.Type)
	c.same = from.Dev == to.Dev && from.Ino == to.Ino
	if !c.plainFrom || !c.plainTo || from.Size == 0 {
		c.way = wayByHand
	}
	return nil
}

// step copies one step's worth. end: there is no more to copy.
func (c *copier) step(o *op) (end bool, err error) {
	for budget := int64(task.PieceBytes); budget > 0; {
		if c.left == 0 {
			return true, nil
		}
		n, wait, err := c.piece(o, int(min(c.left, budget)))
		c.done += int64(n)
		c.left -= int64(n)
		budget -= int64(n)
		switch {
		case wait:
			return false, nil
		case err != nil || n == 0:
			return true, err
		}
	}
	return c.left == 0, nil
}

// piece copies at most that many bytes. n 0 without wait or error: from has ended.
func (c *copier) piece(o *op, most int) (n int, wait bool, err error) {
	for {
		switch c.way {
		case wayRange:
			n, err = again2(func() (int, error) {
				return o.sys.copyRange(c.to, offsetOf(&c.toAt), c.from, offsetOf(&c.fromAt), most)
			})
		case waySendfile:
			n, err = again2(func() (int, error) { return o.sys.sendfile(c.to, c.from, offsetOf(&c.fromAt), most) })
		default:
			return c.byHand(o, most)
		}
		// What has worked once is believed; before, a refusal or a 0 may mean anything.
		// One file as both: EINVAL says that the ranges overlap, and by hand they would be spoilt.
		if c.done > 0 || err == nil && n > 0 || err != nil && !refused(err) || err == unix.EINVAL && c.same {
			return max(n, 0), false, err
		}
		if c.way++; c.way == waySendfile && c.toAt >= 0 {
			c.way = wayByHand // sendfile writes at the current position only
		}
	}
}

// offsetOf is the offset as the system takes it and moves it on; nil: the current position.
func offsetOf(at *int64) *int64 {
	if *at < 0 {
		return nil
	}
	return at
}

// refused says that an error may be about the way of copying only.
func refused(err error) bool {
	switch err {
	case unix.ENOSYS, unix.EXDEV, unix.EINVAL, unix.ENOTSUP, unix.EPERM, unix.EBADF, unix.ETXTBSY, unix.EIO:
		return true
	}
	return false
}

// byHand reads and writes one piece. What was read and does not go is kept for the next time.
func (c *copier) byHand(o *op, most int) (n int, wait bool, err error) {
	if len(c.held) == 0 {
		if wait, err = c.fill(o, most); wait || err != nil || len(c.held) == 0 {
			return 0, wait, err
		}
	}
	n, wait, err = o.put(c.to, c.held, c.toAt, c.plainTo)
	c.held = c.held[n:]
	if c.toAt >= 0 {
		c.toAt += int64(n)
	}
	return n, wait, err
}

func (c *copier) fill(o *op, most int) (wait bool, err error) {
	if c.buf == nil {
		c.buf = make([]byte, copyBytes)
	}
	p := c.buf[:min(len(c.buf), most)]
	if !c.plainFrom && !o.ready(c.from, unix.POLLIN) {
		return true, nil
	}
	n, err := again2(func() (int, error) {
		if c.fromAt < 0 {
			return o.sys.read(c.from, p)
		}
		return o.sys.pread(c.from, p, c.fromAt)
	})
	if err == unix.EAGAIN && !c.plainFrom {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if c.fromAt >= 0 {
		c.fromAt += int64(n)
	}
	c.held = p[:n]
	return false, nil
}

// putBack moves the current position back over what was read and not written.
func (c *copier) putBack(o *op) {
	if len(c.held) > 0 && c.fromAt < 0 && c.plainFrom {
		_, _ = o.sys.seek(c.from, -int64(len(c.held)), 1)
	}
	c.held = nil
}

const copyAll = math.MaxInt64
