# SPDX-License-Identifier: MIT
"""The library file as a linker, a loader and a package manager see it."""

import os
import pathlib
import re
import subprocess

import header
import pytest

HERE = pathlib.Path(__file__).parent
MAX_BYTES = 12 << 20
SYSTEM_LIBRARIES = {
    "libc.so.6",
    "libgcc_s.so.1",
    "libpthread.so.0",
    "libresolv.so.2",
    "ld-linux-x86-64.so.2",
}
STRICT = ["-pedantic", "-Wall", "-Wextra", "-Werror"]

ERROR_TEXTS = """
#include <loop.h>
#include <stdio.h>
int main(void) {
    static const int64_t codes[] = {%s};
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++)
        printf("%%s\\t%%s\\n", loop_err_name(codes[i]), loop_strerror(codes[i]));
    return 0;
}
"""


def run(*words: str, **env: str) -> str:
    """Runs a command and returns what it printed; both streams in the message when it fails."""
    inherited = {name: word for name, word in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env=inherited | env, timeout=100
    )
    assert done.returncode == 0, f"{words}: status {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def link(library: pathlib.Path) -> list[str]:
    return [f"-L{library.parent}", "-lloop", f"-Wl,-rpath,{library.parent}"]


@pytest.mark.parametrize(
    ("compiler", "standard", "source"),
    [
        ("gcc", "c99", "header_c99.c"),
        ("gcc", "c11", "header_c99.c"),
        ("g++", "c++11", "header_cxx11.cpp"),
        ("g++", "c++20", "header_cxx11.cpp"),
    ],
)
def test_the_header_compiles_alone_and_links(
    compiler: str, standard: str, source: str, library: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    program = str(tmp_path / "program")
    include = f"-I{header.ROOT / 'include'}"
    words = [compiler, f"-std={standard}", *STRICT, include, str(HERE / source), "-o", program]
    run(*words, *link(library))
    run(program)


def test_every_error_code_has_its_name_and_a_sentence(
    library: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    codes = header.errors()
    source = tmp_path / "texts.c"
    numbers = [str(code.number) for code in codes]
    source.write_text(ERROR_TEXTS % ", ".join([*numbers, "-9999", "1"]), encoding="utf-8")
    program = str(tmp_path / "texts")
    run("gcc", f"-I{header.ROOT / 'include'}", str(source), "-o", program, *link(library))
    lines = [line.split("\t") for line in run(program).splitlines()]
    assert [name for name, _ in lines] == [code.name for code in codes] + ["LOOP_UNKNOWN"] * 2
    sentences = [sentence for _, sentence in lines]
    assert sentences[-2:] == ["unknown error"] * 2
    assert "" not in sentences
    assert "unknown error" not in sentences[:-2]
    assert len(set(sentences[:-2])) == len(codes), "two codes share a sentence"


def test_it_has_a_soname_stays_loaded_and_needs_only_the_systems_own(library: pathlib.Path) -> None:
    dynamic = run("readelf", "-dW", str(library))
    soname = f"libloop.so.{header.version().split('.')[0]}"
    assert f"Library soname: [{soname}]" in dynamic
    assert "NODELETE" in dynamic
    assert "RPATH" not in dynamic
    assert "RUNPATH" not in dynamic
    needed = set(re.findall(r"Shared library: \[(.*?)\]", dynamic))
    assert needed <= SYSTEM_LIBRARIES


def test_it_is_reached_through_the_links_that_linkers_and_loaders_follow(
    library: pathlib.Path,
) -> None:
    version = header.version()
    soname = f"libloop.so.{version.split('.')[0]}"
    assert os.readlink(library) == soname
    assert os.readlink(library.with_name(soname)) == f"libloop.so.{version}"
    assert not library.with_name(f"libloop.so.{version}").is_symlink()


def test_its_stack_is_not_executable(library: pathlib.Path) -> None:
    stack = [line for line in run("readelf", "-lW", str(library)).splitlines() if "STACK" in line]
    assert stack
    assert "RWE" not in stack[0]


def test_it_is_smaller_than_12_mib_and_names_no_path_of_the_build(library: pathlib.Path) -> None:
    content = library.read_bytes()
    assert len(content) < MAX_BYTES
    assert str(header.ROOT).encode() not in content


def test_what_is_installed_is_enough_to_build_and_run_a_program(tmp_path: pathlib.Path) -> None:
    stage = tmp_path / "stage"
    run("make", "-s", "-C", str(header.ROOT), "install", f"DESTDIR={stage}", "PREFIX=/opt/loop")
    prefix = stage / "opt" / "loop"
    installed = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if not path.is_dir()}
    version = header.version()
    assert installed == {
        "include/loop.h",
        "lib/libloop.so",
        f"lib/libloop.so.{version.split('.')[0]}",
        f"lib/libloop.so.{version}",
        "lib/pkgconfig/loop.pc",
    }
    where = {
        "PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig"),
        "PKG_CONFIG_SYSROOT_DIR": str(stage),
    }
    assert run("pkg-config", "--modversion", "loop", **where).strip() == version
    flags = run("pkg-config", "--cflags", "--libs", "loop", **where).split()
    program = str(tmp_path / "program")
    run("gcc", str(HERE / "header_c99.c"), "-o", program, *flags)
    run(program, LD_LIBRARY_PATH=str(prefix / "lib"))


def test_a_second_build_is_the_same_byte_for_byte(library: pathlib.Path) -> None:
    again = "build/again"
    version = header.version()
    run(str(header.ROOT / "scripts" / "build_library.sh"), "plain", again, version)
    assert (header.ROOT / again / "libloop.so").read_bytes() == library.read_bytes()


RESIDENT = """
#include <loop.h>
#include <stdio.h>
#include <string.h>
/* KiB in memory of what cannot be written or run: relocations, tables of Go. */
static long resident(void) {
    char line[512];
    long sum = 0, kib = 0;
    int counts = 0;
    FILE *maps = fopen("/proc/self/smaps", "r");
    while (fgets(line, sizeof line, maps) != NULL) {
        if (strstr(line, "libloop.so") != NULL)
            counts = strstr(line, " r--p ") != NULL && strstr(line, " 00000000 ") != NULL;
        else if (strchr(line, '/') != NULL)
            counts = 0;
        if (counts && sscanf(line, "Rss: %ld", &kib) == 1)
            sum += kib;
    }
    fclose(maps);
    return sum;
}
int main(void) {
    loop_t *loop = NULL;
    long before = resident(), after;
    int64_t rc = loop_new(NULL, &loop);
    after = resident();
    printf("%d %ld %ld %d\\n", (int)rc, before, after, (int)loop_free(loop));
    return 0;
}
"""


def test_the_first_loop_gives_back_what_only_loading_needs(
    library: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    source, program = tmp_path / "resident.c", str(tmp_path / "resident")
    source.write_text(RESIDENT, encoding="utf-8")
    include = f"-I{header.ROOT / 'include'}"
    run("gcc", include, str(source), "-o", program, *link(library))
    created, before, after, freed = run(program, LD_BIND_NOW="1").split()
    assert (created, freed) == ("0", "0")
    # The first mapping has the relocations, which nobody reads again.
    assert int(before) > 500
    assert int(after) < int(before) / 2


def test_nothing_that_is_given_back_was_written(library: pathlib.Path) -> None:
    # A relocation in read-only memory would be lost with its page.
    dynamic = run("readelf", "--dynamic", "--wide", str(library))
    assert "TEXTREL" not in dynamic
