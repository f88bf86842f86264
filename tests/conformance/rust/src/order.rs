// SPDX-License-Identifier: MIT

//! The order of phases, ticks, microtasks, immediates and watchers.

use crate::{FAR_AWAY, Outcome, Programs, ms, say, say_error, say_status};
use libloop::{Code, Interest, Loop, Mode, Op, Time, Watcher};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::rc::Rc;
use std::time::Duration;

pub const PROGRAMS: Programs = &[
    ("phases_run_in_order", phases_run_in_order),
    ("ticks_run_before_anything_else", ticks_run_before_anything_else),
    ("microtasks_run_after_ticks", microtasks_run_after_ticks),
    ("nested_immediates_wait_for_the_next_pass", nested_immediates_wait_for_the_next_pass),
    ("nested_zero_timers_wait_for_the_next_pass", nested_zero_timers_wait_for_the_next_pass),
    ("watchers_run_fifo_each_pass", watchers_run_fifo_each_pass),
    ("clear_in_the_batch_mutes", clear_in_the_batch_mutes),
    ("a_callback_may_start_everything", a_callback_may_start_everything),
    ("alive_counts_what_keeps_the_loop", alive_counts_what_keeps_the_loop),
    ("close_ends_immediates_that_wait", close_ends_immediates_that_wait),
    ("phase_limit_spreads_events_over_passes", phase_limit_spreads_events_over_passes),
];

