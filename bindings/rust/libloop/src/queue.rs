// SPDX-License-Identifier: MIT

//! Ticks, microtasks and immediates: queues that live on this side and need no crossing.

use std::collections::VecDeque;
use std::time::Duration;

use libloop_sys as sys;

use crate::run::Course;
use crate::slab::ErrorFn;
use crate::{Code, Error, Id, Immediate, Loop, Op, Time};

type TickFn = Box<dyn FnOnce(&Loop)>;

/// What a queue keeps room for after a burst.
const SMALL: usize = 1024;

#[derive(Default)]
pub(crate) struct Queues {
    ticks: VecDeque<TickFn>,
    microtasks: VecDeque<TickFn>,
    /// Immediates of the next check phase, by rising `seq`.
    pub(crate) immediates: VecDeque<QueuedImmediate>,
    last_seq: u64,
}

pub(crate) struct QueuedImmediate {
    seq: u64,
    /// None: cleared, or cancelled.
    callback: Option<TickFn>,
    on_error: Option<ErrorFn>,
    deadline: Option<Time>,
    /// How it ends instead of being called.
    end: Option<Code>,
    referenced: bool,
}

impl QueuedImmediate {
    /// Something of it is still to be called.
    pub(crate) fn is_live(&self) -> bool {
        self.callback.is_some() || (self.end.is_some() && self.on_error.is_some())
    }

    /// The check phase that it waits for does not come any more.
    pub(crate) fn end_with(&mut self, code: Code) {
        self.end = Some(code);
    }

    /// Calls it, or says why it is not called.
    pub(crate) fn run(self, lp: &Loop) {
        let late = self.deadline.is_some_and(|deadline| Time::now() >= deadline);
        match self.callback {
            Some(callback) if self.end.is_none() && !late => callback(lp),
            callback => {
                drop(callback);
                if let Some(on_error) = self.on_error {
                    on_error(lp, self.end.unwrap_or(Code::TimedOut).into());
                }
            }
        }
    }

    pub(crate) fn counts(&self) -> bool {
        self.is_live() && self.referenced
    }
}

impl Loop {
    /// Runs a closure in the check phase of this pass; from an immediate, of the next pass. First
    /// in, first out. Node: `setImmediate`.
    ///
    /// # Errors
    ///
    /// [`Code::Closed`], [`Code::Fork`].
    pub fn set_immediate(
        &self,
        callback: impl FnOnce(&Loop) + 'static,
    ) -> Result<Immediate, Error> {
        self.with(Op::new()).set_immediate(callback)
    }

    pub(crate) fn push_immediate(&self, op: Op, callback: TickFn) -> Result<Immediate, Error> {
        self.usable()?;
        let mut queues = self.queues.borrow_mut();
        queues.last_seq += 1;
        let seq = queues.last_seq;
        queues.immediates.push_back(QueuedImmediate {
            seq,
            callback: Some(callback),
            on_error: op.on_error,
            deadline: (op.timeout_ns > 0)
                .then(|| Time::now() + Duration::from_nanos(op.timeout_ns.unsigned_abs())),
            end: None,
            referenced: op.referenced,
        });
        Ok(Immediate(Id { raw: seq, index: Id::IMMEDIATE, owner: self.owner }))
    }

    /// Runs a closure after the current callback, before microtasks and before anything else. First
    /// in, first out; ticks may queue ticks. Also on a closed loop. Node: `process.nextTick`.
    ///
    /// # Errors
    ///
    /// [`Code::Fork`], [`Code::Panic`].
    pub fn next_tick(&self, callback: impl FnOnce(&Loop) + 'static) -> Result<(), Error> {
        self.sound()?;
        self.queues.borrow_mut().ticks.push_back(Box::new(callback));
        Ok(())
    }

    /// Runs a closure after the current callback and all ticks. Also on a closed loop. Node:
    /// `queueMicrotask`.
    ///
    /// # Errors
    ///
    /// [`Code::Fork`], [`Code::Panic`].
    pub fn queue_microtask(&self, callback: impl FnOnce(&Loop) + 'static) -> Result<(), Error> {
        self.sound()?;
        self.queues.borrow_mut().microtasks.push_back(Box::new(callback));
        Ok(())
    }

