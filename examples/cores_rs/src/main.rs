// SPDX-License-Identifier: MIT

//!     cores_rs HOST PORT THREADS
//!
//! An echo server on several cores: one loop on each thread, each with a listener of its own at the
//! same port (reuseport), among which the system shares out the connections. Prints "listening on
//! ADDRESS" when all listen. Each connection is first told the number of its loop.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU16, Ordering};
use std::{env, process};

use libloop::net::{ListenEvent, NetEvent};
use libloop::{Error, Loop, Stream};

fn echo(lp: &Loop, stream: Stream, event: NetEvent<'_>) {
    let _it_has_ended = match event {
        NetEvent::Data(bytes) => lp.send(stream, bytes),
        NetEvent::Full => lp.pause(stream), // it does not read: take no more from it
        NetEvent::Drain => lp.resume(stream),
        _ => Ok(()),
    };
}

/// Listens, and returns the port.
fn serve(lp: &Loop, number: usize, host: &str, port: u16) -> Result<u16, Error> {
    let listener = lp.net().reuseport(true).listen(host, port, move |lp, _, event| {
        if let ListenEvent::Accepted(stream, _) = event {
            let greeting = format!("loop {number}\n");
            let begun = lp.send(stream, greeting.as_bytes());
            let _it_has_ended = begun.and_then(|()| lp.read_start(stream, echo));
        } else if let ListenEvent::Closed(Err(error)) = event {
            fail(&error.to_string());
        }
    })?;
    lp.run_nowait()?;
    Ok(lp.local_address(listener)?.port())
}

fn fail(what: &str) -> ! {
    eprintln!("cores: {what}");
    process::exit(1)
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [host, port, threads] = &arguments[..] else { fail("usage: cores_rs HOST PORT THREADS") };
    let (Ok(port), Ok(threads)) = (port.parse(), threads.parse::<usize>()) else {
        fail("not a number")
    };
    let port = AtomicU16::new(port);
    let (first, all) = (Barrier::new(threads), Barrier::new(threads));
    let done = libloop::run_threads(threads, |lp, number| -> Result<(), Error> {
        if number == 0 {
            port.store(serve(lp, number, host, port.load(Ordering::SeqCst))?, Ordering::SeqCst);
        }
        first.wait(); // the first has found a port
        let port = port.load(Ordering::SeqCst);
        if number > 0 {
            serve(lp, number, host, port)?;
        }
        if all.wait().is_leader() {
            println!("listening on {host}:{port}");
        }
        Ok(())
    });
    if let Err(error) = done {
        fail(&error.to_string());
    }
}
