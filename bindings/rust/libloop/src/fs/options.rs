// SPDX-License-Identifier: MIT

//! How things are opened, written, copied, made, removed.

use std::fmt;
use std::ops::BitOr;
use std::time::{SystemTime, UNIX_EPOCH};

use libloop_sys as sys;

/// Sets or clears bits.
fn put(flags: &mut u32, bits: u32, set: bool) {
    *flags = if set { *flags | bits } else { *flags & !bits };
}

/// How a file is opened, as [`std::fs::OpenOptions`]: see [`Fs::open`](super::Fs::open).
///
/// Every file is opened close-on-exec, and a terminal never becomes the controlling one.
///
/// # Examples
///
/// ```
/// let log = libloop::fs::OpenOptions::new().append(true).create(true).mode(0o600);
/// # let _ = log;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "give it to Fs::open"]
pub struct OpenOptions {
    read: bool,
    write: bool,
    append: bool,
    truncate: bool,
    create: bool,
    create_new: bool,
    flags: u32,
    pub(super) mode: u32,
}

impl OpenOptions {
    /// Nothing is set. To open a file, at least one of `read`, `write` and `append` must be.
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// To be read.
    pub fn read(mut self, yes: bool) -> OpenOptions {
        self.read = yes;
        self
    }

    /// To be written.
    pub fn write(mut self, yes: bool) -> OpenOptions {
        self.write = yes;
        self
    }

    /// To be written, each write to the end.
    pub fn append(mut self, yes: bool) -> OpenOptions {
        self.append = yes;
        self
    }

    /// Cut to 0 bytes. Needs `write`.
    pub fn truncate(mut self, yes: bool) -> OpenOptions {
        self.truncate = yes;
        self
    }

    /// Made if it is not there. Needs `write` or `append`.
    pub fn create(mut self, yes: bool) -> OpenOptions {
        self.create = yes;
        self
    }

    /// Made; [`Code::Exists`](crate::Code::Exists) if it is there. Needs `write` or `append`.
    pub fn create_new(mut self, yes: bool) -> OpenOptions {
        self.create_new = yes;
        self
    }

    /// Permissions of a new file, less the umask. Default: `0o666`.
    pub fn mode(mut self, mode: u32) -> OpenOptions {
        self.mode = mode;
        self
    }

    /// [`Code::TooManyLinks`](crate::Code::TooManyLinks) if the last part of the path is a symbolic
    /// link.
    pub fn no_follow(mut self, yes: bool) -> OpenOptions {
        put(&mut self.flags, sys::LOOP_O_NOFOLLOW, yes);
        self
    }

    /// [`Code::NotDirectory`](crate::Code::NotDirectory) if it is none.
    pub fn directory(mut self, yes: bool) -> OpenOptions {
        put(&mut self.flags, sys::LOOP_O_DIRECTORY, yes);
        self
    }

    /// Each write is on the disk before it ends.
    pub fn sync(mut self, yes: bool) -> OpenOptions {
        put(&mut self.flags, sys::LOOP_O_SYNC, yes);
        self
    }

    /// The same without what only describes the file.
    pub fn sync_data(mut self, yes: bool) -> OpenOptions {
        put(&mut self.flags, sys::LOOP_O_DSYNC, yes);
        self
    }

    /// For FIFOs and devices: opening does not wait for the other side.
    pub fn nonblock(mut self, yes: bool) -> OpenOptions {
        put(&mut self.flags, sys::LOOP_O_NONBLOCK, yes);
        self
    }

    /// Past the cache; buffers, lengths and offsets keep to the file system's alignments. This and
    /// the following ones give [`Code::NotSupported`](crate::Code::NotSupported) where the system
    /// does not have them.
    pub fn direct(mut self, yes: bool) -> OpenOptions {
        put(&mut self.flags, sys::LOOP_O_DIRECT, yes);
        self
    }

    /// A file without a name in the folder at the path. Needs `write`.
    pub fn nameless(mut self, yes: bool) -> OpenOptions {
        put(&mut self.flags, sys::LOOP_O_TMPFILE, yes);
        self
    }

    /// Reading does not change the access time.
    pub fn no_access_time(mut self, yes: bool) -> OpenOptions {
        put(&mut self.flags, sys::LOOP_O_NOATIME, yes);
        self
    }

