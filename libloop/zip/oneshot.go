// SPDX-License-Identifier: MIT

package zip

import (
	"io"
	"time"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

const (
	// stepBytes is how much a compressor is given at once.
	stepBytes = 64 << 10
	// pieceTime is when a compressor, some of which are slow, lets other jobs go first.
	pieceTime = time.Millisecond
)

// oneshot is what compressing and decompressing in one shot have in common.
type oneshot struct {
	base
	complete bool // all of the output is there
	out      chunks
	rest     []byte // of the result: what is not filled yet
}

func (o *oneshot) init(mem wire.Memory, rec *wire.Zip) int32 {
	status := o.base.init(mem, rec)
	o.out = chunks{mem: mem, limit: o.maxOut}
	return status
}

// failed makes an error of a library the result.
func (o *oneshot) failed(err error) int {
	o.release()
	status, subject := verdict(o.name, err)
	return o.Fail(status, 0, subject)
}

// stopped ends a task that nobody waits for.
func (o *oneshot) stopped() int {
	o.release()
	o.Drop()
	return task.End
}

// release lets go of everything but the result.
func (o *oneshot) release() {
	o.data, o.dictionary, o.rest = nil, nil, nil
	o.out.free()
}

// gather does the next piece of making one block of the output.
func (o *oneshot) gather() int {
	if o.Data == 0 {
		if o.rest = o.Alloc(int(o.out.total)); o.Data == 0 {
			return o.failed(errNoMemory)
		}
	}
	o.rest = o.out.move(o.rest, task.PieceBytes)
	if len(o.rest) > 0 {
		return task.More
	}
	o.Kind = wire.KindBytes
	o.release()
	return task.End
}

// compression compresses in one shot.
type compression struct {
	oneshot
	shelf *shelf
	to    *press
}

// Run implements task.Task.
func (c *compression) Run() int {
	if c.Stopped.Load() {
		c.to = nil
		return c.stopped()
	}
	if !c.complete {
		if err := c.piece(); err != nil {
			c.to = nil
			return c.failed(err)
		}
		if !c.complete {
			return task.More
		}
		c.to.done()
		c.to = nil
	}
	return c.gather()
}

// piece compresses a piece of the input.
func (c *compression) piece() (err error) {
	if c.to == nil {
		if c.to, err = c.shelf.take(&c.params, &c.out, int64(len(c.data))); err != nil {
			return err
		}
	}
	begin := time.Now()
	for done := 0; len(c.data) > 0; {
		n := min(len(c.data), stepBytes)
		if _, err = c.to.Write(c.data[:n]); err != nil {
			return err
		}
		c.data = c.data[n:]
		if done += n; done >= task.PieceBytes || c.Stopped.Load() || time.Since(begin) > pieceTime {
			return nil
		}
	}
	c.complete = true
	return c.to.Close()
}

// decompression decompresses in one shot.
type decompression struct {
	oneshot
	from *pump
}

// Run implements task.Task.
func (d *decompression) Run() int {
	if d.from == nil {
		d.from = newPump(&d.params, &d.Stopped)
		d.from.in.data, d.from.in.last = d.data, true
	}
	if d.Stopped.Load() {
		d.from.stop()
		return d.stopped()
	}
	if !d.complete {
		err := d.piece()
		switch {
		case d.Stopped.Load():
			return task.More // an error may be no more than that
		case err != nil:
			d.from.stop()
			return d.failed(err)
		case !d.complete:
			return task.More
		}
		d.from.stop()
	}
	return d.gather()
}

// piece decompresses a piece of the output, or of the input.
func (d *decompression) piece() error {
	for done := 0; done < task.PieceBytes; {
		room := d.out.room()
		if room == nil {
			return errNoMemory
		}
		n, why := d.from.read(room)
		if err := d.out.commit(n); err != nil {
			return err
		}
		switch why {
		case pumpEnded:
			if d.from.err != io.EOF {
				return d.from.err
			}
			d.complete = true
			return nil
		case pumpPaused:
			return nil
		}
		done += n
	}
	return nil
}
