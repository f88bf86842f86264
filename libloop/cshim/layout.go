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
	wFS wire.FS
	cFS C.loop_fs_t
)

var (
	_ = none[unsafe.Sizeof(wFS)-unsafe.Sizeof(cFS)]
	_ = none[unsafe.Offsetof(wFS.Size)-unsafe.Offsetof(cFS.size)]
	_ = none[unsafe.Sizeof(wFS.Size)-unsafe.Sizeof(cFS.size)]
	_ = none[unsafe.Offsetof(wFS.What)-unsafe.Offsetof(cFS.what)]
	_ = none[unsafe.Sizeof(wFS.What)-unsafe.Sizeof(cFS.what)]
	_ = none[unsafe.Offsetof(wFS.Flags)-unsafe.Offsetof(cFS.flags)]
	_ = none[unsafe.Sizeof(wFS.Flags)-unsafe.Sizeof(cFS.flags)]
	_ = none[unsafe.Offsetof(wFS.Mode)-unsafe.Offsetof(cFS.mode)]
	_ = none[unsafe.Sizeof(wFS.Mode)-unsafe.Sizeof(cFS.mode)]
	_ = none[unsafe.Offsetof(wFS.Path)-unsafe.Offsetof(cFS.path)]
	_ = none[unsafe.Sizeof(wFS.Path)-unsafe.Sizeof(cFS.path)]
	_ = none[unsafe.Offsetof(wFS.Path2)-unsafe.Offsetof(cFS.path2)]
	_ = none[unsafe.Sizeof(wFS.Path2)-unsafe.Sizeof(cFS.path2)]
	_ = none[unsafe.Offsetof(wFS.PathLen)-unsafe.Offsetof(cFS.path_len)]
	_ = none[unsafe.Sizeof(wFS.PathLen)-unsafe.Sizeof(cFS.path_len)]
	_ = none[unsafe.Offsetof(wFS.Path2Len)-unsafe.Offsetof(cFS.path2_len)]
	_ = none[unsafe.Sizeof(wFS.Path2Len)-unsafe.Sizeof(cFS.path2_len)]
	_ = none[unsafe.Offsetof(wFS.FD)-unsafe.Offsetof(cFS.fd)]
	_ = none[unsafe.Sizeof(wFS.FD)-unsafe.Sizeof(cFS.fd)]
	_ = none[unsafe.Offsetof(wFS.FD2)-unsafe.Offsetof(cFS.fd2)]
	_ = none[unsafe.Sizeof(wFS.FD2)-unsafe.Sizeof(cFS.fd2)]
	_ = none[unsafe.Offsetof(wFS.Data)-unsafe.Offsetof(cFS.data)]
	_ = none[unsafe.Sizeof(wFS.Data)-unsafe.Sizeof(cFS.data)]
	_ = none[unsafe.Offsetof(wFS.Buffer)-unsafe.Offsetof(cFS.buffer)]
	_ = none[unsafe.Sizeof(wFS.Buffer)-unsafe.Sizeof(cFS.buffer)]
	_ = none[unsafe.Offsetof(wFS.Bufs)-unsafe.Offsetof(cFS.bufs)]
	_ = none[unsafe.Sizeof(wFS.Bufs)-unsafe.Sizeof(cFS.bufs)]
	_ = none[unsafe.Offsetof(wFS.Len)-unsafe.Offsetof(cFS.len)]
	_ = none[unsafe.Sizeof(wFS.Len)-unsafe.Sizeof(cFS.len)]
	_ = none[unsafe.Offsetof(wFS.Offset)-unsafe.Offsetof(cFS.offset)]
	_ = none[unsafe.Sizeof(wFS.Offset)-unsafe.Sizeof(cFS.offset)]
	_ = none[unsafe.Offsetof(wFS.Offset2)-unsafe.Offsetof(cFS.offset2)]
	_ = none[unsafe.Sizeof(wFS.Offset2)-unsafe.Sizeof(cFS.offset2)]
	_ = none[unsafe.Offsetof(wFS.AtimeNS)-unsafe.Offsetof(cFS.atime_ns)]
	_ = none[unsafe.Sizeof(wFS.AtimeNS)-unsafe.Sizeof(cFS.atime_ns)]
	_ = none[unsafe.Offsetof(wFS.MtimeNS)-unsafe.Offsetof(cFS.mtime_ns)]
	_ = none[unsafe.Sizeof(wFS.MtimeNS)-unsafe.Sizeof(cFS.mtime_ns)]
	_ = none[unsafe.Offsetof(wFS.Limit)-unsafe.Offsetof(cFS.limit)]
	_ = none[unsafe.Sizeof(wFS.Limit)-unsafe.Sizeof(cFS.limit)]
	_ = none[unsafe.Offsetof(wFS.UID)-unsafe.Offsetof(cFS.uid)]
	_ = none[unsafe.Sizeof(wFS.UID)-unsafe.Sizeof(cFS.uid)]
	_ = none[unsafe.Offsetof(wFS.GID)-unsafe.Offsetof(cFS.gid)]
	_ = none[unsafe.Sizeof(wFS.GID)-unsafe.Sizeof(cFS.gid)]
	_ = none[unsafe.Offsetof(wFS.OpenFlags)-unsafe.Offsetof(cFS.open_flags)]
	_ = none[unsafe.Sizeof(wFS.OpenFlags)-unsafe.Sizeof(cFS.open_flags)]
	_ = none[unsafe.Offsetof(wFS.BufCount)-unsafe.Offsetof(cFS.buf_count)]
	_ = none[unsafe.Sizeof(wFS.BufCount)-unsafe.Sizeof(cFS.buf_count)]
)

