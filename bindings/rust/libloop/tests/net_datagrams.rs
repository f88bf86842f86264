// SPDX-License-Identifier: MIT

//! Datagrams: what docs/datagrams.md promises, against sockets of the standard library.

mod common;

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use common::{Folder, Log};
use libloop::net::{Address, DatagramEvent, NetOption};
use libloop::{Code, Datagrams, Error, Loop, Op};

const HERE: &str = "127.0.0.1";

/// One word for an event.
fn word(event: &DatagramEvent<'_>) -> String {
    match event {
        DatagramEvent::Open(_) => "open".into(),
        DatagramEvent::Datagram(datagram) => {
            format!("{} {}", String::from_utf8_lossy(datagram.data()), datagram.len())
        }
        DatagramEvent::Failed(error) => format!("failed {}", error.code().name()),
        DatagramEvent::Full => "full".into(),
        DatagramEvent::Drain => "drain".into(),
        DatagramEvent::Closed(Ok(())) => "closed".into(),
        DatagramEvent::Closed(Err(error)) => error.code().name().into(),
        _ => unreachable!(),
    }
}

fn logs(log: &Log) -> impl FnMut(&Loop, Datagrams, DatagramEvent<'_>) + 'static {
    let log = log.clone();
    move |_lp, _socket, event| log.add(word(&event))
}

/// The same, and closes after so many datagrams.
fn logs_and_closes(
    log: &Log,
    count: usize,
) -> impl FnMut(&Loop, Datagrams, DatagramEvent<'_>) + 'static {
    let (log, mut left) = (log.clone(), count);
    move |lp, socket, event| {
        log.add(word(&event));
        if matches!(event, DatagramEvent::Datagram(_)) {
            left -= 1;
            if left == 0 {
                lp.net_close(socket).unwrap();
            }
        }
    }
}

/// A socket of the loop, open.
fn bound(lp: &Loop) -> (Datagrams, SocketAddr) {
    let socket = lp.net().udp_bind(HERE, 0, |_, _, _| ()).unwrap();
    let at = lp.local_address(socket).unwrap().ip().unwrap();
    (socket, at)
}

fn peer() -> (UdpSocket, SocketAddr) {
    let peer = UdpSocket::bind((HERE, 0)).unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let at = peer.local_addr().unwrap();
    (peer, at)
}

#[test]
fn what_comes_goes_back_to_its_sender() {
    let lp = Loop::new().unwrap();
    let (server, at) = bound(&lp);
    let (peer, own) = peer();
    let said = Rc::new(RefCell::new(Vec::new()));
    let told = Rc::clone(&said);
    lp.receive_start(server, move |lp, server, event| {
        if let DatagramEvent::Datagram(datagram) = event {
            told.borrow_mut().push((datagram.data().to_vec(), datagram.sender().ip()));
            lp.send_to(server, datagram.sender(), datagram.data()).unwrap(); // lent
            lp.send_to(server, datagram.sender().address(), b"copied").unwrap();
            lp.net_close(server).unwrap();
        }
    })
    .unwrap();
    peer.send_to(b"hello", at).unwrap();
    lp.run().unwrap();
    assert_eq!(*said.borrow(), [(b"hello".to_vec(), Some(own))]);
    let mut buf = [0; 64];
    for want in [&b"hello"[..], b"copied"] {
        let (len, from) = peer.recv_from(&mut buf).unwrap();
        assert_eq!((&buf[..len], from), (want, at));
    }
}

#[test]
fn what_is_sent_before_it_is_open_goes_to_its_peer() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (peer, own) = peer();
    let client = lp.net().udp_connect(HERE, own.port(), logs(&log)).unwrap();
    lp.send(client, b"early").unwrap();
    lp.receive_start(client, logs_and_closes(&log, 1)).unwrap();
    while log.len() == 0 {
        lp.run_once().unwrap();
    }
    assert_eq!(lp.peer_address(client).unwrap(), Address::Ip(own));
    let mut buf = [0; 64];
    let (len, from) = peer.recv_from(&mut buf).unwrap();
    assert_eq!(&buf[..len], b"early");
    peer.send_to(b"back", from).unwrap();
    lp.run().unwrap();
    log.expect(&["open", "back 4", "closed"]);
    assert_eq!(lp.send(client, b"x").unwrap_err().code(), Code::BadId);
}

#[test]
fn an_empty_datagram_is_one() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (socket, at) = bound(&lp);
    lp.receive_start(socket, logs_and_closes(&log, 2)).unwrap();
    lp.send_to(socket, at, b"").unwrap();
    let said = log.clone();
    lp.write_to(socket, at, Vec::new(), move |_, sent| {
        said.add(format!("sent {}", sent.unwrap().bytes()));
    })
    .unwrap();
    lp.run().unwrap();
    let mut lines = log.take();
    lines.retain(|line| line != "open");
    lines.sort();
    assert_eq!(lines, [" 0", " 0", "closed", "sent 0"]);
}

