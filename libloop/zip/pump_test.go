// SPDX-License-Identifier: MIT

package zip

import (
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// reading is a decompressor made of a function.
type reading func(in *source, out []byte) (int, error)

// pumpOf makes a pump with a decompressor of the test's own.
func pumpOf(stopped *atomic.Bool, read reading) *pump {
	p := newPump(&params{format: wire.ZipGzip}, stopped)
	p.open = func(_ *params, in *source) (io.Reader, error) {
		return readerFunc(func(out []byte) (int, error) { return read(in, out) }), nil
	}
	return p
}

type readerFunc func(out []byte) (int, error)

func (f readerFunc) Read(out []byte) (int, error) { return f(out) }

// pass gives back what it reads.
func pass(in *source, out []byte) (int, error) { return in.Read(out) }

func TestAPumpStandsStillWhereInputEndsAndGoesOnThere(t *testing.T) {
	var stopped atomic.Bool
	p := pumpOf(&stopped, pass)
	out := make([]byte, 10)
	filled := 0
	for _, piece := range []string{"abc", "", "defg"} {
		p.in.data = []byte(piece)
		n, why := p.read(out[filled:])
		if filled += n; why != pumpHungry || n != len(piece) {
			t.Fatalf("%q: %d bytes, %d", piece, n, why)
		}
	}
	p.in.data, p.in.last = []byte("hij"), true
	if n, why := p.read(out[filled:]); n != 3 || why != pumpFull || string(out) != "abcdefghij" {
		t.Fatalf("%d bytes, %d, %q", n, why, out)
	}
	for range 2 {
		if n, why := p.read(out); n != 0 || why != pumpEnded || p.err != io.EOF {
			t.Fatalf("%d bytes, %d, %v", n, why, p.err)
		}
	}
	if p.running {
		t.Error("its goroutine is left")
	}
}

func TestAPumpPausesAfterAPieceOfInput(t *testing.T) {
	var stopped atomic.Bool
	p := pumpOf(&stopped, func(in *source, out []byte) (int, error) {
		for { // nothing comes of it
			if _, err := in.Read(make([]byte, 1000)); err != nil {
				return 0, err
			}
		}
	})
	p.in.data, p.in.last = make([]byte, 3*task.PieceBytes), true
	pauses := 0
	for {
		n, why := p.read(make([]byte, 10))
		if n != 0 || why == pumpFull || why == pumpHungry {
			t.Fatalf("%d bytes, %d", n, why)
		}
		if why == pumpEnded {
			break
		}
		pauses++
	}
	if pauses < 2 || p.err != io.EOF {
		t.Errorf("%d pauses, %v", pauses, p.err)
	}
}

func TestWhatIsSmallAndWholeNeedsNoGoroutine(t *testing.T) {
	var stopped atomic.Bool
	p := pumpOf(&stopped, pass)
	p.in.data, p.in.last = []byte("abc"), true
	if n, why := p.read(make([]byte, 2)); n != 2 || why != pumpFull || p.running {
		t.Errorf("%d bytes, %d, running %t", n, why, p.running)
	}
	p.stop()
	p.stop()
}

func TestAStoppedSourceGivesNothingMore(t *testing.T) {
	var stopped atomic.Bool
	in := source{data: []byte("abc"), last: true, stopped: &stopped}
	if n, err := in.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	stopped.Store(true)
	if n, err := in.Read(make([]byte, 1)); n != 0 || err != errStopped {
		t.Errorf("%d, %v", n, err)
	}
}

func TestADecompressorThatTriesAgainEndsToo(t *testing.T) {
	var stopped atomic.Bool
	errors, bytes := 0, 0
	p := pumpOf(&stopped, func(in *source, out []byte) (int, error) {
		for {
			n, err := in.Read(make([]byte, 1000))
			if err == nil && errors > 0 {
				bytes += n
			}
			if err != nil {
				if errors++; errors == 3 {
					return 0, err
				}
			}
		}
	})
	p.in.data = make([]byte, 2*task.PieceBytes)
	if _, why := p.read(make([]byte, 10)); why != pumpPaused {
		t.Fatal(why)
	}
	p.stop()
	if p.running || errors != 3 || bytes != 0 {
		t.Errorf("running %t, %d errors, %d bytes after the first", p.running, errors, bytes)
	}
}

func TestAPanicSaysWhereItWas(t *testing.T) {
	var stopped atomic.Bool
	p := pumpOf(&stopped, func(in *source, out []byte) (int, error) {
		_, _ = in.Read(out)
		panic("a bug of a library")
	})
	p.in.data = []byte("a")
	defer func() {
		text, _ := recover().(string)
		if !strings.Contains(text, "a bug of a library") || !strings.Contains(text, "pump_test.go") {
			t.Errorf("panic: %s", text)
		}
		if p.stop(); p.running {
			t.Error("its goroutine is left")
		}
	}()
	p.read(make([]byte, 10))
	t.Error("no panic")
}
