// SPDX-License-Identifier: MIT

//!     proxy_rs LISTEN_PORT HOST PORT
//!
//! Listens on 127.0.0.1, prints "listening on ADDRESS", and connects each client to HOST PORT. Bytes
//! and ends are passed on in both directions. Who does not read holds the other side back: at most
//! the high-water mark of bytes and one read wait here.

use std::{env, process};

use libloop::net::{ListenEvent, NetEvent};
use libloop::{Error, Loop, Stream};

/// Passes what one side says on to the other.
fn relay(other: Stream) -> impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static {
    move |lp, _side, event| {
        // A stream never comes again under its old handle, so that a call that is too late does
        // nothing. An error is passed on as a reset; without one the other side has had its end.
        let _too_late = match event {
            NetEvent::Data(bytes) => lp.send(other, bytes),
            NetEvent::End(_) => lp.end(other),
            NetEvent::Full => lp.pause(other), // too much waits here: read no more from the other
            NetEvent::Drain => lp.resume(other),
            NetEvent::Closed(Err(_)) => lp.net_reset(other),
            _ => Ok(()),
        };
    }
}

fn join(lp: &Loop, client: Stream, host: &str, port: u16) -> Result<(), Error> {
    // Half-open: one direction may end before the other.
    let server = lp.net().half_open(true).connect(host, port, relay(client))?;
    lp.read_start(server, relay(client))?;
    lp.read_start(client, relay(server))
}

fn fail(what: &str) -> ! {
    eprintln!("proxy: {what}");
    process::exit(1)
}

fn run(port: u16, host: String, target: u16) -> Result<(), Error> {
    let lp = Loop::new()?;
    lp.net().half_open(true).listen("127.0.0.1", port, move |lp, _, event| match event {
        ListenEvent::Open(address) => println!("listening on {address}"),
        ListenEvent::Accepted(client, _) => {
            if let Err(error) = join(lp, client, &host, target) {
                fail(&error.to_string());
            }
        }
        ListenEvent::Closed(Err(error)) => fail(&error.to_string()),
        _ => {} // no descriptor for a connection: it waits
    })?;
    lp.run()?;
    Ok(())
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [port, host, target] = &arguments[..] else {
        fail("usage: proxy_rs LISTEN_PORT HOST PORT")
    };
    let (Ok(port), Ok(target)) = (port.parse(), target.parse()) else { fail("not a port") };
    if let Err(error) = run(port, host.clone(), target) {
        fail(&error.to_string());
    }
}
