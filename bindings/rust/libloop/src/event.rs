// SPDX-License-Identifier: MIT

//! One event, as the wrappers around callbacks see it.

use std::cell::Cell;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::slice;

use libloop_sys as sys;

use crate::slab::Keep;
use crate::{Code, Error, Loop};

/// An event that is being delivered. Its data is borrowed from the batch, which the library keeps
/// until the next turn; a turn cannot happen while a callback runs.
pub(crate) struct Event<'a> {
    pub(crate) raw: &'a sys::loop_event_t,
    pub(crate) looper: &'a Loop,
    kept: Cell<Keep>,
    /// Closed if the callback does not take it.
    fd: Cell<Option<OwnedFd>>,
}

/// The descriptor that comes with an event, for whoever gets the event.
///
/// # Safety
///
/// Called once for each event of a batch.
pub(crate) unsafe fn descriptor(raw: &sys::loop_event_t) -> Option<OwnedFd> {
    if u32::from(raw.flags) & sys::LOOP_EV_FD == 0 {
        return None;
    }
    let fd = RawFd::try_from(raw.num).ok().filter(|fd| *fd >= 0)?;
    // SAFETY: with this flag num is an open descriptor that belongs to whoever gets the event, and
    // the caller asks once.
    Some(unsafe { OwnedFd::from_raw_fd(fd) })
}

impl<'a> Event<'a> {
    /// An event of an id of this loop, with what its final event gives back.
    ///
    /// # Safety
    ///
    /// `raw` is of the batch that is being delivered, and this is called once for it.
    pub(crate) unsafe fn new(raw: &'a sys::loop_event_t, looper: &'a Loop, kept: Keep) -> Self {
        // SAFETY: as the caller promises.
        let fd = Cell::new(unsafe { descriptor(raw) });
        Event { raw, looper, kept: Cell::new(kept), fd }
    }

    /// What the library used until now; nothing before the final event, or when taken already.
    pub(crate) fn take_kept(&self) -> Keep {
        self.kept.take()
    }

    /// The descriptor that came with the event.
    pub(crate) fn take_fd(&self) -> Option<OwnedFd> {
        self.fd.take()
    }

    /// Where the descriptor that came with the event is until somebody takes it.
    pub(crate) fn fd(&self) -> &Cell<Option<OwnedFd>> {
        &self.fd
    }

    pub(crate) fn is_final(&self) -> bool {
        !self.has(sys::LOOP_EV_MORE)
    }

    pub(crate) fn has(&self, flag: u32) -> bool {
        u32::from(self.raw.flags) & flag != 0
    }

    pub(crate) fn kind(&self) -> u32 {
        u32::from(self.raw.flags) & sys::LOOP_KIND_MASK
    }

    /// The event's bytes, string or error text; empty without one.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        if self.raw.data.is_null() || self.raw.len == 0 {
            return &[];
        }
        // SAFETY: a library event's data is `len` bytes, valid and unchanged until the next turn,
        // and `self.raw` is an event of the batch that is being delivered.
        unsafe { slice::from_raw_parts(self.raw.data.cast(), self.raw.len as usize) }
    }

    /// The error of a failed event.
    pub(crate) fn error(&self) -> Option<Error> {
        if self.raw.status >= 0 {
            return None;
        }
        let mut code = Code::from_raw(i64::from(self.raw.status));
        if code == Code::Closed && self.has(sys::LOOP_EV_REFUSED) {
            // The call was accepted, and the loop was closed before its op was taken.
            code = Code::Canceled;
        }
        Some(if self.kind() == sys::LOOP_KIND_ERROR {
            let text = String::from_utf8_lossy(self.bytes()).into_owned();
            Error::from_parts(code, i32::try_from(self.raw.aux).unwrap_or(0), text.into())
        } else {
            code.into()
        })
    }

    pub(crate) fn result(&self) -> Result<(), Error> {
        self.error().map_or(Ok(()), Err)
    }
}
