# SPDX-License-Identifier: MIT
"""Writes libloop/_cdef.py from include/loop.h; with --check says whether it is fresh.

The header keeps to a small part of C (fixed-width integers, pointers, plain structs, one function
per LOOP_API), so regular expressions read it whole. What they do not understand is an error here,
never a gap in the output.
"""

import pathlib
import re
import sys
from dataclasses import dataclass

PACKAGE = pathlib.Path(__file__).resolve().parent.parent / "libloop"
HEADER = PACKAGE.parent.parent.parent / "include" / "loop.h"
TARGET = PACKAGE / "_cdef.py"

SCALARS = {
    "uint8_t": "ctypes.c_uint8",
    "uint16_t": "ctypes.c_uint16",
    "uint32_t": "ctypes.c_uint32",
    "uint64_t": "ctypes.c_uint64",
    "int32_t": "ctypes.c_int32",
    "int64_t": "ctypes.c_int64",
    "double": "ctypes.c_double",
}
OPAQUE = {"loop_t"}
CLASSES = {
    "loop_op_t": "LoopOp",
    "loop_event_t": "LoopEvent",
    "loop_trace_t": "LoopTrace",
    "loop_options_t": "LoopOptions",
    "loop_value_t": "LoopValue",
    "loop_http_t": "LoopHttp",
    "loop_stat_t": "LoopStat",
    "loop_statfs_t": "LoopStatfs",
    "loop_dirent_t": "LoopDirent",
    "loop_buf_t": "LoopBuf",
    "loop_fs_t": "LoopFs",
    "loop_crypto_t": "LoopCrypto",
    "loop_zip_t": "LoopZip",
    "loop_watch_t": "LoopWatch",
    "loop_dns_t": "LoopDns",
    "loop_dns_record_t": "LoopDnsRecord",
    "loop_net_t": "LoopNet",
    "loop_address_t": "LoopAddress",
    "loop_credentials_t": "LoopCredentials",
    "loop_turn_t": "LoopTurn",
    "loop_stats_t": "LoopStats",
    "loop_lane_stats_t": "LoopLaneStats",
    "loop_label_stats_t": "LoopLabelStats",
}


class HeaderError(Exception):
    """Something in the header that this script does not understand."""


@dataclass(frozen=True)
class Declared:
    """A C type with the name it was given: a field, a parameter or a function's result."""

    base: str
    stars: int
    name: str
    length: int = 0  # of an array


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def declared(text: str) -> Declared:
    """Splits `const char *name` into its base type, its stars and its name. `[4]` may follow."""
    array = re.fullmatch(r"\s*(\w+)\s+(\w+)\[(\d+)\]\s*", text)
    if array is not None:
        return Declared(array.group(1), 0, array.group(2), int(array.group(3)))
    words = re.findall(r"\w+|\*", text)
    stars = words.count("*")
    names = [word for word in words if word not in ("*", "const", "struct")]
    if len(names) == 1:
        return Declared(names[0], stars, "")
    if len(names) == 2:
        return Declared(names[0], stars, names[1])
    raise HeaderError(f"not a declaration: {text!r}")


class Header:
    """What loop.h declares, in its order."""

    def __init__(self, text: str) -> None:
        code = without_comments(re.sub(r"\\\n", " ", text))
        self.constants = self._constants(code)
        self.callbacks = self._callbacks(code)
        self.structs = self._structs(code)
        self.functions = self._functions(code)

    def _constants(self, code: str) -> dict[str, int | str]:
        found: dict[str, int | str] = {}
        for name, value in re.findall(r"^#define (LOOP_\w+)[ \t]+(\S.*?)[ \t]*$", code, flags=re.M):
            if value.startswith("{") or name == "LOOP_API":
                continue
            if value.startswith('"'):
                found[name] = value.strip('"')
                continue
            found[name] = self._number(value, found)
        return found

    def _number(self, value: str, known: dict[str, int | str]) -> int:
        """Evaluates an integer expression of literals, casts, shifts and other macros."""
        python = re.sub(r"\((?:u?int\d+_t)\)", "", value)
        python = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", python)
        python = re.sub(r"\bLOOP_\w+\b", lambda match: str(known[match.group()]), python)
        if re.fullmatch(r"[0-9a-fA-FxX()\s<>|+-]+", python) is None:
            raise HeaderError(f"not a constant: {value!r}")
        return int(eval(python, {"__builtins__": {}}))

    def _callbacks(self, code: str) -> dict[str, tuple[Declared, list[Declared]]]:
        pattern = r"typedef (\w[\w\s*]*?)\(\*(\w+)\)\(([^)]*)\);"
        return {
            name: (declared(result), self._parameters(parameters))
            for result, name, parameters in re.findall(pattern, code)
        }

    def _structs(self, code: str) -> dict[str, list[Declared]]:
        found: dict[str, list[Declared]] = {}
        for name, body in re.findall(r"\bstruct (loop_\w+) \{(.*?)\}", code, flags=re.S):
            fields = []
            for line in body.split(";"):
                pointer = re.search(r"\(\*(\w+)\)\(", line)
                if pointer is not None:
                    fields.append(Declared("void", 1, pointer.group(1)))
                elif line.strip():
                    fields.append(declared(line))
            found[f"{name}_t"] = fields
        unknown = set(found) ^ set(CLASSES)
        if unknown:
            raise HeaderError(f"structs without a class here, or the other way round: {unknown}")
        return found

    def _functions(self, code: str) -> dict[str, tuple[Declared, list[Declared]]]:
        found = {}
        for text in re.findall(r"^LOOP_API ([^;]+);", code, flags=re.M):
            match = re.fullmatch(r"(.*?)(\w+)\((.*)\)\s*", text, flags=re.S)
            if match is None:
                raise HeaderError(f"not a function: {text!r}")
            found[match.group(2)] = (declared(match.group(1)), self._parameters(match.group(3)))
        return found

    def _parameters(self, text: str) -> list[Declared]:
        return [] if text.strip() == "void" else [declared(part) for part in text.split(",")]


