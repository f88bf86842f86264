// SPDX-License-Identifier: MIT

//! File operations that go wrong: each ends once, with an error that has a name.

mod common;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use common::{Folder, alone, descriptors, wait};
use libloop::fs::{
    Access, CopyOptions, File, FileTime, MkdirOptions, OpenOptions, ReadOptions, RemoveOptions,
    WriteOptions,
};
use libloop::{Code, Error, Loop};

/// Every operation on one path, with what it ends with; `new` is what some of them would make.
fn every(lp: &Loop, path: &Path, new: &Path) -> Vec<(&'static str, Result<(), Error>)> {
    fn unit<T>(result: Result<T, Error>) -> Result<(), Error> {
        result.map(drop)
    }
    let read = OpenOptions::new().read(true);
    let now = SystemTime::now();
    vec![
        ("read_file", unit(wait(lp, |fs, done| fs.read_file(path, done)))),
        ("stat", unit(wait(lp, |fs, done| fs.stat(path, done)))),
        ("lstat", unit(wait(lp, |fs, done| fs.lstat(path, done)))),
        ("statfs", unit(wait(lp, |fs, done| fs.statfs(path, done)))),
        ("access", wait(lp, |fs, done| fs.access(path, Access::EXISTS, done))),
        ("readdir", unit(wait(lp, |fs, done| fs.readdir(path, done)))),
        ("mkdir", wait(lp, |fs, done| fs.mkdir(new, done))),
        ("mkdtemp", unit(wait(lp, |fs, done| fs.mkdtemp(new, done)))),
        ("mkstemp", unit(wait(lp, |fs, done| fs.mkstemp(new, done)))),
        ("write_file", unit(wait(lp, |fs, done| fs.write_file(new, "x", done)))),
        ("append_file", unit(wait(lp, |fs, done| fs.append_file(new, "x", done)))),
        ("copy_file", unit(wait(lp, |fs, done| fs.copy_file(path, new, done)))),
        ("unlink", wait(lp, |fs, done| fs.unlink(path, done))),
        ("rmdir", wait(lp, |fs, done| fs.rmdir(path, done))),
        ("remove", unit(wait(lp, |fs, done| fs.remove(path, done)))),
        ("rename", wait(lp, |fs, done| fs.rename(path, new, done))),
        ("link", wait(lp, |fs, done| fs.link(path, new, done))),
        ("symlink", wait(lp, |fs, done| fs.symlink("x", new, done))),
        ("readlink", unit(wait(lp, |fs, done| fs.readlink(path, done)))),
        ("realpath", unit(wait(lp, |fs, done| fs.realpath(path, done)))),
        ("chmod", wait(lp, |fs, done| fs.chmod(path, 0o600, done))),
        ("chown", wait(lp, |fs, done| fs.chown(path, None, None, done))),
        ("lchown", wait(lp, |fs, done| fs.lchown(path, None, None, done))),
        ("utimes", wait(lp, |fs, done| fs.utimes(path, now, now, done))),
        ("lutimes", wait(lp, |fs, done| fs.lutimes(path, now, now, done))),
        ("truncate", wait(lp, |fs, done| fs.truncate(path, 0, done))),
        ("open", unit(wait(lp, |fs, done| fs.open(path, &read, done)))),
    ]
}

#[test]
fn what_is_not_there_is_not_found_by_any_operation() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.at("nothing");
    for (name, result) in every(&lp, &path, &path.join("never")) {
        let error = result.unwrap_err();
        assert_eq!(error.code(), Code::NotFound, "{name}");
        assert_eq!(error.os_errno(), Some(libc::ENOENT), "{name}");
        assert!(error.text().starts_with(&format!("{name} ")), "{error:?}");
        assert!(error.text().contains(path.to_str().unwrap()), "{error:?}");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotFound, "{name}");
    }
    for (name, result) in every(&lp, Path::new(""), &path.join("never")) {
        assert_eq!(result.unwrap_err().code(), Code::NotFound, "{name}");
    }
    assert!(folder.names().is_empty());
}

#[test]
fn a_file_is_no_folder_for_any_operation() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.file("file", "text").join("below");
    for (name, result) in every(&lp, &path, &path.join("never")) {
        let error = result.unwrap_err();
        assert_eq!(error.code(), Code::NotDirectory, "{name}");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotADirectory, "{name}");
    }
    assert_eq!(fs::read(folder.at("file")).unwrap(), b"text");
}

