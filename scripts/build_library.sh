#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds one variant of the library: scripts/build_library.sh VARIANT FOLDER VERSION
#
# FOLDER ends up with libloop.so -> libloop.so.0 -> libloop.so.VERSION. The link happens in a folder
# of its own and the result is renamed into place, so a program that has the old file loaded, and a
# second build at the same time, see a whole library at every moment.
set -euo pipefail

if [ $# -ne 3 ]; then
    echo "usage: $0 plain|asan|faults|mutant-NAME FOLDER VERSION" >&2
    exit 2
fi
variant=$1 folder=$2 version=$3
root=$(cd "$(dirname "$0")/.." && pwd)

tags=netgo,osusergo,nethttpomithttp2
cflags=${CGO_CFLAGS:--O2 -g}
ldflags=${CGO_LDFLAGS:-}
go_flags=()
strip="-s -w"
case $variant in
plain) ;;
asan)
    # -asan instruments Go's own loads and stores as well as the C files. The host executable must
    # be linked with -fsanitize=address, because that runtime has to come first in the process.
    go_flags+=(-asan)
    cflags="-O1 -g -fno-omit-frame-pointer -fsanitize=undefined -fno-sanitize-recover=undefined"
    ldflags="-fsanitize=undefined"
    strip=""
    ;;
faults)
    tags=$tags,faults
    cflags="$cflags -DLOOP_FAULTS"
    ;;
mutant-*)
    name=${variant//-/_}
    tags=$tags,$name
    cflags="$cflags -DLOOP_${name^^}"
    ;;
*)
    echo "$0: unknown variant $variant" >&2
    exit 2
    ;;
esac

# Go's cache does not look at headers outside of a package: the flags tell it that one has changed.
header=$(sha256sum "$root/include/loop.h")
cflags="$cflags -DLOOP__HEADER_${header:0:16}"

mkdir -p "$root/$folder"
work=$(mktemp -d "$root/$folder/.link.XXXXXX")
trap 'rm -rf "$work"' EXIT

cd "$root"
CGO_ENABLED=1 GOFLAGS=-mod=readonly GOTOOLCHAIN=local CGO_CFLAGS=$cflags CGO_LDFLAGS=$ldflags \
    go build -buildmode=c-shared -trimpath -buildvcs=false -tags "$tags" \
    "${go_flags[@]+"${go_flags[@]}"}" \
    -ldflags "$strip -buildid= -extldflags '-Wl,--version-script=$root/loop.map,-soname,libloop.so.${version%%.*},-z,nodelete,-z,noexecstack'" \
    -o "$work/libloop.so" .

# Linux keeps a file in pieces as large as it was written in, up to 2 MiB, and maps a whole piece at a
# touch: of what a linker writes nearly all would count as resident memory of each process.
dd if="$work/libloop.so" of="$work/copy" bs=16k status=none
chmod --reference="$work/libloop.so" "$work/copy"
mv -f "$work/copy" "$folder/libloop.so.$version"
ln -sfn "libloop.so.$version" "$folder/libloop.so.${version%%.*}"
ln -sfn "libloop.so.${version%%.*}" "$folder/libloop.so"
