// SPDX-License-Identifier: MIT

//! What other threads may do to a loop: post, wake, stop, hold, close.
//!
//! Closures wait in a queue of Rust's own; the first one of a burst sends one C post, and the event
//! of that post takes the whole queue. So a burst costs one wake-up, and a closure that is never
//! delivered is dropped by the queue. With a phase limit each closure sends a C post, because the
//! limit counts their events.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use libloop_sys as sys;

use crate::error::check;
use crate::{Code, Error, Loop, fork};

/// The `user` of the one post that announces the queue. Indices of the slab are below 2^32.
pub(crate) const POST_USER: u64 = u64::MAX;

/// A closure for the loop thread.
pub(crate) type PostFn = Box<dyn FnOnce(&Loop) + Send>;

#[derive(Default)]
struct Posts {
    queue: VecDeque<PostFn>,
    /// A C post is under way that will take the queue.
    announced: bool,
}

/// What the loop and its remotes share; it outlives the loop.
pub(crate) struct Shared {
    raw: *mut sys::loop_t,
    /// `GONE`, and `CALLER` for each thread inside a C call on `raw`.
    gate: AtomicUsize,
    /// The run is to end. The C library's own flag only wakes a sleeping turn.
    stop: AtomicBool,
    /// Posts are refused. Written under the lock of `posts`.
    closed: AtomicBool,
    posts: Mutex<Posts>,
    post_limit: usize,
    /// Each closure has a C post of its own.
    singly: bool,
}

const GONE: usize = 1;
const CALLER: usize = 2;

// SAFETY: `raw` is used from other threads only between `enter` and `leave`, for calls that C
// allows on any thread; the loop is freed after `shut` has seen every caller leave.
unsafe impl Send for Shared {}
// SAFETY: as above; the rest is atomics and a mutex.
unsafe impl Sync for Shared {}

impl Shared {
    pub(crate) fn new(raw: *mut sys::loop_t, post_limit: usize, singly: bool) -> Shared {
        Shared {
            raw,
            gate: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            posts: Mutex::default(),
            post_limit,
            singly,
        }
    }

    /// Calls a C function that any thread may call, unless the loop is gone. Lock-free.
    fn with_raw(&self, call: impl FnOnce(*mut sys::loop_t) -> i64) -> Result<i64, Error> {
        fork::check()?;
        // Acquire and release pair with `shut`: what a caller did happens before the free.
        let gone = self.gate.fetch_add(CALLER, Ordering::Acquire) & GONE != 0;
        let rc = if gone { i64::from(sys::LOOP_ECLOSED) } else { call(self.raw) };
        self.gate.fetch_sub(CALLER, Ordering::Release);
        check(rc)
    }

    /// Lets nobody in any more and waits for those inside; their calls are short and never block.
    pub(crate) fn shut(&self) {
        self.gate.fetch_or(GONE, Ordering::AcqRel);
        while self.gate.load(Ordering::Acquire) != GONE && !fork::forked() {
            thread::yield_now();
        }
    }

    /// The queue holds closures that nobody has begun to run, so a panic cannot leave it broken.
    fn posts(&self) -> MutexGuard<'_, Posts> {
        self.posts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn post(&self, closure: PostFn) -> Result<(), Error> {
        fork::check()?;
        let mut posts = self.posts();
        let refused = if self.is_closed() {
            Some(Code::Closed.into())
        } else if posts.queue.len() >= self.post_limit {
            Some(Code::Full.into())
        } else if posts.announced {
            None
        } else {
            // SAFETY: `raw` is valid inside `with_raw`; loop_post may be called by any thread.
            self.with_raw(|raw| unsafe { announce(raw) }).err()
        };
        if let Some(error) = refused {
            drop(posts); // before the closure: dropping that may post
            return Err(error);
        }
        posts.announced = !self.singly;
        posts.queue.push_back(closure);
        Ok(())
    }

    /// What the event of a C post brings: the queue, or the oldest of it.
    pub(crate) fn announced_posts(&self) -> VecDeque<PostFn> {
        let mut posts = self.posts();
        if self.singly {
            return posts.queue.pop_front().into_iter().collect();
        }
        posts.announced = false;
        std::mem::take(&mut posts.queue)
    }

    /// The queue, for the end.
    pub(crate) fn take_posts(&self) -> VecDeque<PostFn> {
        std::mem::take(&mut self.posts().queue)
    }

    /// How many posts wait beyond those that C counts.
    pub(crate) fn more_posts(&self) -> usize {
        let posts = self.posts();
        if self.singly {
            return 0;
        }
        posts.queue.len().saturating_sub(usize::from(posts.announced))
    }

