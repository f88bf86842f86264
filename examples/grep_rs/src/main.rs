// SPDX-License-Identifier: MIT

//!     grep_rs PATTERN FOLDER [--in-flight N] [--time] [--sort]
//!
//! Prints the lines that have a text, from all files of a tree, many of them read at a time. Links
//! are not followed, files with a NUL are left out. A bar on standard error shows how far it is, if
//! that is a terminal. Exits with 0 if there was such a line, 1 if not, 2 after an error.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use libloop::fs::FileType;
use libloop::{Error, Loop};
use memchr::memmem;

#[derive(Default)]
struct Grep {
    pattern: OsString,
    limit: usize,
    sort: bool,
    bar: bool,
    /// What was found and not yet read, and whether it is a folder.
    todo: Vec<(PathBuf, bool)>,
    in_flight: usize,
    done: usize,
    files: usize,
    matches: usize,
    failed: bool,
    /// With --sort: what is printed of each file.
    texts: Vec<(PathBuf, Vec<u8>)>,
}

impl Grep {
    fn hide_bar(&self) {
        if self.bar {
            eprint!("\r\x1b[K");
        }
    }

    fn show_bar(&self) {
        let (done, found) = (self.done, self.done + self.todo.len() + self.in_flight);
        self.hide_bar();
        eprint!("[{:40}] {done}/{found}", "#".repeat(40 * done / found.max(1)));
    }

    /// Prints the lines of a file that have the pattern, or keeps them.
    fn look(&mut self, path: &Path, data: &[u8]) {
        let (mut text, finder) = (Vec::new(), memmem::Finder::new(self.pattern.as_bytes()));
        self.files += 1;
        if finder.find(data).is_none() || data.contains(&0) {
            return;
        }
        let lines = (1..).zip(data.split_inclusive(|byte| *byte == b'\n'));
        for (number, line) in lines.filter(|it| finder.find(it.1).is_some()) {
            let place = format!(":{number}:");
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            text.extend([path.as_os_str().as_bytes(), place.as_bytes(), line, b"\n"].concat());
            self.matches += 1;
        }
        if self.sort {
            self.texts.push((path.into(), text));
        } else {
            self.hide_bar();
            io::stdout().write_all(&text).expect("standard output");
        }
    }

    fn arrived(&mut self, path: &Path, result: Result<(), Error>) {
        (self.in_flight, self.done) = (self.in_flight - 1, self.done + 1);
        if let Err(error) = result {
            self.hide_bar();
            eprintln!("grep: {}: {}", path.display(), error.code());
            self.failed = true;
        }
    }
}

/// Starts as much as may be under way.
fn go_on(lp: &Loop, grep: &Rc<RefCell<Grep>>) {
    let mut g = grep.borrow_mut();
    while g.in_flight < g.limit {
        let Some((path, is_folder)) = g.todo.pop() else { break };
        let (this, of) = (Rc::clone(grep), path.clone());
        let started = if is_folder {
            lp.fs().readdir(path, move |lp, entries| {
                let result = entries.map(|entries| {
                    for entry in entries {
                        let (kind, path) = (entry.file_type(), of.join(entry.file_name()));
                        if matches!(kind, FileType::Dir | FileType::File) {
                            this.borrow_mut().todo.push((path, kind == FileType::Dir));
                        }
                    }
                });
                this.borrow_mut().arrived(&of, result);
                go_on(lp, &this);
            })
        } else {
            lp.fs().read_file(path, move |lp, data| {
                let result = data.map(|data| this.borrow_mut().look(&of, &data));
                this.borrow_mut().arrived(&of, result);
                go_on(lp, &this);
            })
        };
        started.expect("the loop is open, and the path has no NUL");
        g.in_flight += 1;
    }
}

fn main() -> Result<ExitCode, Error> {
    let (start, words) = (Instant::now(), std::env::args_os().skip(1).collect::<Vec<_>>());
    let has = |option: &str| words.iter().any(|word| word == option);
    let limit = words.iter().skip_while(|word| *word != "--in-flight").nth(1);
    let limit = limit.map_or(Some(64), |number| number.to_str()?.parse().ok());
    let ([pattern, folder, ..], Some(limit @ 1..)) = (&words[..], limit) else {
        eprintln!("grep: PATTERN FOLDER [--in-flight N] [--time] [--sort]");
        return Ok(ExitCode::from(2));
    };
    let (pattern, bar) = (pattern.clone(), io::stderr().is_terminal());
    let todo = vec![(folder.into(), true)];
    let grep = Grep { pattern, limit, sort: has("--sort"), bar, todo, ..Grep::default() };
    let (lp, grep) = (Loop::new()?, Rc::new(RefCell::new(grep)));
    if grep.borrow().bar {
        grep.borrow().show_bar();
        let this = Rc::clone(&grep);
        let tick =
            lp.set_interval(Duration::from_millis(100), move |_, _| this.borrow().show_bar());
        lp.unreference(tick?)?;
    }
    go_on(&lp, &grep);
    lp.run()?;
    let mut grep = grep.take();
    grep.hide_bar();
    grep.texts.sort();
    grep.texts.iter().try_for_each(|(_, text)| io::stdout().write_all(text))?;
    if has("--time") {
        let seconds = start.elapsed().as_secs_f64();
        eprintln!("{} files, {} lines, {seconds:.3} s", grep.files, grep.matches);
    }
    Ok(ExitCode::from(if grep.failed { 2 } else { u8::from(grep.matches == 0) }))
}
