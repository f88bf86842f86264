// SPDX-License-Identifier: MIT

package watch

import (
	"bytes"
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

// note is one event of inotify, or a fence.
type note struct {
	mark   int32
	mask   uint32
	cookie uint32
	name   string
	read   time.Time // of a MOVED_FROM
	to     *note     // of a MOVED_FROM: the second half
	taken  bool      // a MOVED_TO whose first half has it
	fence  *node     // what this node was told before is handled
}

const noteSize = unix.SizeofInotifyEvent

// moving are the events after which a name leads elsewhere.
const moving = unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO

// parse appends the events of a buffer that was read.
func parse(dst []note, buf []byte, now time.Time) []note {
	for len(buf) >= noteSize {
		end := noteSize + int(binary.NativeEndian.Uint32(buf[12:]))
		if end > len(buf) {
			break
		}
		name, _, _ := bytes.Cut(buf[noteSize:end], []byte{0})
		ev := note{
			mark:   int32(binary.NativeEndian.Uint32(buf)),
			mask:   binary.NativeEndian.Uint32(buf[4:]),
			cookie: binary.NativeEndian.Uint32(buf[8:]),
			name:   string(name),
		}
		if ev.mask&unix.IN_MOVED_FROM != 0 {
			ev.read = now
		}
		dst = append(dst, ev)
		buf = buf[end:]
	}
	return dst
}

// pair finds the second halves of moves, and returns how many of the events may be handed out. The first half of
// a move that has no second one holds up itself and what follows until its time is over, which is in wait.
func pair(events []note, now time.Time) (ready int, wait time.Duration) {
	var halves map[uint32]*note
	for i := range events {
		ev := &events[i]
		if ev.mask&unix.IN_MOVED_FROM == 0 {
			continue
		}
		if halves == nil {
			halves = make(map[uint32]*note)
			for j := i + 1; j < len(events); j++ {
				if other := &events[j]; other.mask&unix.IN_MOVED_TO != 0 {
					halves[other.cookie] = other
				}
			}
		}
		ev.to = nil
		if half := halves[ev.cookie]; half != nil {
			ev.to, half.taken = half, true
		} else if wait = moveGrace - now.Sub(ev.read); wait > 0 {
			return i, wait
		}
	}
	return len(events), 0
}
