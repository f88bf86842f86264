// SPDX-License-Identifier: MIT

package cshim

// #include "step.h"
import "C"

import (
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

// Nothing here runs: each line is a constant array index, and the compiler refuses one that is not 0. So
// package wire and the headers cannot differ in the place or the size of a field.

var none [1]struct{}

var (
	wOp wire.Op
	cOp C.loop_op_t
)

var (
	_ = none[unsafe.Sizeof(wOp)-unsafe.Sizeof(cOp)]
	_ = none[unsafe.Offsetof(wOp.ID)-unsafe.Offsetof(cOp.id)]
	_ = none[unsafe.Sizeof(wOp.ID)-unsafe.Sizeof(cOp.id)]
	_ = none[unsafe.Offsetof(wOp.Code)-unsafe.Offsetof(cOp.code)]
	_ = none[unsafe.Sizeof(wOp.Code)-unsafe.Sizeof(cOp.code)]
	_ = none[unsafe.Offsetof(wOp.Flags)-unsafe.Offsetof(cOp.flags)]
	_ = none[unsafe.Sizeof(wOp.Flags)-unsafe.Sizeof(cOp.flags)]
	_ = none[unsafe.Offsetof(wOp.Len)-unsafe.Offsetof(cOp.len)]
	_ = none[unsafe.Sizeof(wOp.Len)-unsafe.Sizeof(cOp.len)]
	_ = none[unsafe.Offsetof(wOp.Target)-unsafe.Offsetof(cOp.target)]
	_ = none[unsafe.Sizeof(wOp.Target)-unsafe.Sizeof(cOp.target)]
	_ = none[unsafe.Offsetof(wOp.User)-unsafe.Offsetof(cOp.user)]
	_ = none[unsafe.Sizeof(wOp.User)-unsafe.Sizeof(cOp.user)]
	_ = none[unsafe.Offsetof(wOp.CB)-unsafe.Offsetof(cOp.cb)]
	_ = none[unsafe.Sizeof(wOp.CB)-unsafe.Sizeof(cOp.cb)]
	_ = none[unsafe.Offsetof(wOp.Data)-unsafe.Offsetof(cOp.data)]
	_ = none[unsafe.Sizeof(wOp.Data)-unsafe.Sizeof(cOp.data)]
	_ = none[unsafe.Offsetof(wOp.Arg)-unsafe.Offsetof(cOp.arg)]
	_ = none[unsafe.Sizeof(wOp.Arg)-unsafe.Sizeof(cOp.arg)]
	_ = none[unsafe.Offsetof(wOp.TimeoutNS)-unsafe.Offsetof(cOp.timeout_ns)]
	_ = none[unsafe.Sizeof(wOp.TimeoutNS)-unsafe.Sizeof(cOp.timeout_ns)]
)

var (
	wEvent wire.Event
	cEvent C.loop_event_t
)

var (
	_ = none[unsafe.Sizeof(wEvent)-unsafe.Sizeof(cEvent)]
	_ = none[unsafe.Offsetof(wEvent.ID)-unsafe.Offsetof(cEvent.id)]
	_ = none[unsafe.Sizeof(wEvent.ID)-unsafe.Sizeof(cEvent.id)]
	_ = none[unsafe.Offsetof(wEvent.CB)-unsafe.Offsetof(cEvent.cb)]
	_ = none[unsafe.Sizeof(wEvent.CB)-unsafe.Sizeof(cEvent.cb)]
	_ = none[unsafe.Offsetof(wEvent.User)-unsafe.Offsetof(cEvent.user)]
	_ = none[unsafe.Sizeof(wEvent.User)-unsafe.Sizeof(cEvent.user)]
	_ = none[unsafe.Offsetof(wEvent.Status)-unsafe.Offsetof(cEvent.status)]
	_ = none[unsafe.Sizeof(wEvent.Status)-unsafe.Sizeof(cEvent.status)]
	_ = none[unsafe.Offsetof(wEvent.Code)-unsafe.Offsetof(cEvent.code)]
	_ = none[unsafe.Sizeof(wEvent.Code)-unsafe.Sizeof(cEvent.code)]
	_ = none[unsafe.Offsetof(wEvent.Flags)-unsafe.Offsetof(cEvent.flags)]
	_ = none[unsafe.Sizeof(wEvent.Flags)-unsafe.Sizeof(cEvent.flags)]
	_ = none[unsafe.Offsetof(wEvent.Num)-unsafe.Offsetof(cEvent.num)]
	_ = none[unsafe.Sizeof(wEvent.Num)-unsafe.Sizeof(cEvent.num)]
	_ = none[unsafe.Offsetof(wEvent.Data)-unsafe.Offsetof(cEvent.data)]
	_ = none[unsafe.Sizeof(wEvent.Data)-unsafe.Sizeof(cEvent.data)]
	_ = none[unsafe.Offsetof(wEvent.Len)-unsafe.Offsetof(cEvent.len)]
	_ = none[unsafe.Sizeof(wEvent.Len)-unsafe.Sizeof(cEvent.len)]
	_ = none[unsafe.Offsetof(wEvent.Aux)-unsafe.Offsetof(cEvent.aux)]
	_ = none[unsafe.Sizeof(wEvent.Aux)-unsafe.Sizeof(cEvent.aux)]
)

var (
	wTrace wire.Trace
	cTrace C.loop_trace_t
)

var (
	_ = none[unsafe.Sizeof(wTrace)-unsafe.Sizeof(cTrace)]
	_ = none[unsafe.Offsetof(wTrace.Size)-unsafe.Offsetof(cTrace.size)]
	_ = none[unsafe.Sizeof(wTrace.Size)-unsafe.Sizeof(cTrace.size)]
	_ = none[unsafe.Offsetof(wTrace.Kind)-unsafe.Offsetof(cTrace.kind)]
	_ = none[unsafe.Sizeof(wTrace.Kind)-unsafe.Sizeof(cTrace.kind)]
	_ = none[unsafe.Offsetof(wTrace.TimeNS)-unsafe.Offsetof(cTrace.time_ns)]
	_ = none[unsafe.Sizeof(wTrace.TimeNS)-unsafe.Sizeof(cTrace.time_ns)]
	_ = none[unsafe.Offsetof(wTrace.ID)-unsafe.Offsetof(cTrace.id)]
	_ = none[unsafe.Sizeof(wTrace.ID)-unsafe.Sizeof(cTrace.id)]
	_ = none[unsafe.Offsetof(wTrace.Seq)-unsafe.Offsetof(cTrace.seq)]
	_ = none[unsafe.Sizeof(wTrace.Seq)-unsafe.Sizeof(cTrace.seq)]
	_ = none[unsafe.Offsetof(wTrace.Thread)-unsafe.Offsetof(cTrace.thread)]
	_ = none[unsafe.Sizeof(wTrace.Thread)-unsafe.Sizeof(cTrace.thread)]
	_ = none[unsafe.Offsetof(wTrace.Label)-unsafe.Offsetof(cTrace.label)]
	_ = none[unsafe.Sizeof(wTrace.Label)-unsafe.Sizeof(cTrace.label)]
	_ = none[unsafe.Offsetof(wTrace.Num)-unsafe.Offsetof(cTrace.num)]
	_ = none[unsafe.Sizeof(wTrace.Num)-unsafe.Sizeof(cTrace.num)]
	_ = none[unsafe.Offsetof(wTrace.Status)-unsafe.Offsetof(cTrace.status)]
	_ = none[unsafe.Sizeof(wTrace.Status)-unsafe.Sizeof(cTrace.status)]
	_ = none[unsafe.Offsetof(wTrace.Code)-unsafe.Offsetof(cTrace.code)]
	_ = none[unsafe.Sizeof(wTrace.Code)-unsafe.Sizeof(cTrace.code)]
)

var (
	wOptions wire.Options
	cOptions C.loop_options_t
)

var (
	_ = none[unsafe.Sizeof(wOptions)-unsafe.Sizeof(cOptions)]
	_ = none[unsafe.Offsetof(wOptions.Size)-unsafe.Offsetof(cOptions.size)]
	_ = none[unsafe.Sizeof(wOptions.Size)-unsafe.Sizeof(cOptions.size)]
	_ = none[unsafe.Offsetof(wOptions.Flags)-unsafe.Offsetof(cOptions.flags)]
	_ = none[unsafe.Sizeof(wOptions.Flags)-unsafe.Sizeof(cOptions.flags)]
	_ = none[unsafe.Offsetof(wOptions.Backend)-unsafe.Offsetof(cOptions.backend)]
	_ = none[unsafe.Sizeof(wOptions.Backend)-unsafe.Sizeof(cOptions.backend)]
	_ = none[unsafe.Offsetof(wOptions.Workers)-unsafe.Offsetof(cOptions.workers)]
	_ = none[unsafe.Sizeof(wOptions.Workers)-unsafe.Sizeof(cOptions.workers)]
	_ = none[unsafe.Offsetof(wOptions.QueueLimit)-unsafe.Offsetof(cOptions.queue_limit)]
	_ = none[unsafe.Sizeof(wOptions.QueueLimit)-unsafe.Sizeof(cOptions.queue_limit)]
	_ = none[unsafe.Offsetof(wOptions.PhaseLimit)-unsafe.Offsetof(cOptions.phase_limit)]
	_ = none[unsafe.Sizeof(wOptions.PhaseLimit)-unsafe.Sizeof(cOptions.phase_limit)]
	_ = none[unsafe.Offsetof(wOptions.PostLimit)-unsafe.Offsetof(cOptions.post_limit)]
	_ = none[unsafe.Sizeof(wOptions.PostLimit)-unsafe.Sizeof(cOptions.post_limit)]
	_ = none[unsafe.Offsetof(wOptions.EventCapacity)-unsafe.Offsetof(cOptions.event_capacity)]
	_ = none[unsafe.Sizeof(wOptions.EventCapacity)-unsafe.Sizeof(cOptions.event_capacity)]
	_ = none[unsafe.Offsetof(wOptions.WorkerIdleNS)-unsafe.Offsetof(cOptions.worker_idle_ns)]
	_ = none[unsafe.Sizeof(wOptions.WorkerIdleNS)-unsafe.Sizeof(cOptions.worker_idle_ns)]
	_ = none[unsafe.Offsetof(wOptions.FreeWaitNS)-unsafe.Offsetof(cOptions.free_wait_ns)]
	_ = none[unsafe.Sizeof(wOptions.FreeWaitNS)-unsafe.Sizeof(cOptions.free_wait_ns)]
	_ = none[unsafe.Offsetof(wOptions.RetainLimit)-unsafe.Offsetof(cOptions.retain_limit)]
	_ = none[unsafe.Sizeof(wOptions.RetainLimit)-unsafe.Sizeof(cOptions.retain_limit)]
	_ = none[unsafe.Offsetof(wOptions.HTTPProxy)-unsafe.Offsetof(cOptions.http_proxy)]
	_ = none[unsafe.Sizeof(wOptions.HTTPProxy)-unsafe.Sizeof(cOptions.http_proxy)]
	_ = none[unsafe.Offsetof(wOptions.CAPem)-unsafe.Offsetof(cOptions.ca_pem)]
	_ = none[unsafe.Sizeof(wOptions.CAPem)-unsafe.Sizeof(cOptions.ca_pem)]
	_ = none[unsafe.Offsetof(wOptions.CAPemLen)-unsafe.Offsetof(cOptions.ca_pem_len)]
	_ = none[unsafe.Sizeof(wOptions.CAPemLen)-unsafe.Sizeof(cOptions.ca_pem_len)]
)

var (
	wValue wire.Value
	cValue C.loop_value_t
)

var (
	_ = none[unsafe.Sizeof(wValue)-unsafe.Sizeof(cValue)]
	_ = none[unsafe.Offsetof(wValue.Kind)-unsafe.Offsetof(cValue.kind)]
	_ = none[unsafe.Sizeof(wValue.Kind)-unsafe.Sizeof(cValue.kind)]
	_ = none[unsafe.Offsetof(wValue.OSErrno)-unsafe.Offsetof(cValue.os_errno)]
	_ = none[unsafe.Sizeof(wValue.OSErrno)-unsafe.Sizeof(cValue.os_errno)]
	_ = none[unsafe.Offsetof(wValue.Num)-unsafe.Offsetof(cValue.num)]
	_ = none[unsafe.Sizeof(wValue.Num)-unsafe.Sizeof(cValue.num)]
	_ = none[unsafe.Offsetof(wValue.Data)-unsafe.Offsetof(cValue.data)]
	_ = none[unsafe.Sizeof(wValue.Data)-unsafe.Sizeof(cValue.data)]
	_ = none[unsafe.Offsetof(wValue.Len)-unsafe.Offsetof(cValue.len)]
	_ = none[unsafe.Sizeof(wValue.Len)-unsafe.Sizeof(cValue.len)]
	_ = none[unsafe.Offsetof(wValue.Release)-unsafe.Offsetof(cValue.release)]
	_ = none[unsafe.Sizeof(wValue.Release)-unsafe.Sizeof(cValue.release)]
)

var (
	wHTTP wire.HTTP
	cHTTP C.loop_http_t
)

var (
	_ = none[unsafe.Sizeof(wHTTP)-unsafe.Sizeof(cHTTP)]
	_ = none[unsafe.Offsetof(wHTTP.Size)-unsafe.Offsetof(cHTTP.size)]
	_ = none[unsafe.Sizeof(wHTTP.Size)-unsafe.Sizeof(cHTTP.size)]
	_ = none[unsafe.Offsetof(wHTTP.Flags)-unsafe.Offsetof(cHTTP.flags)]
	_ = none[unsafe.Sizeof(wHTTP.Flags)-unsafe.Sizeof(cHTTP.flags)]
	_ = none[unsafe.Offsetof(wHTTP.Method)-unsafe.Offsetof(cHTTP.method)]
	_ = none[unsafe.Sizeof(wHTTP.Method)-unsafe.Sizeof(cHTTP.method)]
	_ = none[unsafe.Offsetof(wHTTP.URL)-unsafe.Offsetof(cHTTP.url)]
	_ = none[unsafe.Sizeof(wHTTP.URL)-unsafe.Sizeof(cHTTP.url)]
	_ = none[unsafe.Offsetof(wHTTP.Headers)-unsafe.Offsetof(cHTTP.headers)]
	_ = none[unsafe.Sizeof(wHTTP.Headers)-unsafe.Sizeof(cHTTP.headers)]
	_ = none[unsafe.Offsetof(wHTTP.Body)-unsafe.Offsetof(cHTTP.body)]
	_ = none[unsafe.Sizeof(wHTTP.Body)-unsafe.Sizeof(cHTTP.body)]
	_ = none[unsafe.Offsetof(wHTTP.BodyLen)-unsafe.Offsetof(cHTTP.body_len)]
	_ = none[unsafe.Sizeof(wHTTP.BodyLen)-unsafe.Sizeof(cHTTP.body_len)]
	_ = none[unsafe.Offsetof(wHTTP.MaxBody)-unsafe.Offsetof(cHTTP.max_body)]
	_ = none[unsafe.Sizeof(wHTTP.MaxBody)-unsafe.Sizeof(cHTTP.max_body)]
	_ = none[unsafe.Offsetof(wHTTP.MaxHeader)-unsafe.Offsetof(cHTTP.max_header)]
	_ = none[unsafe.Sizeof(wHTTP.MaxHeader)-unsafe.Sizeof(cHTTP.max_header)]
	_ = none[unsafe.Offsetof(wHTTP.MaxRedirects)-unsafe.Offsetof(cHTTP.max_redirects)]
	_ = none[unsafe.Sizeof(wHTTP.MaxRedirects)-unsafe.Sizeof(cHTTP.max_redirects)]
)

var (
	wPost wire.Post
	cPost C.loop__post_t
)

var (
	_ = none[unsafe.Sizeof(wPost)-unsafe.Sizeof(cPost)]
	_ = none[unsafe.Offsetof(wPost.CB)-unsafe.Offsetof(cPost.cb)]
	_ = none[unsafe.Sizeof(wPost.CB)-unsafe.Sizeof(cPost.cb)]
	_ = none[unsafe.Offsetof(wPost.User)-unsafe.Offsetof(cPost.user)]
	_ = none[unsafe.Sizeof(wPost.User)-unsafe.Sizeof(cPost.user)]
	_ = none[unsafe.Offsetof(wPost.Value)-unsafe.Offsetof(cPost.value)]
	_ = none[unsafe.Sizeof(wPost.Value)-unsafe.Sizeof(cPost.value)]
	_ = none[unsafe.Offsetof(wPost.Reserved)-unsafe.Offsetof(cPost.reserved)]
	_ = none[unsafe.Sizeof(wPost.Reserved)-unsafe.Sizeof(cPost.reserved)]
)

var (
	wJob wire.Job
	cJob C.loop__job_t
)

var (
	_ = none[unsafe.Sizeof(wJob)-unsafe.Sizeof(cJob)]
	_ = none[unsafe.Offsetof(wJob.Next)-unsafe.Offsetof(cJob.next)]
	_ = none[unsafe.Sizeof(wJob.Next)-unsafe.Sizeof(cJob.next)]
	_ = none[unsafe.Offsetof(wJob.Fn)-unsafe.Offsetof(cJob.fn)]
	_ = none[unsafe.Sizeof(wJob.Fn)-unsafe.Sizeof(cJob.fn)]
	_ = none[unsafe.Offsetof(wJob.Arg)-unsafe.Offsetof(cJob.arg)]
	_ = none[unsafe.Sizeof(wJob.Arg)-unsafe.Sizeof(cJob.arg)]
	_ = none[unsafe.Offsetof(wJob.ID)-unsafe.Offsetof(cJob.id)]
	_ = none[unsafe.Sizeof(wJob.ID)-unsafe.Sizeof(cJob.id)]
	_ = none[unsafe.Offsetof(wJob.Seq)-unsafe.Offsetof(cJob.seq)]
	_ = none[unsafe.Sizeof(wJob.Seq)-unsafe.Sizeof(cJob.seq)]
	_ = none[unsafe.Offsetof(wJob.Label)-unsafe.Offsetof(cJob.label)]
	_ = none[unsafe.Sizeof(wJob.Label)-unsafe.Sizeof(cJob.label)]
	_ = none[unsafe.Offsetof(wJob.State)-unsafe.Offsetof(cJob.state)]
	_ = none[unsafe.Sizeof(wJob.State)-unsafe.Sizeof(cJob.state)]
	_ = none[unsafe.Offsetof(wJob.Lane)-unsafe.Offsetof(cJob.lane)]
	_ = none[unsafe.Sizeof(wJob.Lane)-unsafe.Sizeof(cJob.lane)]
	_ = none[unsafe.Offsetof(wJob.Status)-unsafe.Offsetof(cJob.status)]
	_ = none[unsafe.Sizeof(wJob.Status)-unsafe.Sizeof(cJob.status)]
	_ = none[unsafe.Offsetof(wJob.Flags)-unsafe.Offsetof(cJob.flags)]
	_ = none[unsafe.Sizeof(wJob.Flags)-unsafe.Sizeof(cJob.flags)]
	_ = none[unsafe.Offsetof(wJob.QueuedNS)-unsafe.Offsetof(cJob.queued_ns)]
	_ = none[unsafe.Sizeof(wJob.QueuedNS)-unsafe.Sizeof(cJob.queued_ns)]
	_ = none[unsafe.Offsetof(wJob.StartedNS)-unsafe.Offsetof(cJob.started_ns)]
	_ = none[unsafe.Sizeof(wJob.StartedNS)-unsafe.Sizeof(cJob.started_ns)]
	_ = none[unsafe.Offsetof(wJob.EndedNS)-unsafe.Offsetof(cJob.ended_ns)]
	_ = none[unsafe.Sizeof(wJob.EndedNS)-unsafe.Sizeof(cJob.ended_ns)]
	_ = none[unsafe.Offsetof(wJob.Out)-unsafe.Offsetof(cJob.out)]
	_ = none[unsafe.Sizeof(wJob.Out)-unsafe.Sizeof(cJob.out)]
)

var (
	wShared wire.Shared
	cShared C.loop__shared_t
)

var (
	_ = none[unsafe.Sizeof(wShared)-unsafe.Sizeof(cShared)]
	_ = none[unsafe.Offsetof(wShared.Armed)-unsafe.Offsetof(cShared.armed)]
	_ = none[unsafe.Sizeof(wShared.Armed)-unsafe.Sizeof(cShared.armed)]
	_ = none[unsafe.Offsetof(wShared.GoPending)-unsafe.Offsetof(cShared.go_pending)]
	_ = none[unsafe.Sizeof(wShared.GoPending)-unsafe.Sizeof(cShared.go_pending)]
	_ = none[unsafe.Offsetof(wShared.Queued)-unsafe.Offsetof(cShared.queued)]
	_ = none[unsafe.Sizeof(wShared.Queued)-unsafe.Sizeof(cShared.queued)]
	_ = none[unsafe.Offsetof(wShared.TraceOn)-unsafe.Offsetof(cShared.trace_on)]
	_ = none[unsafe.Sizeof(wShared.TraceOn)-unsafe.Sizeof(cShared.trace_on)]
	_ = none[unsafe.Offsetof(wShared.WakeFD)-unsafe.Offsetof(cShared.wake_fd)]
	_ = none[unsafe.Sizeof(wShared.WakeFD)-unsafe.Sizeof(cShared.wake_fd)]
	_ = none[unsafe.Offsetof(wShared.Backend)-unsafe.Offsetof(cShared.backend)]
	_ = none[unsafe.Sizeof(wShared.Backend)-unsafe.Sizeof(cShared.backend)]
	_ = none[unsafe.Offsetof(wShared.PollFD)-unsafe.Offsetof(cShared.poll_fd)]
	_ = none[unsafe.Sizeof(wShared.PollFD)-unsafe.Sizeof(cShared.poll_fd)]
	_ = none[unsafe.Offsetof(wShared.ReadyCapacity)-unsafe.Offsetof(cShared.ready_capacity)]
	_ = none[unsafe.Sizeof(wShared.ReadyCapacity)-unsafe.Sizeof(cShared.ready_capacity)]
	_ = none[unsafe.Offsetof(wShared.Ready)-unsafe.Offsetof(cShared.ready)]
	_ = none[unsafe.Sizeof(wShared.Ready)-unsafe.Sizeof(cShared.ready)]
	_ = none[unsafe.Offsetof(wShared.PollCount)-unsafe.Offsetof(cShared.poll_count)]
	_ = none[unsafe.Sizeof(wShared.PollCount)-unsafe.Sizeof(cShared.poll_count)]
	_ = none[unsafe.Offsetof(wShared.Reserved)-unsafe.Offsetof(cShared.reserved)]
	_ = none[unsafe.Sizeof(wShared.Reserved)-unsafe.Sizeof(cShared.reserved)]
	_ = none[unsafe.Offsetof(wShared.Retained)-unsafe.Offsetof(cShared.retained)]
	_ = none[unsafe.Sizeof(wShared.Retained)-unsafe.Sizeof(cShared.retained)]
)

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
	_ = none[unsafe.Offsetof(wStep.Reserved)-unsafe.Offsetof(cStep.reserved)]
	_ = none[unsafe.Sizeof(wStep.Reserved)-unsafe.Sizeof(cStep.reserved)]
)
