// SPDX-License-Identifier: MIT

package http

import (
	"errors"
	"io"
	"sync"
)

// source is the body of a request. net/http reads it on goroutines of its own and may go on after the
// response has come; after shut nobody reads the bytes any more, which may be the host's memory.
type source struct {
	mu   sync.Mutex
	data []byte // guarded by mu
	over bool   // guarded by mu
}

var errBodyGone = errors.New("http: the request is over")

// open begins to read the body from its start; it is a request's GetBody.
func (s *source) open() (io.ReadCloser, error) { return &sourceReader{s: s}, nil }

// shut waits for a Read in progress (it only copies) and refuses all later ones. A nil source has none.
func (s *source) shut() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data, s.over = nil, true
}

type sourceReader struct {
	s  *source
	at int // guarded by s.mu
}

func (r *sourceReader) Read(p []byte) (int, error) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	switch {
	case r.s.over:
		return 0, errBodyGone
	case r.at == len(r.s.data):
		return 0, io.EOF
	}
	n := copy(p, r.s.data[r.at:])
	r.at += n
	return n, nil
}

func (r *sourceReader) Close() error { return nil }
