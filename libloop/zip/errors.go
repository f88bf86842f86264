// SPDX-License-Identifier: MIT

package zip

import (
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"libloop.dev/libloop/libloop/internal/wire"
)

var (
	errStopped       = errors.New("zip: the task was stopped")
	errTooBig        = errors.New("zip: more output than allowed")
	errNoMemory      = errors.New("zip: out of memory")
	errWindow        = errors.New("zip: the data asks for too large a window")
	errBadDictionary = errors.New("zip: the dictionary is none")
)

// reasons names the errors whose cause a reader of the error's text can use.
var reasons = []struct {
	err    error
	status int32
	text   string
}{
	{errTooBig, wire.ETOOBIG, ""},
	{errNoMemory, wire.ENOMEM, ""},
	{errWindow, wire.ETOOBIG, "window"},
	{errBadDictionary, wire.EINVAL, "dictionary"},
	{io.ErrUnexpectedEOF, wire.EOF, ""},
	{gzip.ErrHeader, wire.EDATA, "header"},
	{gzip.ErrChecksum, wire.EDATA, "checksum"},
	{zlib.ErrHeader, wire.EDATA, "header"},
	{zlib.ErrChecksum, wire.EDATA, "checksum"},
	{zlib.ErrDictionary, wire.EDATA, "dictionary"},
	{zstd.ErrMagicMismatch, wire.EDATA, "header"},
	{zstd.ErrCRCMismatch, wire.EDATA, "checksum"},
	{zstd.ErrUnknownDictionary, wire.EDATA, "dictionary"},
}

// verdict says what an error of a library or of this package means: a code, and the error's text. What the
// libraries say beyond that is about the inside of corrupt data.
func verdict(name string, err error) (status int32, subject string) {
	for _, r := range reasons {
		if !errors.Is(err, r.err) {
			continue
		}
		if r.text != "" {
			name += ": " + r.text
		}
		return r.status, name
	}
	return wire.EDATA, name
}
