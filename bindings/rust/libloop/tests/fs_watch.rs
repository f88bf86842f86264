// SPDX-License-Identifier: MIT

//! Watching files, folders and trees.

mod common;

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{FAR, ms};
use libloop::fs::{Change, Changes, WatchOptions};
use libloop::{Code, Error, Loop, Op, Watch};

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("libloop-watch-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    fn create(&self, name: impl AsRef<Path>) {
        File::create_new(self.at(name)).unwrap();
    }

    fn append(&self, name: &str) {
        OpenOptions::new().append(true).open(self.at(name)).unwrap().write_all(b"text").unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a watch told.
#[derive(Clone, Default)]
struct Heard {
    lines: Rc<RefCell<Vec<String>>>,
    wanted: Rc<Cell<usize>>,
}

impl Heard {
    fn callback(&self) -> impl FnMut(&Loop, Result<Change<'_>, Error>) + 'static {
        let heard = self.clone();
        move |lp, change| {
            heard.lines.borrow_mut().push(match change {
                Ok(change) => line(&change),
                Err(error) => format!("{:?}", error.code()),
            });
            if heard.lines.borrow().len() >= heard.wanted.get() {
                lp.stop().unwrap();
            }
        }
    }

    /// Runs until so much was told.
    fn expect(&self, lp: &Loop, want: &[&str]) {
        self.wanted.set(want.len());
        let late = lp.set_timeout(FAR, |_| panic!("it never came")).unwrap();
        while self.lines.borrow().len() < want.len() {
            lp.run().unwrap(); // another watch may have stopped it
        }
        lp.clear(late).unwrap();
        let told: Vec<String> = self.lines.borrow_mut().drain(..want.len()).collect();
        assert_eq!(told, want);
    }
}

fn line(change: &Change<'_>) -> String {
    let old = change.old_path().map(|old| format!("{} -> ", old.display())).unwrap_or_default();
    let slash = if change.is_dir() { "/" } else { "" };
    format!("{:?} {old}{}{slash}", change.kinds(), change.path().display())
}

/// Starts a watch and waits until it is ready.
fn start(lp: &Loop, path: &Path, options: WatchOptions) -> (Watch, Heard) {
    let heard = Heard::default();
    let watch = lp.fs().watch(path, options, heard.callback()).unwrap();
    heard.expect(lp, &["READY "]);
    (watch, heard)
}

#[test]
fn a_folder_tells_what_happens_in_it() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let (_, heard) = start(&lp, &folder.0, WatchOptions::new());
    folder.create("a");
    folder.append("a");
    fs::rename(folder.at("a"), folder.at("b")).unwrap();
    fs::remove_file(folder.at("b")).unwrap();
    fs::create_dir(folder.at("sub")).unwrap();
    heard.expect(&lp, &["CREATED a", "MODIFIED a", "RENAMED a -> b", "DELETED b", "CREATED sub/"]);
}

#[test]
fn a_tree_covers_folders_to_come() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let (_, heard) = start(&lp, &folder.0, WatchOptions::new().recursive());
    fs::create_dir_all(folder.at("x/y")).unwrap();
    folder.create("x/y/f");
    heard.expect(&lp, &["CREATED x/", "CREATED x/y/", "CREATED x/y/f"]);
}

#[test]
fn ready_says_how_many_folders_are_watched() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    fs::create_dir_all(folder.at("x/y")).unwrap();
    let count = Rc::new(Cell::new(0));
    let told = Rc::clone(&count);
    lp.fs()
        .watch(&folder.0, WatchOptions::new().recursive(), move |lp, change| {
            told.set(change.unwrap().folders());
            lp.stop().unwrap();
        })
        .unwrap();
    lp.run().unwrap();
    assert_eq!(count.get(), 3);
}

#[test]
fn names_are_bytes() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let name = OsStr::from_bytes(b"\xff\n");
    let told = Rc::new(RefCell::new(PathBuf::new()));
    let keep = Rc::clone(&told);
    let at = folder.at(name);
    lp.fs()
        .watch(&folder.0, WatchOptions::new(), move |lp, change| {
            let change = change.unwrap();
            if change.kinds() == Changes::READY {
                fs::create_dir(&at).unwrap();
            } else {
                change.path().clone_into(&mut keep.borrow_mut());
                lp.stop().unwrap();
            }
        })
        .unwrap();
    lp.run().unwrap();
    assert_eq!(*told.borrow(), Path::new(name));
}

#[test]
fn only_what_is_asked_for_is_told() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let events = Changes::DELETED | Changes::RENAMED;
    let (_, heard) = start(&lp, &folder.0, WatchOptions::new().events(events));
    folder.create("a");
    fs::rename(folder.at("a"), folder.at("b")).unwrap();
    fs::remove_file(folder.at("b")).unwrap();
    heard.expect(&lp, &["RENAMED a -> b", "DELETED b"]);
}

#[test]
fn a_replaced_file_is_modified_and_a_removed_one_ends() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    folder.create("f");
    let (watch, heard) = start(&lp, &folder.at("f"), WatchOptions::new());
    folder.create("new");
    fs::rename(folder.at("new"), folder.at("f")).unwrap();
    heard.expect(&lp, &["MODIFIED "]);
    fs::remove_file(folder.at("f")).unwrap();
    heard.expect(&lp, &["NotFound"]);
    assert_eq!(lp.cancel(watch).unwrap_err().code(), Code::BadId);
    lp.run().unwrap();
}

