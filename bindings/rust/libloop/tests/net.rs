// SPDX-License-Identifier: MIT

//! TCP and Unix streams: what docs/sockets.md promises, against peers of the standard library.

mod common;

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::thread;

use common::{Folder, Log};
use libloop::net::{Address, ListenEvent, NetEvent, NetOption};
use libloop::{Code, Error, Listener, Loop, Stream};

/// One word for an event.
fn word(event: &NetEvent<'_>) -> String {
    match event {
        NetEvent::Open(_) => "open".into(),
        NetEvent::Data(bytes) => format!("data {}", String::from_utf8_lossy(bytes)),
        NetEvent::End(bytes) => format!("end {}", String::from_utf8_lossy(bytes)).trim_end().into(),
        NetEvent::Full => "full".into(),
        NetEvent::Drain => "drain".into(),
        NetEvent::Closed(Ok(())) => "closed".into(),
        NetEvent::Closed(Err(error)) => error.code().name().into(),
        _ => unreachable!(),
    }
}

/// A listener whose first connection is given to `f`; then it is closed.
fn accept_one(lp: &Loop, f: impl FnOnce(&Loop, Stream) + 'static) -> Rc<Cell<u16>> {
    let port = Rc::new(Cell::new(0));
    let (told, mut f) = (Rc::clone(&port), Some(f));
    lp.net()
        .listen("127.0.0.1", 0, move |lp, listener, event| match event {
            ListenEvent::Open(at) => told.set(at.port()),
            ListenEvent::Accepted(stream, _) => {
                f.take().expect("one connection")(lp, stream);
                lp.net_close(listener).unwrap();
            }
            ListenEvent::Closed(how) => assert_eq!(how, Ok(())),
            _ => unreachable!(),
        })
        .unwrap();
    while port.get() == 0 {
        lp.run_nowait().unwrap();
    }
    port
}

/// A connected pair: the loop's end, read into a log, and the standard library's.
fn pair(lp: &Loop, log: &Log) -> (Stream, TcpStream) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let log = log.clone();
    let callback = move |_: &Loop, _: Stream, event: NetEvent<'_>| log.add(word(&event));
    let stream = lp.net().connect("127.0.0.1", port, callback).unwrap();
    lp.run_nowait().unwrap();
    (stream, server.accept().unwrap().0)
}

fn logs(log: &Log) -> impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static {
    let log = log.clone();
    move |_lp, _stream, event| log.add(word(&event))
}

#[test]
fn what_comes_is_sent_back_and_both_ends_close() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let said = log.clone();
    let port = accept_one(&lp, move |lp, stream| {
        lp.read_start(stream, move |lp, stream, event| {
            said.add(word(&event));
            if let NetEvent::Data(bytes) = event {
                lp.send(stream, &bytes[1..]).unwrap(); // lent
                lp.send(stream, b"!").unwrap(); // copied
            }
        })
        .unwrap();
    });
    let port = port.get();
    let client = thread::spawn(move || {
        let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        client.write_all(b"hello").unwrap();
        let mut back = [0; 5];
        client.read_exact(&mut back).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).unwrap();
        (back, rest)
    });
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(client.join().unwrap(), (*b"ello!", vec![]));
    log.expect(&["data hello", "end", "closed"]);
    lp.free().unwrap();
}

#[test]
fn exact_and_single_reads_give_one_piece_each_and_the_end_what_is_left() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, mut peer) = pair(&lp, &log);
    peer.write_all(b"abcdefghij").unwrap();
    drop(peer);
    let (log2, inner) = (log.clone(), logs(&log));
    let mut inner = Some(inner);
    lp.read_exact(stream, 4, move |lp, stream, event| {
        log2.add(word(&event));
        let mut last = inner.take();
        let log3 = log2.clone();
        lp.read_once(stream, 2, move |lp, stream, event| {
            log3.add(word(&event));
            lp.read_exact(stream, 100, last.take().unwrap()).unwrap();
        })
        .unwrap();
    })
    .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["open", "data abcd", "data ef", "end ghij", "closed"]);
}

