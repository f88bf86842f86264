// SPDX-License-Identifier: MIT

//! Terminals: modes and sizes. See docs/pipes-and-terminals.md.

use libloop_sys as sys;

use crate::{Code, Error, Loop, Stream};

/// A mode of a terminal.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum TtyMode {
    /// As it was before: as a rule line by line, with echo.
    Normal = sys::LOOP_TTY_NORMAL,
    /// Each key at once, no echo, no signals for keys; output as usual.
    Raw = sys::LOOP_TTY_RAW,
    /// Nothing is translated in either direction.
    Io = sys::LOOP_TTY_IO,
}

/// The size of a terminal in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TtySize {
    /// Its width.
    pub columns: u32,
    /// Its height.
    pub rows: u32,
}

impl TtySize {
    /// As an event has it.
    pub(super) fn of(num: i64) -> TtySize {
        let num = num as u64;
        TtySize { columns: (num >> 32) as u32, rows: num as u32 }
    }
}

/// Puts back the modes of all terminals of all loops. May be called in a handler of a signal. Node:
/// none; libuv: `uv_tty_reset_mode`.
///
/// # Errors
///
/// [`Code::Fork`], the first error of the system.
pub fn tty_reset() -> Result<(), Error> {
    // SAFETY: it takes no arguments, in any thread.
    let rc = unsafe { sys::loop_tty_reset() };
    if rc < 0 { Err(Code::from_raw(rc).into()) } else { Ok(()) }
}

impl Loop {
    /// Sets the mode of a terminal. What it was is put back by [`TtyMode::Normal`], when the stream has
    /// ended (before its last event), by [`tty_reset`], and when the process exits; not when a signal
    /// kills the process. Node: `tty.setRawMode`.
    ///
    /// # Errors
    ///
    /// [`Code::NotSupported`]: no terminal; [`Code::BadId`]; [`Code::NotConnected`] when its end is on
    /// the way; others of the system.
    pub fn tty_mode(&self, terminal: Stream, mode: TtyMode) -> Result<(), Error> {
        let id = self.ask(terminal)?;
        // SAFETY: on the loop's thread.
        self.checked(unsafe { sys::loop_tty_mode(self.raw(), id, mode as u32) }).map(drop)
    }

    /// The size of a terminal. From the first call on its changes come as
    /// [`NetEvent::Resized`](super::NetEvent::Resized): the process then has a handler for SIGWINCH, which
    /// calls the one that was there. Node: `tty.columns`, the event `resize`.
    ///
    /// # Errors
    ///
    /// As [`Loop::tty_mode`].
    pub fn tty_size(&self, terminal: Stream) -> Result<TtySize, Error> {
        let id = self.ask(terminal)?;
        let mut size = TtySize { columns: 0, rows: 0 };
        // SAFETY: on the loop's thread, with room for the answer.
        let rc = unsafe {
            sys::loop_tty_size(self.raw(), id, &raw mut size.columns, &raw mut size.rows)
        };
        self.checked(rc).map(|_| size)
    }
}
