// SPDX-License-Identifier: MIT

//! Tally: a module by a third party. It adds one kind of job (counting words on the pool) and one
//! descriptor event (a line has arrived) to any loop, with nothing but libloop's public API.

use std::cell::Cell;
use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use libloop::{Code, Error, Interest, Job, Loop, Mode, Op, Poll};

/// Counts the words of a text on the pool.
///
/// A text with a control character ends with [`Code::Invalid`] and the text "tally TEXT".
///
/// # Errors
///
/// As [`Loop::work`].
pub fn words(
    lp: &Loop,
    text: &str,
    callback: impl FnOnce(&Loop, Result<usize, Error>) + 'static,
) -> Result<Job, Error> {
    let text = text.to_owned();
    let job = move || match text.find(|character: char| character < ' ') {
        Some(at) => Err(Error::new(Code::Invalid, format!("tally {}", &text[..at]))),
        None => Ok(text.split(' ').filter(|word| !word.is_empty()).count()),
    };
    lp.work("Tally", job, callback)
}

/// Calls back with each line that arrives on a stream, and once with `None` at its end.
///
/// The stream is the module's until then.
///
/// # Errors
///
/// As [`Loop::poll_fd`].
pub fn lines(
    lp: &Loop,
    stream: UnixStream,
    mut callback: impl FnMut(&Loop, Option<&str>) + 'static,
) -> Result<(), Error> {
    stream.set_nonblocking(true)?;
    let stream = Rc::new(stream);
    let poll: Rc<Cell<Option<Poll>>> = Rc::default();
    let its_poll = Rc::clone(&poll);
    let mut lines = Lines { stream: Rc::clone(&stream), buffer: Vec::new() };
    let ready = move |lp: &Loop, ready: Result<libloop::Readiness, Error>| {
        let goes_on = ready.is_ok() && lines.read(|line| callback(lp, Some(line)));
        if !goes_on {
            callback(lp, None);
            if let (Ok(_), Some(poll)) = (ready, its_poll.take()) {
                lp.clear(poll).expect("it lives: this is its callback");
            }
        }
    };
    let op = Op::new().label("Lines");
    poll.set(Some(lp.with(op).poll_fd(&stream, Interest::READABLE, Mode::Level, ready)?));
    Ok(())
}

/// A stream and what has come of a line.
struct Lines {
    stream: Rc<UnixStream>,
    buffer: Vec<u8>,
}

impl Lines {
    /// Reads what is there and hands on each line. Returns whether more may come.
    fn read(&mut self, mut line: impl FnMut(&str)) -> bool {
        let mut piece = [0; 256];
        loop {
            match self.stream.as_ref().read(&mut piece) {
                Ok(0) => break,
                Ok(n) => self.buffer.extend_from_slice(&piece[..n]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(_) => break,
            }
            while let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let whole: Vec<u8> = self.buffer.drain(..=end).collect();
                line(&String::from_utf8_lossy(&whole[..end]));
            }
        }
        if !self.buffer.is_empty() {
            line(&String::from_utf8_lossy(&self.buffer));
            self.buffer.clear();
        }
        false
    }
}
