// SPDX-License-Identifier: MIT

//go:build !mutant_double_final

package libloop

import "libloop.dev/libloop/libloop/internal/wire"

// mutate is where a test build plants a fault: after a final event.
func mutate(*Engine, *wire.Event) {}
