// SPDX-License-Identifier: MIT

//! What streams carry besides bytes: descriptors to other processes, who these are, and files.

use std::cell::Cell;
use std::fmt;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr;

use libloop_sys as sys;

use super::{Net, invalid};
use crate::op::With;
use crate::slab::{Callback, Keep, NewEntry};
use crate::submit::OpParts;
use crate::{Code, Error, Feed, Loop, Op, Stream, Written};

/// A descriptor that came over a Unix stream: take it, or it is closed when the callback returns.
#[derive(Clone, Copy)]
pub struct Passed<'a>(pub(super) &'a Cell<Option<OwnedFd>>);

impl Passed<'_> {
    /// The descriptor, for whoever asks first. Programs that are started do not inherit it.
    #[must_use]
    pub fn take(self) -> Option<OwnedFd> {
        self.0.take()
    }
}

/// The same one.
impl PartialEq for Passed<'_> {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.0, other.0)
    }
}

impl Eq for Passed<'_> {}

impl fmt::Debug for Passed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passed")
    }
}

/// Who is at the other end of a Unix stream, as the system noted it when the peer connected or
/// listened. It may have handed its descriptor to another process since, or have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// The process; None where the system does not tell it.
    pub pid: Option<i32>,
    /// Its effective user then.
    pub uid: u32,
    /// Its effective group then.
    pub gid: u32,
}

impl Net<'_> {
    /// Unix streams, listeners of such, and what is adopted: whether descriptors may come, as
    /// [`NetEvent::Descriptor`](super::NetEvent::Descriptor). Else what comes with bytes is closed.
    pub fn fds(self, on: bool) -> Self {
        self.flag(sys::LOOP_NET_FDS, on)
    }
}

impl With<'_> {
    /// See [`Loop::send_file`].
    ///
    /// # Errors
    ///
    /// As [`Loop::send_file`].
    pub fn send_file(
        mut self,
        stream: Stream,
        file: impl AsFd,
        offset: u64,
        len: u64,
        done: impl FnOnce(&Loop, Result<Written, Error>) + 'static,
    ) -> Result<Feed, Error> {
        let id = self.lp.own_input(stream)?;
        let most = i64::MAX.unsigned_abs();
        if len > most || offset > most - len {
            return Err(Error::new(Code::Invalid, "send_file"));
        }
        let parts = OpParts {
            len: file.as_fd().as_raw_fd() as u32,
            target: id.raw,
            data: ptr::without_provenance(len as usize),
            arg: offset as i64,
            timeout_ns: self.op.timeout_ns,
            label: self.op.label.take(),
            ..OpParts::default()
        };
        let new = NewEntry {
            code: sys::LOOP_OP_SEND_FILE as u16,
            callback: Callback::Once(Box::new(move |lp, event| done(lp, Written::of(event)))),
            extra: self.op.extra(),
            keep: Keep::Nothing,
            delay_ns: -1,
            plain: false,
            referenced: self.op.referenced,
        };
        let feed = self.lp.register(new, parts).map(Feed)?;
        self.lp.submit()?; // at once: the descriptor is lent for this call only
        Ok(feed)
    }
}

