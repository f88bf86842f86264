// SPDX-License-Identifier: MIT

//! The conformance programs in Rust: `conformance NAME` prints what expected/NAME.txt says.

mod cancel;
mod crypto;
mod datagrams;
mod descriptors;
mod files;
mod http;
mod jobs;
mod naming;
mod order;
mod parties;
mod passing;
mod pipes;
mod runs;
mod sockets;
mod statistics;
mod streams;
mod threads;
mod timers;
mod watching;
mod zips;

use libloop::{Error, Loop};
use std::time::Duration;

type Outcome = Result<(), Error>;

/// A time that no test waits for.
const FAR_AWAY: Duration = Duration::from_secs(3600);

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn yes(fact: bool) -> &'static str {
    if fact { "yes" } else { "no" }
}

/// A callback that says a text.
fn say(text: &'static str) -> impl FnMut(&Loop) + 'static {
    move |_| println!("{text}")
}

/// The name of an error as C says it.
fn name<T>(result: &Result<T, Error>) -> &'static str {
    match result {
        Ok(_) => "LOOP_OK",
        Err(error) => error.code().name(),
    }
}

/// A callback that says how it went.
fn say_status<T>(what: &'static str) -> impl FnMut(&Loop, Result<T, Error>) + 'static {
    move |_, result| println!("{what}: {}", name(&result))
}

/// An `on_error` that says the error.
fn say_error(what: &'static str) -> impl FnOnce(&Loop, Error) + 'static {
    move |_, error| println!("{what}: {}", error.code().name())
}

fn from_environment(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: start with tests/conformance/run.py"))
}

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let programs = [
        order::PROGRAMS,
        timers::PROGRAMS,
        runs::PROGRAMS,
        statistics::PROGRAMS,
        cancel::PROGRAMS,
        crypto::PROGRAMS,
        jobs::PROGRAMS,
        threads::PROGRAMS,
        datagrams::PROGRAMS,
        descriptors::PROGRAMS,
        http::PROGRAMS,
        files::PROGRAMS,
        streams::PROGRAMS,
        zips::PROGRAMS,
        watching::PROGRAMS,
        naming::PROGRAMS,
        sockets::PROGRAMS,
        pipes::PROGRAMS,
        passing::PROGRAMS,
    ];
    let program = programs.iter().copied().flatten().find(|(name, _)| *name == wanted);
    let Some((_, run)) = program else {
        eprintln!("usage: conformance NAME; there is no program {wanted:?}");
        std::process::exit(2);
    };
    if let Err(error) = run() {
        println!("unexpected {error}");
        std::process::exit(1);
    }
}

/// Programs of one file: name and function.
type Programs = &'static [(&'static str, fn() -> Outcome)];
