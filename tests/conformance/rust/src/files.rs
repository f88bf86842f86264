// SPDX-License-Identifier: MIT

//! Files. Each program works in an empty folder, so that names are short and the same everywhere,
//! and does one operation at a time.

use crate::{Outcome, Programs, name};
use libloop::fs::{
    Access, CopyOptions, DirEntry, File, FileTime, FileType, Fs, MkdirOptions, OpenOptions,
    RemoveOptions, Stat, StatFs, WriteOptions,
};
use libloop::{Bytes, Code, Error, FileOp, HoldGuard, Loop, Op};
use std::cell::{Cell, RefCell};
use std::env;
use std::io::Write;
use std::mem;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub const PROGRAMS: Programs = &[
    ("fs_whole_files_are_written_and_read", whole_files_are_written_and_read),
    ("fs_copy_file_keeps_the_mode", copy_file_keeps_the_mode),
    ("fs_descriptors_read_and_write_at_offsets", descriptors_read_and_write_at_offsets),
    ("fs_sendfile_copies_between_descriptors", sendfile_copies_between_descriptors),
    ("fs_stat_tells_type_size_mode_and_times", stat_tells_type_size_mode_and_times),
    ("fs_names_are_changed_and_followed", names_are_changed_and_followed),
    ("fs_folders_are_made_and_taken_away", folders_are_made_and_taken_away),
    ("fs_readdir_tells_names_and_types", readdir_tells_names_and_types),
    ("fs_errors_have_code_errno_and_text", errors_have_code_errno_and_text),
    ("fs_cancel_and_deadline_end_a_wait", cancel_and_deadline_end_a_wait),
];

/// A loop, and the folder in which the program works.
pub struct Work {
    pub lp: Loop,
    folder: PathBuf,
}

impl Work {
    pub fn begin() -> Result<Work, Error> {
        let lp = Loop::new()?;
        let made = Rc::new(RefCell::new(PathBuf::new()));
        let here = Rc::clone(&made);
        lp.fs().mkdtemp(env::temp_dir().join("loop-conformance-"), move |_, path| {
            *here.borrow_mut() = path.unwrap();
        })?;
        lp.run()?;
        env::set_current_dir(&*made.borrow())?;
        Ok(Work { lp, folder: made.take() })
    }

