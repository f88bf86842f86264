// SPDX-License-Identifier: MIT

//! The programs lie in build/bench/echo_rs, the library two folders above. Tells them which version
//! of tokio they are built with, which tokio itself does not.

use std::fs;

fn main() {
    for file in ["build.rs", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={file}");
    }
    println!("cargo::rustc-link-arg=-Wl,-rpath,$ORIGIN/../..");
    let lock = fs::read_to_string("Cargo.lock").expect("the lock file is part of the project");
    let (_, rest) = lock.split_once("name = \"tokio\"\nversion = \"").expect("tokio is in it");
    let (version, _) = rest.split_once('"').expect("a version ends");
    println!("cargo::rustc-env=TOKIO_VERSION={version}");
}
