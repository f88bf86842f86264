// SPDX-License-Identifier: MIT

//! What the tests share.

#![allow(dead_code)]

use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::FromRawFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use libloop::{Loop, Watcher};

/// So far away that reaching it is a hang.
pub const FAR: Duration = Duration::from_secs(3600);

pub fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Starts an idle, a prepare or a check watcher.
pub type Start = fn(&Loop, Box<dyn FnMut(&Loop)>) -> Watcher;

pub const WATCHERS: [Start; 3] = [
    |lp, callback| lp.start_idle(callback).unwrap(),
    |lp, callback| lp.start_prepare(callback).unwrap(),
    |lp, callback| lp.start_check(callback).unwrap(),
];

/// Lines that callbacks wrote, in order.
#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub fn add(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    /// A callback that writes a line.
    pub fn say(&self, line: impl Into<String>) -> impl FnOnce(&Loop) + 'static {
        let (log, line) = (self.clone(), line.into());
        move |_lp| log.add(line)
    }

    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.borrow_mut())
    }

    pub fn expect(&self, want: &[&str]) {
        assert_eq!(self.take(), want);
    }
}

/// Counts how often its clones were dropped.
#[derive(Default)]
pub struct Drops(Arc<AtomicUsize>);

impl Drops {
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Something to be moved into one closure.
    pub fn token(&self) -> Token {
        Token(Arc::clone(&self.0))
    }
}

pub struct Token(Arc<AtomicUsize>);

impl Token {
    /// Makes a closure capture it.
    pub fn touch(&self) {}
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A pipe: (reader, writer).
pub fn pipe() -> (File, File) {
    let mut fds = [0; 2];
    // SAFETY: there is room for two descriptors, and nobody else owns those that come back.
    unsafe {
        assert_eq!(libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC), 0);
        (File::from_raw_fd(fds[0]), File::from_raw_fd(fds[1]))
    }
}

/// Reads a request up to its empty line; gives what was read (empty: the client has gone).
pub fn read_head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Serves connections with one handler, each on a thread of its own, until the process ends.
/// Returns "http://127.0.0.1:PORT".
pub fn serve(handler: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let handler = Arc::new(handler);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handler = Arc::clone(&handler);
            thread::spawn(move || handler(stream));
        }
    });
    url
}

/// A server that answers every request with this text and closes.
pub fn serve_text(response: &'static str) -> String {
    serve(move |mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(response.as_bytes());
    })
}

/// A server that never answers; it lets go when the client does.
pub fn serve_stall() -> String {
    serve(|mut stream| while matches!(stream.read(&mut [0; 256]), Ok(n) if n > 0) {})
}
