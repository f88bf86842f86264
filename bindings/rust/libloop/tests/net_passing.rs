// SPDX-License-Identifier: MIT

//! Descriptors over Unix streams, who is at the other end, files that are sent, resets by linger:
//! what docs/sockets.md promises of them.

mod common;

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use common::{Folder, Log, pipe};
use libloop::net::{Credentials, ListenEvent, NetEvent, NetOption};
use libloop::{Code, Loop, Stream};

fn ignore(_: &Loop, _: Stream, _: NetEvent<'_>) {}

/// Two ends of a Unix stream; descriptors may come to the second.
fn pair(lp: &Loop) -> (Stream, Stream) {
    let (one, other) = UnixStream::pair().unwrap();
    let near = lp.net().adopt(one, ignore).unwrap();
    (near, lp.net().fds(true).adopt(other, ignore).unwrap())
}

/// Whether nobody has a pipe's end for reading any more.
fn is_closed(mut writer: &File) -> bool {
    matches!(writer.write(b"x"), Err(error) if error.kind() == ErrorKind::BrokenPipe)
}

/// Bytes that tell where they are.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 % 251) as u8).collect()
}

#[test]
fn a_descriptor_comes_before_the_byte_it_was_sent_with() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (near, far) = pair(&lp);
    let (reader, mut writer) = pipe();
    let said = log.clone();
    lp.read_start(far, move |_lp, _far, event| match event {
        NetEvent::Descriptor(passed) => {
            let mut text = String::new();
            File::from(passed.take().unwrap()).read_to_string(&mut text).unwrap();
            assert!(passed.take().is_none(), "it is taken once");
            said.add(format!("pipe {text}"));
        }
        NetEvent::Data(bytes) => said.add(String::from_utf8_lossy(bytes)),
        _ => {}
    })
    .unwrap();
    lp.send_fd(near, &reader, b"with it").unwrap();
    drop(reader); // the library has its own
    writer.write_all(b"through").unwrap();
    drop(writer);
    lp.net_close(near).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["pipe through", "with it"]);
}

#[test]
fn descriptors_and_bytes_keep_their_order() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let folder = Folder::new();
    let (near, far) = pair(&lp);
    let (said, bytes) = (log.clone(), Rc::new(RefCell::new(Vec::new())));
    let all = Rc::clone(&bytes);
    lp.read_start(far, move |_lp, _far, event| match event {
        NetEvent::Descriptor(passed) => {
            let mut text = String::new();
            File::from(passed.take().unwrap()).read_to_string(&mut text).unwrap();
            said.add(text);
        }
        NetEvent::Data(bytes) => all.borrow_mut().extend_from_slice(bytes),
        _ => {}
    })
    .unwrap();
    for number in 0..20 {
        let name = number.to_string();
        lp.send(near, b"<").unwrap();
        let file = File::open(folder.file(&name, &name)).unwrap();
        lp.send_fd(near, file, name.as_bytes()).unwrap();
        lp.send(near, b">").unwrap();
    }
    lp.net_close(near).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    let want: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(log.take(), want);
    let want: String = (0..20).map(|number| format!("<{number}>")).collect();
    assert_eq!(String::from_utf8_lossy(&bytes.borrow()), want);
}

#[test]
fn a_descriptor_that_nobody_takes_is_closed() {
    let lp = Loop::new().unwrap();
    let (near, far) = pair(&lp);
    let (reader, writer) = pipe();
    let count = Rc::new(Cell::new(0));
    let seen = Rc::clone(&count);
    lp.read_start(far, move |_lp, _far, event| {
        if matches!(event, NetEvent::Descriptor(_)) {
            seen.set(seen.get() + 1);
        }
    })
    .unwrap();
    lp.send_fd(near, reader, b"x").unwrap();
    lp.net_close(near).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(count.get(), 1);
    assert!(is_closed(&writer));
}

