// SPDX-License-Identifier: MIT

//! No descriptor is left. In a process of its own, because the limit is the whole process's.

use libloop::{Interest, Loop, Mode};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Runs `f` while the process may open no further descriptor. The limit is the lowest free number and
/// not 0, because poll(2) refuses more records than the limit.
fn without_descriptors<T>(f: impl FnOnce() -> T) -> T {
    let next_free = File::open("/dev/null").unwrap().as_raw_fd();
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls only read or write the record, which outlives them.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        let none = libc::rlimit { rlim_cur: next_free as libc::rlim_t, ..limit };
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const none), 0);
    }
    let result = f();
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    result
}

#[test]
fn a_loop_without_a_descriptor_left_is_an_error_and_others_go_on() {
    let lp = Loop::new().unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let refused = without_descriptors(Loop::new);
    assert_eq!(refused.unwrap_err().code().name(), "LOOP_EMFILE");
    without_descriptors(|| {
        lp.poll_fd(&ours, Interest::WRITABLE, Mode::Oneshot, |_, ready| {
            assert!(ready.unwrap().writable());
        })
        .unwrap();
        lp.set_timeout(Duration::ZERO, |_| {}).unwrap();
        assert_eq!(lp.run().unwrap(), 0);
    });
    drop(theirs);
    Loop::new().unwrap().free().unwrap();
}
