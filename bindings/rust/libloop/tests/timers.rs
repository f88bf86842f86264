// SPDX-License-Identifier: MIT

//! Timers, intervals, deadlines, cancelling.

mod common;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use common::{FAR, Log, ms};
use libloop::{Code, Error, Loop, Op, Time, Timer};

#[test]
fn a_timeout_is_never_early() {
    let lp = Loop::new().unwrap();
    let start = Time::now();
    let delay = Duration::from_nanos(1_500_001);
    let fired = Rc::new(Cell::new(false));
    let seen = Rc::clone(&fired);
    lp.set_timeout(delay, move |lp| {
        assert!(Time::now() - start >= delay);
        assert!(lp.now().unwrap() - start >= delay);
        seen.set(true);
    })
    .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert!(fired.get());
}

#[test]
fn a_delay_beyond_all_time_saturates() {
    let lp = Loop::new().unwrap();
    let timer = lp.set_timeout(Duration::MAX, |_lp| unreachable!()).unwrap();
    assert!(lp.due_in(timer).unwrap() > Duration::from_secs(3600 * 24 * 365 * 100));
    lp.run_nowait().unwrap();
    lp.clear(timer).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn an_interval_runs_until_cleared() {
    let lp = Loop::new().unwrap();
    let (timer, runs) = (Rc::new(Cell::new(None::<Timer>)), Rc::new(Cell::new(0)));
    let (own, count) = (Rc::clone(&timer), Rc::clone(&runs));
    timer.set(Some(
        lp.set_interval(ms(1), move |lp, _missed| {
            count.set(count.get() + 1);
            if count.get() == 3 {
                lp.clear(own.get().unwrap()).unwrap();
            }
        })
        .unwrap(),
    ));
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(runs.get(), 3);
}

#[test]
fn an_interval_counts_missed_periods_and_does_not_drift() {
    let lp = Loop::new().unwrap();
    let (period, start) = (ms(2), Time::now());
    let seen = Rc::new(RefCell::new(Vec::new()));
    let calls = Rc::clone(&seen);
    lp.set_interval(period, move |lp, missed| {
        let begun = Time::now();
        calls.borrow_mut().push(missed.0);
        match calls.borrow().len() {
            // Keeps the loop busy: the next call is one period late at least, and misses three.
            1 => while Time::now() - begun < period * 4 {},
            2 => {}
            _ => lp.stop().unwrap(),
        }
    })
    .unwrap();
    lp.run().unwrap();
    let (calls, passed) = (seen.borrow(), Time::now() - start);
    assert_eq!(calls.len(), 3);
    assert!(calls[1] >= 3, "the busy callback hid three periods: {calls:?}");
    // Every period is called for or counted: the third call is that of the last period.
    let periods: u64 = calls.iter().map(|missed| missed + 1).sum();
    assert!(period * u32::try_from(periods).unwrap() <= passed, "{calls:?} in {passed:?}");
}

#[test]
fn an_interval_without_a_period_is_refused() {
    let lp = Loop::new().unwrap();
    let error = lp.set_interval(Duration::ZERO, |_, _| {}).unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
    assert_eq!(lp.alive().unwrap(), 0);
}

#[test]
fn refresh_starts_the_delay_anew() {
    let lp = Loop::new().unwrap();
    let delay = ms(200); // not due before the other timer, also on a busy machine
    let refreshed = Rc::new(Cell::new(None));
    let fired = Rc::clone(&refreshed);
    let timer = lp
        .set_timeout(delay, move |_lp| assert!(Time::now() - fired.get().unwrap() >= delay))
        .unwrap();
    lp.set_timeout(ms(1), move |lp| {
        refreshed.set(Some(Time::now()));
        assert_eq!(lp.refresh(timer).unwrap(), timer);
    })
    .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn a_timer_may_refresh_itself_after_it_fired() {
    let lp = Loop::new().unwrap();
    let (timer, runs) = (Rc::new(Cell::new(None::<Timer>)), Rc::new(Cell::new(0)));
    let (own, count) = (Rc::clone(&timer), Rc::clone(&runs));
    timer.set(Some(
        lp.set_timer(ms(1), move |lp| {
            count.set(count.get() + 1);
            if count.get() < 3 {
                let old = own.get().unwrap();
                let new = lp.refresh(old).unwrap();
                assert_ne!(old, new);
                assert_eq!(lp.refresh(old).unwrap_err().code(), Code::BadId);
                own.set(Some(new));
            }
        })
        .unwrap(),
    ));
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(runs.get(), 3);
    assert_eq!(lp.refresh(timer.get().unwrap()).unwrap_err().code(), Code::BadId);
}

#[test]
fn a_timer_refreshed_in_the_batch_it_is_due_in_fires_later() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let victim = Rc::new(Cell::new(None::<Timer>));
    let (refresher, inner) = (Rc::clone(&victim), log.clone());
    lp.set_timeout(Duration::ZERO, move |lp| {
        inner.add("first");
        let new = lp.refresh(refresher.get().unwrap()).unwrap();
        assert_ne!(Some(new), refresher.get());
        lp.set_immediate(inner.say("immediate")).unwrap();
    })
    .unwrap();
    victim.set(Some(lp.set_timeout(Duration::ZERO, log.say("refreshed")).unwrap()));
    lp.run().unwrap();
    log.expect(&["first", "immediate", "refreshed"]);
}

#[test]
fn what_cannot_be_refreshed_says_so() {
    let lp = Loop::new().unwrap();
    let absolute = lp.set_timer_at(Time::now() + FAR, |_lp| {}).unwrap();
    assert_eq!(lp.refresh(absolute).unwrap_err().code(), Code::Invalid);
    let own = Rc::new(Cell::new(None::<Timer>));
    let me = Rc::clone(&own);
    own.set(Some(
        lp.set_timeout(Duration::ZERO, move |lp| {
            // Its closure can be called once only.
            assert_eq!(lp.refresh(me.get().unwrap()).unwrap_err().code(), Code::BadId);
            lp.clear(absolute).unwrap();
        })
        .unwrap(),
    ));
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn due_in_counts_down() {
    let lp = Loop::new().unwrap();
    let timer = lp.set_timeout(FAR, |_lp| {}).unwrap();
    let first = lp.due_in(timer).unwrap();
    assert!(first <= FAR && first > FAR - Duration::from_secs(60));
    assert!(lp.due_in(timer).unwrap() <= first);
    let late = lp.set_timeout(Duration::ZERO, |_lp| {}).unwrap();
    assert_eq!(lp.due_in(late).unwrap(), Duration::ZERO);
    lp.clear(timer).unwrap();
    assert_eq!(lp.due_in(timer).unwrap_err().code(), Code::BadId);
}

#[test]
fn an_unreferenced_timer_does_not_keep_the_loop() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let timer = lp.set_timeout(ms(1), log.say("fired")).unwrap();
    assert!(lp.has_ref(timer).unwrap());
    lp.unreference(timer).unwrap();
    assert!(!lp.has_ref(timer).unwrap());
    assert_eq!(lp.alive().unwrap(), 0);
    let other = lp.with(Op::new().unreferenced()).set_timeout(FAR, |_lp| {}).unwrap();
    assert!(!lp.has_ref(other).unwrap());
    lp.reference(timer).unwrap();
    assert_eq!(lp.alive().unwrap(), 1);
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["fired"]);
}