#[test]
fn writes_and_sends_keep_their_order_and_say_what_became_of_them() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, mut peer) = pair(&lp, &log);
    let done = Rc::new(RefCell::new(Vec::new()));
    let note = |done: &Rc<RefCell<Vec<usize>>>| {
        let done = Rc::clone(done);
        move |_: &Loop, written: Result<libloop::Written, Error>| {
            done.borrow_mut().push(written.unwrap().bytes());
        }
    };
    lp.send(stream, b"one ").unwrap();
    lp.write(stream, "two ", note(&done)).unwrap();
    lp.writev(stream, ["three ", "", "four "], note(&done)).unwrap();
    lp.send(stream, b"five").unwrap();
    lp.net_close(stream).unwrap();
    assert_eq!(lp.send(stream, b"late").unwrap_err().code(), Code::BrokenPipe);
    assert_eq!(lp.run().unwrap(), 0);
    let mut all = String::new();
    peer.read_to_string(&mut all).unwrap();
    assert_eq!(all, "one two three four five");
    assert_eq!(*done.borrow(), [4, 11]);
    log.expect(&["open", "closed"]);
    assert_eq!(lp.send(stream, b"x").unwrap_err().code(), Code::BadId);
}

#[test]
fn more_than_the_high_water_mark_is_full_and_then_drains() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, mut peer) = pair(&lp, &log);
    lp.run_nowait().unwrap();
    log.expect(&["open"]);
    let much = vec![7u8; 16 << 20];
    lp.send(stream, &much).unwrap();
    assert!(lp.net_queued(stream).unwrap() > 65_536);
    let reader = thread::spawn(move || {
        let mut all = Vec::new();
        peer.read_to_end(&mut all).unwrap();
        all
    });
    lp.end(stream).unwrap();
    lp.read_start(stream, logs(&log)).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(reader.join().unwrap(), much);
    log.expect(&["full", "drain", "end", "closed"]);
}

#[test]
fn a_reset_by_the_peer_ends_the_stream_and_its_writes_say_how_much_was_sent() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, peer) = pair(&lp, &log);
    lp.run_nowait().unwrap();
    let failed = Rc::new(Cell::new(None));
    let slot = Rc::clone(&failed);
    let much = vec![1u8; 32 << 20];
    lp.write(stream, much, move |_lp, written| slot.set(written.err())).unwrap();
    lp.read_start(stream, logs(&log)).unwrap();
    lp.run_nowait().unwrap();
    drop(peer); // with data unread: a reset
    assert_eq!(lp.run().unwrap(), 0);
    let error = failed.take().expect("it failed");
    assert!(error.sent() > 0 && error.sent() < 32 << 20, "{}", error.sent());
    let last = log.take().pop().unwrap();
    assert!(last == "LOOP_ECONNRESET" || last == "LOOP_EPIPE", "{last}");
}

#[test]
fn a_reset_of_ours_is_seen_by_the_peer() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, mut peer) = pair(&lp, &log);
    lp.run_nowait().unwrap();
    lp.net_reset(stream).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["open", "closed"]);
    let error = peer.read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn a_refused_connection_has_code_errno_and_text() {
    let lp = Loop::new().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let seen = Rc::new(Cell::new(None));
    let slot = Rc::clone(&seen);
    lp.net()
        .connect("127.0.0.1", port, move |_lp, _stream, event| match event {
            NetEvent::Closed(how) => slot.set(how.err()),
            other => panic!("{other:?}"),
        })
        .unwrap();
    lp.run().unwrap();
    let error = seen.take().unwrap();
    assert_eq!(error.code(), Code::ConnectionRefused);
    assert_eq!(error.os_errno(), Some(libc::ECONNREFUSED));
    assert_eq!(error.text(), format!("connect 127.0.0.1:{port}"));
}

#[test]
fn cancel_tells_it_and_clear_is_silent() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (one, _peer) = pair(&lp, &log);
    let (other, _other_peer) = pair(&lp, &log);
    lp.run_nowait().unwrap();
    log.take();
    lp.cancel(one).unwrap();
    lp.clear(other).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["LOOP_ECANCELED"]);
    assert_eq!(lp.read_start(other, |_, _, _| ()).unwrap_err().code(), Code::BadId);
}

