// SPDX-License-Identifier: MIT

//! The C record of a request, and what it points at.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{Ordering, compiler_fence};

use libloop_sys as sys;

use crate::slab::Keep;
use crate::{Code, Error};

/// Bytes that are wiped when they are dropped.
struct Secret(Box<[u8]>);

impl Drop for Secret {
    fn drop(&mut self) {
        for byte in &mut self.0 {
            // SAFETY: a byte of a slice that is borrowed mutably. Volatile, so that it is not left
            // out because nobody reads it any more.
            unsafe { ptr::write_volatile(byte, 0) };
        }
        compiler_fence(Ordering::SeqCst);
    }
}

/// A request. The short inputs are copies that live until the op is taken; the message stays where
/// it is until the final event, in what `into_parts` gives to keep.
pub(super) struct Record {
    pub(super) raw: sys::loop_crypto_t,
    secrets: Vec<Secret>,
    path: CString,
    bufs: Vec<sys::loop_buf_t>,
    message: Keep,
}

impl Record {
    pub(super) fn new(what: u32, alg: u32) -> Record {
        let size = size_of::<sys::loop_crypto_t>() as u32;
        Record {
            raw: sys::loop_crypto_t { size, what, alg, ..Default::default() },
            secrets: Vec::new(),
            path: CString::default(),
            bufs: Vec::new(),
            message: Keep::Nothing,
        }
    }

    /// Copies bytes and gives where they are: a box of their own, so that the address stays.
    fn copy(&mut self, bytes: &[u8]) -> (*const std::ffi::c_void, u64) {
        let copy = Secret(bytes.into());
        let place = (copy.0.as_ptr().cast(), bytes.len() as u64);
        self.secrets.push(copy);
        if bytes.is_empty() { (ptr::null(), 0) } else { place }
    }

    pub(super) fn key(mut self, bytes: &[u8]) -> Record {
        (self.raw.key, self.raw.key_len) = self.copy(bytes);
        self
    }

    pub(super) fn salt(mut self, bytes: &[u8]) -> Record {
        (self.raw.salt, self.raw.salt_len) = self.copy(bytes);
        self
    }

    pub(super) fn info(mut self, bytes: &[u8]) -> Record {
        (self.raw.info, self.raw.info_len) = self.copy(bytes);
        self
    }

    pub(super) fn signature(mut self, bytes: &[u8]) -> Record {
        (self.raw.signature, self.raw.signature_len) = self.copy(bytes);
        self
    }

    /// Data that is not a message, and is copied.
    pub(super) fn peer(mut self, bytes: &[u8]) -> Record {
        (self.raw.data, self.raw.data_len) = self.copy(bytes);
        self
    }

    pub(super) fn message(mut self, bytes: Vec<u8>) -> Record {
        let bytes = bytes.into_boxed_slice();
        if !bytes.is_empty() {
            self.raw.flags |= sys::LOOP_CRYPTO_BORROW;
            self.raw.data = bytes.as_ptr().cast();
            self.raw.data_len = bytes.len() as u64;
            self.message = Keep::Body(bytes);
        }
        self
    }

    pub(super) fn pieces(mut self, pieces: Vec<Vec<u8>>) -> Record {
        let pieces: Box<[Box<[u8]>]> = pieces.into_iter().map(Vec::into_boxed_slice).collect();
        let buf = |piece: &[u8]| sys::loop_buf_t {
            data: piece.as_ptr().cast_mut().cast(),
            len: piece.len() as u64,
        };
        self.bufs = pieces.iter().map(|piece| buf(piece)).collect();
        if !self.bufs.is_empty() {
            self.raw.flags |= sys::LOOP_CRYPTO_BORROW;
            self.raw.bufs = self.bufs.as_ptr();
            self.raw.buf_count = self.bufs.len() as u64;
            self.message = Keep::Bodies(pieces);
        }
        self
    }

    pub(super) fn path(mut self, path: &Path) -> Result<Record, Error> {
        self.path = CString::new(path.as_os_str().as_bytes())
            .map_err(|_| Error::new(Code::Invalid, "a path with a NUL"))?;
        self.raw.path = self.path.as_ptr();
        Ok(self)
    }

    /// The record, for as long as the op waits, and what is kept until the final event. What the
    /// record points at are boxes and vectors of their own, which do not move with it.
    pub(super) fn into_parts(mut self) -> (Box<Record>, Keep) {
        let message = std::mem::replace(&mut self.message, Keep::Nothing);
        (Box::new(self), message)
    }
}
