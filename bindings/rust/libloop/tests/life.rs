// SPDX-License-Identifier: MIT

//! Making, running, stopping, closing and dropping loops.

mod common;

use std::cell::{Cell, RefCell};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use common::{Drops, FAR, Log, WATCHERS, ms, serve_stall};
use libloop::{Backend, Code, Error, Interest, Loop, Mode, Op, Time};

#[test]
fn an_empty_loop_ends_at_once() {
    assert_eq!(Loop::new().unwrap().run().unwrap(), 0);
}

#[test]
fn options_out_of_range_are_refused() {
    for builder in [
        Loop::builder().workers(1025),
        Loop::builder().event_capacity(0),
        Loop::builder().event_capacity(65_537),
        Loop::builder().http_proxy("a\0b"),
    ] {
        assert_eq!(builder.build().unwrap_err().code(), Code::Invalid);
    }
}

#[test]
fn the_backend_can_be_chosen() {
    let lp = Loop::builder().backend(Backend::Poll).build().unwrap();
    assert_eq!(lp.backend_name(), "poll");
    assert_eq!(lp.backend_fd().unwrap_err().code(), Code::NotSupported);
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn a_nested_run_is_refused() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let inner = log.clone();
    lp.set_timeout(Duration::ZERO, move |lp| {
        for run in [Loop::run, Loop::run_once, Loop::run_nowait] {
            inner.add(format!("{:?}", run(lp).unwrap_err().code()));
        }
        inner.add(format!("{:?}", lp.run_for(ms(1)).unwrap_err().code()));
    })
    .unwrap();
    lp.run().unwrap();
    log.expect(&["Nested", "Nested", "Nested", "Nested"]);
}

#[test]
fn stop_ends_the_run_after_the_callback_and_its_ticks() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (now, inner) = (Time::now(), log.clone());
    lp.set_timer_at(now, move |lp| {
        inner.add("timer 1");
        lp.next_tick(inner.say("tick")).unwrap();
        lp.stop().unwrap();
    })
    .unwrap();
    lp.set_timer_at(now, log.say("timer 2")).unwrap();
    lp.set_immediate(log.say("immediate")).unwrap();
    assert_eq!(lp.run().unwrap(), 2);
    log.expect(&["timer 1", "tick"]);
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["timer 2", "immediate"]);
}

#[test]
fn a_stop_before_a_run_ends_that_run_only() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    lp.set_timeout(Duration::ZERO, log.say("timer")).unwrap();
    lp.stop().unwrap();
    assert_eq!(lp.run().unwrap(), 1);
    log.expect(&[]);
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["timer"]);
}

#[test]
fn every_stop_ends_one_run() {
    let lp = Loop::new().unwrap();
    let stops = Rc::new(Cell::new(0));
    let count = Rc::clone(&stops);
    lp.start_idle(move |lp| {
        count.set(count.get() + 1);
        lp.stop().unwrap();
    })
    .unwrap();
    for run in 1..=10 {
        assert_eq!(lp.run().unwrap(), 1);
        assert_eq!(stops.get(), run);
    }
}

#[test]
fn a_stop_in_an_immediate_leaves_the_rest_for_the_next_run() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let inner = log.clone();
    lp.set_immediate(move |lp| {
        inner.add("1");
        lp.stop().unwrap();
    })
    .unwrap();
    lp.set_immediate(log.say("2")).unwrap();
    assert_eq!(lp.run().unwrap(), 1);
    log.expect(&["1"]);
    assert_eq!(lp.backend_timeout().unwrap(), Some(Duration::ZERO));
    lp.run().unwrap();
    log.expect(&["2"]);
}

#[test]
fn run_nowait_does_not_sleep() {
    let lp = Loop::new().unwrap();
    lp.set_timeout(FAR, |_lp| unreachable!()).unwrap();
    assert_eq!(lp.run_nowait().unwrap(), 1);
}

