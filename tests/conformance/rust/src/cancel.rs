// SPDX-License-Identifier: MIT

//! Cancel and deadlines of every kind.

use crate::{FAR_AWAY, Outcome, Programs, ms, name, say, say_error, say_status};
use libloop::{Error, Immediate, Interest, Loop, Mode, Op, Time};
use std::cell::{Cell, RefCell};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

pub const PROGRAMS: Programs = &[
    ("cancel_ends_timers_and_watchers", cancel_ends_timers_and_watchers),
    ("cancel_a_queued_job", cancel_a_queued_job),
    ("cancel_a_running_job", cancel_a_running_job),
    ("deadline_ends_timer_and_descriptor", deadline_ends_timer_and_descriptor),
    ("deadline_ends_jobs", deadline_ends_jobs),
    ("free_ends_jobs_once", free_ends_jobs_once),
    ("deadline_ends_intervals_watchers_immediates", deadline_ends_intervals_watchers_immediates),
    ("cancel_of_an_immediate_comes_in_its_place", cancel_of_an_immediate_comes_in_its_place),
];

fn cancel_ends_timers_and_watchers() -> Outcome {
    let lp = Loop::new()?;
    let ends = |what| Op::new().on_error(say_error(what));
    lp.cancel(lp.with(ends("timeout")).set_timeout(FAR_AWAY, say("never"))?)?;
    lp.cancel(lp.with(ends("interval")).set_interval(FAR_AWAY, |_, _| println!("never"))?)?;
    lp.cancel(lp.with(ends("idle")).start_idle(say("never"))?)?;
    lp.cancel(lp.with(ends("prepare")).start_prepare(say("never"))?)?;
    lp.cancel(lp.with(ends("check")).start_check(say("never"))?)?;
    lp.run()?;
    lp.free()
}

fn cancel_a_queued_job() -> Outcome {
    let lp = Loop::builder().workers(1).build()?;
    let (open, gate) = mpsc::channel::<()>();
    let ran = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&ran);
    lp.work(
        "gate",
        move || -> Result<(), Error> {
            gate.recv().unwrap();
            Ok(())
        },
        say_status("first job"),
    )?;
    let job = lp.work(
        "count",
        move || -> Result<(), Error> {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(())
        },
        move |_, result| {
            println!("queued job: {}", name(&result));
            open.send(()).unwrap();
        },
    )?;
    lp.cancel(job)?;
    lp.run()?;
    lp.free()?;
    println!("ran {}", ran.load(Ordering::SeqCst));
    Ok(())
}

fn cancel_a_running_job() -> Outcome {
    let lp = Loop::new()?;
    let (started, has_started) = mpsc::channel::<()>();
    let (open, gate) = mpsc::channel::<()>();
    let hold = Rc::new(RefCell::new(None));
    let release = Rc::clone(&hold);
    let last = move |_: &Loop, result: Result<(), Error>| {
        println!("job: {}", name(&result));
        release.borrow_mut().take();
    };
    let job = lp.with(Op::new().on_final(last)).work(
        "gate",
        move || -> Result<u32, Error> {
            started.send(()).unwrap();
            gate.recv().unwrap();
            Ok(7)
        },
        move |lp, result| {
            println!("job: {}, more comes", name(&result));
            println!("alive {}", lp.alive().unwrap());
            *hold.borrow_mut() = Some(lp.hold().unwrap());
            open.send(()).unwrap();
        },
    )?;
    lp.set_immediate(move |lp| {
        has_started.recv().unwrap();
        lp.cancel(job).unwrap();
    })?;
    lp.run()?;
    lp.free()
}

fn deadline_ends_timer_and_descriptor() -> Outcome {
    let lp = Loop::new()?;
    let (ours, _theirs) = UnixStream::pair().unwrap();
    lp.with(Op::new().deadline(ms(5)).on_error(say_error("timer")))
        .set_timeout(FAR_AWAY, say("never"))?;
    lp.run()?;
    lp.with(Op::new().deadline(ms(5))).poll_fd(
        &ours,
        Interest::READABLE,
        Mode::Level,
        say_status("descriptor"),
    )?;
    lp.run()?;
    lp.free()
}

fn deadline_ends_jobs() -> Outcome {
    let lp = Loop::builder().workers(1).build()?;
    let (open, gate) = mpsc::channel::<()>();
    let hold = Cell::new(Some(lp.hold()?));
    let last = move |_: &Loop, result: Result<(), Error>| {
        println!("running job: {}", name(&result));
        drop(hold.take());
    };
    lp.with(Op::new().deadline(ms(100)).on_final(last)).work(
        "gate",
        move || -> Result<(), Error> {
            gate.recv().unwrap();
            Ok(())
        },
        |_, result| println!("running job: {}, more comes", name(&result)),
    )?;
    lp.with(Op::new().deadline(ms(120))).work(
        "gate",
        || -> Result<(), Error> { Ok(()) },
        move |_, result| {
            println!("waiting job: {}", name(&result));
            open.send(()).unwrap();
        },
    )?;
    lp.run()?;
    lp.free()
}

fn stall(_: &Loop) {
    let until = Time::now() + ms(10);
    while Time::now() < until {}
}

fn deadline_ends_intervals_watchers_immediates() -> Outcome {
    let lp = Loop::new()?;
    let ends = |what| Op::new().deadline(ms(5)).on_error(say_error(what));
    lp.with(ends("interval")).set_interval(FAR_AWAY, |_, _| {})?;
    lp.run()?;
    lp.with(ends("prepare")).start_prepare(|_| {})?;
    lp.run()?;
    lp.with(ends("check")).start_check(|_| {})?;
    lp.run()?;
    lp.with(ends("idle")).start_idle(stall)?;
    lp.run()?;
    lp.with(ends("immediate")).set_immediate(say("never"))?;
    lp.set_timeout(Duration::ZERO, stall)?;
    lp.run()?;
    lp.free()
}

fn cancel_of_an_immediate_comes_in_its_place() -> Outcome {
    let lp = Loop::new()?;
    let ids: Rc<RefCell<Vec<Immediate>>> = Rc::default();
    let all = Rc::clone(&ids);
    lp.set_immediate(move |lp| {
        println!("immediate 1: LOOP_OK");
        lp.cancel(all.borrow()[1]).unwrap();
    })?;
    for what in ["immediate 2", "immediate 3", "immediate 4"] {
        let op = Op::new().on_error(say_error(what));
        let id = lp.with(op).set_immediate(move |_| println!("{what}: LOOP_OK"))?;
        ids.borrow_mut().push(id);
    }
    lp.cancel(ids.borrow()[0])?;
    lp.run()?;
    println!("cancel of one that has run: {}", name(&lp.cancel(ids.borrow()[2])));
    lp.free()
}

fn free_ends_jobs_once() -> Outcome {
    let lp = Loop::builder().workers(1).build()?;
    let (started, has_started) = mpsc::channel::<()>();
    let (open, gate) = mpsc::channel::<()>();
    let last = |_: &Loop, result: Result<(), Error>| println!("running job: {}", name(&result));
    lp.with(Op::new().on_final(last)).work(
        "gate",
        move || -> Result<(), Error> {
            started.send(()).unwrap();
            gate.recv().unwrap();
            Ok(())
        },
        |_, result| println!("running job: {}, more comes", name(&result)),
    )?;
    lp.run_nowait()?;
    has_started.recv().unwrap();
    lp.work(
        "never",
        || -> Result<(), Error> {
            println!("never");
            Ok(())
        },
        move |_, result| {
            println!("waiting job: {}", name(&result));
            open.send(()).unwrap();
        },
    )?;
    lp.free()
}
