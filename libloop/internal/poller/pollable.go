// SPDX-License-Identifier: MIT

//go:build linux || darwin || freebsd

package poller

import "golang.org/x/sys/unix"

// pollable says why a descriptor cannot be waited for: EBADF, or EPERM for what is always ready. epoll(7)
// refuses these files by itself; poll(2) and kqueue take them, so they are refused here.
func pollable(fd int) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG, unix.S_IFDIR, unix.S_IFBLK:
		return unix.EPERM
	}
	return nil
}
