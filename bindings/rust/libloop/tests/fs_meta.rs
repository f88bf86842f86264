// SPDX-License-Identifier: MIT

//! What is known of files, and what is said of them.

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{Folder, wait};
use libloop::fs::{Access, Attributes, File, FileTime, FileType};
use libloop::{Code, Loop};

fn open(path: &Path) -> File {
    fs::File::options().read(true).write(true).open(path).unwrap().into()
}

#[test]
fn stat_says_what_the_standard_library_says() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.file("file", "12345");
    fs::hard_link(&path, folder.at("again")).unwrap();
    let file = open(&path);
    let ours = [
        wait(&lp, |fs, done| fs.stat(&path, done)).unwrap(),
        wait(&lp, |fs, done| fs.stat(&path, done)).unwrap(), // cached by now
        wait(&lp, |fs, done| fs.lstat(&path, done)).unwrap(),
        wait(&lp, |fs, done| fs.fstat(&file, done)).unwrap(),
    ];
    let meta = fs::metadata(&path).unwrap();
    for stat in ours {
        assert!(stat.is_file() && !stat.is_dir() && !stat.is_symlink());
        assert_eq!(stat.len(), 5);
        assert_eq!(stat.nlink(), 2);
        assert_eq!((stat.ino(), stat.dev(), stat.rdev()), (meta.ino(), meta.dev(), meta.rdev()));
        assert_eq!((stat.mode(), stat.uid(), stat.gid()), (meta.mode(), meta.uid(), meta.gid()));
        assert_eq!((stat.blocks(), stat.block_size()), (meta.blocks(), meta.blksize()));
        assert_eq!(stat.modified(), meta.modified().unwrap());
        assert_eq!(stat.accessed(), meta.accessed().unwrap());
        let changed = Duration::new(meta.ctime() as u64, meta.ctime_nsec() as u32);
        assert_eq!(stat.changed(), UNIX_EPOCH + changed);
        assert_eq!(stat.created(), meta.created().ok());
        assert_ne!(stat.mount_id(), Some(0));
        if let Some(attributes) = stat.attributes() {
            assert!(!attributes.contains(Attributes::IMMUTABLE), "{attributes:?}");
        }
    }
}

#[test]
fn every_type_of_file_has_its_name() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    symlink("file", folder.at("link")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.at("socket")).unwrap();
    let cases: [(PathBuf, FileType); 6] = [
        (folder.file("file", ""), FileType::File),
        (folder.path().into(), FileType::Dir),
        (folder.at("link"), FileType::Symlink),
        (folder.fifo("fifo"), FileType::Fifo),
        (folder.at("socket"), FileType::Socket),
        ("/dev/null".into(), FileType::CharDevice),
    ];
    for (path, want) in cases {
        assert_eq!(wait(&lp, |fs, done| fs.lstat(&path, done)).unwrap().file_type(), want);
    }
    let followed = wait(&lp, |fs, done| fs.stat(folder.at("link"), done)).unwrap();
    assert!(followed.is_file());
}

#[test]
fn statfs_says_what_the_system_says() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let ours = wait(&lp, |fs, done| fs.statfs(folder.path(), done)).unwrap();
    let path = std::ffi::CString::new(folder.path().to_str().unwrap()).unwrap();
    // SAFETY: the record consists of integers.
    let mut system: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: a path that ends with a NUL, and room for the answer.
    assert_eq!(unsafe { libc::statfs(path.as_ptr(), &raw mut system) }, 0);
    assert_eq!(ours.kind(), system.f_type as u64);
    assert_eq!(ours.block_size(), system.f_bsize as u64);
    assert_eq!(ours.blocks(), system.f_blocks);
    assert!(ours.blocks_available() <= ours.blocks_free() && ours.blocks_free() <= ours.blocks());
    assert!(ours.files_free() <= ours.files());
    assert_eq!(ours.name_max(), system.f_namelen as u64);
}

#[test]
fn access_answers_with_ok_or_with_why_not() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.file("file", "");
    let ask = |path: &Path, access| wait(&lp, |fs, done| fs.access(path, access, done));
    ask(&path, Access::EXISTS).unwrap();
    ask(&path, Access::READ | Access::WRITE).unwrap();
    // Nobody may execute it, not even root.
    assert_eq!(ask(&path, Access::EXECUTE).unwrap_err().code(), Code::AccessDenied);
    ask(folder.path(), Access::EXECUTE).unwrap();
    assert_eq!(ask(&folder.at("no"), Access::EXISTS).unwrap_err().code(), Code::NotFound);
}

#[test]
fn names_are_changed_added_and_read() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let (a, b) = (folder.file("a", "text"), folder.at("b"));
    wait(&lp, |fs, done| fs.rename(&a, &b, done)).unwrap();
    wait(&lp, |fs, done| fs.link(&b, &a, done)).unwrap();
    assert_eq!(fs::metadata(&a).unwrap().ino(), fs::metadata(&b).unwrap().ino());
    let link = folder.at("link");
    wait(&lp, |fs, done| fs.symlink("../x/./b", &link, done)).unwrap();
    let target = wait(&lp, |fs, done| fs.readlink(&link, done)).unwrap();
    assert_eq!(target, Path::new("../x/./b"));
    assert_eq!(wait(&lp, |fs, done| fs.readlink(&a, done)).unwrap_err().code(), Code::Invalid);
    fs::create_dir(folder.at("x")).unwrap();
    symlink("../b", folder.at("x/to b")).unwrap();
    let real = wait(&lp, |fs, done| fs.realpath(folder.at("x/.././x/to b"), done)).unwrap();
    assert_eq!(real, b);
    let relative = wait(&lp, |fs, done| fs.realpath(".", done)).unwrap();
    assert_eq!(relative, Path::new(".").canonicalize().unwrap());
}