    /// Names the file without opening it; nothing else is needed.
    pub fn path_only(mut self, yes: bool) -> OpenOptions {
        put(&mut self.flags, sys::LOOP_O_PATH, yes);
        self
    }

    /// The bits for C; None for what means nothing, by the rules of `std::fs::OpenOptions`.
    pub(super) fn bits(&self) -> Option<u32> {
        let access = match (self.read, self.write, self.append) {
            (true, false, false) => sys::LOOP_O_RDONLY,
            (false, true, false) => sys::LOOP_O_WRONLY,
            (true, true, false) => sys::LOOP_O_RDWR,
            (false, _, true) => sys::LOOP_O_WRONLY | sys::LOOP_O_APPEND,
            (true, _, true) => sys::LOOP_O_RDWR | sys::LOOP_O_APPEND,
            (false, false, false) if self.flags & sys::LOOP_O_PATH != 0 => sys::LOOP_O_RDONLY,
            (false, false, false) => return None,
        };
        let makes = self.create || self.create_new;
        let writes = self.write || self.append;
        if (makes || self.truncate) && !writes
            || self.truncate && self.append && !self.create_new
            || self.flags & sys::LOOP_O_TMPFILE != 0 && !self.write
        {
            return None;
        }
        let making = match (self.create, self.truncate, self.create_new) {
            (false, false, false) => 0,
            (true, false, false) => sys::LOOP_O_CREAT,
            (false, true, false) => sys::LOOP_O_TRUNC,
            (true, true, false) => sys::LOOP_O_CREAT | sys::LOOP_O_TRUNC,
            (_, _, true) => sys::LOOP_O_CREAT | sys::LOOP_O_EXCL,
        };
        Some(access | making | self.flags)
    }
}

/// How a file is written: see [`Fs::write_file_with`](super::Fs::write_file_with).
#[derive(Clone, Debug, Default)]
#[must_use = "give it to Fs::write_file_with"]
pub struct WriteOptions {
    pub(super) flags: u32,
    pub(super) mode: u32,
}

impl WriteOptions {
    /// No options.
    pub fn new() -> WriteOptions {
        WriteOptions::default()
    }

    /// [`Code::Exists`](crate::Code::Exists) if it is there.
    pub fn create_new(mut self, yes: bool) -> WriteOptions {
        put(&mut self.flags, sys::LOOP_FS_EXCL, yes);
        self
    }

    /// All of it or the old file: the data goes to a new file in the same folder, is brought to the
    /// disk, and takes the place of the old one in one step. A symbolic link is replaced, not
    /// followed. Not for [`Fs::append_file_with`](super::Fs::append_file_with).
    pub fn atomic(mut self, yes: bool) -> WriteOptions {
        put(&mut self.flags, sys::LOOP_FS_ATOMIC, yes);
        self
    }

    /// Adds to the end of the file. For [`Fs::write_stream`](super::Fs::write_stream);
    /// [`Fs::append_file`](super::Fs::append_file) does it anyway.
    pub fn append(mut self, yes: bool) -> WriteOptions {
        put(&mut self.flags, sys::LOOP_FS_APPEND, yes);
        self
    }

    /// The data is on the disk when it ends.
    pub fn sync(mut self, yes: bool) -> WriteOptions {
        put(&mut self.flags, sys::LOOP_FS_SYNC, yes);
        self
    }

    /// Permissions of a new file, less the umask. Default: `0o666`.
    pub fn mode(mut self, mode: u32) -> WriteOptions {
        self.mode = mode;
        self
    }
}

/// How a file is copied: see [`Fs::copy_file_with`](super::Fs::copy_file_with).
#[derive(Clone, Debug, Default)]
#[must_use = "give it to Fs::copy_file_with"]
pub struct CopyOptions {
    pub(super) flags: u32,
}

impl CopyOptions {
    /// No options.
    pub fn new() -> CopyOptions {
        CopyOptions::default()
    }

    /// [`Code::Exists`](crate::Code::Exists) if the copy is there.
    pub fn create_new(mut self, yes: bool) -> CopyOptions {
        put(&mut self.flags, sys::LOOP_FS_EXCL, yes);
        self
    }

