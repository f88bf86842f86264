// SPDX-License-Identifier: MIT

package watch

import (
	"strings"

	"golang.org/x/sys/unix"
)

const folderFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC

// walkBelow opens a folder below an open one, name by name. Nothing on the way may be a symlink.
func walkBelow(root int, path string) (int, error) {
	at, own := root, -1
	for {
		name, rest, more := strings.Cut(path, "/")
		flags := folderFlags
		if more {
			flags |= through
		}
		fd, err := retry(func() (int, error) { return unix.Openat(at, name, flags, 0) })
		closeFD(own)
		if err != nil || !more {
			return fd, err
		}
		at, own, path = fd, fd, rest
	}
}

// retry makes a call until no signal cuts it short.
func retry(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != unix.EINTR {
			return n, err
		}
	}
}

// closeFD closes a descriptor, if it is one.
func closeFD(fd int) {
	if fd >= 0 {
		_ = unix.Close(fd)
	}
}
