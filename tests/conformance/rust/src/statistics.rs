// SPDX-License-Identifier: MIT

//! What a loop counts.

use crate::{FAR_AWAY, Outcome, Programs, yes};
use libloop::{Code, Error, LabelStats, Lane, Loop};
use std::sync::mpsc;
use std::time::Duration;

pub const PROGRAMS: Programs = &[
    ("statistics_count_jobs_by_label", statistics_count_jobs_by_label),
    ("statistics_count_what_the_loop_does", statistics_count_what_the_loop_does),
];

fn sum() -> Result<u32, Error> {
    Ok((1..=100).sum())
}

fn say_labels(lp: &Loop, when: &str) -> Result<LabelStats, Error> {
    println!("{when}");
    let labels = lp.stats()?.labels;
    for (name, label) in &labels {
        println!(
            "{name}: {} queued, {} started, {} finished, {} failed, {} canceled, {} rejected, \
             {} waiting, {} running",
            label.queued,
            label.started,
            label.finished,
            label.failed,
            label.canceled,
            label.rejected,
            label.waiting,
            label.running
        );
    }
    Ok(labels["sum"])
}

fn statistics_count_jobs_by_label() -> Outcome {
    let lp = Loop::builder().workers(1).build()?;
    let (has_begun, begun) = mpsc::channel();
    let (open, gate) = mpsc::channel::<()>();
    let wait_at_the_gate = move || -> Result<(), Error> {
        has_begun.send(()).unwrap();
        gate.recv().unwrap();
        Ok(())
    };
    lp.work("gate", wait_at_the_gate, |_, _| {})?;
    lp.stats()?; // hands the job over
    begun.recv().unwrap();
    for _ in 0..2 {
        lp.work("sum", sum, |_, _| {})?;
    }
    lp.work("fails", || Err::<(), _>(Error::from(Code::Io)), |_, _| {})?;
    lp.cancel(lp.work("late", sum, |_, _| {})?)?;
    lp.stats()?; // the limit is for what comes later
    lp.set_queue_limit(Lane::Host, 3)?;
    lp.work("over", sum, |_, _| {})?;
    say_labels(&lp, "at the gate")?;
    lp.reset_stats()?;
    say_labels(&lp, "after a reset")?;
    open.send(()).unwrap();
    lp.run()?;
    let label = say_labels(&lp, "at the end")?;
    let (wait, run) = (label.wait, label.run);
    let possible = wait.sum >= wait.max
        && wait.max > Duration::ZERO
        && run.sum >= run.max
        && run.max >= run.p50;
    println!("times of two sums: {}", yes(possible));
    lp.free()
}

fn say_stats(lp: &Loop, when: &str) -> Outcome {
    let stats = lp.stats()?;
    println!(
        "{when}: {} posts, {} waiting, {} ids (peak {}), {} timers (peak {}), {} alive",
        stats.posts,
        stats.posts_waiting,
        stats.ids,
        stats.ids_peak,
        stats.timers,
        stats.timers_peak,
        stats.alive
    );
    Ok(())
}

fn statistics_count_what_the_loop_does() -> Outcome {
    let lp = Loop::new()?;
    say_stats(&lp, "fresh")?;
    lp.unreference(lp.set_timeout(FAR_AWAY, |_| {})?)?;
    let cleared = lp.set_timeout(FAR_AWAY, |_| {})?;
    lp.set_timeout(Duration::ZERO, move |lp| {
        for _ in 0..2 {
            lp.remote().post(|_| {}).unwrap();
            lp.set_timeout(Duration::ZERO, |_| {}).unwrap();
        }
        say_stats(lp, "inside").unwrap();
        lp.clear(cleared).unwrap();
    })?;
    say_stats(&lp, "started")?;
    lp.run()?;
    say_stats(&lp, "at the end")?;
    lp.reset_stats()?;
    say_stats(&lp, "after a reset")?;
    lp.free()
}
