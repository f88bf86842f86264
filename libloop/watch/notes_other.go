// SPDX-License-Identifier: MIT

//go:build !linux

package watch

import "golang.org/x/sys/unix"

// notes are what the system tells by itself: here nothing that this package understands.
type notes struct{}

func (*notes) init(*watcher) {}
func (*notes) leave()        {}
func (*notes) close()        {}

func newEye(w *watch) eye {
	if w.spec.Poll == 0 {
		w.spec.Poll = pollUsual
	}
	return newSurvey(w)
}

// through is for a folder on the way to another one.
const through = unix.O_RDONLY

// openBelow opens a folder below an open one. Nothing on the way may be a symlink.
func openBelow(root int, path string) (int, error) { return walkBelow(root, path) }
