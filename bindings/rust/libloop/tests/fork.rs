// SPDX-License-Identifier: MIT

//! A forked child cannot use the library, says so, and harms nobody. This file has one test, so
//! that no other thread of the process holds a lock when it forks.

mod common;

use std::time::Duration;

use common::{FAR, Log, pipe};
use libloop::{Code, Error, Interest, Loop, Mode};

/// What the child finds; every call must say Fork at once.
fn child(lp: &Loop, timer: libloop::Timer, hold: libloop::HoldGuard) -> bool {
    let (reader, _writer) = pipe();
    let remote = lp.remote();
    let calls: [Result<(), Error>; 28] = [
        Loop::new().map(drop),
        lp.run().map(drop),
        lp.run_once().map(drop),
        lp.run_for(Duration::ZERO).map(drop),
        lp.set_timeout(FAR, |_| {}).map(drop),
        lp.set_interval(FAR, |_, _| {}).map(drop),
        lp.set_immediate(|_| {}).map(drop),
        lp.next_tick(|_| {}),
        lp.queue_microtask(|_| {}),
        lp.start_idle(|_| {}).map(drop),
        lp.poll_fd(&reader, Interest::READABLE, Mode::Level, |_, _| {}).map(drop),
        lp.work("job", || Ok::<_, Error>(()), |_, _| {}).map(drop),
        lp.http_get("http://localhost/", |_, _| {}).map(drop),
        lp.clear(timer),
        lp.cancel(timer),
        lp.unreference(timer),
        lp.refresh(timer).map(drop),
        lp.due_in(timer).map(drop),
        lp.alive().map(drop),
        lp.now().map(drop),
        lp.stats().map(drop),
        lp.reset_stats(),
        lp.close(),
        lp.hold().map(drop),
        lp.trace(|_| {}),
        remote.post(|_| {}),
        remote.wake(),
        remote.stop(),
    ];
    drop(hold);
    calls.iter().all(|call| call.as_ref().is_err_and(|error| error.code() == Code::Fork))
        && Code::Fork.name() == "LOOP_EFORK"
}

#[test]
fn a_forked_child_gets_fork_errors_and_the_parent_goes_on() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    lp.work("job", || Ok::<_, Error>(()), |_lp, result| result.unwrap()).unwrap();
    lp.run().unwrap();
    let timer = lp.set_timeout(Duration::ZERO, log.say("timer")).unwrap();
    let hold = lp.hold().unwrap();
    // SAFETY: the child calls nothing but this library and _exit; what it allocates is safe with
    // glibc, whose allocator is usable in a forked child.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let fine = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let fine = child(&lp, timer, hold);
            drop(lp); // frees what is the child's own, and returns at once
            fine
        }));
        // SAFETY: ends the child without running the harness' handlers.
        unsafe { libc::_exit(if fine.is_ok_and(|fine| fine) { 0 } else { 1 }) };
    }
    assert!(pid > 0);
    let mut status = 0;
    // SAFETY: waits for our own child.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    assert_eq!(status, 0, "the child failed");
    drop(hold);
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["timer"]);
}
