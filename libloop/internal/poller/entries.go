// SPDX-License-Identifier: MIT

//go:build linux

package poller

import "iter"

const entriesPage = 128

// entries are those of descriptors. The system gives out the lowest number that is free, so a table by number is
// dense; one in pages leaves nothing behind when it grows, as a map or one array would. The zero value is ready.
type entries struct {
	pages []*[entriesPage]entry
}

// at returns the entry of a descriptor; without an id, there is none.
func (t *entries) at(fd int) entry {
	if page := fd / entriesPage; fd >= 0 && page < len(t.pages) && t.pages[page] != nil {
		return t.pages[page][fd%entriesPage]
	}
	return entry{}
}

// put sets the entry of a descriptor that the system knows, or takes it out.
func (t *entries) put(fd int, e entry) {
	page := fd / entriesPage
	if page >= len(t.pages) {
		t.pages = append(t.pages, make([]*[entriesPage]entry, page+1-len(t.pages))...)
	}
	if t.pages[page] == nil {
		t.pages[page] = new([entriesPage]entry)
	}
	t.pages[page][fd%entriesPage] = e
}

// all goes through the entries, by number.
func (t *entries) all() iter.Seq2[int, entry] {
	return func(yield func(int, entry) bool) {
		for number, page := range t.pages {
			if page == nil {
				continue
			}
			for i, e := range page {
				if e.id != 0 && !yield(number*entriesPage+i, e) {
					return
				}
			}
		}
	}
}
