// SPDX-License-Identifier: MIT

//! Running: turns, batches, and what comes after each callback.
//!
//! A run asks for a batch, delivers it event by event, and drains ticks and microtasks after each
//! callback. What a panic or a stop leaves undelivered stays in the loop and comes first in the
//! next run.

use std::any::Any;
use std::cell::Cell;
use std::collections::VecDeque;
use std::mem;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use libloop_sys as sys;

use crate::event::Event;
use crate::queue::QueuedImmediate;
use crate::remote::{POST_USER, PostFn};
use crate::slab::{Callback, ErrorFn, Keep};
use crate::stats::add_one;
use crate::time::nanos;
use crate::{Code, Error, Id, Loop, Time, fork};

/// Why delivering ends before the batch does.
pub(crate) enum Halt {
    Stopped,
    Panicked(Box<dyn Any + Send>),
}

pub(crate) type Course = ControlFlow<Halt>;
pub(crate) const ON: Course = ControlFlow::Continue(());

/// The events of the last turn, and the lists that their phase has taken.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) events: Vec<sys::loop_event_t>,
    next: usize,
    /// Posts taken by the event of their announcement.
    posts: VecDeque<PostFn>,
    /// Immediates of this pass.
    pub(crate) due: VecDeque<QueuedImmediate>,
    /// The phase of the events, `LOOP_PHASE_NONE` between passes.
    pub(crate) phase: u32,
    /// The pass whose immediates were taken.
    check_pass: u64,
}

impl Batch {
    pub(crate) fn next(&mut self) -> Option<sys::loop_event_t> {
        let event = self.events.get(self.next).copied()?;
        self.next += 1;
        Some(event)
    }

    /// What is still to be delivered.
    pub(crate) fn rest(&self) -> &[sys::loop_event_t] {
        &self.events[self.next.min(self.events.len())..]
    }

    /// Whether bytes are those of the stream's event that was taken last, or a part of them. They stay
    /// until the next turn has taken its ops.
    pub(crate) fn is_current_data(&self, bytes: &[u8]) -> bool {
        let Some(event) = self.next.checked_sub(1).and_then(|at| self.events.get(at)) else {
            return false;
        };
        let (at, from) = (bytes.as_ptr() as usize, event.data as usize);
        u32::from(event.code) == sys::LOOP_OP_NET
            && event.aux == u64::from(sys::LOOP_NET_DATA)
            && event.status == 0
            && from != 0
            && at >= from
            && at - from <= event.len as usize
            && bytes.len() <= event.len as usize - (at - from)
    }

    pub(crate) fn waiting_posts(&self) -> usize {
        self.posts.len()
    }

    /// Nothing of the batch is left.
    pub(crate) fn is_delivered(&self) -> bool {
        self.rest().is_empty() && self.posts.is_empty() && self.due.is_empty()
    }

    /// Takes immediates for which no check phase comes any more: each is to say how it ends.
    fn take_ended(&mut self, immediates: &mut VecDeque<QueuedImmediate>, code: Code) {
        immediates.iter_mut().for_each(|immediate| immediate.end_with(code));
        self.due.append(immediates);
    }

    /// Gives out the closures, to be dropped without a borrow.
    pub(crate) fn take_closures(&mut self) -> (VecDeque<PostFn>, VecDeque<QueuedImmediate>) {
        (mem::take(&mut self.posts), mem::take(&mut self.due))
    }
}

/// Sets a flag for the length of a run.
struct Running<'a>(&'a Cell<bool>);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// What the callback that runs may be asked about.
#[derive(Clone, Copy)]
pub(crate) struct Current {
    pub(crate) id: Id,
    /// Where the callback goes when it returns, if its timer was refreshed.
    pub(crate) moved_to: Option<Id>,
    /// It can be called again.
    pub(crate) many: bool,
}

impl Loop {
    /// Runs until nothing referenced is alive, or [`Loop::stop`]. Returns how much is alive: 0
    /// when the run ended by itself.
    ///
    /// # Errors
    ///
    /// [`Code::Nested`] inside a callback, [`Code::Fork`], [`Code::Panic`] (a bug in the library),
    /// and what the system says when waiting fails.
    ///
    /// # Panics
    ///
    /// With the panic of a callback. The loop stays usable: the rest of the batch comes first in
    /// the next run.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let lp = libloop::Loop::new()?;
    /// lp.set_timeout(Duration::from_millis(1), |_lp| println!("one millisecond later"))?;
    /// assert_eq!(lp.run()?, 0);
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn run(&self) -> Result<u64, Error> {
        self.drive(0, None, -1)
    }

