// SPDX-License-Identifier: MIT

//! Descriptors.

mod common;

use std::cell::Cell;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;

use common::{Log, ms, pipe};
use libloop::{Code, Interest, Loop, Mode, Op, Poll};

/// A callback that writes down what it is told, and then does more.
fn tell(
    log: &Log,
    name: &'static str,
    mut then: impl FnMut(&Loop) + 'static,
) -> impl FnMut(&Loop, Result<libloop::Readiness, libloop::Error>) + 'static {
    let log = log.clone();
    move |lp, ready| {
        match ready {
            Ok(ready) => log.add(format!("{name} {ready:?}")),
            Err(error) => log.add(format!("{name} {:?}", error.code())),
        }
        then(lp);
    }
}

#[test]
fn level_reports_in_every_pass_while_ready() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (mut reader, mut writer) = pipe();
    writer.write_all(b"abc").unwrap();
    let own = Rc::new(Cell::new(None::<Poll>));
    let me = Rc::clone(&own);
    let fd = reader.try_clone().unwrap();
    let mut left = 3;
    own.set(Some(
        lp.poll_fd(
            &fd,
            Interest::READABLE,
            Mode::Level,
            tell(&log, "pipe", move |lp| {
                reader.read_exact(&mut [0]).unwrap();
                left -= 1;
                if left == 0 {
                    lp.clear(me.get().unwrap()).unwrap();
                }
            }),
        )
        .unwrap(),
    ));
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["pipe READABLE"; 3]);
}

#[test]
fn oneshot_ends_with_its_event() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (reader, mut writer) = pipe();
    writer.write_all(b"abc").unwrap();
    let poll =
        lp.poll_fd(&reader, Interest::READABLE, Mode::Oneshot, tell(&log, "pipe", |_| {})).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["pipe READABLE"]);
    assert_eq!(lp.clear(poll).unwrap_err().code(), Code::BadId);
    assert_eq!(lp.modify(poll, Interest::READABLE).unwrap_err().code(), Code::BadId);
    // The descriptor is free again.
    lp.poll_fd(&reader, Interest::READABLE, Mode::Oneshot, tell(&log, "again", |_| {})).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["again READABLE"]);
}

#[test]
fn edge_reports_what_is_new() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (reader, mut writer) = pipe();
    writer.write_all(b"a").unwrap();
    let poll =
        lp.poll_fd(&reader, Interest::READABLE, Mode::Edge, tell(&log, "pipe", |_| {})).unwrap();
    if lp.backend_name() == "poll" {
        assert_eq!(lp.run().unwrap(), 0);
        log.expect(&["pipe NotSupported"]);
        return;
    }
    for _ in 0..3 {
        lp.run_nowait().unwrap();
    }
    log.expect(&["pipe READABLE"]); // nothing was read, and still only one
    writer.write_all(b"b").unwrap();
    lp.run_nowait().unwrap();
    log.expect(&["pipe READABLE"]);
    lp.clear(poll).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn modify_changes_the_interest() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (here, mut there) = UnixStream::pair().unwrap();
    there.write_all(b"a").unwrap();
    let poll =
        lp.poll_fd(&here, Interest::WRITABLE, Mode::Level, tell(&log, "socket", |_| {})).unwrap();
    lp.run_nowait().unwrap();
    log.expect(&["socket WRITABLE"]);
    lp.modify(poll, Interest::READABLE).unwrap();
    lp.run_nowait().unwrap();
    log.expect(&["socket READABLE"]);
    lp.modify(poll, Interest::READABLE | Interest::WRITABLE).unwrap();
    lp.run_nowait().unwrap();
    log.expect(&["socket READABLE | WRITABLE"]);
}

#[test]
fn a_hangup_is_reported() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (reader, writer) = pipe();
    lp.poll_fd(&reader, Interest::READABLE, Mode::Oneshot, move |_lp, ready| {
        let ready = ready.unwrap();
        assert!(ready.hangup() && !ready.writable() && !ready.error(), "{ready:?}");
        log.add("hangup");
        log.expect(&["hangup"]);
    })
    .unwrap();
    drop(writer);
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn what_the_system_says_comes_to_the_callback() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let file = File::open("/proc/self/exe").unwrap();
    lp.poll_fd(&file, Interest::READABLE, Mode::Level, tell(&log, "file", |_| {})).unwrap();
    // SAFETY: nothing is done with this number but to ask the system about it.
    let closed = unsafe { BorrowedFd::borrow_raw(1_000_000) };
    lp.poll_fd(&closed, Interest::READABLE, Mode::Level, tell(&log, "closed", |_| {})).unwrap();
    let (reader, _writer) = pipe();
    let first =
        lp.poll_fd(&reader, Interest::READABLE, Mode::Level, tell(&log, "first", |_| {})).unwrap();
    lp.poll_fd(&reader, Interest::READABLE, Mode::Level, tell(&log, "second", |_| {})).unwrap();
    lp.unreference(first).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["file NotPermitted", "closed BadDescriptor", "second Exists"]);
}

#[test]
fn cancel_and_deadline_come_to_the_callback() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (reader, _writer) = pipe();
    let poll = lp
        .poll_fd(&reader, Interest::READABLE, Mode::Level, tell(&log, "cancelled", |_| {}))
        .unwrap();
    lp.cancel(poll).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    lp.with(Op::new().deadline(ms(1)))
        .poll_fd(&reader, Interest::READABLE, Mode::Level, tell(&log, "late", |_| {}))
        .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["cancelled Canceled", "late TimedOut"]);
}

#[test]
fn a_poll_cleared_in_the_batch_is_not_called() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let pipes = [pipe(), pipe()];
    let polls = Rc::new(Cell::new([None::<Poll>; 2]));
    let mut started = [None; 2];
    for (number, (reader, writer)) in pipes.iter().enumerate() {
        writer.try_clone().unwrap().write_all(b"a").unwrap();
        let polls = Rc::clone(&polls);
        // Whichever comes first clears both.
        let clear = move |lp: &Loop| {
            polls.get().into_iter().flatten().for_each(|poll| lp.clear(poll).unwrap());
        };
        let poll = lp.poll_fd(reader, Interest::READABLE, Mode::Level, tell(&log, "pipe", clear));
        started[number] = Some(poll.unwrap());
    }
    polls.set(started);
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["pipe READABLE"]);
}

#[test]
fn a_descriptor_may_be_polled_again_after_it_was_closed() {
    let lp = Loop::new().unwrap();
    for _ in 0..20 {
        let (reader, mut writer) = pipe();
        writer.write_all(b"a").unwrap();
        let seen = Rc::new(Cell::new(false));
        let see = Rc::clone(&seen);
        let poll = lp
            .poll_fd(&reader, Interest::READABLE, Mode::Level, move |lp, ready| {
                see.set(ready.is_ok());
                lp.stop().unwrap();
            })
            .unwrap();
        lp.run().unwrap();
        assert!(seen.get());
        lp.clear(poll).unwrap();
        lp.run_for(Duration::ZERO).unwrap();
    }
}
