// SPDX-License-Identifier: MIT

//! Terminals: modes that are put back, sizes. The terminals are pseudo-terminals of the tests.

mod common;

use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::rc::Rc;
use std::sync::Mutex;

use common::Log;
use libloop::net::{NetEvent, SocketType, TtyMode, TtySize, tty_reset};
use libloop::{Code, Loop};

/// `tty_reset` is for all terminals of the process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Both sides of a pseudo-terminal: the master and the program's.
fn terminal() -> (File, OwnedFd) {
    let (mut master, mut slave) = (-1, -1);
    // SAFETY: room for both; no name, no modes, no size.
    let rc = unsafe {
        libc::openpty(&raw mut master, &raw mut slave, ptr::null_mut(), ptr::null(), ptr::null())
    };
    assert_eq!(rc, 0);
    // SAFETY: both are new, and ours.
    unsafe { (File::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) }
}

fn modes(fd: &impl AsRawFd) -> (u32, u32, u32) {
    // SAFETY: zeroes are a record.
    let mut mode: libc::termios = unsafe { std::mem::zeroed() };
    // SAFETY: room for the answer.
    assert_eq!(unsafe { libc::tcgetattr(fd.as_raw_fd(), &raw mut mode) }, 0);
    (mode.c_iflag, mode.c_oflag, mode.c_lflag)
}

fn is_raw(fd: &impl AsRawFd) -> bool {
    modes(fd).2 & (libc::ECHO | libc::ICANON | libc::ISIG) == 0
}

fn resize(master: &File, columns: u16, rows: u16) {
    let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: a size to be set.
    assert_eq!(unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) }, 0);
}

#[test]
fn a_raw_terminal_gives_each_key_and_is_put_back() {
    let _alone = alone();
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (mut master, slave) = terminal();
    let slave = Rc::new(slave);
    let before = modes(&*slave);
    let stream = lp.net().adopt_borrowed(&*slave, |_, _, _| ()).unwrap();
    assert_eq!(lp.net_type(stream).unwrap(), SocketType::Terminal);
    lp.tty_mode(stream, TtyMode::Raw).unwrap();
    assert!(is_raw(&*slave));
    let (said, seen) = (log.clone(), Rc::clone(&slave));
    lp.read_start(stream, move |lp, stream, event| match event {
        NetEvent::Data(bytes) => {
            said.add(String::from_utf8_lossy(bytes));
            lp.tty_mode(stream, TtyMode::Normal).unwrap();
            assert_eq!(modes(&*seen), before);
            lp.tty_mode(stream, TtyMode::Io).unwrap();
            assert!(is_raw(&*seen));
            lp.net_close(stream).unwrap();
        }
        NetEvent::Closed(how) => {
            assert_eq!((how, modes(&*seen)), (Ok(()), before));
            said.add("closed");
        }
        _ => {}
    })
    .unwrap();
    master.write_all(b"k").unwrap();
    lp.run().unwrap();
    log.expect(&["k", "closed"]);
    assert_eq!(modes(&*slave), before);
}

#[test]
fn a_cleared_terminal_and_a_dropped_loop_put_it_back() {
    let _alone = alone();
    let (_master, slave) = terminal();
    let before = modes(&slave);
    let lp = Loop::new().unwrap();
    let stream = lp.net().adopt_borrowed(&slave, |_, _, _| ()).unwrap();
    lp.tty_mode(stream, TtyMode::Raw).unwrap();
    lp.clear(stream).unwrap();
    lp.run().unwrap();
    assert_eq!(modes(&slave), before);
    let stream = lp.net().adopt_borrowed(&slave, |_, _, _| ()).unwrap();
    lp.tty_mode(stream, TtyMode::Raw).unwrap();
    assert!(is_raw(&slave));
    drop(lp);
    assert_eq!(modes(&slave), before);
}

#[test]
fn a_reset_puts_all_terminals_back() {
    let _alone = alone();
    let (_master, slave) = terminal();
    let before = modes(&slave);
    let lp = Loop::new().unwrap();
    let stream = lp.net().adopt_borrowed(&slave, |_, _, _| ()).unwrap();
    lp.tty_mode(stream, TtyMode::Raw).unwrap();
    assert!(is_raw(&slave));
    tty_reset().unwrap();
    assert_eq!(modes(&slave), before);
    lp.clear(stream).unwrap();
    lp.run().unwrap();
}

#[test]
fn the_size_of_a_terminal_and_its_changes_are_told() {
    let _alone = alone();
    let lp = Loop::new().unwrap();
    let (master, slave) = terminal();
    resize(&master, 80, 24);
    let stream = lp.net().adopt_borrowed(&slave, |_, _, _| ()).unwrap();
    assert_eq!(lp.tty_size(stream).unwrap(), TtySize { columns: 80, rows: 24 });
    let sizes = Rc::new(RefCell::new(Vec::new()));
    let told = Rc::clone(&sizes);
    lp.read_start(stream, move |lp, stream, event| {
        if let NetEvent::Resized(size) = event {
            told.borrow_mut().push(size);
            assert_eq!(lp.tty_size(stream).unwrap(), size);
            lp.net_close(stream).unwrap();
        }
    })
    .unwrap();
    resize(&master, 132, 50);
    // SAFETY: to this process; its default is to be ignored.
    assert_eq!(unsafe { libc::raise(libc::SIGWINCH) }, 0);
    lp.run().unwrap();
    assert_eq!(*sizes.borrow(), [TtySize { columns: 132, rows: 50 }]);
}

#[test]
fn what_is_no_terminal_has_no_mode_and_no_size() {
    let lp = Loop::new().unwrap();
    let (from, _to) = libloop::net::pipe().unwrap();
    let pipe = lp.net().adopt(from, |_, _, _| ()).unwrap();
    assert_eq!(lp.tty_mode(pipe, TtyMode::Raw).unwrap_err().code(), Code::NotSupported);
    assert_eq!(lp.tty_size(pipe).unwrap_err().code(), Code::NotSupported);
    lp.clear(pipe).unwrap();
    assert_eq!(lp.tty_mode(pipe, TtyMode::Raw).unwrap_err().code(), Code::BadId);
    lp.run().unwrap();
}

#[test]
fn a_hangup_is_the_end() {
    let _alone = alone();
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (master, slave) = terminal();
    let stream = lp.net().adopt(slave, |_, _, _| ()).unwrap();
    let said = log.clone();
    lp.read_start(stream, move |_, _, event| match event {
        NetEvent::End(_) => said.add("end"),
        NetEvent::Closed(_) => said.add("closed"),
        _ => {}
    })
    .unwrap();
    lp.run_nowait().unwrap();
    drop(master);
    lp.run().unwrap();
    log.expect(&["end", "closed"]);
}
