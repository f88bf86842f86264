// SPDX-License-Identifier: MIT

package zip

import (
	"bytes"
	"math/rand"
	"slices"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestInputThatEndsTooSoonSaysSoWhereverItEnds(t *testing.T) {
	random := rand.New(rand.NewSource(21))
	every(t, func(t *testing.T, format uint32) {
		for _, data := range [][]byte{nil, []byte("abc"), text(random, 3000), noise(random, 700)} {
			packed := pack(t, format, 0, data)
			for n := range packed {
				if r := unpack(t, format, 0, packed[:n]); r.status != wire.EOF || r.subject != formats[format].decompress {
					t.Fatalf("%d bytes of %d: %v", n, len(packed), r)
				}
			}
		}
	})
}

func TestWhatFollowsTheEndIsTreatedAsInNode(t *testing.T) {
	join := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	gz := pack(t, wire.ZipGzip, 0, []byte("abc"))
	gz2 := pack(t, wire.ZipGzip, 0, []byte("def"))
	tests := []struct {
		name   string
		tail   []byte
		gunzip string // what comes out; "": an error
		status int32
	}{
		{"nothing", nil, "abc", wire.OK},
		{"a zero", []byte{0}, "abc", wire.OK},
		{"zeros", make([]byte, 100), "abc", wire.OK},
		{"zeros and then something", []byte{0, 0, 1, 2}, "abc", wire.OK},
		{"a zero and a member", join([]byte{0}, gz2), "abc", wire.OK},
		{"a member", gz2, "abcdef", wire.OK},
		{"two members", join(gz2, gz2), "abcdefdef", wire.OK},
		{"a member and zeros", join(gz2, make([]byte, 10)), "abcdef", wire.OK},
		{"a byte of garbage", []byte("a"), "", wire.EOF},
		{"two bytes of garbage", []byte("ab"), "", wire.EDATA},
		{"garbage", []byte("garbage that is longer than any head"), "", wire.EDATA},
		{"a byte of a head", []byte{0x1f}, "", wire.EOF},
		{"two bytes of a head", []byte{0x1f, 0x8b}, "", wire.EOF},
		{"a head of another method", []byte{0x1f, 0x8b, 0xff, 0xff}, "", wire.EDATA},
		{"a head with reserved flags", []byte{0x1f, 0x8b, 8, 0x20, 0, 0, 0, 0, 0, 3}, "", wire.EDATA},
		{"half a member", gz2[:12], "", wire.EOF},
	}
	for _, test := range tests {
		r := unpack(t, wire.ZipGzip, 0, join(gz, test.tail))
		if r.status != test.status || string(r.data) != test.gunzip {
			t.Errorf("gzip, then %s: %v", test.name, r)
		}
		for _, format := range []uint32{wire.ZipDeflate, wire.ZipDeflateRaw, wire.ZipBrotli} {
			packed := pack(t, format, 0, []byte("abc"))
			same(t, unpack(t, format, 0, join(packed, test.tail)), []byte("abc"))
		}
	}
}

func TestZstdFramesFollowEachOtherAndNothingElseDoes(t *testing.T) {
	abc, def := pack(t, wire.ZipZstd, 0, []byte("abc")), pack(t, wire.ZipZstd, 0, []byte("def"))
	skip := []byte{0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3}
	same(t, unpack(t, wire.ZipZstd, 0, slices.Concat(abc, def)), []byte("abcdef"))
	same(t, unpack(t, wire.ZipZstd, 0, slices.Concat(skip, abc, skip, def, skip)), []byte("abcdef"))
	same(t, unpack(t, wire.ZipZstd, 0, skip), nil)
	for tail, status := range map[string]int32{
		"garbage": wire.EDATA, "\x00\x00\x00\x00": wire.EDATA, "\x28": wire.EOF, "\x28\xb5\x2f": wire.EOF,
		"\x28\xb5\x2f\xfd": wire.EOF,
	} {
		if r := unpack(t, wire.ZipZstd, 0, append(bytes.Clone(abc), tail...)); r.status != status {
			t.Errorf("then %q: %v", tail, r)
		}
	}
}

func TestCorruptDataHasAReason(t *testing.T) {
	data := text(rand.New(rand.NewSource(22)), 5000)
	flip := func(format uint32, at int, bits byte) []byte {
		packed := pack(t, format, 0, data)
		if at < 0 {
			at += len(packed)
		}
		packed[at] ^= bits
		return packed
	}
	tests := []struct {
		format  uint32
		data    []byte
		subject string
	}{
		{wire.ZipGzip, flip(wire.ZipGzip, 0, 1), "gunzip: header"},
		{wire.ZipGzip, flip(wire.ZipGzip, -1, 1), "gunzip: checksum"}, // its length
		{wire.ZipGzip, flip(wire.ZipGzip, -5, 1), "gunzip: checksum"},
		{wire.ZipDeflate, flip(wire.ZipDeflate, 0, 1), "inflate: header"},
		{wire.ZipDeflate, flip(wire.ZipDeflate, -1, 1), "inflate: checksum"},
		{wire.ZipDeflateRaw, []byte{7}, "inflate_raw"},
		{wire.ZipZstd, flip(wire.ZipZstd, 0, 1), "zstd_decompress: header"},
		{wire.ZipZstd, flip(wire.ZipZstd, -1, 1), "zstd_decompress: checksum"},
		{wire.ZipBrotli, []byte{0xff, 0xff, 0xff, 0xff}, "brotli_decompress"},
	}
	for _, test := range tests {
		if r := unpack(t, test.format, 0, test.data); r.status != wire.EDATA || r.subject != test.subject {
			t.Errorf("%v, wanted %s", r, test.subject)
		}
	}
}

func TestDictionariesHaveToBeTheSameOnBothSides(t *testing.T) {
	random := rand.New(rand.NewSource(23))
	dictionary, other := text(random, 3000), text(random, 3000)
	data := append(bytes.Clone(dictionary[1000:2500]), text(random, 500)...)
	with := func(what, format uint32, in, dictionary []byte) result {
		rec := record(what, format, in)
		rec.know(dictionary)
		return run(t, rec)
	}
	for _, format := range []uint32{wire.ZipDeflate, wire.ZipDeflateRaw, wire.ZipZstd} {
		name := formats[format].decompress
		packed := with(wire.ZipCompress, format, data, dictionary)
		if plain := pack(t, format, 0, data); len(packed.data) > len(plain)*2/3 {
			t.Errorf("%s: %d bytes with the dictionary, %d without", name, len(packed.data), len(plain))
		}
		same(t, with(wire.ZipDecompress, format, packed.data, dictionary), data)
		for _, wrong := range [][]byte{nil, other} {
			r := with(wire.ZipDecompress, format, packed.data, wrong)
			if format == wire.ZipDeflateRaw && wrong != nil {
				// The format has nothing that would tell.
				if r.status == wire.OK && bytes.Equal(r.data, data) {
					t.Errorf("%s with another dictionary: %v", name, r)
				}
			} else if r.status != wire.EDATA {
				t.Errorf("%s with another dictionary: %v", name, r)
			}
		}
		// One that was not needed is none.
		if format == wire.ZipDeflate {
			same(t, with(wire.ZipDecompress, format, pack(t, format, 0, data), other), data)
		}
	}
}

func TestEveryLevelUsesItsDictionary(t *testing.T) {
	random := rand.New(rand.NewSource(24))
	dictionary := text(random, 40_000) // more than the window of deflate
	data := bytes.Clone(dictionary[30_000:32_000])
	for _, format := range []uint32{wire.ZipDeflate, wire.ZipDeflateRaw, wire.ZipZstd} {
		for level := max(formats[format].lowest, 0); level <= min(formats[format].highest, 10); level++ {
			rec := record(wire.ZipCompress, format, data)
			rec.Level = level
			rec.know(dictionary)
			packed := run(t, rec)
			if plain := pack(t, format, level, data); len(packed.data) > len(plain)*3/4 && level > 0 {
				t.Errorf("%s, level %d: %v, %d bytes without it", nameOfRecord(rec), level, packed, len(plain))
			}
			back := record(wire.ZipDecompress, format, packed.data)
			back.know(dictionary)
			same(t, run(t, back), data)
		}
	}
}

func TestAZstdDictionaryWithBrokenTablesIsAnArgument(t *testing.T) {
	dictionary := append([]byte{0x37, 0xa4, 0x30, 0xec}, bytes.Repeat([]byte{0xff}, 100)...)
	for _, what := range []uint32{wire.ZipCompress, wire.ZipDecompress} {
		in := pack(t, wire.ZipZstd, 0, []byte("abc"))
		rec := record(what, wire.ZipZstd, in)
		rec.know(dictionary)
		if r := run(t, rec); r.status != wire.EINVAL || r.subject != nameOfRecord(rec)+": dictionary" {
			t.Errorf("%v", r)
		}
	}
}

// damage changes data at random places, as a bad disk or a bad peer would.
func damage(random *rand.Rand, data []byte) []byte {
	data = bytes.Clone(data)
	for range 1 + random.Intn(4) {
		if len(data) == 0 {
			return []byte{byte(random.Intn(256))}
		}
		at := random.Intn(len(data))
		switch random.Intn(6) {
		case 0, 1:
			data[at] ^= 1 << random.Intn(8)
		case 2:
			data[at] = byte(random.Intn(256))
		case 3:
			data = data[:at]
		case 4:
			data = append(data[:at:at], data[min(len(data), at+1+random.Intn(8)):]...)
		case 5:
			data = slices.Insert(data, at, data[at:min(len(data), at+1+random.Intn(30))]...)
		}
	}
	return data
}

func TestDamagedDataIsAnErrorWithANameOrOtherData(t *testing.T) {
	rounds := scaled(1500)
	random := rand.New(rand.NewSource(25))
	every(t, func(t *testing.T, format uint32) {
		var seeds [][]byte
		for _, level := range []int32{formats[format].lowest, 0, 1, 9} {
			for _, data := range [][]byte{nil, text(random, 50), text(random, 5000), noise(random, 300), make([]byte, 70_000)} {
				seeds = append(seeds, pack(t, format, level, data))
			}
		}
		counts := map[int32]int{}
		for i := range rounds {
			data := damage(random, seeds[i%len(seeds)])
			r := unpack(t, format, 1<<20, data)
			counts[r.status]++
			switch r.status {
			case wire.OK, wire.EOF, wire.EDATA, wire.ETOOBIG:
			default:
				t.Fatalf("round %d: %v for % x", i, r, data)
			}
		}
		if counts[wire.EOF] == 0 || counts[wire.EDATA] == 0 {
			t.Errorf("statuses: %v", counts)
		}
	})
}

func FuzzDecompress(f *testing.F) {
	for format := uint32(1); format < uint32(len(formats)); format++ {
		for _, data := range []string{"", "abc", "abcabcabcabcabcabcabcabcabcabc"} {
			f.Add(format, pack(f, format, 0, []byte(data)))
		}
	}
	f.Fuzz(func(t *testing.T, format uint32, data []byte) {
		if format == 0 || format >= uint32(len(formats)) {
			return
		}
		switch r := unpack(t, format, 1<<20, data); r.status {
		case wire.OK, wire.EOF, wire.EDATA, wire.ETOOBIG:
		default:
			t.Errorf("%v", r)
		}
	})
}
