// SPDX-License-Identifier: MIT

//! Sockets of the programs: each party notes what it hears, and says it at the end.

use std::cell::RefCell;
use std::rc::Rc;

use libloop::net::{ListenEvent, NetEvent};
use libloop::{Error, Listener, Loop, Stream};

use crate::name;

#[derive(Default)]
pub struct Notes {
    heard: Vec<&'static str>,
    in_data: bool,
    pub bytes: usize,
    pub text: Vec<u8>,
    pub stream: Option<Stream>,
    pub listener: Option<Listener>,
    pub port: u16,
}

/// One stream, or a listener. Data that came in several pieces is one "data".
#[derive(Clone)]
pub struct Party {
    name: &'static str,
    notes: Rc<RefCell<Notes>>,
}

impl Party {
    pub fn new(name: &'static str) -> Party {
        Party { name, notes: Rc::default() }
    }

    pub fn heard(&self) -> usize {
        self.notes.borrow().heard.len()
    }

    pub fn bytes(&self) -> usize {
        self.notes.borrow().bytes
    }

    pub fn stream(&self) -> Stream {
        self.notes.borrow().stream.expect("it has a stream")
    }

    pub fn has_stream(&self) -> bool {
        self.notes.borrow().stream.is_some()
    }

    pub fn listener(&self) -> Listener {
        self.notes.borrow().listener.expect("it listens")
    }

    pub fn port(&self) -> u16 {
        self.notes.borrow().port
    }

    pub fn set(&self, stream: Stream) {
        self.notes.borrow_mut().stream = Some(stream);
    }

    fn note(&self, word: &'static str) {
        let mut notes = self.notes.borrow_mut();
        let data = word == "data";
        if !(data && notes.in_data) {
            notes.heard.push(word);
        }
        notes.in_data = data;
    }

    fn came(&self, bytes: &[u8]) {
        let mut notes = self.notes.borrow_mut();
        notes.bytes += bytes.len();
        let room = 31 - notes.text.len();
        notes.text.extend_from_slice(&bytes[..room.min(bytes.len())]);
    }

    /// A callback of a stream; `on` is called after each event.
    pub fn hears(
        &self,
        mut on: impl FnMut(&Loop, &Party, &NetEvent<'_>) + 'static,
    ) -> impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static {
        let party = self.clone();
        move |lp, stream, event| {
            party.set(stream);
            match &event {
                NetEvent::Open(_) => party.note("open"),
                NetEvent::Data(bytes) => {
                    party.came(bytes);
                    party.note("data");
                }
                NetEvent::End(bytes) => {
                    party.came(bytes);
                    party.note("end");
                }
                NetEvent::Full => party.note("full"),
                NetEvent::Drain => party.note("drain"),
                NetEvent::Descriptor(_) => party.note("fd"),
                NetEvent::Closed(result) => party.note(name(result)),
                other => panic!("unexpected {other:?}"),
            }
            on(lp, &party, &event);
        }
    }

    /// A callback of a listener.
    pub fn listens(
        &self,
        mut on_stream: impl FnMut(&Loop, Stream) + 'static,
    ) -> impl FnMut(&Loop, Listener, ListenEvent) + 'static {
        let party = self.clone();
        move |lp, listener, event| {
            party.notes.borrow_mut().listener = Some(listener);
            match event {
                ListenEvent::Open(address) => {
                    party.notes.borrow_mut().port = address.port();
                    party.note("open");
                }
                ListenEvent::Accepted(stream, _) => {
                    party.note("accepted");
                    on_stream(lp, stream);
                }
                ListenEvent::Closed(result) => party.note(name(&result)),
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    /// What came first.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.notes.borrow().text).into_owned()
    }

    /// What was heard last.
    pub fn last(&self) -> &'static str {
        self.notes.borrow().heard.last().copied().unwrap_or_default()
    }

    pub fn say(&self) {
        let notes = self.notes.borrow();
        println!("{}: {}", self.name, notes.heard.join(", "));
        match notes.bytes {
            0 => {}
            1..32 => println!("{} got: {}", self.name, String::from_utf8_lossy(&notes.text)),
            bytes => println!("{} got: {bytes} bytes", self.name),
        }
    }
}

/// What a party does that only notes.
pub fn just_note(_lp: &Loop, _party: &Party, _event: &NetEvent<'_>) {}

/// Runs until a party has heard something.
pub fn run_until_heard(lp: &Loop, party: &Party) -> Result<(), Error> {
    while party.heard() == 0 {
        lp.run_once()?;
    }
    Ok(())
}

/// A listener's: the first connection has this callback, and nobody else is expected.
pub fn take_one(
    listener: &Party,
    callback: impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static,
) -> impl FnMut(&Loop, Stream) + 'static {
    let (listener, mut callback) = (listener.clone(), Some(callback));
    move |lp, stream| {
        let callback = callback.take().expect("nobody else");
        lp.read_start(stream, callback).expect("it is open");
        lp.net_close(listener.listener()).expect("it is open");
    }
}
