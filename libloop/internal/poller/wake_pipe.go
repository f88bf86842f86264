// SPDX-License-Identifier: MIT

//go:build darwin || freebsd

package poller

import "golang.org/x/sys/unix"

// wake is the descriptor that ends a sleep: a pipe, for systems without an eventfd.
type wake struct {
	read, write int
}

func openWake() (wake, error) {
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		return wake{-1, -1}, err
	}
	w := wake{p[0], p[1]}
	for _, fd := range p {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			w.close()
			return wake{-1, -1}, err
		}
	}
	return w, nil
}

// drain empties the pipe, so that it cannot fill up and lose an edge.
func (w wake) drain() {
	var buf [512]byte
	for {
		n, err := unix.Read(w.read, buf[:])
		if n < len(buf) && err != unix.EINTR {
			return
		}
	}
}

func (w wake) close() {
	_ = unix.Close(w.read)
	_ = unix.Close(w.write)
}

// ring writes 8 bytes, as the C half does. EAGAIN means that the pipe is full, so readable: nothing is
// lost.
func ring(fd int) {
	one := [8]byte{1}
	for {
		if _, err := unix.Write(fd, one[:]); err != unix.EINTR {
			return
		}
	}
}
