// SPDX-License-Identifier: MIT

//! TCP and Unix streams, and datagrams. See [`Loop::net`].
//!
//! What goes wrong with a socket is its last event, with a code, the errno, and
//! "operation address" as text. At once come only [`Code::Invalid`] for what means nothing, and, as
//! with everything, [`Code::Closed`], [`Code::Fork`] and [`Code::NoMemory`].

mod address;
mod datagram;
mod destination;
mod event;
mod options;
mod pass;
mod pipe;
mod read;
mod tty;
mod write;

use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use libloop_sys as sys;

use crate::op::With;
use crate::slab::{Callback, Keep, NewEntry};
use crate::submit::OpParts;
use crate::{Code, Error, Id, Listener, Loop, Op, Stream};

pub use address::Address;
pub use datagram::{Datagram, DatagramEvent};
pub use destination::{Destination, Sender};
pub use event::{ListenEvent, NetEvent};
pub use options::NetOption;
pub use pass::{Credentials, Passed};
pub use pipe::{SocketType, datagram_pair, pipe, socketpair};
pub use tty::{TtyMode, TtySize, tty_reset};

/// Sockets to be made, together with their options: see [`Loop::net`].
#[derive(Debug)]
#[must_use = "no socket is made yet"]
pub struct Net<'a> {
    with: With<'a>,
    raw: sys::loop_net_t,
    from: Option<(Vec<u8>, u16)>,
}

/// A C record and the texts it points to.
struct Request {
    raw: sys::loop_net_t,
    host: Option<Vec<u8>>,
    from: Option<Vec<u8>>,
}

impl Loop {
    /// TCP, UDP and Unix sockets. Node: `net`, `dgram`.
    ///
    /// A deadline (`lp.with(op).net()`) of a connect is for connecting; of a listener it counts anew
    /// from each connection.
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::Loop;
    /// use libloop::net::{ListenEvent, NetEvent};
    ///
    /// let lp = Loop::new()?;
    /// lp.net().listen("127.0.0.1", 0, |lp, listener, event| match event {
    ///     ListenEvent::Open(at) => {
    ///         let client = lp.net().connect("127.0.0.1", at.port(), |_, _, _| ()).unwrap();
    ///         lp.send(client, b"hello").unwrap(); // goes out when it is open
    ///         lp.read_start(client, move |lp, client, event| match event {
    ///             NetEvent::Data(bytes) => {
    ///                 println!("{} came back", String::from_utf8_lossy(bytes));
    ///                 lp.end(client).unwrap();
    ///                 lp.net_close(listener).unwrap();
    ///             }
    ///             NetEvent::Closed(Err(error)) => println!("{error}"),
    ///             _ => {}
    ///         }).unwrap();
    ///     }
    ///     ListenEvent::Accepted(stream, _peer) => {
    ///         lp.read_start(stream, |lp, stream, event| {
    ///             if let NetEvent::Data(bytes) = event {
    ///                 lp.send(stream, bytes).unwrap();
    ///             }
    ///         }).unwrap();
    ///     }
    ///     _ => {}
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn net(&self) -> Net<'_> {
        self.with(Op::new()).net()
    }
}

impl<'a> With<'a> {
    /// See [`Loop::net`].
    pub fn net(self) -> Net<'a> {
        let raw = sys::loop_net_t {
            size: size_of::<sys::loop_net_t>() as u32,
            fd: -1,
            ..Default::default()
        };
        Net { with: self, raw, from: None }
    }
}

