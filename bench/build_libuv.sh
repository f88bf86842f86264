#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds a newer libuv than Debian's below build/libuv, from the source that the crate libuv-sys2
# carries. Then:
#
#     LIBUV_PREFIX=build/libuv make bench
set -euo pipefail

version=1.53.1
root=$(cd "$(dirname "$0")/.." && pwd)
work=$root/build/libuv-source
mkdir -p "$work/src"
: >"$work/src/lib.rs"
cat >"$work/Cargo.toml" <<TOML
[package]
name = "libuv-source"
version = "0.0.0"
edition = "2021"
[workspace]
[dependencies]
libuv-sys2 = "=$version"
TOML

manifest=$(cd "$work" && cargo metadata --quiet --format-version 1 |
    python3 -c 'import json, sys
for package in json.load(sys.stdin)["packages"]:
    if package["name"] == "libuv-sys2":
        print(package["manifest_path"])')
cmake -S "$(dirname "$manifest")/libuv" -B "$work/build" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$root/build/libuv" -DCMAKE_INSTALL_LIBDIR=lib \
    -DBUILD_TESTING=OFF -DLIBUV_BUILD_SHARED=ON >"$work/build.log"
cmake --build "$work/build" >>"$work/build.log"
cmake --install "$work/build" >>"$work/build.log"
echo "libuv is in build/libuv"
