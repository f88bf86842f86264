// SPDX-License-Identifier: MIT

//! Timers: order, intervals, refresh, references.

use crate::{Outcome, Programs, ms, name, say, yes};
use libloop::{Loop, Time, Timer};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

pub const PROGRAMS: Programs = &[
    ("timers_fire_in_deadline_order", timers_fire_in_deadline_order),
    ("ten_thousand_equal_deadlines_fire_fifo", ten_thousand_equal_deadlines_fire_fifo),
    ("interval_counts_missed_periods", interval_counts_missed_periods),
    ("refresh_starts_the_delay_anew", refresh_starts_the_delay_anew),
    ("due_in_counts_down", due_in_counts_down),
    ("unref_timer_does_not_keep_the_loop", unref_timer_does_not_keep_the_loop),
    ("stale_ids_are_refused", stale_ids_are_refused),
];

fn timers_fire_in_deadline_order() -> Outcome {
    let lp = Loop::new()?;
    let now = Time::now();
    lp.set_timer_at(now + ms(9), say("at 9 ms"))?;
    lp.set_timer_at(now + ms(3), say("at 3 ms"))?;
    lp.set_timer_at(Time::from_nanos(now.as_nanos() - 5_000_000), say("in the past"))?;
    lp.set_timer_at(now + ms(6), say("at 6 ms"))?;
    lp.set_timer_at(now + ms(3), say("at 3 ms, started later"))?;
    lp.set_timer_at(now + ms(3) + Duration::from_nanos(1), say("a nanosecond later"))?;
    lp.run()?;
    lp.free()
}

fn ten_thousand_equal_deadlines_fire_fifo() -> Outcome {
    let lp = Loop::new()?;
    let deadline = Time::now() + ms(20);
    let fired: Rc<RefCell<Vec<u32>>> = Rc::default();
    let early = Rc::new(Cell::new(false));
    for i in 0..10_000 {
        let (fired, early) = (Rc::clone(&fired), Rc::clone(&early));
        lp.set_timer_at(deadline, move |lp| {
            fired.borrow_mut().push(i);
            early.set(early.get() || lp.now().unwrap() < deadline);
        })?;
    }
    lp.run()?;
    let in_order = fired.borrow().iter().copied().eq(0..10_000);
    println!(
        "{} fired, {}, {}",
        fired.borrow().len(),
        if in_order { "in order" } else { "out of order" },
        if early.get() { "early" } else { "not early" }
    );
    lp.free()
}

fn interval_counts_missed_periods() -> Outcome {
    const PERIOD: Duration = ms(10);
    let lp = Loop::new()?;
    let started = Time::now();
    let interval = Rc::new(Cell::new(None));
    let id = Rc::clone(&interval);
    // The callback is not told its deadline, but how many periods it missed: the deadline is the
    // number of periods that have gone by, and never later than now.
    let (mut runs, mut periods) = (0, 0);
    interval.set(Some(lp.set_interval(PERIOD, move |lp, missed| {
        periods += 1 + missed.0;
        let deadline = started + PERIOD * u32::try_from(periods).unwrap();
        if runs == 0 {
            println!("first call");
            let until = Time::now() + PERIOD * 3 + PERIOD / 2;
            while Time::now() < until {}
        } else {
            if runs == 1 {
                println!("after a stall, missed at least 2: {}", yes(missed.0 >= 2));
            }
            println!("a whole number of periods: {}", yes(deadline <= lp.now().unwrap()));
        }
        runs += 1;
        if runs == 3 {
            lp.clear(id.get().unwrap()).unwrap();
        }
    })?));
    lp.run()?;
    lp.free()
}

fn refresh_starts_the_delay_anew() -> Outcome {
    const DELAY: Duration = ms(10);
    struct State {
        timer: Cell<Option<Timer>>,
        refreshed_at: Cell<Time>,
        runs: Cell<u32>,
    }
    fn refresh(lp: &Loop, state: &State) {
        state.timer.set(Some(lp.refresh(state.timer.get().unwrap()).unwrap()));
        state.refreshed_at.set(lp.now().unwrap());
    }
    let lp = Loop::new()?;
    let state = Rc::new(State {
        timer: Cell::new(None),
        refreshed_at: Cell::new(Time::now()),
        runs: Cell::new(0),
    });
    let fired = Rc::clone(&state);
    let timer = lp.set_timer(DELAY, move |lp| {
        let late = lp.now().unwrap() - fired.refreshed_at.get() >= DELAY;
        println!("fired, a whole delay later: {}", yes(late));
        fired.runs.set(fired.runs.get() + 1);
        if fired.runs.get() < 3 {
            refresh(lp, &fired);
        }
    })?;
    state.timer.set(Some(timer));
    lp.set_timeout(DELAY / 2, move |lp| {
        refresh(lp, &state);
        println!("refreshed");
    })?;
    lp.run()?;
    lp.free()
}

fn due_in_counts_down() -> Outcome {
    let lp = Loop::new()?;
    let timer = lp.set_timeout(ms(50), say("fired"))?;
    let due = lp.due_in(timer)?;
    println!("within its delay: {}", yes(due > Duration::ZERO && due <= ms(50)));
    let past = lp.set_timer_at(Time::from_nanos(0), say("late one fired"))?;
    println!("late one: {}", lp.due_in(past)?.as_nanos());
    lp.clear(timer)?;
    println!("cleared: {}", name(&lp.due_in(timer)));
    lp.run()?;
    lp.free()
}

fn unref_timer_does_not_keep_the_loop() -> Outcome {
    let lp = Loop::new()?;
    let timer = lp.set_timeout(ms(5), say("fired"))?;
    lp.unreference(timer)?;
    lp.unreference(timer)?;
    println!("has_ref {}, alive {}", u8::from(lp.has_ref(timer)?), lp.alive()?);
    lp.run()?;
    println!("the run ended without it");
    lp.reference(timer)?;
    println!("has_ref {}, alive {}", u8::from(lp.has_ref(timer)?), lp.alive()?);
    lp.run()?;
    lp.free()
}

fn stale_ids_are_refused() -> Outcome {
    let lp = Loop::new()?;
    let ended = lp.set_timeout(Duration::ZERO, say("fired"))?;
    lp.run()?;
    lp.set_timeout(Duration::ZERO, say("still fires"))?;
    println!("cancel: {}", name(&lp.cancel(ended)));
    println!("unref: {}", name(&lp.unreference(ended)));
    println!("refresh: {}", name(&lp.refresh(ended)));
    lp.run()?;
    lp.free()
}