    /// Refuses posts from now on. Returns false if it did so already.
    pub(crate) fn refuse_posts(&self) -> bool {
        let _posts = self.posts();
        !self.closed.swap(true, Ordering::SeqCst)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    pub(crate) fn close(&self) -> Result<(), Error> {
        fork::check()?;
        if !self.refuse_posts() {
            return Err(Code::Closed.into());
        }
        // SAFETY: `raw` is valid inside `with_raw`; loop_close may be called by any thread.
        self.with_raw(|raw| unsafe { sys::loop_close(raw) }).map(drop)
    }

    pub(crate) fn stop(&self) -> Result<(), Error> {
        fork::check()?;
        // Before the wake-up, so that the run that wakes sees it (pairs with `take_stop`).
        self.stop.store(true, Ordering::SeqCst);
        // SAFETY: `raw` is valid inside `with_raw`; loop_stop may be called by any thread.
        self.with_raw(|raw| unsafe { sys::loop_stop(raw) }).map(drop)
    }

    pub(crate) fn take_stop(&self) -> bool {
        self.stop.load(Ordering::SeqCst) && self.stop.swap(false, Ordering::SeqCst)
    }

    pub(crate) fn hold(self: &Arc<Shared>) -> Result<HoldGuard, Error> {
        if self.is_closed() {
            return Err(Code::Closed.into());
        }
        // SAFETY: `raw` is valid inside `with_raw`; loop_hold may be called by any thread.
        self.with_raw(|raw| unsafe { sys::loop_hold(raw) })?;
        Ok(HoldGuard { shared: Arc::clone(self) })
    }
}

/// # Safety
///
/// `raw` must be a loop that is not free.
unsafe fn announce(raw: *mut sys::loop_t) -> i64 {
    // SAFETY: as the caller promises; the post has no callback and its user is a number.
    unsafe { sys::loop_post(raw, 0, None, std::ptr::without_provenance_mut(POST_USER as usize)) }
}

/// A way to a loop for every thread: cheap to clone, `Send` and `Sync`.
///
/// It does not keep the loop alive (see [`Remote::hold`]), and may outlive it: then every call
/// gives [`Code::Closed`].
///
/// # Examples
///
/// ```
/// let lp = libloop::Loop::new()?;
/// let remote = lp.remote();
/// let hold = lp.hold()?; // or the run would end before the post comes
/// let thread = std::thread::spawn(move || {
///     remote.post(move |_lp| {
///         println!("on the loop's thread");
///         drop(hold);
///     })
/// });
/// lp.run()?;
/// thread.join().unwrap()?;
/// # Ok::<(), libloop::Error>(())
/// ```
#[derive(Clone)]
pub struct Remote {
    pub(crate) shared: Arc<Shared>,
}

impl Remote {
    /// Runs a closure on the loop's thread, in the poll phase: exactly once, closures of one thread
    /// in their order. If the loop is dropped before, the closure is dropped.
    ///
    /// # Errors
    ///
    /// [`Code::Closed`], [`Code::Fork`], and [`Code::Full`] beyond
    /// [`Builder::post_limit`](crate::Builder::post_limit).
    pub fn post(&self, closure: impl FnOnce(&Loop) + Send + 'static) -> Result<(), Error> {
        self.shared.post(Box::new(closure))
    }

    /// Makes a sleeping loop begin another pass. Safe in a signal handler.
    ///
    /// # Errors
    ///
    /// [`Code::Closed`], [`Code::Fork`].
    pub fn wake(&self) -> Result<(), Error> {
        // SAFETY: `raw` is valid inside `with_raw`; loop_wake may be called by any thread.
        self.shared.with_raw(|raw| unsafe { sys::loop_wake(raw) }).map(drop)
    }

    /// Ends the run after the current callback and its ticks; set before a run it ends that run at
    /// once. Safe in a signal handler.
    ///
    /// # Errors
    ///
    /// [`Code::Closed`], [`Code::Fork`].
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

    /// Closes the loop: see [`Loop::close`].
    ///
    /// # Errors
    ///
    /// [`Code::Closed`] when it was closed already, [`Code::Fork`].
    pub fn close(&self) -> Result<(), Error> {
        self.shared.close()
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("closed", &self.shared.is_closed()).finish()
    }
}

/// Keeps a loop alive until it is dropped, on any thread. It may outlive the loop.
#[must_use = "the loop is held only as long as the guard lives"]
pub struct HoldGuard {
    shared: Arc<Shared>,
}

impl Drop for HoldGuard {
    fn drop(&mut self) {
        // SAFETY: `raw` is valid inside `with_raw`; loop_unhold may be called by any thread.
        // An error means that the loop is gone or unusable: then nothing is held.
        let _ = self.shared.with_raw(|raw| unsafe { sys::loop_unhold(raw) });
    }
}

impl fmt::Debug for HoldGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HoldGuard")
    }
}
