// SPDX-License-Identifier: MIT

//! A program that uses libloop and the module Tally together, and checks what comes of it.

use std::cell::RefCell;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};

use libloop::{Code, Error, Lane, Loop, TraceKind};

type Outcome<T> = Rc<RefCell<Option<T>>>;

/// Counts facts and prints a line for each.
#[derive(Default)]
struct Tally {
    passed: u32,
    failed: u32,
}

impl Tally {
    fn check(&mut self, fact: &str, holds: bool) {
        println!("{} plugin rust {fact}", if holds { "ok" } else { "FAIL" });
        *(if holds { &mut self.passed } else { &mut self.failed }) += 1;
    }
}

/// What the trace saw of the module.
#[derive(Default)]
struct Seen {
    /// Threads that ran a job with the label "Tally".
    job_threads: Vec<String>,
    /// The poller's reports for the label "Lines".
    lines_ready: usize,
}

/// What arrived, in order.
#[derive(Default)]
struct Story {
    lines: Vec<String>,
    words: Vec<usize>,
    ended: u32,
}

fn lines_and_words(lp: &Loop, seen: &Mutex<Seen>, tally: &mut Tally) -> Result<(), Error> {
    let (mut writer, reader) = UnixStream::pair()?;
    let story: Rc<RefCell<Story>> = Rc::default();
    // One worker, so that the counts come in the order of the lines.
    lp.set_workers(Lane::Host, 1)?;
    let its_story = Rc::clone(&story);
    writer.write_all(b"the quick brown\nfox")?;
    let mut second_half = Some(move |_lp: &Loop| {
        writer.write_all(b" jumps over\nthe lazy dog and sleeps").expect("the reader reads");
    });
    tally::lines(lp, reader, move |lp, line| {
        // In the check phase: the poller has to report once more.
        if let Some(write) = second_half.take() {
            lp.set_immediate(write).expect("the loop is open");
        }
        let Some(line) = line else {
            its_story.borrow_mut().ended += 1;
            return;
        };
        its_story.borrow_mut().lines.push(line.to_owned());
        let counted = Rc::clone(&its_story);
        tally::words(lp, line, move |_lp, count| {
            counted.borrow_mut().words.push(count.expect("no control character is in it"));
        })
        .expect("the loop is open");
    })?;
    lp.run()?;
    let story = story.borrow();
    tally.check(
        "three_lines_and_the_end_arrive_across_partial_writes",
        story.lines == ["the quick brown", "fox jumps over", "the lazy dog and sleeps"]
            && story.ended == 1,
    );
    tally.check("the_modules_jobs_count_the_words_of_each_line", story.words == [3, 3, 5]);
    let seen = seen.lock().expect("no hook panics");
    tally.check(
        "the_modules_jobs_run_on_the_pool",
        seen.job_threads.len() == 3
            && seen.job_threads.iter().all(|thread| thread.starts_with("pool")),
    );
    tally.check("the_trace_names_the_modules_descriptor", seen.lines_ready >= 2);
    Ok(())
}

/// A callback that keeps its result, and where it does.
fn kept<T: 'static>() -> (Outcome<T>, impl FnOnce(&Loop, T) + 'static) {
    let outcome: Outcome<T> = Rc::default();
    let its_outcome = Rc::clone(&outcome);
    (outcome, move |_lp: &Loop, result| *its_outcome.borrow_mut() = Some(result))
}

fn errors_of_the_module(lp: &Loop, tally: &mut Tally) -> Result<(), Error> {
    let (outcome, callback) = kept();
    tally::words(lp, "one two\u{1}", callback)?;
    lp.run()?;
    let outcome = outcome.borrow_mut().take();
    tally.check(
        "an_error_of_the_modules_job_reaches_the_callback",
        matches!(outcome, Some(Err(e)) if e.code() == Code::Invalid && e.text() == "tally one two"),
    );
    Ok(())
}

fn cancel_a_waiting_job(lp: &Loop, tally: &mut Tally) -> Result<(), Error> {
    let (open, gate) = mpsc::channel::<()>();
    let wait = move || gate.recv().map_err(|_| Error::from(Code::Job));
    lp.work("Gate", wait, |_lp, result| result.expect("the gate opens"))?;
    let outcome: Outcome<Result<usize, Error>> = Rc::default();
    let its_outcome = Rc::clone(&outcome);
    let opened = |open: Sender<()>| open.send(()).expect("the gate waits");
    let job = tally::words(lp, "never counted", move |_lp, result| {
        *its_outcome.borrow_mut() = Some(result);
        opened(open);
    })?;
    lp.cancel(job)?;
    lp.run()?;
    let outcome = outcome.borrow_mut().take();
    tally.check(
        "a_cancelled_job_of_the_module_ends_with_canceled",
        matches!(outcome, Some(Err(e)) if e.code() == Code::Canceled),
    );
    tally.check("its_handle_is_stale_then", lp.cancel(job).is_err_and(|e| e.code() == Code::BadId));
    Ok(())
}

fn free_with_the_module_alive(lp: Loop, tally: &mut Tally) -> Result<(), Error> {
    let (_writer, reader) = UnixStream::pair()?;
    let held = Rc::new(());
    let its_held = Rc::clone(&held);
    tally::lines(&lp, reader, move |_lp, _line| drop(Rc::clone(&its_held)))?;
    lp.free()?;
    tally.check("free_drops_what_the_module_left_alive", Rc::strong_count(&held) == 1);
    Ok(())
}

fn main() -> Result<ExitCode, Error> {
    let mut tally = Tally::default();
    let seen: Arc<Mutex<Seen>> = Arc::default();
    let its_seen = Arc::clone(&seen);
    let lp = Loop::new()?;
    lp.trace(move |record| {
        let mut seen = its_seen.lock().expect("no hook panics");
        match (record.kind, record.label) {
            (TraceKind::JobStart, "Tally") => seen.job_threads.push(record.thread.to_owned()),
            (TraceKind::Ready, "Lines") => seen.lines_ready += 1,
            _ => {}
        }
    })?;
    lines_and_words(&lp, &seen, &mut tally)?;
    errors_of_the_module(&lp, &mut tally)?;
    cancel_a_waiting_job(&lp, &mut tally)?;
    free_with_the_module_alive(lp, &mut tally)?;
    println!("{} passed, {} failed, 0 skipped", tally.passed, tally.failed);
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
