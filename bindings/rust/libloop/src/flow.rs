// SPDX-License-Identifier: MIT

//! Flows: what takes its input, or gives its data, piece by piece.

use std::any::Any;

use libloop_sys as sys;

use crate::event::Event;
use crate::op::With;
use crate::slab::{Callback, Keep, NewEntry};
use crate::submit::OpParts;
use crate::{Bytes, Code, Error, Feed, Handle, Input, Loop, Op};

/// What became of a write to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    bytes: usize,
    waiting: u64,
}

impl Written {
    pub(crate) fn of(event: &Event<'_>) -> Result<Written, Error> {
        let bytes = event.raw.num.max(0).unsigned_abs();
        match event.error() {
            Some(error) => Err(error.with_sent(u32::try_from(bytes).unwrap_or(u32::MAX))),
            None => Ok(Written { bytes: bytes as usize, waiting: event.raw.aux }),
        }
    }

    /// Bytes that the flow has used: all of the write.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.bytes
    }

    /// Bytes of later writes that wait. Who writes faster than the flow goes should hold back while
    /// this grows.
    #[must_use]
    pub fn waiting(self) -> u64 {
        self.waiting
    }
}

/// A piece of what a flow gives, borrowed while the callback runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// The next bytes.
    Data(&'a [u8]),
    /// The end: how many bytes there were.
    End(u64),
}

impl<'a> Piece<'a> {
    /// Of an event that is no error.
    pub(crate) fn of(event: &Event<'a>) -> Piece<'a> {
        if event.is_final() {
            Piece::End(event.raw.num.max(0).unsigned_abs())
        } else {
            Piece::Data(event.bytes())
        }
    }
}

impl With<'_> {
    /// See [`Loop::write`].
    ///
    /// # Errors
    ///
    /// As [`Loop::write`].
    pub fn write(
        self,
        flow: impl Input,
        data: impl Into<Bytes>,
        done: impl FnOnce(&Loop, Result<Written, Error>) + 'static,
    ) -> Result<Feed, Error> {
        let id = self.lp.own_input(flow)?;
        let data = data.into();
        let len = u32::try_from(data.len()).map_err(|_| Error::new(Code::Invalid, "write"))?;
        let parts = OpParts {
            flags: sys::LOOP_OPF_BORROWED,
            len,
            target: id.raw,
            data: data.as_ptr().cast(),
            ..OpParts::default()
        };
        self.lend(parts, Box::new(data), done)
    }

    /// Queues a write of what is lent until its event.
    pub(crate) fn lend(
        mut self,
        parts: OpParts,
        lent: Box<dyn Any>,
        done: impl FnOnce(&Loop, Result<Written, Error>) + 'static,
    ) -> Result<Feed, Error> {
        let parts =
            OpParts { timeout_ns: self.op.timeout_ns, label: self.op.label.take(), ..parts };
        let new = NewEntry {
            code: sys::LOOP_OP_WRITE as u16,
            callback: Callback::Once(Box::new(move |lp, event| {
                drop(event.take_kept());
                done(lp, Written::of(event));
            })),
            extra: self.op.extra(),
            keep: Keep::Lent(lent),
            delay_ns: -1,
            plain: false,
            referenced: self.op.referenced,
        };
        self.lp.register(new, parts).map(Feed)
    }
}

impl Loop {
    /// Gives a flow its next input. Node: `writable.write`.
    ///
    /// A flow is something that takes its input piece by piece. Its writes are used in their order;
    /// the closure comes when all of this one is used, and is told how much waits behind it. While a
    /// flow waits for input it does not keep the loop alive. Its deadline counts anew from each of
    /// its events.
    ///
    /// To the closure come [`Code::BrokenPipe`] after [`Loop::end`], and [`Code::Canceled`] when the
    /// flow ended before the input was used. A write may be cancelled; the flow goes on without it,
    /// unless it was being used already.
    ///
    /// * `data`: lent to the library until it is used; nothing is copied.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] when the flow has ended or was cleared, [`Code::Invalid`] for 4 GiB or more,
    /// [`Code::Closed`], [`Code::Fork`], [`Code::NoMemory`].
    pub fn write(
        &self,
        flow: impl Input,
        data: impl Into<Bytes>,
        done: impl FnOnce(&Loop, Result<Written, Error>) + 'static,
    ) -> Result<Feed, Error> {
        self.with(Op::new()).write(flow, data, done)
    }

    /// Says that a flow gets no more input: what was written is used, then it ends. Twice is
    /// allowed. Node: `writable.end`.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] when the flow has ended or was cleared, [`Code::Fork`].
    pub fn end(&self, flow: impl Input) -> Result<(), Error> {
        let id = self.own_input(flow)?;
        let mut slab = self.slab.borrow_mut();
        let entry = slab.find(id)?;
        entry.shut = true;
        let ended = entry.ended;
        drop(slab);
        if !ended {
            self.control(sys::LOOP_OP_END, id, 0, 0);
        }
        Ok(())
    }

    /// Stops the data of a flow, or of anything else that comes in pieces, as the entries of
    /// [`readdir_stream`](crate::fs::Fs::readdir_stream): what is on its way still comes. While it
    /// is paused it does not keep the loop alive. Has no effect on other things. Node:
    /// `readable.pause`.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] when it has ended or was cleared, [`Code::Fork`].
    pub fn pause(&self, handle: impl Handle) -> Result<(), Error> {
        let id = self.own_flow(handle)?;
        self.control(sys::LOOP_OP_PAUSE, id, 0, 0);
        Ok(())
    }

    /// Goes on with what [`Loop::pause`] stopped. Node: `readable.resume`.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] when it has ended or was cleared, [`Code::Fork`].
    pub fn resume(&self, handle: impl Handle) -> Result<(), Error> {
        let id = self.own_flow(handle)?;
        self.control(sys::LOOP_OP_RESUME, id, 0, 0);
        Ok(())
    }

    /// The id of what takes input.
    pub(crate) fn own_input(&self, handle: impl Input) -> Result<crate::Id, Error> {
        self.own_flow(handle)
    }

    /// The id of something that has not ended yet. A socket whose end is in the batch still counts:
    /// nobody could know, and what is asked of it is refused in silence.
    fn own_flow(&self, handle: impl Handle) -> Result<crate::Id, Error> {
        let id = self.own(handle)?;
        let mut slab = self.slab.borrow_mut();
        let entry = slab.find(id)?;
        let stream = u32::from(entry.code) == sys::LOOP_OP_NET;
        if entry.ended && !stream { Err(Code::BadId.into()) } else { Ok(id) }
    }
}