    /// Makes one pass; sleeps if nothing is ready. If it delivered nothing and timers have come due
    /// by its end, they are delivered, too.
    ///
    /// # Errors
    ///
    /// As [`Loop::run`].
    ///
    /// # Panics
    ///
    /// As [`Loop::run`].
    pub fn run_once(&self) -> Result<u64, Error> {
        self.drive(sys::LOOP_TURN_ONCE, None, -1)
    }

    /// Makes one pass and never sleeps.
    ///
    /// # Errors
    ///
    /// As [`Loop::run`].
    ///
    /// # Panics
    ///
    /// As [`Loop::run`].
    pub fn run_nowait(&self) -> Result<u64, Error> {
        self.drive(sys::LOOP_TURN_ONCE, None, 0)
    }

    /// Runs for at most this long; callbacks are not cut short.
    ///
    /// # Errors
    ///
    /// As [`Loop::run`].
    ///
    /// # Panics
    ///
    /// As [`Loop::run`].
    pub fn run_for(&self, limit: Duration) -> Result<u64, Error> {
        self.drive(0, Some(limit), -1)
    }

    fn drive(&self, flags: u32, limit: Option<Duration>, sleep_ns: i64) -> Result<u64, Error> {
        fork::check()?;
        if self.running.replace(true) {
            return Err(Code::Nested.into());
        }
        let running = Running(&self.running);
        self.now.set(Time::now());
        let ended = self.turns(flags, limit.map(|limit| Time::now() + limit), sleep_ns);
        drop(running);
        match ended? {
            ControlFlow::Break(Halt::Panicked(payload)) => resume_unwind(payload),
            _ => self.alive(),
        }
    }

    fn turns(&self, flags: u32, until: Option<Time>, sleep_ns: i64) -> Result<Course, Error> {
        let mut ended = false;
        if self.stop_asked(false) {
            return Ok(ON);
        }
        loop {
            // Of the last turn, or left by an earlier run.
            let flow = self.deliver_batch();
            if ended || flow.is_break() {
                return Ok(flow);
            }
            // A limit that has passed: to the end of the pass, without sleeping.
            let rest = until.map(|until| until - Time::now());
            let turn = match rest {
                Some(Duration::ZERO) => self.turn(sys::LOOP_TURN_ONCE, 0)?,
                Some(rest) => self.turn(flags, nanos(rest))?,
                None => self.turn(flags, sleep_ns)?,
            };
            ended = turn.result & (sys::LOOP_TURN_DONE | sys::LOOP_TURN_PASS) != 0;
            if self.stop_asked(turn.result & sys::LOOP_TURN_STOPPED != 0) {
                return Ok(ON);
            }
        }
    }

    /// Delivers everything that closing ends, until all is out (true) or `until` has passed. A stop
    /// does not end this.
    pub(crate) fn run_closed(&self, until: Option<Time>) -> Result<bool, Error> {
        let running = Running(&self.running);
        self.running.set(true);
        let mut ended = None;
        loop {
            if let ControlFlow::Break(Halt::Panicked(payload)) = self.deliver_batch() {
                drop(running);
                resume_unwind(payload);
            }
            if !self.batch.borrow().is_delivered() {
                continue; // stopped in between
            }
            if let Some(ended) = ended {
                return Ok(ended);
            }
            let turn = self.turn(0, until.map_or(-1, |until| nanos(until - Time::now())))?;
            if turn.result & sys::LOOP_TURN_DONE != 0 {
                ended = Some(true);
            } else if turn.event_count == 0 && until.is_some_and(|until| Time::now() >= until) {
                ended = Some(false);
            }
        }
    }

    /// One call of loop_turn. Without SUBMIT its events become the batch.
    pub(crate) fn turn(&self, flags: u32, timeout_ns: i64) -> Result<sys::loop_turn_t, Error> {
        let mut ops = self.ops.take();
        let submit = flags & sys::LOOP_TURN_SUBMIT != 0;
        let immediates = if submit { 0 } else { self.immediates_to_report(ops.len()) };
        let events = self.batch.borrow_mut().events.as_mut_ptr();
        let mut turn = sys::loop_turn_t {
            size: size_of::<sys::loop_turn_t>() as u32,
            flags,
            loop_: self.raw(),
            ops: ops.as_ptr(),
            events,
            op_count: ops.len(),
            op_stride: size_of::<sys::loop_op_t>() as u32,
            event_capacity: if submit { 0 } else { self.event_capacity },
            event_stride: size_of::<sys::loop_event_t>() as u32,
            timeout_ns,
            immediates,
            ..Default::default()
        };
        // SAFETY: on the loop's thread. `ops` stays in place during the call. `events` has room for
        // `event_capacity` records (reserved when the loop was made) and is not touched by anybody
        // else before the next turn; nothing is borrowed, because C callbacks may run.
        let rc = unsafe { sys::loop_turn(&raw mut turn) };
        if rc >= 0 {
            ops.taken();
        }
        self.ops.replace(ops);
        if let Err(error) = self.checked(rc) {
            return if !submit && self.end_untaken() { Ok(turn) } else { Err(error) };
        }
        if !submit {
            self.take_batch(&turn);
        }
        Ok(turn)
    }

