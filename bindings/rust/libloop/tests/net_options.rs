// SPDX-License-Identifier: MIT

//! Options of TCP and Unix sockets, and where they listen: docs/sockets.md.

mod common;

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixStream};
use std::path::PathBuf;
use std::rc::Rc;

use common::{Folder, Log};
use libloop::net::{Address, ListenEvent, Net, NetEvent, NetOption};
use libloop::{Code, Error, Listener, Loop, Stream};

/// One word for an event.
fn word(event: &NetEvent<'_>) -> String {
    match event {
        NetEvent::Open(_) => "open".into(),
        NetEvent::Data(bytes) => format!("data {}", String::from_utf8_lossy(bytes)),
        NetEvent::End(_) => "end".into(),
        NetEvent::Full => "full".into(),
        NetEvent::Drain => "drain".into(),
        NetEvent::Closed(Ok(())) => "closed".into(),
        NetEvent::Closed(Err(error)) => error.code().name().into(),
        _ => unreachable!(),
    }
}

fn logs(log: &Log) -> impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static {
    let log = log.clone();
    move |_lp, _stream, event| log.add(word(&event))
}

/// A listener's callback that reads what comes into a log; errors have their name there, too.
fn serves(log: &Log) -> impl FnMut(&Loop, Listener, ListenEvent) + 'static {
    let log = log.clone();
    move |lp, _listener, event| match event {
        ListenEvent::Accepted(stream, _) => {
            log.add("accepted");
            lp.read_start(stream, logs(&log)).unwrap();
        }
        ListenEvent::Closed(Err(error)) => log.add(error.code().name()),
        _ => {}
    }
}

/// Listens with these options, and says where.
fn listen(net: Net<'_>, lp: &Loop, host: &str, log: &Log) -> (Listener, Address) {
    let listener = net.listen(host, 0, serves(log)).unwrap();
    let at = lp.local_address(listener).unwrap();
    (listener, at)
}

/// Passes until there are so many lines.
fn until(lp: &Loop, log: &Log, lines: usize) {
    while log.len() < lines {
        lp.run_once().unwrap();
    }
}

fn asked(fd: RawFd, level: i32, name: i32) -> i32 {
    let (mut value, mut len) = (0i32, size_of::<i32>() as libc::socklen_t);
    // SAFETY: room for the answer, and its size.
    let rc = unsafe { libc::getsockopt(fd, level, name, (&raw mut value).cast(), &raw mut len) };
    assert_eq!(rc, 0);
    value
}

/// A connection of the loop's to a peer of the standard library.
fn pair(net: Net<'_>, lp: &Loop, log: &Log) -> (Stream, TcpStream) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let stream = net.connect("127.0.0.1", port, logs(log)).unwrap();
    until(lp, log, 1);
    log.expect(&["open"]);
    (stream, server.accept().unwrap().0)
}

#[test]
fn a_half_open_stream_sends_after_the_peers_end() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, mut peer) = pair(lp.net().half_open(true), &lp, &log);
    lp.read_start(stream, logs(&log)).unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    until(&lp, &log, 1);
    lp.run_nowait().unwrap();
    log.expect(&["end"]);
    lp.send(stream, b"still here").unwrap();
    lp.end(stream).unwrap();
    lp.run().unwrap();
    log.expect(&["closed"]);
    let mut got = String::new();
    peer.read_to_string(&mut got).unwrap();
    assert_eq!(got, "still here");
}

#[test]
fn a_port_is_shared_with_reuseport_and_else_taken() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (one, at) = listen(lp.net().reuseport(true), &lp, "127.0.0.1", &log);
    let other = lp.net().reuseport(true).listen("127.0.0.1", at.port(), serves(&log)).unwrap();
    assert_eq!(lp.local_address(other).unwrap(), at);
    lp.net().listen("127.0.0.1", at.port(), serves(&log)).unwrap();
    until(&lp, &log, 1);
    log.expect(&["LOOP_EADDRINUSE"]);
    for listener in [one, other] {
        lp.net_close(listener).unwrap();
    }
    lp.run().unwrap();
}

