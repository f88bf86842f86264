// SPDX-License-Identifier: MIT

//! Sockets on bad days: deadlines, panics, no descriptors, the end of the loop.

mod common;

use std::cell::{Cell, RefCell};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use common::{Drops, FAR, alone, descriptors, ms};
use libloop::net::{ListenEvent, NetEvent};
use libloop::{Code, Error, Loop, Op, Stream};

type Slot = Rc<Cell<Option<Result<(), Error>>>>;

/// Keeps how a stream ended; nothing else may come.
fn ends(slot: &Slot) -> impl FnMut(&Loop, Stream, NetEvent<'_>) + 'static {
    let slot = Rc::clone(slot);
    move |_lp, _stream, event| {
        if let NetEvent::Closed(how) = event {
            assert!(slot.replace(Some(how)).is_none(), "ended twice");
        }
    }
}

/// A listener with a full backlog of nobody's: a further connection is not answered.
fn black_hole() -> (OwnedFd, u16, Vec<OwnedFd>) {
    // SAFETY: plain system calls; the descriptors that come back are nobody else's.
    unsafe {
        let listener = OwnedFd::from_raw_fd(libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0));
        let mut at: libc::sockaddr_in = std::mem::zeroed();
        at.sin_family = libc::AF_INET as libc::sa_family_t;
        at.sin_addr.s_addr = u32::from_ne_bytes([127, 0, 0, 1]);
        let mut len = size_of::<libc::sockaddr_in>() as libc::socklen_t;
        assert_eq!(libc::bind(listener.as_raw_fd(), (&raw const at).cast(), len), 0);
        assert_eq!(libc::listen(listener.as_raw_fd(), 0), 0);
        let name = libc::getsockname(listener.as_raw_fd(), (&raw mut at).cast(), &raw mut len);
        assert_eq!(name, 0);
        let fill = (0..4).map(|_| {
            let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK;
            let fd = OwnedFd::from_raw_fd(libc::socket(libc::AF_INET, kind, 0));
            libc::connect(fd.as_raw_fd(), (&raw const at).cast(), len);
            fd
        });
        let fill = fill.collect();
        (listener, u16::from_be(at.sin_port), fill)
    }
}

#[test]
fn a_connection_that_nobody_answers_ends_by_its_deadline() {
    let (_listener, port, _fill) = black_hole();
    let lp = Loop::new().unwrap();
    let slot = Slot::default();
    let op = Op::new().deadline(ms(20)).label("into the dark");
    lp.with(op).net().connect("127.0.0.1", port, ends(&slot)).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(slot.take().unwrap().unwrap_err().code(), Code::TimedOut);
}

#[test]
fn a_read_ends_by_its_deadline_but_not_while_it_is_paused() {
    let lp = Loop::new().unwrap();
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let slot = Slot::default();
    let stream = lp.net().adopt(ours, |_, _, _| ()).unwrap();
    lp.with(Op::new().deadline(ms(5))).read_start(stream, ends(&slot)).unwrap();
    lp.pause(stream).unwrap();
    lp.run_for(ms(30)).unwrap();
    assert_eq!(slot.take(), None);
    lp.resume(stream).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(slot.take().unwrap().unwrap_err().code(), Code::TimedOut);
}

#[test]
fn a_close_whose_bytes_nobody_takes_ends_by_its_deadline() {
    let lp = Loop::new().unwrap();
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let slot = Slot::default();
    let stream = lp.net().adopt(ours, ends(&slot)).unwrap();
    lp.send(stream, &vec![0; 8 << 20]).unwrap();
    lp.with(Op::new().deadline(ms(5))).net_close(stream).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(slot.take().unwrap().unwrap_err().code(), Code::TimedOut);
}

