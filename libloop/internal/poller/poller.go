// SPDX-License-Identifier: MIT

// Package poller watches descriptors for a loop: epoll, poll(2) and kqueue behind one contract.
//
// # Contract
//
// All methods run on the loop's thread; Wake is for any goroutine. Nothing here blocks: the wait that
// sleeps is made by the C half over shared.Ready, in the record layout of the platform (epoll_pwait2
// into struct epoll_event[ReadyCapacity], ppoll over struct pollfd[PollCount], kevent into struct
// kevent[ReadyCapacity]). That is why the records are memory of wire.Memory, and why every method
// leaves shared.Ready and shared.PollCount as the next sleep needs them.
//
// New makes the set, the wake descriptor and the records, and fills shared.{WakeFD, Backend, PollFD,
// Ready, ReadyCapacity, PollCount}. Errors: ENOTSUP (the platform lacks the backend), EMFILE, ENFILE,
// ENOMEM; then shared is as before and nothing is left open.
//
// Add starts to watch fd for interest and reports it as id. Errors: EINVAL (interest or mode unknown,
// id 0 or above 63 bits), EBADF, EEXIST (one id per fd, also while the host has closed it without
// Remove), EPERM (regular files and directories, which are always ready), ENOTSUP (edge on poll),
// ENOMEM, ENOSPC (system limit). What is ready already is reported.
//
// Modify replaces interest and mode, arms a one-shot again, and reports anew what is ready, in every
// mode. Errors: as Add, and ENOENT (fd is not watched under this id).
//
// Remove forgets fd in any case. Errors: ENOENT (fd is not watched under this id), EBADF (the host closed
// fd before; when another descriptor shares its open file, the system may go on reporting id, see
// Rebuild).
//
// Poll looks what is ready, without waiting, and returns the number of records, 0 or more. EINTR counts as
// 0. Records of an earlier Poll or sleep are gone. Errors: those of the system call.
//
// Ready decodes record i, 0 <= i < n, n being what Poll or the sleep returned. Call it for i = 0, 1, ...
// in order; other calls (Add, Modify, Remove, Rebuild) may come in between. id 0 means the wake descriptor,
// or nothing. what has Readable and Writable only as far as asked for; Hangup (the peer closed; for sockets
// with Readable also: closed its sending half) and Error are reported always.
// An id that was removed since may still be decoded: the caller looks ids up.
//
// Modes: Level reports in every Poll while ready. OneShot reports once, until Modify. Edge reports when it
// becomes ready, and again when more arrives. A descriptor that the host closed is reported once with
// Error by poll(2), then no more; epoll and kqueue forget it silently.
//
// Rebuild builds the set anew, because the system keeps reporting an id that was removed. Does nothing
// unless a Remove failed since the last Rebuild. shared.PollFD keeps its number. Errors: EMFILE, ENFILE,
// ENOMEM, ENOSPC; the set is then as before. A one-shot that has reported stays silent.
//
// Close closes what New opened and clears shared. The caller makes sure that no Wake can run any more, in
// Go or in C: the number of a closed descriptor may be a file of the host's the next moment.
//
// Wake ends the loop's sleep if it sleeps or is about to: it swaps shared.Armed with 0 and writes the wake
// descriptor if it was 1. Whoever adds work pushes it before calling Wake; the sleeper arms before its last
// look at the work. Both are sequentially consistent, so either the sleeper sees the work or Wake the word.
package poller

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// Interest is a set of wire.Readable, Writable, Hangup, Error.
type Interest = uint32

// Mode says how often readiness is reported.
type Mode uint32

// The modes.
const (
	Level Mode = iota
	OneShot
	Edge
)

// Poller is one loop's set of watched descriptors; see the contract above.
type Poller interface {
	Add(fd int, id uint64, interest Interest, mode Mode) error
	Modify(fd int, id uint64, interest Interest, mode Mode) error
	Remove(fd int, id uint64) error
	Poll() (n int, err error)
	Ready(i int) (id uint64, what Interest)
	Rebuild() error
	Name() string
	Close() error
}

// New opens the poller of a backend (wire.BackendAuto: the platform's best).
func New(backend uint32, shared *wire.Shared, mem wire.Memory) (Poller, error) {
	return open(backend, shared, mem)
}

// Wake ends the sleep of the loop that shared belongs to. Any goroutine.
func Wake(shared *wire.Shared) {
	if atomic.SwapUint32(&shared.Armed, 0) == 1 {
		ring(int(shared.WakeFD))
	}
}

// readyRecords is how many records one wait can report on epoll and kqueue; the kernel keeps the rest, in
// fair order, for the next one.
const readyRecords = 1024

// maxID is the largest id: ids have 63 bits. The epoll backend uses the 64th.
const maxID = 1<<63 - 1

// entry is what a backend knows of a watched descriptor.
type entry struct {
	id       uint64
	interest Interest
	mode     Mode
	fired    bool // a one-shot that has reported
}

// check refuses arguments that mean nothing, the same on every backend.
func check(id uint64, interest Interest, mode Mode) error {
	const known = wire.Readable | wire.Writable | wire.Hangup | wire.Error
	if id == 0 || id > maxID || interest&^known != 0 || mode > Edge {
		return unix.EINVAL
	}
	return nil
}

// clearShared takes back what New filled in.
func clearShared(shared *wire.Shared) {
	shared.WakeFD = -1
	shared.PollFD = -1
	shared.Backend = wire.BackendAuto
	shared.Ready = 0
	shared.ReadyCapacity = 0
	shared.PollCount = 0
}
