// SPDX-License-Identifier: MIT

package libloop

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

func TestErrnosHaveTheirCodes(t *testing.T) {
	for errno, want := range map[syscall.Errno]int32{
		0: wire.OK, syscall.ENOENT: wire.ENOENT, syscall.EMFILE: wire.EMFILE, syscall.EAGAIN: wire.EAGAIN,
		syscall.EBADF: wire.EBADF, syscall.ENOTTY: wire.ESYS,
		syscall.Errno(4095): wire.ESYS,
	} {
		if got := wire.FromErrno(errno); got != want {
			t.Errorf("%d: %d, want %d", errno, got, want)
		}
	}
}

func TestErrorsAreUnwrappedToTheirErrno(t *testing.T) {
	_, err := os.Open("/no/such/file")
	for name, c := range map[string]struct {
		err   error
		code  int32
		errno syscall.Errno
	}{
		"none":            {nil, wire.OK, 0},
		"an errno":        {syscall.EPERM, wire.EPERM, syscall.EPERM},
		"a path error":    {err, wire.ENOENT, syscall.ENOENT},
		"a wrapped one":   {fmt.Errorf("outer: %w", syscall.EIO), wire.EIO, syscall.EIO},
		"one without any": {errors.New("other"), wire.ESYS, 0},
	} {
		if code, errno := fromError(c.err); code != c.code || errno != c.errno {
			t.Errorf("%s: %d, %d; want %d, %d", name, code, errno, c.code, c.errno)
		}
	}
}

func TestKnownCodesAreThoseOfTheHeader(t *testing.T) {
	for code := int32(-200); code < 10; code++ {
		want := code <= 0 && code >= wire.EDATA || code <= wire.ESYS && code >= wire.ESTALE
		if known(code) != want {
			t.Errorf("known(%d) is %t", code, known(code))
		}
	}
	for _, code := range wire.Errnos {
		if !known(code) {
			t.Errorf("%d is the code of an errno, but not known", code)
		}
	}
}

func TestTheSystemClockIsThatOfC(t *testing.T) {
	read := func() int64 {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
			t.Fatal(err)
		}
		return ts.Nano()
	}
	for range 100 {
		before := read()
		now := systemClock{}.Now()
		if after := read(); now < before || now > after {
			t.Fatalf("%d is not between %d and %d", now, before, after)
		}
	}
}