#[test]
fn run_once_sleeps_until_something_happens() {
    let (lp, log, start) = (Loop::new().unwrap(), Log::default(), Time::now());
    lp.set_timeout(ms(2), log.say("timer")).unwrap();
    lp.set_timeout(ms(20), log.say("timer")).unwrap();
    let alive = lp.run_once().unwrap();
    assert!(Time::now() - start >= ms(2));
    // One of the two, unless the machine was so busy that both were due.
    let fired = log.take().len() as u64;
    assert!(fired > 0);
    assert_eq!(alive, 2 - fired);
}

#[test]
fn run_for_ends_in_time() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    lp.set_timeout(ms(1), log.say("in time")).unwrap();
    lp.set_timeout(FAR, |_lp| unreachable!()).unwrap();
    let start = Time::now();
    assert_eq!(lp.run_for(ms(5)).unwrap(), 1);
    assert!(Time::now() - start >= ms(5));
    log.expect(&["in time"]);
    assert_eq!(lp.run_for(Duration::ZERO).unwrap(), 1);
    let busy = lp.start_idle(|_lp| {}).unwrap();
    assert_eq!(lp.run_for(ms(2)).unwrap(), 2);
    lp.clear(busy).unwrap();
}

#[test]
fn alive_counts_what_keeps_the_loop() {
    let lp = Loop::new().unwrap();
    assert_eq!(lp.alive().unwrap(), 0);
    let timer = lp.set_timeout(FAR, |_lp| {}).unwrap();
    assert_eq!(lp.alive().unwrap(), 1);
    lp.set_immediate(|_lp| {}).unwrap();
    assert_eq!(lp.alive().unwrap(), 2);
    lp.next_tick(|_lp| {}).unwrap();
    assert_eq!(lp.alive().unwrap(), 3);
    lp.queue_microtask(|_lp| {}).unwrap();
    assert_eq!(lp.alive().unwrap(), 4);
    lp.remote().post(|_lp| {}).unwrap();
    lp.remote().post(|_lp| {}).unwrap();
    assert_eq!(lp.alive().unwrap(), 6);
    let hold = lp.hold().unwrap();
    assert_eq!(lp.alive().unwrap(), 7);
    lp.unreference(timer).unwrap();
    assert_eq!(lp.alive().unwrap(), 6);
    drop(hold);
    assert_eq!(lp.alive().unwrap(), 5);
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn a_closed_loop_ends_everything_with_canceled() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (fd, _other) = UnixStream::pair().unwrap();
    let end = |name: &'static str| {
        let log = log.clone();
        move |error: &Error| log.add(format!("{name}: {:?}", error.code()))
    };
    let on_error = |name| {
        let end = end(name);
        Op::new().on_error(move |_lp, error| end(&error))
    };
    lp.with(on_error("timeout")).set_timeout(FAR, |_| unreachable!()).unwrap();
    lp.with(on_error("interval")).set_interval(FAR, |_, _| unreachable!()).unwrap();
    lp.with(on_error("idle")).start_idle(|_| unreachable!()).unwrap();
    lp.with(on_error("immediate")).set_immediate(|_| unreachable!()).unwrap();
    let poll = end("poll");
    lp.poll_fd(&fd, Interest::READABLE, Mode::Level, move |_lp, ready| {
        poll(&ready.unwrap_err());
    })
    .unwrap();
    let http = end("http");
    lp.http_get(&serve_stall(), move |_lp, response| http(&response.unwrap_err())).unwrap();
    let hold = lp.hold().unwrap();
    lp.close().unwrap();
    assert_eq!(lp.close().unwrap_err().code(), Code::Closed);
    assert_eq!(lp.set_timeout(FAR, |_| {}).unwrap_err().code(), Code::Closed);
    assert_eq!(lp.set_immediate(|_| {}).unwrap_err().code(), Code::Closed);
    lp.next_tick(log.say("tick")).unwrap();
    lp.queue_microtask(log.say("microtask")).unwrap();
    assert_eq!(lp.remote().post(|_| {}).unwrap_err().code(), Code::Closed);
    assert_eq!(lp.hold().unwrap_err().code(), Code::Closed);
    drop(hold);
    lp.run().unwrap();
    let mut lines = log.take();
    assert_eq!(lines.drain(..3).as_slice(), ["tick", "microtask", "immediate: Canceled"]);
    lines.sort();
    let want = ["http", "idle", "interval", "poll", "timeout"];
    assert_eq!(lines, want.map(|name| format!("{name}: Canceled")));
    drop(lp);
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn posts_accepted_before_close_still_run() {
    let lp = Loop::new().unwrap();
    let (sender, receiver) = mpsc::channel();
    lp.remote().post(move |_lp| sender.send(()).unwrap()).unwrap();
    lp.close().unwrap();
    lp.free().unwrap();
    receiver.try_recv().unwrap();
}

