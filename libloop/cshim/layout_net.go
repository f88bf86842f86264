// SPDX-License-Identifier: MIT

package cshim

// #include "step.h"
import "C"

import (
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

// The records of sockets; see layout.go.

var (
	wNet wire.Net
	cNet C.loop_net_t
)

var (
	_ = none[unsafe.Sizeof(wNet)-unsafe.Sizeof(cNet)]
	_ = none[unsafe.Offsetof(wNet.Size)-unsafe.Offsetof(cNet.size)]
	_ = none[unsafe.Sizeof(wNet.Size)-unsafe.Sizeof(cNet.size)]
	_ = none[unsafe.Offsetof(wNet.What)-unsafe.Offsetof(cNet.what)]
	_ = none[unsafe.Sizeof(wNet.What)-unsafe.Sizeof(cNet.what)]
	_ = none[unsafe.Offsetof(wNet.Flags)-unsafe.Offsetof(cNet.flags)]
	_ = none[unsafe.Sizeof(wNet.Flags)-unsafe.Sizeof(cNet.flags)]
	_ = none[unsafe.Offsetof(wNet.Type)-unsafe.Offsetof(cNet._type)]
	_ = none[unsafe.Sizeof(wNet.Type)-unsafe.Sizeof(cNet._type)]
	_ = none[unsafe.Offsetof(wNet.Host)-unsafe.Offsetof(cNet.host)]
	_ = none[unsafe.Sizeof(wNet.Host)-unsafe.Sizeof(cNet.host)]
	_ = none[unsafe.Offsetof(wNet.LocalHost)-unsafe.Offsetof(cNet.local_host)]
	_ = none[unsafe.Sizeof(wNet.LocalHost)-unsafe.Sizeof(cNet.local_host)]
	_ = none[unsafe.Offsetof(wNet.HostLen)-unsafe.Offsetof(cNet.host_len)]
	_ = none[unsafe.Sizeof(wNet.HostLen)-unsafe.Sizeof(cNet.host_len)]
	_ = none[unsafe.Offsetof(wNet.LocalHostLen)-unsafe.Offsetof(cNet.local_host_len)]
	_ = none[unsafe.Sizeof(wNet.LocalHostLen)-unsafe.Sizeof(cNet.local_host_len)]
	_ = none[unsafe.Offsetof(wNet.Port)-unsafe.Offsetof(cNet.port)]
	_ = none[unsafe.Sizeof(wNet.Port)-unsafe.Sizeof(cNet.port)]
	_ = none[unsafe.Offsetof(wNet.LocalPort)-unsafe.Offsetof(cNet.local_port)]
	_ = none[unsafe.Sizeof(wNet.LocalPort)-unsafe.Sizeof(cNet.local_port)]
	_ = none[unsafe.Offsetof(wNet.Backlog)-unsafe.Offsetof(cNet.backlog)]
	_ = none[unsafe.Sizeof(wNet.Backlog)-unsafe.Sizeof(cNet.backlog)]
	_ = none[unsafe.Offsetof(wNet.FD)-unsafe.Offsetof(cNet.fd)]
	_ = none[unsafe.Sizeof(wNet.FD)-unsafe.Sizeof(cNet.fd)]
	_ = none[unsafe.Offsetof(wNet.HighWater)-unsafe.Offsetof(cNet.high_water)]
	_ = none[unsafe.Sizeof(wNet.HighWater)-unsafe.Sizeof(cNet.high_water)]
	_ = none[unsafe.Offsetof(wNet.LowWater)-unsafe.Offsetof(cNet.low_water)]
	_ = none[unsafe.Sizeof(wNet.LowWater)-unsafe.Sizeof(cNet.low_water)]
	_ = none[unsafe.Offsetof(wNet.ReadSize)-unsafe.Offsetof(cNet.read_size)]
	_ = none[unsafe.Sizeof(wNet.ReadSize)-unsafe.Sizeof(cNet.read_size)]
	_ = none[unsafe.Offsetof(wNet.ReadBudget)-unsafe.Offsetof(cNet.read_budget)]
	_ = none[unsafe.Sizeof(wNet.ReadBudget)-unsafe.Sizeof(cNet.read_budget)]
)

var (
	wAddress wire.Address
	cAddress C.loop_address_t
)

var (
	_ = none[unsafe.Sizeof(wAddress)-unsafe.Sizeof(cAddress)]
	_ = none[unsafe.Offsetof(wAddress.Size)-unsafe.Offsetof(cAddress.size)]
	_ = none[unsafe.Sizeof(wAddress.Size)-unsafe.Sizeof(cAddress.size)]
	_ = none[unsafe.Offsetof(wAddress.Family)-unsafe.Offsetof(cAddress.family)]
	_ = none[unsafe.Sizeof(wAddress.Family)-unsafe.Sizeof(cAddress.family)]
	_ = none[unsafe.Offsetof(wAddress.Port)-unsafe.Offsetof(cAddress.port)]
	_ = none[unsafe.Sizeof(wAddress.Port)-unsafe.Sizeof(cAddress.port)]
	_ = none[unsafe.Offsetof(wAddress.Scope)-unsafe.Offsetof(cAddress.scope)]
	_ = none[unsafe.Sizeof(wAddress.Scope)-unsafe.Sizeof(cAddress.scope)]
	_ = none[unsafe.Offsetof(wAddress.PathLen)-unsafe.Offsetof(cAddress.path_len)]
	_ = none[unsafe.Sizeof(wAddress.PathLen)-unsafe.Sizeof(cAddress.path_len)]
	_ = none[unsafe.Offsetof(wAddress.IP)-unsafe.Offsetof(cAddress.ip)]
	_ = none[unsafe.Sizeof(wAddress.IP)-unsafe.Sizeof(cAddress.ip)]
	_ = none[unsafe.Offsetof(wAddress.Path)-unsafe.Offsetof(cAddress.path)]
	_ = none[unsafe.Sizeof(wAddress.Path)-unsafe.Sizeof(cAddress.path)]
)
