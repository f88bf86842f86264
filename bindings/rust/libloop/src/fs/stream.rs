// SPDX-License-Identifier: MIT

//! Files piece by piece.

use std::path::Path;

use libloop_sys as sys;

use super::request::Request;
use super::{Fs, WriteOptions, count};
use crate::slab::{Callback, Keep};
use crate::{Error, FileOp, Flow, Loop, Piece};

/// What is read of a file, and how: see [`Fs::read_stream`].
#[derive(Clone, Debug, Default)]
#[must_use = "give it to Fs::read_stream"]
pub struct ReadOptions {
    start: Option<u64>,
    len: u64,
    piece: u32,
}

impl ReadOptions {
    /// All of it, in pieces of 64 KiB.
    pub fn new() -> ReadOptions {
        ReadOptions::default()
    }

    /// Where to begin. [`Code::NotSeekable`](crate::Code::NotSeekable) for what has no offsets.
    pub fn start(mut self, offset: u64) -> ReadOptions {
        self.start = Some(offset);
        self
    }

    /// Bytes to read at most; 0: to the end.
    pub fn len(mut self, bytes: u64) -> ReadOptions {
        self.len = bytes;
        self
    }

    /// Bytes of one piece at most, up to 1 MiB; 0: 64 KiB.
    pub fn piece(mut self, bytes: u32) -> ReadOptions {
        self.piece = bytes;
        self
    }
}

impl Fs<'_> {
    /// Reads a file as a flow: piece after piece, so that one of any size takes the memory of one.
    /// The next piece is read when the closure has had the last one; [`Loop::pause`] and
    /// [`Loop::resume`] hold it back. In the end comes [`Piece::End`] with the number of bytes. An
    /// error is the last call, too. Node: `fs.createReadStream`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::fs::ReadOptions;
    /// use libloop::{Loop, Piece};
    ///
    /// let lp = Loop::new()?;
    /// let some = ReadOptions::new().len(100_000);
    /// let mut zeros = 0;
    /// lp.fs().read_stream("/dev/zero", &some, move |_lp, piece| match piece.unwrap() {
    ///     Piece::Data(bytes) => zeros += bytes.iter().filter(|byte| **byte == 0).count(),
    ///     Piece::End(bytes) => assert_eq!((zeros, bytes), (100_000, 100_000)),
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn read_stream(
        self,
        path: impl AsRef<Path>,
        options: &ReadOptions,
        mut callback: impl FnMut(&Loop, Result<Piece<'_>, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_READ_STREAM, "read_stream").path(path.as_ref())?;
        let request = request.at(options.start)?.len(options.len)?.limit(u64::from(options.piece));
        let callback = Callback::Many(Box::new(move |lp, event| {
            callback(lp, event.result().map(|()| Piece::of(event)));
        }));
        self.submit(request, Keep::Nothing, callback).map(FileOp)
    }

    /// Writes a file as a flow: what [`Loop::write`] gives it, until [`Loop::end`]. `done` gets the
    /// number of bytes when all is written. The file is opened with the first write or the end.
    /// Node: `fs.createWriteStream`.
    ///
    /// With [`WriteOptions::atomic`] the file takes its place when all is written; with
    /// [`WriteOptions::append`] it is added to.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). [`Code::Invalid`](crate::Code::Invalid) for both of these.
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::fs::WriteOptions;
    ///
    /// let lp = libloop::Loop::new()?;
    /// let path = std::env::temp_dir().join(format!("libloop-{}.log", std::process::id()));
    /// let file = path.clone();
    /// let log = lp.fs().write_stream(&path, &WriteOptions::new(), move |lp, written| {
    ///     assert_eq!(written.unwrap(), 10);
    ///     lp.fs().unlink(file, |_lp, gone| gone.unwrap()).unwrap();
    /// })?;
    /// lp.write(log, "first ", |_lp, written| assert_eq!(written.unwrap().bytes(), 6))?;
    /// lp.write(log, "line", |_lp, written| assert_eq!(written.unwrap().waiting(), 0))?;
    /// lp.end(log)?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn write_stream(
        self,
        path: impl AsRef<Path>,
        options: &WriteOptions,
        done: impl FnOnce(&Loop, Result<u64, Error>) + 'static,
    ) -> Result<Flow, Error> {
        let request = Request::new(sys::LOOP_FS_WRITE_STREAM, "write_stream");
        let both = sys::LOOP_FS_APPEND | sys::LOOP_FS_ATOMIC;
        if options.flags & both == both {
            return Err(request.invalid("cannot both append and be atomic"));
        }
        let request = request.path(path.as_ref())?.mode(options.mode)?.flags(options.flags);
        self.run(request, (), count, done).map(Flow)
    }
}