#[test]
fn one_that_is_too_long_for_read_size_is_cut_and_its_length_told() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let socket = lp.net().read_size(4).udp_bind(HERE, 0, |_, _, _| ()).unwrap();
    let at = lp.local_address(socket).unwrap();
    lp.receive_start(socket, logs_and_closes(&log, 2)).unwrap();
    lp.send_to(socket, &at, b"long one").unwrap();
    lp.send_to(socket, &at, b"fits").unwrap();
    lp.run().unwrap();
    let mut lines = log.take();
    lines.retain(|line| line != "open");
    assert_eq!(lines, ["long 8", "fits 4", "closed"]);
}

#[test]
fn a_refused_peer_is_told_and_the_socket_goes_on() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (gone, own) = peer();
    drop(gone);
    let client = lp.net().udp_connect(HERE, own.port(), logs(&log)).unwrap();
    lp.receive_start(client, logs(&log)).unwrap();
    lp.send(client, b"is anybody there?").unwrap();
    while log.len() < 2 {
        lp.run_once().unwrap();
    }
    log.expect(&["open", "failed LOOP_ECONNREFUSED"]);
    let again = UdpSocket::bind(own).unwrap();
    lp.send(client, b"now").unwrap();
    lp.net_close(client).unwrap();
    lp.run().unwrap();
    log.expect(&["closed"]);
    let mut buf = [0; 64];
    assert_eq!(again.recv(&mut buf).unwrap(), 3);
}

#[test]
fn an_error_is_that_of_one_datagram() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (socket, at) = bound(&lp);
    lp.receive_start(socket, logs_and_closes(&log, 1)).unwrap();
    lp.send_to(socket, at, &vec![0; 70_000]).unwrap();
    let said = log.clone();
    lp.write_to(socket, at, vec![0; 70_000], move |_, sent| {
        said.add(format!("write {}", sent.unwrap_err().code().name()));
    })
    .unwrap();
    lp.send(socket, b"to nobody").unwrap();
    lp.send_to(socket, at, b"fine").unwrap();
    lp.run().unwrap();
    let mut lines = log.take();
    lines.retain(|line| line != "open");
    lines.sort();
    assert_eq!(
        lines,
        ["closed", "failed LOOP_ENOTCONN", "failed LOOP_ETOOBIG", "fine 4", "write LOOP_ETOOBIG"]
            .map(String::from)
    );
}

#[test]
fn unix_sockets_have_paths_and_abstract_names_or_none() {
    let lp = Loop::new().unwrap();
    let folder = Folder::new();
    let log = Log::default();
    let path = folder.path().join("server");
    let mut hidden = b"\0libloop-rust-".to_vec();
    hidden.extend(std::process::id().to_string().as_bytes());
    let hidden = Path::new(std::ffi::OsStr::from_bytes(&hidden)).to_owned();
    for name in [&path, &hidden] {
        let server = lp.net().unix_dgram_bind(Some(name), |_, _, _| ()).unwrap();
        let senders = log.clone();
        let mut left = 3;
        lp.receive_start(server, move |lp, server, event| {
            if let DatagramEvent::Datagram(datagram) = event {
                let from = datagram.sender();
                let text = String::from_utf8_lossy(datagram.data()).into_owned();
                let answered = lp.send_to(server, from, b"back").map_err(|error| error.code());
                let named = matches!(from.address(), Address::Unix(_));
                senders.add(format!("{text} {named} {answered:?}"));
                left -= 1;
                if left == 0 {
                    lp.net_close(server).unwrap();
                }
            }
        })
        .unwrap();
        let nameless = lp.net().unix_dgram_bind(None, |_, _, _| ()).unwrap();
        lp.send_to(nameless, name.as_path(), b"nameless").unwrap();
        lp.net_close(nameless).unwrap();
        let bare = lp.net().unix_dgram_connect(name, |_, _, _| ()).unwrap();
        lp.send(bare, b"bare").unwrap();
        lp.net_close(bare).unwrap();
        let own = folder.path().join("client");
        let client = lp.net().from_path(&own).unix_dgram_connect(name, |_, _, _| ()).unwrap();
        lp.send(client, b"named").unwrap();
        let back = log.clone();
        lp.receive_start(client, move |lp, client, event| {
            if let DatagramEvent::Datagram(datagram) = event {
                back.add(format!(
                    "{:?} {}",
                    datagram.data(),
                    datagram.sender().address().path().is_some()
                ));
                lp.net_close(client).unwrap();
            }
        })
        .unwrap();
        lp.run().unwrap();
        let mut lines = log.take();
        lines.sort();
        assert_eq!(
            lines,
            [
                "[98, 97, 99, 107] true",
                "bare false Err(Invalid)",
                "named true Ok(())",
                "nameless false Err(Invalid)"
            ]
        );
        assert!(!own.exists() && !path.exists());
    }
}

