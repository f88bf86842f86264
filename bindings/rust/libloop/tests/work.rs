// SPDX-License-Identifier: MIT

//! Jobs.

mod common;

use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_char, c_void};
use std::io;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use common::{Drops, FAR, Log, ms};
use libloop::{Bytes, Code, Error, Lane, Loop, Op, Value};
use libloop_sys as sys;

#[test]
fn a_thousand_jobs_run_on_at_most_four_workers() {
    let lp = Loop::new().unwrap();
    let (now, most, done) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Rc::new(Cell::new(0)));
    for number in 0..1_000 {
        let (now, most, done) = (Arc::clone(&now), Arc::clone(&most), Rc::clone(&done));
        let job = move || {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            now.fetch_sub(1, Ordering::SeqCst);
            Ok::<usize, Error>(number * 2)
        };
        lp.work("double", job, move |_lp, result| {
            assert_eq!(result.unwrap(), number * 2);
            done.set(done.get() + 1);
        })
        .unwrap();
    }
    assert_eq!(lp.alive().unwrap(), 1_000);
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(done.get(), 1_000);
    let most = most.load(Ordering::SeqCst);
    assert!((1..=4).contains(&most), "{most} at once");
}

#[test]
fn jobs_run_on_named_threads_of_their_lane() {
    let lp = Loop::builder().workers(1).build().unwrap();
    let name = || Ok::<_, Error>(std::fs::read_to_string("/proc/thread-self/comm").unwrap());
    for (lane, want) in [(Lane::Host, "pool0\n"), (Lane::File, "file0\n"), (Lane::Cpu, "cpu0\n")] {
        lp.work_on(lane, "name", name, move |_lp, got| assert_eq!(got.unwrap(), want)).unwrap();
    }
    lp.run().unwrap();
}

#[test]
fn a_job_that_fails_gives_its_error() {
    let lp = Loop::new().unwrap();
    lp.work(
        "io",
        || std::fs::read("/nowhere/at all"),
        |_lp, bytes| {
            let error = bytes.unwrap_err();
            assert_eq!(error.code(), Code::NotFound);
            assert_eq!(error.os_errno(), Some(libc::ENOENT));
            assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotFound);
        },
    )
    .unwrap();
    lp.work(
        "text",
        || Err::<(), _>("a plain text"),
        |_lp, result| {
            assert_eq!(result.unwrap_err(), Error::new(Code::Job, "a plain text"));
        },
    )
    .unwrap();
    let coded = || Err::<(), _>(Error::new(Code::TooBig, "subject"));
    lp.work("code", coded, |_lp, result| {
        assert_eq!(result.unwrap_err(), Error::new(Code::TooBig, "subject"));
    })
    .unwrap();
    // Its own error, though it has the code of a cancelled job.
    let canceled = || Err::<(), _>(Error::new(Code::Canceled, "by itself"));
    lp.work("canceled", canceled, |_lp, result| {
        assert_eq!(result.unwrap_err().text(), "by itself");
    })
    .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn a_job_that_panics_gives_an_error_with_its_text() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a payload that panics when it is dropped");
        }
    }
    fn fail(how: u32) -> Result<(), Error> {
        match how {
            0 => panic!("plain"),
            1 => panic!("formatted {how}"),
            2 => std::panic::panic_any(7),
            _ => std::panic::panic_any(Bomb),
        }
    }
    let lp = Loop::new().unwrap();
    let texts = Rc::new(RefCell::new(Vec::new()));
    for how in 0..4 {
        let texts = Rc::clone(&texts);
        lp.work(
            "panic",
            move || fail(how),
            move |_lp, result| {
                let error = result.unwrap_err();
                assert_eq!(error.code(), Code::Job);
                texts.borrow_mut().push(error.text().to_string());
            },
        )
        .unwrap();
    }
    lp.work("after", || Ok::<_, Error>(5), |_lp, five| assert_eq!(five.unwrap(), 5)).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    let mut texts = texts.take();
    texts.sort();
    let other = "job panicked: a value that is not text";
    assert_eq!(texts, [other, other, "job panicked: formatted 1", "job panicked: plain"]);
}

