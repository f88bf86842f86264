#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fails, with the difference, when the committed bindings are not what include/loop.h gives.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
"$here/gen_bindings.sh" "$fresh"
if ! diff -u "$here/../libloop-sys/src/bindings.rs" "$fresh"; then
    echo "check_bindings.sh: bindings.rs is stale; run bindings/rust/tools/gen_bindings.sh" >&2
    exit 1
fi
