// SPDX-License-Identifier: MIT

package fs

import (
	"strings"

	"golang.org/x/sys/unix"
)

// realpath finds the absolute path of a file without links, "." and "..".
type realpath struct {
	op
	buf []byte // for one link or the working folder; no system has longer ones
}

const linksMost = 40 // as in Linux

func (t *realpath) step() int {
	t.buf = make([]byte, 4096)
	path, err := t.resolve()
	if err != nil {
		return t.failed(err)
	}
	return t.bytes([]byte(path))
}

// resolve goes through the names of the path one by one.
func (t *realpath) resolve() (string, error) {
	rest, found := t.path, "" // found: what is resolved; "" is the root
	if rest == "" {
		return "", unix.ENOENT
	}
	if rest[0] != '/' {
		var err error
		if found, err = t.workingFolder(); err != nil {
			return "", err
		}
	}
	links := 0
	folder := false // found must be one, and nobody has looked yet
	for rest != "" {
		name, behind, slash := strings.Cut(rest, "/")
		rest = behind
		switch name {
		case "", ".":
			continue
		case "..":
			if folder {
				if err := t.mustBeFolder(found); err != nil {
					return "", err
				}
				folder = false
			}
			found = found[:max(strings.LastIndexByte(found, '/'), 0)]
			continue
		}
		target, err := t.link(found + "/" + name)
		switch err {
		case nil:
			if links++; links > linksMost {
				return "", unix.ELOOP
			}
			if target == "" {
				return "", unix.ENOENT
			}
			if target[0] == '/' {
				found = ""
			}
			if rest = target; slash {
				rest += "/" + behind
			}
			folder = false
		case unix.EINVAL: // no link
			found += "/" + name
			folder = slash
		default:
			return "", err
		}
	}
	if folder {
		if err := t.mustBeFolder(found); err != nil {
			return "", err
		}
	}
	if found == "" {
		found = "/"
	}
	return found, nil
}

// workingFolder returns the path of the working folder, "" for the root.
func (t *realpath) workingFolder() (string, error) {
	n, err := again2(func() (int, error) { return t.sys.getcwd(t.buf) })
	if err != nil {
		return "", err
	}
	path := string(untilNul(t.buf[:n]))
	if path == "" || path[0] != '/' {
		return "", unix.ENOENT // it is outside of what this process can reach
	}
	return strings.TrimRight(path, "/"), nil
}

// link reads what a symbolic link says. EINVAL: it is none.
func (t *realpath) link(path string) (string, error) {
	n, err := again2(func() (int, error) { return t.sys.readlink(path, t.buf) })
	return string(t.buf[:max(n, 0)]), err
}

// mustBeFolder gives ENOTDIR for what is none.
func (t *realpath) mustBeFolder(path string) error {
	if _, err := t.link(path + "/."); err != unix.EINVAL {
		return err
	}
	return nil
}
