// SPDX-License-Identifier: MIT

package zip

import (
	"io"
	"sync/atomic"

	"libloop.dev/libloop/libloop/internal/task"
)

// source is what a decompressor reads from: the piece of input that is at hand. Where there is none it asks wait,
// which returns when there is.
type source struct {
	data    []byte
	last    bool // nothing follows data
	used    int  // bytes read since the last wait
	closed  bool // nobody wants what comes of it
	stopped *atomic.Bool
	wait    func(need need) bool // nil: never called; false: give up
}

// need is why a source waits.
type need int

const (
	needInput need = iota // the input is used up
	needPause             // a piece of input has gone by
)

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if s.closed || s.stopped.Load() {
		return 0, errStopped
	}
	if s.used >= task.PieceBytes && s.wait != nil && !s.wait(needPause) {
		return 0, errStopped
	}
	for len(s.data) == 0 {
		if s.last || s.wait == nil {
			return 0, io.EOF
		}
		if !s.wait(needInput) {
			return 0, errStopped
		}
	}
	n := copy(p, s.data)
	s.data = s.data[n:]
	s.used += n
	return n, nil
}

// buffer is how much of it a decompressor should have in a buffer of its own.
func (s *source) buffer() int {
	const least, most = 512, 32 << 10
	if s.last {
		return min(max(least, len(s.data)), most)
	}
	return most
}
