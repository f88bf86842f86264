// SPDX-License-Identifier: MIT

//! The order of callbacks.

mod common;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use common::{Log, ms};
use libloop::{Handle, Loop, Time};

#[test]
fn phases_run_in_order() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    lp.remote().post(|_lp| {}).unwrap();
    let say = |line: &'static str| {
        let log = log.clone();
        move |_lp: &Loop| log.add(line)
    };
    lp.start_check(say("check")).unwrap();
    lp.set_immediate(say("immediate")).unwrap();
    lp.work("job", || Ok::<_, libloop::Error>(()), |_, _| {}).unwrap();
    lp.start_prepare(say("prepare")).unwrap();
    lp.start_idle(say("idle")).unwrap();
    lp.set_timeout(Duration::ZERO, say("timer")).unwrap();
    lp.next_tick(say("tick")).unwrap();
    let remote = lp.remote();
    let posted = std::thread::spawn(move || remote.post(|_lp| {}));
    posted.join().unwrap().unwrap();
    lp.run_nowait().unwrap();
    log.expect(&["tick", "timer", "idle", "prepare", "immediate", "check"]);
}

#[test]
fn posts_come_between_prepare_and_immediates() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let push = |line: &'static str| {
        let lines = std::sync::Arc::clone(&lines);
        move |_lp: &Loop| lines.lock().unwrap().push(line)
    };
    lp.set_immediate(push("immediate")).unwrap();
    lp.start_prepare(push("prepare")).unwrap();
    lp.remote().post(push("post 1")).unwrap();
    lp.remote().post(push("post 2")).unwrap();
    lp.run_nowait().unwrap();
    assert_eq!(*lines.lock().unwrap(), ["prepare", "post 1", "post 2", "immediate"]);
    log.expect(&[]);
}

#[test]
fn ticks_then_microtasks_drain_after_each_callback() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    for name in ["a", "b"] {
        let log = log.clone();
        lp.set_timeout(Duration::ZERO, move |lp| {
            log.add(name);
            lp.queue_microtask(log.say(format!("{name} microtask"))).unwrap();
            lp.next_tick(log.say(format!("{name} tick"))).unwrap();
        })
        .unwrap();
    }
    lp.run().unwrap();
    log.expect(&["a", "a tick", "a microtask", "b", "b tick", "b microtask"]);
}

#[test]
fn a_tick_queued_by_a_microtask_waits_for_all_microtasks() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let inner = log.clone();
    lp.queue_microtask(move |lp| {
        inner.add("microtask 1");
        lp.next_tick(inner.say("tick")).unwrap();
        lp.queue_microtask(inner.say("microtask 3")).unwrap();
    })
    .unwrap();
    lp.queue_microtask(log.say("microtask 2")).unwrap();
    lp.run().unwrap();
    log.expect(&["microtask 1", "microtask 2", "microtask 3", "tick"]);
}

#[test]
fn a_tick_queued_by_a_tick_runs_before_microtasks() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let inner = log.clone();
    lp.queue_microtask(log.say("microtask")).unwrap();
    lp.next_tick(move |lp| {
        inner.add("tick 1");
        lp.next_tick(inner.say("tick 2")).unwrap();
    })
    .unwrap();
    lp.run().unwrap();
    log.expect(&["tick 1", "tick 2", "microtask"]);
}

#[test]
fn ticks_run_once_before_the_first_phase() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    lp.set_timeout(Duration::ZERO, log.say("timer")).unwrap();
    lp.queue_microtask(log.say("microtask")).unwrap();
    lp.next_tick(log.say("tick")).unwrap();
    lp.run().unwrap();
    log.expect(&["tick", "microtask", "timer"]);
}

#[test]
fn an_immediate_of_an_immediate_waits_for_the_next_pass() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let inner = log.clone();
    lp.set_immediate(move |lp| {
        inner.add("first");
        lp.set_immediate(inner.say("nested")).unwrap();
        lp.set_timeout(Duration::ZERO, inner.say("timer of the next pass")).unwrap();
    })
    .unwrap();
    lp.set_immediate(log.say("second")).unwrap();
    lp.run().unwrap();
    log.expect(&["first", "second", "timer of the next pass", "nested"]);
}

#[test]
fn a_zero_timer_of_a_timer_waits_for_the_next_pass() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let inner = log.clone();
    lp.set_timeout(Duration::ZERO, move |lp| {
        inner.add("timer");
        lp.set_timeout(Duration::ZERO, inner.say("nested timer")).unwrap();
        lp.set_immediate(inner.say("immediate")).unwrap();
    })
    .unwrap();
    lp.run().unwrap();
    log.expect(&["timer", "immediate", "nested timer"]);
}

#[test]
fn a_post_of_a_post_waits_for_the_next_pass() {
    let lp = Loop::new().unwrap();
    let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let (outer, remote) = (std::sync::Arc::clone(&lines), lp.remote());
    lp.remote()
        .post(move |lp| {
            outer.lock().unwrap().push("post");
            let (inner, late) = (std::sync::Arc::clone(&outer), std::sync::Arc::clone(&outer));
            remote.post(move |_| inner.lock().unwrap().push("nested post")).unwrap();
            lp.set_immediate(move |_| late.lock().unwrap().push("immediate")).unwrap();
        })
        .unwrap();
    lp.run().unwrap();
    assert_eq!(*lines.lock().unwrap(), ["post", "immediate", "nested post"]);
}

