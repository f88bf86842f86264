# SPDX-License-Identifier: MIT
"""What the programs about files share: an empty folder in which they work, and callbacks that say
what came. One operation at a time."""

import os
import tempfile
from collections.abc import Callable
from typing import Any

from conformance import say

import libloop

TYPES = ("unknown", "file", "folder", "link", "fifo", "socket", "char", "block")


def say_error(what: str, error: libloop.LoopError) -> None:
    say(f"{what}: {error.name}, errno {error.os_errno}, {error.text}")


def say_value(what: str, value: Any) -> None:
    if isinstance(value, bytes | str):
        text = os.fsdecode(value)
        say(f'{what}: "{text}"')
    elif isinstance(value, libloop.Stat):
        say(f"{what}: {TYPES[value.type]}, {value.size} bytes, mode {value.permissions:o}")
    elif value is None:
        say(f"{what}: done")
    else:
        say(f"{what}: {value}")


class Work:
    """Runs operations one by one."""

    def __init__(self, loop: libloop.Loop) -> None:
        self.loop = loop

    def do(self, what: str, start: Any, *args: Any, **options: Any) -> None:
        """Says the value or the error."""
        self.tell(lambda value: say_value(what, value), what, start, *args, **options)

    def tell(
        self, told: Callable[[Any], None], what: str, start: Any, *args: Any, **options: Any
    ) -> None:
        """Gives the value to a function, or says the error."""

        def done(error: libloop.LoopError | None, value: Any) -> None:
            if error is not None:
                say_error(what, error)
            else:
                told(value)

        start(*args, done, **options)
        self.loop.run()

    def get(self, start: Any, *args: Any, **options: Any) -> Any:
        """Returns the value."""
        values: list[Any] = []
        self.tell(values.append, "unexpected", start, *args, **options)
        return values[0]


def work(program: Callable[[Work, Any], None]) -> None:
    """Runs a program on a loop, in an empty folder."""
    home = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="loop-conformance-") as folder:
        os.chdir(folder)
        try:
            with libloop.Loop() as loop:
                program(Work(loop), loop.fs)
        finally:
            os.chdir(home)
