// SPDX-License-Identifier: MIT

package watch

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTheHalvesOfAMoveFindEachOther(t *testing.T) {
	now := time.Now()
	events := []note{
		{mask: unix.IN_MOVED_FROM, cookie: 1, name: "a", read: now},
		{mask: unix.IN_CREATE, name: "x"},
		{mask: unix.IN_MOVED_FROM, cookie: 2, name: "b", read: now},
		{mask: unix.IN_MOVED_TO, cookie: 2, name: "c"},
		{mask: unix.IN_MOVED_TO, cookie: 1, name: "d"},
	}
	if ready, wait := pair(events, now); ready != 5 || wait != 0 {
		t.Fatal(ready, wait)
	}
	if events[0].to.name != "d" || events[2].to.name != "c" || !events[3].taken || !events[4].taken {
		t.Fatalf("%+v", events)
	}
}

func TestAHalfHoldsUpWhatFollowsForAMoment(t *testing.T) {
	now := time.Now()
	events := []note{
		{mask: unix.IN_CREATE, name: "x"},
		{mask: unix.IN_MOVED_FROM, cookie: 1, name: "a", read: now},
		{mask: unix.IN_CREATE, name: "y"},
	}
	if ready, wait := pair(events, now); ready != 1 || wait != moveGrace {
		t.Fatal(ready, wait)
	}
	if ready, wait := pair(events, now.Add(moveGrace/2)); ready != 1 || wait != moveGrace/2 {
		t.Fatal(ready, wait)
	}
	events = append(events, note{mask: unix.IN_MOVED_TO, cookie: 1, name: "b"})
	if ready, _ := pair(events, now.Add(moveGrace/2)); ready != 4 || events[1].to == nil {
		t.Fatal(ready)
	}
	if ready, wait := pair(events[:3], now.Add(moveGrace)); ready != 3 || wait > 0 || events[1].to != nil {
		t.Fatal(ready, wait)
	}
}

func TestAnEventThatIsCutOffIsNotRead(t *testing.T) {
	if events := parse(nil, make([]byte, noteSize-1), time.Time{}); len(events) != 0 {
		t.Fatal(events)
	}
	buf := make([]byte, noteSize)
	buf[12] = 16 // a name that is not there
	if events := parse(nil, buf, time.Time{}); len(events) != 0 {
		t.Fatal(events)
	}
}
