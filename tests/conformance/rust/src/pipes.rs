// SPDX-License-Identifier: MIT

//! Pipes and terminals as streams.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::rc::Rc;

use libloop::net::{self, NetEvent, SocketType, TtyMode};
use libloop::{Error, Loop, Stream};

use crate::parties::{Party, just_note, run_until_heard};
use crate::{Outcome, Programs, name, yes};

pub const PROGRAMS: Programs =
    &[("net_pipe_eof", pipe_eof), ("net_pipe_broken", pipe_broken), ("net_tty_mode", tty_mode)];

const MUCH: usize = 1 << 20;

/// Takes a descriptor over and runs until that is told.
pub fn take_over(
    lp: &Loop,
    party: &Party,
    fd: OwnedFd,
    fds: bool,
    on: impl FnMut(&Loop, &Party, &NetEvent<'_>) + 'static,
) -> Result<Stream, Error> {
    let stream = lp.net().fds(fds).adopt(fd, party.hears(on))?;
    run_until_heard(lp, party)?;
    Ok(stream)
}

fn pipe_eof() -> Outcome {
    let lp = Loop::new()?;
    let (reader, writer) = (Party::new("reader"), Party::new("writer"));
    let (from, to) = net::pipe()?;
    let input = take_over(&lp, &reader, from, false, just_note)?;
    let output = take_over(&lp, &writer, to, false, just_note)?;
    println!("a pipe: {}", yes(lp.net_type(input)? == SocketType::Pipe));
    lp.read_start(input, reader.hears(just_note))?;
    lp.send(output, b"one, ")?;
    lp.send(output, b"two, ")?;
    lp.send(output, b"three")?;
    lp.end(output)?;
    lp.run()?;
    reader.say();
    writer.say();
    Ok(())
}

fn pipe_broken() -> Outcome {
    let lp = Loop::new()?;
    let (reader, writer) = (Party::new("reader"), Party::new("writer"));
    let (from, to) = net::pipe()?;
    let input = take_over(&lp, &reader, from, false, just_note)?;
    let output = take_over(&lp, &writer, to, false, |_, _, event| {
        if let NetEvent::Closed(result) = event {
            println!("writer: {}", name(result));
        }
    })?;
    lp.write(output, vec![0; MUCH], |_, sent| {
        let bytes = sent.as_ref().map_or_else(|error| error.sent() as usize, |sent| sent.bytes());
        println!("write: {}, all of it: {}", name(&sent), yes(bytes == MUCH));
    })?;
    lp.read_once(input, 1000, reader.hears(just_note))?;
    while reader.bytes() == 0 {
        lp.run_once()?;
    }
    lp.net_close(input)?;
    lp.run()?;
    reader.say();
    writer.say();
    Ok(())
}

fn say_mode(terminal: &OwnedFd, when: &str) {
    // SAFETY: zeroes are a record.
    let mut mode: libc::termios = unsafe { std::mem::zeroed() };
    // SAFETY: room for the answer.
    assert_eq!(unsafe { libc::tcgetattr(terminal.as_raw_fd(), &raw mut mode) }, 0);
    let on = |flag| if mode.c_lflag & flag != 0 { "on" } else { "off" };
    println!("{when}: echo {}, lines {}", on(libc::ECHO), on(libc::ICANON));
}

/// Both sides of a terminal of that size.
fn terminal(columns: u16, rows: u16) -> (File, Rc<OwnedFd>) {
    let (mut master, mut slave) = (-1, -1);
    let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: room for both; no name and no modes.
    let rc = unsafe {
        libc::openpty(
            &raw mut master,
            &raw mut slave,
            ptr::null_mut(),
            ptr::null(),
            &raw const size,
        )
    };
    assert_eq!(rc, 0);
    // SAFETY: both are new, and ours.
    unsafe { (File::from_raw_fd(master), Rc::new(OwnedFd::from_raw_fd(slave))) }
}

fn tty_mode() -> Outcome {
    let lp = Loop::new()?;
    let (keys, reader) = (Party::new("keys"), Party::new("reader"));
    let (mut master, slave) = terminal(91, 37);
    let stream = lp.net().adopt_borrowed(&*slave, keys.hears(just_note))?;
    run_until_heard(&lp, &keys)?;
    println!("a terminal: {}", yes(lp.net_type(stream)? == SocketType::Terminal));
    let size = lp.tty_size(stream)?;
    println!("{} columns, {} rows", size.columns, size.rows);
    say_mode(&slave, "before");
    lp.tty_mode(stream, TtyMode::Raw)?;
    say_mode(&slave, "raw");
    let seen = Rc::clone(&slave);
    let on_key = move |lp: &Loop, keys: &Party, event: &NetEvent<'_>| match event {
        NetEvent::Data(bytes) => {
            println!("a key: {}", String::from_utf8_lossy(bytes));
            lp.tty_mode(keys.stream(), TtyMode::Normal).expect("it is a terminal");
            say_mode(&seen, "normal");
            lp.tty_mode(keys.stream(), TtyMode::Io).expect("it is a terminal");
            say_mode(&seen, "io");
            lp.net_close(keys.stream()).expect("it is open");
        }
        NetEvent::Closed(_) => say_mode(&seen, "ended"),
        _ => {}
    };
    lp.read_start(stream, keys.hears(on_key))?;
    master.write_all(b"k").expect("there is room");
    lp.run()?;
    let (from, _to) = net::pipe()?;
    let pipe = take_over(&lp, &reader, from, false, just_note)?;
    println!("mode of a pipe: {}", name(&lp.tty_mode(pipe, TtyMode::Raw)));
    println!("size of a pipe: {}", name(&lp.tty_size(pipe)));
    lp.clear(pipe)?;
    lp.run()?;
    keys.say();
    Ok(())
}