#[test]
fn a_socket_of_the_program_is_taken_over() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (one, other) = UnixDatagram::pair().unwrap();
    let socket = lp.net().adopt_datagrams(one, logs(&log)).unwrap();
    lp.receive_start(socket, logs_and_closes(&log, 1)).unwrap();
    other.send(b"to it").unwrap();
    lp.send(socket, b"to the other").unwrap();
    lp.run().unwrap();
    log.expect(&["open", "to it 5", "closed"]);
    let mut buf = [0; 64];
    assert_eq!(other.recv(&mut buf).unwrap(), 12);
    let (stream, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let wrong = lp.net().adopt_datagrams(stream, |_, _, _| ()).unwrap_err();
    assert_eq!(wrong.code(), Code::Invalid);
}

#[test]
fn groups_are_joined_and_left() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let group = IpAddr::from(Ipv4Addr::new(239, 255, 41, 7));
    let here = IpAddr::from(Ipv4Addr::LOCALHOST);
    let socket = lp.net().reuseaddr(true).udp_bind("0.0.0.0", 0, |_, _, _| ()).unwrap();
    let port = lp.local_address(socket).unwrap().port();
    for source in [None, Some(here)] {
        lp.net_join(socket, group, source, Some(HERE)).unwrap();
        let twice = lp.net_join(socket, group, source, Some(HERE)).unwrap_err();
        assert!(matches!(twice.code(), Code::AddressInUse | Code::AddressNotAvailable), "{twice}");
        lp.net_leave(socket, group, source, Some(HERE)).unwrap();
        let left = lp.net_leave(socket, group, source, Some(HERE)).unwrap_err();
        let known = source.is_some() && left.code() == Code::Invalid; // Linux, of a source
        assert!(left.code() == Code::AddressNotAvailable || known, "{left}");
    }
    let code = |result: Result<(), Error>| result.unwrap_err().code();
    assert_eq!(code(lp.net_join(socket, here, None, None)), Code::Invalid);
    assert_eq!(code(lp.net_join(socket, group, None, Some("no-such-interface"))), Code::NoDevice);
    assert_eq!(code(lp.net_join(socket, group, None, Some("a\0b"))), Code::Invalid);
    lp.net_join(socket, group, None, Some(HERE)).unwrap();
    lp.receive_start(socket, logs_and_closes(&log, 1)).unwrap();
    let (peer, _) = peer();
    peer.set_multicast_loop_v4(true).unwrap();
    peer.send_to(b"direct", (HERE, port)).unwrap();
    lp.run().unwrap();
    log.expect(&["open", "direct 6", "closed"]);
}

#[test]
fn options_are_set_and_read() {
    let lp = Loop::new().unwrap();
    let (socket, _) = bound(&lp);
    for (option, value) in [
        (NetOption::Broadcast, 1),
        (NetOption::Ttl, 7),
        (NetOption::MulticastTtl, 3),
        (NetOption::MulticastLoop, 0),
    ] {
        lp.net_set(socket, option, value).unwrap();
        assert_eq!(lp.net_get(socket, option).unwrap(), i64::from(value), "{option:?}");
    }
    assert_eq!(lp.net_set(socket, NetOption::Ttl, 256).unwrap_err().code(), Code::Invalid);
    lp.clear(socket).unwrap();
    lp.run().unwrap();
}

