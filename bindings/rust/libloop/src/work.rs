// SPDX-License-Identifier: MIT

//! Jobs: closures and C functions on the loop's workers.

use std::any::Any;
use std::ffi::{CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use libloop_sys as sys;

use crate::op::With;
use crate::slab::{Callback, Keep, NewEntry, OnceFn};
use crate::submit::OpParts;
use crate::{Code, Error, Job, Loop, Op, Value};

/// A group of workers with its own number of threads and its own queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Jobs of the host: workers pool0, pool1, ...
    Host,
    /// Jobs that wait for a disk: workers file0, file1, ...
    File,
    /// Jobs that compute: workers cpu0, cpu1, ...
    Cpu,
}

impl Lane {
    pub(crate) fn raw(self) -> u32 {
        match self {
            Lane::Host => sys::LOOP_LANE_HOST,
            Lane::File => sys::LOOP_LANE_FILE,
            Lane::Cpu => sys::LOOP_LANE_CPU,
        }
    }
}

/// A closure on its way to a worker and its result on the way back. The entry of the job keeps it
/// until the final event, so the worker's pointer to it is good. The lock is never contended: the
/// loop thread looks only after the worker has returned, or when it will never start.
struct Cell<F, T> {
    state: Mutex<State<F, T>>,
}

enum State<F, T> {
    Waiting(F),
    Taken,
    Done(Result<T, Error>),
}

impl<F, T> Cell<F, T> {
    fn replace(&self, state: State<F, T>) -> State<F, T> {
        // Nothing panics while it is locked.
        let mut held = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *held, state)
    }
}

/// Runs the closure of a cell on a worker.
///
/// # Safety
///
/// `argument` must point to a `Cell<F, T>` that lives until this has returned.
unsafe extern "C" fn run_cell<F, T, E>(argument: *mut c_void, out: *mut sys::loop_value_t) -> i32
where
    F: FnOnce() -> Result<T, E> + Send,
    E: Into<Error>,
{
    // SAFETY: as the caller promises.
    let cell = unsafe { &*argument.cast_const().cast::<Cell<F, T>>() };
    let State::Waiting(job) = cell.replace(State::Taken) else {
        return sys::LOOP_EJOB;
    };
    let result = catch_unwind(AssertUnwindSafe(|| job().map_err(Into::into)));
    let result = result.unwrap_or_else(|payload| {
        let error = Error::from_panic(&*payload);
        // A payload may panic when it is dropped, and that must not leave this function either.
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(second);
        }
        Err(error)
    });
    let status = match &result {
        Ok(_) => 0,
        Err(error) => {
            let text = error.text();
            let (text_ptr, len) = (text.as_ptr().cast::<c_char>(), text.len() as i64);
            let os_errno = error.os_errno().unwrap_or(0);
            // SAFETY: `out` is the value of this job; the text is copied. Without memory for it the
            // traces lack the text, nothing else.
            unsafe { sys::loop_value_set_error(out, text_ptr, len, os_errno) };
            error.code().raw()
        }
    };
    cell.replace(State::Done(result));
    status
}

impl With<'_> {
    /// See [`Loop::work`]. Its own label wins over [`Op::label`].
    ///
    /// # Errors
    ///
    /// As [`Loop::work`].
    pub fn work<F, T, E>(
        self,
        label: &'static str,
        job: F,
        done: impl FnOnce(&Loop, Result<T, Error>) + 'static,
    ) -> Result<Job, Error>
    where
        F: FnOnce() -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Into<Error> + 'static,
    {
        self.work_on(Lane::Host, label, job, done)
    }

    /// See [`Loop::work_on`]. Its own label wins over [`Op::label`].
    ///
    /// # Errors
    ///
    /// As [`Loop::work`].
    pub fn work_on<F, T, E>(
        self,
        lane: Lane,
        label: &'static str,
        job: F,
        done: impl FnOnce(&Loop, Result<T, Error>) + 'static,
    ) -> Result<Job, Error>
    where
        F: FnOnce() -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Into<Error> + 'static,
    {
        let cell = Arc::new(Cell { state: Mutex::new(State::<F, T>::Waiting(job)) });
        let argument = Arc::as_ptr(&cell).cast::<c_void>().cast_mut();
        let kept: Arc<dyn Any + Send + Sync> = cell.clone();
        let done: OnceFn = Box::new(move |lp, event| {
            // An outcome comes while the job still runs: its result is dropped with the cell.
            if event.is_final() {
                match cell.replace(State::Taken) {
                    State::Done(result) => return done(lp, result),
                    // It never ran: the event says why.
                    waiting => drop(waiting),
                }
            }
            done(lp, Err(event.error().unwrap_or_else(|| Code::Job.into())));
        });
        self.submit_work(lane, label, run_cell::<F, T, E>, argument, done, Keep::Job(kept))
    }

    /// See [`Loop::work_fn`]. Its own label wins over [`Op::label`].
    ///
    /// # Errors
    ///
    /// As [`Loop::work`].
    pub fn work_fn(
        self,
        lane: Lane,
        label: &'static str,
        function: sys::WorkFn,
        done: impl FnOnce(&Loop, Result<Value, Error>) + 'static,
    ) -> Result<Job, Error> {
        let (function, argument) = function.into_parts();
        let done: OnceFn = Box::new(move |lp, event| {
            done(lp, event.result().map(|()| Value::of(event)));
        });
        self.submit_work(lane, label, function, argument, done, Keep::Nothing)
    }

    fn submit_work(
        mut self,
        lane: Lane,
        label: &'static str,
        function: unsafe extern "C" fn(*mut c_void, *mut sys::loop_value_t) -> i32,
        argument: *mut c_void,
        done: OnceFn,
        keep: Keep,
    ) -> Result<Job, Error> {
        let label = self.lp.static_label(label)?;
        let new = NewEntry {
            code: sys::LOOP_OP_WORK as u16,
            callback: Callback::Once(done),
            extra: self.op.extra(),
            keep,
            delay_ns: -1,
            plain: false,
            referenced: self.op.referenced,
        };
        let parts = OpParts {
            len: lane.raw(),
            target: label as u64,
            data: argument,
            arg: function as *const () as i64,
            timeout_ns: self.op.timeout_ns,
            ..OpParts::default()
        };
        self.lp.register(new, parts).map(Job)
    }
}

