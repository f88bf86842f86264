# SPDX-License-Identifier: MIT
"""The declarations for ctypes against the header and against a C compiler."""

import ctypes
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from libloop import _cdef, _errors, _lend, _load
from libloop._core import OP
from libloop._errors import NAMES, LoopError, error_for
from libloop._events import CALLED, EVENT, FLAGS
from libloop._net_stream import _pack_send

from .support import PACKAGE_ROOT, compile_c

STRUCTS: dict[str, type[ctypes.Structure]] = {
    "loop_op_t": _cdef.LoopOp,
    "loop_event_t": _cdef.LoopEvent,
    "loop_trace_t": _cdef.LoopTrace,
    "loop_options_t": _cdef.LoopOptions,
    "loop_value_t": _cdef.LoopValue,
    "loop_http_t": _cdef.LoopHttp,
    "loop_zip_t": _cdef.LoopZip,
    "loop_net_t": _cdef.LoopNet,
    "loop_address_t": _cdef.LoopAddress,
    "loop_crypto_t": _cdef.LoopCrypto,
    "loop_turn_t": _cdef.LoopTurn,
}


def fields(struct: type[ctypes.Structure]) -> list[str]:
    return [field[0] for field in struct._fields_]


def test_generated_declarations_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, str(PACKAGE_ROOT / "tools" / "gen_cdef.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_sizes_and_offsets_are_those_of_c(tmp_path: pathlib.Path) -> None:
    lines, want = [], []
    for name, struct in STRUCTS.items():
        lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
        want.append(f"{name} {ctypes.sizeof(struct)}")
        for field in fields(struct):
            size = f"sizeof((({name} *)0)->{field})"
            lines.append(f'printf("{name}.{field} %zu %zu\\n", offsetof({name}, {field}), {size});')
            place = getattr(struct, field)
            want.append(f"{name}.{field} {place.offset} {place.size}")
    program = compile_c(
        "#include <loop.h>\n#include <stdio.h>\nint main(void) {\n" + "\n".join(lines) + "\n}\n",
        tmp_path / "layout",
    )
    got = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    assert got.splitlines() == want


def test_constants_are_those_of_c(tmp_path: pathlib.Path) -> None:
    names = [
        name
        for name, value in vars(_cdef).items()
        if name.startswith("LOOP_") and isinstance(value, int)
    ]
    assert len(names) > 140
    lines = [f'printf("%lld\\n", (long long)({name}));' for name in names]
    program = compile_c(
        "#include <loop.h>\n#include <stdio.h>\nint main(void) {\n" + "\n".join(lines) + "\n}\n",
        tmp_path / "constants",
    )
    got = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    assert dict(zip(names, map(int, got.split()), strict=True)) == {
        name: getattr(_cdef, name) for name in names
    }


def test_packed_records_match_the_structs() -> None:
    op = _cdef.LoopOp()
    OP.pack_into(op, 0, 1, 2, 3, 4, 5, 6, 0, 8, 9, 10)
    assert [op.code, op.flags, op.len, op.id, op.target, op.user, op.data, op.arg] == [
        *range(1, 7),
        8,
        9,
    ]
    assert op.timeout_ns == 10 and not op.cb
    event = _cdef.LoopEvent(1, _cdef.LOOP_CB(2), 3, -4, 5, 6, -7, 8, 9, 10)
    assert EVENT.unpack(event) == (1, 3, -4, 5 | 6 << FLAGS, -7, 8, 9, 10)
    assert CALLED.unpack(event) == (2,)


def test_the_record_of_a_send_is_the_same_packed_the_short_way() -> None:
    long, short = bytearray(b"\xff" * OP.size), bytearray(b"\xff" * OP.size)
    OP.pack_into(long, 0, _cdef.LOOP_OP_SEND, 0, 3, 0, 5, 0, 0, 8, 0, 0)
    _pack_send(short, 0, _cdef.LOOP_OP_SEND, 3, 5, 8)
    assert short == long


@pytest.mark.parametrize("reader", [_lend.memory, _lend._Slices()])
@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 300])
def test_a_slice_of_memory_is_a_copy_of_what_is_there(reader: Any, data: bytes) -> None:
    buffer = ctypes.create_string_buffer(data, len(data) + 1)
    address = ctypes.addressof(buffer)
    copy = reader[address : address + len(data)]
    buffer[0] = b"?"
    assert type(copy) is bytes and copy == data


def test_every_function_of_the_library_has_its_types() -> None:
    library = _load.library()
    for name, (result, arguments) in _cdef.PROTOTYPES.items():
        for view in (library.free, library.held):
            function = getattr(view, name)
            assert function.restype is result
            assert tuple(function.argtypes) == arguments


def test_header_with_an_unknown_construct_is_refused(tmp_path: pathlib.Path) -> None:
    sys.path.insert(0, str(PACKAGE_ROOT / "tools"))
    try:
        import gen_cdef  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    text = gen_cdef.HEADER.read_text()
    for bad in (
        "#define LOOP_NEW (sizeof(int))\n",
        "typedef struct loop_new { uint32_t size; } loop_new_t;\n",
        "LOOP_API int64_t loop_new_call(loop_t *loop, bool flag);\n",
        "LOOP_API int64_t loop_new_call(unsigned long long a);\n",
    ):
        with pytest.raises((gen_cdef.HeaderError, KeyError)):
            gen_cdef.Writer(gen_cdef.Header(text + bad)).text()


def test_every_code_has_its_name_words_and_class() -> None:
    library = _load.library().free
    for code, name in NAMES.items():
        assert library.loop_err_name(code).decode() == name
        error = error_for(code, "open /x", 2)
        assert (error.code, error.name, error.os_errno, error.text) == (code, name, 2, "open /x")
        assert str(error).startswith(f"{name}: {library.loop_strerror(code).decode()}: open /x")
        assert type(error) is not LoopError, name
        if isinstance(error, OSError):
            assert error.errno == 2
    assert len(NAMES) == len(set(NAMES.values()))
    unknown = error_for(-9999)
    assert type(unknown) is LoopError and unknown.name == "LOOP_UNKNOWN"
    assert _errors.check(5) == 5
