// SPDX-License-Identifier: MIT

//! Open files, and who closes them when.

mod common;

use std::cell::Cell;
use std::fs;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc;

use common::{Folder, Log, alone, descriptors, ms, pipe, wait};
use libloop::fs::{File, OpenOptions};
use libloop::{Code, Error, FileOp, Lane, Loop, Op};

fn open(lp: &Loop, path: &Path, options: OpenOptions) -> Result<File, Error> {
    wait(lp, |fs, done| fs.open(path, &options, done))
}

fn both() -> OpenOptions {
    OpenOptions::new().read(true).write(true)
}

#[test]
fn options_mean_what_they_mean_in_the_standard_library() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let new = OpenOptions::new;
    for bits in 0..64 {
        let on = |bit: u32| bits & (1 << bit) != 0;
        let ours = new()
            .read(on(0))
            .write(on(1))
            .append(on(2))
            .truncate(on(3))
            .create(on(4))
            .create_new(on(5));
        let mut system = fs::OpenOptions::new();
        system.read(on(0)).write(on(1)).append(on(2)).truncate(on(3)).create(on(4));
        system.create_new(on(5));
        for name in ["there", "not there"] {
            let (a, b) = (folder.at(format!("{name} 1")), folder.at(format!("{name} 2")));
            if name == "there" {
                fs::write(&a, "content").unwrap();
                fs::write(&b, "content").unwrap();
            }
            let ours = open(&lp, &a, ours.clone()).map(|file| {
                let file = fs::File::from(file.into_fd().unwrap());
                ((&file).write(b"1").is_ok(), (&file).read(&mut [0]).is_ok())
            });
            let system = system
                .open(&b)
                .map(|file| ((&file).write(b"1").is_ok(), (&file).read(&mut [0]).is_ok()));
            match (ours, system) {
                (Ok(ours), Ok(system)) => assert_eq!(ours, system, "{bits:#b}"),
                (Err(ours), Err(system)) => {
                    assert_eq!(std::io::Error::from(ours).kind(), system.kind(), "{bits:#b}")
                }
                (ours, system) => panic!("{bits:#b}: {ours:?}, {system:?}"),
            }
            assert_eq!(fs::read(&a).ok(), fs::read(&b).ok(), "{bits:#b}");
            let _ = (fs::remove_file(&a), fs::remove_file(&b));
        }
    }
}

#[test]
fn further_options_reach_the_system() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let (path, link) = (folder.file("file", "text"), folder.at("link"));
    symlink("file", &link).unwrap();
    let read = || OpenOptions::new().read(true);
    let code = |path: &Path, options| open(&lp, path, options).map_err(|error| error.code());
    assert_eq!(code(&link, read().no_follow(true)).unwrap_err(), Code::TooManyLinks);
    assert_eq!(code(&path, read().directory(true)).unwrap_err(), Code::NotDirectory);
    assert!(code(folder.path(), read().directory(true)).is_ok());
    let flags = |options| {
        let file = open(&lp, &path, options).unwrap();
        // SAFETY: only asks about an open descriptor.
        unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFL) }
    };
    assert_eq!(flags(both().sync(true)) & libc::O_SYNC, libc::O_SYNC);
    assert_eq!(flags(both().sync_data(true)) & libc::O_SYNC, libc::O_DSYNC);
    assert_ne!(flags(read().nonblock(true)) & libc::O_NONBLOCK, 0);
    assert_eq!(flags(read().nonblock(true).nonblock(false)) & libc::O_NONBLOCK, 0);
    assert_ne!(flags(read().no_access_time(true)) & libc::O_NOATIME, 0);
    assert_ne!(flags(OpenOptions::new().path_only(true)) & libc::O_PATH, 0);
    let nameless = open(&lp, folder.path(), both().nameless(true));
    assert!(
        nameless.is_ok_and(|file| wait(&lp, |fs, done| fs.write(&file, "x", None, done)).is_ok())
    );
    // Whether it goes past the cache is up to the file system.
    let direct = open(&lp, &path, read().direct(true)).map_err(|error| error.code());
    assert!(matches!(direct, Ok(_) | Err(Code::Invalid)));
    assert_eq!(folder.names(), ["file", "link"]);
}

