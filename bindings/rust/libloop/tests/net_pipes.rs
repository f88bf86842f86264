// SPDX-License-Identifier: MIT

//! Pipes, FIFOs, files and descriptors of the program as streams: docs/pipes-and-terminals.md.

mod common;

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use common::{Folder, Log};
use libloop::net::{self, Address, NetEvent, SocketType};
use libloop::{Code, Loop, Stream};

/// One word for an event.
fn word(event: &NetEvent<'_>) -> String {
    match event {
        NetEvent::Open(Address::Unnamed) => "open".into(),
        NetEvent::Open(_) => "open with a name".into(),
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

fn is_blocking(fd: &impl AsRawFd) -> bool {
    // SAFETY: it only asks.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    assert!(flags >= 0);
    flags & libc::O_NONBLOCK == 0
}

fn is_inherited(fd: &impl AsRawFd) -> bool {
    // SAFETY: it only asks.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFD) };
    assert!(flags >= 0);
    flags & libc::FD_CLOEXEC == 0
}

#[test]
fn pairs_are_non_blocking_and_not_inherited() {
    for (one, other) in
        [net::pipe().unwrap(), net::socketpair().unwrap(), net::datagram_pair().unwrap()]
    {
        for end in [one, other] {
            assert!(!is_blocking(&end) && !is_inherited(&end));
        }
    }
}

#[test]
fn a_pipe_is_two_streams() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (from, to) = net::pipe().unwrap();
    let reader = lp.net().adopt(from, logs(&log)).unwrap();
    let writer = lp.net().adopt(to, |_, _, _| ()).unwrap();
    assert_eq!(lp.net_type(reader).unwrap(), SocketType::Pipe);
    lp.read_start(reader, logs(&log)).unwrap();
    lp.send(writer, b"through").unwrap();
    lp.net_close(writer).unwrap();
    lp.run().unwrap();
    log.expect(&["open", "data through", "end", "closed"]);
}

#[test]
fn each_end_refuses_the_other_direction_by_name() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (from, _to) = net::pipe().unwrap();
    let reader = lp.net().adopt(from, |_, _, _| ()).unwrap();
    let said = log.clone();
    lp.write(reader, &b"x"[..], move |lp, sent| {
        said.add(sent.unwrap_err().code().name());
        lp.clear(reader).unwrap();
    })
    .unwrap();
    lp.run().unwrap();
    log.expect(&["LOOP_EBADF"]);
}

#[test]
fn a_writer_ends_when_the_readers_are_gone() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (from, to) = net::pipe().unwrap();
    drop(from);
    lp.net().adopt(to, logs(&log)).unwrap();
    lp.run().unwrap();
    assert_eq!(log.take().last().unwrap(), "LOOP_EPIPE");
}

#[test]
fn what_is_borrowed_stays_open_and_blocking() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let mut fds = [0; 2];
    // SAFETY: room for two.
    assert_eq!(unsafe { libc::pipe(fds.as_mut_ptr()) }, 0);
    // SAFETY: both are new, and ours.
    let [mut from, mut to] =
        fds.map(|fd| unsafe { <File as std::os::fd::FromRawFd>::from_raw_fd(fd) });
    let reader = lp.net().adopt_borrowed(&from, |_, _, _| ()).unwrap();
    let said = log.clone();
    lp.read_exact(reader, 4, move |lp, reader, event| {
        said.add(word(&event));
        if matches!(event, NetEvent::Data(_)) {
            lp.net_close(reader).unwrap();
        }
    })
    .unwrap();
    to.write_all(b"firstrest").unwrap();
    lp.run().unwrap();
    log.expect(&["open", "data firs", "closed"]);
    assert!(is_blocking(&from));
    drop(to);
    let mut rest = String::new();
    from.read_to_string(&mut rest).unwrap(); // of what was read ahead nothing is here
    assert!("firstrest".ends_with(&rest));
}