#[test]
fn links_that_go_round_and_names_that_are_too_long_have_their_codes() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let round = folder.at("round");
    symlink("round", &round).unwrap();
    for (name, result) in every(&lp, &round.join("x"), &round.join("y")) {
        assert_eq!(result.unwrap_err().code(), Code::TooManyLinks, "{name}");
    }
    let long: [PathBuf; 3] = [
        folder.at("n".repeat(256)),
        PathBuf::from("/".to_string() + &"d/".repeat(2_048)),
        PathBuf::from("x".repeat(100_000)),
    ];
    for path in long {
        for (name, result) in every(&lp, &path.join("x"), &path.join("y")) {
            // Goes through the path part by part, however many there are.
            let want = match name {
                "realpath" if path.starts_with("/d") => Code::NotFound,
                _ => Code::NameTooLong,
            };
            assert_eq!(result.unwrap_err().code(), want, "{name}");
        }
    }
}

#[test]
fn a_folder_is_no_file() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.path();
    let codes = [
        wait(&lp, |fs, done| fs.read_file(path, done)).map(drop),
        wait(&lp, |fs, done| fs.write_file(path, "x", done)).map(drop),
        wait(&lp, |fs, done| fs.append_file(path, "x", done)).map(drop),
        wait(&lp, |fs, done| fs.copy_file(path, folder.at("copy"), done)).map(drop),
        wait(&lp, |fs, done| fs.truncate(path, 0, done)),
        wait(&lp, |fs, done| fs.open(path, &OpenOptions::new().write(true), done)).map(drop),
    ];
    for result in codes {
        let error = result.unwrap_err();
        assert_eq!(error.code(), Code::IsDirectory, "{error:?}");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::IsADirectory);
    }
    assert!(folder.names().is_empty());
}

#[test]
fn a_full_device_has_no_space() {
    let lp = Loop::new().unwrap();
    let error = wait(&lp, |fs, done| fs.write_file("/dev/full", "x", done)).unwrap_err();
    assert_eq!(error.code(), Code::NoSpace);
    assert_eq!(error.text(), "write_file /dev/full");
    assert_eq!(error.to_string(), "write_file /dev/full: no space left");
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::StorageFull);
    let full: File = fs::File::options().write(true).open("/dev/full").unwrap().into();
    let error = wait(&lp, |fs, done| fs.write(&full, "x", None, done)).unwrap_err();
    assert_eq!(error.code(), Code::NoSpace);
    assert!(error.text().starts_with("write fd "), "{error:?}");
}

#[test]
fn a_file_opened_for_something_else_is_a_bad_descriptor() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.file("file", "text");
    let reader: File = fs::File::open(&path).unwrap().into();
    let writer: File = fs::File::options().write(true).open(&path).unwrap().into();
    let codes = [
        wait(&lp, |fs, done| fs.read(&writer, 1, None, done)).map(drop),
        wait(&lp, |fs, done| fs.read_into(&writer, vec![0], None, done)).map(drop),
        wait(&lp, |fs, done| fs.readv(&writer, vec![vec![0]], None, done)).map(drop),
        wait(&lp, |fs, done| fs.write(&reader, "x", None, done)).map(drop),
        wait(&lp, |fs, done| fs.writev(&reader, ["x"], Some(0), done)).map(drop),
        wait(&lp, |fs, done| fs.sendfile(&reader, None, &writer, None, 1, done)).map(drop),
    ];
    for result in codes {
        let error = result.unwrap_err();
        assert_eq!((error.code(), error.os_errno()), (Code::BadDescriptor, Some(libc::EBADF)));
    }
    // The system says so of a length, too: it is no file that can be cut.
    let cut = wait(&lp, |fs, done| fs.ftruncate(&reader, 1, done)).unwrap_err();
    assert_eq!(cut.code(), Code::Invalid);
}

