// SPDX-License-Identifier: MIT

//! Open files.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;

/// An open file, for the operations of [`Fs`](super::Fs) on descriptors.
///
/// A clone is the same file. It is closed when the last clone is dropped and no operation uses it
/// any more; [`Fs::close`](super::Fs::close) also tells whether that went well.
#[derive(Clone, Debug)]
pub struct File {
    fd: Arc<OwnedFd>,
}

impl File {
    /// The descriptor, if this is the only clone and nothing uses it.
    ///
    /// # Errors
    ///
    /// The file as it was.
    pub fn into_fd(self) -> Result<OwnedFd, File> {
        Arc::try_unwrap(self.fd).map_err(|fd| File { fd })
    }
}

/// Any descriptor will do: a pipe, a terminal, a socket.
impl From<OwnedFd> for File {
    fn from(fd: OwnedFd) -> File {
        File { fd: Arc::new(fd) }
    }
}

impl From<std::fs::File> for File {
    fn from(file: std::fs::File) -> File {
        OwnedFd::from(file).into()
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for File {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}
