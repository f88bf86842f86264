// SPDX-License-Identifier: MIT

//! Descriptors that come when the process has no room for them. A file of its own: the limit is that
//! of the process.

mod common;

use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use common::{Log, pipe};
use libloop::net::NetEvent;
use libloop::{Code, Loop};

fn limit() -> libc::rlimit {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: it writes the record, which outlives it.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) }, 0);
    limit
}

fn set_limit(limit: &libc::rlimit) {
    // SAFETY: it reads the record, which outlives it.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, std::ptr::from_ref(limit)) }, 0);
}

#[test]
fn descriptors_without_room_are_told_as_too_many_files() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    let (one, other) = UnixStream::pair().unwrap();
    let near = lp.net().adopt(one, |_, _, _| ()).unwrap();
    let far = lp.net().fds(true).adopt(other, |_, _, _| ()).unwrap();
    let (reader, mut writer) = pipe();
    let before = limit();
    lp.send_fd(near, reader, b"x").unwrap();
    let said = log.clone();
    lp.write(near, "y", move |lp, written| {
        // The descriptor is on its way, and nothing else of the library is open.
        assert_eq!(written.unwrap().bytes(), 1);
        // SAFETY: it makes a descriptor, which nobody else has.
        let spare = unsafe { OwnedFd::from_raw_fd(libc::dup(0)) };
        set_limit(&libc::rlimit { rlim_cur: spare.as_raw_fd() as libc::rlim_t, ..before });
        drop(spare);
        let bytes = Rc::new(std::cell::Cell::new(0));
        lp.read_start(far, move |lp, _far, event| match event {
            NetEvent::Lost(error) => {
                assert_eq!(error.code(), Code::TooManyFiles);
                said.add("lost");
            }
            NetEvent::Data(data) => {
                said.add(String::from_utf8_lossy(data));
                bytes.set(bytes.get() + data.len());
                if bytes.get() == 2 {
                    set_limit(&before);
                    lp.net_close(near).unwrap();
                }
            }
            NetEvent::Closed(how) => said.add(if how.is_ok() { "closed" } else { "failed" }),
            NetEvent::Open(_) | NetEvent::End(_) => {}
            _ => unreachable!(),
        })
        .unwrap();
    })
    .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    let lines = log.take();
    assert_eq!((&*lines[0], &*lines[lines.len() - 1]), ("lost", "closed"));
    assert_eq!(lines[1..lines.len() - 1].concat(), "xy");
    assert!(writer.write(b"x").is_err(), "the system has closed it");
}
