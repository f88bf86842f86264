// SPDX-License-Identifier: MIT

//! Timers, and what can be done to anything alive.

use std::time::Duration;

use libloop_sys as sys;

use crate::op::With;
use crate::slab::{Callback, Keep, NewEntry};
use crate::submit::OpParts;
use crate::time::nanos;
use crate::{Code, Error, Handle, Id, Immediate, Loop, Op, Time, Timer};

/// How many periods of an interval passed unseen before this call, because the loop was busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed(pub u64);

impl With<'_> {
    /// See [`Loop::set_immediate`]. Labels are for ops: it has none.
    ///
    /// # Errors
    ///
    /// As [`Loop::set_immediate`].
    pub fn set_immediate(self, callback: impl FnOnce(&Loop) + 'static) -> Result<Immediate, Error> {
        self.lp.push_immediate(self.op, Box::new(callback))
    }

    /// See [`Loop::set_timeout`].
    ///
    /// # Errors
    ///
    /// As [`Loop::set_timeout`].
    pub fn set_timeout(
        self,
        delay: Duration,
        callback: impl FnOnce(&Loop) + 'static,
    ) -> Result<Timer, Error> {
        let callback = Callback::Once(Box::new(move |lp, _event| callback(lp)));
        self.timer(Time::now() + delay, nanos(delay), 0, callback)
    }

    /// See [`Loop::set_timer`].
    ///
    /// # Errors
    ///
    /// As [`Loop::set_timer`].
    pub fn set_timer(
        self,
        delay: Duration,
        mut callback: impl FnMut(&Loop) + 'static,
    ) -> Result<Timer, Error> {
        let callback = Callback::Many(Box::new(move |lp, _event| callback(lp)));
        self.timer(Time::now() + delay, nanos(delay), 0, callback)
    }

    /// See [`Loop::set_timer_at`].
    ///
    /// # Errors
    ///
    /// As [`Loop::set_timer_at`].
    pub fn set_timer_at(
        self,
        deadline: Time,
        callback: impl FnOnce(&Loop) + 'static,
    ) -> Result<Timer, Error> {
        let callback = Callback::Once(Box::new(move |lp, _event| callback(lp)));
        self.timer(deadline, -1, 0, callback)
    }

    /// See [`Loop::set_interval`].
    ///
    /// # Errors
    ///
    /// As [`Loop::set_interval`].
    pub fn set_interval(
        self,
        period: Duration,
        mut callback: impl FnMut(&Loop, Missed) + 'static,
    ) -> Result<Timer, Error> {
        if period.is_zero() {
            return Err(Error::new(Code::Invalid, "set_interval: the period is zero"));
        }
        let callback =
            Callback::Many(Box::new(move |lp, event| callback(lp, Missed(event.raw.aux))));
        self.timer(Time::now() + period, nanos(period), nanos(period), callback)
    }

    fn timer(
        mut self,
        deadline: Time,
        delay_ns: i64,
        period_ns: i64,
        callback: Callback,
    ) -> Result<Timer, Error> {
        let new = NewEntry {
            code: sys::LOOP_OP_TIMER as u16,
            callback,
            extra: self.op.extra(),
            keep: Keep::Nothing,
            delay_ns,
            plain: true,
            referenced: self.op.referenced,
        };
        let parts = OpParts {
            flags: if period_ns > 0 { sys::LOOP_OPF_REPEAT } else { 0 },
            target: period_ns.unsigned_abs(),
            arg: deadline.as_nanos(),
            timeout_ns: self.op.timeout_ns,
            label: self.op.label,
            ..OpParts::default()
        };
        self.lp.register(new, parts).map(Timer)
    }
}

impl Loop {
    /// Runs a closure once, this long after the call; zero means the next timers phase. Timers come
    /// in the order of (deadline, start), never early. Node: `setTimeout`.
    ///
    /// # Errors
    ///
    /// [`Code::Closed`], [`Code::Fork`], [`Code::NoMemory`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// let lp = libloop::Loop::new()?;
    /// let timer = lp.set_timeout(Duration::from_secs(60), |_lp| println!("too late"))?;
    /// lp.clear(timer)?;
    /// assert_eq!(lp.run()?, 0);
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn set_timeout(
        &self,
        delay: Duration,
        callback: impl FnOnce(&Loop) + 'static,
    ) -> Result<Timer, Error> {
        self.with(Op::new()).set_timeout(delay, callback)
    }

