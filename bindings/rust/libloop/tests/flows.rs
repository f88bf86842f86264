// SPDX-License-Identifier: MIT

//! Flows: input piece by piece. A file that is written as a stream stands for all of them.

mod common;

use std::cell::Cell;
use std::fs;
use std::rc::Rc;

use common::{Drops, FAR, Folder, Log, ms};
use libloop::fs::WriteOptions;
use libloop::{Code, Error, Flow, Loop, Op, Written};

/// A flow that writes a file and logs its end.
fn flow(lp: &Loop, folder: &Folder, log: &Log) -> Flow {
    let log = log.clone();
    let options = WriteOptions::new();
    lp.fs()
        .write_stream(folder.at("file"), &options, move |_lp, written| {
            log.add(format!("flow {}", text(written)));
        })
        .unwrap()
}

fn text<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.map_or_else(|error| format!("{:?}", error.code()), |value| format!("{value:?}"))
}

/// A callback that logs bytes used and bytes waiting.
fn say(log: &Log, name: &'static str) -> impl FnOnce(&Loop, Result<Written, Error>) + 'static {
    let log = log.clone();
    move |_lp, written| {
        let numbers = written.map(|written| (written.bytes(), written.waiting()));
        log.add(format!("{name} {}", text(numbers)));
    }
}

#[test]
fn a_flow_uses_its_writes_in_order_and_then_ends() {
    let (lp, folder, log) = (Loop::new().unwrap(), Folder::new(), Log::default());
    let id = flow(&lp, &folder, &log);
    lp.write(id, "one ", say(&log, "first")).unwrap();
    lp.write(id, Vec::new(), say(&log, "empty")).unwrap();
    lp.write(id, b"two", say(&log, "second")).unwrap();
    lp.end(id).unwrap();
    lp.end(id).unwrap();
    lp.write(id, "three", say(&log, "late")).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["late BrokenPipe", "first (4, 3)", "empty (0, 3)", "second (3, 0)", "flow 7"]);
    assert_eq!(fs::read_to_string(folder.at("file")).unwrap(), "one two");
    // Everything about it is over.
    let codes = [
        lp.write(id, "x", say(&log, "never")).unwrap_err(),
        lp.end(id).unwrap_err(),
        lp.pause(id).unwrap_err(),
        lp.resume(id).unwrap_err(),
    ];
    assert!(codes.iter().all(|error| error.code() == Code::BadId));
}

#[test]
fn a_flow_that_waits_for_input_keeps_no_loop_alive() {
    let (lp, folder, log) = (Loop::new().unwrap(), Folder::new(), Log::default());
    let id = flow(&lp, &folder, &log);
    assert_eq!(lp.run().unwrap(), 0);
    lp.write(id, "text", say(&log, "write")).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["write (4, 0)"]);
    lp.end(id).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["flow 4"]);
}

#[test]
fn a_callback_may_write_the_next_piece() {
    fn next(lp: &Loop, id: Flow, left: u32) {
        if left == 0 {
            return lp.end(id).unwrap();
        }
        lp.write(id, left.to_string(), move |lp, written| {
            assert_eq!(written.unwrap().waiting(), 0);
            next(lp, id, left - 1);
        })
        .unwrap();
    }
    let (lp, folder, log) = (Loop::new().unwrap(), Folder::new(), Log::default());
    let id = flow(&lp, &folder, &log);
    next(&lp, id, 5);
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["flow 5"]);
    assert_eq!(fs::read_to_string(folder.at("file")).unwrap(), "54321");
}

#[test]
fn a_flow_that_fails_ends_the_writes_that_wait() {
    let (lp, folder, log) = (Loop::new().unwrap(), Folder::new(), Log::default());
    fs::create_dir(folder.at("file")).unwrap();
    let id = flow(&lp, &folder, &log);
    for name in ["first", "second"] {
        lp.write(id, "text", say(&log, name)).unwrap();
    }
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["flow IsDirectory", "first Canceled", "second Canceled"]);
}

#[test]
fn a_write_that_is_cancelled_or_cleared_is_left_out() {
    let (lp, folder, log) = (Loop::new().unwrap(), Folder::new(), Log::default());
    let id = flow(&lp, &folder, &log);
    lp.write(id, "a", say(&log, "a")).unwrap();
    let b = lp.write(id, "b", say(&log, "b")).unwrap();
    let c = lp.write(id, "c", say(&log, "c")).unwrap();
    lp.write(id, "d", say(&log, "d")).unwrap();
    lp.cancel(b).unwrap();
    lp.clear(c).unwrap();
    lp.end(id).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["b Canceled", "a (1, 1)", "d (1, 0)", "flow 2"]);
    assert_eq!(fs::read_to_string(folder.at("file")).unwrap(), "ad");
}

