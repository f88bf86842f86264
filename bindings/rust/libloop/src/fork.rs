// SPDX-License-Identifier: MIT

//! Notices that this process is the child of a fork without exec: there the library cannot be used.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Code, Error};

static FORKED: AtomicBool = AtomicBool::new(false);
static WATCHED: Once = Once::new();

extern "C" fn in_child() {
    FORKED.store(true, Ordering::Relaxed);
}

/// Sets the handler that runs in children; called when the first loop is made. What was forked
/// before that finds out from the C library.
pub(crate) fn watch() {
    WATCHED.call_once(|| {
        // SAFETY: `in_child` only stores to an atomic, which is safe in a forked child. Failing
        // (out of memory) leaves the checks to the C library.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

/// True in a forked child. Relaxed: the child begins with one thread, the one that ran the handler.
pub(crate) fn forked() -> bool {
    FORKED.load(Ordering::Relaxed)
}

pub(crate) fn check() -> Result<(), Error> {
    if forked() { Err(Code::Fork.into()) } else { Ok(()) }
}
