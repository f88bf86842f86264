// SPDX-License-Identifier: MIT

//! Traces.

mod common;

use std::io::{BufRead, BufReader};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{FAR, Log, ms, pipe, serve_text};
use libloop::{Error, Loop, Op, TraceFormat, TraceKind};

type Lines = Arc<Mutex<Vec<String>>>;

/// Writes down the records of these kinds as "kind seq label".
fn record(lp: &Loop, kinds: &'static [TraceKind]) -> Lines {
    let lines = Lines::default();
    let sink = Arc::clone(&lines);
    lp.trace(move |trace| {
        if kinds.contains(&trace.kind) {
            let line = format!("{:?} {} {}", trace.kind, trace.seq, trace.label);
            sink.lock().unwrap().push(line);
        }
    })
    .unwrap();
    lines
}

#[test]
fn a_registration_appears_where_it_is_made() {
    let lp = Loop::new().unwrap();
    let lines = record(&lp, &[TraceKind::Register]);
    lp.set_timeout(FAR, |_lp| {}).unwrap();
    assert_eq!(*lines.lock().unwrap(), ["Register 1 timer"]);
    lp.with(Op::new().label("nap")).set_timeout(FAR, |_lp| {}).unwrap();
    assert_eq!(lines.lock().unwrap()[1..], ["Register 2 nap"]);
    lp.trace_off().unwrap();
    lp.set_timeout(FAR, |_lp| {}).unwrap();
    lp.run_nowait().unwrap();
    assert_eq!(lines.lock().unwrap().len(), 2);
}

#[test]
fn a_callback_that_starts_something_keeps_the_data_of_its_batch() {
    let lp = Loop::new().unwrap();
    let lines = record(&lp, &[TraceKind::Register]);
    let log = Log::default();
    let url = serve_text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
    for _ in 0..2 {
        let log = log.clone();
        lp.http_get(&url, move |lp, response| {
            let response = response.unwrap();
            for _ in 0..100 {
                lp.clear(lp.set_timeout(FAR, |_lp| {}).unwrap()).unwrap();
            }
            log.add(String::from_utf8_lossy(response.body()));
        })
        .unwrap();
    }
    lp.run().unwrap();
    log.expect(&["hello", "hello"]);
    assert_eq!(lines.lock().unwrap().len(), 202);
}

#[test]
fn jobs_are_traced_on_their_worker() {
    let lp = Loop::builder().workers(1).build().unwrap();
    let threads = Lines::default();
    let sink = Arc::clone(&threads);
    lp.trace(move |trace| {
        if matches!(trace.kind, TraceKind::JobStart | TraceKind::JobEnd) {
            let line = format!("{:?} {} {}", trace.kind, trace.thread, trace.label);
            sink.lock().unwrap().push(line);
        }
    })
    .unwrap();
    lp.work("File read", || Ok::<_, Error>(()), |_lp, result| result.unwrap()).unwrap();
    lp.run().unwrap();
    drop(lp);
    assert_eq!(*threads.lock().unwrap(), ["JobStart pool0 File read", "JobEnd pool0 File read"]);
}

#[test]
fn the_end_is_traced_last() {
    let lp = Loop::new().unwrap();
    let all = [TraceKind::WorkerClose, TraceKind::PollerClose, TraceKind::Finished];
    let kinds = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&kinds);
    lp.trace(move |trace| {
        if all.contains(&trace.kind) {
            sink.lock().unwrap().push(trace.kind);
        }
    })
    .unwrap();
    lp.work("job", || Ok::<_, Error>(()), |_lp, result| result.unwrap()).unwrap();
    lp.run().unwrap();
    drop(lp);
    let kinds = kinds.lock().unwrap();
    assert_eq!(kinds.first(), Some(&TraceKind::WorkerClose));
    assert_eq!(kinds[kinds.len() - 2..], [TraceKind::PollerClose, TraceKind::Finished]);
}

#[test]
fn time_never_falls() {
    let lp = Loop::new().unwrap();
    let times = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&times);
    lp.trace(move |trace| sink.lock().unwrap().push(trace.time)).unwrap();
    for _ in 0..20 {
        lp.work("job", || Ok::<_, Error>(()), |_lp, result| result.unwrap()).unwrap();
        lp.set_timeout(ms(1), |_lp| {}).unwrap();
    }
    lp.run().unwrap();
    let times = times.lock().unwrap();
    assert!(times.len() > 100 && times.is_sorted());
}

#[test]
fn a_hook_that_panics_is_ignored() {
    let lp = Loop::new().unwrap();
    let log = Log::default();
    lp.trace(|_trace| panic!("in a hook")).unwrap();
    lp.set_timeout(Duration::ZERO, log.say("timer")).unwrap();
    lp.run().unwrap();
    log.expect(&["timer"]);
}

#[test]
fn lines_go_to_a_descriptor_that_may_be_closed() {
    let lp = Loop::new().unwrap();
    let (reader, writer) = pipe();
    lp.trace_fd(&writer, TraceFormat::Json).unwrap();
    drop(writer);
    lp.with(Op::new().label("a \"label\"")).set_timeout(Duration::ZERO, |_lp| {}).unwrap();
    lp.run().unwrap();
    drop(lp); // closes the last copy of the writer
    let lines: Vec<String> = BufReader::new(reader).lines().map(Result::unwrap).collect();
    assert!(lines.iter().all(|line| line.starts_with('{') && line.ends_with('}')), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains(r#"a \"label\""#)), "{lines:?}");
}
