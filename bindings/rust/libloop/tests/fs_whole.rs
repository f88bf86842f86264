// SPDX-License-Identifier: MIT

//! Whole files and streams of them.

mod common;

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::rc::Rc;

use common::{Folder, Log, wait};
use libloop::fs::{CopyOptions, ReadOptions, WriteOptions};
use libloop::{Bytes, Code, Error, Loop, Piece};

/// Bytes that are not the same everywhere.
fn pattern(len: usize) -> Vec<u8> {
    (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

#[test]
fn a_file_is_read_whole_whatever_its_size() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    for len in [0, 1, 4096, 65_536, 65_537, 1 << 20, (3 << 20) + 5] {
        let path = folder.file("file", pattern(len));
        // Twice: the second time it is in the system's cache.
        for _ in 0..2 {
            let content = wait(&lp, |fs, done| fs.read_file(&path, done)).unwrap();
            assert!(*content == *pattern(len), "{len} bytes");
        }
    }
}

#[test]
fn what_has_no_size_is_read_to_its_end() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let status = wait(&lp, |fs, done| fs.read_file("/proc/self/status", done)).unwrap();
    assert!(String::from_utf8_lossy(&status).contains("Pid:"));
    let path = folder.fifo("fifo");
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || {
            let mut fifo = fs::File::create(path).unwrap();
            fifo.write_all(&pattern(200_000)).unwrap();
        })
    };
    let content = wait(&lp, |fs, done| fs.read_file(&path, done)).unwrap();
    writer.join().unwrap();
    assert!(*content == *pattern(200_000));
}

#[test]
fn a_file_over_its_limit_is_too_big() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.file("ten", "0123456789");
    let read = |limit| wait(&lp, |fs, done| fs.read_file_up_to(&path, limit, done));
    assert_eq!(read(9).unwrap_err().code(), Code::TooBig);
    assert_eq!(&*read(10).unwrap(), b"0123456789");
    assert_eq!(&*read(0).unwrap(), b"0123456789");
    let endless = wait(&lp, |fs, done| fs.read_file_up_to("/dev/zero", 1 << 16, done));
    assert_eq!(endless.unwrap_err().code(), Code::TooBig);
    let sparse = folder.at("sparse");
    fs::File::create(&sparse).unwrap().set_len(5 << 30).unwrap();
    let error = wait(&lp, |fs, done| fs.read_file(&sparse, done)).unwrap_err();
    assert_eq!((error.code(), error.os_errno()), (Code::TooBig, None));
    assert_eq!(error.text(), format!("read_file {}", sparse.display()));
}

#[test]
fn a_file_is_written_anew_or_added_to() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.at("file");
    for (data, len) in [("a longer text", 13), ("", 0), ("short", 5)] {
        assert_eq!(wait(&lp, |fs, done| fs.write_file(&path, data, done)).unwrap(), len);
        assert_eq!(fs::read_to_string(&path).unwrap(), data);
    }
    assert_eq!(wait(&lp, |fs, done| fs.append_file(&path, " and more", done)).unwrap(), 9);
    let sync = WriteOptions::new().sync(true);
    wait(&lp, |fs, done| fs.append_file_with(&path, "!", &sync, done)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "short and more!");
    let large = pattern(5 << 20);
    let written = wait(&lp, |fs, done| fs.write_file(&path, large.clone(), done)).unwrap();
    assert_eq!(written, large.len() as u64);
    assert!(fs::read(&path).unwrap() == large);
}

#[test]
fn what_is_written_may_be_anything_that_becomes_bytes() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.file("from", "event");
    let event = wait(&lp, |fs, done| fs.read_file(&path, done)).unwrap();
    let all: [Bytes; 7] = [
        event.clone(),
        "event".into(),
        String::from("event").into(),
        b"event".into(),
        b"event"[..].into(),
        vec![b'e', b'v', b'e', b'n', b't'].into(),
        Box::<[u8]>::from(&b"event"[..]).into(),
    ];
    for data in all {
        assert_eq!(data, event);
        wait(&lp, |fs, done| fs.write_file(folder.at("to"), data, done)).unwrap();
        assert_eq!(fs::read(folder.at("to")).unwrap(), b"event");
    }
}

#[test]
fn options_say_how_a_file_is_written() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.at("file");
    let secret = WriteOptions::new().create_new(true).mode(0o600);
    let put = |options: &WriteOptions| {
        wait(&lp, |fs, done| fs.write_file_with(&path, "text", options, done))
    };
    put(&secret).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(put(&secret).unwrap_err().code(), Code::Exists);
    put(&secret.clone().create_new(false)).unwrap();
    let again = wait(&lp, |fs, done| fs.append_file_with(&path, "x", &secret, done));
    assert_eq!(again.unwrap_err().code(), Code::Exists);
}

#[test]
fn an_atomic_write_replaces_the_name_and_keeps_the_permissions() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.file("file", "old");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    fs::hard_link(&path, folder.at("other name")).unwrap();
    let atomic = WriteOptions::new().atomic(true);
    wait(&lp, |fs, done| fs.write_file_with(&path, "new", &atomic, done)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o640);
    assert_eq!(fs::read_to_string(folder.at("other name")).unwrap(), "old");
    // A link is replaced, not followed; a folder is not replaced.
    symlink("file", folder.at("link")).unwrap();
    wait(&lp, |fs, done| fs.write_file_with(folder.at("link"), "l", &atomic, done)).unwrap();
    assert!(fs::symlink_metadata(folder.at("link")).unwrap().is_file());
    fs::create_dir(folder.at("folder")).unwrap();
    let error = wait(&lp, |fs, done| fs.write_file_with(folder.at("folder"), "", &atomic, done));
    assert_eq!(error.unwrap_err().code(), Code::IsDirectory);
    assert_eq!(folder.names(), ["file", "folder", "link", "other name"], "nothing is left behind");
}

