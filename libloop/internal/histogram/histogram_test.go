// SPDX-License-Identifier: MIT

package histogram

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// near says that a time is within the promised error of another.
func near(got, want int64) bool {
	return math.Abs(float64(got)-float64(want)) <= float64(want)/16
}

func TestEveryTimeIsInABucketWhoseMiddleIsNear(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	check := func(ns int64) {
		t.Helper()
		b := bucketOf(uint64(ns))
		if b >= buckets {
			t.Fatalf("%d: bucket %d of %d", ns, b, buckets)
		}
		if got := middle(int(b)); !near(got, ns) {
			t.Fatalf("%d: bucket %d, middle %d", ns, b, got)
		}
	}
	for ns := range int64(100_000) {
		check(ns)
	}
	for shift := range 63 {
		for _, d := range []int64{-1, 0, 1} {
			if ns := int64(1)<<shift + d; ns >= 0 {
				check(ns)
			}
		}
		for range 100 {
			check(r.Int64N(int64(1)<<shift) + int64(1)<<shift/2)
		}
	}
	check(math.MaxInt64)
}

func TestBucketsAreInTheOrderOfTheirTimes(t *testing.T) {
	for i := 1; i <= int(bucketOf(math.MaxInt64)); i++ {
		if middle(i) <= middle(i-1) {
			t.Fatalf("bucket %d: %d after %d", i, middle(i), middle(i-1))
		}
		if got := bucketOf(uint64(middle(i))); got != uint(i) {
			t.Fatalf("the middle of bucket %d is in %d", i, got)
		}
	}
}

func TestPercentilesAreThoseOfTheSortedTimes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var h Histogram
		times := make([]int64, 1+r.IntN(500))
		var sum int64
		for i := range times {
			times[i] = r.Int64N(1 << (1 + r.IntN(45)))
			sum += times[i]
			h.Add(times[i])
		}
		slices.Sort(times)
		for _, percent := range []uint64{1, 50, 90, 99, 100} {
			rank := (uint64(len(times))*percent + 99) / 100
			if got, want := h.Percentile(percent), times[rank-1]; !near(got, want) {
				t.Fatalf("p%d of %d times: %d, want %d", percent, len(times), got, want)
			}
		}
		if h.Sum() != sum || h.Max() != times[len(times)-1] {
			t.Fatalf("sum %d, max %d", h.Sum(), h.Max())
		}
	}
}

func TestNoPercentileIsGreaterThanTheGreatestTime(t *testing.T) {
	var h Histogram
	h.Add(1025)
	if got := h.Percentile(50); got != 1025 {
		t.Fatal(got)
	}
}

func TestAnEmptyHistogramIsZero(t *testing.T) {
	var h Histogram
	if h.Percentile(99) != 0 || h.Sum() != 0 || h.Max() != 0 {
		t.Fatal("not 0")
	}
}

func TestNegativeTimesCountAsZero(t *testing.T) {
	var h Histogram
	h.Add(-5)
	h.Add(math.MinInt64)
	if h.Percentile(100) != 0 || h.Sum() != 0 || h.Max() != 0 || h.counts[0] != 2 {
		t.Fatalf("%+v", h)
	}
}

func TestTheSumSaturates(t *testing.T) {
	var h Histogram
	h.Add(math.MaxInt64)
	h.Add(1)
	if h.Sum() != math.MaxInt64 || h.Percentile(1) != 1 {
		t.Fatalf("sum %d", h.Sum())
	}
	h.Add(1)
	if h.Sum() != math.MaxInt64 {
		t.Fatalf("sum %d", h.Sum())
	}
}

func BenchmarkAdd(b *testing.B) {
	var h Histogram
	ns := int64(0)
	for b.Loop() {
		ns = (ns*5 + 777) & 0xfffff
		h.Add(ns)
	}
}
