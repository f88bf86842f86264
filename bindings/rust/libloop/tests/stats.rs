// SPDX-License-Identifier: MIT

//! Statistics.

mod common;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use common::FAR;
use libloop::{Code, Error, LabelStats, Lane, Loop, Op, Times};

/// The counts of a label, without its times.
fn counts(stats: &LabelStats) -> [u64; 9] {
    [
        stats.queued,
        stats.started,
        stats.finished,
        stats.failed,
        stats.canceled,
        stats.rejected,
        stats.at_once,
        stats.waiting,
        stats.running,
    ]
}

/// A job that says that it has begun, and ends when it is told to.
struct Gate {
    begun: mpsc::Receiver<()>,
    open: mpsc::Sender<()>,
}

impl Gate {
    fn start(lp: &Loop, label: &'static str) -> Gate {
        let (has_begun, begun) = mpsc::channel();
        let (open, may_end) = mpsc::channel::<()>();
        let job = move || {
            has_begun.send(()).unwrap();
            may_end.recv().unwrap();
            Ok::<(), Error>(())
        };
        lp.work(label, job, |_lp, _result| {}).unwrap();
        Gate { begun, open }
    }
}

fn nothing(lp: &Loop, label: &'static str) -> libloop::Job {
    lp.work(label, || Ok::<(), Error>(()), |_lp, _result| {}).unwrap()
}