#[test]
fn a_connection_nobody_reads_says_its_end_and_one_of_a_cleared_listener_is_closed() {
    let lp = Loop::new().unwrap();
    let kept = Rc::new(Cell::new(None));
    let slot = Rc::clone(&kept);
    let port = accept_one(&lp, move |_lp, stream| slot.set(Some(stream)));
    let _client = TcpStream::connect(("127.0.0.1", port.get())).unwrap();
    while kept.get().is_none() {
        lp.run_once().unwrap();
    }
    let stream = kept.get().unwrap();
    lp.run_nowait().unwrap();
    assert_eq!(lp.alive().unwrap(), 1);
    lp.net_close(stream).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(lp.net_queued(stream).unwrap_err().code(), Code::BadId);

    let at: Rc<Cell<Option<(Listener, u16)>>> = Rc::default();
    let (slot, count) = (Rc::clone(&at), Rc::new(Cell::new(0)));
    let seen = Rc::clone(&count);
    let listener = lp
        .net()
        .listen("127.0.0.1", 0, move |lp, listener, event| match event {
            ListenEvent::Open(address) => slot.set(Some((listener, address.port()))),
            ListenEvent::Accepted(stream, _) => {
                seen.set(seen.get() + 1);
                lp.clear(stream).unwrap();
                lp.clear(listener).unwrap(); // what else the batch brings is closed
            }
            _ => unreachable!(),
        })
        .unwrap();
    lp.run_nowait().unwrap();
    let (told, port) = at.get().unwrap();
    assert_eq!(told, listener);
    let clients: Vec<TcpStream> =
        (0..3).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(count.get(), 1);
    for mut client in clients {
        assert!(!matches!(client.read(&mut [0; 1]), Ok(1..)));
    }
}

#[test]
fn a_callback_that_panics_over_a_new_connection_closes_it() {
    let lp = Loop::new().unwrap();
    let port = accept_one(&lp, |_lp, _stream| panic!("no"));
    let mut client = TcpStream::connect(("127.0.0.1", port.get())).unwrap();
    let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| lp.run()));
    assert!(run.is_err());
    lp.run_nowait().unwrap();
    assert!(!matches!(client.read(&mut [0; 1]), Ok(1..)));
    assert_eq!(lp.alive().unwrap(), 1); // the listener lives on
}

#[test]
fn a_loop_that_is_freed_closes_its_streams_and_tells_them() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, mut peer) = pair(&lp, &log);
    lp.run_nowait().unwrap();
    lp.read_start(stream, logs(&log)).unwrap();
    lp.free().unwrap();
    log.expect(&["open", "LOOP_ECANCELED"]);
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn a_stream_can_be_closed_in_each_of_its_callbacks() {
    for (at, which) in ["open", "data x", "end"].into_iter().enumerate() {
        let lp = Loop::new().unwrap();
        let log = Log::default();
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let callback = |log: Log| {
            move |lp: &Loop, stream: Stream, event: NetEvent<'_>| {
                log.add(word(&event));
                if word(&event) == which {
                    lp.net_close(stream).unwrap();
                }
            }
        };
        let stream = lp.net().connect("127.0.0.1", port, callback(log.clone())).unwrap();
        lp.read_start(stream, callback(log.clone())).unwrap();
        let peer = thread::spawn(move || {
            let mut peer = server.accept().unwrap().0;
            // No more than is waited for: what is in one batch with it would still come.
            if at >= 1 {
                peer.write_all(b"x").unwrap();
            }
            if at >= 2 {
                peer.shutdown(std::net::Shutdown::Write).unwrap();
            }
            let _ = peer.read_to_end(&mut Vec::new());
        });
        assert_eq!(lp.run().unwrap(), 0);
        peer.join().unwrap();
        let mut want = vec!["open", "data x", "end"];
        want.truncate(at + 1);
        want.push("closed");
        log.expect(&want);
    }
}