    /// Runs ticks until there are none, then microtasks until there are none, and again until both
    /// queues are empty.
    pub(crate) fn drain_ticks(&self) -> Course {
        loop {
            loop {
                let Some(tick) = self.queues.borrow_mut().ticks.pop_front() else { break };
                self.call(|| tick(self))?;
            }
            let mut ran = false;
            loop {
                let Some(task) = self.queues.borrow_mut().microtasks.pop_front() else { break };
                ran = true;
                self.call(|| task(self))?;
            }
            if !ran {
                break;
            }
        }
        self.queues.borrow_mut().shrink();
        Course::Continue(())
    }

    /// What to tell a turn: with immediates held the loop neither sleeps nor ends. Unreferenced
    /// ones alone do not keep it: they run if something else does, or if the pass has begun.
    /// `ops`: ops that wait.
    pub(crate) fn immediates_to_report(&self, ops: u32) -> u32 {
        let queues = self.queues.borrow();
        let held = &queues.immediates;
        let before_check = sys::LOOP_PHASE_TIMERS..sys::LOOP_PHASE_CHECK;
        let report = held.iter().any(QueuedImmediate::counts)
            || (held.iter().any(QueuedImmediate::is_live)
                && (ops > 0
                    || before_check.contains(&self.batch.borrow().phase)
                    // SAFETY: on the loop's thread; it only asks.
                    || unsafe { sys::loop_alive(self.raw()) } > 0));
        if report { u32::try_from(held.len()).unwrap_or(u32::MAX) } else { 0 }
    }

    /// Referenced immediates, ticks and microtasks.
    pub(crate) fn queued(&self) -> usize {
        let (queues, batch) = (self.queues.borrow(), self.batch.borrow());
        let immediates = queues.immediates.iter().chain(&batch.due);
        queues.ticks.len() + queues.microtasks.len() + immediates.filter(|i| i.counts()).count()
    }

    /// Changes an immediate that has not run.
    fn with_immediate<R>(
        &self,
        id: Id,
        change: impl FnOnce(&mut QueuedImmediate) -> R,
    ) -> Result<R, Error> {
        let (mut queues, mut batch) = (self.queues.borrow_mut(), self.batch.borrow_mut());
        for queue in [&mut queues.immediates, &mut batch.due] {
            if let Ok(at) = queue.binary_search_by_key(&id.raw, |queued| queued.seq) {
                if queue[at].is_live() {
                    return Ok(change(&mut queue[at]));
                }
            }
        }
        Err(Code::BadId.into())
    }

    pub(crate) fn clear_immediate(&self, id: Id) -> Result<(), Error> {
        let closures =
            self.with_immediate(id, |queued| (queued.callback.take(), queued.on_error.take()))?;
        drop(closures); // they may use the loop: no queue is borrowed here
        Ok(())
    }

    pub(crate) fn cancel_immediate(&self, id: Id) -> Result<(), Error> {
        let callback = self.with_immediate(id, |queued| {
            queued.end = Some(Code::Canceled);
            queued.callback.take()
        })?;
        drop(callback);
        Ok(())
    }

    pub(crate) fn reference_immediate(&self, id: Id, referenced: bool) -> Result<(), Error> {
        self.with_immediate(id, |queued| queued.referenced = referenced)
    }

    pub(crate) fn immediate_has_ref(&self, id: Id) -> Result<bool, Error> {
        self.with_immediate(id, |queued| queued.referenced)
    }
}

impl Queues {
    fn shrink(&mut self) {
        for queue in [&mut self.ticks, &mut self.microtasks] {
            if queue.capacity() > 16 * SMALL {
                queue.shrink_to(SMALL);
            }
        }
    }

    /// Everything queued, to be dropped without a borrow.
    pub(crate) fn take(
        &mut self,
    ) -> (VecDeque<TickFn>, VecDeque<TickFn>, VecDeque<QueuedImmediate>) {
        (
            std::mem::take(&mut self.ticks),
            std::mem::take(&mut self.microtasks),
            std::mem::take(&mut self.immediates),
        )
    }
}
