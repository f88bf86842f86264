// SPDX-License-Identifier: MIT

//! A file operation as the C library wants it, with the memory it points to.

use std::ffi::CString;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use libloop_sys as sys;

use super::{File, FileTime};
use crate::{Bytes, Code, Error};

/// Bits of a mode: permissions, set-id, sticky.
const MODE_MAX: u32 = 0o7777;
/// Pieces of one readv or writev.
const BUFS_MAX: usize = 1 << 20;
/// Bytes of one read into the library's memory.
const READ_MAX: usize = 2 << 30;

pub(super) struct Request {
    raw: sys::loop_fs_t,
    name: &'static str,
    /// What `raw` points to.
    paths: [Option<CString>; 2],
    bufs: Vec<sys::loop_buf_t>,
}

impl Request {
    pub(super) fn new(what: u32, name: &'static str) -> Request {
        Request {
            raw: sys::loop_fs_t {
                size: size_of::<sys::loop_fs_t>() as u32,
                what,
                fd: -1,
                fd2: -1,
                offset: -1,
                offset2: -1,
                atime_ns: sys::LOOP_TIME_OMIT,
                mtime_ns: sys::LOOP_TIME_OMIT,
                uid: u32::MAX,
                gid: u32::MAX,
                ..Default::default()
            },
            name,
            paths: [None, None],
            bufs: Vec::new(),
        }
    }

    pub(super) fn as_ptr(&self) -> *const sys::loop_fs_t {
        &raw const self.raw
    }

    pub(super) fn invalid(&self, why: &str) -> Error {
        Error::new(Code::Invalid, format!("{}: {why}", self.name))
    }

    pub(super) fn path(mut self, path: &Path) -> Result<Request, Error> {
        let (text, len) = self.text_of(path)?;
        self.raw.path = text.as_ptr();
        self.raw.path_len = len;
        self.paths[0] = Some(text);
        Ok(self)
    }

    pub(super) fn path2(mut self, path: &Path) -> Result<Request, Error> {
        let (text, len) = self.text_of(path)?;
        self.raw.path2 = text.as_ptr();
        self.raw.path2_len = len;
        self.paths[1] = Some(text);
        Ok(self)
    }

    /// The path with a NUL behind it, so that a length of 0 serves for what is empty or too long.
    fn text_of(&self, path: &Path) -> Result<(CString, u32), Error> {
        let bytes = path.as_os_str().as_bytes();
        let text = CString::new(bytes).map_err(|_| self.invalid("a NUL in the path"))?;
        Ok((text, u32::try_from(bytes.len()).unwrap_or(0)))
    }

    /// The caller keeps the file.
    pub(super) fn file(mut self, file: &File) -> Request {
        self.raw.fd = file.as_raw_fd();
        self
    }

    /// The caller keeps the file.
    pub(super) fn file2(mut self, file: &File) -> Request {
        self.raw.fd2 = file.as_raw_fd();
        self
    }

    pub(super) fn fd(mut self, fd: &impl AsRawFd) -> Request {
        self.raw.fd = fd.as_raw_fd();
        self
    }

    pub(super) fn flags(mut self, flags: u32) -> Request {
        self.raw.flags |= flags;
        self
    }

    pub(super) fn mode(mut self, mode: u32) -> Result<Request, Error> {
        if mode > MODE_MAX {
            return Err(self.invalid("a mode above 0o7777"));
        }
        self.raw.mode = mode;
        Ok(self)
    }

    pub(super) fn access(mut self, bits: u32) -> Request {
        self.raw.mode = bits;
        self
    }

    pub(super) fn open_flags(mut self, flags: u32) -> Request {
        self.raw.open_flags = flags;
        self
    }

    pub(super) fn limit(mut self, bytes: u64) -> Request {
        self.raw.limit = bytes;
        self
    }

    /// A length of a file: what C takes is at most `i64::MAX`.
    pub(super) fn len(mut self, len: u64) -> Result<Request, Error> {
        if i64::try_from(len).is_err() {
            return Err(self.invalid("a length above 2^63-1"));
        }
        self.raw.len = len;
        Ok(self)
    }

    /// None: at the current position.
    pub(super) fn at(mut self, offset: Option<u64>) -> Result<Request, Error> {
        self.raw.offset = self.offset_of(offset)?;
        Ok(self)
    }

    /// None: at the current position.
    pub(super) fn at2(mut self, offset: Option<u64>) -> Result<Request, Error> {
        self.raw.offset2 = self.offset_of(offset)?;
        Ok(self)
    }

    fn offset_of(&self, offset: Option<u64>) -> Result<i64, Error> {
        offset.map_or(Ok(-1), |offset| {
            i64::try_from(offset).map_err(|_| self.invalid("an offset above 2^63-1"))
        })
    }

    pub(super) fn owner(mut self, uid: Option<u32>, gid: Option<u32>) -> Request {
        self.raw.uid = uid.unwrap_or(u32::MAX);
        self.raw.gid = gid.unwrap_or(u32::MAX);
        self
    }

    pub(super) fn times(mut self, accessed: FileTime, modified: FileTime) -> Request {
        self.raw.atime_ns = accessed.raw();
        self.raw.mtime_ns = modified.raw();
        self
    }

    /// What is written. The caller keeps it.
    pub(super) fn data(mut self, data: &Bytes) -> Request {
        if !data.is_empty() {
            self.raw.flags |= sys::LOOP_FS_BORROW;
            self.raw.data = data.as_ptr().cast();
            self.raw.len = data.len() as u64;
        }
        self
    }

    /// How much is read into memory of the library.
    pub(super) fn read_len(mut self, len: usize) -> Result<Request, Error> {
        if len > READ_MAX {
            return Err(self.invalid("a length above 2 GiB"));
        }
        self.raw.buffer = ptr::null_mut();
        self.raw.len = len as u64;
        Ok(self)
    }

    /// Where is read to. The caller keeps it, and leaves it alone until the final event.
    pub(super) fn buffer(mut self, buffer: &mut Vec<u8>) -> Request {
        self.raw.buffer = buffer.as_mut_ptr().cast();
        self.raw.len = buffer.len() as u64;
        self
    }

    /// The pieces of readv and writev. The caller keeps their memory.
    pub(super) fn bufs(
        mut self,
        bufs: impl Iterator<Item = sys::loop_buf_t>,
    ) -> Result<Request, Error> {
        self.bufs = bufs.collect();
        if self.bufs.is_empty() || self.bufs.len() > BUFS_MAX {
            return Err(self.invalid("no pieces, or more than 1,048,576"));
        }
        self.raw.bufs = self.bufs.as_ptr();
        self.raw.buf_count = self.bufs.len() as u32;
        Ok(self)
    }
}
