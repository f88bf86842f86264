// SPDX-License-Identifier: MIT

package timers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// model is a queue beside a plain list of the keys that should be in it.
type model struct {
	t    testing.TB
	q    *Queue
	live map[Ref]Key
	refs Ref
	seq  map[Ref]int // order of starting
	n    int
}

func newModel(t testing.TB) *model {
	m := &model{t: t, live: map[Ref]Key{}, seq: map[Ref]int{}}
	m.q = New(m)
	return m
}

func (m *model) Live(k Key) bool { return m.live[k.Ref()].Word == k.Word }

func (m *model) Moved(k Key, word uint64) { m.live[k.Ref()] = Key{k.Deadline, word} }

func (m *model) push(deadline int64) Ref {
	m.refs++
	m.n++
	m.live[m.refs] = Key{deadline, m.q.Push(deadline, m.refs)}
	m.seq[m.refs] = m.n
	return m.refs
}

func (m *model) stop(r Ref) {
	delete(m.live, r)
	m.q.Stopped()
}

// min drops dead keys and returns the first live one.
func (m *model) min() (Key, bool) {
	for {
		k, ok := m.q.Min()
		if !ok || m.Live(k) {
			return k, ok
		}
		m.q.Pop(true)
	}
}

// pop takes the first live key out.
func (m *model) pop() (Key, bool) {
	k, ok := m.min()
	if ok {
		m.q.Pop(false)
		delete(m.live, k.Ref())
	}
	return k, ok
}

// before is the order that the queue promises.
func (m *model) before(a, b Ref) bool {
	da, db := m.live[a].Deadline, m.live[b].Deadline
	return da < db || da == db && m.seq[a] < m.seq[b]
}

// sorted returns all live refs in order.
func (m *model) sorted() []Ref {
	var all []Ref
	for r := range m.live {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Ref) int {
		if m.before(a, b) {
			return -1
		}
		return 1
	})
	return all
}

// drain takes everything out and checks the order.
func (m *model) drain() {
	m.t.Helper()
	for i, want := range m.sorted() {
		k, ok := m.pop()
		if !ok || k.Ref() != want {
			m.t.Fatalf("key %d is of %d (deadline %d), want %d", i, k.Ref(), k.Deadline, want)
		}
	}
	if k, ok := m.pop(); ok || m.q.Len() != 0 {
		m.t.Fatalf("%d keys left, the first is %v", m.q.Len(), k)
	}
}

var shapes = map[string]func(r *rand.Rand, i int) int64{
	"random within a second":  func(r *rand.Rand, _ int) int64 { return 1e15 + r.Int64N(1e9) },
	"random anywhere":         func(r *rand.Rand, _ int) int64 { return int64(r.Uint64()) },
	"equal":                   func(*rand.Rand, int) int64 { return 77 },
	"few values":              func(r *rand.Rand, _ int) int64 { return 1e12 + r.Int64N(7) },
	"rising":                  func(_ *rand.Rand, i int) int64 { return int64(i) * 1000 },
	"falling":                 func(_ *rand.Rand, i int) int64 { return -int64(i) * 1000 },
	"the ends of the scale":   func(r *rand.Rand, _ int) int64 { return []int64{math.MinInt64, -1, 0, 1, math.MaxInt64}[r.IntN(5)] },
	"one second apart, bunch": func(_ *rand.Rand, i int) int64 { return int64(i%10) * 1e9 },
}

func TestKeysComeInTheOrderOfDeadlineAndPush(t *testing.T) {
	for name, shape := range shapes {
		for _, n := range []int{1, 33, 5000, 20_000} {
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				m := newModel(t)
				r := rand.New(rand.NewPCG(3, uint64(n)))
				for i := range n {
					m.push(shape(r, i))
				}
				m.drain()
			})
		}
	}
}

// TestAnyMixOfCallsKeepsTheOrder pushes relative to a time that moves on, as a loop does, with looks at the
// first key in between, so that pushes land before, in and behind what is in order already.
func TestAnyMixOfCallsKeepsTheOrder(t *testing.T) {
	for seed := range uint64(60) {
		m := newModel(t)
		r := rand.New(rand.NewPCG(seed, 9))
		now, last := int64(1e12), Key{Deadline: math.MinInt64}
		span := []int64{10, 1000, 1e6, 1e9, 1e14}[seed%5]
		var refs []Ref
		for range 3000 {
			switch r.IntN(10) {
			case 0, 1, 2, 3, 4:
				refs = append(refs, m.push(now+r.Int64N(span)-span/10))
				last = Key{Deadline: math.MinInt64} // may be first now
			case 5, 6:
				if len(refs) > 0 {
					if x := refs[r.IntN(len(refs))]; m.live[x].Word != 0 {
						m.stop(x)
					}
				}
			case 7:
				if k, ok := m.min(); ok {
					now = max(now, k.Deadline)
				}
			default:
				k, ok := m.pop()
				if ok && k.less(last) {
					t.Fatalf("seed %d: %v behind %v", seed, k, last)
				}
				last = k
			}
		}
		m.drain()
	}
}