/// A job that waits until it may go, and how to let it go. Tells when it has started.
fn gated(
    result: u32,
) -> (impl FnOnce() -> Result<u32, Error> + Send, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (started, is_started) = mpsc::channel();
    let (gate, opened) = mpsc::channel();
    let job = move || {
        started.send(()).unwrap();
        opened.recv().map_err(|_| Error::from("the gate is gone"))?;
        Ok(result)
    };
    (job, is_started, gate)
}

#[test]
fn cancelling_a_queued_job_means_that_it_never_runs() {
    let (lp, log) = (Loop::builder().workers(1).build().unwrap(), Log::default());
    let (job, _started, gate) = gated(1);
    let first = log.clone();
    lp.work("first", job, move |_lp, result| first.add(format!("first {result:?}"))).unwrap();
    let drops = Drops::default();
    let (token, second) = (drops.token(), log.clone());
    let never = move || {
        token.touch();
        unreachable!();
        #[allow(unreachable_code)]
        Ok::<(), Error>(())
    };
    let queued = lp
        .with(
            Op::new().on_final(move |_lp, result| second.add(format!("final {}", result.is_err()))),
        )
        .work("second", never, {
            let log = log.clone();
            move |_lp, result| {
                log.add(format!("second {:?}", result.unwrap_err().code()));
                gate.send(()).unwrap();
            }
        })
        .unwrap();
    lp.cancel(queued).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["second Canceled", "final true", "first Ok(1)"]);
    assert_eq!(drops.count(), 1);
}

#[test]
fn cancelling_a_running_job_gives_its_outcome_at_once() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (job, started, gate) = gated(1);
    let (done, last) = (log.clone(), log.clone());
    // Between outcome and final event only this keeps the run going.
    let hold = Rc::new(RefCell::new(None));
    let (held, release) = (Rc::clone(&hold), hold);
    let on_final = move |_lp: &Loop, result: Result<(), Error>| {
        last.add(format!("final {:?}", result.unwrap_err().code()));
        release.take();
    };
    let id = lp
        .with(Op::new().on_final(on_final))
        .work("gate", job, move |lp, result| {
            done.add(format!("outcome {:?}", result.unwrap_err().code()));
            assert_eq!(lp.alive().unwrap(), 0, "it does not keep the loop");
            *held.borrow_mut() = Some(lp.hold().unwrap());
            gate.send(()).unwrap();
        })
        .unwrap();
    lp.set_immediate(move |lp| {
        started.recv().unwrap();
        lp.cancel(id).unwrap();
    })
    .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["outcome Canceled", "final Canceled"]);
    assert_eq!(lp.cancel(id).unwrap_err().code(), Code::BadId);
}

#[test]
fn deadlines_end_queued_and_running_jobs() {
    let (lp, log) = (Loop::builder().workers(1).build().unwrap(), Log::default());
    let (job, _started, gate) = gated(1);
    let (running, queued) = (log.clone(), log.clone());
    lp.with(Op::new().deadline(ms(50)))
        .work("running", job, move |_lp, result| {
            running.add(format!("running {:?}", result.unwrap_err().code()));
        })
        .unwrap();
    lp.with(Op::new().deadline(ms(1)))
        .work(
            "queued",
            || -> Result<(), Error> { unreachable!() },
            move |_lp, result| {
                queued.add(format!("queued {:?}", result.unwrap_err().code()));
            },
        )
        .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    let mut lines = log.take();
    lines.sort();
    assert_eq!(lines, ["queued TimedOut", "running TimedOut"]);
    // On a machine so busy that it never began, nobody waits.
    let _ = gate.send(());
}

