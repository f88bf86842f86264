// SPDX-License-Identifier: MIT

//! The program lies in build/examples, the library beside that folder.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg=-Wl,-rpath,$ORIGIN/..");
}
