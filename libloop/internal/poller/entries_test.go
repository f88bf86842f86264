// SPDX-License-Identifier: MIT

//go:build linux

package poller

import (
	"maps"
	"testing"
)

func TestEntriesAreWhatWasPutLast(t *testing.T) {
	var table entries
	want := map[int]entry{}
	for _, fd := range []int{0, 3, entriesPage - 1, entriesPage, 5*entriesPage + 7, 3, 0} {
		e := entry{id: uint64(fd)*10 + uint64(len(want)) + 1, interest: 1}
		table.put(fd, e)
		want[fd] = e
	}
	table.put(entriesPage, entry{})
	delete(want, entriesPage)
	if got := maps.Collect(table.all()); !maps.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for _, fd := range []int{-1, 1, entriesPage, 2 * entriesPage, 1 << 30} {
		if e := table.at(fd); e != (entry{}) {
			t.Errorf("%d: %v", fd, e)
		}
	}
	for range table.all() {
		break
	}
}
