// SPDX-License-Identifier: MIT

package zip

import (
	"bytes"
	"io"
	"time"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// chunkBytes is how much output of a flow one event has at most.
const chunkBytes = 256 << 10

// flowBase is what both directions have in common.
type flowBase struct {
	base
	fed   bool   // there is a piece of input of which Consumed was not said
	total uint64 // bytes of output
}

// count adds to the output.
func (f *flowBase) count(n int) error {
	f.total += uint64(n)
	if f.maxOut > 0 && f.total > f.maxOut {
		return errTooBig
	}
	return nil
}

// chunk makes data the next event.
func (f *flowBase) chunk(data []byte) error {
	buf := f.Alloc(len(data))
	if buf == nil {
		return errNoMemory
	}
	copy(buf, data)
	f.Kind = wire.KindBytes
	return nil
}

// ended lets go of everything and makes err the end, io.EOF a good one.
func (f *flowBase) ended(err error) int {
	f.dictionary = nil
	if err != io.EOF {
		status, subject := verdict(f.name, err)
		return f.Fail(status, 0, subject)
	}
	f.Drop()
	f.Kind, f.Num = wire.KindInt, int64(f.total)
	return task.End
}

// compressionFlow compresses piece by piece.
type compressionFlow struct {
	flowBase
	shelf *shelf
	to    *press
	held  bytes.Buffer // output that is not told yet
	last  bool         // nothing follows data
	flush bool
	done  bool // everything is in held
}

// Feed implements task.Feeder. A piece without data lets out everything that came before it.
func (f *compressionFlow) Feed(data []byte, last bool) {
	f.data, f.last, f.fed = data, last, true
	f.flush = len(data) == 0
}

// Run implements task.Task.
func (f *compressionFlow) Run() int {
	if f.Stopped.Load() {
		return f.end(io.EOF)
	}
	if f.held.Len() < chunkBytes {
		before := f.held.Len()
		err := f.piece()
		if err == nil {
			err = f.count(f.held.Len() - before)
		}
		if err != nil {
			return f.end(err)
		}
	}
	// A piece is used up when what came of it is told: so the host hears of it behind that.
	used := len(f.data) == 0 && !f.flush && f.held.Len() <= chunkBytes
	came := task.More
	if used && f.fed {
		f.fed = false
		came = task.Consumed
	}
	switch {
	case f.held.Len() >= chunkBytes, f.held.Len() > 0 && used:
		if err := f.chunk(f.held.Next(chunkBytes)); err != nil {
			return f.end(err)
		}
		return came | task.Out
	case !used:
		return came
	case f.done:
		return came | f.end(io.EOF)
	}
	return came | task.Idle
}

// piece compresses a piece of the input.
func (f *compressionFlow) piece() (err error) {
	if f.done {
		return nil
	}
	if f.to == nil {
		if f.to, err = f.shelf.take(&f.params, &f.held, -1); err != nil {
			return err
		}
	}
	begin := time.Now()
	for done := 0; len(f.data) > 0; {
		n := min(len(f.data), stepBytes)
		if _, err = f.to.Write(f.data[:n]); err != nil {
			return err
		}
		f.data = f.data[n:]
		done += n
		if done >= task.PieceBytes || f.held.Len() >= chunkBytes || f.Stopped.Load() ||
			time.Since(begin) > pieceTime {
			break
		}
	}
	if len(f.data) > 0 {
		return nil
	}
	if f.last {
		f.flush, f.done = false, true
		return f.to.Close()
	}
	if f.flush {
		f.flush = false
		return f.to.Flush()
	}
	return nil
}

func (f *compressionFlow) end(err error) int {
	f.to, f.held = nil, bytes.Buffer{}
	return f.ended(err)
}

// decompressionFlow decompresses piece by piece.
type decompressionFlow struct {
	flowBase
	from *pump
	// buf is filled by the pump, which may stand in the middle of filling it: a part of it is told as soon as
	// there is nothing to be done but wait, and the pump goes on behind that.
	buf    []byte
	told   int
	filled int
}

// Feed implements task.Feeder.
func (f *decompressionFlow) Feed(data []byte, last bool) {
	f.from.in.data, f.from.in.last, f.fed = data, last, true
}

// Run implements task.Task.
func (f *decompressionFlow) Run() int {
	if f.Stopped.Load() {
		return f.end(io.EOF)
	}
	if f.buf == nil {
		f.buf = make([]byte, chunkBytes)
	}
	n, why := f.from.read(f.buf[f.filled:])
	if f.Stopped.Load() {
		return task.More
	}
	f.filled += n
	if err := f.count(n); err != nil {
		return f.end(err)
	}
	came := task.More
	if f.fed && len(f.from.in.data) == 0 {
		f.fed = false
		came = task.Consumed
	}
	switch {
	case why == pumpPaused:
		return came
	case f.filled > f.told:
		if err := f.chunk(f.buf[f.told:f.filled]); err != nil {
			return f.end(err)
		}
		f.told = f.filled
		if f.told == len(f.buf) {
			f.told, f.filled = 0, 0
		}
		return came | task.Out
	case why == pumpEnded && f.from.err == io.EOF:
		return came | f.end(io.EOF)
	case why == pumpEnded:
		return f.end(f.from.err)
	}
	return came | task.Idle
}

func (f *decompressionFlow) end(err error) int {
	f.from.stop()
	return f.ended(err)
}
