// SPDX-License-Identifier: MIT

//! The program's signals stay the program's: masks, dispositions, SIGPIPE. This file has one test,
//! because all of this belongs to the whole process.

mod common;

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::time::Duration;

use common::{pipe, read_head, serve};
use libloop::{Error, Loop, TraceFormat};

const NUMBERS: std::ops::Range<i32> = 1..32;

/// What happens when a signal comes: its handler, or SIG_DFL, or SIG_IGN.
fn handler(number: i32) -> usize {
    // SAFETY: only asks, and all-zero is a valid sigaction.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        assert_eq!(libc::sigaction(number, std::ptr::null(), &raw mut action), 0);
        action.sa_sigaction
    }
}

fn handlers() -> Vec<usize> {
    NUMBERS.filter(|&n| n != libc::SIGKILL && n != libc::SIGSTOP).map(handler).collect()
}

/// A line of a status file in /proc: a set of signals.
fn signals(status: &str, name: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
    u64::from_str_radix(line.trim(), 16).unwrap()
}

fn own_mask() -> u64 {
    signals("/proc/thread-self/status", "SigBlk:")
}

/// Closes the connection by a reset.
fn reset(mut stream: TcpStream) {
    read_head(&mut stream);
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    // SAFETY: the option's value lives during the call and has this length.
    let rc = unsafe {
        libc::setsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const linger).cast(),
            size_of::<libc::linger>() as libc::socklen_t,
        )
    };
    assert_eq!(rc, 0);
}

fn use_a_loop() {
    let url = serve(reset);
    let lp = Loop::new().unwrap();
    let (reader, writer) = pipe();
    drop(reader);
    lp.trace_fd(&writer, TraceFormat::Json).unwrap(); // nobody reads it
    for _ in 0..20 {
        lp.http_get(&url, |_, response| assert!(response.is_err())).unwrap();
        lp.work(
            "job",
            || Ok::<_, Error>(()),
            |_, result| {
                assert_eq!(own_mask(), 0);
                result.unwrap();
            },
        )
        .unwrap();
    }
    lp.work(
        "mask",
        || Ok::<_, Error>(signals("/proc/thread-self/status", "SigBlk:")),
        |_, mask| {
            let mask = mask.unwrap();
            for number in [libc::SIGINT, libc::SIGTERM, libc::SIGUSR1, libc::SIGALRM] {
                assert!(mask & (1 << (number - 1)) != 0, "a worker takes signal {number}");
            }
        },
    )
    .unwrap();
    lp.set_timeout(Duration::ZERO, |_| {}).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    lp.free().unwrap();
}

#[test]
fn handlers_masks_and_sigpipe_are_the_programs_own() {
    let (mask, before) = (own_mask(), handlers());
    assert_eq!(handler(libc::SIGPIPE), libc::SIG_IGN, "as Rust's runtime sets it");
    use_a_loop();
    assert_eq!(handlers(), before);
    assert_eq!(own_mask(), mask);
    // The default action would end the process: the library's own writes never raise the signal.
    // SAFETY: sets a disposition that exists.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    use_a_loop();
    assert_eq!(handler(libc::SIGPIPE), libc::SIG_DFL);
    // SAFETY: as above.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    let (reader, mut writer) = pipe();
    drop(reader);
    assert_eq!(writer.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
}