impl Loop {
    /// Runs a closure on a worker, then another one here with its result.
    ///
    /// A job that panics gives [`Code::Job`] with the text of the panic. One that was cancelled or
    /// passed its deadline while it ran gives that error at once, goes on, and its result is
    /// dropped.
    ///
    /// * `label`: what traces and statistics call it.
    /// * `done`: gets the result, or the job's error, or [`Code::Canceled`], [`Code::TimedOut`],
    ///   [`Code::Full`] (the queue's limit).
    ///
    /// # Errors
    ///
    /// [`Code::Invalid`] (a NUL in the label), [`Code::Closed`], [`Code::Fork`],
    /// [`Code::NoMemory`].
    ///
    /// # Examples
    ///
    /// ```
    /// let lp = libloop::Loop::new()?;
    /// let job = || std::fs::read("/dev/null");
    /// lp.work("File read", job, |_lp, bytes| assert_eq!(bytes.unwrap().len(), 0))?;
    /// lp.run()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    ///
    /// The job goes to another thread, so it must be `Send`:
    ///
    /// ```compile_fail,E0277
    /// let lp = libloop::Loop::new().unwrap();
    /// let shared = std::rc::Rc::new(1);
    /// lp.work("no", move || Ok::<_, libloop::Error>(*shared), |_lp, _result| {}).unwrap();
    /// ```
    ///
    /// and its result comes from there:
    ///
    /// ```compile_fail,E0277
    /// let lp = libloop::Loop::new().unwrap();
    /// lp.work("no", || Ok::<_, libloop::Error>(std::rc::Rc::new(1)), |_lp, _result| {}).unwrap();
    /// ```
    ///
    /// The same with an `Arc` is fine, and `done` may hold what it likes:
    ///
    /// ```
    /// let lp = libloop::Loop::new().unwrap();
    /// let (shared, local) = (std::sync::Arc::new(1), std::rc::Rc::new(2));
    /// lp.work("yes", move || Ok::<_, libloop::Error>(shared), move |_lp, result| {
    ///     assert_eq!(*result.unwrap() + *local, 3);
    /// }).unwrap();
    /// lp.run().unwrap();
    /// ```
    pub fn work<F, T, E>(
        &self,
        label: &'static str,
        job: F,
        done: impl FnOnce(&Loop, Result<T, Error>) + 'static,
    ) -> Result<Job, Error>
    where
        F: FnOnce() -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Into<Error> + 'static,
    {
        self.with(Op::new()).work(label, job, done)
    }

    /// The same on a lane of choice.
    ///
    /// # Errors
    ///
    /// As [`Loop::work`].
    pub fn work_on<F, T, E>(
        &self,
        lane: Lane,
        label: &'static str,
        job: F,
        done: impl FnOnce(&Loop, Result<T, Error>) + 'static,
    ) -> Result<Job, Error>
    where
        F: FnOnce() -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Into<Error> + 'static,
    {
        self.with(Op::new()).work_on(lane, label, job, done)
    }

    /// Runs a C job function on a worker, then a closure here with its value. For C plug-ins; the
    /// function is vouched for where the [`WorkFn`](libloop_sys::WorkFn) is made.
    ///
    /// # Errors
    ///
    /// As [`Loop::work`].
    pub fn work_fn(
        &self,
        lane: Lane,
        label: &'static str,
        function: sys::WorkFn,
        done: impl FnOnce(&Loop, Result<Value, Error>) + 'static,
    ) -> Result<Job, Error> {
        self.with(Op::new()).work_fn(lane, label, function, done)
    }

    /// Sets the number of workers of a lane, 1 to 1024; surplus ones leave after their job.
    ///
    /// # Errors
    ///
    /// [`Code::Invalid`], [`Code::Closed`], [`Code::Fork`].
    pub fn set_workers(&self, lane: Lane, workers: u32) -> Result<(), Error> {
        self.usable()?;
        // SAFETY: on the loop's thread.
        self.checked(unsafe { sys::loop_set_workers(self.raw(), lane.raw(), workers) }).map(drop)
    }

    /// Sets how many jobs may wait in a lane (0: no limit). Jobs that wait already stay.
    ///
    /// # Errors
    ///
    /// [`Code::Invalid`], [`Code::Closed`], [`Code::Fork`].
    pub fn set_queue_limit(&self, lane: Lane, jobs: u32) -> Result<(), Error> {
        self.usable()?;
        // SAFETY: on the loop's thread.
        self.checked(unsafe { sys::loop_set_queue_limit(self.raw(), lane.raw(), jobs) }).map(drop)
    }

    /// The label as C text that lives as long as the loop.
    fn static_label(&self, label: &'static str) -> Result<*const c_char, Error> {
        if label.is_empty() {
            return Ok(ptr::null());
        }
        let mut labels = self.labels.borrow_mut();
        if let Some(text) = labels.get(label) {
            return Ok(text.as_ptr());
        }
        let text = CString::new(label).map_err(|_| Error::new(Code::Invalid, "label"))?;
        Ok(labels.entry(label).or_insert(text).as_ptr())
    }
}
