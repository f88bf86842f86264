// SPDX-License-Identifier: MIT

package cshim

// #include "step.h"
import "C"

import (
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

var (
	wWatch wire.Watch
	cWatch C.loop_watch_t
)

var (
	_ = none[unsafe.Sizeof(wWatch)-unsafe.Sizeof(cWatch)]
	_ = none[unsafe.Offsetof(wWatch.Size)-unsafe.Offsetof(cWatch.size)]
	_ = none[unsafe.Sizeof(wWatch.Size)-unsafe.Sizeof(cWatch.size)]
	_ = none[unsafe.Offsetof(wWatch.Flags)-unsafe.Offsetof(cWatch.flags)]
	_ = none[unsafe.Sizeof(wWatch.Flags)-unsafe.Sizeof(cWatch.flags)]
	_ = none[unsafe.Offsetof(wWatch.Events)-unsafe.Offsetof(cWatch.events)]
	_ = none[unsafe.Sizeof(wWatch.Events)-unsafe.Sizeof(cWatch.events)]
	_ = none[unsafe.Offsetof(wWatch.PathLen)-unsafe.Offsetof(cWatch.path_len)]
	_ = none[unsafe.Sizeof(wWatch.PathLen)-unsafe.Sizeof(cWatch.path_len)]
	_ = none[unsafe.Offsetof(wWatch.Path)-unsafe.Offsetof(cWatch.path)]
	_ = none[unsafe.Sizeof(wWatch.Path)-unsafe.Sizeof(cWatch.path)]
	_ = none[unsafe.Offsetof(wWatch.PollNS)-unsafe.Offsetof(cWatch.poll_ns)]
	_ = none[unsafe.Sizeof(wWatch.PollNS)-unsafe.Sizeof(cWatch.poll_ns)]
)