#[test]
fn unix_streams_listen_connect_and_take_their_path_away() {
    let folder = Folder::new();
    let path = folder.at("socket");
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (said, to) = (log.clone(), path.clone());
    lp.net()
        .listen_unix(&path, move |lp, listener, event| match event {
            ListenEvent::Open(at) => {
                assert_eq!(at.path(), Some(&*to));
                assert_eq!(at.to_string(), to.to_str().unwrap());
                let client = lp.net().connect_unix(&to, |_, _, _| ()).unwrap();
                lp.send(client, b"over unix").unwrap();
                lp.end(client).unwrap();
                lp.read_start(client, |_, _, _| ()).unwrap();
            }
            ListenEvent::Accepted(stream, _) => {
                lp.read_start(stream, logs(&said)).unwrap();
                lp.net_close(listener).unwrap();
            }
            _ => {}
        })
        .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["data over unix", "end", "closed"]);
    assert!(!path.exists());
}

#[test]
fn a_descriptor_is_taken_over_and_closed_also_when_the_loop_is_closed() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let stream = lp.net().adopt(ours, logs(&log)).unwrap();
    lp.send(stream, b"hi").unwrap();
    lp.net_close(stream).unwrap();
    lp.run().unwrap();
    let mut all = String::new();
    theirs.read_to_string(&mut all).unwrap();
    assert_eq!(all, "hi");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = lp.net().adopt(listener, |_, _, _| ()).unwrap_err();
    assert_eq!(refused.code(), Code::Invalid);

    let (ours, mut theirs) = UnixStream::pair().unwrap();
    lp.net().adopt(ours, |_, _, _| ()).unwrap();
    lp.free().unwrap();
    assert_eq!(theirs.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn options_and_addresses_are_told() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (stream, peer) = pair(&lp, &log);
    lp.run_nowait().unwrap();
    lp.net_set(stream, NetOption::NoDelay, 1).unwrap();
    assert_eq!(lp.net_get(stream, NetOption::NoDelay).unwrap(), 1);
    assert_eq!(lp.net_set(stream, NetOption::NoDelay, -1).unwrap_err().code(), Code::Invalid);
    assert_eq!(lp.peer_address(stream).unwrap(), Address::Ip(peer.local_addr().unwrap()));
    assert_eq!(lp.local_address(stream).unwrap(), Address::Ip(peer.peer_addr().unwrap()));
    assert!(lp.net_fd(stream).unwrap() > 2);
    lp.clear(stream).unwrap();
    assert_eq!(lp.net_fd(stream).unwrap_err().code(), Code::BadId);
}

#[test]
fn what_means_nothing_is_invalid_at_once() {
    let lp = Loop::new().unwrap();
    let ignore = |_: &Loop, _: Stream, _: NetEvent<'_>| ();
    let listens = |_: &Loop, _: Listener, _: ListenEvent| ();
    let all = [
        lp.net().connect("127.0.0.1", 0, ignore).unwrap_err(),
        lp.net().connect("a\0b", 1, ignore).unwrap_err(),
        lp.net().backlog(3).connect("127.0.0.1", 1, ignore).unwrap_err(),
        lp.net().reuseport(true).connect("127.0.0.1", 1, ignore).unwrap_err(),
        lp.net().water(10, 10).connect("127.0.0.1", 1, ignore).unwrap_err(),
        lp.net().read_size(65_537).connect("127.0.0.1", 1, ignore).unwrap_err(),
        lp.net().from("::1", 0).listen("::1", 0, listens).unwrap_err(),
        lp.net().nodelay(true).connect_unix("/x", ignore).unwrap_err(),
        lp.net().connect_unix("", ignore).unwrap_err(),
        lp.net().connect_unix("/a\0b", ignore).unwrap_err(),
    ];
    for error in all {
        assert_eq!(error.code(), Code::Invalid, "{error}");
    }
    let log = Log::default();
    let (stream, _peer) = pair(&lp, &log);
    assert_eq!(lp.read_once(stream, 0, ignore).unwrap_err().code(), Code::Invalid);
    assert_eq!(lp.read_exact(stream, 1 << 31, ignore).unwrap_err().code(), Code::Invalid);
    let other = Loop::new().unwrap();
    assert_eq!(other.send(stream, b"x").unwrap_err().code(), Code::BadId);
    assert_eq!(other.net_close(stream).unwrap_err().code(), Code::BadId);
}