#[test]
fn reads_and_writes_go_where_they_are_told() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let file = open(&lp, &folder.at("file"), both().create(true)).unwrap();
    let write = |data: &str, at| wait(&lp, |fs, done| fs.write(&file, data, at, done)).unwrap();
    let read = |len, at| wait(&lp, |fs, done| fs.read(&file, len, at, done)).unwrap();
    assert_eq!(write("0123456789", None), 10);
    assert_eq!(write("abc", Some(4)), 3);
    assert_eq!(write("", Some(1)), 0);
    assert_eq!(&*read(100, Some(0)), b"0123abc789");
    assert_eq!(&*read(3, Some(8)), b"89");
    assert_eq!(&*read(3, Some(10)), b"");
    assert_eq!(&*read(0, Some(0)), b"");
    // The current position is where the first write ended.
    assert_eq!(write("end", None), 3);
    assert_eq!(&*read(100, Some(9)), b"9end");
    let beyond = 5 << 30;
    assert_eq!(write("far", Some(beyond)), 3);
    assert_eq!(&*read(100, Some(beyond - 1)), b"\0far");
}

#[test]
fn buffers_are_given_back() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let file = open(&lp, &folder.file("file", "0123456789"), both()).unwrap();
    let buffer = vec![b'.'; 6];
    let address = buffer.as_ptr();
    let (buffer, count) = wait(&lp, |fs, done| fs.read_into(&file, buffer, Some(6), done)).unwrap();
    assert_eq!((&buffer[..], count), (&b"6789.."[..], 4));
    assert_eq!(buffer.as_ptr(), address, "the same memory");
    let (buffer, count) = wait(&lp, |fs, done| fs.read_into(&file, buffer, None, done)).unwrap();
    assert_eq!((&buffer[..], count), (&b"012345"[..], 6));
    let none = wait(&lp, |fs, done| fs.read_into(&file, Vec::new(), None, done)).unwrap();
    assert_eq!(none, (Vec::new(), 0));
    let pieces = vec![vec![0; 3], Vec::new(), vec![0; 20]];
    let (pieces, count) = wait(&lp, |fs, done| fs.readv(&file, pieces, Some(1), done)).unwrap();
    assert_eq!((&pieces[0][..], &pieces[2][..6], count), (&b"123"[..], &b"456789"[..], 9));
}

#[test]
fn pieces_are_written_as_one() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let file = open(&lp, &folder.at("file"), both().create(true)).unwrap();
    let some = ["one ", "", "two ", "three"];
    assert_eq!(wait(&lp, |fs, done| fs.writev(&file, some, None, done)).unwrap(), 13);
    let more: Vec<Vec<u8>> = (0..3_000_u32).map(|it| it.to_le_bytes().to_vec()).collect();
    let want = more.concat();
    assert_eq!(wait(&lp, |fs, done| fs.writev(&file, more, Some(100), done)).unwrap(), 12_000);
    let content = fs::read(folder.at("file")).unwrap();
    assert_eq!((&content[..13], content[100..] == want), (&b"one two three"[..], true));
    let pieces = vec![vec![0; 4]; 3_000];
    let (pieces, count) = wait(&lp, |fs, done| fs.readv(&file, pieces, Some(100), done)).unwrap();
    assert!(count == 12_000 && pieces.concat() == want);
}

