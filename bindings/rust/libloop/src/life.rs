// SPDX-License-Identifier: MIT

//! The loop itself: made, asked, closed, dropped.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::panic::resume_unwind;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use libloop_sys as sys;

use crate::builder::Builder;
use crate::error::check;
use crate::event::descriptor;
use crate::queue::Queues;
use crate::remote::{HoldGuard, Remote, Shared};
use crate::run::{Batch, Course, Current, Halt, ON, first};
use crate::slab::Slab;
use crate::stats::PostCounts;
use crate::submit::Ops;
use crate::time::nanos;
use crate::trace::Sinks;
use crate::{Code, Error, Time, fork};

/// An event loop. It stays on the thread that made it; what other threads may do is in
/// [`Remote`].
///
/// Callbacks get `&Loop` and may do everything but run it. Dropping a loop closes it and drops
/// every closure without calling it; [`Loop::free`] calls them.
///
/// # Examples
///
/// ```
/// use libloop::Loop;
/// use std::time::Duration;
///
/// let lp = Loop::new()?;
/// lp.set_timeout(Duration::ZERO, |lp| {
///     println!("a timer");
///     lp.next_tick(|_| println!("right after it")).unwrap();
/// })?;
/// lp.set_immediate(|_| println!("then an immediate"))?;
/// lp.run()?;
/// # Ok::<(), libloop::Error>(())
/// ```
///
/// It cannot go to another thread:
///
/// ```compile_fail,E0277
/// let lp = libloop::Loop::new().unwrap();
/// std::thread::spawn(move || drop(lp));
/// ```
///
/// nor be shared with one:
///
/// ```compile_fail,E0277
/// let lp = libloop::Loop::new().unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(|| lp.run());
/// });
/// ```
pub struct Loop {
    raw: NonNull<sys::loop_t>,
    pub(crate) shared: Arc<Shared>,
    /// Number of this loop in the process, to tell another loop's ids.
    pub(crate) owner: u32,
    pub(crate) event_capacity: u32,
    /// Immediates of one check phase.
    pub(crate) phase_limit: usize,
    /// Time of the phase whose batch is delivered.
    pub(crate) now: Cell<Time>,
    free_wait: Option<Duration>,
    pub(crate) ops: RefCell<Ops>,
    pub(crate) slab: RefCell<Slab>,
    pub(crate) batch: RefCell<Batch>,
    pub(crate) queues: RefCell<Queues>,
    /// Labels of jobs as C text; they live as long as the loop.
    pub(crate) labels: RefCell<HashMap<&'static str, CString>>,
    pub(crate) sinks: RefCell<Sinks>,
    pub(crate) posts: PostCounts,
    /// Tracing is on: every op is submitted where it is made.
    pub(crate) tracing: Cell<bool>,
    pub(crate) running: Cell<bool>,
    pub(crate) current: Cell<Option<Current>>,
    /// The C library will report a stop that was already obeyed.
    pub(crate) stale_stop: Cell<bool>,
    /// The error that ended the loop: a bug in the library.
    pub(crate) broken: RefCell<Option<Error>>,
    /// `end_loop` was here.
    over: Cell<bool>,
    /// Neither Send nor Sync: C allows one thread only.
    _thread: PhantomData<*const ()>,
}

impl Loop {
    /// Makes a loop with default options.
    ///
    /// # Errors
    ///
    /// As [`Builder::build`].
    pub fn new() -> Result<Loop, Error> {
        Loop::builder().build()
    }

