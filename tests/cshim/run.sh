#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds the C half alone, without Go, and runs its tests: plain, under TSan, under ASan and UBSan.
#
#     tests/cshim/run.sh [plain|tsan|asan]... [NAME_test]...
#     tests/cshim/run.sh bench    what the C half costs by itself
#
# Every *_test.c says in `// sources:` what it is linked with; each source is compiled once.
# The last line is `N passed, N failed, N skipped`, the sum over all.
set -uo pipefail
shopt -s nullglob

cd "$(dirname "$0")/../.."
build=build/cshim
flags="-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Iinclude -Itests/c"
flags+=" -g -fexceptions -fvisibility=hidden -pthread"
variants=() names=()
for word in "$@"; do
    case $word in
    plain | tsan | asan) variants+=("$word") ;;
    *) names+=("$word") ;;
    esac
done
[ ${#variants[@]} -gt 0 ] || variants=(plain tsan asan)

flags_of() { # variant
    case $1 in
    plain) echo "$flags -O2" ;;
    tsan) echo "$flags -O1 -fsanitize=thread" ;;
    asan) echo "$flags -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined" ;;
    esac
}

sources_of() { # test...
    # shellcheck disable=SC2046 # words and patterns on purpose
    printf '%s\n' "$@" $(sed -n 's|^// sources: ||p' "$@") | grep -v '/monitor\.c$' | sort -u
}

object_of() { # variant, sources from stdin
    sed "s|.*/|$build/$1/|; s|\.c$|.o|"
}

# Compile what these tests need, each source once. One that does not compile leaves no object, and
# the tests that need it do not link.
compile() { # variant test...
    local variant=$1
    shift
    mkdir -p "$build/$variant"
    paste -d ' ' <(sources_of "$@") <(sources_of "$@" | object_of "$variant") |
        FLAGS=$(flags_of "$variant") xargs -P "$(nproc)" -n 2 \
            bash -c 'rm -f "$1"; exec nice gcc $FLAGS -c "$0" -o "$1"'
}

link() { # test target variant
    # shellcheck disable=SC2046 # words on purpose
    gcc $(flags_of "$3") $(sources_of "$1" | object_of "$3") -o "$2"
}

run() { # target variant
    local prefix=()
    # TSan needs its places in the address space free. Source: the sanitizer's documentation
    [ "$2" = tsan ] && prefix=(setarch -R)
    TSAN_OPTIONS="halt_on_error=1 exitcode=66 ${TSAN_OPTIONS:-}" \
        ASAN_OPTIONS="detect_leaks=1 ${ASAN_OPTIONS:-}" timeout -k 5 200 "${prefix[@]}" "$1"
}

if [ "${1-}" = bench ]; then
    program=$build/plain/shim_bench
    compile plain tests/cshim/shim_bench.c
    link tests/cshim/shim_bench.c "$program" plain && "$program"
    exit
fi

tests=()
for source in tests/cshim/*_test.c; do
    if [ ${#names[@]} -eq 0 ] || [[ " ${names[*]} " == *" $(basename "$source" .c) "* ]]; then
        tests+=("$source")
    fi
done

passed=0 failed=0 skipped=0
for variant in "${variants[@]}"; do
    compile "$variant" "${tests[@]}"
    for source in "${tests[@]}"; do
        target=$build/$variant/$(basename "$source" .c)
        echo "== $variant $(basename "$source" .c)"
        if ! link "$source" "$target" "$variant"; then
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
