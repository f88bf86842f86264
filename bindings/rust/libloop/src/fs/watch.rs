// SPDX-License-Identifier: MIT

//! Watching files, folders and trees.

use std::ffi::{CString, OsStr};
use std::fmt;
use std::ops::BitOr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::time::Duration;

use libloop_sys as sys;

use super::Fs;
use crate::event::Event;
use crate::slab::Callback;
use crate::submit::OpParts;
use crate::time::nanos;
use crate::{Code, Error, Loop, Watch};

/// What a [`Change`] tells; a set.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Changes(u32);

impl Changes {
    /// A name is new.
    pub const CREATED: Changes = Changes(sys::LOOP_WATCH_CREATED);
    /// A name is gone.
    pub const DELETED: Changes = Changes(sys::LOOP_WATCH_DELETED);
    /// Content was written, or a watched file was replaced.
    pub const MODIFIED: Changes = Changes(sys::LOOP_WATCH_MODIFIED);
    /// Mode, owner, times, links or the like.
    pub const ATTRIBUTES: Changes = Changes(sys::LOOP_WATCH_ATTRIBUTES);
    /// A name became another one: [`Change::old_path`] is the one before.
    pub const RENAMED: Changes = Changes(sys::LOOP_WATCH_RENAMED);
    /// The first change: from now on everything is told.
    pub const READY: Changes = Changes(sys::LOOP_WATCH_READY);
    /// Changes were lost; look for yourself. All that follows is told.
    pub const OVERFLOW: Changes = Changes(sys::LOOP_WATCH_OVERFLOW);
    /// This folder cannot be watched.
    pub const UNWATCHED: Changes = Changes(sys::LOOP_WATCH_UNWATCHED);

    /// Whether all of `other` is in it.
    #[must_use]
    pub fn contains(self, other: Changes) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Changes {
    type Output = Changes;

    fn bitor(self, other: Changes) -> Changes {
        Changes(self.0 | other.0)
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (Changes::CREATED, "CREATED"),
            (Changes::DELETED, "DELETED"),
            (Changes::MODIFIED, "MODIFIED"),
            (Changes::ATTRIBUTES, "ATTRIBUTES"),
            (Changes::RENAMED, "RENAMED"),
            (Changes::READY, "READY"),
            (Changes::OVERFLOW, "OVERFLOW"),
            (Changes::UNWATCHED, "UNWATCHED"),
        ];
        let set: Vec<&str> =
            all.iter().filter(|(bit, _)| self.contains(*bit)).map(|it| it.1).collect();
        f.write_str(&set.join(" | "))
    }
}

/// One event of a watch, borrowed while the callback runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    kinds: Changes,
    path: &'a Path,
    old_path: Option<&'a Path>,
    aux: u64,
}

impl<'a> Change<'a> {
    fn of(event: &Event<'a>) -> Change<'a> {
        let path = |bytes: &'a [u8]| Path::new(OsStr::from_bytes(bytes));
        let kinds = Changes(event.raw.num as u32);
        let bytes = event.bytes();
        let nul = bytes.iter().position(|&b| b == 0).filter(|_| kinds == Changes::RENAMED);
        Change {
            kinds,
            path: path(nul.map_or(bytes, |nul| &bytes[nul + 1..])),
            old_path: nul.map(|nul| path(&bytes[..nul])),
            aux: event.raw.aux,
        }
    }

    /// What it tells. Mostly one thing; [`Changes::MODIFIED`] and [`Changes::ATTRIBUTES`] may come
    /// together.
    #[must_use]
    pub fn kinds(&self) -> Changes {
        self.kinds
    }

    /// The path below what is watched; empty for that itself.
    #[must_use]
    pub fn path(&self) -> &'a Path {
        self.path
    }

    /// With [`Changes::RENAMED`] what it was called before.
    #[must_use]
    pub fn old_path(&self) -> Option<&'a Path> {
        self.old_path
    }

    /// Whether it is a folder.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        !self.counts() && self.aux == 1
    }

    /// With [`Changes::READY`] and [`Changes::OVERFLOW`] how many folders are watched.
    #[must_use]
    pub fn folders(&self) -> u64 {
        if self.counts() { self.aux } else { 0 }
    }

    fn counts(&self) -> bool {
        self.kinds == Changes::READY || self.kinds == Changes::OVERFLOW
    }
}