#[test]
fn bad_input_is_refused_by_name() {
    let lp = Loop::new().unwrap();
    let nothing = |_: &Loop, _: Datagrams, _: DatagramEvent<'_>| ();
    let code = |result: Result<Datagrams, Error>| result.unwrap_err().code();
    assert_eq!(code(lp.net().udp_bind("a\0b", 0, nothing)), Code::Invalid);
    assert_eq!(code(lp.net().udp_connect(HERE, 0, nothing)), Code::Invalid);
    assert_eq!(code(lp.net().udp_connect("", 5, nothing)), Code::Invalid);
    assert_eq!(code(lp.net().nodelay(true).udp_bind(HERE, 0, nothing)), Code::Invalid);
    assert_eq!(code(lp.net().half_open(true).udp_bind(HERE, 0, nothing)), Code::Invalid);
    assert_eq!(code(lp.net().backlog(5).udp_bind(HERE, 0, nothing)), Code::Invalid);
    assert_eq!(code(lp.net().from(HERE, 5).udp_bind(HERE, 0, nothing)), Code::Invalid);
    assert_eq!(code(lp.net().reuseaddr(true).udp_connect(HERE, 5, nothing)), Code::Invalid);
    assert_eq!(code(lp.net().unix_dgram_connect("", nothing)), Code::Invalid);
    let empty = Some(Path::new(""));
    assert_eq!(code(lp.net().unix_dgram_bind(empty, nothing)), Code::Invalid);
    assert_eq!(code(lp.net().from_path("").unix_dgram_connect("/x", nothing)), Code::Invalid);
    let no_listener = lp.net().reuseaddr(true).listen(HERE, 0, |_, _, _| ()).unwrap_err();
    assert_eq!(no_listener.code(), Code::Invalid);
    let (socket, at) = bound(&lp);
    let long = "x".repeat(200);
    for to in [Path::new(""), Path::new("a\0b"), Path::new(&long)] {
        assert_eq!(lp.send_to(socket, to, b"x").unwrap_err().code(), Code::Invalid);
    }
    assert_eq!(lp.send_to(socket, Address::Unnamed, b"x").unwrap_err().code(), Code::Invalid);
    lp.end(socket).unwrap();
    assert_eq!(lp.send_to(socket, at, b"x").unwrap_err().code(), Code::BrokenPipe);
    lp.clear(socket).unwrap();
    assert_eq!(lp.send_to(socket, at, b"x").unwrap_err().code(), Code::BadId);
    assert_eq!(lp.receive_start(socket, |_, _, _| ()).unwrap_err().code(), Code::BadId);
    lp.run().unwrap();
}

#[test]
fn what_was_queued_is_sent_before_the_close() {
    let lp = Loop::new().unwrap();
    let (peer, to) = peer();
    let (socket, _) = bound(&lp);
    for number in 0..100u8 {
        lp.send_to(socket, to, &[number]).unwrap();
    }
    lp.net_close(socket).unwrap();
    lp.run().unwrap();
    let mut buf = [0; 64];
    for number in 0..100u8 {
        assert_eq!((peer.recv(&mut buf).unwrap(), buf[0]), (1, number));
    }
}

#[test]
fn a_deadline_is_from_datagram_to_datagram() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (socket, _) = bound(&lp);
    let op = Op::new().deadline(Duration::from_millis(1));
    lp.with(op).receive_start(socket, logs(&log)).unwrap();
    lp.run().unwrap();
    assert_eq!(log.take().last().unwrap(), "LOOP_ETIMEDOUT");
}

#[test]
fn many_senders_stay_apart_within_a_batch() {
    let lp = Loop::new().unwrap();
    let (socket, at) = bound(&lp);
    let peers: Vec<_> = (0..8).map(|_| peer()).collect();
    for (number, (peer, _)) in peers.iter().enumerate() {
        peer.send_to(&[number as u8; 5], at).unwrap();
    }
    let want: Vec<SocketAddr> = peers.iter().map(|(_, own)| *own).collect();
    let count = Rc::new(Cell::new(0));
    let seen = Rc::clone(&count);
    lp.receive_start(socket, move |lp, socket, event| {
        if let DatagramEvent::Datagram(datagram) = event {
            let number = usize::from(datagram.data()[0]);
            assert_eq!(datagram.sender().ip(), Some(want[number]));
            assert_eq!(lp.net_queued(socket).unwrap(), 0); // asks the library within the batch
            assert_eq!(datagram.data(), [number as u8; 5]);
            seen.set(seen.get() + 1);
            if seen.get() == 8 {
                lp.net_close(socket).unwrap();
            }
        }
    })
    .unwrap();
    lp.run().unwrap();
    assert_eq!(count.get(), 8);
}
