// SPDX-License-Identifier: MIT

//! Watching files, folders and trees.

use crate::{Outcome, Programs, ms, name};
use libloop::fs::{Change, Changes, WatchOptions};
use libloop::{Error, Loop, Op, Watch};
use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub const PROGRAMS: Programs = &[
    ("watch_tells_what_happens_in_a_folder", watch_tells_what_happens_in_a_folder),
    ("watch_covers_new_folders_of_a_tree", watch_covers_new_folders_of_a_tree),
    ("watch_goes_on_with_a_replaced_file", watch_goes_on_with_a_replaced_file),
    ("watch_by_looking_again", watch_by_looking_again),
    ("watch_ends_once_whatever_ends_it", watch_ends_once_whatever_ends_it),
    ("watch_tells_only_what_is_asked_for", watch_tells_only_what_is_asked_for),
    ("watch_says_when_changes_are_lost", watch_says_when_changes_are_lost),
];

/// A folder of the program's own, and what is done in it.
#[derive(Clone)]
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("watching-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    fn make(&self, name: impl AsRef<Path>) {
        fs::create_dir(self.at(name)).unwrap();
    }

    fn create(&self, name: impl AsRef<Path>) {
        File::create_new(self.at(name)).unwrap();
    }

    fn append(&self, name: impl AsRef<Path>) {
        OpenOptions::new().append(true).open(self.at(name)).unwrap().write_all(b"text").unwrap();
    }

    fn chmod(&self, name: impl AsRef<Path>) {
        fs::set_permissions(self.at(name), Permissions::from_mode(0o700)).unwrap();
    }

    fn rename(&self, old: impl AsRef<Path>, new: impl AsRef<Path>) {
        fs::rename(self.at(old), self.at(new)).unwrap();
    }

    fn erase(&self, name: impl AsRef<Path>) {
        fs::remove_file(self.at(name)).unwrap();
    }

    fn end(&self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn say_change(change: &Result<Change<'_>, Error>) {
    let Ok(change) = change else {
        println!("{}", name(change));
        return;
    };
    if change.kinds() == Changes::READY {
        println!("ready, {} folders", change.folders());
        return;
    }
    let kind = format!("{:?}", change.kinds()).to_lowercase();
    let old = change.old_path().map(|old| format!("{} -> ", old.display())).unwrap_or_default();
    let slash = if change.is_dir() { "/" } else { "" };
    let path = change.path().to_str().filter(|path| !path.is_empty()).unwrap_or("itself");
    println!("{kind} {old}{path}{slash}");
}

/// What happens after each change; the watch is there to be cancelled.
type Step = fn(&Loop, &Folder, Watch);

/// Watches; says each change and then takes the next step.
fn watch(folder: &Folder, path: PathBuf, options: WatchOptions, steps: &'static [Step]) -> Outcome {
    let lp = Loop::new()?;
    let own = Rc::new(Cell::new(None::<Watch>));
    let (me, folder, mut next) = (Rc::clone(&own), folder.clone(), 0);
    let watch = lp.fs().watch(path, options, move |lp, change| {
        say_change(&change);
        if let (Some(step), Some(watch)) = (steps.get(next), me.get()) {
            next += 1;
            step(lp, &folder, watch);
        }
    })?;
    own.set(Some(watch));
    lp.run()?;
    lp.free()
}

fn watch_tells_what_happens_in_a_folder() -> Outcome {
    let folder = Folder::new();
    watch(
        &folder,
        folder.0.clone(),
        WatchOptions::new(),
        &[
            |_, folder, _| {
                folder.create("a");
                folder.append("a");
                folder.chmod("a");
                folder.rename("a", "b");
                folder.make("sub");
                folder.create("sub/unseen");
                folder.erase("b");
            },
            |_, _, _| (),
            |_, _, _| (),
            |_, _, _| (),
            |_, _, _| (),
            |_, _, _| (),
            |lp, _, watch| lp.cancel(watch).unwrap(),
        ],
    )?;
    folder.end();
    Ok(())
}

fn watch_covers_new_folders_of_a_tree() -> Outcome {
    let folder = Folder::new();
    folder.make("old");
    watch(
        &folder,
        folder.0.clone(),
        WatchOptions::new().recursive(),
        &[
            |_, folder, _| folder.make("new"),
            |_, folder, _| folder.make("new/er"),
            |_, folder, _| folder.create("new/er/f"),
            |_, folder, _| folder.rename("new", "old/new"),
            |_, folder, _| folder.append("old/new/er/f"),
            |lp, _, watch| lp.cancel(watch).unwrap(),
        ],
    )?;
    folder.end();
    Ok(())
}

fn watch_goes_on_with_a_replaced_file() -> Outcome {
    let folder = Folder::new();
    folder.create("file");
    watch(
        &folder,
        folder.at("file"),
        WatchOptions::new(),
        &[
            |_, folder, _| {
                folder.create("new");
                folder.rename("new", "file");
            },
            |_, folder, _| folder.append("file"),
            |_, folder, _| folder.erase("file"),
        ],
    )?;
    folder.end();
    Ok(())
}

fn watch_by_looking_again() -> Outcome {
    let folder = Folder::new();
    let events = Changes::CREATED | Changes::MODIFIED | Changes::DELETED;
    watch(
        &folder,
        folder.0.clone(),
        WatchOptions::new().poll(ms(1)).events(events),
        &[
            |_, folder, _| folder.create("a"),
            |_, folder, _| folder.append("a"),
            |_, folder, _| {
                folder.chmod("a");
                folder.erase("a");
            },
            |lp, _, watch| lp.cancel(watch).unwrap(),
        ],
    )?;
    folder.end();
    Ok(())
}

fn watch_ends_once_whatever_ends_it() -> Outcome {
    let folder = Folder::new();
    folder.make("sub");
    let lp = Loop::new()?;
    let ended = |what: &'static str, mut ready: Box<dyn FnMut(&Loop)>| {
        move |lp: &Loop, change: Result<Change<'_>, Error>| match &change {
            Ok(_) => ready(lp),
            Err(_) => println!("{what}: {}", name(&change)),
        }
    };
    let nothing = || Box::new(|_: &Loop| ());
    lp.fs().watch(folder.at("missing"), WatchOptions::new(), ended("missing", nothing()))?;
    lp.run()?;
    let sub = folder.at("sub");
    let remove = Box::new(move |_: &Loop| fs::remove_dir(&sub).unwrap());
    lp.fs().watch(folder.at("sub"), WatchOptions::new().recursive(), ended("removed", remove))?;
    lp.run()?;
    let late = lp.with(Op::new().deadline(ms(1)));
    late.fs().watch(&folder.0, WatchOptions::new(), ended("too late", nothing()))?;
    lp.run()?;
    let own = Rc::new(Cell::new(None::<Watch>));
    let me = Rc::clone(&own);
    let clear = Box::new(move |lp: &Loop| lp.clear(me.get().unwrap()).unwrap());
    own.set(Some(lp.fs().watch(&folder.0, WatchOptions::new(), ended("cleared", clear))?));
    lp.run()?;
    let stop = Box::new(|lp: &Loop| lp.stop().unwrap());
    lp.fs().watch(&folder.0, WatchOptions::new(), ended("closed", stop))?;
    lp.run()?;
    lp.free()?;
    folder.end();
    Ok(())
}