impl Loop {
    /// Sends a descriptor with bytes over a Unix stream, in the order of all sends and writes. It is
    /// duplicated, so the program's own may be closed at once. The receiver gets one for the same
    /// open file, if it asked for [`Net::fds`]. Node: `subprocess.send(message, handle)`.
    ///
    /// * `data`: copied, at least one byte; the descriptor goes with the first.
    ///
    /// # Errors
    ///
    /// [`Code::Invalid`] for no bytes, or 4 GiB or more; [`Code::NotSupported`] when it is no Unix
    /// stream; [`Code::TooManyFiles`]; [`Code::BadId`] when it has ended or was cleared;
    /// [`Code::BrokenPipe`] after [`Loop::end`] or [`Loop::net_close`]; [`Code::Fork`].
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::Loop;
    /// use libloop::net::NetEvent;
    /// use std::fs::File;
    /// use std::os::unix::net::UnixStream;
    ///
    /// let lp = Loop::new()?;
    /// let (one, other) = UnixStream::pair()?;
    /// let sender = lp.net().adopt(one, |_, _, _| ())?;
    /// let receiver = lp.net().fds(true).adopt(other, |_, _, _| ())?;
    /// lp.send_fd(sender, File::open("/dev/null")?, b"null")?;
    /// lp.net_close(sender)?;
    /// lp.read_start(receiver, |_lp, _receiver, event| match event {
    ///     NetEvent::Descriptor(passed) => {
    ///         let file = File::from(passed.take().unwrap());
    ///         assert_eq!(file.metadata().unwrap().len(), 0);
    ///     }
    ///     NetEvent::Data(bytes) => assert_eq!(bytes, b"null"),
    ///     _ => {}
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn send_fd(&self, stream: Stream, fd: impl AsFd, data: &[u8]) -> Result<(), Error> {
        if data.is_empty() {
            return Err(invalid("no bytes for a descriptor to go with"));
        }
        let (id, takes) = self.sending(stream, data)?;
        if !takes {
            return Ok(());
        }
        self.submit()?;
        let fd = fd.as_fd().as_raw_fd();
        // SAFETY: on the loop's thread; the bytes and the descriptor live during the call, which
        // makes copies of both.
        let rc = unsafe {
            sys::loop_send_fd(
                self.raw(),
                id.raw as i64,
                fd,
                data.as_ptr().cast(),
                data.len() as u64,
            )
        };
        self.checked(rc).map(drop)
    }

    /// Sends bytes of an open file, in the order of all sends and writes of a stream. They are not
    /// copied in this process where the system can do so. The closure comes when the system has
    /// them; fewer than `len` without an error: the file ended. A deadline and [`Loop::cancel`] work
    /// as for [`Loop::write`]. Node: `fs.createReadStream(path).pipe(socket)`.
    ///
    /// To the closure come, with the stream as it was, [`Code::NotSeekable`] for a pipe, a socket, a
    /// terminal; [`Code::IsDirectory`]; [`Code::BadDescriptor`] for a file, or of a stream, that
    /// cannot be used so; [`Code::BrokenPipe`] after [`Loop::end`]; [`Code::TooManyFiles`]. An error of the
    /// file or the stream ends the stream.
    ///
    /// * `file`: duplicated; its own position is neither used nor moved.
    /// * `offset`: where in the file to begin, in bytes.
    /// * `len`: bytes.
    ///
    /// # Errors
    ///
    /// [`Code::Invalid`] when `offset + len` is more than 2^63-1; [`Code::BadId`] when the stream has
    /// ended or was cleared; [`Code::Closed`], [`Code::Fork`], [`Code::NoMemory`].
    pub fn send_file(
        &self,
        stream: Stream,
        file: impl AsFd,
        offset: u64,
        len: u64,
        done: impl FnOnce(&Loop, Result<Written, Error>) + 'static,
    ) -> Result<Feed, Error> {
        self.with(Op::new()).send_file(stream, file, offset, len, done)
    }

    /// Who connected a Unix stream, or listened for it.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`]; [`Code::NotConnected`] while it has no descriptor; [`Code::NotSupported`]: no
    /// Unix stream; [`Code::Fork`].
    pub fn peer_credentials(&self, stream: Stream) -> Result<Credentials, Error> {
        let id = self.ask(stream)?;
        let mut raw = sys::loop_credentials_t {
            size: size_of::<sys::loop_credentials_t>() as u32,
            ..Default::default()
        };
        // SAFETY: on the loop's thread, with room for the answer.
        self.checked(unsafe { sys::loop_peer_credentials(self.raw(), id, &raw mut raw) })?;
        Ok(Credentials { pid: (raw.pid != 0).then_some(raw.pid), uid: raw.uid, gid: raw.gid })
    }
}