#[test]
fn a_flow_that_is_cancelled_or_too_late_ends_its_writes() {
    let (lp, folder, log) = (Loop::new().unwrap(), Folder::new(), Log::default());
    let id = flow(&lp, &folder, &log);
    lp.write(id, "text", say(&log, "write")).unwrap();
    lp.cancel(id).unwrap();
    lp.set_timeout(ms(1), |_lp| {}).unwrap();
    while log.len() < 2 {
        lp.run_once().unwrap();
    }
    let mut lines = log.take();
    lines.sort();
    assert_eq!(lines, ["flow Canceled", "write Canceled"]);
    let late = log.clone();
    lp.with(Op::new().deadline(ms(1)))
        .fs()
        .write_stream(folder.at("other"), &WriteOptions::new(), move |_lp, written| {
            late.add(text(written));
        })
        .unwrap();
    let hold = lp.hold().unwrap();
    while log.len() < 1 {
        lp.run_once().unwrap();
    }
    drop(hold);
    log.expect(&["TimedOut"]);
}

#[test]
fn what_is_no_flow_takes_no_input_and_pausing_it_does_nothing() {
    let (lp, other, folder, log) =
        (Loop::new().unwrap(), Loop::new().unwrap(), Folder::new(), Log::default());
    let id = flow(&lp, &folder, &log);
    let foreign = other.write(id, "x", say(&log, "never")).unwrap_err();
    assert_eq!(foreign.code(), Code::BadId);
    let timer = lp.set_timeout(FAR, |_lp| unreachable!()).unwrap();
    lp.pause(timer).unwrap();
    lp.resume(timer).unwrap();
    assert_eq!(lp.pause(lp.set_immediate(|_lp| {}).unwrap()).unwrap_err().code(), Code::BadId);
    lp.clear(timer).unwrap();
    assert_eq!(lp.pause(timer).unwrap_err().code(), Code::BadId);
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn what_is_written_is_dropped_when_it_is_used_whatever_happens() {
    let (folder, log, drops) = (Folder::new(), Log::default(), Drops::default());
    let lp = Loop::new().unwrap();
    let id = flow(&lp, &folder, &log);
    let data = libloop::Bytes::from(vec![1; 1 << 20]);
    for _ in 0..5 {
        let token = drops.token();
        lp.write(id, data.clone(), move |_lp, _written| token.touch()).unwrap();
    }
    let ran = Rc::new(Cell::new(false));
    let flag = Rc::clone(&ran);
    lp.set_immediate(move |_lp| flag.set(true)).unwrap();
    lp.run_nowait().unwrap();
    assert!(ran.get());
    drop(lp);
    assert_eq!(drops.count(), 5);
    assert!(data.iter().all(|byte| *byte == 1));
}

#[test]
fn a_gigabyte_flows_through_with_little_in_flight() {
    const PIECE: usize = 1 << 20;
    const PIECES: u32 = 1024;
    fn pump(lp: &Loop, id: Flow, data: &libloop::Bytes, left: &Rc<Cell<u32>>) {
        if left.get() == 0 {
            return;
        }
        left.set(left.get() - 1);
        let (next, count) = (data.clone(), Rc::clone(left));
        lp.write(id, data.clone(), move |lp, written| {
            let written = written.unwrap();
            assert_eq!(written.bytes(), PIECE);
            assert!(written.waiting() <= 3 * PIECE as u64, "{written:?}");
            pump(lp, id, &next, &count);
            if count.get() == 0 && written.waiting() == 0 {
                lp.end(id).unwrap();
            }
        })
        .unwrap();
    }
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let last = log.clone();
    let id = lp
        .fs()
        .write_stream("/dev/null", &WriteOptions::new(), move |_lp, written| {
            last.add(text(written));
        })
        .unwrap();
    let (data, left) = (libloop::Bytes::from(vec![0; PIECE]), Rc::new(Cell::new(PIECES)));
    for _ in 0..4 {
        pump(&lp, id, &data, &left);
    }
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["1073741824"]);
}