#[test]
fn permissions_are_set_by_path_and_descriptor() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.file("file", "");
    let file = open(&path);
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
    wait(&lp, |fs, done| fs.chmod(&path, 0o4751, done)).unwrap();
    assert_eq!(mode(), 0o4751);
    wait(&lp, |fs, done| fs.fchmod(&file, 0, done)).unwrap();
    assert_eq!(mode(), 0);
}

#[test]
fn owners_are_set_by_path_link_and_descriptor() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let (path, link) = (folder.file("file", ""), folder.at("link"));
    symlink("file", &link).unwrap();
    let file = open(&path);
    let owner = |path: &Path| {
        let meta = fs::symlink_metadata(path).unwrap();
        (meta.uid(), meta.gid())
    };
    let (uid, gid) = owner(&path);
    // Nothing is to be changed: everybody may do that.
    wait(&lp, |fs, done| fs.chown(&path, None, None, done)).unwrap();
    wait(&lp, |fs, done| fs.chown(&path, Some(uid), Some(gid), done)).unwrap();
    wait(&lp, |fs, done| fs.fchown(&file, None, Some(gid), done)).unwrap();
    wait(&lp, |fs, done| fs.lchown(&link, Some(uid), None, done)).unwrap();
    assert_eq!((owner(&path), owner(&link)), ((uid, gid), (uid, gid)));
    let change = wait(&lp, |fs, done| fs.chown(&link, Some(uid + 1), None, done));
    if uid != 0 {
        assert_eq!(change.unwrap_err().code(), Code::NotPermitted);
        return;
    }
    change.unwrap();
    wait(&lp, |fs, done| fs.fchown(&file, None, Some(gid + 1), done)).unwrap();
    wait(&lp, |fs, done| fs.lchown(&link, Some(uid + 2), Some(gid + 2), done)).unwrap();
    assert_eq!(owner(&path), (uid + 1, gid + 1));
    assert_eq!(owner(&link), (uid + 2, gid + 2));
}

#[test]
fn times_are_set_to_the_nanosecond() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let (path, link) = (folder.file("file", ""), folder.at("link"));
    symlink("file", &link).unwrap();
    let file = open(&path);
    let at = |nanos| UNIX_EPOCH + Duration::from_nanos(nanos);
    let times = |path: &Path| {
        let stat = wait(&lp, |fs, done| fs.lstat(path, done)).unwrap();
        (stat.accessed(), stat.modified())
    };
    let (first, second) = (at(1_600_000_000_123_456_789), at(1_234_567_890_987_654_321));
    wait(&lp, |fs, done| fs.utimes(&link, first, second, done)).unwrap();
    assert_eq!(times(&path), (first, second));
    wait(&lp, |fs, done| fs.futimes(&file, FileTime::Omit, first, done)).unwrap();
    assert_eq!(times(&path), (first, first));
    // Before 1970.
    let before = UNIX_EPOCH - Duration::from_nanos(1_500_000_001);
    wait(&lp, |fs, done| fs.lutimes(&link, second, before, done)).unwrap();
    assert_eq!(times(&link), (second, before));
    assert_eq!(times(&path), (first, first), "the link itself");
    // The clock of files lags behind by a tick at most.
    let now = SystemTime::now() - Duration::from_secs(1);
    wait(&lp, |fs, done| fs.utimes(&path, FileTime::Now, FileTime::Omit, done)).unwrap();
    let (accessed, modified) = times(&path);
    assert!(accessed >= now && modified == first);
}

#[test]
fn times_far_away_are_cut_to_the_nearest() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.file("file", "");
    let age = Duration::from_secs(1_000_000_000_000);
    let (past, future) = (UNIX_EPOCH.checked_sub(age), UNIX_EPOCH.checked_add(age));
    let (Some(past), Some(future)) = (past, future) else { return };
    // What the file system makes of the years 1677 and 2262 is its own business.
    wait(&lp, |fs, done| fs.utimes(&path, past, future, done)).unwrap();
    let stat = wait(&lp, |fs, done| fs.stat(&path, done)).unwrap();
    let now = SystemTime::now();
    assert!(stat.accessed() < now && stat.modified() > now, "{stat:?}");
}

#[test]
fn files_are_cut_and_filled_by_path_and_descriptor() {
    let (lp, folder) = (Loop::new().unwrap(), Folder::new());
    let path = folder.file("file", "12345");
    let file = open(&path);
    wait(&lp, |fs, done| fs.truncate(&path, 2, done)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"12");
    wait(&lp, |fs, done| fs.ftruncate(&file, 4, done)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"12\0\0");
    wait(&lp, |fs, done| fs.ftruncate(&file, 5 << 30, done)).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), 5 << 30);
    let most = wait(&lp, |fs, done| fs.truncate(&path, i64::MAX as u64, done));
    assert!(matches!(most.map_err(|it| it.code()), Ok(()) | Err(Code::FileTooLarge)));
}
