// SPDX-License-Identifier: MIT

//! The C interface from Rust, by C's rules.

use std::ffi::{CStr, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use libloop_sys::*;

/// A loop for one test.
fn new_loop() -> *mut loop_t {
    let mut raw = ptr::null_mut();
    // SAFETY: NULL options are the defaults; there is room for the loop.
    assert_eq!(unsafe { loop_new(ptr::null(), &raw mut raw) }, 0);
    raw
}

unsafe extern "C-unwind" fn count(_: *mut loop_t, _: *const loop_event_t, user: *mut c_void) {
    // SAFETY: `user` is a counter that outlives the loop.
    unsafe { *user.cast::<u32>() += 1 };
}

unsafe extern "C-unwind" fn fail(_: *mut loop_t, _: *const loop_event_t, _: *mut c_void) {
    panic!("out of a callback");
}

#[test]
fn the_library_is_the_one_of_the_header() {
    // SAFETY: pure functions that return static text.
    unsafe {
        assert_eq!(CStr::from_ptr(loop_version()).to_bytes_with_nul(), LOOP_VERSION_STRING);
        assert_eq!(loop_abi_version(), i64::from(LOOP_ABI_VERSION));
        assert_eq!(CStr::from_ptr(loop_err_name(-12)), c"LOOP_ETIMEDOUT");
    }
}

#[test]
fn c_callbacks_run() {
    let (raw, mut runs) = (new_loop(), 0u32);
    let user = (&raw mut runs).cast::<c_void>();
    // SAFETY: one thread, a live loop, callbacks whose data outlives it.
    unsafe {
        assert!(loop_set_timeout(raw, 0, Some(count), user) > 0);
        assert!(loop_set_immediate(raw, Some(count), user) > 0);
        assert_eq!(loop_next_tick(raw, Some(count), user), 0);
        assert_eq!(loop_run(raw, LOOP_RUN_DEFAULT), 0);
        assert_eq!(loop_free(raw), 0);
    }
    assert_eq!(runs, 3);
}

#[test]
fn a_panic_leaves_loop_run_through_the_library() {
    let (raw, mut runs) = (new_loop(), 0u32);
    let user = (&raw mut runs).cast::<c_void>();
    // SAFETY: as above; the library lets callbacks unwind.
    unsafe {
        let now = loop_now(raw);
        assert!(loop_set_timer_at(raw, now, Some(fail), ptr::null_mut()) > 0);
        assert!(loop_set_timer_at(raw, now, Some(count), user) > 0);
        let left = catch_unwind(AssertUnwindSafe(|| loop_run(raw, LOOP_RUN_DEFAULT)));
        let text = left.expect_err("the panic leaves loop_run").downcast::<&str>().unwrap();
        assert_eq!(*text, "out of a callback");
        assert_eq!(runs, 0);
        // What was not dispatched comes first; no loop_unwound is needed.
        assert_eq!(loop_run(raw, LOOP_RUN_DEFAULT), 0);
        assert_eq!(runs, 1);
        assert_eq!(loop_free(raw), 0);
    }
}

#[test]
fn null_and_garbage_give_errors() {
    let raw = new_loop();
    let mut turn = loop_turn_t { loop_: raw, ..Default::default() };
    // SAFETY: the library checks every pointer for NULL, every id, and the sizes of records.
    unsafe {
        assert_eq!(loop_run(ptr::null_mut(), 0), i64::from(LOOP_EINVAL));
        assert_eq!(loop_turn(ptr::null_mut()), i64::from(LOOP_EINVAL));
        assert_eq!(loop_turn(&raw mut turn), i64::from(LOOP_EINVAL), "its size is 0");
        assert_eq!(loop_clear(raw, 12_345), i64::from(LOOP_EBADID));
        assert_eq!(loop_set_timeout(raw, 0, None, ptr::null_mut()), i64::from(LOOP_EINVAL));
        assert_eq!(loop_free(raw), 0);
        assert_eq!(loop_free(ptr::null_mut()), 0);
    }
}
