// SPDX-License-Identifier: MIT

//! Threads with a loop each.

use std::io::Read;
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Barrier, Mutex};

use libloop::net::ListenEvent;
use libloop::{Code, Error, Loop, Remote, run_threads};

/// Keeps a loop running until it is stopped.
fn wait_for_ever(lp: &Loop) {
    std::mem::forget(lp.remote().hold().expect("a hold"));
}

#[test]
fn each_thread_has_a_loop_and_a_number() {
    let numbers = Mutex::new(Vec::new());
    run_threads(3, |lp, number| {
        numbers.lock().expect("no panic").push(number);
        lp.set_immediate(|_lp| ()).map(drop)
    })
    .expect("all end well");
    let mut numbers = numbers.into_inner().expect("no panic");
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2]);
    run_threads(0, |_lp, _number| Err(Error::from(Code::Invalid))).expect("nothing to do");
}

#[test]
fn the_others_are_stopped_when_one_fails() {
    let failed = run_threads(3, |lp, number| {
        if number == 1 {
            return Err(Error::from(Code::Busy));
        }
        wait_for_ever(lp);
        Ok(())
    });
    assert_eq!(failed.expect_err("one has failed").code(), Code::Busy);
}

#[test]
fn the_others_are_stopped_when_a_callback_panics() {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        run_threads(2, |lp, number| -> Result<(), Error> {
            wait_for_ever(lp);
            if number == 0 {
                lp.set_immediate(|_lp| panic!("not today"))?;
            }
            Ok(())
        })
    }));
    let payload = caught.expect_err("a panic");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"not today"));
}

/// Listens at a port together with others; each connection is told the number of its loop.
fn serve(lp: &Loop, number: usize, port: u16) -> Result<u16, Error> {
    let listener = lp.net().reuseport(true).listen("127.0.0.1", port, move |lp, _, event| {
        if let ListenEvent::Accepted(stream, _) = event {
            lp.send(stream, &[number as u8]).expect("it is open");
            lp.net_close(stream).expect("it is open");
        }
    })?;
    lp.run_nowait()?;
    Ok(lp.local_address(listener)?.port())
}

#[test]
fn loops_on_several_threads_share_a_port() {
    const LOOPS: usize = 3;
    let (port, remotes) = (AtomicU16::new(0), Mutex::new(Vec::new()));
    let (first, all) = (Barrier::new(LOOPS), Barrier::new(LOOPS + 1));
    let (port, remotes, first, all) = (&port, &remotes, &first, &all);
    std::thread::scope(|scope| {
        let seen = scope.spawn(move || {
            all.wait();
            let mut seen = [false; LOOPS];
            // The system chooses by a hash: that one of 3 gets none of 200 has a chance of 3 x (2/3)^200.
            for _ in 0..200 {
                let address = ("127.0.0.1", port.load(Ordering::SeqCst));
                let mut byte = [0];
                let mut client = TcpStream::connect(address).expect("a connection");
                client.read_exact(&mut byte).expect("a number");
                seen[usize::from(byte[0])] = true;
            }
            for remote in remotes.lock().expect("no panic").iter() {
                Remote::stop(remote).expect("it runs");
            }
            seen
        });
        run_threads(LOOPS, |lp, number| {
            remotes.lock().expect("no panic").push(lp.remote());
            if number == 0 {
                port.store(serve(lp, number, 0)?, Ordering::SeqCst);
            }
            first.wait();
            if number > 0 {
                serve(lp, number, port.load(Ordering::SeqCst))?;
            }
            all.wait();
            Ok::<(), Error>(())
        })
        .expect("all end well");
        assert_eq!(seen.join().expect("no panic"), [true; LOOPS]);
    });
}