#[test]
fn what_means_nothing_is_invalid_at_once() {
    fn nul(name: &str) -> &Path {
        Path::new(OsStr::from_bytes(name.as_bytes()))
    }
    let lp = Loop::new().unwrap();
    let file: File = fs::File::open("/dev/null").unwrap().into();
    let (bad, good, far) = (nul("a\0b"), Path::new("/dev/null"), 1 << 63);
    let none = Vec::<Vec<u8>>::new;
    let read = OpenOptions::new().read(true);
    let mode = WriteOptions::new().mode(0o10000);
    let append = WriteOptions::new().append(true);
    let atomic = WriteOptions::new().atomic(true);
    let both = append.clone().atomic(true);
    let deep = MkdirOptions::new().mode(0o10000);
    macro_rules! invalid {
        ($($call:ident($($argument:expr),*);)*) => {$(
            let called = lp.fs().$call($($argument,)* |_lp, _result| unreachable!());
            let error = called.map(drop).unwrap_err();
            assert_eq!(error.code(), Code::Invalid, stringify!($call));
            let name = stringify!($call);
            let name = name.strip_suffix("_with").unwrap_or(name);
            let name = name.strip_suffix("_into").unwrap_or(name);
            let name = name.strip_suffix("_up_to").unwrap_or(name);
            let name = if name == "readdir_stream" { "readdir" } else { name };
            assert!(error.text().starts_with(&format!("{name}: ")), "{error:?}");
        )*};
    }
    invalid! {
        read_file(bad);
        read_file_up_to(bad, 1);
        write_file(bad, "");
        write_file_with(good, "", &mode);
        write_file_with(good, "", &append);
        append_file(bad, "");
        append_file_with(good, "", &atomic);
        copy_file(bad, good);
        copy_file(good, bad);
        copy_file_with(bad, good, &CopyOptions::new());
        read_stream(bad, &ReadOptions::new());
        read_stream(good, &ReadOptions::new().start(far));
        read_stream(good, &ReadOptions::new().len(far));
        write_stream(bad, &WriteOptions::new());
        write_stream(good, &both);
        stat(bad);
        lstat(bad);
        statfs(bad);
        access(bad, Access::READ);
        readdir(bad);
        readdir_stream(bad);
        mkdir(bad);
        mkdir_with(good, &deep);
        mkdtemp(bad);
        mkstemp(bad);
        unlink(bad);
        rmdir(bad);
        remove(bad);
        remove_with(bad, &RemoveOptions::new());
        rename(bad, good);
        rename(good, bad);
        link(bad, good);
        symlink(good, bad);
        readlink(bad);
        realpath(bad);
        chmod(bad, 0);
        chmod(good, 0o10000);
        fchmod(&file, u32::MAX);
        chown(bad, None, None);
        lchown(bad, None, None);
        utimes(bad, FileTime::Now, FileTime::Now);
        lutimes(bad, FileTime::Now, FileTime::Now);
        truncate(bad, 0);
        truncate(good, far);
        ftruncate(&file, far);
        open(bad, &read);
        open(good, &OpenOptions::new());
        open(good, &read.clone().mode(0o10000));
        open(good, &read.clone().create(true));
        open(good, &read.clone().truncate(true));
        open(good, &read.clone().nameless(true));
        open(good, &read.clone().append(true).truncate(true));
        read(&file, 1, Some(far));
        read(&file, (2 << 30) + 1, None);
        read_into(&file, vec![0], Some(far));
        write(&file, "x", Some(far));
        readv(&file, none(), None);
        writev(&file, none(), None);
        sendfile(&file, Some(far), &file, None, 1);
        sendfile(&file, None, &file, Some(far), 1);
        sendfile(&file, None, &file, None, far);
    }
    assert_eq!(lp.run().unwrap(), 0);
    assert!(file.into_fd().is_ok(), "nothing holds it");
}

#[test]
fn what_passes_the_end_of_numbers_is_refused_later() {
    let lp = Loop::new().unwrap();
    let file: File = fs::File::open("/dev/null").unwrap().into();
    let end = Some(i64::MAX as u64);
    let error = wait(&lp, |fs, done| fs.read_into(&file, vec![0; 2], end, done)).unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
}

#[test]
fn names_and_contents_need_not_be_utf_8() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let name = OsStr::from_bytes(b"\xff\xfe bytes \x80");
    let path = folder.at(name);
    let content = [0, 0xff, 0x80, 0xc3, b'\n'];
    wait(&lp, |fs, done| fs.write_file(&path, &content, done)).unwrap();
    assert_eq!(*wait(&lp, |fs, done| fs.read_file(&path, done)).unwrap(), content);
    let entries = wait(&lp, |fs, done| fs.readdir(folder.path(), done)).unwrap();
    assert_eq!(entries[0].file_name(), name);
    assert_eq!(wait(&lp, |fs, done| fs.realpath(&path, done)).unwrap(), path);
    let link = folder.at("link");
    wait(&lp, |fs, done| fs.symlink(name, &link, done)).unwrap();
    assert_eq!(wait(&lp, |fs, done| fs.readlink(&link, done)).unwrap(), Path::new(name));
    let made = wait(&lp, |fs, done| fs.mkdtemp(&path, done)).unwrap();
    assert!(made.as_os_str().as_bytes().starts_with(path.as_os_str().as_bytes()));
    wait(&lp, |fs, done| fs.unlink(&path, done)).unwrap();
    let error = wait(&lp, |fs, done| fs.stat(&path, done)).unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.text().ends_with("/\u{fffd}\u{fffd} bytes \u{fffd}"), "{error:?}");
}

