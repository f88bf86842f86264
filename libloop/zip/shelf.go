// SPDX-License-Identifier: MIT

package zip

import (
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"

	"libloop.dev/libloop/libloop/internal/wire"
)

// shelf has the compressors of a loop that are not in use. Their tables take up to some megabytes, and to make
// them takes twenty times as long as to compress a kilobyte. What lies there for long is taken by the garbage
// collector.
type shelf struct {
	mu    sync.Mutex
	pools map[place]*sync.Pool // guarded by mu
}

// place says which compressors are alike.
type place struct {
	format uint32
	level  int
	window int // bytes; 0: the format has one window for all
}

// The windows of compressors that are kept, and the most input that one is kept for.
const (
	smallWindow = 64 << 10
	largeWindow = 1 << 20
)

// press is a compressor whose output goes where it is needed now.
type press struct {
	compressor
	out  outlet
	from *sync.Pool // where it goes when it is done; nil: it is not kept
}

// outlet is what the compressor of a press writes to.
type outlet struct{ to io.Writer }

// Write implements io.Writer.
func (o *outlet) Write(p []byte) (int, error) { return o.to.Write(p) }

// take returns a compressor that writes to w. size is the number of bytes that will be written, -1 when it is not
// known.
func (s *shelf) take(p *params, w io.Writer, size int64) (*press, error) {
	at, keep := placeOf(p, size)
	var pool *sync.Pool
	if keep {
		pool = s.pool(at)
		if kept, ok := pool.Get().(*press); ok {
			kept.begin(w, size)
			return kept, nil
		}
	}
	made := &press{out: outlet{w}, from: pool}
	var err error
	if made.compressor, err = newCompressor(p, at, &made.out, size); err != nil {
		return nil, err
	}
	return made, nil
}

// pool returns the compressors of a place.
func (s *shelf) pool(at place) *sync.Pool {
	s.mu.Lock()
	defer s.mu.Unlock()
	pool := s.pools[at]
	if pool == nil {
		pool = &sync.Pool{}
		if s.pools == nil {
			s.pools = map[place]*sync.Pool{}
		}
		s.pools[at] = pool
	}
	return pool
}

// begin makes a kept compressor ready.
func (c *press) begin(w io.Writer, size int64) {
	c.out.to = w
	switch x := c.compressor.(type) {
	case *zstd.Encoder:
		x.ResetContentSize(&c.out, size)
	case interface{ Reset(w io.Writer) }:
		x.Reset(&c.out)
	}
}

// done puts a compressor that has written all it had to back on its shelf.
func (c *press) done() {
	if c.from != nil {
		c.out.to = nil
		c.from.Put(c)
	}
}

// placeOf returns the place for an input, and whether it is worth keeping: not with a dictionary, not for input
// that takes longer than the tables, and not with the largest tables.
func placeOf(p *params, size int64) (at place, keep bool) {
	at = place{format: p.format, level: p.level}
	if at.level == 0 {
		at.level = formats[p.format].usual
	}
	keep = size >= 0 && size <= largeWindow && p.dictionary == nil
	switch p.format {
	case wire.ZipZstd, wire.ZipBrotli:
		at.window = largeWindow
		if size <= smallWindow {
			at.window = smallWindow
		}
		keep = keep && at.level < 10
	}
	if !keep {
		at.window = 0
	}
	return at, keep
}
