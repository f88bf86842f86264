// SPDX-License-Identifier: MIT

//! Datagrams: sockets that send and receive single messages. See docs/datagrams.md.

use std::ffi::{CString, c_char};
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use libloop_sys as sys;

use super::{Address, Destination, Net, Sender, event, invalid, is_name, socket_option};
use crate::event::Event;
use crate::op::With;
use crate::slab::{Callback, Keep};
use crate::submit::{NO_USER, OpParts};
use crate::{Bytes, Code, Datagrams, Error, Feed, Loop, Op, Written};

/// One datagram, borrowed while the callback runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    data: &'a [u8],
    sender: Sender<'a>,
    len: u64,
}

impl<'a> Datagram<'a> {
    /// Its bytes, as far as there was room for them.
    #[must_use]
    pub fn data(self) -> &'a [u8] {
        self.data
    }

    /// Who has sent it.
    #[must_use]
    pub fn sender(self) -> Sender<'a> {
        self.sender
    }

    /// How long it was: more than there is of [`Datagram::data`] when
    /// [`read_size`](Net::read_size) was too little for it. Elsewhere than in Linux one more then.
    #[must_use]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(self) -> u64 {
        self.len
    }
}

/// What a socket for datagrams says.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatagramEvent<'a> {
    /// It is there, at this address, or with this peer.
    Open(Address),
    /// A datagram that came.
    Datagram(Datagram<'a>),
    /// One datagram was not sent, or the peer's system has complained of an earlier one
    /// ([`Code::ConnectionRefused`]). The socket goes on.
    Failed(Error),
    /// More than the high-water mark waits to be sent.
    Full,
    /// No more than the low-water mark waits.
    Drain,
    /// The last: it was closed as it should be, or why it ended.
    Closed(Result<(), Error>),
}

fn received<'a>(event: &Event<'a>) -> Option<Datagram<'a>> {
    let at = event.raw.data.cast::<sys::loop_address_t>();
    if at.is_null() {
        return None;
    }
    // SAFETY: the library puts the sender's record before the bytes of a datagram, for as long.
    let sender = unsafe { &*at.sub(1) };
    let len = event.raw.num.max(0).unsigned_abs();
    Some(Datagram { data: event.bytes(), sender: Sender(sender), len })
}