/// Makes this thread, and those it starts, nobody. Other threads stay who they are.
fn become_nobody() {
    // SAFETY: changes only who this thread acts for.
    let rc = unsafe {
        libc::syscall(libc::SYS_setgroups, 0, std::ptr::null::<libc::gid_t>())
            | libc::syscall(libc::SYS_setresgid, 65_534, 65_534, 65_534)
            | libc::syscall(libc::SYS_setresuid, 65_534, 65_534, 65_534)
    };
    assert_eq!(rc, 0);
}

#[test]
fn what_is_not_permitted_is_denied() {
    alone("what_is_not_permitted_is_denied", || {
        let folder = Folder::new();
        let (locked, inside) = (folder.at("locked"), folder.at("locked/file"));
        fs::create_dir(&locked).unwrap();
        fs::write(&inside, "secret").unwrap();
        let open = folder.file("readable", "");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o444)).unwrap();
        // SAFETY: only asks.
        let root = unsafe { libc::geteuid() } == 0;
        let (inner, readable) = (inside.clone(), open.clone());
        let test = std::thread::spawn(move || {
            if root {
                become_nobody();
            }
            let lp = Loop::new().unwrap();
            for (name, result) in every(&lp, &inner, &inner.with_file_name("never")) {
                let error = result.unwrap_err();
                assert_eq!(error.code(), Code::AccessDenied, "{name}");
                assert_eq!(error.os_errno(), Some(libc::EACCES), "{name}");
                let kind = io::Error::from(error).kind();
                assert_eq!(kind, io::ErrorKind::PermissionDenied, "{name}");
            }
            let write = wait(&lp, |fs, done| fs.write_file(&readable, "x", done)).unwrap_err();
            assert_eq!(write.code(), Code::AccessDenied);
            if root {
                let owner = wait(&lp, |fs, done| fs.chmod(&readable, 0o666, done)).unwrap_err();
                assert_eq!(owner.code(), Code::NotPermitted);
                assert_eq!(io::Error::from(owner).kind(), io::ErrorKind::PermissionDenied);
            }
        });
        test.join().unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(fs::read_to_string(&inside).unwrap(), "secret");
    });
}

#[test]
fn descriptors_that_run_out_end_each_operation_that_needs_one() {
    alone("descriptors_that_run_out_end_each_operation_that_needs_one", || {
        let folder = Folder::new();
        let path = folder.file("file", "text");
        let lp = Loop::new().unwrap();
        let read = OpenOptions::new().read(true);
        wait(&lp, |fs, done| fs.open(&path, &read, done)).unwrap();
        let before = descriptors();
        let limit = libc::rlimit { rlim_cur: 64, rlim_max: 64 };
        // SAFETY: a record of the right type.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
        let taken: Vec<fs::File> =
            std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect();
        let codes = [
            wait(&lp, |fs, done| fs.open(&path, &read, done)).map(drop),
            wait(&lp, |fs, done| fs.read_file(&path, done)).map(drop),
            wait(&lp, |fs, done| fs.write_file(&path, "x", done)).map(drop),
            wait(&lp, |fs, done| fs.copy_file(&path, folder.at("copy"), done)).map(drop),
            wait(&lp, |fs, done| fs.readdir(folder.path(), done)).map(drop),
            wait(&lp, |fs, done| fs.mkstemp(folder.at("t"), done)).map(drop),
        ];
        for result in codes {
            let error = result.unwrap_err();
            assert_eq!((error.code(), error.os_errno()), (Code::TooManyFiles, Some(libc::EMFILE)));
        }
        // What needs none goes on.
        assert_eq!(wait(&lp, |fs, done| fs.stat(&path, done)).unwrap().len(), 4);
        drop(taken);
        assert_eq!(&*wait(&lp, |fs, done| fs.read_file(&path, done)).unwrap(), b"text");
        assert_eq!(descriptors(), before);
        assert_eq!(folder.names(), ["file"]);
    });
}

#[test]
fn the_kind_of_a_code_is_the_kind_of_its_errno() {
    let mut seen = 0;
    for os_errno in 1..133 {
        let (code, kind) =
            (Code::from_errno(os_errno), io::Error::from_raw_os_error(os_errno).kind());
        // Rust 1.85 has no name for these.
        let name = format!("{kind:?}");
        if !matches!(&*name, "Uncategorized" | "FilesystemLoop" | "InvalidFilename" | "InProgress")
            && code != Code::System
        {
            assert_eq!(code.kind(), kind, "{os_errno} {code:?}");
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}
