// SPDX-License-Identifier: MIT

//! Traces: every step of the loop, to a closure or to a descriptor.

use std::ffi::{CStr, c_char, c_void};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use libloop_sys as sys;

use crate::{Code, Error, Loop, Time, fork};

/// How traces are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceFormat {
    /// One JSON object a line.
    Json,
    /// The lines of "The Node Experiment".
    Book,
}

/// What a trace record is about.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceKind {
    /// An op that names an id was accepted.
    Register,
    /// A control op was accepted.
    Control,
    /// An op was refused.
    Refused,
    /// A pass begins.
    Pass,
    /// A turn begins.
    Turn,
    /// A phase has `num` events.
    Phase,
    /// An event is delivered.
    Event,
    /// A worker took a job.
    JobStart,
    /// A worker finished a job.
    JobEnd,
    /// The poller reports.
    Ready,
    /// A worker ends.
    WorkerClose,
    /// The poller ends.
    PollerClose,
    /// The loop is free.
    Finished,
    /// A kind that this crate does not know.
    Other,
}

/// One step of a loop.
#[derive(Clone, Copy, Debug)]
pub struct Trace<'a> {
    /// What happened.
    pub kind: TraceKind,
    /// When.
    pub time: Time,
    /// The id, or 0.
    pub id: u64,
    /// The loop's count of accepted ids from 1 (that of the id), or the number of the pass or turn.
    pub seq: u64,
    /// The thread it happened on: "main", "pool0", "epoll".
    pub thread: &'a str,
    /// The op's label, else the name of its code.
    pub label: &'a str,
    /// What the kind says.
    pub num: i64,
    /// What went wrong, if anything.
    pub status: Option<Code>,
    /// The number of the op's code, or of the phase.
    pub code: u32,
}