var (
	wBuf wire.Buf
	cBuf C.loop_buf_t
)

var (
	_ = none[unsafe.Sizeof(wBuf)-unsafe.Sizeof(cBuf)]
	_ = none[unsafe.Offsetof(wBuf.Data)-unsafe.Offsetof(cBuf.data)]
	_ = none[unsafe.Sizeof(wBuf.Data)-unsafe.Sizeof(cBuf.data)]
	_ = none[unsafe.Offsetof(wBuf.Len)-unsafe.Offsetof(cBuf.len)]
	_ = none[unsafe.Sizeof(wBuf.Len)-unsafe.Sizeof(cBuf.len)]
)

var (
	wStat wire.Stat
	cStat C.loop_stat_t
)

var (
	_ = none[unsafe.Sizeof(wStat)-unsafe.Sizeof(cStat)]
	_ = none[unsafe.Offsetof(wStat.Size)-unsafe.Offsetof(cStat.size)]
	_ = none[unsafe.Sizeof(wStat.Size)-unsafe.Sizeof(cStat.size)]
	_ = none[unsafe.Offsetof(wStat.Ino)-unsafe.Offsetof(cStat.ino)]
	_ = none[unsafe.Sizeof(wStat.Ino)-unsafe.Sizeof(cStat.ino)]
	_ = none[unsafe.Offsetof(wStat.Dev)-unsafe.Offsetof(cStat.dev)]
	_ = none[unsafe.Sizeof(wStat.Dev)-unsafe.Sizeof(cStat.dev)]
	_ = none[unsafe.Offsetof(wStat.Rdev)-unsafe.Offsetof(cStat.rdev)]
	_ = none[unsafe.Sizeof(wStat.Rdev)-unsafe.Sizeof(cStat.rdev)]
	_ = none[unsafe.Offsetof(wStat.Nlink)-unsafe.Offsetof(cStat.nlink)]
	_ = none[unsafe.Sizeof(wStat.Nlink)-unsafe.Sizeof(cStat.nlink)]
	_ = none[unsafe.Offsetof(wStat.Blocks)-unsafe.Offsetof(cStat.blocks)]
	_ = none[unsafe.Sizeof(wStat.Blocks)-unsafe.Sizeof(cStat.blocks)]
	_ = none[unsafe.Offsetof(wStat.BlockSize)-unsafe.Offsetof(cStat.block_size)]
	_ = none[unsafe.Sizeof(wStat.BlockSize)-unsafe.Sizeof(cStat.block_size)]
	_ = none[unsafe.Offsetof(wStat.MountID)-unsafe.Offsetof(cStat.mount_id)]
	_ = none[unsafe.Sizeof(wStat.MountID)-unsafe.Sizeof(cStat.mount_id)]
	_ = none[unsafe.Offsetof(wStat.AtimeNS)-unsafe.Offsetof(cStat.atime_ns)]
	_ = none[unsafe.Sizeof(wStat.AtimeNS)-unsafe.Sizeof(cStat.atime_ns)]
	_ = none[unsafe.Offsetof(wStat.MtimeNS)-unsafe.Offsetof(cStat.mtime_ns)]
	_ = none[unsafe.Sizeof(wStat.MtimeNS)-unsafe.Sizeof(cStat.mtime_ns)]
	_ = none[unsafe.Offsetof(wStat.CtimeNS)-unsafe.Offsetof(cStat.ctime_ns)]
	_ = none[unsafe.Sizeof(wStat.CtimeNS)-unsafe.Sizeof(cStat.ctime_ns)]
	_ = none[unsafe.Offsetof(wStat.BirthtimeNS)-unsafe.Offsetof(cStat.birthtime_ns)]
	_ = none[unsafe.Sizeof(wStat.BirthtimeNS)-unsafe.Sizeof(cStat.birthtime_ns)]
	_ = none[unsafe.Offsetof(wStat.Type)-unsafe.Offsetof(cStat._type)]
	_ = none[unsafe.Sizeof(wStat.Type)-unsafe.Sizeof(cStat._type)]
	_ = none[unsafe.Offsetof(wStat.Mode)-unsafe.Offsetof(cStat.mode)]
	_ = none[unsafe.Sizeof(wStat.Mode)-unsafe.Sizeof(cStat.mode)]
	_ = none[unsafe.Offsetof(wStat.UID)-unsafe.Offsetof(cStat.uid)]
	_ = none[unsafe.Sizeof(wStat.UID)-unsafe.Sizeof(cStat.uid)]
	_ = none[unsafe.Offsetof(wStat.GID)-unsafe.Offsetof(cStat.gid)]
	_ = none[unsafe.Sizeof(wStat.GID)-unsafe.Sizeof(cStat.gid)]
	_ = none[unsafe.Offsetof(wStat.Known)-unsafe.Offsetof(cStat.known)]
	_ = none[unsafe.Sizeof(wStat.Known)-unsafe.Sizeof(cStat.known)]
	_ = none[unsafe.Offsetof(wStat.Attributes)-unsafe.Offsetof(cStat.attributes)]
	_ = none[unsafe.Sizeof(wStat.Attributes)-unsafe.Sizeof(cStat.attributes)]
)

