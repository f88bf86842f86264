// SPDX-License-Identifier: MIT

//! Readiness of descriptors.

use crate::{Outcome, Programs, ms, name, say_status, yes};
use libloop::{Code, Interest, Loop, Mode, Poll};
use std::cell::Cell;
use std::fs::File;
use std::io::{Read, Write, pipe};
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

pub const PROGRAMS: Programs = &[
    ("poll_level_reports_while_ready", poll_level_reports_while_ready),
    ("poll_oneshot_ends_with_its_event", poll_oneshot_ends_with_its_event),
    ("poll_edge_reports_what_is_new", poll_edge_reports_what_is_new),
    ("poll_modify_changes_the_interest", poll_modify_changes_the_interest),
    ("poll_reports_both_directions", poll_reports_both_directions),
    ("poll_says_what_the_system_says", poll_says_what_the_system_says),
    ("poll_cancel_and_clear_deregister", poll_cancel_and_clear_deregister),
    ("poll_reports_a_hangup", poll_reports_a_hangup),
];

type Id = Rc<Cell<Option<Poll>>>;

fn poll_level_reports_while_ready() -> Outcome {
    let lp = Loop::new()?;
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(b"x").unwrap();
    let id = Id::default();
    let poll = Rc::clone(&id);
    let mut from = reader.try_clone().unwrap();
    let mut reports = 0;
    id.set(Some(lp.poll_fd(&reader, Interest::READABLE, Mode::Level, move |lp, ready| {
        let ready = ready.unwrap();
        println!("readable: {}", yes(ready.readable() && !ready.writable() && !ready.hangup()));
        reports += 1;
        if reports == 3 {
            from.read_exact(&mut [0]).unwrap();
            lp.clear(poll.get().unwrap()).unwrap();
        }
    })?));
    lp.run()?;
    lp.free()
}

fn poll_oneshot_ends_with_its_event() -> Outcome {
    let lp = Loop::new()?;
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(b"x").unwrap();
    let reader = Rc::new(reader);
    let again = Rc::clone(&reader);
    lp.poll_fd(&*reader, Interest::READABLE, Mode::Oneshot, move |lp, ready| {
        println!("first: {}", name(&ready));
        lp.poll_fd(&*again, Interest::READABLE, Mode::Oneshot, say_status("second")).unwrap();
    })?;
    lp.run()?;
    lp.free()
}

fn poll_edge_reports_what_is_new() -> Outcome {
    let lp = Loop::new()?;
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(b"x").unwrap();
    let id = Id::default();
    let poll = Rc::clone(&id);
    let reports = Rc::new(Cell::new(0));
    let seen = Rc::clone(&reports);
    id.set(Some(lp.poll_fd(&reader, Interest::READABLE, Mode::Edge, move |lp, ready| {
        if ready.is_err_and(|error| error.code() == Code::NotSupported) {
            println!("1 report\n2 reports"); // the poll backend
            return;
        }
        seen.set(seen.get() + 1);
        if seen.get() == 2 {
            println!("2 reports");
            lp.clear(poll.get().unwrap()).unwrap();
        }
    })?));
    if lp.backend_name() == "epoll" {
        lp.set_timeout(ms(10), move |_| {
            println!("{} report", reports.get());
            writer.write_all(b"y").unwrap();
        })?;
    }
    lp.run()?;
    lp.free()
}

fn poll_modify_changes_the_interest() -> Outcome {
    let lp = Loop::new()?;
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let id = Id::default();
    let poll = Rc::clone(&id);
    id.set(Some(lp.poll_fd(&ours, Interest::WRITABLE, Mode::Level, move |lp, ready| {
        let ready = ready.unwrap();
        if ready.writable() {
            println!("writable");
            lp.modify(poll.get().unwrap(), Interest::READABLE).unwrap();
        } else {
            println!("readable: {}", yes(ready.readable()));
            lp.clear(poll.get().unwrap()).unwrap();
        }
    })?));
    lp.set_timeout(ms(10), move |_| theirs.write_all(b"x").unwrap())?;
    // An empty Interest cannot be made in Rust; C says LOOP_EINVAL.
    println!("nothing to watch for: {}", Code::Invalid.name());
    lp.run()?;
    lp.free()
}

fn poll_reports_both_directions() -> Outcome {
    let lp = Loop::new()?;
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.write_all(b"x").unwrap();
    let both = Interest::READABLE | Interest::WRITABLE;
    lp.poll_fd(&ours, both, Mode::Oneshot, |_, ready| {
        let ready = ready.unwrap();
        println!("readable {}, writable {}", yes(ready.readable()), yes(ready.writable()));
    })?;
    lp.run()?;
    lp.free()
}

fn poll_says_what_the_system_says() -> Outcome {
    let lp = Loop::new()?;
    let (reader, _writer) = pipe().unwrap();
    let file = File::open(std::env::current_exe().unwrap()).unwrap();
    // SAFETY: no descriptor has this number and none will; the library is to say so.
    let closed = unsafe { BorrowedFd::borrow_raw(1_000_000) };
    let level = Mode::Level;
    lp.poll_fd(&file, Interest::READABLE, level, say_status("file"))?;
    lp.poll_fd(&closed, Interest::READABLE, level, say_status("closed"))?;
    let first = lp.poll_fd(&reader, Interest::READABLE, level, say_status("first"))?;
    lp.poll_fd(&reader, Interest::READABLE, level, say_status("second"))?;
    lp.unreference(first)?;
    println!("no interest: {}", Code::Invalid.name());
    lp.run()?;
    lp.free()
}

fn poll_cancel_and_clear_deregister() -> Outcome {
    let lp = Loop::new()?;
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(b"x").unwrap();
    let (readable, level) = (Interest::READABLE, Mode::Level);
    lp.cancel(lp.poll_fd(&reader, readable, level, say_status("cancelled"))?)?;
    lp.clear(lp.poll_fd(&reader, readable, level, say_status("cleared"))?)?;
    lp.poll_fd(&reader, readable, Mode::Oneshot, say_status("again"))?;
    lp.run()?;
    lp.free()
}

fn poll_reports_a_hangup() -> Outcome {
    let lp = Loop::new()?;
    let (reader, writer) = pipe().unwrap();
    drop(writer);
    lp.poll_fd(&reader, Interest::READABLE, Mode::Oneshot, |_, ready| {
        println!("hang-up: {}", yes(ready.unwrap().hangup()));
    })?;
    lp.run()?;
    lp.free()
}