/// Options that write down how the thing ends.
fn ends(log: &Log, name: &'static str, op: Op) -> Op {
    let (on_error, on_final) = (log.clone(), log.clone());
    op.on_error(move |_lp, error| on_error.add(format!("{name}: {:?}", error.code())))
        .on_final(move |_lp, result| on_final.add(format!("{name} final: {}", result.is_err())))
}

#[test]
fn cancelling_ends_timers_and_watchers_with_an_error() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let with = |name| lp.with(ends(&log, name, Op::new()));
    lp.cancel(with("timeout").set_timeout(FAR, |_| unreachable!()).unwrap()).unwrap();
    lp.cancel(with("interval").set_interval(FAR, |_, _| unreachable!()).unwrap()).unwrap();
    lp.cancel(with("idle").start_idle(|_| unreachable!()).unwrap()).unwrap();
    lp.cancel(with("prepare").start_prepare(|_| unreachable!()).unwrap()).unwrap();
    lp.cancel(with("check").start_check(|_| unreachable!()).unwrap()).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    let want = ["timeout", "interval", "idle", "prepare", "check"]
        .map(|name| [format!("{name}: Canceled"), format!("{name} final: true")]);
    assert_eq!(log.take(), want.concat());
}

#[test]
fn cancelling_an_immediate_calls_on_error_in_its_place() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let op = ends(&log, "immediate", Op::new());
    let immediate = lp.with(op).set_immediate(|_| unreachable!()).unwrap();
    lp.set_immediate(log.say("next")).unwrap();
    lp.cancel(immediate).unwrap();
    let silent = lp.set_immediate(|_| unreachable!()).unwrap();
    lp.cancel(silent).unwrap();
    lp.run().unwrap();
    log.expect(&["immediate: Canceled", "next"]);
}

