// SPDX-License-Identifier: MIT

//! What is known of files and file systems.

use std::fmt;
use std::ptr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use libloop_sys as sys;

/// What a file is.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileType {
    /// The file system does not say.
    Unknown,
    /// A regular file.
    File,
    /// A folder.
    Dir,
    /// A symbolic link.
    Symlink,
    /// A FIFO: a pipe with a name.
    Fifo,
    /// A socket.
    Socket,
    /// A device that gives bytes, such as a terminal.
    CharDevice,
    /// A device that gives blocks, such as a disk.
    BlockDevice,
}

impl FileType {
    pub(super) fn of(raw: u32) -> FileType {
        match raw {
            sys::LOOP_TYPE_FILE => FileType::File,
            sys::LOOP_TYPE_DIR => FileType::Dir,
            sys::LOOP_TYPE_LINK => FileType::Symlink,
            sys::LOOP_TYPE_FIFO => FileType::Fifo,
            sys::LOOP_TYPE_SOCKET => FileType::Socket,
            sys::LOOP_TYPE_CHAR => FileType::CharDevice,
            sys::LOOP_TYPE_BLOCK => FileType::BlockDevice,
            _ => FileType::Unknown,
        }
    }
}

/// Properties that some file systems keep of a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attributes(u32);

macro_rules! attributes {
    ($($(#[$doc:meta])* $name:ident = $raw:ident;)*) => {
        impl Attributes {
            $($(#[$doc])* pub const $name: Attributes = Attributes(sys::$raw);)*
            const NAMES: &'static [(&'static str, Attributes)] =
                &[$((stringify!($name), Attributes::$name)),*];
        }
    };
}

attributes! {
    /// The file system compresses it.
    COMPRESSED = LOOP_ATTR_COMPRESSED;
    /// It cannot be changed.
    IMMUTABLE = LOOP_ATTR_IMMUTABLE;
    /// It can only be added to.
    APPEND = LOOP_ATTR_APPEND;
    /// Backups leave it out.
    NO_DUMP = LOOP_ATTR_NODUMP;
    /// A key is needed to read it.
    ENCRYPTED = LOOP_ATTR_ENCRYPTED;
    /// A file system is mounted here.
    MOUNT_ROOT = LOOP_ATTR_MOUNT_ROOT;
    /// Its content is checked as it is read.
    VERITY = LOOP_ATTR_VERITY;
    /// It is not cached: it lies in memory.
    DAX = LOOP_ATTR_DAX;
}

impl Attributes {
    /// Whether it has all of these.
    #[must_use]
    pub fn contains(self, these: Attributes) -> bool {
        self.0 & these.0 == these.0
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = Attributes::NAMES.iter().filter(|(_, bit)| self.contains(*bit)).map(|it| it.0);
        let set: Vec<&str> = set.collect();
        f.write_str(if set.is_empty() { "NOTHING" } else { "" })?;
        f.write_str(&set.join(" | "))
    }
}

/// What is known of a file: see [`Fs::stat`](super::Fs::stat).
#[derive(Clone, Copy)]
pub struct Stat {
    raw: sys::loop_stat_t,
}

/// The time so many nanoseconds after 1970.
fn time_at(nanos: i64) -> SystemTime {
    let distance = Duration::from_nanos(nanos.unsigned_abs());
    if nanos < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
}

impl Stat {
    /// From the bytes of an event; fields that an older library does not know stay 0.
    pub(super) fn of(bytes: &[u8]) -> Stat {
        // SAFETY: the record consists of integers.
        Stat { raw: unsafe { record(bytes) } }
    }

    fn known(&self, bit: u32) -> bool {
        self.raw.known & bit != 0
    }

    /// What it is.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        FileType::of(self.raw.type_)
    }

    /// Whether it is a regular file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.file_type() == FileType::File
    }

    /// Whether it is a folder.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.file_type() == FileType::Dir
    }

    /// Whether it is a symbolic link; only [`Fs::lstat`](super::Fs::lstat) says so.
    #[must_use]
    pub fn is_symlink(&self) -> bool {
        self.file_type() == FileType::Symlink
    }

    /// Bytes.
    #[must_use]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> u64 {
        self.raw.size
    }

    /// Type and permissions, as `st_mode`.
    #[must_use]
    pub fn mode(&self) -> u32 {
        self.raw.mode
    }

    /// The owner.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.raw.uid
    }

    /// The group.
    #[must_use]
    pub fn gid(&self) -> u32 {
        self.raw.gid
    }

    /// With [`Stat::dev`]: which file it is.
    #[must_use]
    pub fn ino(&self) -> u64 {
        self.raw.ino
    }

    /// The device that it lies on, as `st_dev`.
    #[must_use]
    pub fn dev(&self) -> u64 {
        self.raw.dev
    }

    /// The device that it is, as `st_rdev`.
    #[must_use]
    pub fn rdev(&self) -> u64 {
        self.raw.rdev
    }

    /// How many names it has.
    #[must_use]
    pub fn nlink(&self) -> u64 {
        self.raw.nlink
    }

    /// What it takes on the disk, in blocks of 512 bytes.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.raw.blocks
    }

    /// Bytes that are good for reading and writing it.
    #[must_use]
    pub fn block_size(&self) -> u64 {
        self.raw.block_size
    }

    /// When it was last read.
    #[must_use]
    pub fn accessed(&self) -> SystemTime {
        time_at(self.raw.atime_ns)
    }

    /// When its content last changed.
    #[must_use]
    pub fn modified(&self) -> SystemTime {
        time_at(self.raw.mtime_ns)
    }

    /// When content, mode, owner or names last changed.
    #[must_use]
    pub fn changed(&self) -> SystemTime {
        time_at(self.raw.ctime_ns)
    }

    /// When it was made, if the file system keeps that.
    #[must_use]
    pub fn created(&self) -> Option<SystemTime> {
        self.known(sys::LOOP_STAT_BIRTHTIME).then(|| time_at(self.raw.birthtime_ns))
    }

    /// Which mount it was reached through.
    #[must_use]
    pub fn mount_id(&self) -> Option<u64> {
        self.known(sys::LOOP_STAT_MOUNT_ID).then_some(self.raw.mount_id)
    }

    /// Further properties, if the file system keeps them.
    #[must_use]
    pub fn attributes(&self) -> Option<Attributes> {
        self.known(sys::LOOP_STAT_ATTRIBUTES).then_some(Attributes(self.raw.attributes))
    }
}