#[test]
fn labels_count_what_becomes_of_their_jobs() {
    let lp = Loop::builder().workers(1).build().unwrap();
    let gate = Gate::start(&lp, "gate");
    nothing(&lp, "nothing");
    nothing(&lp, "nothing");
    lp.work("fails", || Err::<(), _>(Error::from(Code::Io)), |_lp, _result| {}).unwrap();
    lp.work("", || -> Result<(), Error> { panic!("on purpose") }, |_lp, _result| {}).unwrap();
    let late = nothing(&lp, "late");
    let stats = lp.stats().unwrap(); // submits them
    assert_eq!(counts(&stats.labels["nothing"]), [2, 0, 0, 0, 0, 0, 0, 2, 0]);
    gate.begun.recv().unwrap();
    lp.cancel(late).unwrap();
    let stats = lp.stats().unwrap();
    assert_eq!(counts(&stats.labels["gate"]), [1, 1, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(counts(&stats.labels["late"]), [1, 0, 0, 0, 1, 0, 0, 0, 0]);
    let lane = stats.lane(Lane::Host);
    assert_eq!((lane.workers, lane.workers_max, lane.waiting, lane.running), (1, 1, 4, 1));
    assert_eq!(lane.waiting_peak, 6);
    assert_eq!(stats.lane(Lane::Cpu).workers, 0);
    gate.open.send(()).unwrap();
    lp.run().unwrap();
    let labels = lp.stats().unwrap().labels;
    assert_eq!(counts(&labels["gate"]), [1, 1, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(counts(&labels["nothing"]), [2, 2, 2, 0, 0, 0, 0, 0, 0]);
    assert_eq!(counts(&labels["fails"]), [1, 1, 1, 1, 0, 0, 0, 0, 0]);
    assert_eq!(counts(&labels["work"]), [1, 1, 1, 1, 0, 0, 0, 0, 0]);
    assert_eq!(labels["late"].wait, Times::default());
}

#[test]
fn times_of_a_label_are_possible() {
    let lp = Loop::builder().workers(1).build().unwrap();
    let begin = Instant::now();
    let gate = Gate::start(&lp, "gate");
    for _ in 0..5 {
        nothing(&lp, "behind");
    }
    lp.stats().unwrap();
    gate.begun.recv().unwrap();
    let held = Instant::now();
    lp.stats().unwrap();
    let held = held.elapsed(); // so long nothing else could begin
    gate.open.send(()).unwrap();
    lp.run().unwrap();
    let whole = begin.elapsed();
    let labels = lp.stats().unwrap().labels;
    let wait = labels["behind"].wait;
    assert!(held <= wait.max && wait.max <= whole, "{wait:?}");
    assert!(5 * held <= wait.sum && wait.sum <= 5 * whole, "{wait:?}");
    assert!(held - held / 16 <= wait.p50 && wait.p50 <= wait.p90, "{wait:?}");
    assert!(wait.p90 <= wait.p99 && wait.p99 <= wait.max, "{wait:?}");
    let run = labels["gate"].run;
    assert!(run.max == run.sum && run.max >= held, "{run:?}");
}

#[test]
fn the_loop_counts_what_it_does() {
    let lp = Loop::new().unwrap();
    let seen = Rc::new(Cell::new(0));
    let far = lp.set_timeout(FAR, |_lp| {}).unwrap();
    lp.unreference(far).unwrap();
    let inside = Rc::clone(&seen);
    lp.set_timeout(Duration::ZERO, move |lp| {
        for _ in 0..3 {
            lp.remote().post(|_lp| {}).unwrap();
        }
        let stats = lp.stats().unwrap();
        assert_eq!((stats.events, stats.posts_waiting, stats.posts), (1, 3, 0));
        inside.set(1);
    })
    .unwrap();
    let stats = lp.stats().unwrap();
    assert_eq!((stats.ids, stats.timers, stats.alive, stats.events), (2, 2, 1, 0));
    lp.run().unwrap();
    let stats = lp.stats().unwrap();
    assert_eq!(seen.get(), 1);
    assert_eq!((stats.posts, stats.posts_waiting, stats.ids, stats.timers), (3, 0, 1, 1));
    assert_eq!((stats.ids_peak, stats.timers_peak, stats.alive, stats.ops_refused), (2, 2, 0, 0));
    assert!(stats.passes >= 1 && stats.turns >= 1 && stats.ops >= 3);
    assert!(stats.elapsed > Duration::ZERO);
}

#[test]
fn a_full_lane_rejects() {
    let lp = Loop::builder().workers(1).queue_limit(1).build().unwrap();
    let gate = Gate::start(&lp, "gate");
    lp.stats().unwrap();
    gate.begun.recv().unwrap();
    for _ in 0..3 {
        nothing(&lp, "nothing");
    }
    gate.open.send(()).unwrap();
    lp.run().unwrap();
    let stats = lp.stats().unwrap();
    assert_eq!(counts(&stats.labels["nothing"]), [1, 1, 1, 0, 0, 2, 0, 0, 0]);
    assert_eq!(stats.lane(Lane::Host).queue_limit, 1);
}

#[test]
fn a_reset_counts_anew_and_keeps_what_is_now() {
    let lp = Loop::builder().workers(1).build().unwrap();
    nothing(&lp, "nothing");
    lp.remote().post(|_lp| {}).unwrap();
    lp.run().unwrap();
    assert_eq!(lp.stats().unwrap().posts, 1);
    let gate = Gate::start(&lp, "gate");
    nothing(&lp, "nothing");
    lp.stats().unwrap();
    gate.begun.recv().unwrap();
    lp.reset_stats().unwrap();
    let stats = lp.stats().unwrap();
    assert_eq!((stats.passes, stats.turns, stats.events, stats.ops, stats.posts), (0, 0, 0, 0, 0));
    assert_eq!((stats.ids, stats.ids_peak), (2, 2));
    assert_eq!(counts(&stats.labels["nothing"]), [0, 0, 0, 0, 0, 0, 0, 1, 0]);
    assert_eq!(counts(&stats.labels["gate"]), [0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(stats.labels["nothing"].run, Times::default());
    lp.remote().post(|_lp| {}).unwrap();
    gate.open.send(()).unwrap();
    lp.run().unwrap();
    let stats = lp.stats().unwrap();
    assert_eq!(counts(&stats.labels["nothing"]), [0, 1, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(counts(&stats.labels["gate"]), [0, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(stats.posts, 1);
}

#[test]
fn many_labels_share_the_last_place() {
    let lp = Loop::new().unwrap();
    for number in 0..1_500 {
        let label: &'static str = Box::leak(format!("label {number}").into_boxed_str());
        nothing(&lp, label);
    }
    lp.run().unwrap();
    let labels = lp.stats().unwrap().labels;
    assert_eq!(labels.len(), 1_024);
    assert_eq!(labels["(others)"].finished, 1_500 - 1_023);
    assert_eq!(labels["label 1022"].finished, 1);
}

#[test]
fn a_loop_that_closes_still_tells() {
    let lp = Loop::builder().workers(1).build().unwrap();
    let gate = Gate::start(&lp, "gate");
    nothing(&lp, "behind");
    lp.stats().unwrap();
    gate.begun.recv().unwrap();
    lp.close().unwrap();
    lp.run_nowait().unwrap();
    let labels = lp.stats().unwrap().labels;
    assert_eq!(counts(&labels["behind"]), [1, 0, 0, 0, 1, 0, 0, 0, 0]);
    assert_eq!(counts(&labels["gate"]), [1, 1, 0, 0, 0, 0, 0, 0, 1]);
    gate.open.send(()).unwrap();
    lp.run().unwrap();
    assert_eq!(counts(&lp.stats().unwrap().labels["gate"]), [1, 1, 1, 0, 0, 0, 0, 0, 0]);
    lp.reset_stats().unwrap();
    lp.free().unwrap();
}

#[test]
fn the_label_of_an_op_is_not_that_of_its_job() {
    let lp = Loop::new().unwrap();
    lp.with(Op::new().label("the op"))
        .work("the job", || Ok::<(), Error>(()), |_lp, _result| {})
        .unwrap();
    lp.run().unwrap();
    assert_eq!(lp.stats().unwrap().labels.keys().collect::<Vec<_>>(), ["the job"]);
}