#[test]
fn v6only_takes_no_ipv4() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (both, at) = listen(lp.net(), &lp, "::", &log);
    let (six, _) = listen(lp.net().v6only(true), &lp, "::", &log);
    let only =
        |listener| asked(lp.net_fd(listener).unwrap(), libc::IPPROTO_IPV6, libc::IPV6_V6ONLY);
    assert_eq!((only(both), only(six)), (0, 1));
    let _peer = TcpStream::connect((Ipv4Addr::LOCALHOST, at.port())).unwrap();
    until(&lp, &log, 1);
    log.expect(&["accepted"]);
}

#[test]
fn a_connection_comes_from_the_address_that_was_asked_for() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, peer) = pair(lp.net().from("127.0.0.2", 0), &lp, &log);
    let own = lp.local_address(stream).unwrap().ip().unwrap();
    assert_eq!(own.ip(), Ipv4Addr::new(127, 0, 0, 2));
    assert_eq!(peer.peer_addr().unwrap(), own);
}

#[test]
fn nodelay_is_set_of_connections_and_of_what_a_listener_accepts() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, _peer) = pair(lp.net().nodelay(true), &lp, &log);
    assert_eq!(lp.net_get(stream, NetOption::NoDelay).unwrap(), 1);
    let (plain, _other) = pair(lp.net(), &lp, &log);
    assert_eq!(lp.net_get(plain, NetOption::NoDelay).unwrap(), 0);

    let told = Rc::new(Cell::new(None));
    let tells = Rc::clone(&told);
    let listener = lp
        .net()
        .nodelay(true)
        .listen("127.0.0.1", 0, move |lp, _, event| {
            if let ListenEvent::Accepted(stream, _) = event {
                tells.set(Some(lp.net_get(stream, NetOption::NoDelay).unwrap()));
            }
        })
        .unwrap();
    let _third = TcpStream::connect(lp.local_address(listener).unwrap().ip().unwrap()).unwrap();
    while told.get().is_none() {
        lp.run_once().unwrap();
    }
    assert_eq!(told.get(), Some(1));
}

#[test]
fn keepalive_is_seconds_and_0_is_never() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, _peer) = pair(lp.net(), &lp, &log);
    let fd = lp.net_fd(stream).unwrap();
    for (seconds, on) in [(30, 1), (0, 0)] {
        lp.net_set(stream, NetOption::KeepAlive, seconds).unwrap();
        assert_eq!(lp.net_get(stream, NetOption::KeepAlive).unwrap(), i64::from(seconds));
        assert_eq!(asked(fd, libc::SOL_SOCKET, libc::SO_KEEPALIVE), on);
        if on == 1 {
            assert_eq!(asked(fd, libc::IPPROTO_TCP, libc::TCP_KEEPIDLE), seconds);
        }
    }
}

#[test]
fn a_pass_gives_no_more_events_than_read_budget() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, mut peer) = pair(lp.net().read_size(1).read_budget(3), &lp, &log);
    peer.write_all(b"0123456789").unwrap();
    lp.read_start(stream, logs(&log)).unwrap();
    let (mut most, mut all) = (0, 0);
    while all < 10 {
        lp.run_once().unwrap();
        let got = log.take().len();
        (most, all) = (most.max(got), all + got);
    }
    assert_eq!((most, all), (3, 10));
}

#[test]
fn an_abstract_name_begins_with_a_nul_and_is_no_file() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let name = format!("libloop-rust-options-{}", std::process::id());
    let path = PathBuf::from(format!("\0{name}"));
    let listener = lp.net().listen_unix(&path, serves(&log)).unwrap();
    let at = lp.local_address(listener).unwrap();
    assert_eq!(at.path().unwrap().as_os_str().as_bytes(), path.as_os_str().as_bytes());
    assert_eq!(at.to_string(), format!("@{name}"));
    let address = UnixAddr::from_abstract_name(&name).unwrap();
    let mut peer = UnixStream::connect_addr(&address).unwrap();
    peer.write_all(b"hello").unwrap();
    until(&lp, &log, 2);
    log.expect(&["accepted", "data hello"]);
}

