// SPDX-License-Identifier: MIT

//! How file operations end: cancelled, too late, cleared, with a panic, with the loop; and many of
//! them at once.

mod common;

use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use common::{Drops, Folder, Log, ms, pipe, wait};
use libloop::fs::{File, Fs, OpenOptions, ReadOptions, RemoveOptions};
use libloop::{Code, Error, FileOp, Id, Lane, Loop, Op, TraceKind};

/// Starts something that waits for somebody else, and ends with an error.
type Start = Box<dyn Fn(Fs<'_>, Log) -> Id>;

/// Every operation that may wait for ever, and what keeps it waiting.
fn waiting(folder: &Folder) -> (Vec<Start>, Vec<fs::File>) {
    fn say<T>(log: Log) -> impl FnOnce(&Loop, Result<T, Error>) + 'static {
        move |_lp, result| log.add(format!("{:?}", result.err().map(|error| error.code())))
    }
    let (unwritten, unread) = (folder.fifo("unwritten"), folder.fifo("unread"));
    let (reader, writer) = pipe();
    let (full_reader, full) = pipe();
    // SAFETY: an open pipe.
    let size = unsafe { libc::fcntl(full.as_raw_fd(), libc::F_SETPIPE_SZ, 4096) };
    assert_eq!(size, 4096);
    (&full).write_all(&[0; 4096]).unwrap();
    let (from, to) = (File::from(reader), File::from(full));
    let (from2, from3, to2) = (from.clone(), from.clone(), to.clone());
    let (a, b, c, d) = (unwritten.clone(), unwritten, unread.clone(), unread);
    let starts: Vec<Start> = vec![
        Box::new(move |fs, log| fs.read_file(&a, say(log)).unwrap().into()),
        Box::new(move |fs, log| {
            fs.open(&b, &OpenOptions::new().read(true), say(log)).unwrap().into()
        }),
        Box::new(move |fs, log| {
            fs.open(&c, &OpenOptions::new().write(true), say(log)).unwrap().into()
        }),
        Box::new(move |fs, log| fs.write_file(&d, "x", say(log)).unwrap().into()),
        Box::new(move |fs, log| fs.read(&from, 10, None, say(log)).unwrap().into()),
        Box::new(move |fs, log| fs.read_into(&from2, vec![0; 10], None, say(log)).unwrap().into()),
        Box::new(move |fs, log| {
            fs.readv(&from3, vec![vec![0; 10]], None, say(log)).unwrap().into()
        }),
        Box::new(move |fs, log| fs.write(&to, vec![0; 10], None, say(log)).unwrap().into()),
        Box::new(move |fs, log| fs.writev(&to2, ["a", "b"], None, say(log)).unwrap().into()),
    ];
    (starts, vec![writer, full_reader])
}

/// Runs until there are so many lines.
fn run_until(lp: &Loop, log: &Log, lines: usize) {
    let hold = lp.hold().unwrap();
    while log.len() < lines {
        lp.run_once().unwrap();
    }
    drop(hold);
}

#[test]
fn what_waits_for_others_can_be_cancelled_and_has_a_deadline() {
    let (lp, folder, log) = (Loop::new().unwrap(), Folder::new(), Log::default());
    let (starts, others) = waiting(&folder);
    for start in &starts {
        let with = |op: Op| {
            let last = log.clone();
            lp.with(op.on_final(move |_lp, result| {
                last.add(format!("final {:?}", result.unwrap_err().code()));
            }))
        };
        // Before it is submitted, while it is under way, and by its deadline.
        let id = start(with(Op::new()).fs(), log.clone());
        lp.cancel(id).unwrap();
        run_until(&lp, &log, 2);
        log.expect(&["Some(Canceled)", "final Canceled"]);
        let id = start(with(Op::new()).fs(), log.clone());
        lp.run_nowait().unwrap();
        lp.cancel(id).unwrap();
        run_until(&lp, &log, 2);
        log.expect(&["Some(Canceled)", "final Canceled"]);
        start(with(Op::new().deadline(ms(2))).fs(), log.clone());
        run_until(&lp, &log, 2);
        log.expect(&["Some(TimedOut)", "final TimedOut"]);
    }
    assert_eq!(lp.run().unwrap(), 0);
    drop(others);
}