#[test]
fn free_delivers_every_final_event() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let op = || {
        let log = log.clone();
        Op::new().on_error(move |_lp, error| log.add(format!("{:?}", error.code())))
    };
    lp.with(op()).set_timeout(FAR, |_| unreachable!()).unwrap();
    lp.with(op()).start_idle(|_| unreachable!()).unwrap();
    lp.with(op()).set_immediate(|_| unreachable!()).unwrap();
    lp.next_tick(log.say("tick")).unwrap();
    let job = log.clone();
    lp.work(
        "job",
        || Ok::<_, Error>(7),
        move |_lp, result| {
            // Closing comes before a worker takes it, while it runs, or after.
            assert!(matches!(result.map_err(|error| error.code()), Ok(7) | Err(Code::Canceled)));
            job.add("job");
        },
    )
    .unwrap();
    lp.free().unwrap();
    let mut lines = log.take();
    lines.sort();
    assert_eq!(lines, ["Canceled", "Canceled", "Canceled", "job", "tick"]);
}

#[test]
fn a_loop_may_be_freed_with_a_batch_half_delivered() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let now = Time::now();
    lp.set_timer_at(now, |lp| lp.stop().unwrap()).unwrap();
    lp.set_timer_at(now, log.say("second")).unwrap();
    assert_eq!(lp.run().unwrap(), 1);
    lp.free().unwrap();
    log.expect(&["second"]);
}

/// Everything that can be alive, each with a token in every closure; returns how many tokens.
fn fill(lp: &Loop, drops: &Drops, fd: &UnixStream, url: &str) -> usize {
    let mut tokens = 0;
    let mut token = || {
        tokens += 1;
        drops.token()
    };
    let (a, b, c) = (token(), token(), token());
    let op = Op::new()
        .on_error(move |_, _| {
            a.touch();
            unreachable!()
        })
        .on_final(move |_, _| {
            b.touch();
            unreachable!()
        });
    lp.with(op)
        .set_timeout(FAR, move |_| {
            c.touch();
            unreachable!()
        })
        .unwrap();
    let t = token();
    lp.set_interval(FAR, move |_, _| t.touch()).unwrap();
    for start in WATCHERS {
        let t = token();
        start(lp, Box::new(move |_| t.touch()));
    }
    let t = token();
    lp.set_immediate(move |_| t.touch()).unwrap();
    let t = token();
    lp.next_tick(move |_| t.touch()).unwrap();
    let t = token();
    lp.queue_microtask(move |_| t.touch()).unwrap();
    let t = token();
    lp.remote().post(move |_| t.touch()).unwrap();
    let t = token();
    lp.poll_fd(fd, Interest::READABLE, Mode::Level, move |_, _| t.touch()).unwrap();
    let t = token();
    lp.http_get(url, move |_, _| t.touch()).unwrap();
    let t = token();
    let request = libloop::Request::new("POST", url).body(vec![7; 100_000]);
    lp.http_stream(request, move |_, _| t.touch()).unwrap();
    let (t, d) = (token(), token());
    let job = move || {
        t.touch();
        Ok::<_, Error>(t)
    };
    lp.work("job", job, move |_, _| d.touch()).unwrap();
    let t = token();
    let cleared = lp.set_timeout(FAR, move |_| t.touch()).unwrap();
    lp.clear(cleared).unwrap();
    tokens
}

