// SPDX-License-Identifier: MIT

//go:build !linux

package pages

import "unsafe"

func mapBlock(bool) unsafe.Pointer { return nil }

func unmapBlock(unsafe.Pointer) {}
