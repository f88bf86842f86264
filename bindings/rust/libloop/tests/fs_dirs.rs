// SPDX-License-Identifier: MIT

//! Folders: listed, made, taken away.

mod common;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirEntryExt, PermissionsExt, symlink};
use std::path::Path;
use std::rc::Rc;

use common::{Folder, wait};
use libloop::fs::{FileType, MkdirOptions, RemoveOptions};
use libloop::{Code, Loop};

#[test]
fn a_folder_is_listed_with_types_and_numbers() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    folder.file("file", "");
    folder.fifo("fifo");
    fs::create_dir(folder.at("folder")).unwrap();
    symlink("nowhere", folder.at("link")).unwrap();
    folder.file("a name with spaces, \u{fc} and \n", "");
    let entries = wait(&lp, |fs, done| fs.readdir(folder.path(), done)).unwrap();
    let ours: BTreeMap<_, _> = entries
        .iter()
        .map(|entry| (entry.file_name().to_owned(), (entry.file_type(), entry.ino())))
        .collect();
    assert_eq!(ours.len(), entries.len());
    let system: BTreeMap<_, _> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            let kind = match (kind.is_dir(), kind.is_symlink(), kind.is_file()) {
                (true, ..) => FileType::Dir,
                (_, true, _) => FileType::Symlink,
                (.., true) => FileType::File,
                _ => FileType::Fifo,
            };
            (entry.file_name(), (kind, entry.ino()))
        })
        .collect();
    assert_eq!(ours, system);
}

#[test]
fn an_empty_folder_has_no_entries() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    assert_eq!(wait(&lp, |fs, done| fs.readdir(folder.path(), done)).unwrap(), []);
    let file = folder.file("file", "");
    let error = wait(&lp, |fs, done| fs.readdir(file, done)).unwrap_err();
    assert_eq!(error.code(), Code::NotDirectory);
}

/// 5,000 files with long names: several events.
fn large() -> Folder {
    let folder = Folder::new();
    for number in 0..5_000 {
        folder.file(format!("{number:0200}"), "");
    }
    folder
}

#[test]
fn a_large_folder_comes_in_several_calls() {
    let (lp, folder) = (Loop::new().unwrap(), large());
    let all = wait(&lp, |fs, done| fs.readdir(folder.path(), done)).unwrap();
    assert_eq!(all.len(), 5_000);
    let (names, calls) = (Rc::new(RefCell::new(Vec::new())), Rc::new(Cell::new(0)));
    let (add, count) = (Rc::clone(&names), Rc::clone(&calls));
    let last = Rc::new(Cell::new(false));
    let end = Rc::clone(&last);
    lp.fs()
        .readdir_stream(folder.path(), move |_lp, entries| {
            let entries = entries.unwrap();
            assert!(!end.replace(entries.is_last()), "nothing comes after the last");
            add.borrow_mut().extend(entries.map(|entry| entry.file_name().to_owned()));
            count.set(count.get() + 1);
        })
        .unwrap();
    assert_eq!(lp.run().unwrap(), 0);
    assert!(last.get() && calls.get() > 10, "{} calls", calls.get());
    let mut names = names.take();
    names.sort();
    let want: Vec<OsString> = (0..5_000).map(|number| format!("{number:0200}").into()).collect();
    assert_eq!(names, want);
}

#[test]
fn a_listing_that_is_cancelled_ends_once() {
    let (lp, folder) = (Loop::new().unwrap(), large());
    let id = Rc::new(Cell::new(None));
    let codes = Rc::new(RefCell::new(Vec::new()));
    let (this, add) = (Rc::clone(&id), Rc::clone(&codes));
    id.set(Some(
        lp.fs()
            .readdir_stream(folder.path(), move |lp, entries| match entries {
                Ok(entries) => {
                    assert!(!entries.is_last());
                    lp.cancel(this.get().unwrap()).unwrap();
                }
                Err(error) => add.borrow_mut().push(error.code()),
            })
            .unwrap(),
    ));
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(lp.run().unwrap(), 0);
    assert_eq!(codes.take(), [Code::Canceled]);
}

