// SPDX-License-Identifier: MIT

//! Posts, holds, ownership.

use crate::{Outcome, Programs, name, say};
use libloop::{Code, Error, Loop};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub const PROGRAMS: Programs = &[
    ("posts_from_eight_threads_arrive_in_order", posts_from_eight_threads_arrive_in_order),
    ("hold_keeps_the_loop_alive", hold_keeps_the_loop_alive),
    ("wrong_thread_is_refused", wrong_thread_is_refused),
];

fn posts_from_eight_threads_arrive_in_order() -> Outcome {
    const THREADS: usize = 8;
    const POSTS: u64 = 100_000;
    struct Counters {
        next: [AtomicU64; THREADS],
        out_of_order: AtomicBool,
    }
    let lp = Loop::new()?;
    let counters =
        Arc::new(Counters { next: Default::default(), out_of_order: AtomicBool::new(false) });
    let mut threads = Vec::new();
    for thread in 0..THREADS {
        let (remote, hold) = (lp.remote(), lp.hold()?);
        let counters = Arc::clone(&counters);
        threads.push(thread::spawn(move || {
            for number in 0..POSTS {
                loop {
                    let counters = Arc::clone(&counters);
                    let arrive = move |_: &Loop| {
                        if counters.next[thread].fetch_add(1, Ordering::Relaxed) != number {
                            counters.out_of_order.store(true, Ordering::Relaxed);
                        }
                    };
                    match remote.post(arrive) {
                        Ok(()) => break,
                        Err(full) if full.code() == Code::Full => thread::yield_now(),
                        Err(error) => panic!("{error}"),
                    }
                }
            }
            drop(hold);
        }));
    }
    lp.run()?;
    for thread in threads {
        thread.join().unwrap();
    }
    lp.free()?;
    let total: u64 = counters.next.iter().map(|n| n.load(Ordering::Relaxed)).sum();
    let wrong = counters.out_of_order.load(Ordering::Relaxed);
    println!("{total} posts, {}", if wrong { "out of order" } else { "in order" });
    Ok(())
}

fn hold_keeps_the_loop_alive() -> Outcome {
    let lp = Loop::new()?;
    let hold = Arc::new(Mutex::new(Some(lp.hold()?)));
    println!("alive {}", lp.alive()?);
    let remote = lp.remote();
    let held = Arc::clone(&hold);
    let thread = thread::spawn(move || {
        remote.post(move |_| {
            println!("posted 42");
            held.lock().unwrap().take();
        })
    });
    lp.run()?;
    thread.join().unwrap()?;
    // A guard gives up once: a second time cannot be written. C says LOOP_EINVAL.
    let again: Result<(), Error> = match hold.lock().unwrap().take() {
        Some(_) => Ok(()),
        None => Err(Error::new(Code::Invalid, "no hold")),
    };
    println!("unhold: {}", name(&again));
    lp.free()
}

fn wrong_thread_is_refused() -> Outcome {
    // A Loop cannot leave its thread in Rust; its raw pointer can, and is refused there.
    struct Raw(*mut libloop_sys::loop_t);
    // SAFETY: the pointer is only given to loop_set_immediate, which checks the thread.
    unsafe impl Send for Raw {}
    let lp = Loop::new()?;
    let raw = Raw(lp.as_raw());
    lp.set_timeout(Duration::ZERO, say("fired on the first thread"))?;
    lp.alive()?;
    let code = thread::spawn(move || {
        let raw = raw;
        unsafe extern "C-unwind" fn never(
            _: *mut libloop_sys::loop_t,
            _: *const libloop_sys::loop_event_t,
            _: *mut std::ffi::c_void,
        ) {
        }
        // SAFETY: the loop lives until this thread is joined, and this call checks its thread.
        unsafe { libloop_sys::loop_set_immediate(raw.0, Some(never), std::ptr::null_mut()) }
    })
    .join()
    .unwrap();
    println!("before detach: {}", Code::from_raw(code).name());
    lp.run()?;
    lp.free()?;
    // The safe way to another thread: make the loop there.
    thread::spawn(|| -> Outcome {
        let lp = Loop::new()?;
        lp.set_timeout(Duration::ZERO, say("fired on the other thread"))?;
        lp.run()?;
        lp.free()
    })
    .join()
    .unwrap()
}