func TestTakeDueGivesTheSameKeysAsMinAndPop(t *testing.T) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			m := newModel(t)
			r := rand.New(rand.NewPCG(4, 4))
			for i := range 10_000 {
				x := m.push(shape(r, i))
				if r.IntN(3) == 0 {
					m.stop(x)
				}
				if i%1000 == 0 {
					m.min() // later keys are pushed before base
				}
			}
			order := m.sorted()
			var buf [77]Key
			for len(order) > 0 {
				now := m.live[order[r.IntN(len(order))]].Deadline
				for {
					n := m.q.TakeDue(now, buf[:1+r.IntN(77)])
					if n == 0 {
						break
					}
					dead := 0
					for _, k := range buf[:n] {
						if k.Deadline > now {
							t.Fatalf("%v is not due at %d", k, now)
						}
						if !m.Live(k) {
							dead++
							continue
						}
						if k.Ref() != order[0] {
							t.Fatalf("got %d, want %d", k.Ref(), order[0])
						}
						delete(m.live, k.Ref())
						order = order[1:]
					}
					m.q.Dropped(dead)
				}
				if len(order) > 0 && m.live[order[0]].Deadline <= now {
					t.Fatalf("%d is due at %d and was not taken", order[0], now)
				}
			}
			m.drain()
			if m.q.dead != 0 {
				t.Fatalf("%d dead keys counted in an empty queue", m.q.dead)
			}
		})
	}
}

func TestManyShortTimersBeforeAFarOneAreOrderedAnew(t *testing.T) {
	m := newModel(t)
	m.push(1e12)
	m.min() // the order reaches to the far one now
	r := rand.New(rand.NewPCG(5, 5))
	for range 8 * crowded {
		m.push(r.Int64N(1e9))
	}
	if n := len(m.q.near); n > crowded {
		t.Fatalf("%d keys in the heap", n)
	}
	m.drain()
}

func TestDeadKeysAreDroppedWhenTheyAreOverHalf(t *testing.T) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			m := newModel(t)
			r := rand.New(rand.NewPCG(8, 8))
			const n = 20_000
			for i := range n {
				m.push(shape(r, i))
				if i == n/2 {
					m.min()
				}
			}
			for _, i := range r.Perm(n)[:n-50] {
				m.stop(Ref(i + 1))
			}
			if got := m.q.Len(); got > 200 {
				t.Fatalf("%d keys for 50 live ones", got)
			}
			m.drain()
		})
	}
}

func TestStoppingEverythingLeavesAnEmptyQueue(t *testing.T) {
	m := newModel(t)
	for i := range 1000 {
		m.push(int64(i))
	}
	for r := range m.refs {
		m.stop(r + 1)
	}
	m.drain()
	m.push(5)
	m.drain()
}

func TestSequencesStartAnewWhenTheyAreUsedUp(t *testing.T) {
	m := newModel(t)
	for i := range 100 {
		m.push(int64(i % 3))
	}
	m.stop(7)
	m.q.seq = maxSequence - 50
	for i := range 100 {
		m.push(int64(i % 3))
	}
	if m.q.seq > 300 {
		t.Fatalf("sequence %d", m.q.seq)
	}
	m.drain()
}

func TestAnEmptyQueueKeepsLittleMemory(t *testing.T) {
	m := newModel(t)
	for round := range 2 {
		for i := range 50_000 {
			m.push(int64(i * 37 % 1000))
		}
		for {
			if _, ok := m.pop(); !ok {
				break
			}
		}
		if n := len(m.q.chunks.slabs); n > slabsKept {
			t.Fatalf("round %d: %d slabs kept", round, n)
		}
	}
}

func TestSumsAndDifferencesSaturate(t *testing.T) {
	for _, c := range []struct{ a, b, sum, diff int64 }{
		{1, 2, 3, -1},
		{0, 0, 0, 0},
		{math.MaxInt64, 1, math.MaxInt64, math.MaxInt64 - 1},
		{math.MaxInt64, math.MaxInt64, math.MaxInt64, 0},
		{math.MinInt64, -1, math.MinInt64, math.MinInt64 + 1},
		{math.MinInt64, 1, math.MinInt64 + 1, math.MinInt64},
		{math.MinInt64, math.MinInt64, math.MinInt64, 0},
		{math.MinInt64, math.MaxInt64, -1, math.MinInt64},
		{math.MaxInt64, math.MinInt64, -1, math.MaxInt64},
		{0, math.MinInt64, math.MinInt64, math.MaxInt64},
		{-1, math.MinInt64, math.MinInt64, math.MaxInt64},
		{-1, 1, 0, -2},
	} {
		if got := Add(c.a, c.b); got != c.sum {
			t.Errorf("Add(%d, %d) = %d, want %d", c.a, c.b, got, c.sum)
		}
		if got := Sub(c.a, c.b); got != c.diff {
			t.Errorf("Sub(%d, %d) = %d, want %d", c.a, c.b, got, c.diff)
		}
	}
}

func TestASteadyQueueAllocatesNothing(t *testing.T) {
	q := New(everLive{})
	now := int64(0)
	f := func() {
		for i := range int64(500) {
			q.Push(now+i*7919%100_000, Ref(i))
		}
		now += 100_000
		for k, ok := q.Min(); ok && k.Deadline < now; k, ok = q.Min() {
			q.Pop(false)
		}
	}
	for range 50 {
		f()
	}
	if n := testing.AllocsPerRun(200, f); n != 0 {
		t.Fatalf("%v allocations in a round", n)
	}
}

type everLive struct{}

func (everLive) Live(Key) bool     { return true }
func (everLive) Moved(Key, uint64) {}

func BenchmarkPush(b *testing.B) {
	q := New(everLive{})
	r := rand.New(rand.NewPCG(1, 1))
	for i := range b.N {
		q.Push(1e15+r.Int64N(1e9), Ref(i))
	}
}

func BenchmarkPop(b *testing.B) {
	q := New(everLive{})
	r := rand.New(rand.NewPCG(1, 1))
	for i := range b.N {
		q.Push(1e15+r.Int64N(1e9), Ref(i))
	}
	b.ResetTimer()
	for range b.N {
		q.Min()
		q.Pop(false)
	}
}
