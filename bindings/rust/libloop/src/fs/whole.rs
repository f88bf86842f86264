// SPDX-License-Identifier: MIT

//! Whole files: read, written, copied.

use std::path::Path;

use libloop_sys as sys;

use super::request::Request;
use super::{CopyOptions, Fs, WriteOptions, count};
use crate::{Bytes, Error, FileOp, Loop};

impl Fs<'_> {
    /// Reads a whole file of at most 2 GiB. Node: `fs.readFile`.
    ///
    /// What has no size (`/proc`, devices, a FIFO) is read to its end. A FIFO without a writer is
    /// waited for; that can be cancelled.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). To the closure also [`Code::TooBig`](crate::Code::TooBig).
    ///
    /// # Examples
    ///
    /// ```
    /// let lp = libloop::Loop::new()?;
    /// lp.fs().read_file("Cargo.toml", |_lp, content| {
    ///     let content = content.unwrap();
    ///     println!("{} bytes: {}", content.len(), String::from_utf8_lossy(&content));
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn read_file(
        self,
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        self.read_file_up_to(path, 0, done)
    }

    /// The same with a limit in bytes (0: 2 GiB), beyond which it fails with
    /// [`Code::TooBig`](crate::Code::TooBig).
    ///
    /// # Errors
    ///
    /// As [`Fs::read_file`].
    pub fn read_file_up_to(
        self,
        path: impl AsRef<Path>,
        limit: u64,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_READ_FILE, "read_file").path(path.as_ref())?;
        self.start(request.limit(limit), (), |event, ()| Bytes::retain(event), done)
    }

    /// Writes a whole file: made if it is not there, else cut to 0 bytes first. Gives the bytes
    /// written. Node: `fs.writeFile`.
    ///
    /// * `data`: lent to the library until it is written; nothing is copied.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn write_file(
        self,
        path: impl AsRef<Path>,
        data: impl Into<Bytes>,
        done: impl FnOnce(&Loop, Result<u64, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        self.write_file_with(path, data, &WriteOptions::new(), done)
    }

    /// The same with options.
    ///
    /// # Errors
    ///
    /// As [`Fs::write_file`].
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::fs::WriteOptions;
    ///
    /// let lp = libloop::Loop::new()?;
    /// let path = std::env::temp_dir().join(format!("libloop-{}.json", std::process::id()));
    /// let file = path.clone();
    /// // A reader sees the old content or the new one, never half of it.
    /// lp.fs().write_file_with(&path, "{}", &WriteOptions::new().atomic(true), |lp, written| {
    ///     assert_eq!(written.unwrap(), 2);
    ///     lp.fs().unlink(file, |_lp, gone| gone.unwrap()).unwrap();
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn write_file_with(
        self,
        path: impl AsRef<Path>,
        data: impl Into<Bytes>,
        options: &WriteOptions,
        done: impl FnOnce(&Loop, Result<u64, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_WRITE_FILE, "write_file");
        if options.flags & sys::LOOP_FS_APPEND != 0 {
            return Err(request.invalid("does not append: append_file does"));
        }
        self.put(request, path.as_ref(), data.into(), options, done)
    }

    /// Adds to the end of a file, made if it is not there. Gives the bytes written. Node:
    /// `fs.appendFile`.
    ///
    /// * `data`: lent to the library until it is written; nothing is copied.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn append_file(
        self,
        path: impl AsRef<Path>,
        data: impl Into<Bytes>,
        done: impl FnOnce(&Loop, Result<u64, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        self.append_file_with(path, data, &WriteOptions::new(), done)
    }

    /// The same with options.
    ///
    /// # Errors
    ///
    /// As [`Fs::append_file`]; [`Code::Invalid`](crate::Code::Invalid) for an atomic one.
    pub fn append_file_with(
        self,
        path: impl AsRef<Path>,
        data: impl Into<Bytes>,
        options: &WriteOptions,
        done: impl FnOnce(&Loop, Result<u64, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_APPEND_FILE, "append_file");
        if options.flags & sys::LOOP_FS_ATOMIC != 0 {
            return Err(request.invalid("cannot be atomic"));
        }
        let options =
            WriteOptions { flags: options.flags & !sys::LOOP_FS_APPEND, mode: options.mode };
        self.put(request, path.as_ref(), data.into(), &options, done)
    }

    fn put(
        self,
        request: Request,
        path: &Path,
        data: Bytes,
        options: &WriteOptions,
        done: impl FnOnce(&Loop, Result<u64, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = request.path(path)?.mode(options.mode)?.flags(options.flags).data(&data);
        self.start(request, data, count, done)
    }

    /// Copies a file with its permissions; what is at `to` gets the new content. Gives the bytes
    /// copied. If it fails, a copy that was begun anew is taken away. Node: `fs.copyFile`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn copy_file(
        self,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<u64, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        self.copy_file_with(from, to, &CopyOptions::new(), done)
    }

    /// The same with options.
    ///
    /// # Errors
    ///
    /// As [`Fs::copy_file`].
    pub fn copy_file_with(
        self,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        options: &CopyOptions,
        done: impl FnOnce(&Loop, Result<u64, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_COPY_FILE, "copy_file");
        let request = request.path(from.as_ref())?.path2(to.as_ref())?.flags(options.flags);
        self.start(request, (), count, done)
    }
}