#[test]
fn folders_are_made_one_by_one_or_with_those_above() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.at("a");
    wait(&lp, |fs, done| fs.mkdir(&path, done)).unwrap();
    assert_eq!(wait(&lp, |fs, done| fs.mkdir(&path, done)).unwrap_err().code(), Code::Exists);
    let deep = folder.at("a/b/c/d");
    assert_eq!(wait(&lp, |fs, done| fs.mkdir(&deep, done)).unwrap_err().code(), Code::NotFound);
    let all = MkdirOptions::new().recursive(true).mode(0o700);
    let first = wait(&lp, |fs, done| fs.mkdir_with(&deep, &all, done)).unwrap();
    assert_eq!(first, Some(folder.at("a/b")));
    assert_eq!(fs::metadata(&deep).unwrap().permissions().mode() & 0o7777, 0o700);
    assert_eq!(wait(&lp, |fs, done| fs.mkdir_with(&deep, &all, done)).unwrap(), None);
    let one = MkdirOptions::new().mode(0o700);
    let path = folder.at("one");
    assert_eq!(wait(&lp, |fs, done| fs.mkdir_with(&path, &one, done)).unwrap(), None);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o700);
    let file = folder.file("file", "");
    let below = file.join("below");
    let error = wait(&lp, |fs, done| fs.mkdir_with(&below, &all, done)).unwrap_err();
    assert_eq!(error.code(), Code::NotDirectory);
}

#[test]
fn temporary_folders_and_files_have_new_names() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let prefix = folder.at("new-");
    let made = wait(&lp, |fs, done| fs.mkdtemp(&prefix, done)).unwrap();
    let is_new = |path: &Path| {
        let name = path.strip_prefix(folder.path()).unwrap().to_str().unwrap();
        let letters = name.strip_prefix("new-").unwrap();
        assert!(letters.len() == 6 && letters.bytes().all(|it| it.is_ascii_alphanumeric()));
    };
    is_new(&made);
    assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o7777, 0o700);
    let (file, path) = wait(&lp, |fs, done| fs.mkstemp(&prefix, done)).unwrap();
    is_new(&path);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    let mut file = fs::File::from(file.as_fd().try_clone_to_owned().unwrap());
    file.write_all(b"text").unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "text");
}

#[test]
fn names_are_taken_away() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let (file, dir) = (folder.file("file", ""), folder.at("dir"));
    fs::create_dir(&dir).unwrap();
    folder.file("dir/inside", "");
    let error = wait(&lp, |fs, done| fs.rmdir(&dir, done)).unwrap_err();
    assert_eq!(error.code(), Code::NotEmpty);
    assert_eq!(wait(&lp, |fs, done| fs.rmdir(&file, done)).unwrap_err().code(), Code::NotDirectory);
    let folder_code = wait(&lp, |fs, done| fs.unlink(&dir, done)).unwrap_err().code();
    assert!(matches!(folder_code, Code::IsDirectory | Code::NotPermitted));
    wait(&lp, |fs, done| fs.unlink(dir.join("inside"), done)).unwrap();
    wait(&lp, |fs, done| fs.rmdir(&dir, done)).unwrap();
    wait(&lp, |fs, done| fs.unlink(&file, done)).unwrap();
    assert!(folder.names().is_empty());
}

#[test]
fn a_tree_is_taken_away_and_links_are_not_followed() {
    let (lp, folder, other) = (Loop::new().unwrap(), Folder::new(), Folder::new());
    let kept = other.file("kept", "text");
    let tree = folder.at("tree");
    fs::create_dir_all(tree.join("a/b/c")).unwrap();
    for number in 0..300 {
        folder.file(format!("tree/a/b/{number}"), "");
    }
    symlink(other.path(), tree.join("a/link")).unwrap();
    let error = wait(&lp, |fs, done| fs.remove(&tree, done)).unwrap_err();
    assert_eq!(error.code(), Code::NotEmpty);
    let all = RemoveOptions::new().recursive(true);
    let gone = wait(&lp, |fs, done| fs.remove_with(&tree, &all, done)).unwrap();
    assert_eq!(gone, 305, "tree, a, b, c, 300 files, a link");
    assert!(!tree.exists() && kept.exists());
    assert_eq!(
        wait(&lp, |fs, done| fs.remove_with(&tree, &all, done)).unwrap_err().code(),
        Code::NotFound
    );
    let force = all.clone().force(true);
    assert_eq!(wait(&lp, |fs, done| fs.remove_with(&tree, &force, done)).unwrap(), 0);
    let file = folder.file("file", "");
    assert_eq!(wait(&lp, |fs, done| fs.remove(&file, done)).unwrap(), 1);
}