var (
	wStatfs wire.Statfs
	cStatfs C.loop_statfs_t
)

var (
	_ = none[unsafe.Sizeof(wStatfs)-unsafe.Sizeof(cStatfs)]
	_ = none[unsafe.Offsetof(wStatfs.Type)-unsafe.Offsetof(cStatfs._type)]
	_ = none[unsafe.Sizeof(wStatfs.Type)-unsafe.Sizeof(cStatfs._type)]
	_ = none[unsafe.Offsetof(wStatfs.BlockSize)-unsafe.Offsetof(cStatfs.block_size)]
	_ = none[unsafe.Sizeof(wStatfs.BlockSize)-unsafe.Sizeof(cStatfs.block_size)]
	_ = none[unsafe.Offsetof(wStatfs.Blocks)-unsafe.Offsetof(cStatfs.blocks)]
	_ = none[unsafe.Sizeof(wStatfs.Blocks)-unsafe.Sizeof(cStatfs.blocks)]
	_ = none[unsafe.Offsetof(wStatfs.BlocksFree)-unsafe.Offsetof(cStatfs.blocks_free)]
	_ = none[unsafe.Sizeof(wStatfs.BlocksFree)-unsafe.Sizeof(cStatfs.blocks_free)]
	_ = none[unsafe.Offsetof(wStatfs.BlocksAvailable)-unsafe.Offsetof(cStatfs.blocks_available)]
	_ = none[unsafe.Sizeof(wStatfs.BlocksAvailable)-unsafe.Sizeof(cStatfs.blocks_available)]
	_ = none[unsafe.Offsetof(wStatfs.Files)-unsafe.Offsetof(cStatfs.files)]
	_ = none[unsafe.Sizeof(wStatfs.Files)-unsafe.Sizeof(cStatfs.files)]
	_ = none[unsafe.Offsetof(wStatfs.FilesFree)-unsafe.Offsetof(cStatfs.files_free)]
	_ = none[unsafe.Sizeof(wStatfs.FilesFree)-unsafe.Sizeof(cStatfs.files_free)]
	_ = none[unsafe.Offsetof(wStatfs.ID)-unsafe.Offsetof(cStatfs.id)]
	_ = none[unsafe.Sizeof(wStatfs.ID)-unsafe.Sizeof(cStatfs.id)]
	_ = none[unsafe.Offsetof(wStatfs.NameMax)-unsafe.Offsetof(cStatfs.name_max)]
	_ = none[unsafe.Sizeof(wStatfs.NameMax)-unsafe.Sizeof(cStatfs.name_max)]
	_ = none[unsafe.Offsetof(wStatfs.Flags)-unsafe.Offsetof(cStatfs.flags)]
	_ = none[unsafe.Sizeof(wStatfs.Flags)-unsafe.Sizeof(cStatfs.flags)]
)