    /// The two share their blocks, if the file system can.
    pub fn reflink(mut self, yes: bool) -> CopyOptions {
        put(&mut self.flags, sys::LOOP_FS_REFLINK, yes);
        self
    }

    /// The two share their blocks, or it fails with
    /// [`Code::NotSupported`](crate::Code::NotSupported).
    pub fn reflink_only(mut self, yes: bool) -> CopyOptions {
        put(&mut self.flags, sys::LOOP_FS_REFLINK_ONLY, yes);
        self
    }
}

/// How a folder is made: see [`Fs::mkdir_with`](super::Fs::mkdir_with).
#[derive(Clone, Debug, Default)]
#[must_use = "give it to Fs::mkdir_with"]
pub struct MkdirOptions {
    pub(super) flags: u32,
    pub(super) mode: u32,
}

impl MkdirOptions {
    /// No options.
    pub fn new() -> MkdirOptions {
        MkdirOptions::default()
    }

    /// The folders above it are made, too, and it is no error if it is there.
    pub fn recursive(mut self, yes: bool) -> MkdirOptions {
        put(&mut self.flags, sys::LOOP_FS_RECURSIVE, yes);
        self
    }

    /// Permissions, less the umask. Default: `0o777`.
    pub fn mode(mut self, mode: u32) -> MkdirOptions {
        self.mode = mode;
        self
    }
}

/// How something is taken away: see [`Fs::remove_with`](super::Fs::remove_with).
#[derive(Clone, Debug, Default)]
#[must_use = "give it to Fs::remove_with"]
pub struct RemoveOptions {
    pub(super) flags: u32,
}

impl RemoveOptions {
    /// No options.
    pub fn new() -> RemoveOptions {
        RemoveOptions::default()
    }

    /// A folder with all that is in it.
    pub fn recursive(mut self, yes: bool) -> RemoveOptions {
        put(&mut self.flags, sys::LOOP_FS_RECURSIVE, yes);
        self
    }

    /// It is no error if it is not there.
    pub fn force(mut self, yes: bool) -> RemoveOptions {
        put(&mut self.flags, sys::LOOP_FS_FORCE, yes);
        self
    }
}

/// What a file is asked for: see [`Fs::access`](super::Fs::access).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Access(pub(super) u32);

impl Access {
    /// It is there.
    pub const EXISTS: Access = Access(sys::LOOP_ACCESS_EXISTS);
    /// It may be read.
    pub const READ: Access = Access(sys::LOOP_ACCESS_READ);
    /// It may be written.
    pub const WRITE: Access = Access(sys::LOOP_ACCESS_WRITE);
    /// It may be executed; of a folder: entered.
    pub const EXECUTE: Access = Access(sys::LOOP_ACCESS_EXECUTE);
}

impl BitOr for Access {
    type Output = Access;

    fn bitor(self, other: Access) -> Access {
        Access(self.0 | other.0)
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [(Access::READ, "READ"), (Access::WRITE, "WRITE"), (Access::EXECUTE, "EXECUTE")];
        let set: Vec<&str> =
            all.iter().filter(|(bit, _)| self.0 & bit.0 != 0).map(|it| it.1).collect();
        f.write_str(if set.is_empty() { "EXISTS" } else { "" })?;
        f.write_str(&set.join(" | "))
    }
}

/// What a time of a file is set to: see [`Fs::utimes`](super::Fs::utimes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileTime {
    /// The time when it is done.
    Now,
    /// It stays as it is.
    Omit,
    /// To the nanosecond; what lies beyond the years 1677 and 2262 is cut to the nearest.
    At(SystemTime),
}

impl From<SystemTime> for FileTime {
    fn from(time: SystemTime) -> FileTime {
        FileTime::At(time)
    }
}

impl FileTime {
    pub(super) fn raw(self) -> i64 {
        match self {
            FileTime::Now => sys::LOOP_TIME_NOW,
            FileTime::Omit => sys::LOOP_TIME_OMIT,
            FileTime::At(time) => match time.duration_since(UNIX_EPOCH) {
                Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
                // The lowest numbers mean something else.
                Err(before) => i64::try_from(before.duration().as_nanos())
                    .map_or(i64::MIN, |nanos| -nanos)
                    .max(sys::LOOP_TIME_OMIT + 1),
            },
        }
    }
}
