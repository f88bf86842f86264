// SPDX-License-Identifier: MIT

//! Watchers of phases and of descriptors.

use std::fmt;
use std::ops::BitOr;
use std::os::fd::{AsFd, AsRawFd};

use libloop_sys as sys;

use crate::op::With;
use crate::slab::{Callback, Keep, NewEntry};
use crate::submit::OpParts;
use crate::{Code, Error, Loop, Op, Poll, Watcher};

/// What to wait for on a descriptor. Hang-ups and errors are reported in any case.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interest(u32);

impl Interest {
    /// It can be read from.
    pub const READABLE: Interest = Interest(sys::LOOP_READABLE);
    /// It can be written to.
    pub const WRITABLE: Interest = Interest(sys::LOOP_WRITABLE);
}

impl BitOr for Interest {
    type Output = Interest;

    fn bitor(self, other: Interest) -> Interest {
        Interest(self.0 | other.0)
    }
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        names(f, self.0)
    }
}

/// What a descriptor is ready for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Readiness(u32);

impl Readiness {
    /// A read does not block; it may give the end of the data or an error.
    #[must_use]
    pub fn readable(self) -> bool {
        self.0 & sys::LOOP_READABLE != 0
    }

    /// A write does not block; it may give an error.
    #[must_use]
    pub fn writable(self) -> bool {
        self.0 & sys::LOOP_WRITABLE != 0
    }

    /// The other side has closed.
    #[must_use]
    pub fn hangup(self) -> bool {
        self.0 & sys::LOOP_HANGUP != 0
    }

    /// The descriptor has an error.
    #[must_use]
    pub fn error(self) -> bool {
        self.0 & sys::LOOP_ERROR != 0
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        names(f, self.0)
    }
}

fn names(f: &mut fmt::Formatter<'_>, bits: u32) -> fmt::Result {
    let all = [
        (sys::LOOP_READABLE, "READABLE"),
        (sys::LOOP_WRITABLE, "WRITABLE"),
        (sys::LOOP_HANGUP, "HANGUP"),
        (sys::LOOP_ERROR, "ERROR"),
    ];
    let set: Vec<&str> = all.iter().filter(|(bit, _)| bits & bit != 0).map(|it| it.1).collect();
    f.write_str(if set.is_empty() { "NOTHING" } else { "" })?;
    f.write_str(&set.join(" | "))
}

/// When a descriptor is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In every pass while it is ready.
    Level,
    /// Once; that ends it.
    Oneshot,
    /// When it becomes ready. [`Code::NotSupported`] on the poll backend.
    Edge,
}

impl With<'_> {
    /// See [`Loop::start_idle`].
    ///
    /// # Errors
    ///
    /// As [`Loop::start_idle`].
    pub fn start_idle(self, callback: impl FnMut(&Loop) + 'static) -> Result<Watcher, Error> {
        self.watch_phase(sys::LOOP_OP_IDLE, callback)
    }

    /// See [`Loop::start_prepare`].
    ///
    /// # Errors
    ///
    /// As [`Loop::start_idle`].
    pub fn start_prepare(self, callback: impl FnMut(&Loop) + 'static) -> Result<Watcher, Error> {
        self.watch_phase(sys::LOOP_OP_PREPARE, callback)
    }

    /// See [`Loop::start_check`].
    ///
    /// # Errors
    ///
    /// As [`Loop::start_idle`].
    pub fn start_check(self, callback: impl FnMut(&Loop) + 'static) -> Result<Watcher, Error> {
        self.watch_phase(sys::LOOP_OP_CHECK, callback)
    }

    fn watch_phase(
        self,
        code: u32,
        mut callback: impl FnMut(&Loop) + 'static,
    ) -> Result<Watcher, Error> {
        let callback = Callback::Many(Box::new(move |lp, _event| callback(lp)));
        self.begin(code, callback, true, OpParts::default()).map(Watcher)
    }

    pub(crate) fn begin(
        mut self,
        code: u32,
        callback: Callback,
        plain: bool,
        parts: OpParts,
    ) -> Result<crate::Id, Error> {
        let new = NewEntry {
            code: code as u16,
            callback,
            extra: self.op.extra(),
            keep: Keep::Nothing,
            delay_ns: -1,
            plain,
            referenced: self.op.referenced,
        };
        let parts = OpParts { timeout_ns: self.op.timeout_ns, label: self.op.label, ..parts };
        self.lp.register(new, parts)
    }

    /// See [`Loop::poll_fd`].
    ///
    /// # Errors
    ///
    /// As [`Loop::poll_fd`].
    pub fn poll_fd(
        self,
        fd: &impl AsFd,
        interest: Interest,
        mode: Mode,
        mut callback: impl FnMut(&Loop, Result<Readiness, Error>) + 'static,
    ) -> Result<Poll, Error> {
        let callback = Callback::Many(Box::new(move |lp, event| {
            let ready = Readiness(event.raw.num as u32);
            callback(lp, event.result().map(|()| ready));
        }));
        let parts = OpParts {
            flags: match mode {
                Mode::Level => 0,
                Mode::Oneshot => sys::LOOP_OPF_ONESHOT,
                Mode::Edge => sys::LOOP_OPF_EDGE,
            },
            len: interest.0,
            arg: i64::from(fd.as_fd().as_raw_fd()),
            ..OpParts::default()
        };
        self.begin(sys::LOOP_OP_POLL_FD, callback, false, parts).map(Poll)
    }
}

