// SPDX-License-Identifier: MIT

//!     chat_rs serve HOST PORT
//!     chat_rs join HOST PORT NAME
//!
//! A chat of lines. The server prints "listening on ADDRESS" and passes each line on to everyone but
//! who sent it. Who joins sends the lines of standard input as "NAME: text", prints those of the
//! others, and leaves at the end of the input, or when the server goes.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::{env, process};

use libloop::net::{ListenEvent, NetEvent};
use libloop::{Error, Interest, Loop, Mode, Stream};

const LINE: usize = 4096; // bytes of a line at most; longer ones are passed on in parts
const BACKLOG: u64 = 1 << 20; // bytes that may wait for one who does not read

/// Whole lines of what comes in pieces.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn split(&mut self, data: &[u8], mut what: impl FnMut(&[u8])) {
        for &byte in data {
            self.0.push(byte);
            if byte != b'\n' && self.0.len() == LINE - 1 {
                self.0.push(b'\n');
            }
            if self.0.ends_with(b"\n") {
                what(&self.0);
                self.0.clear();
            }
        }
    }
}

fn fail(what: &str) -> ! {
    eprintln!("chat: {what}");
    process::exit(1)
}

type Guests = Rc<RefCell<Vec<Stream>>>;

fn pass_on(lp: &Loop, guests: &Guests, from: Stream, line: &[u8]) {
    for &guest in guests.borrow().iter().filter(|&&guest| guest != from) {
        let sent = lp.send(guest, line);
        if sent.is_ok() && lp.net_queued(guest).is_ok_and(|queued| queued > BACKLOG) {
            let _it_has_ended = lp.net_reset(guest); // it does not read
        }
    }
}

fn welcome(lp: &Loop, guests: &Guests, guest: Stream) -> Result<(), Error> {
    let (all, mut lines) = (guests.clone(), Lines::default());
    guests.borrow_mut().push(guest);
    lp.read_start(guest, move |lp, guest, event| match event {
        NetEvent::Data(data) => lines.split(data, |line| pass_on(lp, &all, guest, line)),
        NetEvent::Closed(_) => all.borrow_mut().retain(|&other| other != guest),
        _ => {}
    })
}

fn serve(lp: &Loop, host: &str, port: u16) -> Result<(), Error> {
    let guests = Guests::default();
    lp.net().listen(host, port, move |lp, _, event| match event {
        ListenEvent::Open(address) => println!("listening on {address}"),
        ListenEvent::Accepted(guest, _) => {
            let _it_has_ended = welcome(lp, &guests, guest);
        }
        ListenEvent::Closed(Err(error)) => fail(&error.to_string()),
        _ => {}
    })?;
    Ok(())
}

fn join(lp: &Loop, host: &str, port: u16, name: String) -> Result<(), Error> {
    let mut heard = Lines::default();
    let server = lp.net().connect(host, port, |_, _, _| ())?;
    lp.read_start(server, move |lp, _, event| match event {
        NetEvent::Data(data) => heard.split(data, |line| {
            let mut out = io::stdout();
            if out.write_all(line).and_then(|()| out.flush()).is_err() {
                fail("cannot write");
            }
        }),
        NetEvent::Closed(Ok(())) => {
            let _it_ends_anyway = lp.remote().stop(); // the server has ended, or we have
        }
        NetEvent::Closed(Err(error)) => fail(&error.to_string()),
        _ => {}
    })?;
    let keys = io::stdin().as_fd().try_clone_to_owned().unwrap_or_else(|_| fail("no input"));
    let mut keys = File::from(keys); // without a buffer of its own
    let mut typed = Lines::default();
    let poll = Rc::new(Cell::new(None));
    let own = poll.clone();
    let made = lp.poll_fd(&io::stdin(), Interest::READABLE, Mode::Level, move |lp, _ready| {
        let mut data = [0; LINE];
        let count = keys.read(&mut data);
        let say = |line: &[u8]| {
            let _it_is_gone = lp.send(server, &[name.as_bytes(), b": ", line].concat());
        };
        match count {
            Ok(0) => {
                if !typed.0.is_empty() {
                    typed.split(b"\n", say); // the last line has no newline
                }
                own.take().map(|poll| lp.clear(poll));
                // What others say until the server answers that is still heard.
                let _it_is_gone = lp.end(server);
            }
            Ok(count) => typed.split(&data[..count], say),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => fail("cannot read"),
        }
    })?;
    poll.set(Some(made));
    Ok(())
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let port = |text: &str| text.parse().unwrap_or_else(|_| fail("not a port"));
    let lp = Loop::new().unwrap_or_else(|error| fail(&error.to_string()));
    let begun = match &arguments[..] {
        [what, host, at] if what == "serve" => serve(&lp, host, port(at)),
        [what, host, at, name] if what == "join" => join(&lp, host, port(at), name.clone()),
        _ => fail("usage: chat_rs serve HOST PORT | chat_rs join HOST PORT NAME"),
    };
    if let Err(error) = begun.and_then(|()| lp.run()) {
        fail(&error.to_string());
    }
}
