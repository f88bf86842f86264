# SPDX-License-Identifier: MIT
"""What the programs about crypto share: one request at a time, and what came of it."""

from collections.abc import Callable
from typing import Any

from conformance import say, yes

import libloop


def ask(loop: libloop.Loop, call: str, *arguments: Any, **options: Any) -> Any:
    """Makes one request and runs it to its end; it must not fail."""
    came: list[Any] = []

    def keep(error: libloop.LoopError | None, value: Any) -> None:
        assert error is None, error
        came.append(value)

    getattr(loop.crypto, call)(*arguments, keep, **options)
    loop.run()
    return came[0]


def say_result(what: str) -> Callable[[libloop.LoopError | None, Any], None]:
    """A callback that says what came: bytes, a bool, or an error with its text."""

    def callback(error: libloop.LoopError | None, value: Any) -> None:
        if error is not None:
            say(f"{what}: {error.name}, {error.text}")
        else:
            say(f"{what}: {yes(value) if isinstance(value, bool) else value.hex()}")

    return callback