type Fill = fn(&Loop, &Drops, &UnixStream, &str) -> usize;

#[test]
fn dropping_a_loop_drops_every_closure_once() {
    let url = serve_stall();
    let prepare: [fn(&Loop); 4] = [
        |_| {},
        |lp| {
            // Some are submitted, some are under way, some in a batch that was left.
            lp.set_timeout(Duration::ZERO, |lp| lp.stop().unwrap()).unwrap();
            lp.run().unwrap();
        },
        |lp| lp.close().unwrap(),
        |lp| {
            lp.run_nowait().unwrap();
        },
    ];
    let fill: Fill = fill;
    for (number, prepare) in prepare.iter().enumerate() {
        let drops = Drops::default();
        let (fd, _other) = UnixStream::pair().unwrap();
        let lp = Loop::new().unwrap();
        let mut tokens = 0;
        // Callbacks may run in the last case: on_error and on_final must not.
        tokens += fill(&lp, &drops, &fd, &url);
        prepare(&lp);
        drop(lp);
        assert_eq!(drops.count(), tokens, "case {number}");
    }
}

#[test]
fn dropping_waits_for_a_running_job() {
    let drops = Drops::default();
    let lp = Loop::new().unwrap();
    let (started, is_started) = mpsc::channel();
    // The gate opens when the timer's closure, which holds the sender, is dropped.
    let (gate, opened) = mpsc::channel::<()>();
    let (job, done, result) = (drops.token(), drops.token(), drops.token());
    lp.set_timeout(FAR, move |_lp| drop(gate)).unwrap();
    lp.work(
        "gate",
        move || {
            started.send(()).unwrap();
            opened.recv().unwrap_err();
            job.touch();
            Ok::<_, Error>(result)
        },
        move |_lp, _result| {
            done.touch();
            unreachable!()
        },
    )
    .unwrap();
    lp.run_nowait().unwrap();
    is_started.recv().unwrap();
    drop(lp);
    assert_eq!(drops.count(), 3);
}

#[test]
fn a_job_that_outlives_the_wait_makes_free_say_busy() {
    let lp = Loop::builder().free_wait(Some(Duration::ZERO)).build().unwrap();
    let drops = Drops::default();
    let (started, is_started) = mpsc::channel();
    let (gate, opened) = mpsc::channel::<()>();
    let (finished, is_finished) = mpsc::channel();
    let (timer, done) = (drops.token(), drops.token());
    lp.set_timeout(FAR, move |_lp| timer.touch()).unwrap();
    lp.work(
        "gate",
        move || {
            started.send(()).unwrap();
            opened.recv().unwrap();
            finished.send(()).unwrap();
            Ok::<_, Error>(())
        },
        move |_lp, _result| done.touch(),
    )
    .unwrap();
    lp.run_nowait().unwrap();
    is_started.recv().unwrap();
    assert_eq!(lp.free().unwrap_err().code(), Code::Busy);
    assert_eq!(drops.count(), 2);
    // The job still has all that it uses.
    gate.send(()).unwrap();
    is_finished.recv().unwrap();
}

#[test]
fn a_loop_can_live_in_its_own_callbacks() {
    let lp = Rc::new(RefCell::new(None));
    let drops = Drops::default();
    *lp.borrow_mut() = Some(Loop::new().unwrap());
    let (inner, token) = (Rc::clone(&lp), drops.token());
    lp.borrow()
        .as_ref()
        .unwrap()
        .set_timeout(Duration::ZERO, move |lp| {
            token.touch();
            assert_eq!(inner.borrow().as_ref().unwrap().alive().unwrap(), 0);
            assert_eq!(lp.alive().unwrap(), 0);
        })
        .unwrap();
    lp.borrow().as_ref().unwrap().run().unwrap();
    assert_eq!(drops.count(), 1);
    lp.borrow_mut().take();
}