var (
	wDirent wire.Dirent
	cDirent C.loop_dirent_t
)

var (
	_ = none[unsafe.Sizeof(wDirent)-unsafe.Sizeof(cDirent)]
	_ = none[unsafe.Offsetof(wDirent.Ino)-unsafe.Offsetof(cDirent.ino)]
	_ = none[unsafe.Sizeof(wDirent.Ino)-unsafe.Sizeof(cDirent.ino)]
	_ = none[unsafe.Offsetof(wDirent.Type)-unsafe.Offsetof(cDirent._type)]
	_ = none[unsafe.Sizeof(wDirent.Type)-unsafe.Sizeof(cDirent._type)]
	_ = none[unsafe.Offsetof(wDirent.Size)-unsafe.Offsetof(cDirent.size)]
	_ = none[unsafe.Sizeof(wDirent.Size)-unsafe.Sizeof(cDirent.size)]
	_ = none[unsafe.Offsetof(wDirent.NameLen)-unsafe.Offsetof(cDirent.name_len)]
	_ = none[unsafe.Sizeof(wDirent.NameLen)-unsafe.Sizeof(cDirent.name_len)]
)

var (
	wCrypto wire.Crypto
	cCrypto C.loop_crypto_t
)

var (
	_ = none[unsafe.Sizeof(wCrypto)-unsafe.Sizeof(cCrypto)]
	_ = none[unsafe.Offsetof(wCrypto.Size)-unsafe.Offsetof(cCrypto.size)]
	_ = none[unsafe.Sizeof(wCrypto.Size)-unsafe.Sizeof(cCrypto.size)]
	_ = none[unsafe.Offsetof(wCrypto.Flags)-unsafe.Offsetof(cCrypto.flags)]
	_ = none[unsafe.Sizeof(wCrypto.Flags)-unsafe.Sizeof(cCrypto.flags)]
	_ = none[unsafe.Offsetof(wCrypto.What)-unsafe.Offsetof(cCrypto.what)]
	_ = none[unsafe.Sizeof(wCrypto.What)-unsafe.Sizeof(cCrypto.what)]
	_ = none[unsafe.Offsetof(wCrypto.Alg)-unsafe.Offsetof(cCrypto.alg)]
	_ = none[unsafe.Sizeof(wCrypto.Alg)-unsafe.Sizeof(cCrypto.alg)]
	_ = none[unsafe.Offsetof(wCrypto.Key)-unsafe.Offsetof(cCrypto.key)]
	_ = none[unsafe.Sizeof(wCrypto.Key)-unsafe.Sizeof(cCrypto.key)]
	_ = none[unsafe.Offsetof(wCrypto.KeyLen)-unsafe.Offsetof(cCrypto.key_len)]
	_ = none[unsafe.Sizeof(wCrypto.KeyLen)-unsafe.Sizeof(cCrypto.key_len)]
	_ = none[unsafe.Offsetof(wCrypto.Data)-unsafe.Offsetof(cCrypto.data)]
	_ = none[unsafe.Sizeof(wCrypto.Data)-unsafe.Sizeof(cCrypto.data)]
	_ = none[unsafe.Offsetof(wCrypto.DataLen)-unsafe.Offsetof(cCrypto.data_len)]
	_ = none[unsafe.Sizeof(wCrypto.DataLen)-unsafe.Sizeof(cCrypto.data_len)]
	_ = none[unsafe.Offsetof(wCrypto.Bufs)-unsafe.Offsetof(cCrypto.bufs)]
	_ = none[unsafe.Sizeof(wCrypto.Bufs)-unsafe.Sizeof(cCrypto.bufs)]
	_ = none[unsafe.Offsetof(wCrypto.BufCount)-unsafe.Offsetof(cCrypto.buf_count)]
	_ = none[unsafe.Sizeof(wCrypto.BufCount)-unsafe.Sizeof(cCrypto.buf_count)]
	_ = none[unsafe.Offsetof(wCrypto.Path)-unsafe.Offsetof(cCrypto.path)]
	_ = none[unsafe.Sizeof(wCrypto.Path)-unsafe.Sizeof(cCrypto.path)]
	_ = none[unsafe.Offsetof(wCrypto.Salt)-unsafe.Offsetof(cCrypto.salt)]
	_ = none[unsafe.Sizeof(wCrypto.Salt)-unsafe.Sizeof(cCrypto.salt)]
	_ = none[unsafe.Offsetof(wCrypto.SaltLen)-unsafe.Offsetof(cCrypto.salt_len)]
	_ = none[unsafe.Sizeof(wCrypto.SaltLen)-unsafe.Sizeof(cCrypto.salt_len)]
	_ = none[unsafe.Offsetof(wCrypto.Info)-unsafe.Offsetof(cCrypto.info)]
	_ = none[unsafe.Sizeof(wCrypto.Info)-unsafe.Sizeof(cCrypto.info)]
	_ = none[unsafe.Offsetof(wCrypto.InfoLen)-unsafe.Offsetof(cCrypto.info_len)]
	_ = none[unsafe.Sizeof(wCrypto.InfoLen)-unsafe.Sizeof(cCrypto.info_len)]
	_ = none[unsafe.Offsetof(wCrypto.Signature)-unsafe.Offsetof(cCrypto.signature)]
	_ = none[unsafe.Sizeof(wCrypto.Signature)-unsafe.Sizeof(cCrypto.signature)]
	_ = none[unsafe.Offsetof(wCrypto.SignatureLen)-unsafe.Offsetof(cCrypto.signature_len)]
	_ = none[unsafe.Sizeof(wCrypto.SignatureLen)-unsafe.Sizeof(cCrypto.signature_len)]
	_ = none[unsafe.Offsetof(wCrypto.Iterations)-unsafe.Offsetof(cCrypto.iterations)]
	_ = none[unsafe.Sizeof(wCrypto.Iterations)-unsafe.Sizeof(cCrypto.iterations)]
	_ = none[unsafe.Offsetof(wCrypto.Cost)-unsafe.Offsetof(cCrypto.cost)]
	_ = none[unsafe.Sizeof(wCrypto.Cost)-unsafe.Sizeof(cCrypto.cost)]
	_ = none[unsafe.Offsetof(wCrypto.BlockSize)-unsafe.Offsetof(cCrypto.block_size)]
	_ = none[unsafe.Sizeof(wCrypto.BlockSize)-unsafe.Sizeof(cCrypto.block_size)]
	_ = none[unsafe.Offsetof(wCrypto.Parallelism)-unsafe.Offsetof(cCrypto.parallelism)]
	_ = none[unsafe.Sizeof(wCrypto.Parallelism)-unsafe.Sizeof(cCrypto.parallelism)]
	_ = none[unsafe.Offsetof(wCrypto.MemoryKiB)-unsafe.Offsetof(cCrypto.memory_kib)]
	_ = none[unsafe.Sizeof(wCrypto.MemoryKiB)-unsafe.Sizeof(cCrypto.memory_kib)]
	_ = none[unsafe.Offsetof(wCrypto.MaxMemory)-unsafe.Offsetof(cCrypto.max_memory)]
	_ = none[unsafe.Sizeof(wCrypto.MaxMemory)-unsafe.Sizeof(cCrypto.max_memory)]
	_ = none[unsafe.Offsetof(wCrypto.OutLen)-unsafe.Offsetof(cCrypto.out_len)]
	_ = none[unsafe.Sizeof(wCrypto.OutLen)-unsafe.Sizeof(cCrypto.out_len)]
)

