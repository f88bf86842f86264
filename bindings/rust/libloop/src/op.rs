// SPDX-License-Identifier: MIT

//! What any op may be given beyond its arguments: a deadline, a label, more callbacks.

use std::borrow::Cow;
use std::time::Duration;

use crate::slab::{ErrorFn, Extra, FinalFn};
use crate::time::nanos;
use crate::{Error, Loop};

/// Options of the next thing to start: see [`Loop::with`].
#[must_use = "give it to Loop::with"]
pub struct Op {
    pub(crate) timeout_ns: i64,
    pub(crate) label: Option<Cow<'static, str>>,
    pub(crate) referenced: bool,
    pub(crate) on_error: Option<ErrorFn>,
    pub(crate) on_final: Option<FinalFn>,
}

impl Op {
    /// No options.
    pub fn new() -> Op {
        Op { timeout_ns: 0, label: None, referenced: true, on_error: None, on_final: None }
    }

    /// Ends it with [`Code::TimedOut`](crate::Code::TimedOut) after this long. For watchers,
    /// intervals and descriptors it counts anew from each event. Zero is one nanosecond.
    pub fn deadline(mut self, after: Duration) -> Op {
        self.timeout_ns = nanos(after).max(1);
        self
    }

    /// Names it in traces and statistics.
    pub fn label(mut self, label: impl Into<Cow<'static, str>>) -> Op {
        self.label = Some(label.into());
        self
    }

    /// Starts it unreferenced: it does not keep the loop alive.
    pub fn unreferenced(mut self) -> Op {
        self.referenced = false;
        self
    }

    /// Called once, instead of a callback that has no argument for an error (timers, watchers,
    /// immediates), when it ends with one: cancelled, past its deadline, refused.
    pub fn on_error(mut self, callback: impl FnOnce(&Loop, Error) + 'static) -> Op {
        self.on_error = Some(Box::new(callback));
        self
    }

    /// Called once after the last callback, when the library has let go of everything that came
    /// with it. A cancelled job that runs has its callback at once and this when it has returned.
    /// Not called for what was cleared, nor for immediates.
    pub fn on_final(mut self, callback: impl FnOnce(&Loop, Result<(), Error>) + 'static) -> Op {
        self.on_final = Some(Box::new(callback));
        self
    }

    pub(crate) fn extra(&mut self) -> Option<Box<Extra>> {
        let extra = Extra { on_error: self.on_error.take(), on_final: self.on_final.take() };
        (extra.on_error.is_some() || extra.on_final.is_some()).then(|| Box::new(extra))
    }
}

impl Default for Op {
    fn default() -> Op {
        Op::new()
    }
}

impl std::fmt::Debug for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Op")
            .field("timeout_ns", &self.timeout_ns)
            .field("label", &self.label)
            .field("referenced", &self.referenced)
            .finish_non_exhaustive()
    }
}

/// A loop together with the options of one op. Every method starts something as the method of
/// [`Loop`] with the same name does.
#[derive(Debug)]
#[must_use = "nothing is started yet"]
pub struct With<'a> {
    pub(crate) lp: &'a Loop,
    pub(crate) op: Op,
}

impl Loop {
    /// Starts something with options.
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::{Code, Loop, Op};
    /// use std::time::Duration;
    ///
    /// let lp = Loop::new()?;
    /// let op = Op::new().label("nap").deadline(Duration::from_millis(5));
    /// lp.with(op.on_error(|_lp, error| assert_eq!(error.code(), Code::TimedOut)))
    ///     .set_timeout(Duration::from_secs(3600), |_lp| unreachable!())?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn with(&self, op: Op) -> With<'_> {
        With { lp: self, op }
    }
}