    /// Does one operation to its end.
    pub fn run(&self, start: impl FnOnce(Fs<'_>) -> Result<FileOp, Error>) -> Outcome {
        start(self.lp.fs())?;
        self.lp.run().map(drop)
    }

    /// The same, and keeps the file that it opens.
    fn open(&self, path: &str, options: OpenOptions) -> Result<File, Error> {
        let file = Rc::new(Cell::new(None));
        let slot = Rc::clone(&file);
        self.run(|fs| fs.open(path, &options, move |_, file| slot.set(Some(file))))?;
        file.take().unwrap_or(Err(Code::Type.into()))
    }

    /// Takes the folder away.
    pub fn end(self) -> Outcome {
        env::set_current_dir("/")?;
        let all = RemoveOptions::new().recursive(true);
        self.run(|fs| fs.remove_with(&self.folder, &all, |_, gone| assert!(gone.is_ok())))?;
        self.lp.free()
    }
}

/// What can be said about a value.
pub trait Value {
    fn text(&self) -> String;
}

impl Value for () {
    fn text(&self) -> String {
        "done".into()
    }
}

impl Value for u64 {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Value for usize {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Value for Bytes {
    fn text(&self) -> String {
        format!("{:?}", String::from_utf8_lossy(self))
    }
}

impl Value for PathBuf {
    fn text(&self) -> String {
        format!("{self:?}")
    }
}

impl Value for Option<PathBuf> {
    fn text(&self) -> String {
        self.as_ref().map_or("done".into(), Value::text)
    }
}

impl Value for File {
    fn text(&self) -> String {
        "open".into()
    }
}

impl Value for Vec<DirEntry> {
    fn text(&self) -> String {
        self.len().to_string()
    }
}

impl Value for Stat {
    fn text(&self) -> String {
        let (kind, mode) = (type_name(self.file_type()), self.mode() & 0o7777);
        format!("{kind}, {} bytes, mode {mode:o}", self.len())
    }
}

fn type_name(file_type: FileType) -> &'static str {
    match file_type {
        FileType::File => "file",
        FileType::Dir => "folder",
        FileType::Symlink => "link",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::CharDevice => "char",
        FileType::BlockDevice => "block",
        _ => "unknown",
    }
}

/// A callback that says the value, or the error: its name, the errno, what and where.
pub fn say_value<T: Value>(what: &'static str) -> impl FnOnce(&Loop, Result<T, Error>) + 'static {
    move |_, result| {
        let text = match &result {
            Ok(value) => value.text(),
            Err(error) => {
                let os_errno = error.os_errno().unwrap_or(0);
                format!("{}, errno {os_errno}, {}", error.code().name(), error.text())
            }
        };
        println!("{what}: {text}");
    }
}

/// A callback that says something of a value that must be there.
fn say_of<T: 'static>(
    what: &'static str,
    text: fn(T) -> String,
) -> impl FnOnce(&Loop, Result<T, Error>) + 'static {
    move |_, result| println!("{what}: {}", text(result.unwrap()))
}

fn read() -> OpenOptions {
    OpenOptions::new().read(true)
}

fn write() -> OpenOptions {
    OpenOptions::new().write(true)
}

fn whole_files_are_written_and_read() -> Outcome {
    let w = Work::begin()?;
    let new = || WriteOptions::new().create_new(true);
    let atomic = || WriteOptions::new().atomic(true);
    w.run(|fs| fs.write_file("file", "hello", say_value("write")))?;
    w.run(|fs| fs.append_file("file", ", world", say_value("append")))?;
    w.run(|fs| fs.read_file("file", say_value("read")))?;
    w.run(|fs| fs.read_file("file", say_value("read again")))?;
    w.run(|fs| fs.write_file("file", "short", say_value("write over")))?;
    w.run(|fs| fs.read_file("file", say_value("read")))?;
    w.run(|fs| fs.write_file_with("file", "x", &new(), say_value("exclusive")))?;
    let safe = new().sync(true).mode(0o600);
    w.run(|fs| fs.append_file_with("new", "added", &safe, say_value("append to a new one")))?;
    w.run(|fs| fs.stat("new", say_value("stat")))?;
    w.run(|fs| fs.write_file_with("new", "atomic", &atomic(), say_value("atomic")))?;
    w.run(|fs| fs.read_file("new", say_value("read")))?;
    w.run(|fs| fs.stat("new", say_value("its mode is kept")))?;
    let both = atomic().create_new(true);
    w.run(|fs| fs.write_file_with("new", "x", &both, say_value("atomic and exclusive")))?;
    w.run(|fs| fs.write_file("lent", vec![b'l', b'e', b'n', b't'], say_value("borrowed")))?;
    w.run(|fs| fs.read_file("lent", say_value("read")))?;
    w.run(|fs| fs.write_file("empty", "", say_value("nothing")))?;
    w.run(|fs| fs.read_file("empty", say_value("read")))?;
    w.run(|fs| fs.truncate("file", 2, say_value("truncate")))?;
    w.run(|fs| fs.read_file("file", say_value("read")))?;
    w.end()
}

fn copy_file_keeps_the_mode() -> Outcome {
    let w = Work::begin()?;
    let copy = CopyOptions::new;
    w.run(|fs| fs.write_file("from", "content", say_value("write")))?;
    w.run(|fs| fs.chmod("from", 0o750, say_value("chmod")))?;
    w.run(|fs| fs.copy_file("from", "to", say_value("copy")))?;
    w.run(|fs| fs.stat("to", say_value("stat")))?;
    w.run(|fs| fs.read_file("to", say_value("read")))?;
    w.run(|fs| fs.write_file("from", "new", say_value("write")))?;
    let new = copy().create_new(true);
    w.run(|fs| fs.copy_file_with("from", "to", &new, say_value("exclusive")))?;
    let shared = copy().reflink(true);
    w.run(|fs| fs.copy_file_with("from", "to", &shared, say_value("copy, shared if possible")))?;
    w.run(|fs| fs.read_file("to", say_value("read")))?;
    let only = copy().reflink_only(true);
    w.run(|fs| {
        fs.copy_file_with("from", "shared", &only, |_, copied| {
            let fine = copied.as_ref().is_ok() || name(&copied) == "LOOP_ENOTSUP";
            let text = if fine { "shared or not supported" } else { name(&copied) };
            println!("only shared: {text}");
        })
    })?;
    w.run(|fs| fs.copy_file("from", "from", say_value("onto itself")))?;
    w.run(|fs| fs.read_file("from", say_value("read")))?;
    w.end()
}

fn descriptors_read_and_write_at_offsets() -> Outcome {
    const FAR: Option<u64> = Some(5_000_000_000);
    let w = Work::begin()?;
    let file = w.open("file", read().write(true).create_new(true).mode(0o600))?;
    w.run(|fs| fs.write(&file, "0123456789", None, say_value("write")))?;
    w.run(|fs| fs.write(&file, "xyz", Some(2), say_value("write at 2")))?;
    w.run(|fs| fs.read(&file, 100, Some(0), say_value("read at 0")))?;
    w.run(|fs| fs.read(&file, 3, Some(8), say_value("read at 8")))?;
    w.run(|fs| fs.read(&file, 3, None, say_value("read at the end")))?;
    w.run(|fs| {
        fs.read_into(&file, vec![0; 4], Some(1), |_, result| {
            let (memory, count) = result.unwrap();
            println!("read into memory: {count}");
            println!("memory: {}", String::from_utf8_lossy(&memory));
        })
    })?;
    w.run(|fs| fs.writev(&file, ["AB", "CDE"], Some(5), say_value("writev")))?;
    w.run(|fs| fs.read_file("file", say_value("read")))?;
    w.run(|fs| {
        fs.readv(&file, vec![vec![0; 2], vec![0; 3]], Some(0), |_, result| {
            let (pieces, count) = result.unwrap();
            println!("readv: {count}");
            let [a, b] = [0, 1].map(|piece| String::from_utf8_lossy(&pieces[piece]));
            println!("pieces: {a} {b}");
        })
    })?;
    w.run(|fs| fs.ftruncate(&file, 4, say_value("ftruncate")))?;
    w.run(|fs| fs.fsync(&file, say_value("fsync")))?;
    w.run(|fs| fs.fdatasync(&file, say_value("fdatasync")))?;
    w.run(|fs| fs.write(&file, "far", FAR, say_value("write far away")))?;
    w.run(|fs| fs.read(&file, 3, FAR, say_value("read far away")))?;
    w.run(|fs| fs.stat("file", say_value("stat")))?;
    w.run(|fs| fs.close(file, say_value("close")))?;
    w.run(|fs| fs.read_file("file", say_value("read all")))?;
    drop(w.open("file", write().truncate(true))?); // append and truncate do not go together
    let file = w.open("file", write().append(true))?;
    w.run(|fs| fs.write(&file, "one", None, say_value("append")))?;
    w.run(|fs| fs.write(&file, "two", Some(0), say_value("append, whatever the offset")))?;
    w.run(|fs| fs.close(file, say_value("close")))?;
    w.run(|fs| fs.read_file("file", say_value("read")))?;
    w.end()
}

fn sendfile_copies_between_descriptors() -> Outcome {
    let w = Work::begin()?;
    w.run(|fs| fs.write_file("from", "0123456789", say_value("write")))?;
    let from = w.open("from", read())?;
    let to = w.open("to", read().write(true).create(true))?;
    let send = |to_at, from_at, len, what| {
        w.run(|fs| fs.sendfile(&to, to_at, &from, from_at, len, say_value(what)))
    };
    let say = || w.run(|fs| fs.read_file("to", say_value("read")));
    send(Some(0), Some(2), 5, "at offsets")?;
    say()?;
    send(Some(5), Some(7), 100, "to the end")?;
    say()?;
    send(None, None, 3, "at the positions")?;
    send(None, None, 3, "and on")?;
    say()?;
    send(Some(0), Some(10), 5, "from the end")?;
    w.run(|fs| fs.close(from, say_value("close")))?;
    w.run(|fs| fs.close(to, say_value("close")))?;
    w.end()
}

/// The time so many nanoseconds after 1970.
fn at(nanos: i64) -> SystemTime {
    let distance = Duration::from_nanos(nanos.unsigned_abs());
    if nanos < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
}

fn times(stat: Stat) -> String {
    let nanos = |time: SystemTime| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i64,
        Err(before) => -(before.duration().as_nanos() as i64),
    };
    format!("read {}, changed {}", nanos(stat.accessed()), nanos(stat.modified()))
}