/// A watcher's callback that says its phase and clears its watcher.
fn once(phase: &'static str, id: &Rc<Cell<Option<Watcher>>>) -> impl FnMut(&Loop) + 'static {
    let id = Rc::clone(id);
    move |lp| {
        println!("{phase}");
        lp.clear(id.get().unwrap()).unwrap();
    }
}

fn phases_run_in_order() -> Outcome {
    let lp = Loop::new()?;
    let ids: [Rc<Cell<Option<Watcher>>>; 3] = Default::default();
    ids[0].set(Some(lp.start_check(once("check", &ids[0]))?));
    ids[1].set(Some(lp.start_prepare(once("prepare", &ids[1]))?));
    ids[2].set(Some(lp.start_idle(once("idle", &ids[2]))?));
    lp.set_immediate(|lp| {
        println!("immediate");
        lp.close().unwrap();
    })?;
    let file = File::open("/proc/self/exe").unwrap(); // readiness means nothing there
    lp.poll_fd(&file, Interest::READABLE, Mode::Level, say_status("pending"))?;
    lp.remote().post(|_| println!("poll"))?;
    lp.set_timeout(Duration::ZERO, say("timers"))?;
    lp.with(Op::new().on_error(say_error("closing"))).set_timeout(FAR_AWAY, say("never"))?;
    lp.run()?;
    lp.free()
}

fn ticks_run_before_anything_else() -> Outcome {
    let lp = Loop::new()?;
    lp.set_timeout(Duration::ZERO, |lp| {
        println!("timer 1");
        lp.next_tick(|lp| {
            println!("tick a");
            lp.next_tick(say("tick c")).unwrap();
        })
        .unwrap();
        lp.next_tick(say("tick b")).unwrap();
    })?;
    lp.set_timeout(Duration::ZERO, say("timer 2"))?;
    lp.next_tick(say("tick before the first phase"))?;
    lp.run()?;
    lp.free()
}

fn microtasks_run_after_ticks() -> Outcome {
    let lp = Loop::new()?;
    lp.set_timeout(Duration::ZERO, |lp| {
        println!("timer");
        lp.queue_microtask(|lp| {
            println!("microtask 1");
            lp.next_tick(|lp| {
                println!("tick from a microtask");
                lp.queue_microtask(say("microtask from that tick")).unwrap();
            })
            .unwrap();
        })
        .unwrap();
        lp.queue_microtask(say("microtask 2")).unwrap();
        lp.next_tick(say("tick 1")).unwrap();
        lp.next_tick(say("tick 2")).unwrap();
        lp.set_immediate(say("immediate")).unwrap();
    })?;
    lp.run()?;
    lp.free()
}

fn nested_immediates_wait_for_the_next_pass() -> Outcome {
    let lp = Loop::new()?;
    lp.set_immediate(|lp| {
        println!("immediate 1");
        lp.set_immediate(say("nested immediate")).unwrap();
        lp.set_timeout(Duration::ZERO, say("timer of the next pass")).unwrap();
        lp.next_tick(say("tick")).unwrap();
    })?;
    lp.set_immediate(say("immediate 2"))?;
    lp.run()?;
    lp.free()
}

fn nested_zero_timers_wait_for_the_next_pass() -> Outcome {
    let lp = Loop::new()?;
    lp.set_timeout(Duration::ZERO, |lp| {
        println!("timer 1");
        lp.set_timeout(Duration::ZERO, say("nested timer")).unwrap();
        lp.set_immediate(say("immediate")).unwrap();
    })?;
    lp.set_timeout(Duration::ZERO, say("timer 2"))?;
    lp.run()?;
    lp.free()
}

fn watchers_run_fifo_each_pass() -> Outcome {
    let lp = Loop::new()?;
    let watchers: Rc<RefCell<Vec<Watcher>>> = Rc::default();
    let all = Rc::clone(&watchers);
    let mut passes = 0;
    let last = move |lp: &Loop| {
        println!("check 2");
        passes += 1;
        if passes == 2 {
            for &watcher in all.borrow().iter() {
                lp.clear(watcher).unwrap();
            }
        }
    };
    watchers.borrow_mut().extend([
        lp.start_idle(say("idle 1"))?,
        lp.start_idle(say("idle 2"))?,
        lp.start_prepare(say("prepare 1"))?,
        lp.start_prepare(say("prepare 2"))?,
        lp.start_check(say("check 1"))?,
        lp.start_check(last)?,
    ]);
    lp.run()?;
    lp.free()
}

fn clear_in_the_batch_mutes() -> Outcome {
    let lp = Loop::new()?;
    let now = Time::now();
    let timer_b = Rc::new(Cell::new(None));
    let immediate_b = Rc::new(Cell::new(None));
    let (timer, immediate) = (Rc::clone(&timer_b), Rc::clone(&immediate_b));
    lp.set_timer_at(now, move |lp| {
        println!("timer a");
        lp.clear(timer.get().unwrap()).unwrap();
    })?;
    timer_b.set(Some(lp.set_timer_at(now, say("timer b"))?));
    lp.set_timer_at(now, say("timer c"))?;
    lp.set_immediate(move |lp| {
        println!("immediate a");
        lp.clear(immediate.get().unwrap()).unwrap();
    })?;
    immediate_b.set(Some(lp.set_immediate(say("immediate b"))?));
    lp.set_immediate(say("immediate c"))?;
    lp.run()?;
    lp.free()
}

fn a_callback_may_start_everything() -> Outcome {
    let lp = Loop::new()?;
    lp.set_timeout(Duration::ZERO, |lp| {
        println!("timer");
        lp.set_timeout(Duration::ZERO, say("zero timer of the next pass")).unwrap();
        lp.set_immediate(say("immediate of this pass")).unwrap();
        lp.remote().post(|_| println!("post of this pass")).unwrap();
        lp.queue_microtask(say("microtask")).unwrap();
        lp.next_tick(say("tick")).unwrap();
    })?;
    lp.run()?;
    lp.free()
}

fn alive_counts_what_keeps_the_loop() -> Outcome {
    let lp = Loop::new()?;
    let timer = lp.set_timeout(FAR_AWAY + ms(1), |_| {})?;
    println!("timer: {}", lp.alive()?);
    lp.set_immediate(|_| {})?;
    println!("immediate: {}", lp.alive()?);
    lp.next_tick(|_| {})?;
    println!("tick: {}", lp.alive()?);
    lp.remote().post(|_| {})?;
    println!("post: {}", lp.alive()?);
    let hold = lp.hold()?;
    println!("hold: {}", lp.alive()?);
    lp.unreference(timer)?;
    println!("unref: {}", lp.alive()?);
    drop(hold);
    lp.run()?;
    lp.free()
}

/// Closes the loop and says so.
fn close_it(text: &'static str) -> impl FnOnce(&Loop) + 'static {
    move |lp| {
        println!("{text}");
        lp.close().unwrap();
        lp.next_tick(say("tick")).unwrap();
        if lp.set_immediate(say("never")).is_err_and(|error| error.code() == Code::Closed) {
            println!("no new immediate");
        }
    }
}

fn immediate(lp: &Loop, what: &'static str) -> Outcome {
    let op = Op::new().on_error(say_error(what));
    lp.with(op).set_immediate(move |_| println!("{what}: LOOP_OK"))?;
    Ok(())
}

fn close_ends_immediates_that_wait() -> Outcome {
    let ends = || Op::new().on_error(say_error("timeout"));
    let lp = Loop::new()?;
    lp.with(ends()).set_timeout(FAR_AWAY, say("never"))?;
    immediate(&lp, "immediate 1")?;
    immediate(&lp, "immediate 2")?;
    lp.set_timeout(Duration::ZERO, close_it("closed by a timer"))?;
    lp.remote().post(say("post"))?;
    lp.run()?;
    lp.free()?;

    let lp = Loop::new()?;
    lp.with(ends()).set_timeout(FAR_AWAY, say("never"))?;
    lp.set_immediate(close_it("closed by an immediate"))?;
    immediate(&lp, "immediate of the same phase")?;
    lp.run()?;
    lp.free()?;

    let lp = Loop::new()?;
    immediate(&lp, "freed")?;
    lp.free()
}

fn phase_limit_spreads_events_over_passes() -> Outcome {
    let lp = Loop::builder().phase_limit(2).build()?;
    for n in 1..=3 {
        lp.set_immediate(move |_| println!("immediate {n}"))?;
        lp.remote().post(move |_| println!("post {n}"))?;
        lp.set_timeout(Duration::ZERO, move |_| println!("timer {n}"))?;
    }
    lp.run()?;
    lp.free()
}