#[test]
fn ten_thousand_equal_deadlines_fire_fifo() {
    let lp = Loop::new().unwrap();
    let next = Rc::new(Cell::new(0));
    let deadline = Time::now() + ms(2);
    for number in 0..10_000 {
        let next = Rc::clone(&next);
        lp.set_timer_at(deadline, move |_lp| {
            assert_eq!(next.replace(number + 1), number);
            assert!(Time::now() >= deadline);
        })
        .unwrap();
    }
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(next.get(), 10_000);
}

#[test]
fn timers_fire_in_the_order_of_deadlines() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    for delay in [3, 1, 2] {
        lp.set_timeout(ms(delay), log.say(format!("{delay} ms"))).unwrap();
    }
    lp.run().unwrap();
    log.expect(&["1 ms", "2 ms", "3 ms"]);
}

#[test]
fn what_was_cleared_in_the_batch_does_not_run() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let now = Time::now();
    let victim = Rc::new(Cell::new(None));
    let (killer, inner) = (Rc::clone(&victim), log.clone());
    lp.set_timer_at(now, move |lp| {
        inner.add("a");
        lp.clear(killer.get().unwrap()).unwrap();
        assert!(lp.clear(killer.get().unwrap()).is_err());
    })
    .unwrap();
    victim.set(Some(lp.set_timer_at(now, log.say("b")).unwrap()));
    lp.set_timer_at(now, log.say("c")).unwrap();
    lp.run().unwrap();
    log.expect(&["a", "c"]);
}

#[test]
fn a_cleared_immediate_does_not_run() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let victim = Rc::new(Cell::new(None));
    let killer = Rc::clone(&victim);
    lp.set_immediate(move |lp| lp.clear(killer.get().unwrap()).unwrap()).unwrap();
    let id = lp.set_immediate(log.say("b")).unwrap();
    victim.set(Some(id));
    let early = lp.set_immediate(log.say("c")).unwrap();
    lp.clear(early).unwrap();
    lp.set_immediate(log.say("d")).unwrap();
    assert_eq!(lp.alive().unwrap(), 3);
    lp.run().unwrap();
    log.expect(&["d"]);
    assert_eq!(lp.clear(id).unwrap_err().code(), libloop::Code::BadId);
    assert_eq!(early.id().raw(), 3);
}

#[test]
fn an_unreferenced_immediate_does_not_keep_the_loop() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let immediate = lp.set_immediate(log.say("immediate")).unwrap();
    lp.unreference(immediate).unwrap();
    assert!(!lp.has_ref(immediate).unwrap());
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&[]);
    lp.set_timeout(Duration::ZERO, log.say("timer")).unwrap();
    lp.run().unwrap();
    log.expect(&["timer", "immediate"]);
}

#[test]
fn watchers_run_fifo_in_each_pass() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let mut watchers = Vec::new();
    for name in ["idle 1", "idle 2"] {
        let log = log.clone();
        watchers.push(lp.start_idle(move |_lp| log.add(name)).unwrap());
    }
    lp.run_once().unwrap();
    lp.clear(watchers[0]).unwrap();
    lp.run_once().unwrap();
    log.expect(&["idle 1", "idle 2", "idle 2"]);
    assert_eq!(lp.alive().unwrap(), 1);
}

#[test]
fn a_watcher_may_clear_itself_and_start_another() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let own = Rc::new(Cell::new(None));
    let (me, inner) = (Rc::clone(&own), log.clone());
    own.set(Some(
        lp.start_check(move |lp| {
            inner.add("once");
            lp.clear(me.get().unwrap()).unwrap();
            lp.set_immediate(inner.say("immediate")).unwrap();
        })
        .unwrap(),
    ));
    lp.set_immediate(|_lp| {}).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["once", "immediate"]);
}

#[test]
fn small_batches_change_nothing() {
    for capacity in [1, 2, 3] {
        let lp = Loop::builder().event_capacity(capacity).build().unwrap();
        let log = Log::default();
        let now = Time::now();
        for name in ["a", "b", "c", "d"] {
            let log = log.clone();
            lp.set_timer_at(now, move |lp| {
                log.add(name);
                lp.next_tick(log.say("tick")).unwrap();
                lp.set_immediate(log.say(format!("immediate {name}"))).unwrap();
            })
            .unwrap();
        }
        lp.run().unwrap();
        let want = "a tick b tick c tick d tick".split(' ').map(String::from);
        let after = ["a", "b", "c", "d"].map(|name| format!("immediate {name}"));
        assert_eq!(log.take(), want.chain(after).collect::<Vec<_>>());
    }
}

#[test]
fn check_watchers_in_small_batches_run_immediates_once() {
    let lp = Loop::builder().event_capacity(1).build().unwrap();
    let log = Log::default();
    for name in ["check 1", "check 2"] {
        let log = log.clone();
        lp.start_check(move |lp| {
            log.add(name);
            lp.set_immediate(log.say("immediate of the next pass")).unwrap();
        })
        .unwrap();
    }
    lp.set_immediate(log.say("immediate")).unwrap();
    lp.run_nowait().unwrap();
    log.expect(&["immediate", "check 1", "check 2"]);
}