fn user() -> (u32, u32) {
    // SAFETY: they only ask.
    unsafe { (libc::geteuid(), libc::getegid()) }
}

fn owner(stat: Stat) -> String {
    let ours = (stat.uid(), stat.gid()) == user();
    if ours { "ours" } else { "somebody else's" }.into()
}

fn file_system(statfs: StatFs) -> String {
    let plausible = statfs.name_max() >= 14
        && statfs.block_size() > 0
        && statfs.blocks() >= statfs.blocks_free();
    if plausible { "plausible" } else { "not plausible" }.into()
}

fn stat_tells_type_size_mode_and_times() -> Outcome {
    let w = Work::begin()?;
    let (uid, gid) = user();
    w.run(|fs| fs.write_file("file", "12345", say_value("write")))?;
    w.run(|fs| fs.symlink("file", "link", say_value("symlink")))?;
    let file = w.open("file", read().write(true))?;
    w.run(|fs| fs.stat("link", say_value("stat")))?;
    w.run(|fs| fs.lstat("file", say_value("lstat")))?;
    w.run(|fs| fs.fstat(&file, say_value("fstat")))?;
    w.run(|fs| fs.stat(".", say_of("the folder", owner)))?;
    w.run(|fs| fs.chmod("file", 0o640, say_value("chmod")))?;
    w.run(|fs| fs.stat("file", say_value("stat")))?;
    w.run(|fs| fs.fchmod(&file, 0o4755, say_value("fchmod")))?;
    w.run(|fs| fs.stat("file", say_value("stat")))?;
    w.run(|fs| fs.utimes("link", at(1_000_000_001), at(-1), say_value("utimes")))?;
    w.run(|fs| fs.stat("file", say_of("times", times)))?;
    let modified = at(1_700_000_000_123_456_789);
    w.run(|fs| fs.futimes(&file, FileTime::Omit, modified, say_value("futimes")))?;
    w.run(|fs| fs.stat("file", say_of("times", times)))?;
    w.run(|fs| fs.lutimes("link", at(5), at(6), say_value("lutimes")))?;
    w.run(|fs| fs.lstat("link", say_of("times of the link", times)))?;
    w.run(|fs| fs.stat("file", say_of("times of the file", times)))?;
    w.run(|fs| fs.chown("file", Some(uid), Some(gid), say_value("chown")))?;
    w.run(|fs| fs.lchown("link", None, None, say_value("lchown")))?;
    w.run(|fs| fs.fchown(&file, Some(uid), None, say_value("fchown")))?;
    w.run(|fs| fs.stat("file", say_of("owner", owner)))?;
    w.run(|fs| fs.access("file", Access::READ | Access::WRITE, say_value("access")))?;
    w.run(|fs| fs.statfs("file", say_of("statfs", file_system)))?;
    w.run(|fs| fs.close(file, say_value("close")))?;
    w.end()
}