var (
	wZip wire.Zip
	cZip C.loop_zip_t
)

var (
	_ = none[unsafe.Sizeof(wZip)-unsafe.Sizeof(cZip)]
	_ = none[unsafe.Offsetof(wZip.Size)-unsafe.Offsetof(cZip.size)]
	_ = none[unsafe.Sizeof(wZip.Size)-unsafe.Sizeof(cZip.size)]
	_ = none[unsafe.Offsetof(wZip.Flags)-unsafe.Offsetof(cZip.flags)]
	_ = none[unsafe.Sizeof(wZip.Flags)-unsafe.Sizeof(cZip.flags)]
	_ = none[unsafe.Offsetof(wZip.What)-unsafe.Offsetof(cZip.what)]
	_ = none[unsafe.Sizeof(wZip.What)-unsafe.Sizeof(cZip.what)]
	_ = none[unsafe.Offsetof(wZip.Format)-unsafe.Offsetof(cZip.format)]
	_ = none[unsafe.Sizeof(wZip.Format)-unsafe.Sizeof(cZip.format)]
	_ = none[unsafe.Offsetof(wZip.Level)-unsafe.Offsetof(cZip.level)]
	_ = none[unsafe.Sizeof(wZip.Level)-unsafe.Sizeof(cZip.level)]
	_ = none[unsafe.Offsetof(wZip.DictionaryLen)-unsafe.Offsetof(cZip.dictionary_len)]
	_ = none[unsafe.Sizeof(wZip.DictionaryLen)-unsafe.Sizeof(cZip.dictionary_len)]
	_ = none[unsafe.Offsetof(wZip.Dictionary)-unsafe.Offsetof(cZip.dictionary)]
	_ = none[unsafe.Sizeof(wZip.Dictionary)-unsafe.Sizeof(cZip.dictionary)]
	_ = none[unsafe.Offsetof(wZip.Data)-unsafe.Offsetof(cZip.data)]
	_ = none[unsafe.Sizeof(wZip.Data)-unsafe.Sizeof(cZip.data)]
	_ = none[unsafe.Offsetof(wZip.Len)-unsafe.Offsetof(cZip.len)]
	_ = none[unsafe.Sizeof(wZip.Len)-unsafe.Sizeof(cZip.len)]
	_ = none[unsafe.Offsetof(wZip.MaxOut)-unsafe.Offsetof(cZip.max_out)]
	_ = none[unsafe.Sizeof(wZip.MaxOut)-unsafe.Sizeof(cZip.max_out)]
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
	_ = none[unsafe.Offsetof(wJob.Code)-unsafe.Offsetof(cJob.code)]
	_ = none[unsafe.Sizeof(wJob.Code)-unsafe.Sizeof(cJob.code)]
	_ = none[unsafe.Offsetof(wJob.Group)-unsafe.Offsetof(cJob.group)]
	_ = none[unsafe.Sizeof(wJob.Group)-unsafe.Sizeof(cJob.group)]
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
	_ = none[unsafe.Offsetof(wShared.Resized)-unsafe.Offsetof(cShared.resized)]
	_ = none[unsafe.Sizeof(wShared.Resized)-unsafe.Sizeof(cShared.resized)]
	_ = none[unsafe.Offsetof(wShared.Retained)-unsafe.Offsetof(cShared.retained)]
	_ = none[unsafe.Sizeof(wShared.Retained)-unsafe.Sizeof(cShared.retained)]
)
