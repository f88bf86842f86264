// SPDX-License-Identifier: MIT

package zip

import (
	"bytes"
	"io"
	"math/rand"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestACompressorThatWasUsedWorksAsANewOne(t *testing.T) {
	random := rand.New(rand.NewSource(41))
	every(t, func(t *testing.T, format uint32) {
		shared := noun
		defer func() { noun = shared }()
		for level := max(formats[format].lowest, 0); level <= min(formats[format].highest, 10); level++ {
			for range 2 {
				data := text(random, random.Intn(scaled(30_000)))
				if random.Intn(3) == 0 {
					data = noise(random, random.Intn(3000))
				}
				noun = shared
				if random.Intn(2) == 0 { // one that ends badly in between
					rec := record(wire.ZipCompress, format, data)
					rec.Level, rec.MaxOut = level, 1
					if r := run(t, rec); r.status != wire.ETOOBIG {
						t.Fatal(r)
					}
				}
				used := pack(t, format, level, data)
				noun = New()
				if fresh := pack(t, format, level, data); !bytes.Equal(used, fresh) {
					t.Errorf("level %d, %d bytes: %d from a used one, %d from a new one",
						level, len(data), len(used), len(fresh))
				}
			}
		}
	})
}

func TestCompressorsAreKeptForJobsThatAreAlike(t *testing.T) {
	tests := map[string]struct {
		p    params
		size int64
		keep bool
	}{
		"gzip":              {params{format: wire.ZipGzip}, 1000, true},
		"gzip, 1 MiB":       {params{format: wire.ZipGzip, level: 9}, 1 << 20, true},
		"gzip, more":        {params{format: wire.ZipGzip}, 1<<20 + 1, false},
		"gzip, unknown":     {params{format: wire.ZipGzip}, -1, false},
		"zstd":              {params{format: wire.ZipZstd}, 0, true},
		"zstd, best":        {params{format: wire.ZipZstd, level: 22}, 1000, false},
		"brotli":            {params{format: wire.ZipBrotli}, 100_000, true},
		"brotli, best":      {params{format: wire.ZipBrotli, level: 11}, 1000, false},
		"with a dictionary": {params{format: wire.ZipDeflate, dictionary: []byte("d")}, 1000, false},
	}
	for name, test := range tests {
		s := &shelf{}
		kept := false
		for range 10 { // a pool may lose what it is given
			one, err := s.take(&test.p, io.Discard, test.size)
			if err != nil {
				t.Fatal(err)
			}
			one.done()
			two, err := s.take(&test.p, io.Discard, test.size)
			if err != nil {
				t.Fatal(err)
			}
			kept = kept || one == two
			two.done()
		}
		if kept != test.keep {
			t.Errorf("%s: kept is %t", name, kept)
		}
	}
}

func TestJobsThatDifferShareNoCompressor(t *testing.T) {
	places := map[place]string{}
	for _, job := range []struct {
		name string
		p    params
		size int64
	}{
		{"gzip 6", params{format: wire.ZipGzip}, 10},
		{"gzip 9", params{format: wire.ZipGzip, level: 9}, 10},
		{"gzip store", params{format: wire.ZipGzip, level: wire.ZipStore}, 10},
		{"deflate 6", params{format: wire.ZipDeflate}, 10},
		{"zstd small", params{format: wire.ZipZstd}, smallWindow},
		{"zstd large", params{format: wire.ZipZstd}, smallWindow + 1},
		{"brotli small", params{format: wire.ZipBrotli}, smallWindow},
	} {
		at, keep := placeOf(&job.p, job.size)
		if other := places[at]; other != "" || !keep {
			t.Errorf("%s is at the place of %q, kept: %t", job.name, other, keep)
		}
		places[at] = job.name
	}
	long, _ := placeOf(&params{format: wire.ZipGzip, level: 6}, 1000)
	short, _ := placeOf(&params{format: wire.ZipGzip}, 10)
	if long != short {
		t.Error("the usual level has two places")
	}
}
