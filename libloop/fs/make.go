// SPDX-License-Identifier: MIT

package fs

import (
	"math/rand/v2"
	"strings"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// stepCalls is how many calls that change names one step makes: about a millisecond of work.
const stepCalls = 64

// mkdir makes a folder, with LOOP_FS_RECURSIVE also those above it.
type mkdir struct {
	op
	todo  []string // the last one next
	first string   // the first that was made
	tries int
}

func (t *mkdir) take(r *wire.FS) int32 {
	t.req.Mode = modeOr(r.Mode, 0o777)
	t.todo = []string{t.path}
	return wire.OK
}

func (t *mkdir) step() int {
	for range stepCalls {
		path := t.todo[len(t.todo)-1]
		err := again(func() error { return t.sys.mkdir(path, t.req.Mode) })
		if t.req.Flags&wire.FSRecursive == 0 {
			if err != nil {
				return t.failed(err)
			}
			return t.value(wire.KindUndefined, 0)
		}
		switch err {
		case nil:
			if t.first == "" {
				t.first = path
			}
		case unix.ENOENT:
			// Each folder above is tried once; if somebody takes them away as fast as they are made, that is the end.
			above := parent(path)
			if t.tries++; above == "" || t.tries > len(t.path) {
				return t.failed(err)
			}
			t.todo = append(t.todo, above)
			continue
		default:
			// One that is there may also be told as EEXIST, EROFS, EACCES, EISDIR ...
			if st, _, err2 := t.statPath(path, true); err2 != nil || st.Type != wire.TypeDir {
				if err == unix.EEXIST && len(t.todo) > 1 {
					err = unix.ENOTDIR
				}
				return t.failed(err)
			}
		}
		if t.todo = t.todo[:len(t.todo)-1]; len(t.todo) == 0 {
			if t.first == "" {
				return t.value(wire.KindUndefined, 0)
			}
			return t.bytes([]byte(t.first))
		}
	}
	return task.More
}

// parent returns the path of the folder above, "" when there is none to make.
func parent(path string) string {
	path = strings.TrimRight(path, "/")
	return strings.TrimRight(path[:strings.LastIndexByte(path, '/')+1], "/")
}

// temp makes a folder or a file with a new name: mkdtemp and mkstemp.
type temp struct{ op }

func (t *temp) step() int {
	var path string
	fd, err := t.makeNew(func(random string) (int, error) {
		path = t.path + random
		if t.req.What == wire.FSMkdtemp {
			return -1, t.sys.mkdir(path, 0o700)
		}
		return t.sys.open(path, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|always, 0o600)
	})
	if err != nil {
		return t.failed(err)
	}
	if t.bytes([]byte(path)); t.Status != wire.OK || fd < 0 {
		_ = t.closeFD(&fd)
		return task.End
	}
	t.Num, t.Flags = int64(fd), wire.EvFD
	return task.End
}

const (
	letters  = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	newTries = 100
)

// makeNew calls create with six random letters and digits until what it makes is new.
func (o *op) makeNew(create func(random string) (int, error)) (fd int, err error) {
	for range newTries {
		var random [6]byte
		for i := range random {
			random[i] = letters[rand.IntN(len(letters))]
		}
		fd, err = again2(func() (int, error) { return create(string(random[:])) })
		if err != unix.EEXIST {
			break
		}
	}
	return fd, err
}