#[test]
fn what_is_cleared_is_never_called_and_gives_back_what_it_used() {
    let (folder, drops) = (Folder::new(), Drops::default());
    let lp = Loop::new().unwrap();
    let path = folder.file("file", "text");
    let token = drops.token();
    let id = lp.fs().read_file(&path, move |_lp, _result| token.touch()).unwrap();
    lp.clear(id).unwrap();
    assert_eq!(drops.count(), 1, "the closure is dropped at once");
    assert_eq!(lp.clear(id).unwrap_err().code(), Code::BadId);
    assert_eq!(lp.cancel(id).unwrap_err().code(), Code::BadId);
    let (reader, writer) = pipe();
    let file = File::from(reader);
    let id = lp.fs().read_into(&file, vec![0; 8], None, |_lp, _result| unreachable!()).unwrap();
    lp.run_nowait().unwrap();
    lp.clear(id).unwrap();
    // The read lets go of the file when the worker has noticed.
    let mut file = Some(file);
    while let Err(still) = file.take().unwrap().into_fd() {
        file = Some(still);
        lp.run_nowait().unwrap();
    }
    drop(writer);
}

#[test]
fn a_loop_that_is_closed_ends_every_operation_once() {
    let (folder, log) = (Folder::new(), Log::default());
    let (starts, others) = waiting(&folder);
    let lp = Loop::new().unwrap();
    for start in &starts {
        let last = log.clone();
        let op = Op::new().on_final(move |_lp, _result| last.add("final"));
        start(lp.with(op).fs(), log.clone());
    }
    lp.run_nowait().unwrap();
    lp.free().unwrap();
    let lines = log.take();
    let count = |line: &str| lines.iter().filter(|it| *it == line).count();
    assert_eq!(lines.len(), 2 * starts.len(), "{lines:?}");
    assert_eq!(count("Some(Canceled)"), starts.len(), "{lines:?}");
    assert_eq!(count("final"), starts.len(), "{lines:?}");
    drop(others);
}

#[test]
fn a_loop_that_is_dropped_calls_nothing_and_waits_for_what_uses_memory() {
    for round in 0..20 {
        let (folder, drops) = (Folder::new(), Drops::default());
        let (reader, writer) = pipe();
        let (lp, file) = (Loop::new().unwrap(), File::from(reader));
        let large = vec![7; 4 << 20];
        for number in 0..4 {
            let (a, b) = (drops.token(), drops.token());
            let path = folder.at(number.to_string());
            lp.fs().write_file(path, large.clone(), move |_lp, _result| a.touch()).unwrap();
            let read = vec![0; 1 << 20];
            lp.fs().read_into(&file, read, None, move |_lp, _result| b.touch()).unwrap();
        }
        for _ in 0..round % 4 {
            lp.run_nowait().unwrap();
        }
        drop(lp);
        assert_eq!(drops.count(), 8);
        assert!(file.into_fd().is_ok(), "no operation holds it");
        drop(writer);
    }
}

#[test]
fn a_panic_in_a_callback_leaves_run_and_the_rest_goes_on() {
    let (lp, folder, log) = (Loop::new().unwrap(), Folder::new(), Log::default());
    let path = folder.file("file", "text");
    for number in 0..10 {
        let log = log.clone();
        lp.fs()
            .read_file(&path, move |_lp, content| {
                assert_eq!(&*content.unwrap(), b"text");
                log.add("called");
                assert!(number % 2 == 0, "odd");
            })
            .unwrap();
    }
    let mut panics = 0;
    while catch_unwind(AssertUnwindSafe(|| lp.run())).is_err() {
        panics += 1;
    }
    assert_eq!((panics, log.len()), (5, 10));
    // In a stream, too: it goes on after the panic.
    let (pieces, inner) = (Rc::new(Cell::new(0)), log.clone());
    let count = Rc::clone(&pieces);
    log.take();
    lp.fs()
        .read_stream(&path, &ReadOptions::new().piece(1), move |_lp, piece| {
            count.set(count.get() + 1);
            match count.get() {
                2 => panic!("second"),
                5 => inner.add(format!("{piece:?}")),
                _ => {}
            }
        })
        .unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| lp.run())).is_err());
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["Ok(End(4))"]);
    // And what an operation gave is not lost to a panic: nothing holds the file.
    let file = File::from(fs::File::open(&path).unwrap());
    lp.fs().read_into(&file, vec![0; 4], None, |_lp, _result| panic!("out")).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| lp.run())).is_err());
    assert!(file.into_fd().is_ok());
}