    /// After a panic in the library: the end of immediates, and final events for the ids whose ops
    /// it did not take any more. False when there are none, or no panic.
    fn end_untaken(&self) -> bool {
        if self.broken.borrow().is_none() {
            return false;
        }
        let mut batch = self.batch.borrow_mut();
        batch.take_ended(&mut self.queues.borrow_mut().immediates, Code::Panic);
        batch.events.clear();
        batch.events.extend(self.slab.borrow_mut().rest().map(|(index, entry)| {
            entry.ended = true;
            sys::loop_event_t {
                id: entry.id,
                user: u64::from(index),
                status: sys::LOOP_EPANIC,
                code: entry.code,
                flags: sys::LOOP_KIND_ERROR as u16,
                ..Default::default()
            }
        }));
        batch.next = 0;
        !batch.is_delivered()
    }

    fn take_batch(&self, turn: &sys::loop_turn_t) {
        let mut batch = self.batch.borrow_mut();
        let count = turn.event_count.min(self.event_capacity) as usize;
        // SAFETY: the library wrote this many records, and there is room for them.
        unsafe { batch.events.set_len(count) };
        batch.next = 0;
        batch.phase = turn.phase;
        let mut slab = self.slab.borrow_mut();
        for event in &batch.events {
            if u32::from(event.code) == sys::LOOP_OP_POST && event.user == POST_USER {
                add_one(&self.posts.bursts);
            }
            if u32::from(event.flags) & sys::LOOP_EV_MORE == 0 {
                if let Some(index) = slab.locate(event) {
                    slab.at(index).ended = true;
                }
            }
        }
        drop(slab);
        self.now.set(Time::from_nanos(turn.now_ns));
        let mut queues = self.queues.borrow_mut();
        if self.shared.is_closed() {
            let last =
                turn.phase == sys::LOOP_PHASE_CLOSING || turn.result & sys::LOOP_TURN_DONE != 0;
            if last {
                batch.take_ended(&mut queues.immediates, Code::Canceled);
            }
        } else if turn.phase == sys::LOOP_PHASE_CHECK && turn.pass != batch.check_pass {
            batch.check_pass = turn.pass;
            let count = queues.immediates.len().min(self.phase_limit);
            batch.due.extend(queues.immediates.drain(..count));
        }
    }

    /// Takes a wish to stop. `reported`: the turn ended with STOPPED.
    ///
    /// Rust's own flag decides, since it is seen between two callbacks; the C flag that goes with it
    /// is reported by a later turn and then means nothing new. A C flag without Rust's comes from a
    /// C plug-in.
    fn stop_asked(&self, reported: bool) -> bool {
        let asked = self.shared.take_stop();
        let stale = self.stale_stop.get();
        self.stale_stop.set((stale || asked) && !reported);
        asked || (reported && !stale)
    }

    /// Calls a callback, catching its panic.
    pub(crate) fn call(&self, callback: impl FnOnce()) -> Course {
        match catch_unwind(AssertUnwindSafe(callback)) {
            Ok(()) => ON,
            Err(payload) => ControlFlow::Break(Halt::Panicked(payload)),
        }
    }

    /// What follows each callback: ticks, microtasks, a look at the wish to stop.
    fn after_callback(&self) -> Course {
        self.drain_ticks()?;
        if self.stop_asked(false) { ControlFlow::Break(Halt::Stopped) } else { ON }
    }

