// SPDX-License-Identifier: MIT

//! What a loop is made with.

use std::ffi::CString;
use std::ptr;
use std::time::Duration;

use libloop_sys as sys;

use crate::time::nanos;
use crate::{Code, Error, Loop};

/// Events in one batch, unless said otherwise.
pub(crate) const EVENT_CAPACITY: u32 = 1024;
/// Posts that may wait, unless said otherwise.
const POST_LIMIT: usize = 1_048_576;
/// How long the end of a loop waits for jobs, unless said otherwise.
const FREE_WAIT: Duration = Duration::from_secs(5);

/// How a loop learns about descriptors.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// `LOOP_BACKEND` of the environment, else the best of the platform.
    Auto,
    /// epoll (Linux).
    Epoll,
    /// poll(2), everywhere.
    Poll,
    /// kqueue (macOS, FreeBSD).
    Kqueue,
}

/// Options of a new loop: see [`Loop::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing happens before build()"]
pub struct Builder {
    backend: Backend,
    workers: u32,
    queue_limit: u32,
    pub(crate) phase_limit: u32,
    pub(crate) post_limit: usize,
    pub(crate) event_capacity: u32,
    worker_idle: Option<Duration>,
    pub(crate) free_wait: Option<Duration>,
    retain_limit: u64,
    http_proxy: Option<String>,
    ca_pem: Option<Vec<u8>>,
}

impl Builder {
    pub(crate) fn new() -> Builder {
        Builder {
            backend: Backend::Auto,
            workers: 0,
            queue_limit: 0,
            phase_limit: 0,
            post_limit: POST_LIMIT,
            event_capacity: EVENT_CAPACITY,
            worker_idle: Some(Duration::ZERO),
            free_wait: Some(FREE_WAIT),
            retain_limit: 0,
            http_proxy: None,
            ca_pem: None,
        }
    }

    /// How the loop learns about descriptors.
    pub fn backend(mut self, backend: Backend) -> Builder {
        self.backend = backend;
        self
    }

    /// Threads of each lane of the pool, 1 to 1024. Default: 4.
    pub fn workers(mut self, workers: u32) -> Builder {
        self.workers = workers;
        self
    }

    /// Jobs that may wait in each lane; more end with [`Code::Full`]. Default: no limit.
    pub fn queue_limit(mut self, jobs: u32) -> Builder {
        self.queue_limit = jobs;
        self
    }

    /// Events of one phase in one pass; the rest waits for the next pass. Default: no limit.
    pub fn phase_limit(mut self, events: u32) -> Builder {
        self.phase_limit = events;
        self
    }

    /// Posts that may wait; more give [`Code::Full`]. Default: 1,048,576.
    pub fn post_limit(mut self, posts: usize) -> Builder {
        self.post_limit = posts;
        self
    }

    /// Events in one batch, 1 to 65,536. Default: 1,024.
    pub fn event_capacity(mut self, events: u32) -> Builder {
        self.event_capacity = events;
        self
    }

    /// How long a worker without a job stays; None: for ever. Default: 10 seconds.
    pub fn worker_idle(mut self, idle: Option<Duration>) -> Builder {
        self.worker_idle = idle.map(|idle| idle.max(Duration::from_nanos(1)));
        self
    }

    /// How long the end of the loop waits for running jobs; None: for ever. What still runs then
    /// keeps the loop's memory: it is leaked. Default: 5 seconds.
    pub fn free_wait(mut self, wait: Option<Duration>) -> Builder {
        self.free_wait = wait;
        self
    }

    /// Bytes of events that may be kept ([`Bytes`](crate::Bytes)) before responses pause. Default:
    /// 64 MiB.
    pub fn retain_limit(mut self, bytes: u64) -> Builder {
        self.retain_limit = bytes;
        self
    }

    /// URL of a proxy for HTTP requests. Default: none.
    pub fn http_proxy(mut self, url: impl Into<String>) -> Builder {
        self.http_proxy = Some(url.into());
        self
    }

    /// Roots of trust in PEM form that replace the system's.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Builder {
        self.ca_pem = Some(pem.into());
        self
    }

    /// Makes the loop. It belongs to the thread that makes it.
    ///
    /// # Errors
    ///
    /// [`Code::Invalid`] (an option out of range), [`Code::NotSupported`] (the backend, or a C
    /// library with another binary interface), [`Code::NoMemory`], [`Code::TooManyFiles`],
    /// [`Code::Fork`].
    pub fn build(self) -> Result<Loop, Error> {
        let proxy = match &self.http_proxy {
            Some(url) => Some(CString::new(url.as_str()).map_err(|_| Code::Invalid)?),
            None => None,
        };
        if self.event_capacity == 0 || self.event_capacity > 65_536 {
            return Err(Error::new(Code::Invalid, "event_capacity"));
        }
        let options = sys::loop_options_t {
            size: size_of::<sys::loop_options_t>() as u32,
            backend: match self.backend {
                Backend::Auto => sys::LOOP_BACKEND_AUTO,
                Backend::Epoll => sys::LOOP_BACKEND_EPOLL,
                Backend::Poll => sys::LOOP_BACKEND_POLL,
                Backend::Kqueue => sys::LOOP_BACKEND_KQUEUE,
            },
            workers: self.workers,
            queue_limit: self.queue_limit,
            phase_limit: self.phase_limit,
            event_capacity: self.event_capacity,
            worker_idle_ns: self.worker_idle.map_or(-1, nanos),
            free_wait_ns: self.free_wait.map_or(-1, |wait| nanos(wait).max(1)),
            retain_limit: self.retain_limit,
            http_proxy: proxy.as_ref().map_or(ptr::null(), |url| url.as_ptr()),
            ca_pem: self.ca_pem.as_ref().map_or(ptr::null(), |pem| pem.as_ptr().cast()),
            ca_pem_len: self.ca_pem.as_ref().map_or(0, |pem| pem.len() as u64),
            ..Default::default()
        };
        Loop::open(&options, &self)
    }
}