#[test]
fn a_closure_that_is_dropped_may_use_the_loop() {
    struct Bomb(Rc<Loop>);
    impl Drop for Bomb {
        fn drop(&mut self) {
            self.0.next_tick(|_lp| {}).unwrap();
            assert_eq!(self.0.alive().unwrap(), 1);
        }
    }
    let lp = Rc::new(Loop::new().unwrap());
    let bomb = Bomb(Rc::clone(&lp));
    let timer = lp.set_timeout(FAR, move |_lp| drop(bomb)).unwrap();
    lp.clear(timer).unwrap();
    let bomb = Bomb(Rc::clone(&lp));
    let immediate = lp.set_immediate(move |_lp| drop(bomb)).unwrap();
    lp.run_nowait().unwrap();
    assert_eq!(lp.clear(immediate).unwrap_err().code(), Code::BadId);
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(Rc::strong_count(&lp), 1);
}

#[test]
fn two_loops_run_on_two_threads() {
    let run = || {
        let lp = Loop::new().unwrap();
        let count = Rc::new(Cell::new(0));
        for _ in 0..100 {
            let count = Rc::clone(&count);
            lp.work(
                "job",
                || Ok::<_, Error>(1),
                move |lp, one| {
                    let count = Rc::clone(&count);
                    lp.set_timeout(ms(1), move |_lp| count.set(count.get() + one.unwrap()))
                        .unwrap();
                },
            )
            .unwrap();
        }
        lp.run().unwrap();
        count.get()
    };
    let threads = [thread::spawn(run), thread::spawn(run)];
    assert_eq!(threads.map(|thread| thread.join().unwrap()), [100, 100]);
}

#[test]
fn two_loops_run_on_one_thread() {
    let log = Log::default();
    let (outer, inner) = (Loop::new().unwrap(), Loop::new().unwrap());
    inner.set_timeout(Duration::ZERO, log.say("inner")).unwrap();
    let after = log.clone();
    outer
        .set_timeout(Duration::ZERO, move |_lp| {
            inner.run().unwrap();
            after.add("outer");
        })
        .unwrap();
    outer.run().unwrap();
    log.expect(&["inner", "outer"]);
}

#[test]
fn another_loop_can_embed_this_one() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    if lp.backend_name() == "poll" {
        return; // it has no descriptor to embed
    }
    assert_eq!(lp.backend_timeout().unwrap(), None);
    lp.set_timeout(FAR, |_lp| {}).unwrap();
    assert!(lp.backend_timeout().unwrap().is_some_and(|timeout| timeout > ms(1000)));
    lp.set_timeout(Duration::ZERO, log.say("timer")).unwrap();
    assert_eq!(lp.backend_timeout().unwrap(), Some(Duration::ZERO));
    lp.run_nowait().unwrap();
    log.expect(&["timer"]);
    let outer = Loop::new().unwrap();
    let remote = lp.remote();
    let (sent, arrived) = mpsc::channel();
    let poster = thread::spawn(move || remote.post(move |_lp| sent.send(()).unwrap()));
    let embedded = Rc::new(lp);
    let inner = Rc::clone(&embedded);
    outer
        .poll_fd(&embedded.backend_fd().unwrap(), Interest::READABLE, Mode::Level, move |lp, _| {
            inner.run_nowait().unwrap();
            if arrived.try_recv().is_ok() {
                lp.stop().unwrap();
            }
        })
        .unwrap();
    // A post before the inner loop slept has not written its descriptor: ask once.
    embedded.backend_timeout().unwrap();
    poster.join().unwrap().unwrap();
    let inner = Rc::clone(&embedded);
    outer.set_interval(ms(5), move |_lp, _| drop(inner.backend_timeout())).unwrap();
    outer.run().unwrap();
}
