// SPDX-License-Identifier: MIT

//! The program of the book "The Node Experiment" on libloop.
//!
//!     node_experiment_rs [FILE [URL]]
//!
//! The lines about ticks, pool and poller are the library's own trace.

use std::cell::Cell;
use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use libloop::{Loop, Response, TraceFormat};

/// fib(39) takes a moment, fib(100) a lifetime: texts of any length stay below this.
const MAGIC_LIMIT: usize = 40;

/// Writes text at once, so that these lines and the trace leave in the order they happen.
fn write(text: &str) {
    let mut out = io::stdout().lock();
    // Nobody is left to tell when stdout is gone.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn print(text: impl Display) {
    write(&format!("Thread: main\t {text}\n"));
}

/// Prints the first two lines of a text and the line that says where it moved to.
fn print_content(text: &str, title: &str) {
    let moved = text.lines().position(|line| line.starts_with("Location"));
    let mut block = format!("\n===== THREAD main START CONTENT - {title} =====\n");
    for (number, line) in text.lines().enumerate() {
        if number < 2 || Some(number) == moved {
            block += line;
            block += "\n";
        }
    }
    block += "... [Note: Abbreviated for display] ...\n===== END CONTENT =====\n\n";
    write(&block);
}

/// What is not UTF-8 in it is shown as U+FFFD.
fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the callbacks share.
struct Program {
    file: String,
    url: String,
    failures: Cell<u32>,
}

impl Program {
    /// The value of a result; says so if it is an error.
    fn value<T>(&self, result: Result<T, libloop::Error>) -> Option<T> {
        result
            .inspect_err(|error| {
                print(format_args!("Error: {error}"));
                self.failures.set(self.failures.get() + 1);
            })
            .ok()
    }
}

// What the book calls C++ plug-ins: work that the runtime knows nothing about.

type Done<T> = Result<T, libloop::Error>;

fn fs_read(lp: &Loop, path: &str, callback: impl FnOnce(&Loop, Done<String>) + 'static) {
    let path = path.to_owned();
    let job = move || {
        thread::sleep(Duration::from_secs(1)); // as if the file were large
        let read = std::fs::read(&path).map(|bytes| text_of(&bytes));
        read.map_err(|error| failed_to("open", &path, &error))
    };
    lp.work("File read", job, callback).expect("the loop is open");
}

fn failed_to(operation: &str, path: &str, error: &io::Error) -> libloop::Error {
    let code = error.raw_os_error().map_or(libloop::Code::Job, libloop::Code::from_errno);
    libloop::Error::new(code, format!("{operation} {path}"))
}

fn fibonacci(n: usize) -> usize {
    if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
}

fn encrypt(lp: &Loop, n: usize, callback: impl FnOnce(&Loop, Done<usize>) + 'static) {
    let job = move || Ok::<_, libloop::Error>(fibonacci(n));
    lp.work("Encrypt", job, callback).expect("the loop is open");
}

fn set_timeout(lp: &Loop, ms: u64, callback: impl FnOnce(&Loop) + 'static) {
    lp.set_timeout(Duration::from_millis(ms), callback).expect("the loop is open");
}

fn http_get(lp: &Loop, url: &str, callback: impl FnOnce(&Loop, Done<Response>) + 'static) {
    lp.http_get(url, callback).expect("the loop is open");
}

fn javascript(lp: &Loop, program: &Rc<Program>) {
    print("First call to read test.txt");
    let p = Rc::clone(program);
    fs_read(lp, &program.file, move |lp, result| {
        let Some(text) = p.value(result) else { return };
        let count = text.chars().count();
        print(format_args!("First count: {count} characters."));

        print(r#"I want to create a "magic" number based on the text."#);
        encrypt(lp, count % MAGIC_LIMIT, move |_lp, result| {
            if let Some(number) = p.value(result) {
                print(format_args!(r#""Encrypted" number is: {number}"#));
            }
        });
    });

    print("Registering immediate timeout 1");
    set_timeout(lp, 0, |_lp| print("Immediate1 timed out"));
    print("Registering immediate timeout 2");
    set_timeout(lp, 0, |_lp| print("Immediate2 timed out"));

    print("Second call to read test.txt");
    let p = Rc::clone(program);
    fs_read(lp, &program.file, move |lp, result| {
        let Some(text) = p.value(result) else { return };
        print(format_args!("Second count: {} characters.", text.chars().count()));

        print("Third call to read test.txt");
        let file = p.file.clone();
        fs_read(lp, &file, move |_lp, result| {
            if let Some(text) = p.value(result) {
                print_content(&text, "FILE READ");
            }
        });
    });

    print("Registering a 3000 and a 500 ms timeout");
    set_timeout(lp, 3000, |lp| {
        print("3000ms timer timed out");
        set_timeout(lp, 500, |_lp| print("500ms timer(nested) timed out"));
    });

    print("Registering a 1000 ms timeout");
    set_timeout(lp, 1000, |_lp| print("SETTIMEOUT"));

    print("Registering http get request to google.com");
    let p = Rc::clone(program);
    http_get(lp, &program.url, move |_lp, result| {
        if let Some(response) = p.value(result) {
            print_content(&text_of(response.as_bytes()), "WEB CALL");
        }
    });
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let program = Rc::new(Program {
        file: arguments.next().unwrap_or_else(|| "test.txt".into()),
        url: arguments.next().unwrap_or_else(|| "http://www.google.com".into()),
        failures: Cell::new(0),
    });
    // The four threads stay to the end, as the book's do.
    let lp = Loop::builder().worker_idle(None).build()?;
    lp.trace_fd(io::stdout(), TraceFormat::Book)?;
    javascript(&lp, &program);
    lp.run()?;
    lp.free()?;
    Ok(if program.failures.get() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
