// SPDX-License-Identifier: MIT

package cshim

// #include "step.h"
import "C"

import (
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

var (
	wDNS       wire.DNS
	cDNS       C.loop_dns_t
	wDNSRecord wire.DNSRecord
	cDNSRecord C.loop_dns_record_t
)

var (
	_ = none[unsafe.Sizeof(wDNS)-unsafe.Sizeof(cDNS)]
	_ = none[unsafe.Offsetof(wDNS.Size)-unsafe.Offsetof(cDNS.size)]
	_ = none[unsafe.Sizeof(wDNS.Size)-unsafe.Sizeof(cDNS.size)]
	_ = none[unsafe.Offsetof(wDNS.What)-unsafe.Offsetof(cDNS.what)]
	_ = none[unsafe.Sizeof(wDNS.What)-unsafe.Sizeof(cDNS.what)]
	_ = none[unsafe.Offsetof(wDNS.Flags)-unsafe.Offsetof(cDNS.flags)]
	_ = none[unsafe.Sizeof(wDNS.Flags)-unsafe.Sizeof(cDNS.flags)]
	_ = none[unsafe.Offsetof(wDNS.Type)-unsafe.Offsetof(cDNS._type)]
	_ = none[unsafe.Sizeof(wDNS.Type)-unsafe.Sizeof(cDNS._type)]
	_ = none[unsafe.Offsetof(wDNS.Family)-unsafe.Offsetof(cDNS.family)]
	_ = none[unsafe.Sizeof(wDNS.Family)-unsafe.Sizeof(cDNS.family)]
	_ = none[unsafe.Offsetof(wDNS.Tries)-unsafe.Offsetof(cDNS.tries)]
	_ = none[unsafe.Sizeof(wDNS.Tries)-unsafe.Sizeof(cDNS.tries)]
	_ = none[unsafe.Offsetof(wDNS.NameLen)-unsafe.Offsetof(cDNS.name_len)]
	_ = none[unsafe.Sizeof(wDNS.NameLen)-unsafe.Sizeof(cDNS.name_len)]
	_ = none[unsafe.Offsetof(wDNS.ServersLen)-unsafe.Offsetof(cDNS.servers_len)]
	_ = none[unsafe.Sizeof(wDNS.ServersLen)-unsafe.Sizeof(cDNS.servers_len)]
	_ = none[unsafe.Offsetof(wDNS.Name)-unsafe.Offsetof(cDNS.name)]
	_ = none[unsafe.Sizeof(wDNS.Name)-unsafe.Sizeof(cDNS.name)]
	_ = none[unsafe.Offsetof(wDNS.Servers)-unsafe.Offsetof(cDNS.servers)]
	_ = none[unsafe.Sizeof(wDNS.Servers)-unsafe.Sizeof(cDNS.servers)]
	_ = none[unsafe.Offsetof(wDNS.TryNS)-unsafe.Offsetof(cDNS.try_ns)]
	_ = none[unsafe.Sizeof(wDNS.TryNS)-unsafe.Sizeof(cDNS.try_ns)]
	_ = none[unsafe.Sizeof(wDNSRecord)-unsafe.Sizeof(cDNSRecord)]
	_ = none[unsafe.Offsetof(wDNSRecord.Size)-unsafe.Offsetof(cDNSRecord.size)]
	_ = none[unsafe.Sizeof(wDNSRecord.Size)-unsafe.Sizeof(cDNSRecord.size)]
	_ = none[unsafe.Offsetof(wDNSRecord.Type)-unsafe.Offsetof(cDNSRecord._type)]
	_ = none[unsafe.Sizeof(wDNSRecord.Type)-unsafe.Sizeof(cDNSRecord._type)]
	_ = none[unsafe.Offsetof(wDNSRecord.Family)-unsafe.Offsetof(cDNSRecord.family)]
	_ = none[unsafe.Sizeof(wDNSRecord.Family)-unsafe.Sizeof(cDNSRecord.family)]
	_ = none[unsafe.Offsetof(wDNSRecord.TTL)-unsafe.Offsetof(cDNSRecord.ttl)]
	_ = none[unsafe.Sizeof(wDNSRecord.TTL)-unsafe.Sizeof(cDNSRecord.ttl)]
	_ = none[unsafe.Offsetof(wDNSRecord.Scope)-unsafe.Offsetof(cDNSRecord.scope)]
	_ = none[unsafe.Sizeof(wDNSRecord.Scope)-unsafe.Sizeof(cDNSRecord.scope)]
	_ = none[unsafe.Offsetof(wDNSRecord.IP)-unsafe.Offsetof(cDNSRecord.ip)]
	_ = none[unsafe.Sizeof(wDNSRecord.IP)-unsafe.Sizeof(cDNSRecord.ip)]
	_ = none[unsafe.Offsetof(wDNSRecord.Priority)-unsafe.Offsetof(cDNSRecord.priority)]
	_ = none[unsafe.Sizeof(wDNSRecord.Priority)-unsafe.Sizeof(cDNSRecord.priority)]
	_ = none[unsafe.Offsetof(wDNSRecord.Weight)-unsafe.Offsetof(cDNSRecord.weight)]
	_ = none[unsafe.Sizeof(wDNSRecord.Weight)-unsafe.Sizeof(cDNSRecord.weight)]
	_ = none[unsafe.Offsetof(wDNSRecord.Port)-unsafe.Offsetof(cDNSRecord.port)]
	_ = none[unsafe.Sizeof(wDNSRecord.Port)-unsafe.Sizeof(cDNSRecord.port)]
	_ = none[unsafe.Offsetof(wDNSRecord.Flags)-unsafe.Offsetof(cDNSRecord.flags)]
	_ = none[unsafe.Sizeof(wDNSRecord.Flags)-unsafe.Sizeof(cDNSRecord.flags)]
	_ = none[unsafe.Offsetof(wDNSRecord.Serial)-unsafe.Offsetof(cDNSRecord.serial)]
	_ = none[unsafe.Sizeof(wDNSRecord.Serial)-unsafe.Sizeof(cDNSRecord.serial)]
	_ = none[unsafe.Offsetof(wDNSRecord.Refresh)-unsafe.Offsetof(cDNSRecord.refresh)]
	_ = none[unsafe.Sizeof(wDNSRecord.Refresh)-unsafe.Sizeof(cDNSRecord.refresh)]
	_ = none[unsafe.Offsetof(wDNSRecord.Retry)-unsafe.Offsetof(cDNSRecord.retry)]
	_ = none[unsafe.Sizeof(wDNSRecord.Retry)-unsafe.Sizeof(cDNSRecord.retry)]
	_ = none[unsafe.Offsetof(wDNSRecord.Expire)-unsafe.Offsetof(cDNSRecord.expire)]
	_ = none[unsafe.Sizeof(wDNSRecord.Expire)-unsafe.Sizeof(cDNSRecord.expire)]
	_ = none[unsafe.Offsetof(wDNSRecord.Minimum)-unsafe.Offsetof(cDNSRecord.minimum)]
	_ = none[unsafe.Sizeof(wDNSRecord.Minimum)-unsafe.Sizeof(cDNSRecord.minimum)]
	_ = none[unsafe.Offsetof(wDNSRecord.TextCount)-unsafe.Offsetof(cDNSRecord.text_count)]
	_ = none[unsafe.Sizeof(wDNSRecord.TextCount)-unsafe.Sizeof(cDNSRecord.text_count)]
)
