# SPDX-License-Identifier: MIT
"""What the conformance programs share; see ../run.py."""

import os
import sys
from collections.abc import Callable

import libloop

FAR_AWAY_MS = 3_600_000.0


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def yes(fact: bool) -> str:
    return "yes" if fact else "no"


def run_and_close(loop: libloop.Loop) -> None:
    """Runs until done and closes."""
    loop.run()
    loop.close()


def name_of(error: BaseException | None) -> str:
    """The name of an error as C says it."""
    if error is None:
        return "LOOP_OK"
    assert isinstance(error, libloop.LoopError), repr(error)
    return error.name


def attempt(call: Callable[[], object]) -> str:
    """The name of the error that a call raises."""
    try:
        call()
    except libloop.LoopError as error:
        return error.name
    return "LOOP_OK"


def say_status(what: str) -> Callable[[BaseException | None, object], None]:
    """A callback (error, value) that says how it went."""
    return lambda error, _value: say(f"{what}: {name_of(error)}")


def say_error(what: str) -> Callable[[libloop.LoopError], None]:
    """An on_error that says the error."""
    return lambda error: say(f"{what}: {error.name}")


def from_environment(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise SystemExit(f"{name} is not set: start this program with tests/conformance/run.py")
    return value