#[test]
fn data_is_brought_to_the_disk_and_copied_inside_the_system() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let from = open(&lp, &folder.file("from", "0123456789"), both()).unwrap();
    let to = open(&lp, &folder.file("to", "----------"), both()).unwrap();
    wait(&lp, |fs, done| fs.fsync(&to, done)).unwrap();
    wait(&lp, |fs, done| fs.fdatasync(&to, done)).unwrap();
    let copy = |to_at, from_at, len| {
        wait(&lp, |fs, done| fs.sendfile(&to, to_at, &from, from_at, len, done)).unwrap()
    };
    assert_eq!(copy(Some(2), Some(4), 3), 3);
    assert_eq!(fs::read(folder.at("to")).unwrap(), b"--456-----");
    assert_eq!(copy(None, None, 100), 10, "until it ends");
    assert_eq!(fs::read(folder.at("to")).unwrap(), b"0123456789");
}

#[test]
fn a_pipe_gives_what_is_there_and_has_no_offsets() {
    let lp = Loop::new().unwrap();
    let (reader, mut writer) = pipe();
    let (reader, out) = (File::from(reader), File::from(writer.try_clone().unwrap()));
    writer.write_all(b"abc").unwrap();
    let read = |at| wait(&lp, |fs, done| fs.read(&reader, 100, at, done));
    assert_eq!(&*read(None).unwrap(), b"abc");
    assert_eq!(read(Some(0)).unwrap_err().code(), Code::NotSeekable);
    assert_eq!(wait(&lp, |fs, done| fs.write(&out, "xyz", None, done)).unwrap(), 3);
    assert_eq!(&*read(None).unwrap(), b"xyz");
    drop((writer, out));
    assert_eq!(&*read(None).unwrap(), b"");
    let (reader, writer) = pipe();
    drop(reader);
    let broken = wait(&lp, |fs, done| fs.write(&writer.into(), "x", None, done));
    assert_eq!(broken.unwrap_err().code(), Code::BrokenPipe);
}

#[test]
fn close_tells_how_it_went_and_needs_the_only_clone() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.file("file", "text");
    let file = open(&lp, &path, both()).unwrap();
    let clone = file.clone();
    let busy = lp.fs().close(file, |_lp, _result| unreachable!()).unwrap_err();
    assert_eq!(busy.code(), Code::Busy);
    wait(&lp, |fs, done| fs.close(clone, done)).unwrap();
    // While an operation uses it, it is not the only one either; in the callback it is again.
    let file = open(&lp, &path, both()).unwrap();
    let slot = Rc::new(Cell::new(None));
    let inner = Rc::clone(&slot);
    lp.fs()
        .fstat(&file, move |lp, stat| {
            assert_eq!(stat.unwrap().len(), 4);
            let file: File = inner.take().unwrap();
            lp.fs().close(file, |_lp, result| result.unwrap()).unwrap();
        })
        .unwrap();
    slot.set(Some(file.into_fd().unwrap_err()));
    assert_eq!(lp.run().unwrap(), 0);
}

/// Blocks the one worker of files until the sender is used or dropped.
fn gate(lp: &Loop) -> mpsc::Sender<()> {
    let (open, opened) = mpsc::channel();
    let (started, is_started) = mpsc::channel();
    let wait = move || {
        started.send(()).unwrap();
        let _ = opened.recv();
        Ok::<_, Error>(())
    };
    lp.work_on(Lane::File, "gate", wait, |_lp, _result| {}).unwrap();
    lp.run_nowait().unwrap();
    is_started.recv().unwrap();
    open
}

fn slow() -> Loop {
    Loop::builder().workers(1).build().unwrap()
}