impl Loop {
    /// Runs a closure once in every pass, in the idle phase, in the order of starting, until
    /// cleared. One that is started in its own phase runs from the next pass on. An idle watcher
    /// keeps the loop from sleeping.
    ///
    /// # Errors
    ///
    /// [`Code::Closed`], [`Code::Fork`], [`Code::NoMemory`].
    pub fn start_idle(&self, callback: impl FnMut(&Loop) + 'static) -> Result<Watcher, Error> {
        self.with(Op::new()).start_idle(callback)
    }

    /// The same in the prepare phase, just before polling.
    ///
    /// # Errors
    ///
    /// As [`Loop::start_idle`].
    pub fn start_prepare(&self, callback: impl FnMut(&Loop) + 'static) -> Result<Watcher, Error> {
        self.with(Op::new()).start_prepare(callback)
    }

    /// The same in the check phase, after the immediates.
    ///
    /// # Errors
    ///
    /// As [`Loop::start_idle`].
    pub fn start_check(&self, callback: impl FnMut(&Loop) + 'static) -> Result<Watcher, Error> {
        self.with(Op::new()).start_check(callback)
    }

    /// Runs a closure when a descriptor is ready. The descriptor stays the caller's, who clears the
    /// [`Poll`] *before* closing it: a descriptor that was closed is not reported any more, or it
    /// is another file by then.
    ///
    /// What the system says of the descriptor comes to the closure and ends the poll:
    /// [`Code::NotPermitted`] for a regular file, [`Code::Exists`] for a descriptor that this loop
    /// polls already, [`Code::BadDescriptor`], [`Code::NotSupported`] for [`Mode::Edge`] on the
    /// poll backend; later [`Code::Canceled`] and [`Code::TimedOut`].
    ///
    /// # Errors
    ///
    /// [`Code::Closed`], [`Code::Fork`], [`Code::NoMemory`].
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::{Interest, Loop, Mode};
    /// use std::io::{Read, Write};
    /// use std::os::unix::net::UnixStream;
    ///
    /// let (here, mut there) = UnixStream::pair()?;
    /// there.write_all(b"hello")?;
    /// let lp = Loop::new()?;
    /// let mut reader = here.try_clone()?; // the closure owns this one, `here` stays open
    /// lp.poll_fd(&here, Interest::READABLE, Mode::Oneshot, move |_lp, ready| {
    ///     assert!(ready.unwrap().readable());
    ///     let mut text = [0; 5];
    ///     reader.read_exact(&mut text).unwrap();
    ///     assert_eq!(&text, b"hello");
    /// })?;
    /// # lp.run()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn poll_fd(
        &self,
        fd: &impl AsFd,
        interest: Interest,
        mode: Mode,
        callback: impl FnMut(&Loop, Result<Readiness, Error>) + 'static,
    ) -> Result<Poll, Error> {
        self.with(Op::new()).poll_fd(fd, interest, mode, callback)
    }

    /// Changes what a descriptor is waited for.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`], [`Code::Fork`].
    pub fn modify(&self, poll: Poll, interest: Interest) -> Result<(), Error> {
        let id = self.own(poll)?;
        let mut slab = self.slab.borrow_mut();
        let ended = slab.find(id)?.ended;
        drop(slab);
        if ended {
            return Err(Code::BadId.into());
        }
        self.control(sys::LOOP_OP_POLL_MODIFY, id, interest.0, 0);
        Ok(())
    }
}