def constant_name(callback: str) -> str:
    """loop_work_fn -> LOOP_WORK_FN."""
    return callback.upper()


class Writer:
    """Puts the header into the words of ctypes."""

    def __init__(self, header: Header) -> None:
        self.header = header

    def field(self, what: Declared) -> str:
        if what.length > 0:
            item = "ctypes.c_char" if what.base == "char" else SCALARS[what.base]
            return f"{item} * {what.length}"
        if what.stars == 0 and what.base in self.header.callbacks:
            return constant_name(what.base)
        if what.stars == 0 and what.base in SCALARS:
            return SCALARS[what.base]
        if what.stars == 1 and what.base == "char":
            return "ctypes.c_char_p"
        if what.stars == 1:
            return "ctypes.c_void_p"
        raise HeaderError(f"no ctypes for the field {what}")

    def argument(self, what: Declared) -> str:
        if what.stars == 2 or (what.stars == 1 and what.base in SCALARS):
            # Text behind a `const char **` is not ended by a NUL: never c_char_p.
            inner = "ctypes.c_void_p" if what.stars == 2 else SCALARS[what.base]
            return f"ctypes.POINTER({inner})"
        if what.stars == 1 and what.base in CLASSES:
            return f"ctypes.POINTER({CLASSES[what.base]})"
        if what.stars == 1 and what.base not in OPAQUE | {"void", "char"}:
            raise HeaderError(f"no ctypes for the parameter {what}")
        return self.field(what)

    def result(self, what: Declared) -> str:
        return "None" if what.base == "void" and what.stars == 0 else self.field(what)

    def text(self) -> str:
        lines = [
            "# SPDX-License-Identifier: MIT",
            "# GENERATED from include/loop.h by bindings/python/tools/gen_cdef.py, DO NOT EDIT.",
            '"""The declarations of loop.h for ctypes: constants, records, functions."""',
            "",
            "import ctypes",
            "from typing import Any",
            "",
        ]
        for name, value in self.header.constants.items():
            lines.append(f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}")
        for struct, class_name in CLASSES.items():
            lines += ["", "", f"class {class_name}(ctypes.Structure):", f'    """{struct}"""']
        lines += ["", ""]
        for name, (result, parameters) in self.header.callbacks.items():
            items = [self.result(result), *(self.argument(item) for item in parameters)]
            call = f"{constant_name(name)} = ctypes.CFUNCTYPE({', '.join(items)})"
            if len(call) > 100:
                raise HeaderError(f"{name}: the line is too long")
            lines.append(call)
        lines.append("")
        for struct, class_name in CLASSES.items():
            lines.append(f"{class_name}._fields_ = [")
            for field in self.header.structs[struct]:
                lines.append(f'    ("{field.name}", {self.field(field)}),')
            lines.append("]")
        lines += ["", "PROTOTYPES: dict[str, tuple[Any, tuple[Any, ...]]] = {"]
        for name, (result, parameters) in self.header.functions.items():
            lines += self.prototype(name, result, parameters)
        lines += [
            "}",
            "",
            "",
            "def bind(library: ctypes.CDLL) -> None:",
            '    """Sets the types of every function. AttributeError: the library lacks one."""',
            "    for name, (result, arguments) in PROTOTYPES.items():",
            "        function = getattr(library, name)",
            "        function.restype = result",
            "        function.argtypes = arguments",
            "",
        ]
        return "\n".join(lines)

    def prototype(self, name: str, result: Declared, parameters: list[Declared]) -> list[str]:
        arguments = [self.argument(item) for item in parameters]
        if len(arguments) > 1:
            folded = ["        (", *(f"            {item}," for item in arguments), "        ),"]
        else:
            folded = [f"        ({''.join(f'{item},' for item in arguments)}),"]
        return [f'    "{name}": (', f"        {self.result(result)},", *folded, "    ),"]


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print("usage: gen_cdef.py [--check]")
        return 2
    content = Writer(Header(HEADER.read_text(encoding="utf-8"))).text()
    fresh = TARGET.exists() and TARGET.read_text(encoding="utf-8") == content
    if arguments:
        if not fresh:
            print(f"{TARGET.name} is stale: run bindings/python/tools/gen_cdef.py")
        return 0 if fresh else 1
    if not fresh:
        TARGET.write_text(content, encoding="utf-8")
        print(f"wrote {TARGET.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
