// SPDX-License-Identifier: MIT

package net

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// passed is memory for the messages that carry descriptors. The system sends at most 253 in one; credentials and
// labels of the sender may come besides, when the host has asked for them.
type passed struct {
	head    msghdr
	iov     iovec
	control [320]uint64
}

const (
	headLen     = unix.SizeofCmsghdr
	scmPidFD    = 4 // SCM_PIDFD: a descriptor of the sender, when the host has asked for it
	receiveThem = unix.MSG_DONTWAIT | unix.MSG_CMSG_CLOEXEC
)

func (s *scratch) passed(data uintptr, n int) *passed {
	if s.pass == nil {
		s.pass = new(passed)
	}
	p := s.pass
	p.iov = iovec{data, uintptr(n)}
	p.head = msghdr{
		iov: addrOf(&p.iov), iovlen: 1,
		control: addrOf(&p.control), controllen: unsafe.Sizeof(p.control),
	}
	return p
}

// SendFD implements Calls.
func (s *System) SendFD(fd int, data uintptr, n, pass int) (int, syscall.Errno) {
	p := s.scratch.passed(data, n)
	p.head.controllen = uintptr(unix.CmsgSpace(4))
	head := (*unix.Cmsghdr)(unsafe.Pointer(&p.control))
	*head = unix.Cmsghdr{Level: unix.SOL_SOCKET, Type: unix.SCM_RIGHTS}
	head.SetLen(unix.CmsgLen(4))
	*(*int32)(unsafe.Add(unsafe.Pointer(head), headLen)) = int32(pass)
	sent, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), addrOf(&p.head), noSignal)
	return int(sent), errno
}

// RecvFDs implements Calls.
func (s *System) RecvFDs(fd int, data uintptr, n int, to []int32) (int, []int32, bool, syscall.Errno) {
	p := s.scratch.passed(data, n)
	got, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), addrOf(&p.head), receiveThem)
	if errno != 0 {
		return -1, to, false, errno
	}
	from := unsafe.Slice((*byte)(unsafe.Pointer(&p.control)), min(p.head.controllen, unsafe.Sizeof(p.control)))
	for len(from) >= headLen {
		head := (*unix.Cmsghdr)(unsafe.Pointer(&from[0]))
		size := int(head.Len)
		if size < headLen || size > len(from) {
			break
		}
		if head.Level == unix.SOL_SOCKET && size > headLen {
			fds := unsafe.Slice((*int32)(unsafe.Pointer(&from[headLen])), (size-headLen)/4)
			switch head.Type {
			case unix.SCM_RIGHTS:
				to = append(to, fds...)
			case scmPidFD:
				s.Close(int(fds[0]))
			}
		}
		from = from[min(unix.CmsgSpace(size-headLen), len(from)):]
	}
	return int(got), to, p.head.flags&unix.MSG_CTRUNC != 0, 0
}
