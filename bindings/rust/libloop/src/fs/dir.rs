// SPDX-License-Identifier: MIT

//! Folders: listed, made, taken away.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use libloop_sys as sys;

use super::request::Request;
use super::{File, FileType, Fs, MkdirOptions, RemoveOptions, count, nothing, path};
use crate::slab::{Callback, Keep};
use crate::{Code, Error, FileOp, Loop};

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DirEntry {
    name: OsString,
    file_type: FileType,
    ino: u64,
}

impl DirEntry {
    /// Its name, without the folder.
    #[must_use]
    pub fn file_name(&self) -> &OsStr {
        &self.name
    }

    /// What it is; a symbolic link is not followed. [`FileType::Unknown`] where the file system does
    /// not say: then ask [`Fs::lstat`].
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.file_type
    }

    /// The number of the file, as [`Stat::ino`](super::Stat::ino).
    #[must_use]
    pub fn ino(&self) -> u64 {
        self.ino
    }
}

/// Some entries of a folder: see [`Fs::readdir_stream`].
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    /// Records of the library, one behind the other.
    rest: &'a [u8],
    last: bool,
}

impl Entries<'_> {
    /// No more entries follow these.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.last
    }
}

impl Iterator for Entries<'_> {
    type Item = DirEntry;

    fn next(&mut self) -> Option<DirEntry> {
        const HEAD: usize = size_of::<sys::loop_dirent_t>();
        let (head, after) = self.rest.split_first_chunk::<HEAD>()?;
        // ino: u64, type: u32, size: u16, name_len: u16, then the name.
        let (ino, head) = head.split_first_chunk::<8>()?;
        let (file_type, head) = head.split_first_chunk::<4>()?;
        let (size, head) = head.split_first_chunk::<2>()?;
        let (len, _) = head.split_first_chunk::<2>()?;
        let entry = DirEntry {
            name: OsStr::from_bytes(after.get(..usize::from(u16::from_ne_bytes(*len)))?).into(),
            file_type: FileType::of(u32::from_ne_bytes(*file_type)),
            ino: u64::from_ne_bytes(*ino),
        };
        let size = usize::from(u16::from_ne_bytes(*size)).max(HEAD);
        self.rest = self.rest.get(size..).unwrap_or_default();
        Some(entry)
    }
}

impl Fs<'_> {
    /// Lists a folder, without "." and "..", in no order. Node: `fs.readdir`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    ///
    /// # Examples
    ///
    /// ```
    /// let lp = libloop::Loop::new()?;
    /// lp.fs().readdir("/", |_lp, entries| {
    ///     for entry in entries.unwrap() {
    ///         println!("{:?} {:?}", entry.file_type(), entry.file_name());
    ///     }
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn readdir(
        self,
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<Vec<DirEntry>, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let (mut list, mut done) = (Vec::new(), Some(done));
        self.readdir_stream(path, move |lp, entries| {
            let result = match entries {
                Ok(entries) => {
                    let last = entries.is_last();
                    list.extend(entries);
                    if !last {
                        return;
                    }
                    Ok(std::mem::take(&mut list))
                }
                Err(error) => Err(error),
            };
            if let Some(done) = done.take() {
                done(lp, result);
            }
        })
    }

    /// The same with one call for every 64 KiB of a large folder; the last one says
    /// [`Entries::is_last`]. An error is the last call, too. [`Loop::pause`] stops it, [`Loop::resume`]
    /// goes on. Node: `fs.opendir`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn readdir_stream(
        self,
        path: impl AsRef<Path>,
        mut callback: impl FnMut(&Loop, Result<Entries<'_>, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_READDIR, "readdir").path(path.as_ref())?;
        let callback = Callback::Many(Box::new(move |lp, event| {
            let entries =
                event.result().map(|()| Entries { rest: event.bytes(), last: event.is_final() });
            callback(lp, entries);
        }));
        self.submit(request, Keep::Nothing, callback).map(FileOp)
    }

    /// Makes a folder with permissions `0o777` less the umask. Node: `fs.mkdir`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). To the closure also [`Code::Exists`].
    pub fn mkdir(
        self,
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_MKDIR, "mkdir").path(path.as_ref())?;
        self.start(request, (), nothing, done)
    }

    /// The same with options. Gives, for a recursive one, the path of the first folder that was made,
    /// if there was any to make.
    ///
    /// # Errors
    ///
    /// As [`Fs::mkdir`].
    pub fn mkdir_with(
        self,
        path: impl AsRef<Path>,
        options: &MkdirOptions,
        done: impl FnOnce(&Loop, Result<Option<PathBuf>, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_MKDIR, "mkdir").path(path.as_ref())?;
        let request = request.mode(options.mode)?.flags(options.flags);
        let first = |event: &crate::event::Event<'_>, ()| {
            (event.kind() == sys::LOOP_KIND_BYTES).then(|| self::path(event, ()))
        };
        self.start(request, (), first, done)
    }

    /// Makes a folder (`0o700`) with a new name, `prefix` and six letters or digits, and gives its
    /// path. Node: `fs.mkdtemp`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn mkdtemp(
        self,
        prefix: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<PathBuf, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_MKDTEMP, "mkdtemp").path(prefix.as_ref())?;
        self.start(request, (), path, done)
    }

    /// Makes a file (`0o600`) with a new name, `prefix` and six letters or digits, and gives it open
    /// for reading and writing, with its path.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn mkstemp(
        self,
        prefix: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<(File, PathBuf), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_MKSTEMP, "mkstemp").path(prefix.as_ref())?;
        let both = |event: &crate::event::Event<'_>, ()| {
            event.take_fd().map(|fd| (File::from(fd), path(event, ())))
        };
        self.start(request, (), both, |lp, result| done(lp, there(result)))
    }

    /// Takes the name of a file or link away. Node: `fs.unlink`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs).
    pub fn unlink(
        self,
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_UNLINK, "unlink").path(path.as_ref())?;
        self.start(request, (), nothing, done)
    }

    /// Takes an empty folder away. Node: `fs.rmdir`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). To the closure also [`Code::NotEmpty`].
    pub fn rmdir(
        self,
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<(), Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_RMDIR, "rmdir").path(path.as_ref())?;
        self.start(request, (), nothing, done)
    }

    /// Takes a file, a link or an empty folder away. Gives 1. Node: `fs.rm`.
    ///
    /// # Errors
    ///
    /// See [the module](crate::fs). To the closure also [`Code::NotEmpty`].
    pub fn remove(
        self,
        path: impl AsRef<Path>,
        done: impl FnOnce(&Loop, Result<u64, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        self.remove_with(path, &RemoveOptions::new(), done)
    }

    /// The same with options: folders with all that is in them. Gives how many were taken away.
    /// Symbolic links are taken away, never followed, also when somebody puts them there meanwhile.
    /// It goes on after an error and tells the first.
    ///
    /// # Errors
    ///
    /// As [`Fs::remove`].
    pub fn remove_with(
        self,
        path: impl AsRef<Path>,
        options: &RemoveOptions,
        done: impl FnOnce(&Loop, Result<u64, Error>) + 'static,
    ) -> Result<FileOp, Error> {
        let request = Request::new(sys::LOOP_FS_REMOVE, "remove").path(path.as_ref())?;
        self.start(request.flags(options.flags), (), count, done)
    }
}

/// An event that should have a descriptor and has none is a mistake of the library.
pub(super) fn there<T>(result: Result<Option<T>, Error>) -> Result<T, Error> {
    result.and_then(|it| it.ok_or_else(|| Code::Type.into()))
}