#[test]
fn a_close_that_never_began_closes_all_the_same() {
    alone("a_close_that_never_began_closes_all_the_same", || {
        let (folder, log) = (Folder::new(), Log::default());
        let path = folder.file("file", "");
        let file = || File::from(fs::File::open(&path).unwrap());
        let lp = slow();
        let first = gate(&lp);
        let before = descriptors();
        let closed = |what: &'static str| {
            let log = log.clone();
            move |_lp: &Loop, result: Result<(), Error>| log.add(format!("{what} {result:?}"))
        };
        // Cancelled and too late while it waits.
        let canceled = lp.fs().close(file(), closed("canceled")).unwrap();
        let late = lp.with(Op::new().deadline(ms(1))).fs();
        late.close(file(), closed("late")).unwrap();
        assert_eq!(descriptors(), before + 2);
        lp.cancel(canceled).unwrap();
        lp.unreference(canceled).unwrap();
        while log.len() < 2 {
            lp.run_once().unwrap();
        }
        assert_eq!(descriptors(), before);
        let lines = log.take();
        assert!(lines[0].starts_with("canceled Err(Error { code: Canceled"), "{lines:?}");
        assert!(lines[1].starts_with("late Err(Error { code: TimedOut"), "{lines:?}");
        // One that is cleared goes on, unheard.
        lp.clear(lp.fs().close(file(), |_lp, _result| unreachable!()).unwrap()).unwrap();
        drop(first);
        while descriptors() != before {
            lp.run_nowait().unwrap();
        }
        let first = gate(&lp);
        // A full queue.
        lp.set_queue_limit(Lane::File, 1).unwrap();
        lp.fs().stat(&path, |_lp, _stat| {}).unwrap();
        lp.fs().lstat(&path, |_lp, _stat| {}).unwrap();
        lp.fs().close(file(), closed("full")).unwrap();
        while log.len() < 1 {
            lp.run_once().unwrap();
        }
        assert_eq!(descriptors(), before);
        assert!(log.take()[0].starts_with("full Err(Error { code: Full"));
        // The end of the loop.
        lp.set_queue_limit(Lane::File, 0).unwrap();
        lp.fs().close(file(), |_lp, _result| unreachable!()).unwrap();
        lp.run_nowait().unwrap();
        drop((first, lp));
        assert!(descriptors() <= before);
        assert!(fs::File::open(&path).is_ok());
    });
}

#[test]
fn a_file_is_closed_when_the_last_clone_and_the_last_operation_are_gone() {
    alone("a_file_is_closed_when_the_last_clone_and_the_last_operation_are_gone", || {
        let (lp, log) = (Loop::new().unwrap(), Log::default());
        let (reader, writer) = pipe();
        let file = File::from(reader);
        let number = file.as_raw_fd();
        // SAFETY: only asks about a descriptor.
        let is_open = move || unsafe { libc::fcntl(number, libc::F_GETFD) } >= 0;
        let (done, last) = (log.clone(), log.clone());
        let op = Op::new().on_final(move |_lp, _result| last.add(format!("final {}", is_open())));
        let read = lp.with(op).fs();
        let read = read.read(&file, 1, None, move |_lp, data| {
            done.add(format!("{:?}", data.unwrap_err().code()));
        });
        let clone = file.clone();
        drop(file);
        drop(clone);
        lp.run_nowait().unwrap();
        assert!(is_open(), "it is being read");
        let hold = lp.hold().unwrap();
        lp.cancel(read.unwrap()).unwrap();
        while log.len() < 2 {
            lp.run_once().unwrap();
        }
        log.expect(&["Canceled", "final false"]);
        drop((hold, writer));
    });
}

