#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds the C half alone, without Go, and runs its tests: plain, under TSan, under ASan and UBSan.
#
#     tests/cshim/run.sh [plain|tsan|asan]... [NAME_test]...
#     tests/cshim/run.sh bench    what the C half costs by itself
#
# Every *_test.c says in `// sources:` what it is linked with and in `// flags:` how it is compiled.
# The last line is `N passed, N failed, N skipped`, the sum over all.
set -uo pipefail
shopt -s nullglob

cd "$(dirname "$0")/../.."
build=build/cshim
warnings="-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
variants=() names=()
for word in "$@"; do
    case $word in
    plain | tsan | asan) variants+=("$word") ;;
    *) names+=("$word") ;;
    esac
done
[ ${#variants[@]} -gt 0 ] || variants=(plain tsan asan)

compile() { # source target variant
    local flags sources
    flags=$(sed -n 's|^// flags: ||p' "$1")
    sources=$(sed -n 's|^// sources: ||p' "$1")
    case $3 in
    plain) flags+=" -O2" ;;
    tsan) flags+=" -O1 -fsanitize=thread" ;;
    asan) flags+=" -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined" ;;
    esac
    # shellcheck disable=SC2086 # words and patterns on purpose
    nice gcc $warnings -g -fexceptions -fvisibility=hidden -pthread $flags "$1" $sources -o "$2"
}

run() { # target variant
    local prefix=()
    # TSan needs its places in the address space free. Source: the sanitizer's documentation
    [ "$2" = tsan ] && prefix=(setarch -R)
    TSAN_OPTIONS="halt_on_error=1 exitcode=66 ${TSAN_OPTIONS:-}" \
        ASAN_OPTIONS="detect_leaks=1 ${ASAN_OPTIONS:-}" timeout -k 5 200 "${prefix[@]}" "$1"
}

if [ "${1-}" = bench ]; then
    mkdir -p "$build/plain"
    compile tests/cshim/shim_bench.c "$build/plain/shim_bench" plain && "$build/plain/shim_bench"
    exit
fi

passed=0 failed=0 skipped=0
for variant in "${variants[@]}"; do
    mkdir -p "$build/$variant"
    for source in tests/cshim/*_test.c; do
        name=$(basename "$source" .c)
        if [ ${#names[@]} -gt 0 ] && [[ " ${names[*]} " != *" $name "* ]]; then
            continue
        fi
        target=$build/$variant/$name
        echo "== $variant $name"
        if ! compile "$source" "$target" "$variant"; then
            failed=$((failed + 1))
            continue
        fi
        run "$target" "$variant" >"$target.log" 2>&1
        status=$?
        if [[ $(tail -n 1 "$target.log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
            passed=$((passed + BASH_REMATCH[1]))
            failed=$((failed + BASH_REMATCH[2]))
            skipped=$((skipped + BASH_REMATCH[3]))
            bad=${BASH_REMATCH[2]}
        else
            bad=0
        fi
        if [ $status -ne 0 ]; then
            [ "$bad" -gt 0 ] || failed=$((failed + 1)) # it crashed or hung
            cat "$target.log"
            echo "exit status $status"
        fi
        grep '^skip' "$target.log"
    done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