#[test]
fn a_file_is_copied_with_its_permissions() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let from = folder.file("from", pattern(3 << 20));
    fs::set_permissions(&from, fs::Permissions::from_mode(0o750)).unwrap();
    let to = folder.at("to");
    let copied = wait(&lp, |fs, done| fs.copy_file(&from, &to, done)).unwrap();
    assert_eq!(copied, 3 << 20);
    assert!(fs::read(&to).unwrap() == pattern(3 << 20));
    assert_eq!(fs::metadata(&to).unwrap().mode() & 0o7777, 0o750);
    let anew = CopyOptions::new().create_new(true);
    let error = wait(&lp, |fs, done| fs.copy_file_with(&from, &to, &anew, done)).unwrap_err();
    assert_eq!(error.code(), Code::Exists);
    assert_eq!(error.text(), format!("copy_file {} -> {}", from.display(), to.display()));
    let shared = CopyOptions::new().reflink(true);
    assert!(wait(&lp, |fs, done| fs.copy_file_with(&from, &to, &shared, done)).is_ok());
    // Whether it can share blocks is up to the file system.
    let only = CopyOptions::new().reflink_only(true);
    let copy = folder.at("shared");
    match wait(&lp, |fs, done| fs.copy_file_with(&from, &copy, &only, done)) {
        Ok(copied) => assert_eq!(copied, 3 << 20),
        Err(error) => {
            assert_eq!(error.code(), Code::NotSupported);
            assert!(!copy.exists(), "a copy that fails is taken away");
        }
    }
}

/// What a stream gave: its pieces' sizes, its bytes, and how it ended.
#[derive(Default)]
struct Streamed {
    sizes: Vec<usize>,
    bytes: Vec<u8>,
    end: Option<u64>,
}

fn stream(lp: &Loop, path: &str, options: &ReadOptions) -> Streamed {
    let all = Rc::new(RefCell::new(Streamed::default()));
    let inner = Rc::clone(&all);
    lp.fs()
        .read_stream(path, options, move |_lp, piece| {
            let mut all = inner.borrow_mut();
            assert_eq!(all.end, None, "nothing comes after the end");
            match piece.unwrap() {
                Piece::Data(data) => {
                    all.sizes.push(data.len());
                    all.bytes.extend(data);
                }
                Piece::End(count) => all.end = Some(count),
            }
        })
        .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    all.take()
}

#[test]
fn a_stream_gives_a_file_piece_by_piece() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.file("file", pattern(200_000));
    let path = path.to_str().unwrap();
    let Streamed { sizes, bytes, end } = stream(&lp, path, &ReadOptions::new());
    assert_eq!(sizes, [65_536, 65_536, 65_536, 3_392]);
    assert!(bytes == pattern(200_000));
    assert_eq!(end, Some(200_000));
    let some = ReadOptions::new().start(100).len(1_000).piece(400);
    let Streamed { sizes, bytes, end } = stream(&lp, path, &some);
    assert_eq!(sizes, [400, 400, 200]);
    assert_eq!(bytes, pattern(200_000)[100..1_100]);
    assert_eq!(end, Some(1_000));
    assert_eq!(stream(&lp, path, &ReadOptions::new().start(300_000)).end, Some(0));
}

#[test]
fn a_paused_stream_gives_nothing_until_it_is_resumed() {
    let (lp, folder, log) = (Loop::new().unwrap(), Folder::new(), Log::default());
    let path = folder.file("file", pattern(10));
    let inner = log.clone();
    let id = Rc::new(Cell::new(None));
    let this = Rc::clone(&id);
    let small = ReadOptions::new().piece(4);
    id.set(Some(
        lp.fs()
            .read_stream(&path, &small, move |lp, piece| {
                inner.add(format!("{:?}", piece.map(|piece| matches!(piece, Piece::Data(_)))));
                let _ = lp.pause(this.get().unwrap()); // the last time it has ended
            })
            .unwrap(),
    ));
    // The piece that is on its way when it is paused still comes; then it rests, and does not keep
    // the loop alive.
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["Ok(true)", "Ok(true)"]);
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&[]);
    lp.resume(id.get().unwrap()).unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    log.expect(&["Ok(true)", "Ok(false)"]);
    assert_eq!(lp.resume(id.get().unwrap()).unwrap_err().code(), Code::BadId);
}

#[test]
fn a_stream_of_what_is_not_there_ends_with_its_error() {
    let (lp, folder, log) = (Loop::new().unwrap(), Folder::new(), Log::default());
    for path in [folder.at("nothing"), folder.path().into()] {
        let inner = log.clone();
        let add = move |_lp: &Loop, piece: Result<Piece<'_>, Error>| {
            inner.add(format!("{:?}", piece.unwrap_err().code()));
        };
        lp.fs().read_stream(path, &ReadOptions::new(), add).unwrap();
        assert_eq!(lp.run().unwrap(), 0);
    }
    log.expect(&["NotFound", "IsDirectory"]);
}
