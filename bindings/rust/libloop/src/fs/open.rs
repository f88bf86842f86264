// SPDX-License-Identifier: MIT

//! Open files: opened, read, written, closed.

use std::path::Path;

use libloop_sys as sys;

use super::dir::there;
use super::request::Request;
use super::{File, Fs, OpenOptions, count, nothing};
use crate::event::Event;
use crate::slab::{Callback, Keep};
use crate::{Bytes, Code, Error, FileOp, Loop};

/// How many bytes went into or out of memory.
fn bytes(event: &Event<'_>) -> usize {
    event.raw.num.max(0).unsigned_abs() as usize
}

fn piece(data: *mut std::ffi::c_void, len: usize) -> sys::loop_buf_t {
    sys::loop_buf_t { data, len: len as u64 }
}

impl Fs<'_> {
    /// Opens a file. Node: `fs.open`.
    ///
    /// A FIFO is waited for, unless it is opened with [`OpenOptions::nonblock`]: until there is
    /// something to read, or somebody who reads; that can be cancelled.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). [`Code::Invalid`] for options that contradict each other, as
    /// [`std::fs::OpenOptions::open`].
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::fs::OpenOptions;
    ///
    /// let lp = libloop::Loop::new()?;
    /// lp.fs().open("/dev/zero", &OpenOptions::new().read(true), |lp, file| {
    ///     let file = file.unwrap();
    ///     lp.fs().read(&file, 4, None, |_lp, data| assert_eq!(*data.unwrap(), [0; 4])).unwrap();
    ///     // It is closed when the last clone is gone and the last operation has ended.
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn open(
        self,
        path: impl AsRef<Path>,
        options: &OpenOptions,
        done: impl FnOnce(&Loop, Result<File, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_OPEN, "open").path(path.as_ref())?;
        let flags = options.bits().ok_or_else(|| request.invalid("options that mean nothing"))?;
        let request = request.mode(options.mode)?.open_flags(flags);
        let file = |event: &Event<'_>, ()| event.take_fd().map(File::from);
        self.start(request, (), file, |lp, result| done(lp, there(result)))
    }

    /// Closes a file and tells how that went. It is closed whatever is told. Node: `fs.close`.
    ///
    /// A file that is only dropped is closed, too; this is for those who want to know what the
    /// system says of it, and to keep the waiting for a slow disk away from the loop.
    ///
    /// Cancelled, or too late, before it began, it is closed by the loop's thread; cleared, it goes on.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). [`Code::Busy`] while there are clones of it, or operations that
    /// use it: the last of them closes it.
    pub fn close(
        self,
        file: File,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_CLOSE, "close");
        let fd = file.into_fd().map_err(|_| Error::new(Code::Busy, "close: it is in use"))?;
        let request = request.fd(&fd);
        let callback = Callback::Once(Box::new(move |lp, event| {
            drop(event.take_kept()); // one that was called off
            done(lp, event.result());
        }));
        self.submit(request, Keep::Closing(fd), callback).map(FileOp)
    }

    /// Reads `len` bytes, 2 GiB at most, into memory of the library. Gives fewer where the file ends
    /// before, none at the end. A pipe, socket or terminal gives what is there, once there is
    /// something; waiting for it can be cancelled. Node: `fs.read`.
    ///
    /// * `at`: where in the file; None: at the current position, which then moves.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). To the closure also [`Code::NotSeekable`]: it has no offsets.
    pub fn read(
        self,
        file: &File,
        len: usize,
        at: Option<u64>,
        done: impl FnOnce(&Loop, Result<Bytes, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_READ, "read").file(file).read_len(len)?.at(at)?;
        self.start(request, file.clone(), |event, _file| Bytes::retain(event), done)
    }

    /// The same into memory of the program: as much as the length of `buffer` says, not its capacity.
    /// Gives the buffer back, and how many bytes at its beginning were read. On an error the buffer
    /// is dropped when the library has let go of it.
    ///
    /// # Errors
    ///
    /// As [`Fs::read`].
    pub fn read_into(
        self,
        file: &File,
        mut buffer: Vec<u8>,
        at: Option<u64>,
        done: impl FnOnce(&Loop, Result<(Vec<u8>, usize), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_READ, "read").file(file);
        let request = request.buffer(&mut buffer).at(at)?;
        let kept = (buffer, file.clone());
        self.start(request, kept, |event, (buffer, _file)| (buffer, bytes(event)), done)
    }

    /// Writes, and gives the bytes written: fewer than there are if an error came behind them, which
    /// the next write tells. Node: `fs.write`.
    ///
    /// * `data`: lent to the library until it is written; nothing is copied.
    /// * `at`: where in the file (ignored by one that was opened with [`OpenOptions::append`]); None:
    ///   at the current position, which then moves.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). To the closure also [`Code::BrokenPipe`]: nobody reads.
    pub fn write(
        self,
        file: &File,
        data: impl Into<Bytes>,
        at: Option<u64>,
        done: impl FnOnce(&Loop, Result<usize, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let data = data.into();
        let request = Request::new(sys::LOOP_FS_WRITE, "write").file(file).data(&data).at(at)?;
        self.start(request, (data, file.clone()), |event, _kept| bytes(event), done)
    }

    /// Reads into several buffers as if they were one, as [`Fs::read_into`]. Node: `fs.readv`.
    ///
    /// # Errors
    ///
    /// As [`Fs::read`]; [`Code::Invalid`] for no buffers, or more than 1,048,576.
    pub fn readv(
        self,
        file: &File,
        mut buffers: Vec<Vec<u8>>,
        at: Option<u64>,
        done: impl FnOnce(&Loop, Result<(Vec<Vec<u8>>, usize), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_READV, "readv").file(file).at(at)?;
        let pieces = buffers.iter_mut().map(|it| piece(it.as_mut_ptr().cast(), it.len()));
        let request = request.bufs(pieces)?;
        let kept = (buffers, file.clone());
        self.start(request, kept, |event, (buffers, _file)| (buffers, bytes(event)), done)
    }

    /// Writes several pieces as if they were one, as [`Fs::write`]. Node: `fs.writev`.
    ///
    /// # Errors
    ///
    /// As [`Fs::write`]; [`Code::Invalid`] for no pieces, or more than 1,048,576.
    pub fn writev<D: Into<Bytes>>(
        self,
        file: &File,
        data: impl IntoIterator<Item = D>,
        at: Option<u64>,
        done: impl FnOnce(&Loop, Result<usize, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let data: Vec<Bytes> = data.into_iter().map(Into::into).collect();
        let request = Request::new(sys::LOOP_FS_WRITEV, "writev").file(file).at(at)?;
        let pieces = data.iter().map(|it| piece(it.as_ptr().cast_mut().cast(), it.len()));
        let request = request.flags(sys::LOOP_FS_BORROW).bufs(pieces)?;
        self.start(request, (data, file.clone()), |event, _kept| bytes(event), done)
    }

    /// Brings what was written to the disk. Node: `fs.fsync`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn fsync(
        self,
        file: &File,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_FSYNC, "fsync").file(file);
        self.start(request, file.clone(), nothing, done)
    }

    /// The same without what only describes the file. Node: `fs.fdatasync`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn fdatasync(
        self,
        file: &File,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_FDATASYNC, "fdatasync").file(file);
        self.start(request, file.clone(), nothing, done)
    }

    /// Copies `len` bytes from one open file to another inside the system. Gives the bytes copied:
    /// fewer if `from` ended, or an error came behind them.
    ///
    /// * `to_at`, `from_at`: where; None: at the current position, which then moves.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn sendfile(
        self,
        to: &File,
        to_at: Option<u64>,
        from: &File,
        from_at: Option<u64>,
        len: u64,
        done: impl FnOnce(&Loop, Result<u64, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_SENDFILE, "sendfile").len(len)?;
        let request = request.file(to).at(to_at)?.file2(from).at2(from_at)?;
        self.start(request, (to.clone(), from.clone()), count, done)
    }
}
