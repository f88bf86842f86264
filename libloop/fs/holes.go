// SPDX-License-Identifier: MIT

package fs

import (
	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// blockUnit is what wire.Stat counts blocks in, whatever the file system's blocks are.
const blockUnit = 512

// islands copies a file with holes: only what lies between them is read and written.
type islands struct {
	at int64 // up to here all is copied or a hole; while an island is under way: where it ends
}

// hasHoles says that a file may have holes: it takes fewer blocks than it has bytes.
func hasHoles(st *wire.Stat) bool { return st.Type == wire.TypeFile && st.Blocks < st.Size/blockUnit }

// step copies one step's worth. end: there is no more to copy, and the new file is as long as the old one.
func (s *islands) step(c *copier, o *op) (end bool, err error) {
	for begin := c.done; c.done-begin < task.PieceBytes; {
		if c.left == 0 {
			if found, err := s.next(c, o); err != nil || !found {
				return true, err
			}
		}
		end, err := c.step(o)
		switch {
		case err != nil:
			return true, err
		case !end:
			return false, nil
		case c.left > 0: // the old file ends here: it was cut, or its file system knows no holes
			c.done, err = o.seek(c.to, 0, unix.SEEK_CUR)
			return true, err
		}
	}
	return false, nil
}

// next goes to the next island. Without one the new file gets the length of the old.
func (s *islands) next(c *copier, o *op) (found bool, err error) {
	begin, err := o.seek(c.from, s.at, unix.SEEK_DATA)
	switch err {
	case nil:
		if s.at, err = o.seek(c.from, begin, unix.SEEK_HOLE); err != nil {
			return false, err
		}
		c.left = s.at - begin
	case unix.ENXIO:
		end, err := o.seek(c.from, 0, unix.SEEK_END)
		if err != nil {
			return false, err
		}
		c.done = max(end, s.at)
		return false, again(func() error { return o.sys.ftruncate(c.to, c.done) })
	case unix.EINVAL, unix.ENOTSUP, unix.ENOSYS, unix.ENOTTY: // all the rest is one island
		begin, c.left = s.at, copyAll
	default:
		return false, err
	}
	if _, err = o.seek(c.from, begin, unix.SEEK_SET); err == nil {
		_, err = o.seek(c.to, begin, unix.SEEK_SET)
	}
	return true, err
}

func (o *op) seek(fd int, offset int64, whence int) (at int64, err error) {
	err = again(func() (err error) {
		at, err = o.sys.seek(fd, offset, whence)
		return err
	})
	return at, err
}