    /// Options for a loop.
    ///
    /// # Examples
    ///
    /// ```
    /// let lp = libloop::Loop::builder().workers(2).queue_limit(100).build()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn open(options: &sys::loop_options_t, builder: &Builder) -> Result<Loop, Error> {
        static LOOPS: AtomicU32 = AtomicU32::new(0);
        fork::check()?;
        // SAFETY: a pure function.
        let abi = unsafe { sys::loop_abi_version() };
        if abi != i64::from(sys::LOOP_ABI_VERSION) {
            return Err(Error::new(Code::NotSupported, format!("libloop with interface {abi}")));
        }
        let mut raw = ptr::null_mut();
        // SAFETY: `options` is complete, and its pointers are valid during the call.
        check(unsafe { sys::loop_new(options, &raw mut raw) })?;
        fork::watch();
        let raw = NonNull::new(raw).ok_or(Code::NoMemory)?;
        let mut batch = Batch::default();
        batch.events.reserve_exact(builder.event_capacity as usize);
        Ok(Loop {
            raw,
            shared: Arc::new(Shared::new(
                raw.as_ptr(),
                builder.post_limit,
                builder.phase_limit > 0,
            )),
            owner: LOOPS.fetch_add(1, Ordering::Relaxed),
            event_capacity: builder.event_capacity,
            phase_limit: match builder.phase_limit {
                0 => usize::MAX,
                limit => limit as usize,
            },
            now: Cell::new(Time::now()),
            free_wait: builder.free_wait,
            ops: RefCell::default(),
            slab: RefCell::default(),
            batch: RefCell::new(batch),
            queues: RefCell::default(),
            labels: RefCell::default(),
            sinks: RefCell::default(),
            posts: PostCounts::default(),
            tracing: Cell::new(false),
            running: Cell::new(false),
            current: Cell::new(None),
            stale_stop: Cell::new(false),
            broken: RefCell::default(),
            over: Cell::new(false),
            _thread: PhantomData,
        })
    }

    pub(crate) fn raw(&self) -> *mut sys::loop_t {
        self.raw.as_ptr()
    }

    /// The C loop, for C plug-ins: valid as long as this loop. Events of ops with a C callback are
    /// dispatched by the library while this loop runs.
    #[must_use]
    pub fn as_raw(&self) -> *mut sys::loop_t {
        self.raw()
    }

    /// Like `check`; remembers a panic inside the library, with its text.
    pub(crate) fn checked(&self, rc: i64) -> Result<i64, Error> {
        let result = check(rc);
        if rc != i64::from(sys::LOOP_EPANIC) {
            return result;
        }
        // SAFETY: the text lives as long as the loop and ends with a NUL.
        let text = unsafe { CStr::from_ptr(sys::loop_last_panic(self.raw())) };
        let error = Error::new(Code::Panic, text.to_string_lossy());
        *self.broken.borrow_mut() = Some(error.clone());
        Err(error)
    }

    /// A way to this loop for other threads.
    #[must_use]
    pub fn remote(&self) -> Remote {
        Remote { shared: Arc::clone(&self.shared) }
    }

    /// Ends the run after the current callback and its ticks; set before a run it ends that run at
    /// once.
    ///
    /// # Errors
    ///
    /// [`Code::Fork`].
    pub fn stop(&self) -> Result<(), Error> {
        self.shared.stop()
    }

    /// Keeps the loop alive for posts to come, until the guard is dropped.
    ///
    /// # Errors
    ///
    /// [`Code::Closed`], [`Code::Fork`].
    pub fn hold(&self) -> Result<HoldGuard, Error> {
        self.shared.hold()
    }

    /// How many referenced ids, ticks, microtasks, immediates, posts and holds keep the loop alive.
    ///
    /// # Errors
    ///
    /// [`Code::Fork`], [`Code::Panic`].
    pub fn alive(&self) -> Result<u64, Error> {
        fork::check()?;
        self.submit()?;
        // SAFETY: on the loop's thread.
        let alive = self.checked(unsafe { sys::loop_alive(self.raw()) })?.unsigned_abs();
        let host = self.queued() + self.shared.more_posts() + self.undelivered();
        Ok(alive + host as u64)
    }

    /// What the engine no longer counts, but the batch still holds.
    fn undelivered(&self) -> usize {
        let (batch, mut slab) = (self.batch.borrow(), self.slab.borrow_mut());
        let last = batch.rest().iter().filter(|event| {
            u32::from(event.flags) & sys::LOOP_EV_MORE == 0
                && slab.locate(event).is_some_and(|index| {
                    let entry = slab.at(index);
                    entry.referenced && !entry.muted && !entry.decided
                })
        });
        last.count() + batch.waiting_posts()
    }

    /// The loop's time, read once a phase; outside a run it is read anew.
    ///
    /// # Errors
    ///
    /// [`Code::Fork`], [`Code::Panic`].
    pub fn now(&self) -> Result<Time, Error> {
        fork::check()?;
        if self.running.get() {
            return Ok(self.now.get());
        }
        // SAFETY: on the loop's thread.
        self.checked(unsafe { sys::loop_now(self.raw()) }).map(Time::from_nanos)
    }

    /// Closes the loop: nothing new can be started, and the next run ends everything alive with
    /// [`Code::Canceled`], immediates first. Posts that were accepted still run, and so do ticks and
    /// microtasks, which may still be queued.
    ///
    /// # Errors
    ///
    /// [`Code::Closed`] when it was closed already, [`Code::Fork`].
    pub fn close(&self) -> Result<(), Error> {
        fork::check()?;
        // What was started before ends as everything else does, instead of being refused.
        self.submit()?;
        self.shared.close()
    }

    /// Closes the loop, delivers every final event (callbacks run), and frees it.
    ///
    /// # Errors
    ///
    /// [`Code::Busy`] when a job still runs after [`Builder::free_wait`]: the loop's memory is then
    /// leaked. [`Code::Fork`], [`Code::Panic`].
    ///
    /// # Panics
    ///
    /// With the panic of a callback; the loop is then dropped without calling the rest.
    pub fn free(self) -> Result<(), Error> {
        if let Err(error) = self.close() {
            if error.code() != Code::Closed {
                return Err(error);
            }
        }
        let until = self.free_wait.map(|wait| Time::now() + wait);
        let ended = self.run_closed(until)?;
        match self.end_loop(if ended { self.free_wait } else { Some(Duration::ZERO) }) {
            (_, ControlFlow::Break(Halt::Panicked(payload))) => resume_unwind(payload),
            (true, _) => Ok(()),
            (false, _) => Err(Code::Busy.into()),
        }
    }

    /// What other loops poll: readable when this loop has something to do. When it is, or when
    /// [`Loop::backend_timeout`] has passed, call [`Loop::run_nowait`].
    ///
    /// # Errors
    ///
    /// [`Code::NotSupported`] on the poll backend, [`Code::Fork`].
    pub fn backend_fd(&self) -> Result<BorrowedFd<'_>, Error> {
        fork::check()?;
        // SAFETY: on the loop's thread.
        let fd = self.checked(unsafe { sys::loop_backend_fd(self.raw()) })?;
        let fd = i32::try_from(fd).map_err(|_| Code::BadDescriptor)?;
        // SAFETY: the library keeps the descriptor open as long as the loop lives.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// How long a host that polls [`Loop::backend_fd`] may sleep; None: without limit.
    ///
    /// # Errors
    ///
    /// [`Code::Fork`], [`Code::Panic`].
    pub fn backend_timeout(&self) -> Result<Option<Duration>, Error> {
        fork::check()?;
        self.submit()?;
        if self.queued() > 0 || !self.batch.borrow().is_delivered() {
            return Ok(Some(Duration::ZERO));
        }
        let mut timeout_ns = 0;
        // SAFETY: on the loop's thread, with room for the answer.
        let rc = unsafe { sys::loop_backend_timeout(self.raw(), &raw mut timeout_ns) };
        self.checked(rc)?;
        Ok(u64::try_from(timeout_ns).ok().map(Duration::from_nanos))
    }

    /// "epoll", "poll" or "kqueue".
    #[must_use]
    pub fn backend_name(&self) -> &'static str {
        // SAFETY: any thread may ask; the text is static and ends with a NUL.
        let name = unsafe { CStr::from_ptr(sys::loop_backend_name(self.raw())) };
        name.to_str().unwrap_or("unknown")
    }

    /// Ends the loop without calling anything. True when all is free; else what the library may
    /// still use is leaked. The panic of a destructor is kept for the end, because no memory may be
    /// given back before the workers are done with it.
    fn end_loop(&self, wait: Option<Duration>) -> (bool, Course) {
        if self.over.replace(true) {
            return (true, ON);
        }
        let (mut free, mut flow) = (false, ON);
        if !fork::forked() {
            self.shared.refuse_posts();
            // SAFETY: on the loop's thread; a loop that is closed already says so.
            unsafe { sys::loop_close(self.raw()) };
            self.shared.shut();
            let queued = self.queues.borrow_mut().take();
            let left = self.batch.borrow_mut().take_closures();
            let posts = self.shared.take_posts();
            flow = self.call(|| drop((queued, left, posts)));
            self.drop_batch(&mut flow);
            let ended = self.end_quietly(wait, &mut flow);
            if ended || self.broken.borrow().is_some() {
                // SAFETY: on the loop's thread; no other thread is inside a call (see `shut`), and
                // nothing uses `raw` after this.
                free = unsafe { sys::loop_free(self.raw()) } == 0;
            }
        }
        if !free {
            mem::forget(self.labels.take());
            mem::forget(self.sinks.take());
        }
        let entries = self.slab.borrow_mut().take_all();
        for entry in entries {
            if free {
                flow = first(flow, self.call(|| drop(entry)));
            } else {
                mem::forget(entry.keep); // a worker may still use it
                flow = first(flow, self.call(|| drop((entry.callback, entry.extra))));
            }
        }
        (free, flow)
    }

    /// Ends what ends in the batch, calling nothing.
    fn drop_batch(&self, flow: &mut Course) {
        loop {
            let Some(event) = self.batch.borrow_mut().next() else { return };
            // SAFETY: an event of this batch, whose cursor has moved on.
            drop(unsafe { descriptor(&event) });
            let mut slab = self.slab.borrow_mut();
            let Some(index) = slab.locate(&event) else { continue };
            let entry = slab.at(index);
            if u32::from(event.flags) & sys::LOOP_EV_MORE != 0 {
                entry.decided |= u32::from(event.flags) & sys::LOOP_EV_OUTCOME != 0;
                continue;
            }
            let kept = mem::take(&mut entry.keep).settle(&event, entry.decided);
            let parts = (slab.remove(index), kept);
            drop(slab);
            *flow = first(mem::replace(flow, ON), self.call(|| drop(parts)));
        }
    }

    /// Waits, calling nothing, until everything has ended; at most this long. True when it has.
    fn end_quietly(&self, wait: Option<Duration>, flow: &mut Course) -> bool {
        let until = wait.map(|wait| Time::now() + wait);
        loop {
            let timeout_ns = until.map_or(-1, |until| nanos(until - Time::now()));
            let Ok(turn) = self.turn(0, timeout_ns) else { return false };
            self.drop_batch(flow);
            if turn.result & sys::LOOP_TURN_DONE != 0 {
                return true;
            }
            if turn.event_count == 0 && until.is_some_and(|until| Time::now() >= until) {
                return false;
            }
        }
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        if let (_, ControlFlow::Break(Halt::Panicked(payload))) = self.end_loop(self.free_wait) {
            if !thread::panicking() {
                resume_unwind(payload);
            }
        }
    }
}

impl fmt::Debug for Loop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loop")
            .field("backend", &self.backend_name())
            .field("running", &self.running.get())
            .field("closed", &self.shared.is_closed())
            .finish_non_exhaustive()
    }
}
