// SPDX-License-Identifier: MIT

//! What other threads do to a loop.

mod common;

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use common::{Drops, FAR};
use libloop::{Code, Loop};

thread_local! {
    /// What arrived on this loop thread from each poster.
    static ARRIVED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

#[test]
fn posts_of_eight_threads_arrive_once_and_in_order() {
    const THREADS: usize = 8;
    const POSTS: usize = 10_000;
    let lp = Loop::new().unwrap();
    ARRIVED.set(vec![0; THREADS]);
    let threads: Vec<_> = (0..THREADS)
        .map(|poster| {
            let (remote, hold) = (lp.remote(), lp.hold().unwrap());
            thread::spawn(move || {
                for number in 0..POSTS {
                    remote
                        .post(move |_lp| {
                            ARRIVED.with_borrow_mut(|arrived| {
                                assert_eq!(arrived[poster], number);
                                arrived[poster] += 1;
                            });
                        })
                        .unwrap();
                }
                drop(hold);
            })
        })
        .collect();
    assert_eq!(lp.run().unwrap(), 0);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    ARRIVED.with_borrow(|arrived| assert_eq!(*arrived, [POSTS; THREADS]));
}

#[test]
fn a_post_wakes_a_sleeping_loop() {
    let lp = Loop::new().unwrap();
    let (remote, hold) = (lp.remote(), lp.hold().unwrap());
    let (here, main) = (thread::current().id(), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&main);
    // The loop has nothing else: it sleeps, or is about to.
    let poster = thread::spawn(move || {
        remote
            .post(move |_lp| {
                assert_eq!(thread::current().id(), here);
                seen.fetch_add(1, Ordering::SeqCst);
                drop(hold);
            })
            .unwrap();
    });
    assert_eq!(lp.run().unwrap(), 0);
    poster.join().unwrap();
    assert_eq!(main.load(Ordering::SeqCst), 1);
}

#[test]
fn stop_from_another_thread_ends_a_sleep() {
    let lp = Loop::new().unwrap();
    lp.set_timeout(FAR, |_lp| unreachable!()).unwrap();
    for _ in 0..50 {
        let remote = lp.remote();
        let stopper = thread::spawn(move || remote.stop().unwrap());
        assert_eq!(lp.run().unwrap(), 1);
        stopper.join().unwrap();
    }
}

#[test]
fn wake_makes_a_sleeping_loop_begin_another_pass() {
    let lp = Loop::new().unwrap();
    lp.set_timeout(FAR, |_lp| unreachable!()).unwrap();
    let (passed, pass) = mpsc::channel();
    lp.start_prepare(move |_lp| {
        let _ = passed.send(());
    })
    .unwrap();
    let remote = lp.remote();
    let waker = thread::spawn(move || {
        for _ in 0..20 {
            pass.recv().unwrap();
            remote.wake().unwrap();
        }
        remote.stop().unwrap();
    });
    lp.run().unwrap();
    waker.join().unwrap();
}

#[test]
fn a_remote_of_a_loop_that_is_gone_says_closed() {
    let lp = Loop::new().unwrap();
    let (remote, hold) = (lp.remote(), lp.hold().unwrap());
    drop(lp);
    let drops = Drops::default();
    let token = drops.token();
    assert_eq!(remote.post(move |_lp| token.touch()).unwrap_err().code(), Code::Closed);
    assert_eq!(drops.count(), 1);
    assert_eq!(remote.wake().unwrap_err().code(), Code::Closed);
    assert_eq!(remote.stop().unwrap_err().code(), Code::Closed);
    assert_eq!(remote.hold().unwrap_err().code(), Code::Closed);
    assert_eq!(remote.close().unwrap_err().code(), Code::Closed);
    drop(hold);
    // The memory of the old loop may be the new one's: the old remote must not reach it.
    let (new, log) = (Loop::new().unwrap(), common::Log::default());
    assert_eq!(remote.stop().unwrap_err().code(), Code::Closed);
    new.set_timeout(Duration::ZERO, log.say("not stopped")).unwrap();
    assert_eq!(new.run().unwrap(), 0);
    log.expect(&["not stopped"]);
}

#[test]
fn posts_race_with_the_end_of_the_loop() {
    for _ in 0..50 {
        let (lp, drops) = (Loop::new().unwrap(), Arc::new(Drops::default()));
        let posters: Vec<_> = (0..2)
            .map(|_| {
                let (remote, drops) = (lp.remote(), Arc::clone(&drops));
                thread::spawn(move || {
                    let mut posts = 0;
                    loop {
                        let token = drops.token();
                        posts += 1;
                        if remote.post(move |_lp| token.touch()).is_err() {
                            return posts;
                        }
                    }
                })
            })
            .collect();
        lp.run_once().unwrap();
        drop(lp);
        let posts: usize = posters.into_iter().map(|poster| poster.join().unwrap()).sum();
        assert_eq!(drops.count(), posts, "every closure is dropped once");
    }
}

#[test]
fn posts_beyond_the_limit_are_refused() {
    let lp = Loop::builder().post_limit(3).build().unwrap();
    let remote = lp.remote();
    for _ in 0..3 {
        remote.post(|_lp| {}).unwrap();
    }
    assert_eq!(remote.post(|_lp| unreachable!()).unwrap_err().code(), Code::Full);
    lp.run().unwrap();
    remote.post(|_lp| {}).unwrap();
    lp.run().unwrap();
}

#[test]
fn close_from_another_thread_ends_the_run() {
    let (lp, log) = (Loop::new().unwrap(), common::Log::default());
    let inner = log.clone();
    let op = libloop::Op::new().on_error(move |_lp, error| inner.add(error.code().name()));
    lp.with(op).set_timeout(FAR, |_lp| unreachable!()).unwrap();
    let remote = lp.remote();
    let closer = thread::spawn(move || remote.close().unwrap());
    lp.run().unwrap();
    closer.join().unwrap();
    log.expect(&["LOOP_ECANCELED"]);
}

#[test]
fn a_hold_may_be_dropped_on_another_thread() {
    let lp = Loop::new().unwrap();
    let hold = lp.remote().hold().unwrap();
    let dropper = thread::spawn(move || drop(hold));
    assert_eq!(lp.run().unwrap(), 0);
    dropper.join().unwrap();
}
