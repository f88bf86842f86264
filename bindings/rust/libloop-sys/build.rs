// SPDX-License-Identifier: MIT

//! Finds libloop: LIBLOOP_LIB_DIR; the library that `make` built, if this crate lies in a checkout;
//! pkg-config; and with the feature `vendored` `go build`.
//!
//! Crates that depend on this one see DEP_LOOP_LIBDIR and DEP_LOOP_INCLUDE in their build scripts.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const FILE: &str = "libloop.so";

fn main() {
    for name in ["LIBLOOP_LIB_DIR", "LIBLOOP_INCLUDE_DIR", "DOCS_RS"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("DOCS_RS").is_some() {
        return;
    }
    let built = checkout().map(|root| root.join("build"));
    if let Some(dir) = env::var_os("LIBLOOP_LIB_DIR").filter(|dir| !dir.is_empty()) {
        use_folder(Path::new(&dir));
    } else if let Some(dir) = built.as_deref().filter(|dir| dir.join(FILE).exists()) {
        use_folder(dir);
    } else if probe_pkg_config() {
        // It has said all.
    } else if env::var_os("CARGO_FEATURE_VENDORED").is_some() {
        use_folder(&build_with_go());
    } else if let Some(dir) = built {
        // `cargo check` and `cargo clippy` link nothing. A file that is missing makes cargo run this
        // script again.
        println!("cargo::warning={} is missing: run make", dir.join(FILE).display());
        println!("cargo::rerun-if-changed={}", dir.join(FILE).display());
        use_folder(&dir);
    } else {
        fail(
            "libloop not found: set LIBLOOP_LIB_DIR, or install it with its loop.pc, or enable the \
             feature `vendored`",
        );
    }
}

fn fail(why: &str) -> ! {
    println!("cargo::error={why}");
    std::process::exit(1);
}

/// Links the library in `dir`.
///
/// Cargo adds a search path to the library path of `cargo run` and `cargo test` (doctests too)
/// only when it lies in the target folder, hence the link in OUT_DIR. Binaries that are started
/// otherwise need an rpath of their own crate: DEP_LOOP_LIBDIR tells it.
fn use_folder(dir: &Path) {
    let dir = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_path_buf());
    let near = out_dir().join("lib");
    let _ = fs::remove_file(&near);
    match std::os::unix::fs::symlink(&dir, &near) {
        Ok(()) => println!("cargo::rustc-link-search=native={}", near.display()),
        Err(error) => println!("cargo::warning=cannot link {}: {error}", near.display()),
    }
    println!("cargo::rustc-link-search=native={}", dir.display());
    println!("cargo::rustc-link-lib=dylib=loop");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", dir.display());
    println!("cargo::metadata=libdir={}", dir.display());
    let include = env::var_os("LIBLOOP_INCLUDE_DIR").map(PathBuf::from);
    if let Some(include) = include.or_else(|| checkout().map(|root| root.join("include"))) {
        println!("cargo::metadata=include={}", include.display());
    }
}

fn probe_pkg_config() -> bool {
    match pkg_config::Config::new().atleast_version(VERSION).probe("loop") {
        Ok(library) => {
            if let Some(dir) = library.link_paths.first() {
                println!("cargo::rustc-link-arg=-Wl,-rpath,{}", dir.display());
                println!("cargo::metadata=libdir={}", dir.display());
            }
            if let Some(dir) = library.include_paths.first() {
                println!("cargo::metadata=include={}", dir.display());
            }
            true
        }
        Err(_) => false,
    }
}

fn out_dir() -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"))
}

/// The checkout this crate lies in: the nearest folder above it with libloop's go.mod.
fn checkout() -> Option<PathBuf> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    manifest
        .ancestors()
        .find(|dir| {
            fs::read_to_string(dir.join("go.mod"))
                .is_ok_and(|text| text.starts_with("module libloop.dev/libloop"))
        })
        .map(Path::to_path_buf)
}

/// Builds the library into OUT_DIR and returns the folder it is in.
fn build_with_go() -> PathBuf {
    let Some(root) = checkout() else {
        fail("feature `vendored`: this crate does not lie in a libloop checkout");
    };
    for part in ["go.mod", "cgo_exports.go", "loop.map", "include", "libloop"] {
        println!("cargo::rerun-if-changed={}", root.join(part).display());
    }
    let dir = out_dir().join("vendored");
    fs::create_dir_all(&dir).expect("OUT_DIR can be written");
    let major = VERSION.split('.').next().unwrap_or("0");
    let soname = format!("libloop.so.{major}");
    let file = dir.join(format!("libloop.so.{VERSION}"));
    let ldflags = format!(
        "-s -w -buildid= -extldflags '-Wl,--version-script={},-soname,{soname},-z,nodelete,-z,noexecstack'",
        root.join("loop.map").display()
    );
    let status = Command::new("go")
        .current_dir(&root)
        .env("CGO_ENABLED", "1")
        .env("CGO_CFLAGS", c_flags(&root))
        .args(["build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false"])
        .args(["-tags", "netgo,osusergo,nethttpomithttp2", "-ldflags", &ldflags, "-o"])
        .arg(&file)
        .arg(".")
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => fail(&format!("feature `vendored`: `go build` ended with {status}")),
        Err(_) => fail("feature `vendored` needs Go 1.26 or later: `go` is not in PATH"),
    }
    for name in [soname.as_str(), FILE] {
        let link = dir.join(name);
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(file.file_name().expect("a file"), &link)
            .expect("OUT_DIR can be written");
    }
    dir
}

/// What C files are compiled with. Go's cache does not look at headers outside of a package: the flags tell it that
/// one has changed.
fn c_flags(root: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    fs::read(root.join("include/loop.h")).expect("the header can be read").hash(&mut hasher);
    let flags = env::var("CGO_CFLAGS").unwrap_or_else(|_| "-O2 -g".into());
    format!("{flags} -DLOOP__HEADER_{:x}", hasher.finish())
}