#[test]
fn what_comes_can_be_adopted() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (near, far) = pair(&lp);
    let (mine, mut theirs) = UnixStream::pair().unwrap();
    let said = log.clone();
    lp.read_start(far, move |lp, _far, event| {
        if let NetEvent::Descriptor(passed) = event {
            let served = lp.net().adopt(passed.take().unwrap(), ignore).unwrap();
            let said = said.clone();
            lp.read_start(served, move |lp, served, event| {
                if let NetEvent::Data(bytes) = event {
                    said.add(String::from_utf8_lossy(bytes));
                    lp.send(served, b"served").unwrap();
                    lp.net_close(served).unwrap();
                }
            })
            .unwrap();
        }
    })
    .unwrap();
    lp.send_fd(near, mine, b"x").unwrap();
    lp.net_close(near).unwrap();
    theirs.write_all(b"question").unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["question"]);
    let mut text = String::new();
    theirs.read_to_string(&mut text).unwrap();
    assert_eq!(text, "served");
}

#[test]
fn without_fds_only_the_bytes_come() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (one, other) = UnixStream::pair().unwrap();
    let near = lp.net().adopt(one, ignore).unwrap();
    let far = lp.net().adopt(other, ignore).unwrap();
    let (reader, writer) = pipe();
    let said = log.clone();
    lp.read_start(far, move |_lp, _far, event| match event {
        NetEvent::Data(bytes) => said.add(String::from_utf8_lossy(bytes)),
        NetEvent::Descriptor(_) | NetEvent::Lost(_) => unreachable!(),
        _ => {}
    })
    .unwrap();
    lp.send_fd(near, reader, b"alone").unwrap();
    lp.net_close(near).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["alone"]);
    assert!(is_closed(&writer));
}

#[test]
fn what_a_cleared_stream_or_a_dropped_loop_had_in_the_batch_is_closed() {
    let (first, first_writer) = pipe();
    let (second, second_writer) = pipe();
    for drops in [false, true] {
        let lp = Loop::new().unwrap();
        let (near, far) = pair(&lp);
        let count = Rc::new(Cell::new(0));
        let seen = Rc::clone(&count);
        lp.read_start(far, move |lp, far, event| {
            if matches!(event, NetEvent::Descriptor(_)) {
                seen.set(seen.get() + 1);
                if drops { lp.stop().unwrap() } else { lp.clear(far).unwrap() }
            }
        })
        .unwrap();
        lp.send_fd(near, &first, b"x").unwrap();
        lp.send_fd(near, &second, b"y").unwrap();
        lp.net_close(near).unwrap();
        lp.run().unwrap();
        assert_eq!(count.get(), 1);
        drop(lp);
        assert!(!is_closed(&first_writer) && !is_closed(&second_writer), "the program's are open");
    }
    drop((first, second));
    assert!(is_closed(&first_writer) && is_closed(&second_writer));
}

#[test]
fn a_listener_gives_its_streams_the_option() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let folder = Folder::new();
    let at = folder.at("listener");
    let said = log.clone();
    let listener = lp
        .net()
        .fds(true)
        .listen_unix(&at, move |lp, listener, event| {
            let ListenEvent::Accepted(stream, _) = event else { return };
            lp.net_close(listener).unwrap();
            let said = said.clone();
            lp.read_start(stream, move |_lp, _stream, event| {
                if let NetEvent::Descriptor(passed) = event {
                    said.add(if passed.take().is_some() { "came" } else { "none" });
                }
            })
            .unwrap();
        })
        .unwrap();
    lp.run_nowait().unwrap();
    let client = lp.net().connect_unix(&at, ignore).unwrap();
    lp.run_nowait().unwrap();
    lp.send_fd(client, File::open("/dev/null").unwrap(), b"x").unwrap();
    lp.net_close(client).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["came"]);
    assert_eq!(lp.net_fd(listener).unwrap_err().code(), Code::BadId);
}

