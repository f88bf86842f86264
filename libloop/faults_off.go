// SPDX-License-Identifier: MIT

//go:build !faults

package libloop

import "libloop.dev/libloop/libloop/internal/wire"

// fault takes an op with an unknown code.
func (e *Engine) fault(*wire.Op) int32 { return wire.EINVAL }