#[test]
fn a_cleared_job_calls_nothing() {
    let lp = Loop::new().unwrap();
    let drops = Drops::default();
    let (job, started, gate) = gated(1);
    let token = drops.token();
    let id = lp
        .work("cleared", job, move |_lp, _result| {
            token.touch();
            unreachable!()
        })
        .unwrap();
    lp.set_immediate(move |lp| {
        started.recv().unwrap();
        lp.clear(id).unwrap();
        assert_eq!(drops.count(), 1, "its closure is dropped at once");
        gate.send(()).unwrap();
    })
    .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn a_full_queue_refuses_a_job() {
    let lp = Loop::builder().workers(1).queue_limit(1).build().unwrap();
    let (job, started, gate) = gated(1);
    let log = Log::default();
    let (first, inner) = (log.clone(), log.clone());
    lp.work("first", job, move |_lp, result| first.add(format!("first {result:?}"))).unwrap();
    lp.set_immediate(move |lp| {
        started.recv().unwrap();
        let second = inner.clone();
        lp.work(
            "second",
            || Ok::<_, Error>(2),
            move |_lp, result| {
                second.add(format!("second {result:?}"));
            },
        )
        .unwrap();
        let third = inner.clone();
        lp.work(
            "third",
            || -> Result<(), Error> { unreachable!() },
            move |_lp, result| {
                third.add(format!("third {:?}", result.unwrap_err().code()));
                gate.send(()).unwrap();
            },
        )
        .unwrap();
    })
    .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["third Full", "first Ok(1)", "second Ok(2)"]);
}

#[test]
fn workers_and_queue_limits_change_at_run_time() {
    let lp = Loop::builder().workers(1).build().unwrap();
    lp.set_workers(Lane::Host, 2).unwrap();
    assert_eq!(lp.set_workers(Lane::Host, 0).unwrap_err().code(), Code::Invalid);
    assert_eq!(lp.set_workers(Lane::Cpu, 1025).unwrap_err().code(), Code::Invalid);
    // Two jobs that wait for each other need two workers.
    let (a, b) = (mpsc::channel(), mpsc::channel());
    let (to_b, from_b) = (b.0, a.1);
    let (to_a, from_a) = (a.0, b.1);
    let one = move || {
        to_b.send(()).unwrap();
        from_b.recv().map_err(|_| Error::from("b is gone"))
    };
    let two = move || {
        to_a.send(()).unwrap();
        from_a.recv().map_err(|_| Error::from("a is gone"))
    };
    lp.work("one", one, |_lp, result| result.unwrap()).unwrap();
    lp.work("two", two, |_lp, result| result.unwrap()).unwrap();
    lp.run().unwrap();
    lp.set_queue_limit(Lane::Host, 1).unwrap();
}

#[test]
fn a_label_with_a_nul_is_refused() {
    let lp = Loop::new().unwrap();
    let error = lp.work("a\0b", || Ok::<_, Error>(()), |_, _| {}).unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
}

/// A C job function that makes a value of the kind its argument names.
unsafe extern "C" fn make(argument: *mut c_void, out: *mut sys::loop_value_t) -> i32 {
    // SAFETY: `out` is the value of this job; the texts are copied.
    unsafe {
        match argument as usize as u32 {
            sys::LOOP_KIND_NULL => (*out).kind = sys::LOOP_KIND_NULL,
            sys::LOOP_KIND_BOOL => drop(sys::loop_value_set_bool(out, 1)),
            sys::LOOP_KIND_INT => drop(sys::loop_value_set_int(out, i64::MIN)),
            sys::LOOP_KIND_DOUBLE => drop(sys::loop_value_set_double(out, 0.5)),
            sys::LOOP_KIND_BYTES => {
                sys::loop_value_set_bytes(out, [0u8, 255, 0].as_ptr().cast(), 3);
            }
            sys::LOOP_KIND_STRING => {
                let text = "grüß";
                sys::loop_value_set_string(out, text.as_ptr().cast(), text.len() as i64);
            }
            sys::LOOP_KIND_ERROR => {
                let text = CString::new("open /nowhere").unwrap();
                sys::loop_value_set_error(out, text.as_ptr(), -1, libc::ENOENT);
                return sys::LOOP_ENOENT;
            }
            _ => {}
        }
    }
    0
}