    /// Like [`Loop::set_timeout`], for a closure that may be called again: [`Loop::refresh`] in the
    /// callback starts the delay anew.
    ///
    /// # Errors
    ///
    /// As [`Loop::set_timeout`].
    pub fn set_timer(
        &self,
        delay: Duration,
        callback: impl FnMut(&Loop) + 'static,
    ) -> Result<Timer, Error> {
        self.with(Op::new()).set_timer(delay, callback)
    }

    /// Runs a closure once at this time; a time that has passed means the next timers phase.
    ///
    /// # Errors
    ///
    /// As [`Loop::set_timeout`].
    pub fn set_timer_at(
        &self,
        deadline: Time,
        callback: impl FnOnce(&Loop) + 'static,
    ) -> Result<Timer, Error> {
        self.with(Op::new()).set_timer_at(deadline, callback)
    }

    /// Runs a closure every period until cleared. The next deadline is the last one plus the
    /// period, so it does not drift; periods that passed unseen are counted, not called for. Node:
    /// `setInterval`.
    ///
    /// # Errors
    ///
    /// [`Code::Invalid`] (the period is zero), [`Code::Closed`], [`Code::Fork`],
    /// [`Code::NoMemory`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::{cell::Cell, time::Duration};
    /// let lp = libloop::Loop::new()?;
    /// let left = Cell::new(3);
    /// lp.set_interval(Duration::from_millis(1), move |lp, _missed| {
    ///     left.set(left.get() - 1);
    ///     if left.get() == 0 {
    ///         lp.stop().unwrap();
    ///     }
    /// })?;
    /// assert_eq!(lp.run()?, 1); // the interval is still alive
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn set_interval(
        &self,
        period: Duration,
        callback: impl FnMut(&Loop, Missed) + 'static,
    ) -> Result<Timer, Error> {
        self.with(Op::new()).set_interval(period, callback)
    }

    /// Starts a timer's delay or period anew from now, and returns its handle: a new one if the
    /// timer has fired already, which only its own callback can refresh ([`Loop::set_timer`]).
    ///
    /// # Errors
    ///
    /// [`Code::BadId`]; [`Code::Invalid`] for a timer made by [`Loop::set_timer_at`].
    pub fn refresh(&self, timer: Timer) -> Result<Timer, Error> {
        let id = self.own(timer)?;
        let mut slab = self.slab.borrow_mut();
        let entry = slab.find(id)?;
        if entry.delay_ns < 0 {
            return Err(Error::new(Code::Invalid, "refresh: the timer has no delay"));
        }
        let delay_ns = entry.delay_ns;
        let deadline = Time::now() + Duration::from_nanos(delay_ns.unsigned_abs());
        if !entry.ended {
            drop(slab);
            self.control(sys::LOOP_OP_REFRESH, id, 0, deadline.as_nanos());
            return Ok(timer);
        }
        // Its final event is in this batch: either its callback runs now, or it is yet to come and
        // must not. In both cases it goes on under a new id.
        let mut current = self.current.get().filter(|current| current.id == id);
        if current.is_some_and(|current| !current.many || current.moved_to.is_some()) {
            return Err(Code::BadId.into());
        }
        let callback = match &current {
            // A stand-in until the callback returns.
            Some(_) => Callback::Many(Box::new(|_lp, _event| {})),
            None => entry.callback.take().ok_or(Code::BadId)?,
        };
        let new = NewEntry {
            code: entry.code,
            callback,
            extra: entry.extra.take(),
            keep: Keep::Nothing,
            delay_ns,
            plain: true,
            referenced: entry.referenced,
        };
        if current.is_none() {
            entry.muted = true;
        }
        drop(slab);
        let parts = OpParts { arg: deadline.as_nanos(), ..OpParts::default() };
        let id = self.register(new, parts)?;
        if let Some(current) = &mut current {
            current.moved_to = Some(id);
            self.current.set(Some(*current));
        }
        Ok(Timer(id))
    }