#[test]
fn a_polled_folder_tells_what_changes() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    folder.create("old");
    let (_, heard) = start(&lp, &folder.0, WatchOptions::new().poll(ms(1)));
    folder.create("a");
    heard.expect(&lp, &["CREATED a"]);
    folder.append("a");
    heard.expect(&lp, &["MODIFIED a"]);
    fs::remove_file(folder.at("old")).unwrap();
    heard.expect(&lp, &["DELETED old"]);
}

#[test]
fn a_missing_path_a_cancel_a_deadline_and_a_close_end_a_watch_once() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let heard = Heard::default();
    lp.fs().watch(folder.at("missing"), WatchOptions::new(), heard.callback()).unwrap();
    heard.expect(&lp, &["NotFound"]);
    let (watch, canceled) = start(&lp, &folder.0, WatchOptions::new());
    lp.cancel(watch).unwrap();
    canceled.expect(&lp, &["Canceled"]);
    let ends = Rc::new(Cell::new(None));
    let end = Rc::clone(&ends);
    let op = Op::new().deadline(ms(5)).on_final(move |_, result| end.set(result.err()));
    lp.with(op).fs().watch(&folder.0, WatchOptions::new(), |_, _| ()).unwrap();
    lp.run().unwrap();
    assert_eq!(ends.take().unwrap().code(), Code::TimedOut);
    let (_, closed) = start(&lp, &folder.0, WatchOptions::new());
    lp.free().unwrap();
    assert_eq!(*closed.lines.borrow(), ["Canceled"]);
}

#[test]
fn a_watch_ends_once_at_every_stage() {
    for stage in 0..4 {
        for end in 0..3 {
            let (lp, folder) = (Loop::new().unwrap(), Folder::new());
            let heard = Heard::default();
            let finals = Rc::new(Cell::new(0));
            let count = Rc::clone(&finals);
            let op = Op::new().on_final(move |_, _| count.set(count.get() + 1));
            let options = WatchOptions::new().recursive();
            let watch = lp.with(op).fs().watch(&folder.0, options, heard.callback()).unwrap();
            match stage {
                0 => (), // the op is not taken
                1 => drop(lp.run_nowait().unwrap()),
                _ => heard.expect(&lp, &["READY "]),
            }
            if stage == 3 {
                (0..20).for_each(|number| fs::create_dir(folder.at(number.to_string())).unwrap());
            }
            heard.wanted.set(1000);
            match end {
                0 => lp.cancel(watch).unwrap(),
                1 => lp.clear(watch).unwrap(),
                _ => lp.close().unwrap(),
            }
            lp.run().unwrap();
            let told = heard.lines.borrow().len();
            folder.create("late");
            lp.free().unwrap();
            let lines = heard.lines.borrow();
            let ends = usize::from(end != 1);
            assert_eq!(lines.len(), told);
            assert_eq!(lines.iter().filter(|line| *line == "Canceled").count(), ends);
            assert_eq!(finals.get(), ends);
            assert_eq!(Rc::strong_count(&finals), 1, "its closures are dropped");
        }
    }
}

#[test]
fn a_relative_path_is_watched() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let here = std::env::current_dir().unwrap();
    let mut path: PathBuf = here.components().skip(1).map(|_| "..").collect();
    path.push(folder.0.strip_prefix("/").unwrap());
    let (_, heard) = start(&lp, &path, WatchOptions::new());
    folder.create("a");
    heard.expect(&lp, &["CREATED a"]);
}

#[test]
fn a_cleared_watch_is_silent_and_another_on_its_folder_goes_on() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let (one, silent) = start(&lp, &folder.0, WatchOptions::new());
    let (_, heard) = start(&lp, &folder.0, WatchOptions::new().recursive());
    lp.clear(one).unwrap();
    folder.create("a");
    heard.expect(&lp, &["CREATED a"]);
    assert!(silent.lines.borrow().is_empty());
}

#[test]
fn very_many_files_are_told_or_their_loss_is() {
    const COUNT: usize = 20_000;
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let (made, end) = (folder.0.clone(), folder.at("end"));
    let counts = Rc::new(Cell::new((0, 0)));
    let (count, own) = (Rc::clone(&counts), Rc::new(Cell::new(None::<Watch>)));
    let me = Rc::clone(&own);
    let options = WatchOptions::new().events(Changes::CREATED);
    let watch = lp.fs().watch(&folder.0, options, move |lp, change| {
        let change = change.unwrap();
        let (mut created, mut lost) = count.get();
        if change.kinds() == Changes::READY {
            let made = made.clone();
            std::thread::spawn(move || {
                for number in 0..COUNT {
                    File::create_new(made.join(number.to_string())).unwrap();
                }
                fs::create_dir(made.join("end")).unwrap();
            });
        } else if change.kinds() == Changes::CREATED {
            created += 1;
        } else {
            assert_eq!(change.kinds(), Changes::OVERFLOW);
            lost += 1;
        }
        count.set((created, lost));
        if change.path() == Path::new("end") || lost > 0 && end.exists() {
            lp.clear(me.get().unwrap()).unwrap();
        }
    });
    own.set(Some(watch.unwrap()));
    lp.run().unwrap();
    let (created, lost) = counts.get();
    assert!(lost > 0 || created == COUNT + 1, "{created} told, {lost} losses");
}

#[test]
fn bad_arguments_are_refused() {
    let lp = Loop::new().unwrap();
    let error = lp.fs().watch("a\0b", WatchOptions::new(), |_, _| ()).unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
    let always = WatchOptions::new().events(Changes::READY);
    assert_eq!(lp.fs().watch("/", always, |_, _| ()).unwrap_err().code(), Code::Invalid);
}