fn job_of(kind: u32) -> sys::WorkFn {
    // SAFETY: `make` keeps the rules of a job function for any number as its argument.
    unsafe { sys::WorkFn::new(make, kind as usize as *mut c_void) }
}

#[test]
fn c_jobs_give_every_kind_of_value() {
    let lp = Loop::builder().workers(1).build().unwrap();
    let values = Rc::new(RefCell::new(Vec::new()));
    for kind in sys::LOOP_KIND_UNDEFINED..=sys::LOOP_KIND_ERROR {
        let values = Rc::clone(&values);
        lp.work_fn(Lane::Host, "make", job_of(kind), move |_lp, value| {
            values.borrow_mut().push(value);
        })
        .unwrap();
    }
    lp.run().unwrap();
    let mut values = values.take();
    let error = values.pop().unwrap().unwrap_err();
    assert_eq!((error.code(), error.os_errno()), (Code::NotFound, Some(libc::ENOENT)));
    assert_eq!(error.text(), "open /nowhere");
    let values: Vec<Value> = values.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        values[..4],
        [Value::Undefined, Value::Null, Value::Bool(true), Value::Int(i64::MIN)]
    );
    assert_eq!(values[4], Value::Double(0.5));
    assert!(matches!(&values[5], Value::Bytes(bytes) if **bytes == [0, 255, 0]));
    assert_eq!(values[6], Value::String("grüß".into()));
}

#[test]
fn kept_bytes_outlive_the_loop_on_any_thread() {
    let lp = Loop::new().unwrap();
    let kept = Rc::new(RefCell::new(Bytes::default()));
    let keep = Rc::clone(&kept);
    lp.work_fn(Lane::Host, "make", job_of(sys::LOOP_KIND_BYTES), move |_lp, value| {
        if let Ok(Value::Bytes(bytes)) = value {
            *keep.borrow_mut() = bytes;
        }
    })
    .unwrap();
    lp.run().unwrap();
    drop(lp);
    let bytes = kept.take();
    let copy = bytes.clone();
    let thread = std::thread::spawn(move || assert_eq!(*bytes, [0, 255, 0]));
    thread.join().unwrap();
    assert_eq!(*copy, [0, 255, 0]);
}

#[test]
fn c_plug_ins_share_the_loop() {
    unsafe extern "C-unwind" fn count(
        lp: *mut sys::loop_t,
        _event: *const sys::loop_event_t,
        user: *mut c_void,
    ) {
        // SAFETY: `user` is the counter below, which outlives the loop; `lp` is the running loop.
        unsafe {
            *user.cast::<u32>() += 1;
            if *user.cast::<u32>() == 2 {
                sys::loop_stop(lp);
            }
        }
    }
    let mut counter = 0u32;
    let user = (&raw mut counter).cast::<c_void>();
    {
        let (lp, log) = (Loop::new().unwrap(), Log::default());
        // SAFETY: on the loop's thread, with a callback and its data that outlive the loop.
        unsafe {
            assert!(sys::loop_set_timeout(lp.as_raw(), 0, Some(count), user) > 0);
            let label: *const c_char = c"make".as_ptr();
            let work = sys::loop_work(
                lp.as_raw(),
                Some(make),
                std::ptr::null_mut(),
                label,
                Some(count),
                user,
            );
            assert!(work > 0);
        }
        lp.set_timeout(FAR, |_lp| {}).unwrap();
        lp.set_timeout(Duration::ZERO, log.say("Rust's own")).unwrap();
        // The plug-in's stop ends the run.
        assert_eq!(lp.run().unwrap(), 1);
        log.expect(&["Rust's own"]);
    }
    assert_eq!(counter, 2);
}