#[test]
fn a_borrowed_descriptor_may_be_closed_at_once() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (from, to) = net::pipe().unwrap();
    let reader = lp.net().adopt_borrowed(&from, |_, _, _| ()).unwrap();
    drop(from);
    lp.read_start(reader, logs(&log)).unwrap();
    File::from(to).write_all(b"still").unwrap();
    lp.run().unwrap();
    log.expect(&["open", "data still", "end", "closed"]);
}

#[test]
fn a_fifo_is_a_stream() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let folder = Folder::new();
    let path = folder.path().join("fifo");
    let name = std::ffi::CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: a text with a NUL.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    let both = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let reader = lp.net().adopt(OwnedFd::from(both), |_, _, _| ()).unwrap();
    assert_eq!(lp.net_type(reader).unwrap(), SocketType::Pipe);
    fs::write(&path, "into it").unwrap();
    let said = log.clone();
    lp.read_exact(reader, 7, move |lp, reader, event| {
        said.add(word(&event));
        if matches!(event, NetEvent::Data(_)) {
            lp.clear(reader).unwrap();
        }
    })
    .unwrap();
    lp.run().unwrap();
    log.expect(&["open", "data into it"]);
}

#[test]
fn a_file_is_read_from_where_it_is_and_written_to() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let folder = Folder::new();
    let path = folder.path().join("file");
    fs::write(&path, "0123456789").unwrap();
    let mut file = File::open(&path).unwrap();
    file.read_exact(&mut [0; 4]).unwrap();
    let reader = lp.net().adopt(OwnedFd::from(file), |_, _, _| ()).unwrap();
    assert_eq!(lp.net_type(reader).unwrap(), SocketType::File);
    lp.read_start(reader, logs(&log)).unwrap();
    let out = OpenOptions::new().append(true).open(folder.path().join("out"));
    assert!(out.is_err());
    let out = File::create(folder.path().join("out")).unwrap();
    let writer = lp.net().adopt(OwnedFd::from(out), |_, _, _| ()).unwrap();
    lp.send(writer, b"written").unwrap();
    lp.net_close(writer).unwrap();
    lp.run().unwrap();
    log.expect(&["open", "data 456789", "end", "closed"]);
    assert_eq!(fs::read(folder.path().join("out")).unwrap(), b"written");
}

#[test]
fn the_type_of_each_socket_is_known() {
    let lp = Loop::new().unwrap();
    let udp = lp.net().udp_bind("127.0.0.1", 0, |_, _, _| ()).unwrap();
    assert_eq!(lp.net_type(udp).unwrap(), SocketType::Udp);
    let tcp = lp.net().listen("127.0.0.1", 0, |_, _, _| ()).unwrap();
    assert_eq!(lp.net_type(tcp).unwrap(), SocketType::Tcp);
    let (one, other) = net::socketpair().unwrap();
    let unix = lp.net().adopt(one, |_, _, _| ()).unwrap();
    assert_eq!(lp.net_type(unix).unwrap(), SocketType::Unix);
    let (here, there) = net::datagram_pair().unwrap();
    let datagrams = lp.net().adopt_datagrams(here, |_, _, _| ()).unwrap();
    assert_eq!(lp.net_type(datagrams).unwrap(), SocketType::UnixDatagram);
    lp.clear(udp).unwrap();
    lp.clear(tcp).unwrap();
    lp.clear(unix).unwrap();
    lp.clear(datagrams).unwrap();
    assert_eq!(lp.net_type(unix).unwrap_err().code(), Code::BadId);
    lp.run().unwrap();
    drop((other, there));
}

#[test]
fn what_cannot_be_taken_over_is_an_error() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let folder = File::open("/tmp").unwrap();
    lp.net().adopt(OwnedFd::from(folder), logs(&log)).unwrap();
    let epoll = {
        // SAFETY: no arguments that matter.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        assert!(fd >= 0);
        // SAFETY: it is new, and ours.
        unsafe { <OwnedFd as std::os::fd::FromRawFd>::from_raw_fd(fd) }
    };
    lp.net().adopt(epoll, logs(&log)).unwrap();
    lp.run().unwrap();
    log.expect(&["LOOP_EISDIR", "LOOP_ESYS"]);
}