#[test]
fn a_listener_is_taken_over_and_a_stream_is_none() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let (fd, at) = (server.as_raw_fd(), server.local_addr().unwrap());
    let peer = TcpStream::connect(at).unwrap();
    let refused = lp.net().adopt_listener(peer.try_clone().unwrap(), |_, _, _| ());
    assert_eq!(refused.unwrap_err().code(), Code::Invalid);
    let listener = lp.net().adopt_listener(server, serves(&log)).unwrap();
    assert_eq!(lp.net_fd(listener).unwrap(), fd);
    until(&lp, &log, 1);
    log.expect(&["accepted"]);
}

#[test]
fn a_connection_that_is_reset_before_it_is_accepted_leaves_the_listener_alone() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (_listener, at) = listen(lp.net(), &lp, "127.0.0.1", &log);
    let peer = TcpStream::connect(at.ip().unwrap()).unwrap();
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    let len = size_of_val(&linger) as libc::socklen_t;
    let at_linger = (&raw const linger).cast();
    // SAFETY: a record of that size.
    let rc = unsafe {
        libc::setsockopt(peer.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, at_linger, len)
    };
    assert_eq!(rc, 0);
    drop(peer); // a reset
    until(&lp, &log, 2);
    log.expect(&["accepted", "LOOP_ECONNRESET"]);
    let mut next = TcpStream::connect(at.ip().unwrap()).unwrap();
    next.write_all(b"next").unwrap();
    until(&lp, &log, 2);
    log.expect(&["accepted", "data next"]);
}

#[test]
fn localhost_is_an_address_of_this_machine() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (_listener, at) = listen(lp.net(), &lp, "localhost", &log);
    let ip = at.ip().unwrap().ip();
    assert!(ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST, "{ip}");
    let _peer = TcpStream::connect(at.ip().unwrap()).unwrap();
    until(&lp, &log, 1);
    log.expect(&["accepted"]);
}

/// What the callback is told when the stream is closed at this event, and what closing gave. The peer
/// gets all.
fn closed_at(at: &'static str) -> (Vec<String>, Vec<Result<(), Error>>) {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, mut peer) = pair(lp.net(), &lp, &log);
    let given = Rc::new(RefCell::new(Vec::new()));
    let (said, gives) = (log.clone(), Rc::clone(&given));
    lp.read_start(stream, move |lp, stream, event| {
        said.add(word(&event));
        if word(&event) == at {
            gives.borrow_mut().push(lp.net_close(stream));
        }
    })
    .unwrap();
    let much = vec![b'x'; 16 << 20];
    lp.send(stream, &much).unwrap();
    assert!(lp.net_queued(stream).unwrap() > 65_536); // nobody reads yet: it is too much
    if at != "closed" {
        until(&lp, &log, 1); // it is full before anybody reads
    }
    let reader = std::thread::spawn(move || {
        let mut got = Vec::new();
        peer.read_to_end(&mut got).unwrap();
        got
    });
    if at == "closed" {
        lp.net_close(stream).unwrap();
    }
    lp.run().unwrap();
    assert_eq!(reader.join().unwrap(), much);
    (log.take(), given.take())
}

#[test]
fn a_close_at_full_or_drain_sends_all_before_the_end() {
    for at in ["full", "drain"] {
        let (words, given) = closed_at(at);
        assert!(words.iter().any(|word| word == at), "{words:?}");
        assert_eq!(words.last().map(String::as_str), Some("closed"));
        assert_eq!(given, [Ok(())], "{at}");
    }
}

#[test]
fn a_close_inside_the_last_event_does_nothing() {
    let (words, given) = closed_at("closed");
    assert_eq!(words.iter().filter(|word| *word == "closed").count(), 1);
    assert_eq!(given, [Ok(())]);
}

#[test]
fn a_path_that_is_taken_ends_the_listener_and_stays() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let folder = Folder::new();
    let file = folder.file("taken", "kept");
    lp.net().listen_unix(&file, serves(&log)).unwrap();
    lp.run().unwrap();
    log.expect(&["LOOP_EADDRINUSE"]);
    assert_eq!(std::fs::read(file).unwrap(), b"kept");
}