/// A callback, as its entry has it. Boxed once; an event costs no memory.
fn told(mut callback: impl FnMut(&Loop, Datagrams, DatagramEvent<'_>) + 'static) -> Callback {
    Callback::Many(Box::new(move |lp, event| {
        let Some(current) = lp.current.get() else { return };
        let said = if event.is_final() {
            DatagramEvent::Closed(event.result())
        } else if let Some(error) = event.error() {
            DatagramEvent::Failed(error)
        } else {
            match event.raw.aux as u32 {
                sys::LOOP_NET_OPEN => DatagramEvent::Open(event::address(event)),
                sys::LOOP_NET_DATAGRAM => match received(event) {
                    Some(datagram) => DatagramEvent::Datagram(datagram),
                    None => return,
                },
                sys::LOOP_NET_FULL => DatagramEvent::Full,
                sys::LOOP_NET_DRAIN => DatagramEvent::Drain,
                _ => return, // of a newer library
            }
        };
        callback(lp, Datagrams(current.id), said);
    }))
}

impl Net<'_> {
    /// A socket for datagrams at a port of its own. Node: `dgram.createSocket`, `socket.bind`.
    ///
    /// * `host`: an address or "localhost"; "::" takes IPv4, too, unless [`Net::v6only`].
    /// * `port`: 0: any that is free; [`DatagramEvent::Open`] says which.
    ///
    /// # Errors
    ///
    /// See [the module](crate::net).
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::Loop;
    /// use libloop::net::DatagramEvent;
    ///
    /// let lp = Loop::new()?;
    /// let socket = lp.net().udp_bind("127.0.0.1", 0, |lp, socket, event| {
    ///     if let DatagramEvent::Open(own) = event {
    ///         lp.send_to(socket, &own, b"to itself").unwrap();
    ///     }
    /// })?;
    /// lp.run_nowait()?;
    /// lp.receive_start(socket, |lp, socket, event| {
    ///     if let DatagramEvent::Datagram(datagram) = event {
    ///         println!("{} bytes of {}", datagram.len(), datagram.sender());
    ///         lp.net_close(socket).unwrap();
    ///     }
    /// })?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn udp_bind(
        self,
        host: &str,
        port: u16,
        callback: impl FnMut(&Loop, Datagrams, DatagramEvent<'_>) + 'static,
    ) -> Result<Datagrams, Error> {
        self.udp(sys::LOOP_NET_BIND, host, port, told(callback))
    }

    /// A socket with a peer: it sends there with [`Loop::send`], and hears only that one. Node:
    /// `socket.connect`.
    ///
    /// * `host`: an address, or a name, which is looked up. What is sent before waits.
    ///
    /// # Errors
    ///
    /// See [the module](crate::net).
    pub fn udp_connect(
        self,
        host: &str,
        port: u16,
        callback: impl FnMut(&Loop, Datagrams, DatagramEvent<'_>) + 'static,
    ) -> Result<Datagrams, Error> {
        self.udp(sys::LOOP_NET_CONNECT, host, port, told(callback))
    }

    /// A Unix socket for datagrams at a path, which is removed with it, or at an abstract name; with
    /// None without a name, to send only.
    ///
    /// # Errors
    ///
    /// See [the module](crate::net).
    pub fn unix_dgram_bind(
        self,
        path: Option<&Path>,
        callback: impl FnMut(&Loop, Datagrams, DatagramEvent<'_>) + 'static,
    ) -> Result<Datagrams, Error> {
        self.unix_dgram(sys::LOOP_NET_BIND, path, told(callback))
    }

    /// The same with a peer. It has a name of its own with [`Net::from_path`].
    ///
    /// # Errors
    ///
    /// See [the module](crate::net).
    pub fn unix_dgram_connect(
        self,
        path: impl AsRef<Path>,
        callback: impl FnMut(&Loop, Datagrams, DatagramEvent<'_>) + 'static,
    ) -> Result<Datagrams, Error> {
        self.unix_dgram(sys::LOOP_NET_CONNECT, Some(path.as_ref()), told(callback))
    }

    /// Takes a socket for datagrams over. It is closed with the handle, also when that fails.
    ///
    /// # Errors
    ///
    /// See [the module](crate::net); [`Code::Invalid`] for another kind of descriptor, too.
    pub fn adopt_datagrams(
        self,
        fd: impl Into<OwnedFd>,
        callback: impl FnMut(&Loop, Datagrams, DatagramEvent<'_>) + 'static,
    ) -> Result<Datagrams, Error> {
        let fd = fd.into();
        if socket_option(&fd, libc::SO_TYPE) != Some(libc::SOCK_DGRAM) {
            return Err(invalid("no socket for datagrams"));
        }
        self.hand_over(fd, told(callback)).map(Datagrams)
    }

    fn udp(
        mut self,
        what: u32,
        host: &str,
        port: u16,
        callback: Callback,
    ) -> Result<Datagrams, Error> {
        let connects = what == sys::LOOP_NET_CONNECT;
        if host.contains('\0') || connects && (port == 0 || host.is_empty()) {
            return Err(invalid("host or port"));
        }
        (self.raw.what, self.raw.type_, self.raw.port) = (what, sys::LOOP_NET_UDP, port.into());
        self.submit(Some(host.as_bytes()), Keep::Nothing, callback).map(Datagrams)
    }

    fn unix_dgram(
        mut self,
        what: u32,
        path: Option<&Path>,
        callback: Callback,
    ) -> Result<Datagrams, Error> {
        let bytes = path.map(|path| path.as_os_str().as_bytes());
        if bytes.is_some_and(|bytes| !is_name(bytes)) {
            return Err(invalid("path"));
        }
        (self.raw.what, self.raw.type_) = (what, sys::LOOP_NET_UNIX_DGRAM);
        self.submit(bytes, Keep::Nothing, callback).map(Datagrams)
    }
}

impl With<'_> {
    /// See [`Loop::receive_start`]. Of the options only the deadline counts: from event to event, not
    /// while it is paused.
    ///
    /// # Errors
    ///
    /// As [`Loop::receive_start`].
    pub fn receive_start(
        self,
        socket: Datagrams,
        callback: impl FnMut(&Loop, Datagrams, DatagramEvent<'_>) + 'static,
    ) -> Result<(), Error> {
        self.read(socket, 0, 0, told(callback))
    }

    /// See [`Loop::write_to`].
    ///
    /// # Errors
    ///
    /// As [`Loop::write_to`].
    pub fn write_to(
        self,
        socket: Datagrams,
        to: impl Destination,
        data: impl Into<Bytes>,
        done: impl FnOnce(&Loop, Result<Written, Error>) + 'static,
    ) -> Result<Feed, Error> {
        let id = self.lp.own_input(socket)?;
        let (to, data) = (Box::new(to.raw()?), data.into());
        let len = u32::try_from(data.len()).map_err(|_| Error::new(Code::Invalid, "write_to"))?;
        let parts = OpParts {
            flags: sys::LOOP_OPF_BORROWED,
            len,
            target: id.raw,
            data: data.as_ptr().cast(),
            arg: ptr::from_ref(&*to) as i64,
            owned: Some(to),
            ..OpParts::default()
        };
        self.lend(parts, Box::new(data), done)
    }
}

impl Loop {
    /// Receives: each datagram comes as [`DatagramEvent::Datagram`]. From now on all events of the
    /// socket come to this closure.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] when it has ended or was cleared, [`Code::Fork`].
    pub fn receive_start(
        &self,
        socket: Datagrams,
        callback: impl FnMut(&Loop, Datagrams, DatagramEvent<'_>) + 'static,
    ) -> Result<(), Error> {
        self.with(Op::new()).receive_start(socket, callback)
    }

    /// Sends one datagram to an address, without an event unless it fails
    /// ([`DatagramEvent::Failed`]). Both are copied, but for bytes of the event that is being
    /// delivered. ([`Loop::send`] sends to the peer.) Node: `socket.send`.
    ///
    /// # Errors
    ///
    /// As [`Loop::send`]; [`Code::Invalid`] for what is no address, as that of a Unix socket without a
    /// name.
    pub fn send_to(
        &self,
        socket: Datagrams,
        to: impl Destination,
        data: &[u8],
    ) -> Result<(), Error> {
        let (id, takes) = self.sending(socket, data)?;
        let to = to.raw()?;
        if takes {
            let lent = self.batch.borrow().is_current_data(data);
            let op = sys::loop_op {
                code: sys::LOOP_OP_SEND_TO as u16,
                target: id.raw,
                user: NO_USER,
                ..Default::default()
            };
            self.push_with(op, data, lent, &to);
        }
        Ok(())
    }

    /// The same with a closure, which is called when the system has it, or with its error. The bytes
    /// are lent until then. ([`Loop::write`] writes to the peer.)
    ///
    /// # Errors
    ///
    /// As [`Loop::write`]; [`Code::Invalid`] for what is no address.
    pub fn write_to(
        &self,
        socket: Datagrams,
        to: impl Destination,
        data: impl Into<Bytes>,
        done: impl FnOnce(&Loop, Result<Written, Error>) + 'static,
    ) -> Result<Feed, Error> {
        self.with(Op::new()).write_to(socket, to, data, done)
    }

    /// Has a UDP socket get what is sent to a group. Node: `socket.addMembership`.
    ///
    /// * `source`: only what this address sends; None: any. A socket may join several.
    /// * `interface`: by name, number or address; None: the system's choice.
    ///
    /// # Errors
    ///
    /// [`Code::Invalid`]: no group; [`Code::NoDevice`]: no such interface;
    /// [`Code::AddressInUse`]: it has joined; [`Code::BadId`]; [`Code::NotConnected`] while it has no
    /// descriptor; [`Code::NotSupported`] of a Unix socket; others of the system.
    pub fn net_join(
        &self,
        socket: Datagrams,
        group: IpAddr,
        source: Option<IpAddr>,
        interface: Option<&str>,
    ) -> Result<(), Error> {
        self.membership(socket, group, source, interface, sys::loop_net_join)
    }

    /// Has it no longer get that: the same arguments as of [`Loop::net_join`].
    ///
    /// # Errors
    ///
    /// As [`Loop::net_join`]; [`Code::AddressNotAvailable`] when it has not joined.
    pub fn net_leave(
        &self,
        socket: Datagrams,
        group: IpAddr,
        source: Option<IpAddr>,
        interface: Option<&str>,
    ) -> Result<(), Error> {
        self.membership(socket, group, source, interface, sys::loop_net_leave)
    }

    fn membership(
        &self,
        socket: Datagrams,
        group: IpAddr,
        source: Option<IpAddr>,
        interface: Option<&str>,
        call: unsafe extern "C" fn(
            *mut sys::loop_t,
            i64,
            *const c_char,
            *const c_char,
            *const c_char,
        ) -> i64,
    ) -> Result<(), Error> {
        let text = |it: &str| CString::new(it).map_err(|_| Error::new(Code::Invalid, "interface"));
        let group = text(&group.to_string())?;
        let source = source.map(|source| text(&source.to_string())).transpose()?;
        let interface = interface.map(text).transpose()?;
        let start = |it: &Option<CString>| it.as_ref().map_or(ptr::null(), |it| it.as_ptr());
        let id = self.ask(socket)?;
        // SAFETY: on the loop's thread, with texts that live as long as the call.
        let rc = unsafe { call(self.raw(), id, group.as_ptr(), start(&source), start(&interface)) };
        self.checked(rc).map(drop)
    }
}
