// SPDX-License-Identifier: MIT

//! What sockets can be asked, and their options.

use std::os::fd::RawFd;

use libloop_sys as sys;

use super::Address;
use crate::{Code, Error, Loop, Sending, Socket};

/// An option of a socket.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum NetOption {
    /// TCP: 1: small pieces are sent at once; 0: they may be gathered.
    NoDelay = sys::LOOP_NET_OPT_NODELAY,
    /// TCP: seconds of silence before the peer is probed; 0: never.
    KeepAlive = sys::LOOP_NET_OPT_KEEPALIVE,
    /// Bytes of the system's buffer for what comes; it may take another size.
    ReceiveBuffer = sys::LOOP_NET_OPT_RCVBUF,
    /// The same for what is sent.
    SendBuffer = sys::LOOP_NET_OPT_SNDBUF,
    /// UDP: 1: sending to broadcast addresses is allowed.
    Broadcast = sys::LOOP_NET_OPT_BROADCAST,
    /// UDP: hops, 1 to 255.
    Ttl = sys::LOOP_NET_OPT_TTL,
    /// UDP: hops of what goes to groups, 0 to 255; 1 by default.
    MulticastTtl = sys::LOOP_NET_OPT_MULTICAST_TTL,
    /// UDP: 0: sockets of this machine do not get what goes to groups.
    MulticastLoop = sys::LOOP_NET_OPT_MULTICAST_LOOP,
    /// UDP: the number of the interface to groups, 0: the system's choice; with IPv4 it can be set, not
    /// read.
    MulticastInterface = sys::LOOP_NET_OPT_MULTICAST_IF,
}

impl Loop {
    /// The socket's number for C calls, when it has not ended. What was asked before is done first.
    pub(super) fn ask(&self, socket: impl Socket) -> Result<i64, Error> {
        let id = self.own(socket)?;
        self.slab.borrow_mut().find(id)?;
        self.submit()?;
        Ok(id.raw as i64)
    }

    /// Bytes of a socket that wait to be sent. Node: `socket.writableLength`.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] when it has ended or was cleared, [`Code::Fork`].
    pub fn net_queued(&self, socket: impl Sending) -> Result<u64, Error> {
        let id = self.ask(socket)?;
        // SAFETY: on the loop's thread.
        let queued = unsafe { sys::loop_queued(self.raw(), id) };
        self.checked(queued).map(i64::unsigned_abs)
    }

    /// The descriptor of a socket, to look at: closing, reading and writing it is the library's. It
    /// may be another's after the next event.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`]; [`Code::NotConnected`] while it has none; [`Code::Fork`].
    pub fn net_fd(&self, socket: impl Socket) -> Result<RawFd, Error> {
        let id = self.ask(socket)?;
        // SAFETY: on the loop's thread.
        let fd = self.checked(unsafe { sys::loop_fileno(self.raw(), id) })?;
        i32::try_from(fd).map_err(|_| Code::BadDescriptor.into())
    }

    /// The address of a socket's own end.
    ///
    /// # Errors
    ///
    /// As [`Loop::net_fd`], and what the system says.
    pub fn local_address(&self, socket: impl Socket) -> Result<Address, Error> {
        let id = self.ask(socket)?;
        let mut raw = sys::loop_address_t::default();
        // SAFETY: on the loop's thread, with room for the answer.
        self.checked(unsafe { sys::loop_local_address(self.raw(), id, &raw mut raw) })?;
        Ok(Address::of(&raw))
    }

    /// The address of a socket's peer.
    ///
    /// # Errors
    ///
    /// As [`Loop::local_address`].
    pub fn peer_address(&self, socket: impl Sending) -> Result<Address, Error> {
        let id = self.ask(socket)?;
        let mut raw = sys::loop_address_t::default();
        // SAFETY: on the loop's thread, with room for the answer.
        self.checked(unsafe { sys::loop_peer_address(self.raw(), id, &raw mut raw) })?;
        Ok(Address::of(&raw))
    }

    /// Sets an option of a socket.
    ///
    /// # Errors
    ///
    /// As [`Loop::net_fd`]; [`Code::Invalid`] for a value out of range; [`Code::NotSupported`] of a
    /// Unix socket.
    pub fn net_set(&self, socket: impl Socket, option: NetOption, value: i32) -> Result<(), Error> {
        let id = self.ask(socket)?;
        // SAFETY: on the loop's thread.
        let rc = unsafe { sys::loop_net_set(self.raw(), id, option as u32, value.into()) };
        self.checked(rc).map(drop)
    }

    /// What an option of a socket is.
    ///
    /// # Errors
    ///
    /// As [`Loop::net_set`].
    pub fn net_get(&self, socket: impl Socket, option: NetOption) -> Result<i64, Error> {
        let id = self.ask(socket)?;
        let mut value = 0;
        // SAFETY: on the loop's thread, with room for the answer.
        let rc = unsafe { sys::loop_net_get(self.raw(), id, option as u32, &raw mut value) };
        self.checked(rc).map(|_| value)
    }
}
