// SPDX-License-Identifier: MIT

//! What sockets say.

use std::ptr;

use libloop_sys as sys;

use super::Address;
use crate::event::Event;
use crate::slab::Callback;
use crate::{Error, Listener, Loop, Stream};

/// What a stream says. Data is borrowed while the callback runs.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetEvent<'a> {
    /// It is connected, to this peer.
    Open(Address),
    /// Bytes that came.
    Data(&'a [u8]),
    /// The peer sends no more. With what [`Loop::read_exact`] had got by then.
    End(&'a [u8]),
    /// More than the high-water mark waits to be sent: hold back until it has drained.
    Full,
    /// No more than the low-water mark waits.
    Drain,
    /// The last: it was closed as it should be, or why it ended.
    Closed(Result<(), Error>),
}

/// What a listener says.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenEvent {
    /// It listens at this address.
    Open(Address),
    /// A connection from this peer. It is the program's from now on: read it, or close it.
    Accepted(Stream, Address),
    /// There is no descriptor or memory for a connection, which waits. Told once; the listener goes
    /// on when there is room again.
    Short(Error),
    /// The last: it was closed as it should be, or why it ended.
    Closed(Result<(), Error>),
}

pub(super) fn address(event: &Event<'_>) -> Address {
    let bytes = event.bytes();
    if bytes.len() < size_of::<sys::loop_address_t>() {
        return Address::Unnamed;
    }
    // SAFETY: an event of this kind has a record of that size, and it is long enough.
    Address::of(&unsafe { ptr::read_unaligned(bytes.as_ptr().cast()) })
}

/// A stream's callback, as its entry has it. Boxed once; an event costs no memory.
pub(super) fn stream(mut callback: impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static) -> Callback {
    Callback::Many(Box::new(move |lp, event| {
        let Some(current) = lp.current.get() else { return };
        let said = if event.is_final() || event.raw.status < 0 {
            NetEvent::Closed(event.result())
        } else {
            match event.raw.aux as u32 {
                sys::LOOP_NET_OPEN => NetEvent::Open(address(event)),
                sys::LOOP_NET_DATA => NetEvent::Data(event.bytes()),
                sys::LOOP_NET_END => NetEvent::End(event.bytes()),
                sys::LOOP_NET_FULL => NetEvent::Full,
                sys::LOOP_NET_DRAIN => NetEvent::Drain,
                _ => return, // of a newer library
            }
        };
        callback(lp, Stream(current.id), said);
    }))
}

/// A stream that came while the callback that is to have it runs.
struct Fresh<'a>(&'a Loop, Stream);

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        self.0.settle_accepted(self.1, std::thread::panicking());
    }
}

pub(super) fn listener(
    mut callback: impl FnMut(&Loop, Listener, ListenEvent) + 'static,
) -> Callback {
    Callback::Many(Box::new(move |lp, event| {
        let Some(current) = lp.current.get() else { return };
        let listener = Listener(current.id);
        if event.is_final() {
            return callback(lp, listener, ListenEvent::Closed(event.result()));
        }
        if let Some(error) = event.error() {
            return callback(lp, listener, ListenEvent::Short(error));
        }
        match event.raw.aux as u32 {
            sys::LOOP_NET_OPEN => callback(lp, listener, ListenEvent::Open(address(event))),
            sys::LOOP_NET_ACCEPTED => {
                let id = event.raw.num.unsigned_abs();
                let stream = Stream(lp.slab.borrow_mut().insert_guest(id, lp.owner));
                let _fresh = Fresh(lp, stream);
                callback(lp, listener, ListenEvent::Accepted(stream, address(event)));
            }
            _ => {}
        }
    }))
}