impl fmt::Debug for Stat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stat")
            .field("file_type", &self.file_type())
            .field("len", &self.len())
            .field("mode", &format_args!("{:#o}", self.mode()))
            .field("modified", &self.modified())
            .finish_non_exhaustive()
    }
}

/// What is known of a file system: see [`Fs::statfs`](super::Fs::statfs).
#[derive(Clone, Copy)]
pub struct StatFs {
    raw: sys::loop_statfs_t,
}

impl StatFs {
    /// From the bytes of an event; fields that an older library does not know stay 0.
    pub(super) fn of(bytes: &[u8]) -> StatFs {
        // SAFETY: the record consists of integers.
        StatFs { raw: unsafe { record(bytes) } }
    }

    /// The system's number for its kind.
    #[must_use]
    pub fn kind(&self) -> u64 {
        self.raw.type_
    }

    /// Bytes of a block.
    #[must_use]
    pub fn block_size(&self) -> u64 {
        self.raw.block_size
    }

    /// Blocks that it has.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.raw.blocks
    }

    /// Blocks that are free.
    #[must_use]
    pub fn blocks_free(&self) -> u64 {
        self.raw.blocks_free
    }

    /// Of those, blocks for who is not root.
    #[must_use]
    pub fn blocks_available(&self) -> u64 {
        self.raw.blocks_available
    }

    /// Files (inodes) that it can have; 0: without limit.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.raw.files
    }

    /// Files that can still be made.
    #[must_use]
    pub fn files_free(&self) -> u64 {
        self.raw.files_free
    }

    /// The system's number for this one.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.raw.id
    }

    /// Bytes of the longest name.
    #[must_use]
    pub fn name_max(&self) -> u64 {
        self.raw.name_max
    }

    /// Flags of the mount, as `f_flags`.
    #[must_use]
    pub fn flags(&self) -> u64 {
        self.raw.flags
    }
}

impl fmt::Debug for StatFs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatFs")
            .field("kind", &format_args!("{:#x}", self.kind()))
            .field("block_size", &self.block_size())
            .field("blocks", &self.blocks())
            .field("blocks_available", &self.blocks_available())
            .finish_non_exhaustive()
    }
}

/// As much of a record as there are bytes.
///
/// # Safety
///
/// Any bytes must be a valid `T`.
unsafe fn record<T: Copy + Default>(bytes: &[u8]) -> T {
    let mut record = T::default();
    let len = bytes.len().min(size_of::<T>());
    // SAFETY: `len` bytes can be read there and written here, into memory of our own; the caller
    // says that they may be anything.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), (&raw mut record).cast::<u8>(), len) };
    record
}
