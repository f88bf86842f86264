// SPDX-License-Identifier: MIT

//! Servers that misbehave and a process whose descriptors run out: one named error, and the loop
//! goes on.

mod common;

use std::fs::File;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::time::Duration;

use common::{Log, ms, pipe, read_head, serve, serve_stall, serve_text};
use libloop::{Code, Interest, Loop, Mode, Op, Request};

/// Set in the process that may run out of descriptors.
const INSIDE: &str = "LIBLOOP_TEST_DESCRIPTORS";

/// Closing it sends a reset.
fn reset(stream: &TcpStream) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    // SAFETY: an open socket, and the option's own type and size.
    let rc = unsafe {
        libc::setsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const linger).cast(),
            size_of::<libc::linger>() as libc::socklen_t,
        )
    };
    assert_eq!(rc, 0);
}

/// A server that never stops: `more` until the client has gone.
fn serve_endless(first: &'static str, more: &'static str) -> String {
    serve(move |mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(first.as_bytes());
        while stream.write_all(more.as_bytes()).is_ok() {}
    })
}

/// What a request ends with; it must end once, and the loop must go on.
fn ask(lp: &Loop, request: Request, op: Op) -> Code {
    let log = Log::default();
    let (inner, last) = (log.clone(), log.clone());
    lp.with(op.on_final(move |_lp, _result| last.add("final")))
        .http(request, move |_lp, response| {
            inner.add(format!("{:?}", response.unwrap_err().code()));
        })
        .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    lp.set_timeout(Duration::ZERO, log.say("goes on")).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    let lines = log.take();
    assert_eq!(lines[1..], ["final", "goes on"]);
    *CODES.iter().find(|code| format!("{code:?}") == lines[0]).unwrap()
}

const CODES: [Code; 6] = [
    Code::ConnectionRefused,
    Code::ConnectionReset,
    Code::TimedOut,
    Code::Eof,
    Code::Http,
    Code::TooBig,
];

#[test]
fn each_bad_server_gives_one_named_error() {
    let lp = Loop::new().unwrap();
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let resets = serve(|mut stream| {
        read_head(&mut stream);
        reset(&stream);
    });
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    let cases = [
        (format!("http://{refused}/"), Code::ConnectionRefused),
        (resets, Code::ConnectionReset),
        (serve_text(cut), Code::Eof),
        (serve_text("\u{1}\u{2} no HTTP\r\n\r\n"), Code::Http),
        (serve_endless("HTTP/1.1 200 OK\r\n", "X-More: and more\r\n"), Code::TooBig),
        (serve_endless("HTTP/1.1 200 OK\r\n\r\n", "for ever and ever and "), Code::TooBig),
    ];
    for (url, code) in cases {
        assert_eq!(ask(&lp, Request::get(&url).max_body(1 << 20), Op::new()), code, "{url}");
    }
    assert_eq!(ask(&lp, Request::get(serve_stall()), Op::new().deadline(ms(30))), Code::TimedOut);
}

/// Takes every descriptor that is left.
fn take_all() -> Vec<File> {
    let limit = libc::rlimit { rlim_cur: 64, rlim_max: 64 };
    // SAFETY: a record of the right type.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

fn without_descriptors() {
    let (lp, log) = (Loop::new().unwrap(), Log::default());
    let (reader, mut writer) = pipe();
    writer.write_all(b"x").unwrap();
    let url = serve_text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(lp.run().unwrap(), 0);
    let taken = take_all();
    assert_eq!(Loop::new().unwrap_err().code(), Code::TooManyFiles);
    // A loop that exists goes on: timers, jobs, descriptors.
    lp.set_timeout(Duration::ZERO, log.say("timer")).unwrap();
    let poll = log.clone();
    lp.poll_fd(&reader, Interest::READABLE, Mode::Oneshot, move |_lp, ready| {
        poll.add(format!("readable {}", ready.is_ok()));
    })
    .unwrap();
    let job = log.clone();
    lp.work(
        "job",
        || Ok::<_, libloop::Error>(7),
        move |_lp, result| {
            job.add(format!("job {}", result.unwrap()));
        },
    )
    .unwrap();
    let http = log.clone();
    lp.http_get(&url, move |_lp, response| {
        http.add(format!("http {:?}", response.unwrap_err().code()));
    })
    .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    let mut lines = log.take();
    lines.sort();
    assert_eq!(lines, ["http TooManyFiles", "job 7", "readable true", "timer"]);
    // And all is well when there are descriptors again.
    drop(taken);
    let http = log.clone();
    lp.http_get(&url, move |_lp, response| http.add(response.unwrap().status().to_string()))
        .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["200"]);
    assert_eq!(Loop::new().unwrap().run().unwrap(), 0);
}

/// In a process of its own, because the limit is the whole process's.
#[test]
fn descriptors_that_run_out_are_an_error_and_not_the_end() {
    if std::env::var_os(INSIDE).is_some() {
        without_descriptors();
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "descriptors_that_run_out_are_an_error_and_not_the_end", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
