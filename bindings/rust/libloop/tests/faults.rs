// SPDX-License-Identifier: MIT

//! A bug inside the library ends the loop in order. The bugs are those of the build in
//! build/faults (`make faults`): each test here runs itself again in a process with that library.

mod common;

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use common::{Drops, FAR, Log, serve_stall};
use libloop::{Code, Error, Interest, Loop, Mode, Op};
use libloop_sys as sys;

/// Set in the process that has the library with faults.
const INSIDE: &str = "LIBLOOP_TEST_FAULTS";
/// Op codes that panic in the step, in a goroutine, in a worker of the engine.
const FAULTS: [u16; 3] = [0xF001, 0xF002, 0xF003];

/// Runs a test in a process with the library that has faults; true in that process.
fn inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../build/faults");
    if !dir.join("libloop.so").exists() {
        assert!(std::env::var_os("CI").is_none(), "no library with faults; run make faults");
        eprintln!("skipped: no library with faults; run make faults");
        return false;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("LD_LIBRARY_PATH", dir)
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    false
}

/// Submits an op that panics.
fn inject(lp: &Loop, code: u16) {
    let op = sys::loop_op_t { code, ..Default::default() };
    let mut turn = sys::loop_turn_t {
        size: size_of::<sys::loop_turn_t>() as u32,
        flags: sys::LOOP_TURN_SUBMIT,
        loop_: lp.as_raw(),
        ops: &raw const op,
        op_count: 1,
        op_stride: size_of::<sys::loop_op_t>() as u32,
        ..Default::default()
    };
    // SAFETY: on the loop's thread, with one op that the library reads during the call.
    let rc = unsafe { sys::loop_turn(&raw mut turn) };
    assert!(rc == 0 || rc == i64::from(sys::LOOP_EPANIC), "the library has faults: {rc}");
}

#[test]
fn a_panic_in_the_library_ends_everything_once() {
    if !inside("a_panic_in_the_library_ends_everything_once") {
        return;
    }
    for fault in FAULTS {
        let (lp, log) = (Loop::new().unwrap(), Log::default());
        let (fd, _other) = UnixStream::pair().unwrap();
        let end = |name: &'static str| {
            let log = log.clone();
            move |error: Error| log.add(format!("{name} {:?}", error.code()))
        };
        let (timer, poll, http) = (end("timer"), end("poll"), end("http"));
        lp.with(Op::new().on_error(move |_lp, error| timer(error)))
            .set_timeout(FAR, |_lp| unreachable!())
            .unwrap();
        lp.poll_fd(&fd, Interest::READABLE, Mode::Level, move |_lp, ready| {
            poll(ready.unwrap_err());
        })
        .unwrap();
        lp.http_get(&serve_stall(), move |_lp, response| http(response.unwrap_err())).unwrap();
        lp.run_nowait().unwrap();
        inject(&lp, fault);
        let error = lp.run().unwrap_err();
        assert_eq!(error.code(), Code::Panic);
        assert!(error.text().contains("fault: a panic in"), "{error}");
        let mut lines = log.take();
        lines.sort();
        assert_eq!(lines, ["http Panic", "poll Panic", "timer Panic"]);
        for call in [
            lp.run().map(drop),
            lp.alive().map(drop),
            lp.set_timeout(FAR, |_lp| {}).map(drop),
            lp.set_immediate(|_lp| {}).map(drop),
            lp.work("job", || Ok::<_, Error>(()), |_lp, _result| {}).map(drop),
        ] {
            assert_eq!(call.unwrap_err().code(), Code::Panic);
        }
        drop(lp);
        assert_eq!(log.take(), [""; 0]);
    }
    // Other loops of the process are unharmed.
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    lp.set_timeout(Duration::ZERO, log.say("timer")).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["timer"]);
}

