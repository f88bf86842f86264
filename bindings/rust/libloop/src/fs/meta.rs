// SPDX-License-Identifier: MIT

//! What is known of files, and what is said of them: names, permissions, owners, times, lengths.

use std::path::{Path, PathBuf};

use libloop_sys as sys;

use super::request::Request;
use super::{Access, File, FileTime, Fs, Stat, StatFs, nothing, path};
use crate::event::Event;
use crate::{Error, FileOp, Loop};

fn stat<K>(event: &Event<'_>, _kept: K) -> Stat {
    Stat::of(event.bytes())
}

impl Fs<'_> {
    /// Asks what is known of a file; a symbolic link is followed. Node: `fs.stat`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn stat(
        self,
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<Stat, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_STAT, "stat").path(path.as_ref())?;
        self.start(request, (), stat, done)
    }

    /// The same; a symbolic link at the end of the path is not followed. Node: `fs.lstat`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn lstat(
        self,
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<Stat, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_LSTAT, "lstat").path(path.as_ref())?;
        self.start(request, (), stat, done)
    }

    /// The same of an open file. Node: `fs.fstat`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn fstat(
        self,
        file: &File,
        done: impl FnOnce(&Loop, Result<Stat, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_FSTAT, "fstat").file(file);
        self.start(request, file.clone(), stat, done)
    }

    /// Asks what is known of the file system on which a path lies. Node: `fs.statfs`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn statfs(
        self,
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<StatFs, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_STATFS, "statfs").path(path.as_ref())?;
        self.start(request, (), |event, ()| StatFs::of(event.bytes()), done)
    }

    /// Asks whether this process may use a file: `Ok` is a yes. Node: `fs.access`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). A no is [`Code::AccessDenied`](crate::Code::AccessDenied),
    /// [`Code::NotFound`](crate::Code::NotFound) or [`Code::ReadOnly`](crate::Code::ReadOnly), to
    /// the closure.
    pub fn access(
        self,
        path: impl AsRef<Path>,
        access: Access,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_ACCESS, "access").path(path.as_ref())?;
        self.start(request.access(access.0), (), nothing, done)
    }

    /// Gives a file or folder another name on the same file system; what has that name is replaced.
    /// Node: `fs.rename`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). To the closure also
    /// [`Code::CrossesDevices`](crate::Code::CrossesDevices).
    pub fn rename(
        self,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_RENAME, "rename");
        let request = request.path(from.as_ref())?.path2(to.as_ref())?;
        self.start(request, (), nothing, done)
    }

    /// Gives a file a further name. Node: `fs.link`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn link(
        self,
        original: impl AsRef<Path>,
        link: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_LINK, "link");
        let request = request.path(original.as_ref())?.path2(link.as_ref())?;
        self.start(request, (), nothing, done)
    }

    /// Makes a symbolic link that says `target`. Node: `fs.symlink`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn symlink(
        self,
        target: impl AsRef<Path>,
        link: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_SYMLINK, "symlink");
        let request = request.path(target.as_ref())?.path2(link.as_ref())?;
        self.start(request, (), nothing, done)
    }

    /// Reads what a symbolic link says. Node: `fs.readlink`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). To the closure [`Code::Invalid`](crate::Code::Invalid) for what
    /// is none.
    pub fn readlink(
        self,
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<PathBuf, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_READLINK, "readlink").path(path.as_ref())?;
        self.start(request, (), self::path, done)
    }

    /// Finds the absolute path without links, "." and "..". Node: `fs.realpath`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn realpath(
        self,
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<PathBuf, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_REALPATH, "realpath").path(path.as_ref())?;
        self.start(request, (), self::path, done)
    }

    /// Sets the permissions of a file. Node: `fs.chmod`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn chmod(
        self,
        path: impl AsRef<Path>,
        mode: u32,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_CHMOD, "chmod").path(path.as_ref())?.mode(mode)?;
        self.start(request, (), nothing, done)
    }

    /// The same of an open file. Node: `fs.fchmod`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn fchmod(
        self,
        file: &File,
        mode: u32,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_FCHMOD, "fchmod").file(file).mode(mode)?;
        self.start(request, file.clone(), nothing, done)
    }

    /// Sets the owner of a file; None leaves it as it is. Node: `fs.chown`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn chown(
        self,
        path: impl AsRef<Path>,
        uid: Option<u32>,
        gid: Option<u32>,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_CHOWN, "chown").path(path.as_ref())?;
        self.start(request.owner(uid, gid), (), nothing, done)
    }

    /// The same of a symbolic link itself. Node: `fs.lchown`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn lchown(
        self,
        path: impl AsRef<Path>,
        uid: Option<u32>,
        gid: Option<u32>,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_LCHOWN, "lchown").path(path.as_ref())?;
        self.start(request.owner(uid, gid), (), nothing, done)
    }

    /// The same of an open file. Node: `fs.fchown`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn fchown(
        self,
        file: &File,
        uid: Option<u32>,
        gid: Option<u32>,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_FCHOWN, "fchown").file(file).owner(uid, gid);
        self.start(request, file.clone(), nothing, done)
    }

    /// Sets the times of a file. Node: `fs.utimes`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::fs::FileTime;
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// let lp = libloop::Loop::new()?;
    /// let modified = UNIX_EPOCH + Duration::from_nanos(1_234_567_890_123_456_789);
    /// lp.fs().utimes("/nowhere", FileTime::Omit, modified, |_lp, set| assert!(set.is_err()))?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn utimes(
        self,
        path: impl AsRef<Path>,
        accessed: impl Into<FileTime>,
        modified: impl Into<FileTime>,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_UTIMES, "utimes").path(path.as_ref())?;
        self.start(request.times(accessed.into(), modified.into()), (), nothing, done)
    }

    /// The same of a symbolic link itself. Node: `fs.lutimes`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn lutimes(
        self,
        path: impl AsRef<Path>,
        accessed: impl Into<FileTime>,
        modified: impl Into<FileTime>,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_LUTIMES, "lutimes").path(path.as_ref())?;
        self.start(request.times(accessed.into(), modified.into()), (), nothing, done)
    }

    /// The same of an open file. Node: `fs.futimes`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn futimes(
        self,
        file: &File,
        accessed: impl Into<FileTime>,
        modified: impl Into<FileTime>,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_FUTIMES, "futimes").file(file);
        let request = request.times(accessed.into(), modified.into());
        self.start(request, file.clone(), nothing, done)
    }

    /// Cuts a file to `len` bytes, or fills it with zeros up to them. Node: `fs.truncate`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). To the closure also
    /// [`Code::FileTooLarge`](crate::Code::FileTooLarge).
    pub fn truncate(
        self,
        path: impl AsRef<Path>,
        len: u64,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_TRUNCATE, "truncate").path(path.as_ref())?;
        self.start(request.len(len)?, (), nothing, done)
    }

    /// The same of an open file. Node: `fs.ftruncate`.
    ///
    /// # Errors
    ///
    /// As [`Fs::truncate`].
    pub fn ftruncate(
        self,
        file: &File,
        len: u64,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_FTRUNCATE, "ftruncate").file(file).len(len)?;
        self.start(request, file.clone(), nothing, done)
    }
}
