// SPDX-License-Identifier: MIT

//! Descriptors and files over streams.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use libloop::net::{self, NetEvent};
use libloop::{Error, Loop, Stream, Written};

use crate::parties::{Party, just_note};
use crate::pipes::take_over;
use crate::{Outcome, Programs, name, yes};

pub const PROGRAMS: Programs = &[("net_fd_pass", fd_pass), ("net_send_file", send_file)];

/// A number that nobody has.
fn not_open() -> BorrowedFd<'static> {
    // SAFETY: it is lent to calls that say that it is not open.
    unsafe { BorrowedFd::borrow_raw(1 << 20) }
}

/// Sends a pipe that holds a text.
fn pass(lp: &Loop, from: Stream, text: &str, with: &str) -> Result<(), Error> {
    let (holds, to) = net::pipe()?;
    File::from(to).write_all(text.as_bytes()).expect("there is room");
    lp.send_fd(from, &holds, with.as_bytes()) // and it is closed at once
}

fn talk(wanted: bool) -> Outcome {
    let lp = Loop::new()?;
    let (sender, receiver) = (Party::new("sender"), Party::new("receiver"));
    let (near, far) = net::socketpair()?;
    let from = take_over(&lp, &sender, near, false, just_note)?;
    let to = take_over(&lp, &receiver, far, wanted, just_note)?;
    let use_it = |_: &Loop, _: &Party, event: &NetEvent<'_>| {
        if let NetEvent::Descriptor(passed) = event {
            let mut text = [0; 32];
            let mut pipe = File::from(passed.take().expect("nobody has asked before"));
            let len = pipe.read(&mut text).expect("there is something");
            println!("a descriptor: {}", String::from_utf8_lossy(&text[..len]));
        }
    };
    lp.read_start(to, receiver.hears(use_it))?;
    pass(&lp, from, "first", "1st ")?;
    pass(&lp, from, "second", "2nd ")?;
    lp.send(from, b"no more")?;
    let here = i32::try_from(std::process::id()).expect("it is small");
    println!("the peer is this process: {}", yes(lp.peer_credentials(to)?.pid == Some(here)));
    println!("what is not open: {}", name(&lp.send_fd(from, not_open(), b"x")));
    println!("without bytes: {}", name(&lp.send_fd(from, std::io::stdin(), b"")));
    lp.net_close(from)?;
    lp.run()?;
    println!("received: {}", receiver.text());
    println!("it ended with {}", receiver.last());
    Ok(())
}

fn to_a_pipe() -> Outcome {
    let lp = Loop::new()?;
    let writer = Party::new("writer");
    let (_from, to) = net::pipe()?;
    let stream = take_over(&lp, &writer, to, false, just_note)?;
    println!("over a pipe: {}", name(&lp.send_fd(stream, std::io::stdin(), b"x")));
    lp.clear(stream)?;
    lp.run()?;
    Ok(())
}

fn fd_pass() -> Outcome {
    println!("-- wanted");
    talk(true)?;
    println!("-- not wanted");
    talk(false)?;
    to_a_pipe()
}

/// A closure that says how many bytes went.
fn say_sent(what: &'static str) -> impl FnOnce(&Loop, Result<Written, Error>) + 'static {
    move |_, sent| {
        let bytes = sent.as_ref().map_or_else(|error| error.sent() as usize, |sent| sent.bytes());
        println!("{what}: {}, {bytes} bytes", name(&sent));
    }
}

fn send_file() -> Outcome {
    let lp = Loop::new()?;
    let (sender, receiver) = (Party::new("sender"), Party::new("receiver"));
    let path = std::env::temp_dir().join(format!("conformance-{}", std::process::id()));
    std::fs::write(&path, "0123456789").expect("there is room");
    let file = File::open(&path).expect("it is there");
    std::fs::remove_file(&path).expect("it is there");
    let folder = File::open("/").expect("it is there");
    let (near, far) = net::socketpair()?;
    let (pipe, _end) = net::pipe()?;
    let from = take_over(&lp, &sender, near, false, just_note)?;
    let to = take_over(&lp, &receiver, far, false, just_note)?;
    lp.read_start(to, receiver.hears(just_note))?;
    let send = |fd: BorrowedFd<'_>, offset, len, what| {
        lp.send_file(from, fd, offset, len, say_sent(what)).map(drop)
    };
    lp.send(from, b"head ")?;
    send(file.as_fd(), 0, 10, "all")?;
    lp.send(from, b" ")?;
    send(file.as_fd(), 3, 4, "a part")?;
    lp.send(from, b" ")?;
    send(file.as_fd(), 8, 100, "too much")?;
    send(file.as_fd(), 50, 5, "behind the end")?;
    send(file.as_fd(), 5, 0, "nothing")?;
    send(folder.as_fd(), 0, 5, "a folder")?;
    send(pipe.as_fd(), 0, 5, "a pipe")?;
    send(not_open(), 0, 5, "what is not open")?;
    let most = i64::MAX.unsigned_abs();
    println!("far away: {}", name(&lp.send_file(from, &file, most, 1, say_sent("far away"))));
    lp.send(from, b" tail")?;
    drop(file); // at once
    lp.net_close(from)?;
    lp.run()?;
    sender.say();
    receiver.say();
    Ok(())
}