#[test]
fn a_loop_dropped_after_a_panic_in_the_library_drops_its_closures() {
    if !inside("a_loop_dropped_after_a_panic_in_the_library_drops_its_closures") {
        return;
    }
    for fault in FAULTS {
        let drops = Drops::default();
        let (a, b, c, d) = (drops.token(), drops.token(), drops.token(), drops.token());
        let lp = Loop::new().unwrap();
        lp.set_timeout(FAR, move |_lp| a.touch()).unwrap();
        lp.set_immediate(move |_lp| b.touch()).unwrap();
        // A job that runs when it happens has all it uses until it returns.
        let (started, is_started) = mpsc::channel();
        let (gate, opened) = mpsc::channel::<()>();
        let job = move || {
            started.send(()).unwrap();
            opened.recv().unwrap_err();
            c.touch();
            Ok::<_, Error>(())
        };
        lp.work("gate", job, move |_lp, _result| d.touch()).unwrap();
        lp.run_nowait().unwrap();
        is_started.recv().unwrap();
        inject(&lp, fault);
        drop(gate);
        drop(lp);
        assert_eq!(drops.count(), 4);
    }
}

#[test]
fn jobs_intervals_and_watchers_end_once_after_a_panic_in_the_library() {
    if !inside("jobs_intervals_and_watchers_end_once_after_a_panic_in_the_library") {
        return;
    }
    for fault in FAULTS {
        let log = Log::default();
        let lp = Loop::builder().workers(1).build().unwrap();
        let end = |name: &'static str| {
            let log = log.clone();
            Op::new()
                .on_error(move |_lp, error: Error| log.add(format!("{name} {:?}", error.code())))
        };
        let result = |name: &'static str| {
            let log = log.clone();
            move |_lp: &Loop, result: Result<(), Error>| {
                log.add(format!("{name} {:?}", result.map_err(|error| error.code())));
            }
        };
        lp.with(end("interval")).set_interval(FAR, |_lp, _missed| unreachable!()).unwrap();
        let (started, is_started) = mpsc::channel();
        let (gate, opened) = mpsc::channel::<()>();
        let running = move || {
            started.send(()).unwrap();
            opened.recv().unwrap_err();
            Ok::<_, Error>(())
        };
        lp.work("running", running, result("running")).unwrap();
        lp.run_nowait().unwrap();
        is_started.recv().unwrap();
        lp.work("queued", || -> Result<(), Error> { unreachable!() }, result("queued")).unwrap();
        lp.with(end("prepare")).start_prepare(|_lp| {}).unwrap();
        lp.with(end("idle")).start_idle(|_lp| {}).unwrap();
        inject(&lp, fault);
        // While the function runs what it uses is in use: a run that may not wait ends nothing.
        while lp.run_nowait().is_ok() {}
        assert_eq!(log.take(), [""; 0]);
        drop(gate);
        assert_eq!(lp.run().unwrap_err().code(), Code::Panic);
        let mut lines = log.take();
        lines.sort();
        assert_eq!(
            lines,
            [
                "idle Panic",
                "interval Panic",
                "prepare Panic",
                "queued Err(Panic)",
                "running Ok(())" // a result that exists is delivered
            ]
        );
        drop(lp);
        assert_eq!(log.take(), [""; 0]);
    }
}

#[test]
fn an_immediate_ends_once_after_a_panic_in_the_library() {
    if !inside("an_immediate_ends_once_after_a_panic_in_the_library") {
        return;
    }
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (told, tokens) = (log.clone(), Drops::default());
    let token = tokens.token();
    let op = Op::new().on_error(move |_lp, error| told.add(format!("{:?}", error.code())));
    lp.with(op).set_immediate(move |_lp| token.touch()).unwrap();
    inject(&lp, FAULTS[0]);
    assert_eq!(lp.run().unwrap_err().code(), Code::Panic);
    log.expect(&["Panic"]);
    assert_eq!(tokens.count(), 1);
    assert_eq!(lp.run().unwrap_err().code(), Code::Panic);
    drop(lp);
    log.expect(&[]);
}
