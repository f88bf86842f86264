// SPDX-License-Identifier: MIT

package libloop

import (
	"libloop.dev/libloop/libloop/crypto"
	"libloop.dev/libloop/libloop/fs"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/zip"
)

// batteries returns what the pool does in Go for the host of one loop.
func batteries() *nouns {
	return &nouns{
		wire.OpFS:     &fs.Noun,
		wire.OpCrypto: &crypto.Noun,
		wire.OpZip:    zip.New(),
	}
}