#[test]
fn a_stream_whose_callback_panics_goes_on_and_each_closure_is_dropped_once() {
    let lp = Loop::new().unwrap();
    let drops = Drops::default();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (token, later) = (drops.token(), drops.token());
    let stream = lp.net().adopt(ours, move |_, _, _| token.touch()).unwrap();
    let slot = Slot::default();
    let mut end = ends(&slot);
    lp.read_start(stream, move |lp, stream, event| {
        later.touch();
        assert!(!matches!(event, NetEvent::End(_)), "on purpose");
        end(lp, stream, event);
    })
    .unwrap();
    assert_eq!(drops.count(), 1, "the first was replaced");
    drop(theirs);
    assert!(catch_unwind(AssertUnwindSafe(|| lp.run())).is_err());
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(slot.take(), Some(Ok(())));
    assert_eq!(drops.count(), 2);
}

#[test]
fn a_read_that_is_started_inside_the_callback_takes_its_place() {
    let lp = Loop::new().unwrap();
    let drops = Drops::default();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (slot, token) = (Slot::default(), drops.token());
    let said = Rc::clone(&slot);
    lp.net()
        .adopt(ours, move |lp, stream, event| {
            token.touch();
            assert!(matches!(event, NetEvent::Open(_)));
            lp.read_start(stream, ends(&said)).unwrap();
        })
        .unwrap();
    drop(theirs);
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!((slot.take(), drops.count()), (Some(Ok(())), 1));
}

#[test]
fn a_dropped_loop_drops_closures_and_descriptors_once() {
    alone("a_dropped_loop_drops_closures_and_descriptors_once", || {
        Loop::new().unwrap().free().unwrap();
        let before = descriptors();
        let drops = Drops::default();
        for run in [false, true] {
            let lp = Loop::new().unwrap();
            let (one, mut other) = UnixStream::pair().unwrap();
            let (a, b, c) = (drops.token(), drops.token(), drops.token());
            let stream = lp.net().adopt(one, move |_, _, _| a.touch()).unwrap();
            lp.write(stream, vec![0; 1 << 20], move |_, _| b.touch()).unwrap();
            lp.net().listen("127.0.0.1", 0, move |_, _, _| c.touch()).unwrap();
            if run {
                lp.run_nowait().unwrap();
            }
            drop(lp);
            let _ = other.read_to_end(&mut Vec::new());
        }
        assert_eq!(drops.count(), 6);
        assert_eq!(descriptors(), before);
    });
}

#[test]
fn a_listener_without_descriptors_says_so_once_and_goes_on() {
    alone("a_listener_without_descriptors_says_so_once_and_goes_on", || {
        let lp = Loop::new().unwrap();
        let (port, short) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(Vec::new())));
        let (told, said) = (Rc::clone(&port), Rc::clone(&short));
        let hoard = Rc::new(RefCell::new(Vec::new()));
        let freed = Rc::clone(&hoard);
        lp.net()
            .listen("127.0.0.1", 0, move |lp, listener, event| match event {
                ListenEvent::Open(at) => told.set(at.port()),
                ListenEvent::Short(error) => {
                    said.borrow_mut().push(error.code());
                    freed.borrow_mut().clear();
                }
                ListenEvent::Accepted(stream, _) => {
                    lp.clear(stream).unwrap();
                    lp.net_close(listener).unwrap();
                }
                _ => {}
            })
            .unwrap();
        lp.run_nowait().unwrap();
        let _client = TcpStream::connect(("127.0.0.1", port.get())).unwrap();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            hoard.borrow_mut().push(file);
        }
        let op = Op::new().on_error(|_, error| panic!("{error}")).unreferenced();
        lp.with(op).set_timeout(FAR, |_| ()).unwrap();
        assert_eq!(lp.run().unwrap(), 0);
        assert_eq!(*short.borrow(), [Code::TooManyFiles]);
    });
}

#[test]
fn an_address_in_use_and_a_name_to_listen_at_are_the_last_event() {
    let lp = Loop::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let seen = Rc::new(RefCell::new(Vec::new()));
    for host in ["127.0.0.1", "no address"] {
        let seen = Rc::clone(&seen);
        let listening = lp.net().listen(host, port, move |_lp, _listener, event| match event {
            ListenEvent::Closed(Err(error)) => seen.borrow_mut().push(error.code()),
            other => panic!("{other:?}"),
        });
        listening.unwrap();
    }
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(*seen.borrow(), [Code::AddressInUse, Code::Dns]);
}
