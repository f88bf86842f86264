// SPDX-License-Identifier: MIT

package fs

import "unsafe"

// addressOf is where bytes lie; they are used while it is.
func addressOf(p []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(p))) }