/// How to watch.
///
/// # Examples
///
/// ```
/// use libloop::fs::{Changes, WatchOptions};
///
/// let options = WatchOptions::new().recursive().events(Changes::CREATED | Changes::RENAMED);
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "give it to Fs::watch"]
pub struct WatchOptions {
    flags: u32,
    events: u32,
    poll_ns: i64,
}

impl WatchOptions {
    /// One file or folder, every change, as the system tells it.
    pub fn new() -> WatchOptions {
        WatchOptions::default()
    }

    /// All folders below, too, those to come included.
    pub fn recursive(mut self) -> WatchOptions {
        self.flags |= sys::LOOP_WATCH_RECURSIVE;
        self
    }

    /// Which to tell of [`Changes::CREATED`], [`Changes::DELETED`], [`Changes::MODIFIED`],
    /// [`Changes::ATTRIBUTES`] and [`Changes::RENAMED`]. The others are always told.
    pub fn events(mut self, events: Changes) -> WatchOptions {
        self.events = events.0;
        self
    }

    /// Look again after this long (at least a millisecond) instead of being told by the system: for
    /// network file systems, FUSE and /proc.
    pub fn poll(mut self, every: Duration) -> WatchOptions {
        self.poll_ns = nanos(every).max(1);
        self
    }
}

/// A C record and the path it points to.
struct RawWatch {
    raw: sys::loop_watch_t,
    path: CString,
}

impl Fs<'_> {
    /// Watches a file, a folder, or with [`WatchOptions::recursive`] a tree. Node: `fs.watch`.
    ///
    /// The first change is [`Changes::READY`]: from then on everything is told. The watch ends with
    /// an error: [`Code::NotFound`] when what is watched was removed, moved away or unmounted,
    /// [`Code::NoSpace`] when the system has no watches left (the text says what to raise),
    /// [`Code::TooManyFiles`], [`Code::Canceled`], [`Code::TimedOut`] ... A deadline counts anew
    /// from each change.
    ///
    /// # Errors
    ///
    /// [`Code::Invalid`] (a NUL in the path, events that are none), [`Code::Closed`],
    /// [`Code::Fork`], [`Code::NoMemory`].
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::Loop;
    /// use libloop::fs::{Changes, WatchOptions};
    ///
    /// # let folder = std::env::temp_dir().join(format!("watch-{}", std::process::id()));
    /// # std::fs::create_dir(&folder)?;
    /// # let made = folder.join("new");
    /// let lp = Loop::new()?;
    /// lp.fs().watch(&folder, WatchOptions::new().recursive(), move |lp, change| {
    ///     let change = change.unwrap();
    ///     if change.kinds() == Changes::READY {
    ///         std::fs::create_dir(&made).unwrap();
    ///     } else if change.kinds() == Changes::CREATED {
    ///         println!("{} is new", change.path().display());
    ///         lp.stop().unwrap();
    ///     }
    /// })?;
    /// lp.run()?;
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn watch(
        self,
        path: impl AsRef<Path>,
        options: WatchOptions,
        mut callback: impl FnMut(&Loop, Result<Change<'_>, Error>) + 'static,
    ) -> Result<Watch, Error> {
        let path = CString::new(path.as_ref().as_os_str().as_bytes());
        let path = path.map_err(|_| Error::new(Code::Invalid, "a NUL in the path"))?;
        let known = Changes::CREATED
            | Changes::DELETED
            | Changes::MODIFIED
            | Changes::ATTRIBUTES
            | Changes::RENAMED;
        if options.events & !known.0 != 0 {
            return Err(Error::new(Code::Invalid, "events that are always told"));
        }
        let mut record = Box::new(RawWatch {
            raw: sys::loop_watch_t {
                size: size_of::<sys::loop_watch_t>() as u32,
                flags: options.flags,
                events: options.events,
                poll_ns: options.poll_ns,
                ..Default::default()
            },
            path,
        });
        record.raw.path = record.path.as_ptr();
        let parts = OpParts {
            data: ptr::from_ref(&record.raw).cast(),
            owned: Some(record),
            ..OpParts::default()
        };
        let callback = Callback::Many(Box::new(move |lp, event| {
            callback(lp, event.result().map(|()| Change::of(event)));
        }));
        self.with.begin(sys::LOOP_OP_WATCH, callback, false, parts).map(Watch)
    }
}
