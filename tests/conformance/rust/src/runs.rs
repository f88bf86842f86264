// SPDX-License-Identifier: MIT

//! Run modes, stop, nesting, panics, the end of a loop.

use crate::yes;
use crate::{FAR_AWAY, Outcome, Programs, from_environment, ms, name, say, say_error, say_status};
use libloop::{Interest, Loop, Mode, Op, Time};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

pub const PROGRAMS: Programs = &[
    ("empty_loop_ends_at_once", empty_loop_ends_at_once),
    ("run_once_makes_progress", run_once_makes_progress),
    ("run_nowait_does_not_sleep", run_nowait_does_not_sleep),
    ("run_for_ends_in_time", run_for_ends_in_time),
    ("stop_ends_the_run_after_the_callback", stop_ends_the_run_after_the_callback),
    ("stop_before_a_run_ends_it_at_once", stop_before_a_run_ends_it_at_once),
    ("nested_run_is_refused", nested_run_is_refused),
    ("exception_in_a_callback_leaves_run", exception_in_a_callback_leaves_run),
    ("post_after_close_is_refused", post_after_close_is_refused),
    ("free_ends_every_kind_once", free_ends_every_kind_once),
];

fn empty_loop_ends_at_once() -> Outcome {
    let lp = Loop::new()?;
    println!("alive {}", lp.alive()?);
    println!("run {}", lp.run()?);
    println!("once {}", lp.run_once()?);
    println!("nowait {}", lp.run_nowait()?);
    lp.free()
}

fn run_once_makes_progress() -> Outcome {
    let lp = Loop::new()?;
    lp.set_timeout(ms(2), say("timer 1"))?;
    lp.set_timeout(ms(40), say("timer 2"))?;
    println!("alive {}", lp.run_once()?);
    println!("alive {}", lp.run_once()?);
    lp.free()
}

fn run_nowait_does_not_sleep() -> Outcome {
    let lp = Loop::new()?;
    lp.set_timeout(FAR_AWAY, say("never"))?;
    lp.set_immediate(say("immediate"))?;
    lp.remote().post(|_| println!("post"))?;
    lp.set_timer_at(Time::from_nanos(0), say("due timer"))?;
    println!("alive {}", lp.run_nowait()?);
    println!("alive {}", lp.run_nowait()?);
    lp.free()
}

fn run_for_ends_in_time() -> Outcome {
    let lp = Loop::new()?;
    lp.set_timeout(ms(2), say("in time"))?;
    lp.set_timeout(FAR_AWAY, say("far away"))?;
    let start = Time::now();
    println!("alive {}", lp.run_for(ms(20))?);
    println!("not early: {}", yes(Time::now() - start >= ms(20)));
    lp.free()
}

fn stop_ends_the_run_after_the_callback() -> Outcome {
    let lp = Loop::new()?;
    let now = Time::now();
    lp.set_timer_at(now, |lp| {
        println!("timer 1");
        lp.next_tick(say("tick")).unwrap();
        lp.stop().unwrap();
    })?;
    lp.set_timer_at(now, say("timer 2"))?;
    lp.set_immediate(say("immediate"))?;
    println!("alive {}", lp.run()?);
    lp.run()?;
    lp.free()
}

fn stop_before_a_run_ends_it_at_once() -> Outcome {
    let lp = Loop::new()?;
    lp.set_timer_at(Time::from_nanos(0), say("timer"))?;
    lp.stop()?;
    println!("alive {}", lp.run()?);
    println!("alive {}", lp.run()?);
    lp.free()
}

fn nested_run_is_refused() -> Outcome {
    let lp = Loop::new()?;
    let now = Time::now();
    lp.set_timer_at(now, |lp| println!("nested run: {}", name(&lp.run())))?;
    lp.set_timer_at(now, say("the outer run goes on"))?;
    lp.run()?;
    lp.free()
}

fn exception_in_a_callback_leaves_run() -> Outcome {
    let lp = Loop::new()?;
    let now = Time::now();
    lp.set_timer_at(now, |_| {
        println!("timer 1 throws");
        resume_unwind(Box::new("thrown")); // a panic without the hook's message
    })?;
    lp.set_timer_at(now, say("timer 2"))?;
    lp.set_immediate(say("immediate"))?;
    if catch_unwind(AssertUnwindSafe(|| lp.run())).is_err() {
        println!("caught outside of run");
    }
    lp.run()?;
    lp.free()
}

fn post_after_close_is_refused() -> Outcome {
    let lp = Loop::new()?;
    lp.with(Op::new().on_error(say_error("timer"))).set_timeout(FAR_AWAY, say("never"))?;
    lp.close()?;
    println!("post: {}", name(&lp.remote().post(|_| println!("never"))));
    println!("timer: {}", name(&lp.set_timeout(Duration::ZERO, say("never"))));
    println!("close: {}", name(&lp.close()));
    lp.run()?;
    lp.free()
}

fn free_ends_every_kind_once() -> Outcome {
    let lp = Loop::new()?;
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let ends = |what| Op::new().on_error(say_error(what));
    lp.with(ends("timeout")).set_timeout(FAR_AWAY, say("never"))?;
    lp.with(ends("interval")).set_interval(FAR_AWAY, |_, _| println!("never"))?;
    lp.with(ends("idle")).start_idle(say("never"))?;
    lp.with(ends("prepare")).start_prepare(say("never"))?;
    lp.with(ends("check")).start_check(say("never"))?;
    lp.poll_fd(&ours, Interest::READABLE, Mode::Level, say_status("descriptor"))?;
    lp.http_get(&from_environment("CONFORMANCE_STALL"), say_status("http"))?;
    lp.free()
}
