// SPDX-License-Identifier: MIT

//! Raw bindings to [libloop](https://libloop.dev/libloop), Node's event loop as a C library.
//!
//! Everything here is what `loop.h` declares, in C's names and by C's rules; the comments are the
//! header's. Programs use the crate `libloop`, which needs no `unsafe`. This crate is for code that
//! hands C callbacks or C job functions to a loop.
//!
//! Functions that run callbacks (`loop_run`, `loop_run_for`, `loop_turn`, `loop_dispatch`,
//! `loop_free`) and callbacks themselves are `extern "C-unwind"`: a callback may panic, and the
//! panic leaves the call. A [`loop_work_fn`] runs on a worker and must not unwind.
//!
//! # Linking
//!
//! The build script takes the folder in `LIBLOOP_LIB_DIR`, else what `make` built in the checkout
//! this crate lies in, else what pkg-config knows as `loop`, else, with the feature `vendored`,
//! builds the checkout with Go. It gives an rpath to this
//! crate's own tests only: cargo does not hand link arguments on. `cargo run` and `cargo test` find
//! the library anyway; for programs that are started by hand, write this into your own `build.rs`
//! (it needs a direct dependency on `libloop-sys`):
//!
//! ```text
//! if let Ok(dir) = std::env::var("DEP_LOOP_LIBDIR") {
//!     println!("cargo:rustc-link-arg=-Wl,-rpath,{dir}");
//! }
//! ```

#![no_std]

#[allow(
    non_camel_case_types,
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    rustdoc::all
)]
#[rustfmt::skip]
mod bindings;

pub use bindings::*;

/// A C job function together with its argument, for `libloop::Loop::work_fn`.
///
/// Making one is where the caller vouches for the function; running it is safe then.
#[derive(Debug)]
pub struct WorkFn {
    function: unsafe extern "C" fn(*mut core::ffi::c_void, *mut loop_value_t) -> i32,
    argument: *mut core::ffi::c_void,
}

impl WorkFn {
    /// Takes a job function and its argument.
    ///
    /// # Safety
    ///
    /// `function` must keep the rules of [`loop_work_fn`] when it is called once, on any thread,
    /// with `argument` and a zeroed value: it returns without unwinding, and what it leaves in the
    /// value stays valid until the value's `release` is called. `argument` must be valid for it
    /// until the job's final event, however long that takes.
    pub unsafe fn new(
        function: unsafe extern "C" fn(*mut core::ffi::c_void, *mut loop_value_t) -> i32,
        argument: *mut core::ffi::c_void,
    ) -> WorkFn {
        WorkFn { function, argument }
    }

    /// The function and the argument.
    #[must_use]
    pub fn into_parts(
        self,
    ) -> (
        unsafe extern "C" fn(*mut core::ffi::c_void, *mut loop_value_t) -> i32,
        *mut core::ffi::c_void,
    ) {
        (self.function, self.argument)
    }
}
