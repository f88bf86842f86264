# SPDX-License-Identifier: MIT
"""Processes with a loop each."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

import libloop
from libloop import Loop

from .support import TIMEOUT_S, environment, outputs


def test_each_process_has_a_loop_and_a_number() -> None:
    code = """
    import libloop, os
    def main(number):
        with libloop.Loop() as loop:
            loop.set_timeout(os.write, 1, 1, b"%d\\n" % number)
            loop.run()
    statuses = libloop.run_processes(main, 3)
    print(statuses)
    print(len(libloop.run_processes(lambda number: None)) == len(os.sched_getaffinity(0)))
    """
    *numbers, statuses, every_core = outputs(code)
    assert sorted(numbers) == ["0", "1", "2"]
    assert statuses == "[0, 0, 0]" and every_core == "True"


def test_the_others_are_ended_when_one_fails() -> None:
    code = """
    import libloop, os
    def main(number):
        if number == 1:
            os._exit(7)
        with libloop.Loop() as loop:
            loop.hold()
            loop.run()
    print(libloop.run_processes(main, 3))
    """
    assert outputs(code) == [f"[{-signal.SIGTERM}, 7, {-signal.SIGTERM}]"]


def test_sigterm_ends_all_of_them() -> None:
    code = """
    import libloop, os
    def main(number):
        with libloop.Loop() as loop:
            loop.hold()
            loop.set_timeout(os.write, 0, 1, b"%d\\n" % os.getpid())
            loop.run()
    libloop.run_processes(main, 2)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        children = [int(parent.stdout.readline()) for _ in range(2)]
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(TIMEOUT_S) == 128 + signal.SIGTERM
        for child in children:
            with pytest.raises(ProcessLookupError):
                os.kill(child, 0)


def test_a_process_with_the_library_cannot_be_divided(loop: Loop) -> None:
    with pytest.raises(libloop.ForkError):
        libloop.run_processes(lambda number: None, 2)


@pytest.mark.parametrize("count", [0, -1, 1025, "2"])
def test_a_bad_count_is_refused(count: object) -> None:
    with pytest.raises(libloop.InvalidError):
        libloop.run_processes(lambda number: None, count)  # type: ignore[arg-type]