#[test]
fn a_queue_that_is_full_is_an_error_of_the_operation() {
    let (folder, log) = (Folder::new(), Log::default());
    let lp = Loop::builder().workers(1).queue_limit(1).build().unwrap();
    let (started, is_started) = std::sync::mpsc::channel();
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let block = move || {
        started.send(()).unwrap();
        let _ = gate.recv();
        Ok::<_, Error>(())
    };
    lp.work_on(Lane::File, "gate", block, |_lp, _result| {}).unwrap();
    lp.run_nowait().unwrap();
    is_started.recv().unwrap();
    let say = |what: &'static str| {
        let log = log.clone();
        move |_lp: &Loop, result: Result<_, Error>| {
            log.add(format!("{what} {:?}", result.map_err(|error: Error| error.code()).map(drop)));
        }
    };
    lp.fs().readdir(folder.path(), say("waits")).unwrap();
    lp.fs().readdir(folder.path(), say("too many")).unwrap();
    run_until(&lp, &log, 1);
    drop(open);
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["too many Err(Full)", "waits Ok(())"]);
}

#[test]
fn an_operation_can_be_unreferenced_and_labelled() {
    let (lp, folder, log) = (Loop::new().unwrap(), Folder::new(), Log::default());
    let path = folder.file("file", "text");
    let called = log.clone();
    let labels = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let add = std::sync::Arc::clone(&labels);
    lp.trace(move |record| {
        if record.kind == TraceKind::Register {
            add.lock().unwrap().push(record.label.to_string());
        }
    })
    .unwrap();
    let fs = lp.with(Op::new().label("look").unreferenced()).fs();
    let id = fs.stat(&path, move |_lp, _stat| called.add("called")).unwrap();
    assert!(!lp.has_ref(id).unwrap());
    lp.fs().unlink(&path, |_lp, gone| gone.unwrap()).unwrap();
    lp.run().unwrap();
    assert_eq!(*labels.lock().unwrap(), ["look", "unlink"]);
}

#[test]
fn operations_cannot_be_started_on_a_loop_that_is_closed() {
    let lp = Loop::new().unwrap();
    lp.close().unwrap();
    let error = lp.fs().stat("/", |_lp, _stat| unreachable!()).unwrap_err();
    assert_eq!(error.code(), Code::Closed);
    lp.free().unwrap();
}

#[test]
fn ten_thousand_files_with_64_in_flight() {
    struct All {
        folder: Folder,
        next: Cell<usize>,
        flying: Cell<usize>,
        most: Cell<usize>,
        bytes: Cell<u64>,
    }
    const COUNT: usize = 10_000;
    fn content(number: usize) -> Vec<u8> {
        format!("{number} ").repeat(number % 50).into_bytes()
    }
    fn more(lp: &Loop, all: &Rc<All>, go: fn(&Loop, &Rc<All>, usize) -> FileOp) {
        while all.flying.get() < 64 && all.next.get() < COUNT {
            let number = all.next.replace(all.next.get() + 1);
            all.flying.set(all.flying.get() + 1);
            all.most.set(all.most.get().max(all.flying.get()));
            go(lp, all, number);
        }
    }
    fn landed(lp: &Loop, all: &Rc<All>, bytes: u64, go: fn(&Loop, &Rc<All>, usize) -> FileOp) {
        all.flying.set(all.flying.get() - 1);
        all.bytes.set(all.bytes.get() + bytes);
        more(lp, all, go);
    }
    fn write(lp: &Loop, all: &Rc<All>, number: usize) -> FileOp {
        let (path, this) = (all.folder.at(number.to_string()), Rc::clone(all));
        lp.fs()
            .write_file(path, content(number), move |lp, written| {
                landed(lp, &this, written.unwrap(), write);
            })
            .unwrap()
    }
    fn read(lp: &Loop, all: &Rc<All>, number: usize) -> FileOp {
        let (path, this) = (all.folder.at(number.to_string()), Rc::clone(all));
        lp.fs()
            .read_file(path, move |lp, found| {
                let found = found.unwrap();
                assert!(*found == *content(number), "{number}");
                landed(lp, &this, found.len() as u64, read);
            })
            .unwrap()
    }
    let all = Rc::new(All {
        folder: Folder::new(),
        next: Cell::new(0),
        flying: Cell::new(0),
        most: Cell::new(0),
        bytes: Cell::new(0),
    });
    let lp = Loop::new().unwrap();
    let want: u64 = (0..COUNT).map(|number| content(number).len() as u64).sum();
    for go in [write, read, read] {
        all.next.set(0);
        more(&lp, &all, go);
        assert_eq!(lp.run().unwrap(), 0);
        assert_eq!((all.flying.get(), all.most.get()), (0, 64));
        assert_eq!(all.bytes.replace(0), want);
    }
    let tree = RemoveOptions::new().recursive(true);
    let gone = wait(&lp, |fs, done| fs.remove_with(all.folder.path(), &tree, done)).unwrap();
    assert_eq!(gone, COUNT as u64 + 1);
    fs::create_dir(all.folder.path()).unwrap();
}
