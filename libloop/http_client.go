// SPDX-License-Identifier: MIT

package libloop

import (
	"sync/atomic"

	"libloop.dev/libloop/libloop/http"
	"libloop.dev/libloop/libloop/internal/wire"
)

// newHTTP makes the client of a loop. EINVAL: the proxy or the roots of the options mean nothing.
func newHTTP(e *Engine) (http.Client, int32) {
	client, err := http.New(http.Config{
		Proxy:      e.conf.proxy,
		CAPem:      e.conf.pem,
		Notify:     e.notify,
		Panic:      e.GoPanic,
		PauseAbove: e.conf.retainMax,
		Retained:   func() uint64 { return atomic.LoadUint64(&e.shared.Retained) },
	})
	if err != nil {
		return nil, wire.EINVAL
	}
	return client, wire.OK
}