#[test]
fn a_descriptor_that_nobody_gets_is_closed() {
    alone("a_descriptor_that_nobody_gets_is_closed", || {
        let folder = Folder::new();
        let path = folder.file("file", "");
        let read = OpenOptions::new().read(true);
        let fifo = folder.fifo("fifo");
        let lp = slow();
        let clear = |op: Result<FileOp, Error>| lp.clear(op.unwrap()).unwrap();
        drop(gate(&lp));
        lp.run().unwrap();
        let before = descriptors();
        // Cleared before it is submitted, while it waits in the queue, while it is under way.
        clear(lp.fs().open(&path, &read, |_, _| unreachable!()));
        let held = gate(&lp);
        let open = lp.fs().open(&path, &read, |_, _| unreachable!());
        let temp = lp.fs().mkstemp(folder.at("t"), |_, _| unreachable!());
        lp.run_nowait().unwrap();
        clear(open);
        clear(temp);
        drop(held);
        lp.run().unwrap();
        let waits = lp.fs().open(&fifo, &read, |_, _| unreachable!());
        lp.run_nowait().unwrap();
        while descriptors() == before {
            std::thread::yield_now();
        }
        clear(waits);
        while descriptors() != before {
            lp.run_nowait().unwrap();
        }
        // Cleared by an earlier callback of the same batch.
        let ids = Rc::new(Cell::new([None; 2]));
        for me in 0..2 {
            let all = Rc::clone(&ids);
            let id = lp.fs().open(&path, &read, move |lp, file| {
                lp.clear(all.get()[1 - me].unwrap()).unwrap();
                drop(file.unwrap());
            });
            let mut all = ids.get();
            all[me] = Some(id.unwrap());
            ids.set(all);
        }
        one_batch(&lp);
        assert_eq!(lp.run().unwrap(), 0);
        assert_eq!(descriptors(), before);
    });
}

/// Holds the loop back, before it polls, until its only worker of files has done all that was
/// started: the next batch has all of it.
fn one_batch(lp: &Loop) {
    let (done, all_done) = mpsc::channel();
    let last = move || done.send(()).map_err(|error| error.to_string());
    lp.work_on(Lane::File, "last", last, |_lp, result| result.unwrap()).unwrap();
    let id = Rc::new(Cell::new(None));
    let this = Rc::clone(&id);
    let hold = move |lp: &Loop| {
        lp.clear(this.get().unwrap()).unwrap();
        all_done.recv().unwrap();
    };
    id.set(Some(lp.start_prepare(hold).unwrap()));
}

#[test]
fn a_loop_that_is_dropped_leaves_no_descriptor_open() {
    alone("a_loop_that_is_dropped_leaves_no_descriptor_open", || {
        let folder = Folder::new();
        let (path, fifo) = (folder.file("file", ""), folder.fifo("fifo"));
        let read = OpenOptions::new().read(true);
        let cycle = || {
            let lp = slow();
            // In a batch that a panic cut short.
            for _ in 0..2 {
                lp.fs().open(&path, &read, |_lp, _file| panic!("once")).unwrap();
            }
            one_batch(&lp);
            assert!(catch_unwind(AssertUnwindSafe(|| lp.run())).is_err());
            // Under way, waiting, done but not delivered, never submitted.
            lp.fs().open(&fifo, &read, |_lp, _file| unreachable!()).unwrap();
            for _ in 0..10 {
                lp.fs().open(&path, &read, |_lp, _file| unreachable!()).unwrap();
                lp.fs().mkstemp(folder.at("t"), |_lp, _file| unreachable!()).unwrap();
            }
            let _ = lp.alive().unwrap(); // submits
            lp.fs().open(&path, &read, |_lp, _file| unreachable!()).unwrap();
            drop(lp);
            descriptors()
        };
        let first = cycle();
        for _ in 0..20 {
            assert_eq!(cycle(), first);
        }
    });
}

#[test]
fn a_close_that_is_called_off_at_any_moment_closes_once() {
    alone("a_close_that_is_called_off_at_any_moment_closes_once", || {
        let folder = Folder::new();
        let path = folder.file("file", "");
        let lp = Loop::new().unwrap();
        wait(&lp, |fs, done| fs.readdir(folder.path(), done)).unwrap();
        let before = descriptors();
        for round in 0..3_000 {
            let file = File::from(fs::File::open(&path).unwrap());
            let id = lp.fs().close(file, |_lp, _result| {}).unwrap();
            lp.run_nowait().unwrap();
            for _ in 0..round % 100 {
                std::hint::spin_loop();
            }
            let _ = lp.cancel(id);
            assert_eq!(lp.run().unwrap(), 0);
        }
        // The last ones may still be under way.
        while descriptors() != before {
            lp.run_nowait().unwrap();
        }
    });
}
