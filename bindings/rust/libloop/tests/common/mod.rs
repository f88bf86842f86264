// SPDX-License-Identifier: MIT

//! What the tests share.

#![allow(dead_code)]

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::FromRawFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use libloop::fs::Fs;
use libloop::{Error, FileOp, Loop, Watcher};

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

    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.0.borrow().len()
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

/// A folder of a test's own, taken away with all that is in it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("libloop-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Folder(path.canonicalize().unwrap())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where something of this name lies, or would.
    pub fn at(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.0.join(name.as_ref())
    }

    /// A file with this content.
    pub fn file(&self, name: impl AsRef<OsStr>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A FIFO.
    pub fn fifo(&self, name: &str) -> PathBuf {
        let path = self.at(name);
        let text = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
        // SAFETY: the path ends with a NUL.
        assert_eq!(unsafe { libc::mkfifo(text.as_ptr(), 0o600) }, 0);
        path
    }

    /// The names in it, sorted.
    pub fn names(&self) -> Vec<String> {
        let list = std::fs::read_dir(&self.0).unwrap();
        let names = list.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let gone = std::fs::remove_dir_all(&self.0);
        assert!(gone.is_ok() || thread::panicking(), "{gone:?}");
    }
}

/// What an operation is called back with.
pub type Done<T> = Box<dyn FnOnce(&Loop, Result<T, Error>)>;

/// Runs one file operation and gives its result, which must come exactly once.
pub fn wait<T: 'static>(
    lp: &Loop,
    start: impl FnOnce(Fs<'_>, Done<T>) -> Result<FileOp, Error>,
) -> Result<T, Error> {
    let result = Rc::new(Cell::new(None));
    let slot = Rc::clone(&result);
    let done = move |_lp: &Loop, result| {
        assert!(slot.replace(Some(result)).is_none(), "called twice");
    };
    start(lp.fs(), Box::new(done))?;
    assert_eq!(lp.run().unwrap(), 0);
    result.take().expect("it was called")
}

/// How many descriptors this process has open.
pub fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Set in a process that [`alone`] started.
const ALONE: &str = "LIBLOOP_TEST_ALONE";

/// Runs a test in a process of its own, for what concerns the whole process: limits, users,
/// descriptors.
pub fn alone(name: &str, test: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        return test();
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
