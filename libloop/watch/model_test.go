// SPDX-License-Identifier: MIT

package watch

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// model is a host's picture of a tree: what the events of a watch make of what was there before. A name is
// mapped to whether it is a folder.
type model struct {
	t     *testing.T
	dir   string
	names map[string]bool
	exact bool   // nothing may be told twice
	last  string // what was created last
	lost  int    // overflows
}

// names looks at the disk.
func (m *model) disk() map[string]bool {
	names := map[string]bool{}
	_ = filepath.WalkDir(m.dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && path != m.dir {
			names[strings.TrimPrefix(path, m.dir+"/")] = entry.IsDir()
		}
		return nil
	})
	return names
}

func below(name, folder string) bool { return strings.HasPrefix(name, folder+"/") }

func (m *model) take(res Result) {
	name := string(res.Path)
	switch {
	case res.Kinds&wire.WatchOverflow != 0:
		m.names = m.disk()
		m.lost++
	case res.Kinds&wire.WatchCreated != 0:
		if _, there := m.names[name]; there && m.exact {
			m.t.Errorf("%q is created twice", name)
		}
		m.names[name], m.last = res.Aux == 1, name
	case res.Kinds&wire.WatchDeleted != 0:
		m.remove(name)
	case res.Kinds&wire.WatchRenamed != 0:
		from, to, _ := strings.Cut(name, "\x00")
		moved := map[string]bool{to: res.Aux == 1}
		for old, dir := range m.names {
			if below(old, from) {
				moved[to+strings.TrimPrefix(old, from)] = dir
			}
		}
		m.remove(from)
		m.remove(to)
		maps.Copy(m.names, moved)
	}
}

func (m *model) remove(name string) {
	delete(m.names, name)
	for old := range m.names {
		if below(old, name) {
			delete(m.names, old)
		}
	}
}

// differs says what the picture has wrong.
func (m *model) differs() string {
	var wrong []string
	disk := m.disk()
	for name, dir := range disk {
		if got, there := m.names[name]; !there || got != dir {
			wrong = append(wrong, "not told: "+name)
		}
	}
	for name := range m.names {
		if _, there := disk[name]; !there {
			wrong = append(wrong, "not there: "+name)
		}
	}
	slices.Sort(wrong)
	return strings.Join(wrong, "\n")
}

// fence makes a file in the root and waits until it is told: then all that was done before is told. If it is lost
// with other events another one is made.
func (m *model) fence(r *rig) {
	m.t.Helper()
	for lost := -1; lost != m.lost; {
		lost = m.lost
		name := fmt.Sprint("fence", lost)
		do(m.t, os.WriteFile(m.dir+"/"+name, nil, 0o600))
		r.until("the fence", func() bool { return m.last == name || lost != m.lost })
	}
}

// change does one random thing to a tree, with names of few letters, so that they meet.
func change(rnd *rand.Rand, root, outside string) {
	some := func() string {
		name := root
		for range 1 + rnd.IntN(4) {
			name += "/" + string(rune('a'+rnd.IntN(4)))
		}
		return name
	}
	out := fmt.Sprint(outside, "/", rnd.IntN(5))
	switch rnd.IntN(12) {
	case 0, 1, 2:
		_ = os.MkdirAll(some(), 0o700)
	case 3, 4:
		if f, err := os.OpenFile(some(), os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			_ = f.Close()
		}
	case 5, 6, 7:
		_ = unix.Rename(some(), some())
	case 8:
		_ = unix.Rename(some(), out)
	case 9:
		_ = unix.Rename(out, some())
	case 10:
		_ = unix.Unlink(some())
		_ = unix.Rmdir(some())
	case 11:
		if rnd.IntN(3) == 0 {
			_ = os.RemoveAll(some())
		}
	}
}
