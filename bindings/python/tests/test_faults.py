# SPDX-License-Identifier: MIT
"""Bad days: a bug inside the library, no more descriptors."""

import pytest

from libloop import _load

from .support import PACKAGE_ROOT, outputs

# The build with op codes that panic on purpose: `make faults`.
FAULTS = PACKAGE_ROOT.parent.parent / "build" / "faults" / _load.FILE_NAME


@pytest.mark.skipif(not FAULTS.exists(), reason="build/faults is missing: make faults")
@pytest.mark.parametrize("code", ["0xF001", "0xF002", "0xF003"])
def test_panic_ends_every_id_once_and_then_every_call_is_an_error(code: str) -> None:
    lines = outputs(
        """
        import sys
        import libloop

        got = []
        def note(error, value=None):
            got.append(error.name)

        loop = libloop.Loop()
        loop.set_timeout(print, 3_600_000, on_error=note)
        loop.start_prepare(lambda: None, on_error=note)
        loop.run_nowait()
        loop._control(int(sys.argv[1], 16), 0)
        # Not taken any more, because it stands behind the op that panics or comes after the panic.
        loop.set_timeout(print, 3_600_000, on_error=note)
        for _ in range(2):
            try:
                loop.run()
            except libloop.PanicError as error:
                print(str(error).startswith("LOOP_EPANIC: "), "panic" in error.text)
        print(got)
        print("goroutine" in loop.last_panic)
        for call in (
            lambda: loop.set_timeout(print), lambda: loop.post(print), lambda: loop.alive,
            lambda: loop.run_nowait(), lambda: loop.set_immediate(print),
        ):
            try:
                call()
            except libloop.PanicError:
                continue
            print("no PanicError")
        loop.close()
        with libloop.Loop() as other:
            other.set_timeout(print, 0, "another loop works")
            other.run()
        """,
        code,
        LIBLOOP_LIBRARY=str(FAULTS),
    )
    assert lines == [
        "True True",
        "True True",
        "['LOOP_EPANIC', 'LOOP_EPANIC', 'LOOP_EPANIC']",
        "True",
        "another loop works",
    ]


def test_no_more_descriptors_is_an_error_and_not_the_end() -> None:
    lines = outputs(
        """
        import resource
        import libloop

        with libloop.Loop() as first:
            first.run_nowait()
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, hard))
            loops = []
            try:
                while True:
                    loops.append(libloop.Loop())
            except OSError as error:
                print(error.name, error.errno)
            first.set_timeout(print, 0, "goes on")
            first.run()
            for loop in loops:
                loop.close()
            with libloop.Loop() as loop:
                loop.set_timeout(print, 0, "works again")
                loop.run()
        """
    )
    assert lines == ["LOOP_EMFILE 24", "goes on", "works again"]


def test_run_without_a_descriptor_left_for_its_wakeup_is_an_error_and_can_be_repeated() -> None:
    lines = outputs(
        """
        import os, resource
        import libloop

        with libloop.Loop() as loop:
            loop.set_timeout(print, 0, "fired")
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            used = len(os.listdir("/proc/self/fd"))
            taken = []
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
            try:
                while True:
                    taken.append(os.open("/dev/null", os.O_RDONLY))
            except OSError:
                pass
            try:
                loop.run()
            except OSError as error:
                print(error.errno)
            for fd in taken:
                os.close(fd)
            loop.run()
        """
    )
    assert lines == ["24", "fired"]
