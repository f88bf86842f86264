# SPDX-License-Identifier: MIT
"""A bug inside the library, made by the build whose op codes panic: everything ends, in order."""

import ctypes
import os
import pathlib
import subprocess

import pytest

from libloop import _load

from .support import PACKAGE_ROOT, outputs

ROOT = PACKAGE_ROOT.parent.parent
FAULTS = ROOT / "build" / "faults" / _load.FILE_NAME

# In the step, in a goroutine, in a worker of the engine.
CODES = ["0xF001", "0xF002", "0xF003"]


@pytest.fixture(scope="module")
def faults() -> pathlib.Path:
    """The library with faults; made when it is missing, because a skip would prove nothing."""
    if not FAULTS.exists():
        environment = {key: value for key, value in os.environ.items() if "MAKE" not in key}
        subprocess.run(["make", "-C", str(ROOT), "faults"], check=True, env=environment)
    return FAULTS


@pytest.mark.parametrize("code", CODES)
def test_every_kind_ends_once_after_a_panic(
    faults: pathlib.Path, c_jobs: ctypes.CDLL, code: str
) -> None:
    lines = outputs(
        """
        import ctypes, socket, sys, threading
        import libloop

        code, jobs_path = int(sys.argv[1], 16), sys.argv[2]
        jobs = ctypes.CDLL(jobs_path)
        jobs.gate_new.restype = ctypes.c_void_p
        for name in ("gate_await_start", "gate_open"):
            getattr(jobs, name).argtypes = [ctypes.c_void_p]
        gate = ctypes.c_void_p(jobs.gate_new())
        listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        ours, theirs = socket.socketpair()
        got = {}

        def ends(what):
            def note(error, *rest):
                got.setdefault(what, []).append(error.name)
            return note

        loop = libloop.Loop(workers=1)
        far = 3_600_000
        loop.set_timeout(print, far, on_error=ends("timer"))
        loop.set_interval(print, far, on_error=ends("interval"))
        loop.set_timeout(print, far, on_error=ends("unreferenced")).unref()
        loop.poll_fd(ours, libloop.READABLE, ends("descriptor"))
        loop.work(jobs.pass_gate, gate, ends("running job"))
        loop.http_get(url, ends("request"))
        loop.run_nowait()
        jobs.gate_await_start(gate)
        loop.work(jobs.pass_gate, gate, ends("queued job"))
        loop.start_prepare(lambda: None, on_error=ends("prepare"))
        loop.start_check(lambda: None, on_error=ends("check"))
        loop._control(code, 0)
        early = []

        def release():
            # What a running function uses is in use: nothing has ended before it returns.
            while not loop.last_panic:
                pass
            early.extend(got)
            jobs.gate_open(gate)

        helper = threading.Thread(target=release)
        helper.start()
        try:
            loop.run()
        except libloop.PanicError as error:
            print("fault: a panic in" in error.text)
        helper.join()
        print(early)
        for what, names in sorted(got.items()):
            print(what, *names)
        loop.close()
        print(sum(len(names) for names in got.values()))
        with libloop.Loop() as other:
            other.set_timeout(print, 0, "another loop works")
            other.run()
        """,
        code,
        c_jobs._name,
        LIBLOOP_LIBRARY=str(faults),
    )
    kinds = [
        "check",
        "descriptor",
        "interval",
        "prepare",
        "queued job",
        "request",
        "running job",
        "timer",
        "unreferenced",
    ]
    assert lines == [
        "True",
        "[]",
        *(f"{kind} LOOP_EPANIC" for kind in kinds),
        "9",
        "another loop works",
    ]


@pytest.mark.parametrize("code", CODES)
def test_close_ends_every_kind_after_a_panic(faults: pathlib.Path, code: str) -> None:
    lines = outputs(
        """
        import sys
        import libloop

        got = []
        loop = libloop.Loop()
        loop.set_timeout(print, 3_600_000, on_error=lambda error: got.append(error.name))
        loop.start_idle(lambda: None, on_error=lambda error: got.append(error.name))
        loop.run_nowait()
        loop.set_immediate(print, on_error=lambda error: got.append(error.name))
        loop._control(int(sys.argv[1], 16), 0)
        loop.close()
        # The panic of a goroutine may come after the end, and then all had ended well.
        print(len(got), set(got) <= {"LOOP_EPANIC", "LOOP_ECANCELED"}, loop.closed)
        """,
        code,
        LIBLOOP_LIBRARY=str(faults),
    )
    assert lines == ["3 True True"]


@pytest.mark.parametrize("code", CODES)
def test_panic_inside_a_callback_lets_the_batch_end_first(faults: pathlib.Path, code: str) -> None:
    lines = outputs(
        """
        import sys
        import libloop

        loop = libloop.Loop()
        loop.set_timeout(loop._control, 0, int(sys.argv[1], 16), 0)
        loop.set_timeout(print, 0, "of the same batch")
        loop.set_timeout(print, 3_600_000, on_error=lambda error: print("far", error.name))
        try:
            loop.run()
        except libloop.PanicError as error:
            print("panic")
        loop.close()
        """,
        code,
        LIBLOOP_LIBRARY=str(faults),
    )
    assert lines == ["of the same batch", "far LOOP_EPANIC", "panic"]
