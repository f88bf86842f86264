// SPDX-License-Identifier: MIT

//! Pipes, FIFOs, files, devices and the program's own descriptors as streams. See
//! docs/pipes-and-terminals.md.

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use libloop_sys as sys;

use super::{Net, NetEvent, event};
use crate::slab::Keep;
use crate::{Code, Error, Loop, Socket, Stream};

/// What a socket is.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SocketType {
    /// A TCP stream or listener.
    Tcp,
    /// A Unix stream or listener.
    Unix,
    /// Datagrams over UDP.
    Udp,
    /// Unix datagrams.
    UnixDatagram,
    /// An end of a pipe, or a FIFO.
    Pipe,
    /// A terminal.
    Terminal,
    /// A file, or a device that is no terminal.
    File,
}

fn two(made: impl FnOnce(*mut i32) -> i64) -> Result<(OwnedFd, OwnedFd), Error> {
    let mut fds = [-1; 2];
    let rc = made(fds.as_mut_ptr());
    if rc < 0 {
        return Err(Code::from_raw(rc).into());
    }
    // SAFETY: both are new, and ours.
    Ok(unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) })
}

/// Makes a pipe: what is written to the second is read from the first. Both are non-blocking and not
/// inherited by programs that are started; for [`Net::adopt`], or for others.
///
/// # Errors
///
/// [`Code::TooManyFiles`], [`Code::TooManyFilesInSystem`], [`Code::Fork`].
///
/// # Examples
///
/// ```
/// use libloop::Loop;
/// use libloop::net::{self, NetEvent};
///
/// let lp = Loop::new()?;
/// let (from, to) = net::pipe()?;
/// let reader = lp.net().adopt(from, |_, _, _| ())?;
/// lp.read_start(reader, |_, _, event| {
///     if let NetEvent::Data(bytes) = event {
///         println!("{}", String::from_utf8_lossy(bytes));
///     }
/// })?;
/// let writer = lp.net().adopt(to, |_, _, _| ())?;
/// lp.send(writer, b"through a pipe")?;
/// lp.net_close(writer)?;
/// lp.run()?;
/// # Ok::<(), libloop::Error>(())
/// ```
pub fn pipe() -> Result<(OwnedFd, OwnedFd), Error> {
    // SAFETY: room for two.
    two(|fds| unsafe { sys::loop_pipe(fds) })
}

/// The same with two connected Unix sockets, each for both directions.
///
/// # Errors
///
/// As [`pipe`].
pub fn socketpair() -> Result<(OwnedFd, OwnedFd), Error> {
    // SAFETY: room for two.
    two(|fds| unsafe { sys::loop_socketpair(sys::LOOP_NET_UNIX, fds) })
}

/// The same with two connected Unix sockets for datagrams.
///
/// # Errors
///
/// As [`pipe`].
pub fn datagram_pair() -> Result<(OwnedFd, OwnedFd), Error> {
    // SAFETY: room for two.
    two(|fds| unsafe { sys::loop_socketpair(sys::LOOP_NET_UNIX_DGRAM, fds) })
}

impl Net<'_> {
    /// Uses a descriptor of the program's as a stream, which stays the program's and open: of
    /// [`std::io::stdin`], `stdout` and `stderr`, whatever they are, or any other that
    /// [`Net::adopt`] takes. A terminal or pipe is opened once more where that can be, so that it
    /// blocks for nobody else; else its mode is put back when the stream ends.
    ///
    /// # Errors
    ///
    /// See [the module](crate::net).
    pub fn adopt_borrowed(
        mut self,
        fd: impl AsFd,
        callback: impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static,
    ) -> Result<Stream, Error> {
        self.raw.flags |= sys::LOOP_NET_KEEP;
        (self.raw.what, self.raw.fd) = (sys::LOOP_NET_ADOPT, fd.as_fd().as_raw_fd());
        let lp = self.with.lp;
        let id = self.submit(None, Keep::Nothing, event::stream(callback))?;
        lp.submit()?; // the descriptor is used now, while it is borrowed
        Ok(Stream(id))
    }
}

impl Loop {
    /// What a socket is. libuv: `uv_guess_handle`.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`]; [`Code::NotConnected`] when its end is on the way; [`Code::Fork`].
    pub fn net_type(&self, socket: impl Socket) -> Result<SocketType, Error> {
        let id = self.ask(socket)?;
        // SAFETY: on the loop's thread.
        let kind = self.checked(unsafe { sys::loop_net_type(self.raw(), id) })?;
        Ok(match kind as u32 {
            sys::LOOP_NET_TCP => SocketType::Tcp,
            sys::LOOP_NET_UNIX => SocketType::Unix,
            sys::LOOP_NET_UDP => SocketType::Udp,
            sys::LOOP_NET_UNIX_DGRAM => SocketType::UnixDatagram,
            sys::LOOP_NET_PIPE => SocketType::Pipe,
            sys::LOOP_NET_TTY => SocketType::Terminal,
            sys::LOOP_NET_FILE => SocketType::File,
            _ => return Err(Error::new(Code::NotSupported, "net_type")), // of a newer library
        })
    }
}
