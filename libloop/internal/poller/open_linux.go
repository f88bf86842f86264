// SPDX-License-Identifier: MIT

package poller

import (
	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

func open(backend uint32, shared *wire.Shared, mem wire.Memory) (Poller, error) {
	switch backend {
	case wire.BackendAuto, wire.BackendEpoll:
		return openEpoll(shared, mem)
	case wire.BackendPoll:
		return openPoll(shared, mem)
	}
	return nil, unix.ENOTSUP
}
