// SPDX-License-Identifier: MIT

package zip

import (
	"bufio"
	"io"

	"github.com/klauspost/compress/gzip"
)

// members reads the members of a gzip file, as Node does: a zero byte behind a member is padding and ends the
// file, whatever follows it; anything else has to be a further member.
type members struct {
	in     *bufio.Reader
	member *gzip.Reader
	inside bool // of a member
}

// Read implements io.Reader.
func (m *members) Read(p []byte) (int, error) {
	for {
		if !m.inside {
			if err := m.next(); err != nil {
				return 0, err
			}
		}
		n, err := m.member.Read(p)
		if err == io.EOF {
			m.inside, err = false, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next begins a member. io.EOF: there is none.
func (m *members) next() error {
	first, err := m.in.Peek(1)
	if m.member == nil {
		err = noEOF(err) // a file has one member at least
	} else if err == nil && first[0] == 0 {
		err = io.EOF
	}
	if err == nil {
		err = m.checkHead()
	}
	if err != nil {
		return err
	}
	if m.member == nil {
		m.member, err = gzip.NewReader(m.in)
	} else {
		err = m.member.Reset(m.in)
	}
	if err != nil {
		return noEOF(err)
	}
	m.member.Multistream(false)
	m.inside = true
	return nil
}

// checkHead tells what is no gzip from a head that is cut off, with as few bytes as zlib needs for it.
func (m *members) checkHead() error {
	const methodDeflate, reservedFlags = 8, 0xe0
	head, err := m.in.Peek(2)
	if err != nil {
		return noEOF(err)
	}
	if head[0] != 0x1f || head[1] != 0x8b {
		return gzip.ErrHeader
	}
	if head, err = m.in.Peek(4); err != nil {
		return noEOF(err)
	}
	if head[2] != methodDeflate || head[3]&reservedFlags != 0 {
		return gzip.ErrHeader
	}
	return nil
}
