// SPDX-License-Identifier: MIT

//! Panics in callbacks leave `run` and harm nothing.

mod common;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use common::{Drops, FAR, Log, WATCHERS, ms};
use libloop::{Code, Error, Loop, Op, Time};

/// Runs the loop and gives the text of the panic that left it.
fn panic_of(lp: &Loop) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| lp.run())).expect_err("a panic leaves run");
    (*payload.downcast::<&str>().expect("its text")).to_string()
}

#[test]
fn a_panic_leaves_run_and_the_rest_of_the_batch_comes_first() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (now, inner) = (Time::now(), log.clone());
    lp.set_timer_at(now, move |lp| {
        lp.next_tick(inner.say("tick")).unwrap();
        panic!("timer 1");
    })
    .unwrap();
    lp.set_timer_at(now, log.say("timer 2")).unwrap();
    lp.set_immediate(log.say("immediate")).unwrap();
    assert_eq!(panic_of(&lp), "timer 1");
    assert_eq!(lp.alive().unwrap(), 3);
    log.expect(&[]);
    lp.set_timeout(Duration::ZERO, log.say("a new timer")).unwrap();
    lp.run().unwrap();
    log.expect(&["tick", "timer 2", "immediate", "a new timer"]);
}

#[test]
fn an_interval_goes_on_after_its_panic() {
    let lp = Loop::new().unwrap();
    let runs = Rc::new(Cell::new(0));
    let count = Rc::clone(&runs);
    lp.set_interval(ms(1), move |lp, _missed| {
        count.set(count.get() + 1);
        match count.get() {
            1 => panic!("first"),
            _ => lp.stop().unwrap(),
        }
    })
    .unwrap();
    assert_eq!(panic_of(&lp), "first");
    assert_eq!(lp.run().unwrap(), 1);
    assert_eq!(runs.get(), 2);
}

#[test]
fn panics_in_every_kind_of_callback_leave_run() {
    let lp = Loop::new().unwrap();
    lp.next_tick(|_| panic!("tick")).unwrap();
    assert_eq!(panic_of(&lp), "tick");
    lp.queue_microtask(|_| panic!("microtask")).unwrap();
    assert_eq!(panic_of(&lp), "microtask");
    lp.set_immediate(|_| panic!("immediate")).unwrap();
    assert_eq!(panic_of(&lp), "immediate");
    lp.remote().post(|_| panic!("post")).unwrap();
    assert_eq!(panic_of(&lp), "post");
    lp.work("job", || Ok::<_, Error>(()), |_, _| panic!("done")).unwrap();
    assert_eq!(panic_of(&lp), "done");
    for start in WATCHERS {
        let watcher = start(&lp, Box::new(|_| panic!("watcher")));
        assert_eq!(panic_of(&lp), "watcher");
        lp.clear(watcher).unwrap();
    }
    let op = Op::new().on_error(|_, _| panic!("on_error")).on_final(|_, _| panic!("on_final"));
    lp.cancel(lp.with(op).set_timeout(FAR, |_| {}).unwrap()).unwrap();
    // Of two panics of one event the first one leaves.
    assert_eq!(panic_of(&lp), "on_error");
    let op = Op::new().on_final(|_, _| panic!("on_final"));
    lp.with(op).set_timeout(Duration::ZERO, |_| {}).unwrap();
    assert_eq!(panic_of(&lp), "on_final");
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn what_a_panic_left_in_each_queue_still_runs() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    lp.next_tick(|_| panic!("tick")).unwrap();
    lp.next_tick(log.say("next tick")).unwrap();
    lp.remote().post(|_| panic!("post")).unwrap();
    let later = std::sync::Arc::clone(&lines);
    lp.remote().post(move |_| later.lock().unwrap().push("next post")).unwrap();
    lp.set_immediate(|_| panic!("immediate")).unwrap();
    lp.set_immediate(log.say("next immediate")).unwrap();
    assert_eq!(panic_of(&lp), "tick");
    assert_eq!(panic_of(&lp), "post");
    log.expect(&["next tick"]);
    assert_eq!(lp.alive().unwrap(), 3);
    assert_eq!(panic_of(&lp), "immediate");
    assert_eq!(*lines.lock().unwrap(), ["next post"]);
    assert_eq!(lp.alive().unwrap(), 1);
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["next immediate"]);
}

#[test]
fn a_destructor_that_panics_leaves_run() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("destructor");
        }
    }
    let lp = Loop::new().unwrap();
    let bomb = Bomb;
    let op = Op::new().on_error(|_, error| assert_eq!(error.code(), Code::Canceled));
    let timer = lp.with(op).set_interval(FAR, move |_, _| {
        let _ = &bomb;
    });
    lp.cancel(timer.unwrap()).unwrap();
    assert_eq!(panic_of(&lp), "destructor");
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn a_loop_dropped_by_a_panic_drops_its_closures() {
    let drops = Drops::default();
    let (a, b) = (drops.token(), drops.token());
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let lp = Loop::new().unwrap();
        lp.set_timeout(FAR, move |_lp| a.touch()).unwrap();
        lp.set_immediate(move |_lp| {
            b.touch();
            panic!("out");
        })
        .unwrap();
        lp.run()
    }));
    assert!(caught.is_err());
    assert_eq!(drops.count(), 2);
}

#[test]
fn a_destructor_that_panics_while_the_loop_is_dropped_leaves_nothing_in_use() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("destructor");
        }
    }
    let (lp, drops) = (Loop::new().unwrap(), Drops::default());
    let (bomb, other, token) = (Bomb, Bomb, drops.token());
    let (started, is_started) = std::sync::mpsc::channel();
    let (gate, opened) = std::sync::mpsc::channel::<()>();
    lp.set_immediate(move |_lp| drop(bomb)).unwrap();
    lp.set_timeout(FAR, move |_lp| drop(other)).unwrap();
    lp.set_timeout(FAR, move |_lp| drop(gate)).unwrap();
    let job = move || {
        started.send(()).unwrap();
        opened.recv().unwrap_err();
        token.touch();
        Ok::<_, Error>(())
    };
    lp.work("gate", job, |_lp, _result| unreachable!()).unwrap();
    lp.with(Op::new().unreferenced()).start_idle(|_lp| {}).unwrap();
    let caught = {
        // One pass starts the job; its immediate is a bomb of its own.
        let caught = catch_unwind(AssertUnwindSafe(|| lp.run_nowait()));
        assert!(caught.is_err());
        is_started.recv().unwrap();
        catch_unwind(AssertUnwindSafe(|| drop(lp)))
    };
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "destructor");
    assert_eq!(drops.count(), 1, "the job had what it uses to its end");
}

#[test]
fn a_panic_in_a_callback_of_free_leaves_it() {
    let drops = Drops::default();
    let (lp, token) = (Loop::new().unwrap(), drops.token());
    let op = Op::new().on_error(|_, _| panic!("on_error"));
    lp.with(op).set_timeout(FAR, |_| {}).unwrap();
    lp.set_timeout(FAR, move |_| token.touch()).unwrap();
    let caught = catch_unwind(AssertUnwindSafe(|| lp.free()));
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "on_error");
    assert_eq!(drops.count(), 1);
}
