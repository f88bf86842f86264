// SPDX-License-Identifier: MIT

//! Reading streams, and what becomes of connections that come.

use libloop_sys as sys;

use super::{NetEvent, event};
use crate::event::Event;
use crate::op::With;
use crate::slab::Callback;
use crate::submit::NO_USER;
use crate::{Code, Error, Id, Loop, Op, Socket, Stream};

impl With<'_> {
    /// See [`Loop::read_start`]. Of the options only the deadline counts: from event to event, not
    /// while it is paused.
    ///
    /// # Errors
    ///
    /// As [`Loop::read_start`].
    pub fn read_start(
        self,
        stream: Stream,
        callback: impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static,
    ) -> Result<(), Error> {
        self.read(stream, 0, 0, event::stream(callback))
    }

    /// See [`Loop::read_once`].
    ///
    /// # Errors
    ///
    /// As [`Loop::read_once`].
    pub fn read_once(
        self,
        stream: Stream,
        max: u32,
        callback: impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static,
    ) -> Result<(), Error> {
        self.read(stream, size(max)?, sys::LOOP_OPF_ONESHOT, event::stream(callback))
    }

    /// See [`Loop::read_exact`].
    ///
    /// # Errors
    ///
    /// As [`Loop::read_exact`].
    pub fn read_exact(
        self,
        stream: Stream,
        len: u32,
        callback: impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static,
    ) -> Result<(), Error> {
        self.read(stream, size(len)?, 0, event::stream(callback))
    }

    pub(super) fn read(
        self,
        socket: impl Socket,
        arg: i64,
        flags: u32,
        callback: Callback,
    ) -> Result<(), Error> {
        let id = self.lp.own(socket)?;
        let mut slab = self.lp.slab.borrow_mut();
        let entry = slab.find(id)?;
        let ended = entry.ended;
        let before = entry.callback.replace(callback);
        drop(slab);
        drop(before); // it may use the loop: nothing is borrowed here
        if !ended {
            self.lp.bind(id, arg, flags, self.op.timeout_ns);
        }
        Ok(())
    }
}

fn size(bytes: u32) -> Result<i64, Error> {
    match i32::try_from(bytes) {
        Ok(1..) => Ok(bytes.into()),
        _ => Err(Error::new(Code::Invalid, "read")),
    }
}

impl Loop {
    /// Reads a stream: its data comes as it arrives until [`NetEvent::End`]. From now on all its
    /// events come to this closure. May be called again, also in between the next two, which it
    /// replaces. Node: `stream.on("data")`.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] when it has ended or was cleared, [`Code::Fork`].
    pub fn read_start(
        &self,
        stream: Stream,
        callback: impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static,
    ) -> Result<(), Error> {
        self.with(Op::new()).read_start(stream, callback)
    }

    /// The same, but pauses after one [`NetEvent::Data`] of at most so many bytes.
    ///
    /// # Errors
    ///
    /// As [`Loop::read_start`]; [`Code::Invalid`] for none, or more than 2^31-1.
    pub fn read_once(
        &self,
        stream: Stream,
        max: u32,
        callback: impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static,
    ) -> Result<(), Error> {
        self.with(Op::new()).read_once(stream, max, callback)
    }

    /// The same, but pauses after one [`NetEvent::Data`] of exactly so many bytes. If the peer ends
    /// before, [`NetEvent::End`] has what came.
    ///
    /// # Errors
    ///
    /// As [`Loop::read_once`].
    pub fn read_exact(
        &self,
        stream: Stream,
        len: u32,
        callback: impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static,
    ) -> Result<(), Error> {
        self.with(Op::new()).read_exact(stream, len, callback)
    }

    /// Has the stream's events name its entry, and reads it.
    fn bind(&self, id: Id, arg: i64, flags: u32, timeout_ns: i64) {
        let op = sys::loop_op {
            code: sys::LOOP_OP_READ as u16,
            flags: flags as u16,
            target: id.raw,
            user: u64::from(id.index),
            arg,
            timeout_ns,
            ..Default::default()
        };
        self.push(op, &[], false);
    }

    /// The listener's callback has had a connection. One without a callback of its own still has its
    /// events name its entry; after a panic nobody has it, so that it is closed.
    pub(super) fn settle_accepted(&self, stream: Stream, panicked: bool) {
        let mut slab = self.slab.borrow_mut();
        let Ok(entry) = slab.find(stream.0) else { return };
        if entry.callback.is_some() || entry.shut {
            return;
        }
        drop(slab);
        if panicked {
            let _ = self.clear(stream);
        } else {
            self.bind(stream.0, 0, 0, 0);
            self.control(sys::LOOP_OP_PAUSE, stream.0, 0, 0);
        }
    }

    /// Closes the connection that an event brings for a listener that was cleared.
    pub(crate) fn turn_away(&self, event: &Event<'_>) {
        let raw = event.raw;
        let accepted = u32::from(raw.code) == sys::LOOP_OP_NET
            && raw.aux == u64::from(sys::LOOP_NET_ACCEPTED)
            && raw.status == 0
            && !event.is_final();
        if accepted {
            let op = sys::loop_op {
                code: sys::LOOP_OP_CLEAR as u16,
                target: raw.num.unsigned_abs(),
                user: NO_USER,
                ..Default::default()
            };
            self.push(op, &[], false);
        }
    }
}
