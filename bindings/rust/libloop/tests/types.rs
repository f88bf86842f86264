// SPDX-License-Identifier: MIT

//! Which types may cross threads, and the codes of errors.

use std::collections::BTreeMap;
use std::io;

use libloop::fs::{DirEntry, File, Stat};
use libloop::{Bytes, Code, Error, HoldGuard, Id, Loop, Remote, Response, Timer, Value};

/// Compiles only if the type does not have the trait: with it, the name `TEST` is ambiguous.
macro_rules! assert_not {
    ($type:ty: $trait:path) => {
        const _: fn() = || {
            trait AmbiguousIf<A> {
                fn test() {}
            }
            impl<T: ?Sized> AmbiguousIf<()> for T {}
            struct Has;
            impl<T: ?Sized + $trait> AmbiguousIf<Has> for T {}
            <$type as AmbiguousIf<_>>::test()
        };
    };
}

assert_not!(Loop: Send);
assert_not!(Loop: Sync);
assert_not!(Loop: Clone);
assert_not!(HoldGuard: Clone);

#[test]
fn what_may_cross_threads_is_send_and_sync() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Remote>();
    crosses::<HoldGuard>();
    crosses::<Error>();
    crosses::<Value>();
    crosses::<Bytes>();
    crosses::<Response>();
    crosses::<Timer>();
    crosses::<Id>();
    crosses::<File>();
    crosses::<Stat>();
    crosses::<DirEntry>();
}

/// The error codes of the header, by name.
fn header_codes() -> BTreeMap<String, i32> {
    let header = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../include/loop.h");
    let text = std::fs::read_to_string(header).unwrap();
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let name = words.nth(1).filter(|name| name.starts_with("LOOP_E"))?;
            let number = words.next()?.strip_prefix('(')?.strip_suffix(')')?;
            Some((name.to_string(), number.parse().ok()?))
        })
        .collect()
}

#[test]
fn every_code_of_the_header_is_a_variant() {
    let header = header_codes();
    assert!(header.len() > 45, "the header was read: {header:?}");
    let ours: BTreeMap<_, _> =
        Code::ALL.iter().map(|code| (code.name().to_string(), code.raw())).collect();
    assert_eq!(ours, header);
    for code in Code::ALL {
        assert_eq!(Code::from_raw(i64::from(code.raw())), *code);
        assert!(!code.message().is_empty() && code.message() != "unknown error", "{code:?}");
    }
}

#[test]
fn a_number_without_a_name_is_a_system_error() {
    for raw in [0, 1, -999, i64::MIN, i64::MAX] {
        assert_eq!(Code::from_raw(raw), Code::System);
    }
}

#[test]
fn an_errno_survives_both_conversions() {
    for os_errno in [libc::ENOENT, libc::ECONNREFUSED, libc::EXFULL] {
        let error = Error::from(io::Error::from_raw_os_error(os_errno));
        assert_eq!(error.os_errno(), Some(os_errno));
        assert_eq!(io::Error::from(error).raw_os_error(), Some(os_errno));
    }
    assert_eq!(Code::from_errno(libc::ENOENT), Code::NotFound);
    assert_eq!(Code::from_errno(libc::EXFULL), Code::System);
}

#[test]
fn an_error_survives_being_an_io_error() {
    let error = Error::new(Code::Dns, "lookup nowhere.invalid");
    let io = io::Error::from(error.clone());
    assert_eq!(io.kind(), io::ErrorKind::NotFound);
    assert_eq!(Error::from(io), error);
    let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new(error.clone());
    assert_eq!(Error::from(boxed), error);
    let boxed: Box<dyn std::error::Error + Send + Sync> = "some text".into();
    assert_eq!(Error::from(boxed), Error::new(Code::Job, "some text"));
}

#[test]
fn errors_say_what_happened_to_what() {
    let error = Error::new(Code::TimedOut, "read a.txt");
    assert_eq!(error.to_string(), format!("read a.txt: {}", Code::TimedOut.message()));
    assert_eq!(Error::from(Code::Closed).to_string(), Code::Closed.message());
    let system = Error::from(io::Error::from_raw_os_error(libc::EXFULL)).to_string();
    assert!(system.contains(&format!("os error {}", libc::EXFULL)), "{system}");
}

#[test]
fn the_library_has_our_version() {
    assert_eq!(libloop::version(), env!("CARGO_PKG_VERSION"));
}
