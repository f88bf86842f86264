// SPDX-License-Identifier: MIT

package crypto

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

func hashFile(path string) ask {
	return ask{what: wire.CryptoHash, alg: wire.HashSHA256, path: path}
}

func sum(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

func TestAFileIsHashedInPieces(t *testing.T) {
	r := newRig(t)
	path := filepath.Join(t.TempDir(), "a file \xff")
	for _, n := range []int{0, 1, readLeast, readPlain, task.PieceBytes, 2*readMost + 1, 3*task.PieceBytes + 5} {
		data := bytes.Repeat([]byte("0123456789"), n/10+1)[:n]
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got := r.do(hashFile(path))
		if hex.EncodeToString(got.data) != sum(data) {
			t.Errorf("%d bytes: %d, %q, %x", n, got.status, got.text, got.data)
		}
		if got.runs < 2+n/task.PieceBytes {
			t.Errorf("%d bytes in %d runs", n, got.runs)
		}
		mac := hmac.New(sha256.New, []byte("key"))
		mac.Write(data)
		a := ask{what: wire.CryptoHMAC, alg: wire.HashSHA256, key: []byte("key"), path: path}
		if got := r.bytes(a); !bytes.Equal(got, mac.Sum(nil)) {
			t.Errorf("hmac of %d bytes: %x", n, got)
		}
	}
}

func TestAFileThatSaysItIsEmptyIsRead(t *testing.T) {
	path := "/proc/version"
	data, err := os.ReadFile(path)
	if err != nil || len(data) == 0 {
		t.Skip("no files like that here")
	}
	if got := hex.EncodeToString(newRig(t).bytes(hashFile(path))); got != sum(data) {
		t.Errorf("%s, want %s", got, sum(data))
	}
}

func TestAPipeIsHashedToItsEnd(t *testing.T) {
	r := newRig(t)
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	x := r.start(hashFile(path))
	for range 3 {
		// No writer: there is nothing to read, and it is not the end either.
		if said := x.Run(); said != task.More {
			t.Fatalf("%#x", said)
		}
	}
	data := bytes.Repeat([]byte("a pipe holds 64 KiB, this is more. "), 10_000)
	written := make(chan error)
	go func() { written <- os.WriteFile(path, data, 0) }()
	got := r.finish(x)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if hex.EncodeToString(got.data) != sum(data) {
		t.Errorf("%d, %q, %x", got.status, got.text, got.data)
	}
}

func TestErrorsOfFilesNameTheFile(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(dir, strings.Repeat("x", 300))
	for _, c := range []struct {
		path   string
		status int32
		errno  syscall.Errno
	}{
		{dir + "/missing", wire.ENOENT, syscall.ENOENT},
		{dir, wire.EISDIR, syscall.EISDIR},
		{loop, wire.ELOOP, syscall.ELOOP},
		{long, wire.ENAMETOOLONG, syscall.ENAMETOOLONG},
		{dir + "/not\xff utf-8", wire.ENOENT, syscall.ENOENT},
	} {
		got := r.do(hashFile(c.path))
		if got.status != c.status || got.errno != int32(c.errno) || got.text != "hash_file "+c.path {
			t.Errorf("%q: status %d, errno %d, %q", c.path, got.status, got.errno, got.text)
		}
	}
	a := ask{what: wire.CryptoHMAC, alg: wire.HashMD5, path: dir + "/missing"}
	r.fails(a, wire.ENOENT, "hmac_file "+dir+"/missing")
}

func TestAStoppedFileHashClosesItsDescriptor(t *testing.T) {
	r := newRig(t)
	large := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(large, bytes.Repeat([]byte("x"), 9*task.PieceBytes), 0o600); err != nil {
		t.Fatal(err)
	}
	before := descriptors(t)
	for _, path := range []string{"/dev/zero", "/dev/urandom", large} { // the first two have no end
		x := r.start(hashFile(path))
		for range 5 {
			if said := x.Run(); said != task.More {
				t.Fatalf("%s: %#x", path, said)
			}
		}
		x.Base().Stopped.Store(true)
		if got := r.finish(x); got.status != wire.ECANCELED || got.runs != 1 {
			t.Errorf("%s: status %d after %d runs", path, got.status, got.runs)
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}

func TestAFileThatGrowsWhileReadIsHashedToItsEnd(t *testing.T) {
	r := newRig(t)
	for _, pieces := range []int{1, 2, 4} { // of the last the next piece is read while one is hashed
		path := filepath.Join(t.TempDir(), "log")
		data := bytes.Repeat([]byte("x"), pieces*task.PieceBytes)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		x := r.start(hashFile(path))
		x.Run()
		x.Run()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = f.WriteString("more"); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		if got := r.finish(x); hex.EncodeToString(got.data) != sum(append(data, "more"...)) {
			t.Errorf("%x", got.data)
		}
	}
}

func TestALargeFileThatShrinksWhileReadIsHashedToItsEnd(t *testing.T) {
	r := newRig(t)
	path := filepath.Join(t.TempDir(), "log")
	data := bytes.Repeat([]byte("0123456789abcdef"), 5*task.PieceBytes/16)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	x := r.start(hashFile(path))
	x.Run()
	x.Run() // the first piece is read
	x.Run() // and hashed, and the second is read
	if err := os.Truncate(path, 3*task.PieceBytes-7); err != nil {
		t.Fatal(err)
	}
	if got := r.finish(x); hex.EncodeToString(got.data) != sum(data[:3*task.PieceBytes-7]) {
		t.Errorf("%x", got.data)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc here")
	}
	return len(entries)
}
