// SPDX-License-Identifier: MIT

//! Gives this crate's tests and examples an rpath: cargo does not hand on that of libloop-sys.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Ok(dir) = std::env::var("DEP_LOOP_LIBDIR") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{dir}");
    }
}
