// SPDX-License-Identifier: MIT

//! The first calls of a process may come from many threads at once. This file has one test, because
//! a process has only one first call.

mod common;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Barrier};
use std::thread;

use common::ms;
use libloop::{Error, Loop};

const THREADS: usize = 64;

#[test]
fn sixty_four_threads_make_their_first_call_at_once() {
    let together = Arc::new(Barrier::new(THREADS));
    let run = |together: Arc<Barrier>| {
        together.wait();
        let lp = Loop::new().unwrap();
        let count = Rc::new(Cell::new(0));
        let add = |by: i32| {
            let count = Rc::clone(&count);
            move || count.set(count.get() + by)
        };
        let (timer, job) = (add(1), add(10));
        lp.set_timeout(ms(1), move |_| timer()).unwrap();
        lp.work(
            "job",
            || Ok::<_, Error>(()),
            move |_, result| {
                result.unwrap();
                job();
            },
        )
        .unwrap();
        lp.remote().post(|_| {}).unwrap();
        assert_eq!(lp.run().unwrap(), 0);
        lp.free().unwrap();
        count.get()
    };
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let together = Arc::clone(&together);
            thread::spawn(move || run(together))
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), 11);
    }
}
