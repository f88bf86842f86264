// SPDX-License-Identifier: MIT

//go:build darwin || freebsd

package fs

import (
	"time"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

// Stand-ins that utimes and futimes replace: not every call here knows the system's own.
var (
	timeNow  = unix.Timespec{Nsec: -1}
	timeOmit = unix.Timespec{Nsec: -2}
)

const pathOnly = 0

// systemFlags returns the system's flags for wire.O*. The second is false when it lacks one.
func systemFlags(flags uint32) (int, bool) {
	const lacks = wire.ODirect | wire.OTmpfile | wire.ONoatime | wire.OPath
	return commonFlags(flags), flags&lacks == 0
}

// inTurn reads or writes piece by piece, up to the first short one.
func inTurn(bufs [][]byte, offset int64, call func(p []byte, offset int64) (int, error)) (int, error) {
	total := 0
	for _, p := range bufs {
		n, err := call(p, offset+int64(total))
		total += max(n, 0)
		if err != nil && total == 0 {
			return 0, err
		}
		if err != nil || n < len(p) {
			break
		}
	}
	return total, nil
}

func readv(fd int, bufs [][]byte, offset int64) (int, error) {
	return inTurn(bufs, offset, func(p []byte, at int64) (int, error) {
		if offset < 0 {
			return unix.Read(fd, p)
		}
		return unix.Pread(fd, p, at)
	})
}

func writev(fd int, bufs [][]byte, offset int64) (int, error) {
	return inTurn(bufs, offset, func(p []byte, at int64) (int, error) {
		if offset < 0 {
			return unix.Write(fd, p)
		}
		return unix.Pwrite(fd, p, at)
	})
}

// resolveTimes replaces the stand-ins.
func resolveTimes(times *[2]unix.Timespec, st *unix.Stat_t) {
	for i, old := range [2]unix.Timespec{st.Atim, st.Mtim} {
		switch times[i] {
		case timeNow:
			times[i] = unix.NsecToTimespec(time.Now().UnixNano())
		case timeOmit:
			times[i] = old
		}
	}
}

func utimes(path string, times *[2]unix.Timespec, follow bool) error {
	flags := 0
	if !follow {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	var st unix.Stat_t
	if err := unix.Fstatat(unix.AT_FDCWD, path, &st, flags); err != nil {
		return err
	}
	resolveTimes(times, &st)
	return unix.UtimesNanoAt(unix.AT_FDCWD, path, times[:], flags)
}

// futimes: these systems take microseconds here.
func futimes(fd int, times *[2]unix.Timespec) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	resolveTimes(times, &st)
	return unix.Futimes(fd, []unix.Timeval{
		unix.NsecToTimeval(unix.TimespecToNsec(times[0])), unix.NsecToTimeval(unix.TimespecToNsec(times[1])),
	})
}

// renameNew: there are two names for a moment.
func renameNew(dir int, name, name2 string) error {
	if err := unix.Linkat(dir, name, dir, name2, 0); err != nil {
		return err
	}
	return unix.Unlinkat(dir, name, 0)
}

func copyRange(int, *int64, int, *int64, int) (int, error) { return 0, unix.ENOSYS }
func sendfile(int, int, *int64, int) (int, error)          { return 0, unix.ENOSYS }
func clone(int, int) error                                 { return unix.ENOTSUP }
func openNow(string, int, bool) (int, error)               { return -1, unix.ENOSYS }
func closeNow(int) error                                   { return unix.ENOSYS }
func startNow(bool, *wire.Stat) (uint64, error)            { return 0, unix.ENOSYS }
func statNow(int, *wire.Stat) (uint64, error)              { return 0, unix.ENOSYS }
func readNow(int, []byte, int64) (int, error)              { return 0, unix.ENOSYS }
func isLocal(int) (bool, error)                            { return false, nil }

func statAt(dir int, path string, follow bool, to *wire.Stat) (uint64, error) {
	flags := 0
	if !follow {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	var st unix.Stat_t
	if err := unix.Fstatat(dir, path, &st, flags); err != nil {
		return 0, err
	}
	fromStat(&st, to)
	return 0, nil
}

func statOpen(fd int, to *wire.Stat) (uint64, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, err
	}
	fromStat(&st, to)
	return 0, nil
}

func fromStat(s *unix.Stat_t, to *wire.Stat) {
	*to = wire.Stat{
		Size: uint64(s.Size), Ino: s.Ino, Nlink: uint64(s.Nlink), Blocks: uint64(s.Blocks),
		BlockSize: uint64(s.Blksize), Dev: uint64(s.Dev), Rdev: uint64(s.Rdev),
		AtimeNS: nanoseconds(s.Atim.Unix()), MtimeNS: nanoseconds(s.Mtim.Unix()),
		CtimeNS: nanoseconds(s.Ctim.Unix()), BirthtimeNS: nanoseconds(s.Btim.Unix()),
		Type: typeOf(uint32(s.Mode)), Mode: uint32(s.Mode), UID: s.Uid, GID: s.Gid, Known: wire.StatBirthtime,
	}
}
