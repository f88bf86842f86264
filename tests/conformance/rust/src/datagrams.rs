// SPDX-License-Identifier: MIT

//! Datagrams over UDP and Unix sockets: each socket says at once what it hears.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;

use libloop::net::{Address, Datagram, DatagramEvent};
use libloop::{Datagrams, Error, Loop};

use crate::sockets::in_a_folder;
use crate::{Outcome, Programs, name};

pub const PROGRAMS: Programs = &[
    ("net_dgram_echo", echo),
    ("net_dgram_truncated", truncated),
    ("net_dgram_refused", refused),
    ("net_unix_dgram", unix),
];

const HOST: &str = "127.0.0.1";

/// A socket for datagrams.
#[derive(Clone)]
struct Ear {
    name: &'static str,
    /// As the event told it.
    at: Rc<RefCell<Option<Address>>>,
    /// Datagrams and errors that came.
    count: Rc<Cell<usize>>,
}

impl Ear {
    fn new(name: &'static str) -> Ear {
        Ear { name, at: Rc::default(), count: Rc::default() }
    }

    /// A callback; `on` is called after each datagram.
    fn hears(
        &self,
        mut on: impl FnMut(&Loop, Datagrams, &Ear, Datagram<'_>) + 'static,
    ) -> impl FnMut(&Loop, Datagrams, DatagramEvent<'_>) + 'static {
        let ear = self.clone();
        move |lp, socket, event| match event {
            DatagramEvent::Open(address) => {
                println!("{}: open", ear.name);
                *ear.at.borrow_mut() = Some(address);
            }
            DatagramEvent::Datagram(datagram) => {
                let (data, len) = (datagram.data(), datagram.len());
                let text = String::from_utf8_lossy(data);
                println!("{}: \"{text}\", {} of {len} bytes", ear.name, data.len());
                ear.count.set(ear.count.get() + 1);
                on(lp, socket, &ear, datagram);
            }
            DatagramEvent::Failed(error) => {
                println!("{}: {}, and goes on", ear.name, error.code().name());
                ear.count.set(ear.count.get() + 1);
            }
            DatagramEvent::Closed(result) => println!("{}: ended with {}", ear.name, name(&result)),
            other => panic!("unexpected {other:?}"),
        }
    }

    /// Where it is, or whom it is connected to.
    fn at(&self) -> Address {
        self.at.borrow().clone().expect("it is open")
    }

    fn port(&self) -> u16 {
        self.at().ip().expect("it is a UDP socket").port()
    }

    /// Runs until it is open.
    fn run_until_open(&self, lp: &Loop) -> Result<(), Error> {
        while self.at.borrow().is_none() {
            lp.run_once()?;
        }
        Ok(())
    }

    /// Runs until so many datagrams and errors have come.
    fn run_until(&self, lp: &Loop, count: usize) -> Result<(), Error> {
        while self.count.get() < count {
            lp.run_once()?;
        }
        Ok(())
    }
}

fn just_say(_lp: &Loop, _socket: Datagrams, _ear: &Ear, _datagram: Datagram<'_>) {}

/// Binds a UDP socket, runs until it is open and has it receive.
fn bind_at(
    lp: &Loop,
    ear: &Ear,
    port: u16,
    read_size: u32,
    on: impl FnMut(&Loop, Datagrams, &Ear, Datagram<'_>) + 'static,
) -> Result<Datagrams, Error> {
    let net = lp.net().read_size(read_size);
    let socket = net.udp_bind(HOST, port, ear.hears(just_say))?;
    ear.run_until_open(lp)?;
    lp.receive_start(socket, ear.hears(on))?;
    Ok(socket)
}

fn yes(fact: bool) -> &'static str {
    if fact { "yes" } else { "no" }
}

fn echo() -> Outcome {
    let lp = Loop::new()?;
    let (server_ear, client_ear) = (Ear::new("server"), Ear::new("client"));
    let asks: Rc<Cell<Option<Datagrams>>> = Rc::default();
    let client_of = asks.clone();
    let server = bind_at(&lp, &server_ear, 0, 65_536, move |lp, server, _, datagram| {
        let client = client_of.get().expect("it has sent this");
        let own = lp.local_address(client).expect("it is open");
        println!("from the client: {}", yes(datagram.sender().address() == own));
        let answer = datagram.data().to_ascii_uppercase();
        lp.send_to(server, datagram.sender(), &answer).expect("it is open");
    })?;
    let at = server_ear.at();
    let on_answer = move |lp: &Loop, client: Datagrams, ear: &Ear, datagram: Datagram<'_>| {
        println!("from the server: {}", yes(datagram.sender().address() == at));
        match ear.count.get() {
            1 => lp.send(client, b"").expect("it is open"),
            2 => lp.send(client, b"last").expect("it is open"),
            _ => {
                lp.net_close(client).expect("it is open");
                lp.net_close(server).expect("it is open");
            }
        }
    };
    let client = lp.net().udp_connect(HOST, server_ear.port(), |_, _, _| ())?;
    lp.receive_start(client, client_ear.hears(on_answer))?;
    asks.set(Some(client));
    lp.send(client, b"hello")?;
    lp.run()?;
    Ok(())
}

fn truncated() -> Outcome {
    let lp = Loop::new()?;
    let ear = Ear::new("ear");
    let socket = bind_at(&lp, &ear, 0, 4, just_say)?;
    for data in [&b"abcdefgh"[..], b"four", b"", b"fives"] {
        lp.send_to(socket, &ear.at(), data)?;
    }
    ear.run_until(&lp, 4)?;
    lp.net_close(socket)?;
    lp.run()?;
    Ok(())
}

fn refused() -> Outcome {
    let lp = Loop::new()?;
    let (gone, ear, client_ear) = (Ear::new("gone"), Ear::new("server"), Ear::new("client"));
    let socket = bind_at(&lp, &gone, 0, 65_536, just_say)?;
    lp.net_close(socket)?;
    lp.run()?;
    let client = lp.net().udp_connect(HOST, gone.port(), |_, _, _| ())?;
    lp.receive_start(client, client_ear.hears(just_say))?;
    lp.send(client, b"anybody?")?;
    client_ear.run_until(&lp, 1)?;
    let server = bind_at(&lp, &ear, gone.port(), 65_536, just_say)?;
    lp.send(client, b"now?")?;
    ear.run_until(&lp, 1)?;
    lp.net_close(client)?;
    lp.run_once()?;
    lp.net_close(server)?;
    lp.run()?;
    Ok(())
}

fn say_sender(_lp: &Loop, _socket: Datagrams, _ear: &Ear, datagram: Datagram<'_>) {
    println!("from {}", datagram.sender());
}

fn say_path(path: &str) {
    println!("{path}: {}", if Path::new(path).exists() { "there" } else { "gone" });
}

fn unix() -> Outcome {
    in_a_folder(|| {
        let lp = Loop::new()?;
        let (ear, second) = (Ear::new("server"), Ear::new("second"));
        let (client_ear, nameless_ear) = (Ear::new("client"), Ear::new("nameless"));
        let path = Path::new("server.sock");
        let server = lp.net().unix_dgram_bind(Some(path), ear.hears(say_sender))?;
        lp.receive_start(server, ear.hears(say_sender))?;
        ear.run_until_open(&lp)?;
        lp.net().unix_dgram_bind(Some(path), second.hears(just_say))?;
        lp.run_once()?;
        let net = lp.net().from_path("client.sock");
        let client = net.unix_dgram_connect(path, |_, _, _| ())?;
        lp.receive_start(client, client_ear.hears(say_sender))?;
        lp.send(client, b"hello")?;
        ear.run_until(&lp, 1)?;
        lp.send_to(server, Path::new("client.sock"), b"answer")?;
        client_ear.run_until(&lp, 1)?;
        let nameless = lp.net().unix_dgram_connect(path, nameless_ear.hears(just_say))?;
        lp.send(nameless, b"who?")?;
        ear.run_until(&lp, 2)?;
        lp.clear(nameless)?;
        say_path("server.sock");
        lp.net_close(server)?;
        lp.run_once()?;
        say_path("server.sock");
        lp.send(client, b"late")?;
        client_ear.run_until(&lp, 2)?;
        lp.net_close(client)?;
        lp.run()?;
        say_path("client.sock");
        Ok(())
    })
}
