// SPDX-License-Identifier: MIT

package cshim

// #include "step.h"
import "C"

import (
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

// The record of a step. See layout.go.

var (
	wStep wire.Step
	cStep C.loop__step_t
)

var (
	_ = none[unsafe.Sizeof(wStep)-unsafe.Sizeof(cStep)]
	_ = none[unsafe.Offsetof(wStep.Ops)-unsafe.Offsetof(cStep.ops)]
	_ = none[unsafe.Sizeof(wStep.Ops)-unsafe.Sizeof(cStep.ops)]
	_ = none[unsafe.Offsetof(wStep.Events)-unsafe.Offsetof(cStep.events)]
	_ = none[unsafe.Sizeof(wStep.Events)-unsafe.Sizeof(cStep.events)]
	_ = none[unsafe.Offsetof(wStep.Posts)-unsafe.Offsetof(cStep.posts)]
	_ = none[unsafe.Sizeof(wStep.Posts)-unsafe.Sizeof(cStep.posts)]
	_ = none[unsafe.Offsetof(wStep.Finished)-unsafe.Offsetof(cStep.finished)]
	_ = none[unsafe.Sizeof(wStep.Finished)-unsafe.Sizeof(cStep.finished)]
	_ = none[unsafe.Offsetof(wStep.Returned)-unsafe.Offsetof(cStep.returned)]
	_ = none[unsafe.Sizeof(wStep.Returned)-unsafe.Sizeof(cStep.returned)]
	_ = none[unsafe.Offsetof(wStep.OpCount)-unsafe.Offsetof(cStep.op_count)]
	_ = none[unsafe.Sizeof(wStep.OpCount)-unsafe.Sizeof(cStep.op_count)]
	_ = none[unsafe.Offsetof(wStep.OpStride)-unsafe.Offsetof(cStep.op_stride)]
	_ = none[unsafe.Sizeof(wStep.OpStride)-unsafe.Sizeof(cStep.op_stride)]
	_ = none[unsafe.Offsetof(wStep.EventCapacity)-unsafe.Offsetof(cStep.event_capacity)]
	_ = none[unsafe.Sizeof(wStep.EventCapacity)-unsafe.Sizeof(cStep.event_capacity)]
	_ = none[unsafe.Offsetof(wStep.EventStride)-unsafe.Offsetof(cStep.event_stride)]
	_ = none[unsafe.Sizeof(wStep.EventStride)-unsafe.Sizeof(cStep.event_stride)]
	_ = none[unsafe.Offsetof(wStep.PostCount)-unsafe.Offsetof(cStep.post_count)]
	_ = none[unsafe.Sizeof(wStep.PostCount)-unsafe.Sizeof(cStep.post_count)]
	_ = none[unsafe.Offsetof(wStep.Flags)-unsafe.Offsetof(cStep.flags)]
	_ = none[unsafe.Sizeof(wStep.Flags)-unsafe.Sizeof(cStep.flags)]
	_ = none[unsafe.Offsetof(wStep.NReady)-unsafe.Offsetof(cStep.nready)]
	_ = none[unsafe.Sizeof(wStep.NReady)-unsafe.Sizeof(cStep.nready)]
	_ = none[unsafe.Offsetof(wStep.WaitErrno)-unsafe.Offsetof(cStep.wait_errno)]
	_ = none[unsafe.Sizeof(wStep.WaitErrno)-unsafe.Sizeof(cStep.wait_errno)]
	_ = none[unsafe.Offsetof(wStep.Immediates)-unsafe.Offsetof(cStep.immediates)]
	_ = none[unsafe.Sizeof(wStep.Immediates)-unsafe.Sizeof(cStep.immediates)]
	_ = none[unsafe.Offsetof(wStep.Ticks)-unsafe.Offsetof(cStep.ticks)]
	_ = none[unsafe.Sizeof(wStep.Ticks)-unsafe.Sizeof(cStep.ticks)]
	_ = none[unsafe.Offsetof(wStep.KeepAlive)-unsafe.Offsetof(cStep.keep_alive)]
	_ = none[unsafe.Sizeof(wStep.KeepAlive)-unsafe.Sizeof(cStep.keep_alive)]
	_ = none[unsafe.Offsetof(wStep.ShimSlots)-unsafe.Offsetof(cStep.shim_slots)]
	_ = none[unsafe.Sizeof(wStep.ShimSlots)-unsafe.Sizeof(cStep.shim_slots)]
	_ = none[unsafe.Offsetof(wStep.HostSlots)-unsafe.Offsetof(cStep.host_slots)]
	_ = none[unsafe.Sizeof(wStep.HostSlots)-unsafe.Sizeof(cStep.host_slots)]
	_ = none[unsafe.Offsetof(wStep.Answer)-unsafe.Offsetof(cStep.answer)]
	_ = none[unsafe.Sizeof(wStep.Answer)-unsafe.Sizeof(cStep.answer)]
	_ = none[unsafe.Offsetof(wStep.NEvents)-unsafe.Offsetof(cStep.nevents)]
	_ = none[unsafe.Sizeof(wStep.NEvents)-unsafe.Sizeof(cStep.nevents)]
	_ = none[unsafe.Offsetof(wStep.PostsTaken)-unsafe.Offsetof(cStep.posts_taken)]
	_ = none[unsafe.Sizeof(wStep.PostsTaken)-unsafe.Sizeof(cStep.posts_taken)]
	_ = none[unsafe.Offsetof(wStep.Phase)-unsafe.Offsetof(cStep.phase)]
	_ = none[unsafe.Sizeof(wStep.Phase)-unsafe.Sizeof(cStep.phase)]
	_ = none[unsafe.Offsetof(wStep.WaitNS)-unsafe.Offsetof(cStep.wait_ns)]
	_ = none[unsafe.Sizeof(wStep.WaitNS)-unsafe.Sizeof(cStep.wait_ns)]
	_ = none[unsafe.Offsetof(wStep.NowNS)-unsafe.Offsetof(cStep.now_ns)]
	_ = none[unsafe.Sizeof(wStep.NowNS)-unsafe.Sizeof(cStep.now_ns)]
	_ = none[unsafe.Offsetof(wStep.Pass)-unsafe.Offsetof(cStep.pass)]
	_ = none[unsafe.Sizeof(wStep.Pass)-unsafe.Sizeof(cStep.pass)]
	_ = none[unsafe.Offsetof(wStep.Alive)-unsafe.Offsetof(cStep.alive)]
	_ = none[unsafe.Sizeof(wStep.Alive)-unsafe.Sizeof(cStep.alive)]
	_ = none[unsafe.Offsetof(wStep.Start)-unsafe.Offsetof(cStep.start)]
	_ = none[unsafe.Sizeof(wStep.Start)-unsafe.Sizeof(cStep.start)]
	_ = none[unsafe.Offsetof(wStep.Values)-unsafe.Offsetof(cStep.values)]
	_ = none[unsafe.Sizeof(wStep.Values)-unsafe.Sizeof(cStep.values)]
	_ = none[unsafe.Offsetof(wStep.Trace)-unsafe.Offsetof(cStep.trace)]
	_ = none[unsafe.Sizeof(wStep.Trace)-unsafe.Sizeof(cStep.trace)]
	_ = none[unsafe.Offsetof(wStep.TraceCount)-unsafe.Offsetof(cStep.trace_count)]
	_ = none[unsafe.Sizeof(wStep.TraceCount)-unsafe.Sizeof(cStep.trace_count)]
	_ = none[unsafe.Offsetof(wStep.MadeBase)-unsafe.Offsetof(cStep.made_base)]
	_ = none[unsafe.Sizeof(wStep.MadeBase)-unsafe.Sizeof(cStep.made_base)]
	_ = none[unsafe.Offsetof(wStep.Spared)-unsafe.Offsetof(cStep.spared)]
	_ = none[unsafe.Sizeof(wStep.Spared)-unsafe.Sizeof(cStep.spared)]
	_ = none[unsafe.Offsetof(wStep.Spare)-unsafe.Offsetof(cStep.spare)]
	_ = none[unsafe.Sizeof(wStep.Spare)-unsafe.Sizeof(cStep.spare)]
	_ = none[unsafe.Offsetof(wStep.SpareUntilNS)-unsafe.Offsetof(cStep.spare_until_ns)]
	_ = none[unsafe.Sizeof(wStep.SpareUntilNS)-unsafe.Sizeof(cStep.spare_until_ns)]
	_ = none[unsafe.Offsetof(wStep.DirectFDs)-unsafe.Offsetof(cStep.direct_fds)]
	_ = none[unsafe.Sizeof(wStep.DirectFDs)-unsafe.Sizeof(cStep.direct_fds)]
	_ = none[unsafe.Offsetof(wStep.Direct)-unsafe.Offsetof(cStep.direct)]
	_ = none[unsafe.Sizeof(wStep.Direct)-unsafe.Sizeof(cStep.direct)]
	_ = none[unsafe.Offsetof(wStep.Sent)-unsafe.Offsetof(cStep.sent)]
	_ = none[unsafe.Sizeof(wStep.Sent)-unsafe.Sizeof(cStep.sent)]
	_ = none[unsafe.Offsetof(wStep.RestUntilNS)-unsafe.Offsetof(cStep.rest_until_ns)]
	_ = none[unsafe.Sizeof(wStep.RestUntilNS)-unsafe.Sizeof(cStep.rest_until_ns)]
	_ = none[unsafe.Offsetof(wStep.Rest)-unsafe.Offsetof(cStep.rest)]
	_ = none[unsafe.Sizeof(wStep.Rest)-unsafe.Sizeof(cStep.rest)]
	_ = none[unsafe.Offsetof(wStep.Reserved)-unsafe.Offsetof(cStep.reserved)]
	_ = none[unsafe.Sizeof(wStep.Reserved)-unsafe.Sizeof(cStep.reserved)]
)
