// SPDX-License-Identifier: MIT

//! Loops that are made, used and dropped leave nothing. This file has one test, so that nothing else
//! in the process opens, starts or allocates.

mod common;

use std::fs;
use std::time::{Duration, Instant};

use common::{FAR, pipe};
use libloop::{Error, Interest, Loop, Mode};

/// Go's heap goes up and down by some MiB, and Go makes threads when it thinks it needs them: a leak
/// shows by its size.
const SLACK_KIB: usize = 8 * 1024;
const SLACK_THREADS: usize = 16;

fn count(what: &str) -> usize {
    fs::read_dir(format!("/proc/self/{what}")).unwrap().count()
}

/// Resident memory.
fn kib() -> usize {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

/// Makes a loop, uses it, and drops it with everything alive or ended.
fn use_one(alive: bool) {
    let lp = Loop::new().unwrap();
    let (reader, _writer) = pipe();
    lp.work("job", || Ok::<_, Error>(vec![0_u8; 1000]), |_, result| drop(result.unwrap())).unwrap();
    lp.set_timeout(Duration::ZERO, |_| {}).unwrap();
    lp.remote().post(|_| {}).unwrap();
    lp.set_immediate(|_| {}).unwrap();
    if alive {
        lp.set_timeout(FAR, |_| {}).unwrap();
        lp.start_prepare(|_| {}).unwrap();
        lp.poll_fd(&reader, Interest::READABLE, Mode::Level, |_, _| {}).unwrap();
        lp.run_nowait().unwrap();
    } else {
        assert_eq!(lp.run().unwrap(), 0);
    }
}

#[test]
fn a_thousand_loops_leave_descriptors_threads_and_memory_level() {
    for alive in [false, true] {
        (0..300).for_each(|_| use_one(alive));
        let (fds, threads, before) = (count("fd"), count("task"), kib());
        (0..1_000).for_each(|_| use_one(alive));
        assert_eq!(count("fd"), fds);
        // A thread that was joined stays listed for a moment.
        let until = Instant::now() + Duration::from_secs(5);
        while count("task") > threads + SLACK_THREADS && Instant::now() < until {
            std::thread::yield_now();
        }
        let now = count("task");
        assert!(now <= threads + SLACK_THREADS, "{threads} threads, then {now}");
        let after = kib();
        assert!(after <= before + SLACK_KIB, "{before} KiB, then {after} KiB");
    }
}
