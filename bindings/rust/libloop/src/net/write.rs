// SPDX-License-Identifier: MIT

//! Sending, and the end of sockets.

use libloop_sys as sys;

use crate::op::With;
use crate::submit::{NO_USER, OpParts};
use crate::{Bytes, Code, Error, Feed, Id, Loop, Op, Sending, Socket, Stream, Written};

/// Pieces that are lent, and the array that names them.
struct Pieces {
    bufs: Box<[sys::loop_buf_t]>,
    _bytes: Box<[Bytes]>,
}

impl With<'_> {
    /// See [`Loop::writev`].
    ///
    /// # Errors
    ///
    /// As [`Loop::writev`].
    pub fn writev(
        self,
        stream: Stream,
        pieces: impl IntoIterator<Item = impl Into<Bytes>>,
        done: impl FnOnce(&Loop, Result<Written, Error>) + 'static,
    ) -> Result<Feed, Error> {
        let id = self.lp.own_input(stream)?;
        let bytes: Box<[Bytes]> = pieces.into_iter().map(Into::into).collect();
        let total: u64 = bytes.iter().map(|piece| piece.len() as u64).sum();
        if !(1..=1_048_576).contains(&bytes.len()) || total > u64::from(u32::MAX) {
            return Err(Error::new(Code::Invalid, "writev"));
        }
        let bufs = bytes.iter().map(|piece| sys::loop_buf_t {
            data: piece.as_ptr().cast_mut().cast(),
            len: piece.len() as u64,
        });
        let pieces = Pieces { bufs: bufs.collect(), _bytes: bytes };
        let parts = OpParts {
            flags: sys::LOOP_OPF_BORROWED | sys::LOOP_OPF_VECTOR,
            len: pieces.bufs.len() as u32,
            target: id.raw,
            data: pieces.bufs.as_ptr().cast(),
            ..OpParts::default()
        };
        self.lend(parts, Box::new(pieces), done)
    }

    /// See [`Loop::net_close`]. The deadline is for the sending of what waits; other options do not
    /// count.
    ///
    /// # Errors
    ///
    /// As [`Loop::net_close`].
    pub fn net_close(self, socket: impl Socket) -> Result<(), Error> {
        self.lp.shut(socket, 0, self.op.timeout_ns)
    }
}

impl Loop {
    /// Sends bytes, in the order of all sends and writes, without an event: the fastest way. They
    /// are handed to the system in the loop's next step; what it does not take waits
    /// ([`NetEvent::Full`](crate::net::NetEvent::Full), [`Loop::net_queued`]). An error ends the
    /// stream. To the peer of a socket for datagrams it sends one datagram, whose error ends nothing. The
    /// bytes are copied, but for those of the event that is being delivered, or a part
    /// of them.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] when it has ended or was cleared, [`Code::BrokenPipe`] after [`Loop::end`] or
    /// [`Loop::net_close`], [`Code::Invalid`] for 4 GiB or more, [`Code::Fork`].
    pub fn send<S: Sending>(&self, socket: S, data: &[u8]) -> Result<(), Error> {
        let (id, takes) = self.sending(socket, data)?;
        if !takes || data.is_empty() && !S::EMPTY_COUNTS {
            return Ok(());
        }
        let lent = self.batch.borrow().is_current_data(data);
        let op = sys::loop_op {
            code: sys::LOOP_OP_SEND as u16,
            target: id.raw,
            user: NO_USER,
            ..Default::default()
        };
        self.push(op, data, lent);
        Ok(())
    }

    /// The id of a socket that sends, and whether it still takes data: when its end is on the way, that goes
    /// the way of what was sent before.
    pub(super) fn sending(&self, socket: impl Sending, data: &[u8]) -> Result<(Id, bool), Error> {
        let id = self.own(socket)?;
        let mut slab = self.slab.borrow_mut();
        let entry = slab.find(id)?;
        let (shut, ended) = (entry.shut, entry.ended);
        drop(slab);
        if shut {
            return Err(Code::BrokenPipe.into());
        }
        if u32::try_from(data.len()).is_err() {
            return Err(Error::new(Code::Invalid, "send"));
        }
        Ok((id, !ended))
    }

    /// Writes several pieces as one; see [`Loop::write`]. They are lent until the closure is called.
    /// An error says how much was [sent](Error::sent).
    ///
    /// # Errors
    ///
    /// As [`Loop::write`]; [`Code::Invalid`] for none, or more than 1,048,576.
    pub fn writev(
        &self,
        stream: Stream,
        pieces: impl IntoIterator<Item = impl Into<Bytes>>,
        done: impl FnOnce(&Loop, Result<Written, Error>) + 'static,
    ) -> Result<Feed, Error> {
        self.with(Op::new()).writev(stream, pieces, done)
    }

    /// Closes a socket: what was written before is sent, then the last event comes. [`Loop::cancel`]
    /// and [`Loop::clear`] close at once. Node: `socket.destroySoon`.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] when it has ended or was cleared, [`Code::Fork`].
    pub fn net_close(&self, socket: impl Socket) -> Result<(), Error> {
        self.shut(socket, 0, 0)
    }

    /// Closes a stream at once with a reset: what was not sent is lost. A Unix socket is just
    /// closed. Node: `socket.resetAndDestroy`.
    ///
    /// # Errors
    ///
    /// As [`Loop::net_close`].
    pub fn net_reset(&self, stream: Stream) -> Result<(), Error> {
        self.shut(stream, 1, 0)
    }

    fn shut(&self, socket: impl Socket, how: i64, timeout_ns: i64) -> Result<(), Error> {
        let id = self.own(socket)?;
        let mut slab = self.slab.borrow_mut();
        let entry = slab.find(id)?;
        entry.shut = true;
        let ended = entry.ended;
        drop(slab);
        if !ended {
            let op = sys::loop_op {
                code: sys::LOOP_OP_CLOSE as u16,
                target: id.raw,
                user: NO_USER,
                arg: how,
                timeout_ns,
                ..Default::default()
            };
            self.push(op, &[], false);
        }
        Ok(())
    }
}