impl Net<'_> {
    fn flag(mut self, flag: u32, on: bool) -> Self {
        self.raw.flags = if on { self.raw.flags | flag } else { self.raw.flags & !flag };
        self
    }

    /// Whether the peer's end leaves this side open until [`Loop::end`]. A listener's options hold
    /// for its connections, too.
    pub fn half_open(self, on: bool) -> Self {
        self.flag(sys::LOOP_NET_HALF_OPEN, on)
    }

    /// TCP: whether small pieces are sent at once.
    pub fn nodelay(self, on: bool) -> Self {
        self.flag(sys::LOOP_NET_NODELAY, on)
    }

    /// TCP listeners: whether several may share a port, so that each gets its part.
    pub fn reuseport(self, on: bool) -> Self {
        self.flag(sys::LOOP_NET_REUSEPORT, on)
    }

    /// A listener on "::": whether it takes no IPv4 connections.
    pub fn v6only(self, on: bool) -> Self {
        self.flag(sys::LOOP_NET_V6ONLY, on)
    }

    /// Listeners: how many connections may wait. Default: 511.
    pub fn backlog(mut self, connections: u32) -> Self {
        self.raw.backlog = connections;
        self
    }

    /// Bytes of one [`NetEvent::Data`] at most, up to 64 KiB, which is the default.
    pub fn read_size(mut self, bytes: u32) -> Self {
        self.raw.read_size = bytes;
        self
    }

    /// Events that it may give in one pass before others have their turn. Default: 16, of a stream at most
    /// 256 KiB of [`read_size`](Self::read_size).
    pub fn read_budget(mut self, events: u32) -> Self {
        self.raw.read_budget = events;
        self
    }

    /// How much may wait to be sent before [`NetEvent::Full`], default 64 KiB, and how little is
    /// [`NetEvent::Drain`], below it; 0: a quarter.
    pub fn water(mut self, high: u64, low: u64) -> Self {
        (self.raw.high_water, self.raw.low_water) = (high, low);
        self
    }

    /// TCP connections, UDP with a peer: the address and port to come from; port 0: any.
    pub fn from(mut self, host: &str, port: u16) -> Self {
        self.from = Some((host.into(), port));
        self
    }

    /// Unix datagrams with a peer: a path of its own, so that it can be answered.
    pub fn from_path(mut self, path: impl AsRef<Path>) -> Self {
        self.from = Some((path.as_ref().as_os_str().as_bytes().into(), 0));
        self
    }

    /// UDP sockets with an address: whether several may have the same one; each gets what comes by
    /// multicast.
    pub fn reuseaddr(self, on: bool) -> Self {
        self.flag(sys::LOOP_NET_REUSEADDR, on)
    }

    /// Listens on a port. Node: `server.listen`.
    ///
    /// * `host`: an address or "localhost"; "::" takes IPv4 connections, too.
    /// * `port`: 0: any that is free; [`ListenEvent::Open`] says which.
    ///
    /// # Errors
    ///
    /// See [the module](crate::net).
    pub fn listen(
        self,
        host: &str,
        port: u16,
        callback: impl FnMut(&Loop, Listener, ListenEvent) + 'static,
    ) -> Result<Listener, Error> {
        self.tcp(sys::LOOP_NET_LISTEN, host, port, event::listener(callback)).map(Listener)
    }

    /// Connects to a port. Node: `net.connect`. What is written before it is open is sent then. The
    /// closure has its events until [`Loop::read_start`] gives it another.
    ///
    /// * `host`: an address, or a name, whose addresses are tried as RFC 8305 says.
    ///
    /// # Errors
    ///
    /// See [the module](crate::net).
    pub fn connect(
        self,
        host: &str,
        port: u16,
        callback: impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static,
    ) -> Result<Stream, Error> {
        self.tcp(sys::LOOP_NET_CONNECT, host, port, event::stream(callback)).map(Stream)
    }

    /// Listens on the path of a Unix socket, or, in Linux, on an abstract name, which begins with a
    /// NUL. The path is removed when the listener ends.
    ///
    /// # Errors
    ///
    /// See [the module](crate::net).
    pub fn listen_unix(
        self,
        path: impl AsRef<Path>,
        callback: impl FnMut(&Loop, Listener, ListenEvent) + 'static,
    ) -> Result<Listener, Error> {
        self.unix(sys::LOOP_NET_LISTEN, path.as_ref(), event::listener(callback)).map(Listener)
    }

    /// Connects to a Unix socket.
    ///
    /// # Errors
    ///
    /// See [the module](crate::net).
    pub fn connect_unix(
        self,
        path: impl AsRef<Path>,
        callback: impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static,
    ) -> Result<Stream, Error> {
        self.unix(sys::LOOP_NET_CONNECT, path.as_ref(), event::stream(callback)).map(Stream)
    }

    /// Takes a connected stream socket over; or an end of a pipe, a FIFO, a terminal, a device, a file
    /// (docs/pipes-and-terminals.md). It is closed with the stream, also when that fails.
    ///
    /// # Errors
    ///
    /// See [the module](crate::net). [`Code::Invalid`] for a socket that listens, too.
    pub fn adopt(
        self,
        fd: impl Into<OwnedFd>,
        callback: impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static,
    ) -> Result<Stream, Error> {
        self.take(fd.into(), false, event::stream(callback)).map(Stream)
    }

    /// Takes a socket over that listens.
    ///
    /// # Errors
    ///
    /// See [the module](crate::net). [`Code::Invalid`] for one that does not listen, too.
    pub fn adopt_listener(
        self,
        fd: impl Into<OwnedFd>,
        callback: impl FnMut(&Loop, Listener, ListenEvent) + 'static,
    ) -> Result<Listener, Error> {
        self.take(fd.into(), true, event::listener(callback)).map(Listener)
    }

    fn tcp(mut self, what: u32, host: &str, port: u16, callback: Callback) -> Result<Id, Error> {
        if host.contains('\0') || what == sys::LOOP_NET_CONNECT && port == 0 {
            return Err(invalid("host or port"));
        }
        (self.raw.what, self.raw.type_, self.raw.port) = (what, sys::LOOP_NET_TCP, port.into());
        self.submit(Some(host.as_bytes()), Keep::Nothing, callback)
    }

    fn unix(mut self, what: u32, path: &Path, callback: Callback) -> Result<Id, Error> {
        let bytes = path.as_os_str().as_bytes();
        if !is_name(bytes) {
            return Err(invalid("path"));
        }
        (self.raw.what, self.raw.type_) = (what, sys::LOOP_NET_UNIX);
        self.submit(Some(bytes), Keep::Nothing, callback)
    }

    fn take(self, fd: OwnedFd, listens: bool, callback: Callback) -> Result<Id, Error> {
        if socket_option(&fd, libc::SO_ACCEPTCONN).is_some_and(|on| (on != 0) != listens) {
            return Err(invalid("a socket of the other kind"));
        }
        self.hand_over(fd, callback)
    }

    /// A descriptor becomes the library's, unless that is refused at once.
    fn hand_over(mut self, fd: OwnedFd, callback: Callback) -> Result<Id, Error> {
        (self.raw.what, self.raw.fd) = (sys::LOOP_NET_ADOPT, fd.as_raw_fd());
        self.check()?;
        self.with.lp.usable()?;
        let keep = Keep::Given(fd.as_raw_fd());
        let id = self.submit(None, keep, callback)?;
        let _ = fd.into_raw_fd(); // the library's now
        Ok(id)
    }

    fn check(&self) -> Result<(), Error> {
        let raw = &self.raw;
        let waters = raw.low_water > 0 && raw.low_water >= raw.high_water;
        let most = i32::MAX as u32;
        if waters || raw.read_size > 65_536 || raw.backlog > most || raw.read_budget > most {
            return Err(invalid("a number out of range"));
        }
        let connects = raw.what == sys::LOOP_NET_CONNECT;
        let tcp = raw.type_ == sys::LOOP_NET_TCP;
        let datagrams = matches!(raw.type_, sys::LOOP_NET_UDP | sys::LOOP_NET_UNIX_DGRAM);
        let binds = raw.what == sys::LOOP_NET_BIND && raw.type_ == sys::LOOP_NET_UDP;
        let of_listeners = sys::LOOP_NET_REUSEPORT | sys::LOOP_NET_V6ONLY;
        let of_streams = sys::LOOP_NET_NODELAY | sys::LOOP_NET_HALF_OPEN;
        let listens = raw.what == sys::LOOP_NET_LISTEN;
        let unix = raw.type_ == sys::LOOP_NET_UNIX;
        let adopts = raw.what == sys::LOOP_NET_ADOPT;
        if raw.flags & sys::LOOP_NET_FDS != 0 && !(unix || adopts)
            || raw.flags & of_listeners != 0 && !(listens && tcp || binds)
            || raw.flags & sys::LOOP_NET_REUSEADDR != 0 && !binds
            || raw.flags & sys::LOOP_NET_NODELAY != 0 && raw.type_ == sys::LOOP_NET_UNIX
            || raw.flags & of_streams != 0 && datagrams
            || self.from.is_some() && !(connects && (tcp || datagrams))
            || raw.backlog > 0 && !listens
        {
            return Err(invalid("an option of another kind of socket"));
        }
        Ok(())
    }

    fn submit(mut self, host: Option<&[u8]>, keep: Keep, callback: Callback) -> Result<Id, Error> {
        self.check()?;
        let ended = |text: &[u8]| [text, b"\0"].concat();
        let (from, port) = self.from.take().unzip();
        let unix = self.raw.type_ == sys::LOOP_NET_UNIX_DGRAM;
        if from.as_ref().is_some_and(|own| if unix { !is_name(own) } else { own.contains(&0) }) {
            return Err(invalid("the address to come from"));
        }
        let from = from.filter(|host| !host.is_empty());
        let from_len = from.as_ref().map_or(0, Vec::len) as u32;
        let from = from.map(|host| ended(&host));
        let mut request = Box::new(Request { raw: self.raw, host: host.map(ended), from });
        let start = |text: &Option<Vec<u8>>| text.as_ref().map_or(ptr::null(), |it| it.as_ptr());
        request.raw.host = start(&request.host).cast();
        request.raw.host_len =
            u32::try_from(host.map_or(0, <[u8]>::len)).map_err(|_| invalid("path"))?;
        request.raw.local_host = start(&request.from).cast();
        request.raw.local_host_len = from_len;
        request.raw.local_port = port.unwrap_or(0).into();
        let new = NewEntry {
            code: sys::LOOP_OP_NET as u16,
            callback,
            extra: self.with.op.extra(),
            keep,
            delay_ns: -1,
            plain: false,
            referenced: self.with.op.referenced,
        };
        let parts = OpParts {
            data: ptr::from_ref(&request.raw).cast(),
            timeout_ns: self.with.op.timeout_ns,
            label: self.with.op.label,
            owned: Some(request),
            ..OpParts::default()
        };
        self.with.lp.register(new, parts)
    }
}

/// A path, or an abstract name, which begins with a NUL.
fn is_name(bytes: &[u8]) -> bool {
    let abstract_name = bytes.len() > 1 && bytes[0] == 0;
    !bytes.is_empty() && (abstract_name || !bytes.contains(&0))
}

fn invalid(what: &str) -> Error {
    Error::new(Code::Invalid, format!("net: {what}"))
}

/// A number that the system tells of a socket; None for what is no socket.
fn socket_option(fd: &OwnedFd, option: i32) -> Option<i32> {
    let (mut value, mut len) = (0i32, size_of::<i32>() as libc::socklen_t);
    // SAFETY: room for the answer, and its size.
    let rc = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            option,
            (&raw mut value).cast(),
            &raw mut len,
        )
    };
    (rc == 0).then_some(value)
}
