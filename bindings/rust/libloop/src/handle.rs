// SPDX-License-Identifier: MIT

//! What names a timer, a watcher, a descriptor, a job, a request, an immediate, a file operation, a
//! flow.

use std::fmt;

/// The name of something alive on a loop. It is only a number: copying it does not keep anything
/// alive, and using it after its thing has ended gives [`Code::BadId`](crate::Code::BadId).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id {
    pub(crate) raw: u64,
    /// Where its entry is in the loop's slab; `IMMEDIATE` for those that live in the queue.
    pub(crate) index: u32,
    /// Number of the loop, so that another loop's id is noticed.
    pub(crate) owner: u32,
}

impl Id {
    pub(crate) const IMMEDIATE: u32 = u32::MAX;

    /// The number in traces. For an immediate, which has no number there, its count from 1.
    #[must_use]
    pub fn raw(self) -> u64 {
        self.raw
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.raw)
    }
}

mod sealed {
    pub trait Sealed {}
}

/// Everything that can be cleared, cancelled, referenced and unreferenced.
pub trait Handle: Copy + sealed::Sealed {
    /// The id behind the handle.
    fn id(self) -> Id;
}

impl sealed::Sealed for Id {}

impl Handle for Id {
    fn id(self) -> Id {
        self
    }
}

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name(pub(crate) Id);

        impl sealed::Sealed for $name {}

        impl Handle for $name {
            fn id(self) -> Id {
                self.0
            }
        }

        impl From<$name> for Id {
            fn from(handle: $name) -> Id {
                handle.0
            }
        }
    )*};
}

handles! {
    /// A timeout or interval.
    Timer;
    /// A callback in the check phase, from [`Loop::set_immediate`](crate::Loop::set_immediate).
    Immediate;
    /// An idle, prepare or check watcher.
    Watcher;
    /// A descriptor that is waited for.
    Poll;
    /// A job of the pool.
    Job;
    /// An HTTP request on its way.
    Fetch;
    /// Work of crypto on its way, from [`Loop::crypto`](crate::Loop::crypto).
    CryptoJob;
    /// A hash that is fed piece by piece.
    HashStream;
    /// A file operation under way.
    FileOp;
    /// A compression or decompression under way.
    Compression;
    /// Something that takes its input piece by piece: see [`Loop::write`](crate::Loop::write).
    Flow;
    /// Input on its way into a flow.
    Feed;
    /// A watched file, folder or tree.
    Watch;
    /// A question about a name.
    Question;
    /// A socket that takes connections.
    Listener;
    /// A connection: bytes in both directions.
    Stream;
    /// A socket for datagrams.
    Datagrams;
}

/// What takes input piece by piece: see [`Loop::write`](crate::Loop::write).
pub trait Input: Handle {}

impl Input for Flow {}

impl Input for Stream {}

impl Input for Datagrams {}

/// A listener, a stream, or a socket for datagrams.
pub trait Socket: Handle {}

impl Socket for Listener {}

impl Socket for Stream {}

impl Socket for Datagrams {}

/// A socket that sends: a stream, or one for datagrams.
pub trait Sending: Socket {
    /// Nothing is something to send: an empty datagram.
    #[doc(hidden)]
    const EMPTY_COUNTS: bool;
}

impl Sending for Stream {
    const EMPTY_COUNTS: bool = false;
}

impl Sending for Datagrams {
    const EMPTY_COUNTS: bool = true;
}