type Hook = Box<dyn Fn(&Trace<'_>) + Send + Sync>;

/// Where traces went and go; kept until the loop is free, because its end is traced, too.
#[derive(Default)]
pub(crate) struct Sinks {
    files: Vec<OwnedFd>,
    #[expect(clippy::vec_box, reason = "the library has the address of the inner box")]
    hooks: Vec<Box<Hook>>,
    to_file: bool,
    to_hook: bool,
}

impl Loop {
    /// Calls a closure for every step of the loop, one at a time, on the thread where it happens:
    /// this one or a worker. Of the loop it may use only a [`Remote`](crate::Remote). A panic in it
    /// is ignored. It replaces an earlier one.
    ///
    /// # Errors
    ///
    /// [`Code::Fork`], [`Code::Panic`].
    pub fn trace(&self, hook: impl Fn(&Trace<'_>) + Send + Sync + 'static) -> Result<(), Error> {
        self.set_trace_hook(Some(Box::new(Box::new(hook))))
    }

    fn set_trace_hook(&self, hook: Option<Box<Hook>>) -> Result<(), Error> {
        fork::check()?;
        self.submit()?;
        let (callback, user): (sys::loop_trace_cb, *mut c_void) = match &hook {
            Some(hook) => (Some(call_hook), ptr::from_ref::<Hook>(hook).cast_mut().cast()),
            None => (None, ptr::null_mut()),
        };
        // SAFETY: on the loop's thread. `user` points to a hook that `sinks` keeps until the loop
        // is free, and leaks if the loop is.
        let rc = unsafe { sys::loop_trace(self.raw(), callback, user) };
        let mut sinks = self.sinks.borrow_mut();
        sinks.to_hook = callback.is_some();
        sinks.hooks.extend(hook);
        self.tracing.set(sinks.to_hook || sinks.to_file);
        drop(sinks);
        self.checked(rc).map(drop)
    }

    /// Writes every step of the loop as a line to a descriptor, which is duplicated and may be
    /// closed. It replaces an earlier one.
    ///
    /// # Errors
    ///
    /// [`Code::Fork`], [`Code::Panic`], [`Code::TooManyFiles`].
    ///
    /// # Examples
    ///
    /// ```
    /// use libloop::{Loop, TraceFormat};
    ///
    /// let lp = Loop::new()?;
    /// lp.trace_fd(std::io::stderr(), TraceFormat::Json)?;
    /// # lp.trace_off()?;
    /// # Ok::<(), libloop::Error>(())
    /// ```
    pub fn trace_fd(&self, fd: impl AsFd, format: TraceFormat) -> Result<(), Error> {
        fork::check()?;
        self.set_trace_fd(Some(fd.as_fd().try_clone_to_owned()?), format)
    }

    /// Ends tracing, to a closure and to a descriptor.
    ///
    /// # Errors
    ///
    /// [`Code::Fork`], [`Code::Panic`].
    pub fn trace_off(&self) -> Result<(), Error> {
        self.set_trace_hook(None)?;
        self.set_trace_fd(None, TraceFormat::Json)
    }

    fn set_trace_fd(&self, file: Option<OwnedFd>, format: TraceFormat) -> Result<(), Error> {
        self.submit()?;
        let format = match format {
            TraceFormat::Json => sys::LOOP_TRACE_JSON,
            TraceFormat::Book => sys::LOOP_TRACE_BOOK,
        };
        let fd = file.as_ref().map_or(-1, AsRawFd::as_raw_fd);
        // SAFETY: on the loop's thread. `sinks` keeps the descriptor open until the loop is free,
        // and leaks it if the loop is.
        let rc = unsafe { sys::loop_trace_fd(self.raw(), fd, format) };
        let mut sinks = self.sinks.borrow_mut();
        sinks.to_file = file.is_some();
        sinks.files.extend(file);
        self.tracing.set(sinks.to_hook || sinks.to_file);
        drop(sinks);
        self.checked(rc).map(drop)
    }
}

/// # Safety
///
/// `record` must be a trace record and `user` a `Hook`, both valid during the call.
unsafe extern "C" fn call_hook(record: *const sys::loop_trace_t, user: *mut c_void) {
    // SAFETY: as the caller promises.
    let (record, hook) = unsafe { (&*record, &*user.cast_const().cast::<Hook>()) };
    let trace = Trace {
        kind: kind(record.kind),
        time: Time::from_nanos(record.time_ns),
        id: record.id,
        seq: record.seq,
        // SAFETY: the texts of a record are borrowed during the call.
        thread: unsafe { text(record.thread) },
        // SAFETY: as above.
        label: unsafe { text(record.label) },
        num: record.num,
        status: (record.status < 0).then(|| Code::from_raw(i64::from(record.status))),
        code: record.code,
    };
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| hook(&trace))) {
        std::mem::forget(payload); // dropping it may panic again
    }
}

/// # Safety
///
/// `text` must be NULL or end with a NUL, and be valid for `'a`.
unsafe fn text<'a>(text: *const c_char) -> &'a str {
    if text.is_null() {
        return "";
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap_or("?")
}

fn kind(kind: u32) -> TraceKind {
    match kind {
        sys::LOOP_TRACE_REGISTER => TraceKind::Register,
        sys::LOOP_TRACE_CONTROL => TraceKind::Control,
        sys::LOOP_TRACE_REFUSED => TraceKind::Refused,
        sys::LOOP_TRACE_PASS => TraceKind::Pass,
        sys::LOOP_TRACE_TURN => TraceKind::Turn,
        sys::LOOP_TRACE_PHASE => TraceKind::Phase,
        sys::LOOP_TRACE_EVENT => TraceKind::Event,
        sys::LOOP_TRACE_JOB_START => TraceKind::JobStart,
        sys::LOOP_TRACE_JOB_END => TraceKind::JobEnd,
        sys::LOOP_TRACE_READY => TraceKind::Ready,
        sys::LOOP_TRACE_WORKER_CLOSE => TraceKind::WorkerClose,
        sys::LOOP_TRACE_POLLER_CLOSE => TraceKind::PollerClose,
        sys::LOOP_TRACE_FINISHED => TraceKind::Finished,
        _ => TraceKind::Other,
    }
}
