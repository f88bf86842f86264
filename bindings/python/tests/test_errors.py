# SPDX-License-Identifier: MIT
"""The exception classes."""

import builtins
import copy
import pickle

import pytest

import libloop
from libloop import LoopError
from libloop._cdef import LOOP_ECONNREFUSED, LOOP_EINVAL
from libloop._errors import error_for

BUILTINS = {
    "LOOP_EINVAL": ValueError,
    "LOOP_EBADID": LookupError,
    "LOOP_ENOMEM": MemoryError,
    "LOOP_ETIMEDOUT": TimeoutError,
    "LOOP_EEXIST": FileExistsError,
    "LOOP_EPERM": PermissionError,
    "LOOP_EOF": EOFError,
    "LOOP_ETYPE": TypeError,
    "LOOP_EDATA": ValueError,
    "LOOP_ENOENT": FileNotFoundError,
    "LOOP_EACCES": PermissionError,
    "LOOP_EPIPE": BrokenPipeError,
    "LOOP_EAGAIN": BlockingIOError,
    "LOOP_EINTR": InterruptedError,
    "LOOP_ECONNREFUSED": ConnectionRefusedError,
    "LOOP_ECONNRESET": ConnectionResetError,
    "LOOP_ECONNABORTED": ConnectionAbortedError,
    "LOOP_EISDIR": IsADirectoryError,
    "LOOP_ENOTDIR": NotADirectoryError,
    "LOOP_EMFILE": OSError,
    "LOOP_ENOSPC": OSError,
    "LOOP_EHOSTUNREACH": OSError,
}


@pytest.mark.parametrize("name", BUILTINS)
def test_error_is_also_the_builtin_of_its_mishap(name: str) -> None:
    error = error_for(getattr(libloop._cdef, name))
    assert isinstance(error, BUILTINS[name]) and isinstance(error, LoopError)
    assert error.name == name


def test_oserror_has_an_errno_even_if_the_library_gave_none() -> None:
    error = error_for(LOOP_ECONNREFUSED)
    assert isinstance(error, OSError) and error.errno == 111 and error.os_errno == 0
    assert error.strerror


def test_errors_survive_pickle_and_copy() -> None:
    for code in (LOOP_ECONNREFUSED, LOOP_EINVAL, -9999):
        error = error_for(code, "connect there", 111)
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert type(twin) is type(error)
            assert str(twin) == str(error)
            assert (twin.code, twin.text, twin.os_errno) == (code, "connect there", 111)


def test_error_says_all_it_knows_in_one_line() -> None:
    text = str(error_for(LOOP_ECONNREFUSED, "GET http://x", 111))
    assert text.startswith("LOOP_ECONNREFUSED: ")
    assert text.endswith(": GET http://x: errno 111 (ECONNREFUSED)")
    assert "\n" not in text


def test_classes_can_be_raised_by_name() -> None:
    error = libloop.NestedRunError("run")
    assert error.code == libloop._cdef.LOOP_ENESTED and error.text == "run"


def test_every_public_name_exists_and_is_listed_once() -> None:
    assert sorted(set(libloop.__all__)) == sorted(libloop.__all__)
    for name in libloop.__all__:
        assert hasattr(libloop, name)
        assert not hasattr(builtins, name), f"{name} would hide a builtin"
    assert libloop.__version__ == libloop.core_version()