    /// How long until a timer is due; zero if it is.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`], [`Code::Fork`].
    pub fn due_in(&self, timer: Timer) -> Result<Duration, Error> {
        let id = self.own(timer)?;
        if self.slab.borrow_mut().find(id)?.ended {
            return Ok(Duration::ZERO);
        }
        self.submit()?;
        let mut due_ns = 0;
        // SAFETY: on the loop's thread, with room for the answer.
        let rc = unsafe { sys::loop_timer_due_in(self.raw(), id.raw as i64, &raw mut due_ns) };
        self.checked(rc)?;
        Ok(Duration::from_nanos(due_ns.max(0).unsigned_abs()))
    }

    /// Ends something silently: nothing of it is called again, not even for events of the current
    /// batch. Works for everything alive. Node: `clearTimeout`, `clearInterval`, `clearImmediate`.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] when it has ended or was cleared, [`Code::Fork`].
    pub fn clear(&self, handle: impl Handle) -> Result<(), Error> {
        let id = self.own(handle)?;
        if id.index == Id::IMMEDIATE {
            return self.clear_immediate(id);
        }
        let mut slab = self.slab.borrow_mut();
        let entry = slab.find(id)?;
        entry.muted = true;
        let ended = entry.ended;
        // A close goes on, unheard: its final event has to say whether it closed.
        let closing = matches!(entry.keep, Keep::Closing(_));
        let closures = (entry.callback.take(), entry.extra.take());
        drop(slab);
        if !ended {
            let code = if closing { sys::LOOP_OP_UNREF } else { sys::LOOP_OP_CLEAR };
            self.control(code, id, 0, 0);
        }
        drop(closures); // they may use the loop: nothing is borrowed here
        Ok(())
    }

    /// Ends something with [`Code::Canceled`]: its callback (or
    /// [`on_error`](Op::on_error)) comes, unless a result exists already, which is then delivered.
    /// A job that runs goes on, but its result is dropped.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`] when it has ended or was cleared, [`Code::Fork`].
    pub fn cancel(&self, handle: impl Handle) -> Result<(), Error> {
        let id = self.own(handle)?;
        if id.index == Id::IMMEDIATE {
            return self.cancel_immediate(id);
        }
        let mut slab = self.slab.borrow_mut();
        let entry = slab.find(id)?;
        let over = entry.ended || entry.decided;
        drop(slab);
        if !over {
            self.control(sys::LOOP_OP_CANCEL, id, 0, 0);
        }
        Ok(())
    }

    /// Keeps the loop alive for this (the default). Node: `timeout.ref()`.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`], [`Code::Fork`].
    pub fn reference(&self, handle: impl Handle) -> Result<(), Error> {
        self.set_reference(handle.id(), true)
    }

    /// Does not keep the loop alive for this. Node: `timeout.unref()`.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`], [`Code::Fork`].
    pub fn unreference(&self, handle: impl Handle) -> Result<(), Error> {
        self.set_reference(handle.id(), false)
    }

    fn set_reference(&self, id: Id, referenced: bool) -> Result<(), Error> {
        let id = self.own(id)?;
        if id.index == Id::IMMEDIATE {
            return self.reference_immediate(id, referenced);
        }
        let mut slab = self.slab.borrow_mut();
        let entry = slab.find(id)?;
        let changes = entry.referenced != referenced && !entry.ended;
        entry.referenced = referenced;
        drop(slab);
        if changes {
            let code = if referenced { sys::LOOP_OP_REF } else { sys::LOOP_OP_UNREF };
            self.control(code, id, 0, 0);
        }
        Ok(())
    }

    /// Whether this keeps the loop alive.
    ///
    /// # Errors
    ///
    /// [`Code::BadId`], [`Code::Fork`].
    pub fn has_ref(&self, handle: impl Handle) -> Result<bool, Error> {
        let id = self.own(handle)?;
        if id.index == Id::IMMEDIATE {
            return self.immediate_has_ref(id);
        }
        Ok(self.slab.borrow_mut().find(id)?.referenced)
    }
}
