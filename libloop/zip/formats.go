// SPDX-License-Identifier: MIT

package zip

import (
	"bufio"
	"errors"
	"io"
	"math/bits"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"libloop.dev/libloop/libloop/internal/wire"
)

// format is what holds for one format. Level 0 is its own choice.
type format struct {
	compress, decompress string // names of the operations
	lowest, highest      int32
	usual                int // what level 0 stands for
	dictionary           bool
}

var formats = [...]format{
	wire.ZipGzip:       {"gzip", "gunzip", wire.ZipStore, 9, 6, false},
	wire.ZipDeflate:    {"deflate", "inflate", wire.ZipStore, 9, 6, true},
	wire.ZipDeflateRaw: {"deflate_raw", "inflate_raw", wire.ZipStore, 9, 6, true},
	wire.ZipZstd:       {"zstd_compress", "zstd_decompress", 0, 22, 3, true},
	wire.ZipBrotli:     {"brotli_compress", "brotli_decompress", 0, 11, 6, false},
}

// operation is what an op is called in traces, statistics and errors.
func operation(format, what uint32) string {
	if compresses(what) {
		return formats[format].compress
	}
	return formats[format].decompress
}

// compressor is what the libraries have in common. Flush lets everything written so far come out.
type compressor interface {
	io.WriteCloser
	Flush() error
}

// newCompressor makes the compressor of a place that writes to w. size is the number of bytes that will be
// written, -1 when it is not known: then memory for the largest window is taken.
func newCompressor(p *params, at place, w io.Writer, size int64) (compressor, error) {
	level := at.level
	if level == wire.ZipStore {
		level = flate.NoCompression
	}
	switch p.format {
	case wire.ZipGzip:
		return gzip.NewWriterLevel(w, level)
	case wire.ZipDeflate:
		return zlib.NewWriterLevelDict(w, level, p.dictionary)
	case wire.ZipDeflateRaw:
		if p.dictionary == nil {
			return flate.NewWriter(w, level)
		}
		return flate.NewWriterDict(w, level, p.dictionary)
	case wire.ZipZstd:
		return newZstdWriter(p, at, w, size)
	}
	return newBrotliWriter(at, w, size), nil
}

// newZstdWriter makes a compressor that runs on its caller's thread alone.
func newZstdWriter(p *params, at place, w io.Writer, size int64) (compressor, error) {
	options := []zstd.EOption{
		zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true),
		zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(at.level)),
	}
	if at.window > 0 {
		options = append(options, zstd.WithWindowSize(at.window))
	} else if reach := size + int64(len(p.dictionary)); size >= 0 && reach < zstdUsualWindow {
		options = append(options, zstd.WithWindowSize(max(zstd.MinWindowSize, 1<<bits.Len64(uint64(reach)))))
	}
	if p.dictionary != nil {
		if isTrained(p.dictionary) {
			options = append(options, zstd.WithEncoderDict(p.dictionary))
		} else {
			options = append(options, zstd.WithEncoderDictRaw(0, p.dictionary))
		}
	}
	z, err := zstd.NewWriter(nil, options...)
	if err != nil {
		return nil, errBadDictionary
	}
	z.ResetContentSize(w, max(size, 0)) // 0: not known
	return z, nil
}

const (
	// zstdUsualWindow is the smallest of the windows that the levels choose.
	zstdUsualWindow = 4 << 20
	// zstdMostWindow is what a frame may ask for, as zstd(1) has it, and zstdAnyWindow what it may ask for
	// however little output is allowed.
	zstdMostWindow = 128 << 20
	zstdAnyWindow  = 8 << 20
)

// isTrained says whether a zstd dictionary has tables; otherwise it is only text to refer to.
func isTrained(dictionary []byte) bool {
	return len(dictionary) >= 4 && string(dictionary[:4]) == "\x37\xa4\x30\xec"
}

// newBrotliWriter chooses the window so that it holds what will be written, and no larger than usual.
func newBrotliWriter(at place, w io.Writer, size int64) compressor {
	const smallest, usual, slack = 16, 22, 16
	window := usual
	if at.window > 0 {
		window = bits.Len(uint(at.window)) - 1
	} else if size >= 0 {
		window = min(max(smallest, bits.Len64(uint64(size)+slack)), usual)
	}
	return brotli.NewWriterOptions(w, brotli.WriterOptions{Quality: at.level, LGWin: window})
}

// newDecompressor makes the decompressor that reads from in. It may read at once, and beyond its end.
func newDecompressor(p *params, in *source) (io.Reader, error) {
	if p.format == wire.ZipBrotli {
		return &brotliReader{brotli.NewReader(in)}, nil
	}
	buffered := bufio.NewReaderSize(in, in.buffer())
	switch p.format {
	case wire.ZipGzip:
		return &members{in: buffered}, nil
	case wire.ZipDeflate:
		return zlib.NewReaderDict(buffered, p.dictionary)
	case wire.ZipDeflateRaw:
		return flate.NewReaderDict(buffered, p.dictionary), nil
	}
	return newZstdReader(p, buffered)
}

// noEOF makes an end of input inside of a format what it is.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// newZstdReader makes a decompressor that runs on its caller's thread alone. It looks at the head of the first
// frame, so that a window that is too large is told from data that is corrupt.
func newZstdReader(p *params, in *bufio.Reader) (io.Reader, error) {
	most := uint64(zstdMostWindow)
	if p.maxOut > 0 {
		most = min(most, max(zstdAnyWindow, p.maxOut))
	}
	var head zstd.Header
	for n := 1; ; n++ {
		start, short := in.Peek(n)
		err := head.Decode(start)
		if err == nil {
			break
		}
		if err != io.ErrUnexpectedEOF || short != nil {
			return nil, errors.Join(noEOF(short), err)
		}
	}
	window := head.WindowSize
	if head.SingleSegment {
		window = head.FrameContentSize
	}
	if window > most {
		return nil, errWindow
	}
	options := []zstd.DOption{
		zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(most), zstd.WithDecoderMaxMemory(most),
	}
	if p.dictionary != nil {
		if isTrained(p.dictionary) {
			options = append(options, zstd.WithDecoderDicts(p.dictionary))
		} else {
			options = append(options, zstd.WithDecoderDictRaw(0, p.dictionary))
		}
	}
	z, err := zstd.NewReader(nil, options...)
	if err != nil {
		return nil, errBadDictionary
	}
	return z, z.Reset(in)
}

// brotliReader ignores what follows the end, as Node does. The library has no name for that error.
type brotliReader struct{ *brotli.Reader }

func (r *brotliReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && err.Error() == "brotli: excessive input" {
		err = io.EOF
	}
	return n, err
}