#[test]
fn clearing_calls_nothing() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let op = ends(&log, "timer", Op::new());
    lp.clear(lp.with(op).set_timeout(Duration::ZERO, |_| unreachable!()).unwrap()).unwrap();
    let op = ends(&log, "idle", Op::new());
    lp.clear(lp.with(op).start_idle(|_| unreachable!()).unwrap()).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&[]);
}

#[test]
fn a_deadline_ends_a_timer() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let op = ends(&log, "timer", Op::new().deadline(ms(1)));
    lp.with(op).set_timeout(FAR, |_| unreachable!()).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["timer: TimedOut", "timer final: true"]);
}

#[test]
fn a_deadline_of_an_interval_counts_from_each_event() {
    let lp = Loop::new().unwrap();
    let deadline = ms(100);
    let last = Rc::new(Cell::new(Time::now()));
    let (fired, ended) = (Rc::clone(&last), Rc::clone(&last));
    // It may end on a machine so busy that no event came in time, but not before.
    let op = Op::new().deadline(deadline).on_error(move |_lp, error| {
        assert_eq!(error.code(), Code::TimedOut);
        assert!(Time::now() - ended.get() >= deadline);
    });
    let start = Time::now();
    let interval = lp.with(op).set_interval(ms(60), move |_lp, _missed| fired.set(Time::now()));
    let interval = interval.unwrap();
    // Beyond the first deadline, were it not for the events.
    lp.set_timeout(ms(200), move |lp| drop(lp.clear(interval))).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert!(last.get() - start >= ms(60));
}

#[test]
fn on_final_comes_after_the_callback() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let op = ends(&log, "timer", Op::new());
    lp.with(op).set_timeout(Duration::ZERO, log.say("fired")).unwrap();
    lp.run().unwrap();
    log.expect(&["fired", "timer final: false"]);
}

#[test]
fn stale_and_foreign_handles_are_refused() {
    let (lp, other) = (Loop::new().unwrap(), Loop::new().unwrap());
    let ended = lp.set_timeout(Duration::ZERO, |_lp| {}).unwrap();
    lp.run().unwrap();
    let log = Log::default();
    let alive = lp.set_timeout(Duration::ZERO, log.say("still fires")).unwrap();
    let foreign = other.set_timeout(FAR, |_lp| {}).unwrap();
    for handle in [ended, foreign] {
        for error in [
            lp.clear(handle).unwrap_err(),
            lp.cancel(handle).unwrap_err(),
            lp.reference(handle).unwrap_err(),
            lp.unreference(handle).unwrap_err(),
            lp.has_ref(handle).unwrap_err(),
            lp.refresh(handle).unwrap_err(),
            lp.due_in(handle).unwrap_err(),
        ] {
            assert_eq!(error, Error::from(Code::BadId));
        }
    }
    assert_ne!(ended, alive);
    lp.run().unwrap();
    log.expect(&["still fires"]);
}

#[test]
fn a_slot_is_used_again_under_a_new_id() {
    let lp = Loop::new().unwrap();
    let mut handles = std::collections::HashSet::new();
    for _ in 0..1_000 {
        assert!(handles.insert(lp.set_timeout(Duration::ZERO, |_lp| {}).unwrap()));
        lp.run().unwrap();
    }
}