/// A name with a question mark for each byte that is not ASCII.
fn plain(name: &Path) -> String {
    let bytes = name.as_os_str().as_bytes();
    bytes.iter().map(|&byte| if byte.is_ascii() { char::from(byte) } else { '?' }).collect()
}

fn watch_tells_only_what_is_asked_for() -> Outcome {
    let folder = Folder::new();
    let lp = Loop::new()?;
    let own = Rc::new(Cell::new(None::<Watch>));
    let (me, at) = (Rc::clone(&own), folder.clone());
    let options = WatchOptions::new().events(Changes::RENAMED | Changes::DELETED);
    let watch = lp.fs().watch(&folder.0, options, move |lp, change| match &change {
        Ok(told) if told.kinds() == Changes::RENAMED => {
            println!("renamed {} -> {}", plain(told.old_path().unwrap()), plain(told.path()));
        }
        Ok(told) if told.kinds() == Changes::DELETED => {
            println!("deleted {}", plain(told.path()));
            lp.unreference(me.get().unwrap()).unwrap();
        }
        _ => {
            say_change(&change);
            if change.is_ok() {
                let (a, b) = (OsStr::from_bytes(b"a\xff"), OsStr::from_bytes(b"b\xff"));
                at.create(a);
                at.append(a);
                at.rename(a, b);
                at.erase(b);
            }
        }
    })?;
    own.set(Some(watch));
    lp.run()?;
    println!("the run is over");
    lp.free()?;
    folder.end();
    Ok(())
}

/// So many renames overflow the system's queue and the library's, while nobody takes what is told.
fn too_many() -> usize {
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    limit.trim().parse::<usize>().unwrap() + 40_000
}

fn watch_says_when_changes_are_lost() -> Outcome {
    let folder = Folder::new();
    folder.make("sub");
    let lp = Loop::new()?;
    let own = Rc::new(Cell::new(None::<Watch>));
    let (me, at, mut losses) = (Rc::clone(&own), folder.clone(), 0);
    let options = WatchOptions::new().recursive();
    let watch = lp.fs().watch(&folder.0, options, move |lp, change| match &change {
        Ok(told) if told.kinds() == Changes::OVERFLOW => {
            if losses == 0 {
                println!("changes were lost; {} folders", told.folders());
            }
            at.create(format!("after{losses}")); // it may fall into the next loss
            losses += 1;
        }
        Ok(told) if told.kinds() != Changes::READY => {
            if losses > 0 && told.kinds() == Changes::CREATED {
                println!("created another");
                lp.cancel(me.get().unwrap()).unwrap();
            }
        }
        _ => {
            say_change(&change);
            if change.is_ok() {
                at.create("a");
                for _ in 0..too_many() / 2 {
                    at.rename("a", "b");
                    at.rename("b", "a");
                }
            }
        }
    })?;
    own.set(Some(watch));
    lp.run()?;
    lp.free()?;
    folder.end();
    Ok(())
}
