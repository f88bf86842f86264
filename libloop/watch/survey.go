// SPDX-License-Identifier: MIT

package watch

import (
	"io"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// survey is the eye of a watch that looks for itself: for file systems that tell nothing. In each round it
// compares what is there with what was there in the round before.
type survey struct {
	w     *watch
	pause time.Duration // between two rounds

	begun  bool // the first round is over
	under  bool // a round is under way
	missed bool // the root was not there when it was looked for last
	round  uint64
	root   look
	known  map[string]*folder // by path below the root; "" is the root

	todo    []string // folders that this round has still to read
	current *reading
	news    []news // what is to be told
}

// look is what is compared.
type look struct {
	mode     uint32
	ino      uint64
	size     int64
	mtime    int64
	uid, gid uint32
}

// folder is what was in a folder.
type folder struct {
	entries map[string]entry
	blind   bool // it could not be read
}

type entry struct {
	look
	round uint64 // the last one that saw it
}

// reading is a folder that is being read.
type reading struct {
	path string
	in   *folder
	file *os.File
}

type news struct {
	kinds uint32
	path  string
	dir   bool
}

func newSurvey(w *watch) *survey {
	return &survey{w: w, pause: max(w.spec.Poll, pollLeast), known: map[string]*folder{}}
}

func lookAt(st *unix.Stat_t) look {
	return look{
		mode: uint32(st.Mode), ino: st.Ino, size: st.Size, mtime: st.Mtim.Nano(), uid: st.Uid, gid: st.Gid,
	}
}

func (l look) kind() uint32 { return l.mode & unix.S_IFMT }

func (l look) dir() bool { return l.kind() == unix.S_IFDIR }

// diff says what has changed from one look to the next at something of one kind. Of a folder only the attributes
// count: what changes in it is told by itself.
func (l look) diff(next look) uint32 {
	var kinds uint32
	if !l.dir() && (l.ino != next.ino || l.size != next.size || l.mtime != next.mtime) {
		kinds |= wire.WatchModified
	}
	if l.mode != next.mode || l.uid != next.uid || l.gid != next.gid {
		kinds |= wire.WatchAttributes
	}
	return kinds
}

// piece does what there is to do, in this order: tell what was found, read the folders of the round, begin the
// next one.
func (s *survey) piece() (outcome, time.Duration) {
	root := -1
	defer func() { closeFD(root) }()
	for until := time.Now().Add(pieceTime); ; {
		switch {
		case s.w.Stopped.Load():
			return rest, 0
		case len(s.news) > 0:
			if !s.w.c.hasRoom() {
				return full, 0
			}
			x := s.news[0]
			if s.news = s.news[1:]; len(s.news) == 0 {
				s.news = nil // and the room of what was told
			}
			s.w.tell(x.kinds, []byte(x.path), folderBit(x.dir))
		case s.current != nil:
			s.read()
		case len(s.todo) > 0 && root < 0:
			root = s.openRoot()
		case len(s.todo) > 0:
			s.open(root)
		case s.under:
			s.under = false
			if !s.begun {
				s.begun = true
				s.news = append(s.news, news{kinds: wire.WatchReady})
				continue
			}
			return later, s.pause
		case !s.begin():
			return later, missGrace
		}
		if time.Now().After(until) {
			return again, 0
		}
	}
}

// begin begins a round with the root. False: it was not there, and perhaps comes back.
func (s *survey) begin() bool {
	var st unix.Stat_t
	_, err := retry(func() (int, error) { return 0, unix.Stat(s.w.path, &st) })
	switch {
	case err != nil && s.begun && !s.missed && (err == unix.ENOENT || err == unix.ENOTDIR):
		s.missed = true
		return false
	case err != nil:
		s.w.end(errnoOf(err), "")
		return true
	}
	next := lookAt(&st)
	if s.begun {
		if next.kind() != s.root.kind() {
			s.w.end(unix.ENOENT, "") // something else has its name
			return true
		}
		s.add(s.root.diff(next), "", next.dir())
	}
	s.root, s.under, s.missed = next, true, false
	s.round++
	if next.dir() {
		s.todo = append(s.todo, "")
	}
	return true
}

func (s *survey) add(kinds uint32, path string, dir bool) {
	if kinds != 0 {
		s.news = append(s.news, news{kinds, path, dir})
	}
}

// openRoot opens the root for a piece. What it is was looked at when the round began.
func (s *survey) openRoot() int {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC
	fd, err := retry(func() (int, error) { return unix.Open(s.w.path, flags, 0) })
	switch err {
	case nil:
		return fd
	case unix.ENOENT, unix.ENOTDIR:
		s.todo = nil // the next round finds out what that means
	default:
		s.w.end(errnoOf(err), advice(err, moreFiles))
	}
	return -1
}

// open begins to read the next folder.
func (s *survey) open(root int) {
	name := s.todo[len(s.todo)-1]
	s.todo = s.todo[:len(s.todo)-1]
	where := name
	if name == "" {
		where = "."
	}
	fd, err := openBelow(root, where)
	in := s.known[name]
	if err == nil {
		if in == nil {
			in = &folder{entries: map[string]entry{}}
			s.known[name] = in
		}
		in.blind = false
		s.current = &reading{path: name, in: in, file: os.NewFile(uintptr(fd), name)}
		return
	}
	switch err {
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM:
		s.w.end(errnoOf(err), advice(err, moreFiles))
	case unix.EACCES, unix.EPERM, unix.ENAMETOOLONG:
		if in == nil || !in.blind {
			s.known[name] = &folder{entries: map[string]entry{}, blind: true}
			s.add(wire.WatchUnwatched, name, true)
		}
	default:
		// It is gone, or something else: the next round finds that out where it stands.
	}
}

// read looks at some more entries of the folder that is being read.
func (s *survey) read() {
	r := s.current
	names, err := r.file.Readdirnames(pieceNames)
	folder := int(r.file.Fd())
	for _, name := range names {
		var st unix.Stat_t
		_, err := retry(func() (int, error) { return 0, unix.Fstatat(folder, name, &st, unix.AT_SYMLINK_NOFOLLOW) })
		switch err {
		case nil:
			s.compare(r, name, lookAt(&st))
		case unix.ENOENT: // gone since
		default:
			s.keep(r, name)
		}
	}
	if err == nil {
		return
	}
	_ = r.file.Close()
	s.current = nil
	if err != io.EOF {
		return // what was not read is not known to be gone
	}
	for name, old := range r.in.entries {
		if old.round != s.round {
			delete(r.in.entries, name)
			s.removed(path.Join(r.path, name), old.dir())
		}
	}
}

// keep leaves an entry as it was that is there and cannot be looked at.
func (s *survey) keep(r *reading, name string) {
	if old, was := r.in.entries[name]; was {
		old.round = s.round
		r.in.entries[name] = old
	}
}

// compare takes one entry of a folder.
func (s *survey) compare(r *reading, name string, next look) {
	old, was := r.in.entries[name]
	r.in.entries[name] = entry{next, s.round}
	dir := next.dir()
	below := path.Join(r.path, name)
	if was && old.kind() != next.kind() {
		s.removed(below, old.dir())
		was = false
	}
	switch {
	case was:
		s.add(old.diff(next), below, dir)
	case s.begun:
		s.add(wire.WatchCreated, below, dir)
	}
	if dir && s.w.spec.Recursive {
		s.todo = append(s.todo, below)
	}
}

// removed tells that something is gone, after all that was in it.
func (s *survey) removed(name string, dir bool) {
	if in := s.known[name]; dir && in != nil {
		delete(s.known, name)
		for inner, old := range in.entries {
			s.removed(path.Join(name, inner), old.dir())
		}
	}
	s.add(wire.WatchDeleted, name, dir)
}

func (s *survey) settle() bool { return true }

func (s *survey) free() {
	if s.current != nil {
		_ = s.current.file.Close()
	}
	*s = survey{w: s.w}
}
