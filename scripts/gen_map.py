# SPDX-License-Identifier: MIT
"""Writes loop.map, the linker script that lists what the library exports: the names that
include/loop.h declares. With --check it only compares."""

import sys

import header


def render() -> str:
    names = "".join(f"    {function.name};\n" for function in header.functions())
    return (
        "/* SPDX-License-Identifier: MIT\n"
        " * GENERATED from include/loop.h by scripts/gen_map.py, DO NOT EDIT. */\n"
        "{\nglobal:\n" + names + "local:\n    *;\n};\n"
    )


if __name__ == "__main__":
    sys.exit(header.write_or_check(header.ROOT / "loop.map", render(), sys.argv[1:]))