#[test]
fn descriptors_go_only_over_unix_streams_that_can_send() {
    let lp = Loop::new().unwrap();
    let (near, far) = pair(&lp);
    let null = File::open("/dev/null").unwrap();
    assert_eq!(lp.send_fd(near, &null, b"").unwrap_err().code(), Code::Invalid);
    lp.end(near).unwrap();
    assert_eq!(lp.send_fd(near, &null, b"x").unwrap_err().code(), Code::BrokenPipe);
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let tcp = TcpStream::connect(server.local_addr().unwrap()).unwrap();
    let tcp = lp.net().adopt(tcp, ignore).unwrap();
    assert_eq!(lp.send_fd(tcp, &null, b"x").unwrap_err().code(), Code::NotSupported);
    assert_eq!(lp.peer_credentials(tcp).unwrap_err().code(), Code::NotSupported);
    let fds = lp.net().fds(true).listen("127.0.0.1", 0, |_, _, _| ());
    assert_eq!(fds.unwrap_err().code(), Code::Invalid);
    for stream in [near, far, tcp] {
        lp.clear(stream).unwrap();
        assert_eq!(lp.send_fd(stream, &null, b"x").unwrap_err().code(), Code::BadId);
    }
    assert_eq!(lp.run().unwrap(), 0);
}

#[test]
fn the_peer_of_a_unix_stream_is_known() {
    let lp = Loop::new().unwrap();
    let (near, far) = pair(&lp);
    // SAFETY: they only ask.
    let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
    let pid = cfg!(target_os = "linux").then_some(std::process::id() as i32);
    assert_eq!(lp.peer_credentials(near).unwrap(), Credentials { pid, uid, gid });
    for stream in [near, far] {
        lp.clear(stream).unwrap();
        assert_eq!(lp.peer_credentials(stream).unwrap_err().code(), Code::BadId);
    }
    assert_eq!(lp.run().unwrap(), 0);
}

// ---- Files ---------------------------------------------------------------------------------------

/// Collects what comes, and gives it when the loop has ended.
fn collect(lp: &Loop, far: Stream) -> Rc<RefCell<Vec<u8>>> {
    let bytes = Rc::new(RefCell::new(Vec::new()));
    let all = Rc::clone(&bytes);
    lp.read_start(far, move |_lp, _far, event| {
        if let NetEvent::Data(bytes) = event {
            all.borrow_mut().extend_from_slice(bytes);
        }
    })
    .unwrap();
    bytes
}

#[test]
fn a_file_goes_between_what_is_sent_before_and_after() {
    let lp = Loop::new().unwrap();
    let folder = Folder::new();
    let (near, far) = pair(&lp);
    let content = pattern(3_000_000);
    let path = folder.file("file", &content);
    let bytes = collect(&lp, far);
    let sent = Rc::new(Cell::new(0));
    let told = Rc::clone(&sent);
    lp.send(near, b"head").unwrap();
    let file = File::open(path).unwrap();
    lp.send_file(near, &file, 100, 2_500_000, move |_lp, written| {
        told.set(written.unwrap().bytes());
    })
    .unwrap();
    let mut file = file;
    assert_eq!(std::io::Seek::stream_position(&mut file).unwrap(), 0);
    drop(file);
    lp.send(near, b"tail").unwrap();
    lp.net_close(near).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(sent.get(), 2_500_000);
    let want = [b"head", &content[100..2_500_100], b"tail"].concat();
    assert!(*bytes.borrow() == want, "{} bytes came", bytes.borrow().len());
}

#[test]
fn a_file_that_ends_early_is_no_error() {
    let lp = Loop::new().unwrap();
    let folder = Folder::new();
    let (near, far) = pair(&lp);
    let file = File::open(folder.file("file", "short")).unwrap();
    let bytes = collect(&lp, far);
    let log = Log::default();
    for (offset, len) in [(1, 1000), (5, 10), (9, 10), (0, 0)] {
        let said = log.clone();
        lp.send_file(near, &file, offset, len, move |_lp, written| {
            said.add(written.unwrap().bytes().to_string());
        })
        .unwrap();
    }
    lp.net_close(near).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["4", "0", "0", "0"]);
    assert_eq!(*bytes.borrow(), b"hort");
}

