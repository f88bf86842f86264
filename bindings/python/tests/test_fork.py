# SPDX-License-Identifier: MIT
"""Processes: fork, spawn, faulthandler, the end of the interpreter."""

from .support import outputs, run_python

CHILD = """
import os, sys, time
import libloop

def in_child(what):
    pid = os.fork()
    if pid == 0:
        try:
            what()
        except BaseException as error:
            print(type(error).__name__, flush=True)
            os._exit(9)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""


def test_every_call_in_a_forked_child_is_a_fork_error_at_once() -> None:
    lines = outputs(
        CHILD
        + """
loop = libloop.Loop()
timeout = loop.set_timeout(print, 3_600_000)

def child():
    began = time.monotonic()
    for call in (
        loop.run, loop.wake, loop.hold, loop.unhold, loop.detach, loop.fileno, loop.run_nowait,
        timeout.cancel, timeout.unref, libloop.Loop, libloop.core_version,
        lambda: loop.set_timeout(print), lambda: loop.post(print), lambda: loop.alive,
        lambda: loop.set_immediate(print), lambda: loop.next_tick(print),
        lambda: loop.run_job(print), lambda: loop.http_get("http://127.0.0.1", print),
        lambda: loop.trace_file(1), lambda: loop.backend,
        loop.stats, loop.reset_stats,
    ):
        try:
            call()
        except libloop.ForkError:
            continue
        print("no ForkError", call, flush=True)
    print("soon" if time.monotonic() - began < 1 else "late", flush=True)
    loop.stop()
    print(repr(loop), flush=True)
    loop.close()

print(in_child(child))
timeout.clear()
loop.set_timeout(print, 0, "the parent goes on")
loop.run()
loop.close()
"""
    )
    assert lines == ["soon", "<libloop.Loop forked>", "0", "the parent goes on"]


def test_with_block_in_a_forked_child_ends_quietly() -> None:
    lines = outputs(
        CHILD
        + """
with libloop.Loop() as loop:
    loop.set_timeout(print, 0, "parent")
    pid = os.fork()
    if pid:
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        loop.run()
    else:
        sys.stdout.flush()
"""
    )
    assert lines == ["0", "parent"]


def test_fork_before_the_first_loop_is_fine() -> None:
    lines = outputs(
        CHILD
        + """
def child():
    with libloop.Loop() as loop:
        loop.set_timeout(print, 0, "child")
        loop.run()
    sys.stdout.flush()

print(in_child(child), flush=True)
with libloop.Loop() as loop:
    loop.set_timeout(print, 0, "parent")
    loop.run()
"""
    )
    assert lines == ["child", "0", "parent"]


def test_fork_inside_a_callback_harms_nobody() -> None:
    lines = outputs(
        CHILD
        + """
def child():
    try:
        loop.set_timeout(print)
    except libloop.ForkError:
        print("refused", flush=True)

with libloop.Loop() as loop:
    loop.run_job(time.sleep, 0.001)
    loop.set_timeout(in_child, 0, child)
    loop.set_timeout(print, 1, "after")
    loop.run()
"""
    )
    assert lines == ["refused", "after"]


def test_multiprocessing_refuses_after_fork_and_works_after_spawn(tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    program = tmp_path_factory.mktemp("spawn") / "program.py"
    program.write_text(
        """
import multiprocessing
import libloop

def work(queue):
    try:
        with libloop.Loop() as loop:
            loop.set_timeout(queue.put, 0, "ran")
            loop.run()
    except libloop.ForkError:
        queue.put("ForkError")

if __name__ == "__main__":
    with libloop.Loop() as loop:
        for method in ("fork", "spawn", "forkserver"):
            context = multiprocessing.get_context(method)
            queue = context.SimpleQueue()
            process = context.Process(target=work, args=(queue,))
            process.start()
            print(method, queue.get())
            process.join()
"""
    )
    lines = outputs(
        f"import runpy, sys; sys.argv = [{str(program)!r}]; "
        f"runpy.run_path({str(program)!r}, run_name='__main__')"
    )
    assert lines == ["fork ForkError", "spawn ran", "forkserver ran"]


def test_subprocesses_are_no_forks() -> None:
    lines = outputs(
        """
        import subprocess, sys
        import libloop

        with libloop.Loop() as loop:
            print(subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True).stdout)
            loop.set_timeout(print, 0, "goes on")
            loop.run()
        """
    )
    assert lines == ["b'1\\n'", "goes on"]


def test_faulthandler_and_the_library_live_together() -> None:
    lines = outputs(
        """
        import faulthandler
        faulthandler.enable()
        faulthandler.dump_traceback_later(60, exit=True)
        import libloop

        with libloop.Loop() as loop:
            loop.set_timeout(print, 1, "fired")
            loop.http("http://127.0.0.1:1/", lambda error, response: print(error.name))
            loop.run()
        faulthandler.cancel_dump_traceback_later()
        """
    )
    assert sorted(lines) == ["LOOP_ECONNREFUSED", "fired"]


def test_interpreter_ends_with_an_open_loop() -> None:
    for end in ("", "sys.exit()", "raise SystemExit(0)"):
        done = run_python(
            f"""
            import sys, threading
            import libloop
            loop = libloop.Loop()
            loop.set_timeout(print, 3_600_000)
            loop.run_nowait()
            loop.self = loop
            {end}
            """
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_interpreter_ends_with_a_loop_running_in_a_daemon_thread() -> None:
    done = run_python(
        """
        import threading
        import libloop

        ready = threading.Event()
        def serve():
            loop = libloop.Loop()
            loop.set_timeout(ready.set)
            loop.set_interval(lambda: None, 1)
            loop.run()
        threading.Thread(target=serve, daemon=True).start()
        ready.wait()
        """
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_close_in_atexit_works() -> None:
    lines = outputs(
        """
        import atexit
        import libloop
        loop = libloop.Loop()
        atexit.register(loop.close)
        loop.set_timeout(print, 3_600_000, on_error=lambda error: print(error.name))
        """
    )
    assert lines == ["LOOP_ECANCELED"]
