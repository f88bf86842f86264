// SPDX-License-Identifier: MIT

//! libloop for Rust: Node's event loop, with timers, phases, ticks, a worker pool, descriptors,
//! files and an HTTP client.
//!
//! ```
//! use libloop::Loop;
//! use std::time::Duration;
//!
//! let lp = Loop::new()?;
//! lp.set_timeout(Duration::from_millis(1), |lp| {
//!     println!("a millisecond has passed");
//!     lp.work("sum", || Ok::<u64, libloop::Error>((1..=100).sum()), |_lp, sum| {
//!         println!("a worker says {}", sum.unwrap());
//!     }).unwrap();
//! })?;
//! lp.run()?;
//! # Ok::<(), libloop::Error>(())
//! ```
//!
//! * A [`Loop`] belongs to the thread that made it. Other threads have a [`Remote`].
//! * Callbacks get `&Loop` and are called one at a time, in the order of Node's phases: timers,
//!   pending, idle, prepare, poll, check, closing. After each the ticks run, then the microtasks.
//! * Starting something gives a small `Copy` handle ([`Timer`], [`Job`], ...) to clear, cancel or
//!   unreference it. A handle of what has ended gives [`Code::BadId`], nothing worse.
//! * A closure lives until the *final event* of its id has come; a loop that is dropped drops every
//!   closure once.
//! * A panic in a callback leaves [`Loop::run`]; the loop stays usable, and the rest of the batch
//!   comes first in the next run.
//! * Options that any op may have (deadline, label, what to do on an error) are an [`Op`] for
//!   [`Loop::with`].

mod builder;
mod cores;
mod crypto;
pub mod dns;
mod error;
mod event;
mod flow;
mod fork;
pub mod fs;
mod handle;
mod http;
mod life;
pub mod net;
mod op;
mod queue;
mod remote;
mod run;
mod slab;
mod stats;
mod submit;
mod time;
mod timer;
mod trace;
mod value;
mod watch;
mod work;
pub mod zip;

pub use builder::{Backend, Builder};
pub use cores::run_threads;
pub use crypto::{
    Argon2id, Cipher, Crypto, Hash, KeyFormat, KeyKind, KeyPair, Scrypt, timing_safe_equal,
};
pub use error::{Code, Error};
pub use flow::{Piece, Written};
pub use handle::{
    Compression, CryptoJob, Datagrams, Feed, Fetch, FileOp, Flow, Handle, HashStream, Id,
    Immediate, Input, Job, Listener, Poll, Question, Sending, Socket, Stream, Timer, Watch,
    Watcher,
};
pub use http::{Head, Part, Request, Response};
pub use life::Loop;
pub use op::{Op, With};
pub use remote::{HoldGuard, Remote};
pub use stats::{LabelStats, LaneStats, Stats, Times};
pub use time::Time;
pub use timer::Missed;
pub use trace::{Trace, TraceFormat, TraceKind};
pub use value::{Bytes, Value};
pub use watch::{Interest, Mode, Readiness};
pub use work::Lane;

/// The C library's version, "major.minor.patch".
#[must_use]
pub fn version() -> &'static str {
    // SAFETY: a pure function that returns static text, ended by a NUL.
    let version = unsafe { std::ffi::CStr::from_ptr(libloop_sys::loop_version()) };
    version.to_str().unwrap_or("unknown")
}

/// Runs the examples of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/rust.md")]
struct Guide;