#[test]
fn what_is_no_file_is_refused_by_the_closure_and_the_stream_goes_on() {
    let lp = Loop::new().unwrap();
    let folder = Folder::new();
    let (near, far) = pair(&lp);
    let bytes = collect(&lp, far);
    let (reader, _writer) = pipe();
    let for_writing = File::create(folder.at("file")).unwrap();
    let refusals: [(OwnedFd, Code); 3] = [
        (reader.into(), Code::NotSeekable),
        (File::open(folder.path()).unwrap().into(), Code::IsDirectory),
        (for_writing.into(), Code::BadDescriptor),
    ];
    let told = Rc::new(Cell::new(0));
    for (fd, code) in refusals {
        let told = Rc::clone(&told);
        lp.send_file(near, fd, 0, 10, move |_lp, written| {
            let error = written.unwrap_err();
            assert_eq!((error.code(), error.sent()), (code, 0));
            told.set(told.get() + 1);
        })
        .unwrap();
    }
    let null = File::open("/dev/null").unwrap();
    for (offset, len) in [(1, i64::MAX as u64), (u64::MAX, 1), (0, u64::MAX)] {
        let refused = lp.send_file(near, &null, offset, len, |_, _| ()).unwrap_err();
        assert_eq!(refused.code(), Code::Invalid);
    }
    lp.send(near, b"goes on").unwrap();
    lp.end(near).unwrap();
    let (late, file) = (Rc::clone(&told), File::open(folder.at("file")).unwrap());
    lp.send_file(near, file, 0, 1, move |_lp, written| {
        assert_eq!(written.unwrap_err().code(), Code::BrokenPipe);
        late.set(late.get() + 1);
    })
    .unwrap();
    lp.net_close(near).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(told.get(), 4);
    assert_eq!(*bytes.borrow(), b"goes on");
}

#[test]
fn a_cancelled_file_that_never_began_leaves_the_rest_whole() {
    let lp = Loop::new().unwrap();
    let folder = Folder::new();
    let (near, far) = pair(&lp);
    let content = pattern(1_000_000);
    let file = File::open(folder.file("file", &content)).unwrap();
    let told = Rc::new(Cell::new(None));
    let note = Rc::clone(&told);
    lp.send(near, &content).unwrap(); // more than the system takes
    let sending = lp
        .send_file(near, file, 0, 1_000_000, move |_lp, written| {
            note.set(written.err().map(|error| error.code()));
        })
        .unwrap();
    lp.send(near, b"tail").unwrap();
    lp.cancel(sending).unwrap();
    let bytes = collect(&lp, far);
    lp.net_close(near).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(told.get(), Some(Code::Canceled));
    assert!(*bytes.borrow() == [&content[..], b"tail"].concat());
}

// ---- Resets --------------------------------------------------------------------------------------

#[test]
fn linger_0_makes_every_close_a_reset() {
    let lp = Loop::new().unwrap();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for reset in [true, false] {
        let stream = TcpStream::connect(server.local_addr().unwrap()).unwrap();
        let mut peer = server.accept().unwrap().0;
        let stream = lp.net().adopt(stream, ignore).unwrap();
        assert_eq!(lp.net_get(stream, NetOption::Linger), Ok(-1));
        lp.net_set(stream, NetOption::Linger, 0).unwrap();
        assert_eq!(lp.net_get(stream, NetOption::Linger), Ok(0));
        for bad in [1, -2] {
            let refused = lp.net_set(stream, NetOption::Linger, bad).unwrap_err();
            assert_eq!(refused.code(), Code::Invalid);
        }
        if !reset {
            lp.net_set(stream, NetOption::Linger, -1).unwrap();
        }
        lp.clear(stream).unwrap();
        assert_eq!(lp.run().unwrap(), 0);
        let end = peer.read(&mut [0]).map_err(|error| error.kind());
        assert_eq!(end, if reset { Err(ErrorKind::ConnectionReset) } else { Ok(0) });
    }
    let (near, far) = pair(&lp);
    let unix = lp.net_set(near, NetOption::Linger, 0).unwrap_err();
    assert_eq!(unix.code(), Code::NotSupported);
    lp.clear(near).unwrap();
    lp.clear(far).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
}
