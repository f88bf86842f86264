// SPDX-License-Identifier: MIT

// Package net is the system's side of sockets: addresses and the calls on descriptors, each of which returns
// at once. Nothing here knows of loops; the engine holds the states.
package net

import "syscall"

// Calls are the system calls on sockets. None of them waits: descriptors are made non-blocking, and what cannot
// be done now says EAGAIN. EINTR is passed on. Addresses of data are C memory (see wire.Memory). All of them run
// on the loop's thread.
type Calls interface {
	// Socket makes a non-blocking stream socket that programs which are started do not inherit.
	Socket(family uint8) (fd int, errno syscall.Errno)
	// Adopt makes a descriptor of the host's fit: non-blocking. ENOTSOCK for what is no socket, EPROTOTYPE for
	// one that is no stream.
	Adopt(fd int) (listens bool, errno syscall.Errno)
	Bind(fd int, at *Address) syscall.Errno
	Listen(fd, backlog int) syscall.Errno
	// Connect begins a connection: 0 or EINPROGRESS. EAGAIN: the listener of a path has no room now.
	Connect(fd int, to *Address) syscall.Errno
	// Accept takes a connection, made as by Socket, and writes who it is from.
	Accept(fd int, from *Address) (int, syscall.Errno)
	// Recv reads at most n bytes. 0 bytes: the peer sends no more.
	Recv(fd int, data uintptr, n int) (int, syscall.Errno)
	// Send writes at most n bytes, without SIGPIPE.
	Send(fd int, data uintptr, n int) (int, syscall.Errno)
	// SendV writes the pieces of n records of type wire.Buf at bufs, without SIGPIPE.
	SendV(fd int, bufs uintptr, n int) (int, syscall.Errno)
	// Datagram makes a socket as Socket does, for datagrams.
	Datagram(family uint8) (fd int, errno syscall.Errno)
	// AdoptDatagram is Adopt for a socket that Adopt calls no stream: its family. EPROTOTYPE: it is none for
	// datagrams of a family that is known.
	AdoptDatagram(fd int) (family uint8, errno syscall.Errno)
	// RecvMany takes as many datagrams as there are and the list has room for: how many.
	RecvMany(fd int, list []Datagram) (int, syscall.Errno)
	// SendMany sends the datagrams of a list in their order: how many, or the error of the first.
	SendMany(fd int, list []Datagram) (int, syscall.Errno)
	// Shutdown ends the sending half.
	Shutdown(fd int) syscall.Errno
	Close(fd int)
	// Pending takes the error that waits on a socket, 0 for none.
	Pending(fd int) syscall.Errno
	Local(fd int, at *Address) syscall.Errno
	Peer(fd int, at *Address) syscall.Errno
	Set(fd int, option Option, value int) syscall.Errno
	// Unlink removes the path of a socket.
	Unlink(path string)
	Files
}

// Files are the calls on descriptors that may be no sockets.
type Files interface {
	// Find looks what a descriptor is. EISDIR for a folder, ENOTSOCK for what is no stream of bytes.
	Find(fd int) (Found, syscall.Errno)
	// Reopen opens what a descriptor has once more, non-blocking: an open file that no other program has.
	Reopen(fd int, what *Found) (int, syscall.Errno)
	Dup(fd int) (int, syscall.Errno)
	// Replace puts a descriptor under another number.
	Replace(fd, by int) syscall.Errno
	// Block says whether calls on an open file wait.
	Block(fd int, yes bool) syscall.Errno
	// Size is that of a terminal, in characters.
	Size(fd int) (columns, rows uint16, errno syscall.Errno)
	// Read reads at most n bytes. 0 bytes: the end.
	Read(fd int, data uintptr, n int) (int, syscall.Errno)
	// Write writes at most n bytes, WriteV the pieces of n records of type wire.Buf at bufs; both without a signal.
	Write(fd int, data uintptr, n int) (int, syscall.Errno)
	WriteV(fd int, bufs uintptr, n int) (int, syscall.Errno)
}

// Found is what a descriptor of the host's is.
type Found struct {
	Kind   uint8 // wire.NetPipe, NetTTY, NetFile; 0: a socket
	Reads  bool  // it can be read
	Writes bool
	Blocks bool // calls on it wait
	Always bool // it is always ready, and no poller takes it
	Fresh  bool // Reopen may give an open file that behaves the same
}

// Datagram is one of a list, at most MaxDatagrams.
type Datagram struct {
	Data   uintptr
	Addr   uintptr // a wire.Address: who sent it, or where it goes; 0: to the peer of the socket
	Len    int     // bytes at Data: room, then what came
	Real   int     // its length before it was cut; where the system does not say it, Len + 1
	Family uint8   // of the socket
}

// MaxDatagrams is how many one call takes.
const MaxDatagrams = 64

// Option is a setting of a socket.
type Option int

// The options.
const (
	ReuseAddr Option = iota
	ReusePort        // several sockets listen on one port and share its connections
	V6Only           // an IPv6 socket that takes no IPv4 connections
	NoDelay          // small pieces are sent at once
	Abort            // closing resets the connection
)

// System is the real Calls.
type System struct {
	scratch scratch
	signals quiet
}
