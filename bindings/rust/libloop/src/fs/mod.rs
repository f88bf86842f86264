// SPDX-License-Identifier: MIT

//! Files: everything Node's `fs` does, on the loop's workers. See [`Loop::fs`].
//!
//! Each operation runs in the lane of files, or, when the system has it all in its cache, at once;
//! its closure is called in the poll phase either way. Operations that are under way together run in
//! any order: to have one after the other, start the second in the closure of the first.
//!
//! * Paths are whatever is `AsRef<Path>`, also such that are not UTF-8.
//! * What the system says comes to the closure as an [`Error`] with a code, the errno, and the text
//!   "operation path": [`Code::NotFound`], [`Code::AccessDenied`], [`Code::NotPermitted`],
//!   [`Code::IsDirectory`], [`Code::NotDirectory`], [`Code::TooManyLinks`], [`Code::NameTooLong`],
//!   [`Code::TooManyFiles`], [`Code::ReadOnly`], [`Code::NoSpace`], [`Code::Io`] ...; also
//!   [`Code::Canceled`], [`Code::TimedOut`] and [`Code::Full`].
//! * At once comes only [`Code::Invalid`] for arguments that mean nothing (a NUL in a path, a mode
//!   above `0o7777`, an offset above `i64::MAX`), and, as with everything, [`Code::Closed`],
//!   [`Code::Fork`] and [`Code::NoMemory`].
//! * An operation that is cancelled, or too late, stops between two pieces of at most 1 MiB; what it
//!   has done by then stays done.
//! * Buffers and [`File`]s that an operation uses stay alive until the library has let go of them,
//!   whatever becomes of the operation and the loop.

mod dir;
mod file;
mod meta;
mod open;
mod options;
mod request;
mod stat;
mod stream;
mod watch;
mod whole;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use libloop_sys as sys;

use crate::event::Event;
use crate::op::With;
use crate::slab::{Callback, Keep, NewEntry};
use crate::submit::OpParts;
use crate::{Code, Error, FileOp, Id, Loop, Op};
use request::Request;

pub use dir::{DirEntry, Entries};
pub use file::File;
pub use options::{
    Access, CopyOptions, FileTime, MkdirOptions, OpenOptions, RemoveOptions, WriteOptions,
};
pub use stat::{Attributes, FileType, Stat, StatFs};
pub use stream::ReadOptions;
pub use watch::{Change, Changes, WatchOptions};

/// The file operations of a loop, together with the options of one op: see [`Loop::fs`].
#[derive(Debug)]
#[must_use = "nothing is started yet"]
pub struct Fs<'a> {
    with: With<'a>,
}

impl Loop {
    /// The file operations of this loop. Node: `fs`.
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::{Code, Loop, Op};
    /// use std::time::Duration;
    ///
    /// let lp = Loop::new()?;
    /// lp.fs().read_file("/dev/null", |lp, content| {
    ///     assert!(content.unwrap().is_empty());
    ///     let soon = Op::new().deadline(Duration::from_secs(1)).label("look");
    ///     lp.with(soon).fs().stat("/nowhere", |_lp, stat| {
    ///         let error = stat.unwrap_err();
    ///         assert_eq!(error.code(), Code::NotFound);
    ///         assert_eq!(error.text(), "stat /nowhere");
    ///     }).unwrap();
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn fs(&self) -> Fs<'_> {
        self.with(Op::new()).fs()
    }
}

impl<'a> With<'a> {
    /// See [`Loop::fs`].
    pub fn fs(self) -> Fs<'a> {
        Fs { with: self }
    }
}

impl Fs<'_> {
    /// Starts an operation. `keep` is what the library uses; `read` makes the value of a good event,
    /// and gets `keep` back. `done` is called when nothing of it is in use any more, or before that
    /// with an outcome.
    fn start<K: 'static, T: 'static>(
        self,
        request: Request,
        keep: K,
        read: fn(&Event<'_>, K) -> T,
        done: impl FnOnce(&Loop, Result<T, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        self.run(request, keep, read, done).map(FileOp)
    }

    /// The same for what is no `FileOp`.
    fn run<K: 'static, T: 'static>(
        self,
        request: Request,
        keep: K,
        read: fn(&Event<'_>, K) -> T,
        done: impl FnOnce(&Loop, Result<T, Error>) + 'static,
    ) -> Result<Id, Error> {
        let callback = Callback::Once(Box::new(move |lp, event| {
            let result = match (event.error(), event.take_kept().lent()) {
                (None, Some(kept)) => Ok(read(event, kept)),
                (error, _) => Err(error.unwrap_or_else(|| Code::Type.into())),
            };
            done(lp, result);
        }));
        self.submit(request, Keep::Lent(Box::new(keep)), callback)
    }

    fn submit(mut self, request: Request, keep: Keep, callback: Callback) -> Result<Id, Error> {
        let request = Box::new(request);
        let new = NewEntry {
            code: sys::LOOP_OP_FS as u16,
            callback,
            extra: self.with.op.extra(),
            keep,
            delay_ns: -1,
            plain: false,
            referenced: self.with.op.referenced,
        };
        let parts = OpParts {
            data: request.as_ptr().cast(),
            timeout_ns: self.with.op.timeout_ns,
            label: self.with.op.label,
            owned: Some(request),
            ..OpParts::default()
        };
        self.with.lp.register(new, parts)
    }
}

/// For operations that only succeed.
fn nothing<K>(_event: &Event<'_>, _kept: K) {}

/// A number of bytes, or of files.
fn count<K>(event: &Event<'_>, _kept: K) -> u64 {
    event.raw.num.max(0).unsigned_abs()
}

fn path<K>(event: &Event<'_>, _kept: K) -> PathBuf {
    OsString::from_vec(event.bytes().to_vec()).into()
}