    /// Delivers what the batch still holds; first the ticks queued since the last callback.
    fn deliver_batch(&self) -> Course {
        self.drain_ticks()?;
        self.deliver_posts()?;
        loop {
            let Some(immediate) = self.batch.borrow_mut().due.pop_front() else { break };
            if immediate.is_live() {
                self.call(|| immediate.run(self))?;
                self.after_callback()?;
            }
        }
        loop {
            let Some(event) = self.batch.borrow_mut().next() else { break };
            if u32::from(event.code) == sys::LOOP_OP_POST {
                if event.user == POST_USER {
                    let mut posts = self.shared.announced_posts();
                    self.batch.borrow_mut().posts.append(&mut posts);
                    self.deliver_posts()?;
                }
            } else {
                self.deliver(&event)?;
                self.after_callback()?;
            }
        }
        ON
    }

    fn deliver_posts(&self) -> Course {
        loop {
            let Some(post) = self.batch.borrow_mut().posts.pop_front() else { return ON };
            add_one(&self.posts.closures);
            self.call(|| post(self))?;
            self.after_callback()?;
        }
    }

    /// Delivers one event.
    fn deliver(&self, raw: &sys::loop_event_t) -> Course {
        let flags = u32::from(raw.flags);
        let mut slab = self.slab.borrow_mut();
        let Some(index) = slab.locate(raw) else {
            // The refusal of a control op, or an event of somebody else.
            return ON;
        };
        let entry = slab.at(index);
        let kept = match flags & sys::LOOP_EV_MORE {
            0 => mem::take(&mut entry.keep).settle(raw, entry.decided),
            _ => Keep::Nothing,
        };
        // SAFETY: an event of this batch, whose cursor has moved on.
        let event = unsafe { Event::new(raw, self, kept) };
        let muted = entry.muted || event.has(sys::LOOP_EV_MUTED);
        let failed_plain = raw.status < 0 && entry.plain && !muted;
        let (mut callback, mut on_error) = (None, None);
        if failed_plain {
            on_error = entry.extra.as_mut().and_then(|extra| extra.on_error.take());
        } else if !muted {
            callback = entry.callback.take();
        }
        entry.decided |= event.has(sys::LOOP_EV_OUTCOME);
        drop(slab);
        if muted {
            self.turn_away(&event);
        }

        let id = Id { raw: raw.id, index, owner: self.owner };
        let flow = self.call_back(&event, id, callback, on_error);
        if event.is_final() { first(flow, self.finish(&event, id, muted)) } else { flow }
    }

    /// Calls what an event calls for, and puts a callback that may be called again back.
    fn call_back(
        &self,
        event: &Event<'_>,
        id: Id,
        callback: Option<Callback>,
        on_error: Option<ErrorFn>,
    ) -> Course {
        if let (Some(on_error), Some(error)) = (on_error, event.error()) {
            return self.call(|| on_error(self, error));
        }
        match callback {
            None => ON,
            Some(Callback::Once(once)) => {
                self.current.set(Some(Current { id, moved_to: None, many: false }));
                let flow = self.call(|| once(self, event));
                self.current.set(None);
                flow
            }
            Some(Callback::Many(mut many)) => {
                self.current.set(Some(Current { id, moved_to: None, many: true }));
                let flow = self.call(|| many(self, event));
                let moved_to = self.current.take().and_then(|current| current.moved_to);
                // After an outcome nothing more is called for, and after a final event nothing
                // lives there.
                let home = if let Some(moved_to) = moved_to {
                    Some(moved_to)
                } else {
                    let over = event.is_final() || event.has(sys::LOOP_EV_OUTCOME);
                    (!over).then_some(id)
                };
                let mut slab = self.slab.borrow_mut();
                if let Some(entry) = home
                    .and_then(|home| slab.get(u64::from(home.index), home.raw))
                    .filter(|entry| !entry.muted && entry.callback.is_none())
                {
                    entry.callback = Some(Callback::Many(many));
                    return flow;
                }
                drop(slab);
                first(flow, self.call(|| drop(many)))
            }
        }
    }

    /// Ends an id after the callback of its final event.
    fn finish(&self, event: &Event<'_>, id: Id, muted: bool) -> Course {
        let (callback, mut extra) = self.slab.borrow_mut().remove(id.index);
        let on_final = extra.as_mut().and_then(|extra| extra.on_final.take());
        // What the library has let go of, unless the callback took it.
        let flow = self.call(|| drop((event.take_kept(), event.take_fd())));
        let flow = match on_final {
            Some(on_final) if !muted => first(flow, self.call(|| on_final(self, event.result()))),
            _ => flow,
        };
        first(flow, self.call(|| drop((callback, extra))))
    }
}

/// The first of two halts; a second panic is dropped as a second panic while unwinding would be.
pub(crate) fn first(flow: Course, then: Course) -> Course {
    match flow {
        ControlFlow::Continue(()) => then,
        halt => halt,
    }
}