fn names_are_changed_and_followed() -> Outcome {
    /// Without the folder that the program works in.
    fn say_below(what: &'static str) -> impl FnOnce(&Loop, Result<PathBuf, Error>) + 'static {
        move |lp, path| match path {
            Ok(path) => {
                let here = env::current_dir().unwrap();
                let below = path.strip_prefix(here);
                println!(
                    "{what}: {}",
                    below.map_or("elsewhere".into(), |it| format!("/{}", it.display()))
                );
            }
            error => say_value(what)(lp, error),
        }
    }
    let w = Work::begin()?;
    w.run(|fs| fs.write_file("one", "first", say_value("write")))?;
    w.run(|fs| fs.write_file("two", "second", say_value("write")))?;
    w.run(|fs| fs.rename("one", "two", say_value("rename")))?;
    w.run(|fs| fs.read_file("two", say_value("read")))?;
    w.run(|fs| fs.read_file("one", say_value("read the old name")))?;
    w.run(|fs| fs.link("two", "three", say_value("link")))?;
    w.run(|fs| fs.stat("two", say_of("stat", |it: Stat| format!("{} names", it.nlink()))))?;
    let all = MkdirOptions::new().recursive(true);
    w.run(|fs| fs.mkdir_with("folder/inner", &all, say_value("mkdir")))?;
    w.run(|fs| fs.symlink("../two", "folder/link", say_value("symlink")))?;
    w.run(|fs| fs.readlink("folder/link", say_value("readlink")))?;
    w.run(|fs| fs.realpath("folder/inner/.././link", say_below("realpath")))?;
    w.run(|fs| fs.realpath("folder//inner/", say_below("realpath of a folder")))?;
    w.run(|fs| fs.unlink("two", say_value("unlink")))?;
    w.run(|fs| fs.realpath("folder/link", say_below("realpath of what leads nowhere")))?;
    w.run(|fs| fs.read_file("three", say_value("read the other name")))?;
    w.end()
}

fn folders_are_made_and_taken_away() -> Outcome {
    fn say_made(what: &str, path: &Path) {
        let path_text = path.to_str().unwrap();
        let mode = path.metadata().unwrap().permissions().mode() & 0o7777;
        let more = path_text.len() - 5;
        println!("{what}: {} and {more} more, mode {mode:o}", &path_text[..5]);
    }
    let w = Work::begin()?;
    let all = MkdirOptions::new().recursive(true);
    let private = MkdirOptions::new().mode(0o700);
    w.run(|fs| fs.mkdir_with("a", &private, say_value("mkdir")))?;
    w.run(|fs| fs.stat("a", say_of("stat", |it: Stat| format!("mode {:o}", it.mode() & 0o7777))))?;
    w.run(|fs| fs.mkdir("a/b/c", say_value("mkdir below nothing")))?;
    w.run(|fs| fs.mkdir_with("a/b/c", &all, say_value("mkdir recursive")))?;
    w.run(|fs| fs.mkdir_with("a/b/c", &all, say_value("mkdir recursive again")))?;
    w.run(|fs| fs.mkdtemp("temp-", |_, path| say_made("mkdtemp", &path.unwrap())))?;
    w.run(|fs| {
        fs.mkstemp("temp-", |lp, made| {
            let (file, path) = made.unwrap();
            let mut file = std::fs::File::from(file.as_fd().try_clone_to_owned().unwrap());
            println!("written: {}", file.write(b"x").unwrap());
            say_made("mkstemp", &path);
            lp.fs().unlink(path, say_value("unlink")).unwrap();
        })
    })?;
    w.run(|fs| fs.rmdir("a", say_value("rmdir of a full one")))?;
    w.run(|fs| fs.rmdir("a/b/c", say_value("rmdir")))?;
    w.run(|fs| fs.mkdir("outside", say_value("mkdir")))?;
    w.run(|fs| fs.write_file("outside/file", "kept", say_value("write")))?;
    w.run(|fs| fs.write_file("a/b/file", "x", say_value("write")))?;
    w.run(|fs| fs.symlink("../outside", "a/link", say_value("symlink")))?;
    let tree = RemoveOptions::new().recursive(true);
    w.run(|fs| fs.remove("a", say_value("remove of a full one")))?;
    w.run(|fs| fs.remove_with("a", &tree, say_value("remove recursive")))?;
    w.run(|fs| fs.remove_with("a", &tree, say_value("remove again")))?;
    w.run(|fs| fs.remove_with("a", &tree.clone().force(true), say_value("with force")))?;
    w.run(|fs| fs.read_file("outside/file", say_value("what the link led to")))?;
    w.run(|fs| fs.remove("outside/file", say_value("remove of a file")))?;
    w.end()
}

fn readdir_tells_names_and_types() -> Outcome {
    let w = Work::begin()?;
    let (count, events) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let list = |path: &str| {
        let (count, events) = (Rc::clone(&count), Rc::clone(&events));
        w.run(|fs| {
            fs.readdir_stream(path, move |_, entries| {
                count.set(count.get() + entries.unwrap().count());
                events.set(events.get() + 1);
            })
        })
    };
    list(".")?;
    println!("empty: {} entries, {} event", count.get(), events.get());
    w.run(|fs| fs.write_file("file", "x", say_value("write")))?;
    w.run(|fs| fs.mkdir("folder", say_value("mkdir")))?;
    w.run(|fs| fs.symlink("nowhere", "link", say_value("symlink")))?;
    w.run(|fs| fs.write_file("caf\u{e9}", "x", say_value("write")))?;
    w.run(|fs| {
        fs.readdir(".", |_, entries| {
            let mut entries = entries.unwrap();
            entries.sort_by(|a, b| a.file_name().cmp(b.file_name()));
            for entry in entries {
                println!("{}: {}", entry.file_name().display(), type_name(entry.file_type()));
            }
        })
    })?;
    for number in 0..2000 {
        let path = format!("folder/an entry with a long name {number:06}");
        w.lp.fs().write_file(path, "", |_, written| assert!(written.is_ok()))?;
    }
    w.lp.run()?;
    count.set(0);
    events.set(0);
    list("folder")?;
    let several = if events.get() > 1 { "several events" } else { "one event" };
    println!("many: {} entries, {several}", count.get());
    w.end()
}

fn errors_have_code_errno_and_text() -> Outcome {
    let w = Work::begin()?;
    w.run(|fs| fs.mkdir("folder", say_value("mkdir")))?;
    w.run(|fs| fs.write_file("file", "12345", say_value("write")))?;
    w.run(|fs| fs.symlink("circle", "circle", say_value("symlink")))?;
    w.run(|fs| fs.read_file("missing", say_value("missing")))?;
    w.run(|fs| fs.read_file("folder", say_value("a folder")))?;
    w.run(|fs| fs.read_file("file/x", say_value("below a file")))?;
    w.run(|fs| fs.read_file("circle", say_value("a circle")))?;
    w.run(|fs| fs.read_file_up_to("file", 4, say_value("over the limit")))?;
    w.run(|fs| fs.stat("missing", say_value("stat")))?;
    let atomic = WriteOptions::new().atomic(true);
    w.run(|fs| fs.write_file_with("no/file", "x", &atomic, say_value("atomic")))?;
    w.run(|fs| fs.mkdir("file", say_value("mkdir over a file")))?;
    w.run(|fs| fs.rmdir("file", say_value("rmdir of a file")))?;
    w.run(|fs| fs.unlink("folder", say_value("unlink of a folder")))?;
    w.run(|fs| fs.readdir("file", say_value("readdir of a file")))?;
    w.run(|fs| fs.readlink("file", say_value("readlink of a file")))?;
    w.run(|fs| fs.rename("missing", "other", say_value("rename")))?;
    w.run(|fs| fs.copy_file("folder", "other", say_value("copy of a folder")))?;
    w.run(|fs| fs.link("file", "folder", say_value("link")))?;
    w.run(|fs| fs.access("missing", Access::EXISTS, say_value("access")))?;
    w.run(|fs| fs.open("circle", &read().no_follow(true), say_value("open")))?;
    // SAFETY: no file has this number, and this one is never dropped. It takes `unsafe` to get a
    // descriptor that is not open.
    let never = || File::from(unsafe { OwnedFd::from_raw_fd(9999) });
    let (stat, data, close) = (never(), never(), never());
    w.run(|fs| fs.fstat(&stat, say_value("fstat")))?;
    w.run(|fs| fs.read(&data, 1, Some(0), say_value("read")))?;
    w.run(|fs| fs.close(close, say_value("close")))?;
    mem::forget((stat, data));
    w.end()
}

fn cancel_and_deadline_end_a_wait() -> Outcome {
    fn say_end<T>(what: &'static str) -> impl FnOnce(&Loop, Result<T, Error>) + 'static {
        move |_, result| {
            let status = name(&result);
            println!(
                "{what}: {status}, {}",
                result.err().map_or(String::new(), |it| it.text().into())
            );
        }
    }
    let over = |what, hold: HoldGuard| {
        Op::new().on_final(move |_, _| {
            println!("{what}: over");
            drop(hold);
        })
    };
    let ms = Duration::from_millis;
    let w = Work::begin()?;
    // SAFETY: the path ends with a NUL.
    assert_eq!(unsafe { libc::mkfifo(c"fifo".as_ptr(), 0o600) }, 0);
    let cancelled = over("cancelled", w.lp.hold()?);
    let id = w.lp.with(cancelled).fs().read_file("fifo", say_end("cancelled"))?;
    w.lp.set_timeout(ms(20), move |lp| lp.cancel(id).unwrap())?;
    w.lp.run()?;
    let late = over("too late", w.lp.hold()?).deadline(ms(20));
    w.lp.with(late).fs().open("fifo", &write(), say_end("too late"))?;
    w.lp.run()?;
    w.run(|fs| fs.write_file("file", "goes on", say_value("write")))?;
    w.end()
}
