# SPDX-License-Identifier: MIT
"""The library as a guest of its process: many loops, many threads, signals and pipes."""

import threading

from libloop import Loop

from .support import outputs


def test_two_loops_on_two_threads_throw_a_ball() -> None:
    """Each throw is a post; each loop also has timers and jobs of its own."""
    throws = 200
    loops: list[Loop] = [Loop(), Loop()]
    caught: list[list[tuple[int, int]]] = [[], []]
    fired: list[int] = [0, 0]
    jobs: list[int] = [0, 0]

    def catch(side: int, number: int) -> None:
        caught[side].append((number, threading.get_ident()))
        if number < throws:
            loops[1 - side].post(catch, 1 - side, number + 1)
        else:
            for loop in loops:
                loop.unhold()

    def play(side: int) -> None:
        loop = loops[side]

        def tick() -> None:
            fired[side] += 1

        def done(error: BaseException | None, value: object) -> None:
            assert error is None
            jobs[side] += value == side

        for _ in range(50):
            loop.set_timeout(tick, 1)
            loop.run_job(int, side, callback=done)
        loop.run()
        loop.close()

    for loop in loops:
        loop.hold()
    loops[0].post(catch, 0, 1)
    threads = [threading.Thread(target=play, args=(side,)) for side in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [number for number, _ in caught[0]] == list(range(1, throws + 1, 2))
    assert [number for number, _ in caught[1]] == list(range(2, throws + 1, 2))
    # Each loop called back on its own thread only.
    assert [len({ident for _, ident in side}) for side in caught] == [1, 1]
    assert caught[0][0][1] != caught[1][0][1]
    assert fired == [50, 50] and jobs == [50, 50]


def test_thousand_loops_leave_descriptors_threads_and_memory_level() -> None:
    lines = outputs(
        """
        import os, pathlib, time
        import libloop

        def use_one(alive):
            reader, writer = os.pipe()
            with libloop.Loop() as loop:
                loop.set_timeout(lambda: None)
                loop.set_immediate(lambda: None)
                loop.post(lambda: None)
                loop.run_job(bytes, 1000)
                if alive:
                    loop.set_timeout(print, 3_600_000)
                    loop.start_prepare(lambda: None)
                    loop.poll_fd(reader, libloop.READABLE, lambda error, ready: None)
                    loop.run_nowait()
                else:
                    loop.run()
            os.close(reader)
            os.close(writer)

        def count(what):
            return len(os.listdir(f"/proc/self/{what}"))

        def kib():
            text = pathlib.Path("/proc/self/status").read_text()
            return int(text.partition("VmRSS:")[2].split()[0])

        for alive in (False, True):
            for _ in range(300):
                use_one(alive)
            fds, threads, before = count("fd"), count("task"), kib()
            for _ in range(1000):
                use_one(alive)
            # Go's heap goes up and down by some MiB, and it makes threads when it needs them; one
            # that was joined stays listed for a moment.
            until = time.monotonic() + 5
            while count("task") > threads + 16 and time.monotonic() < until:
                pass
            assert count("task") <= threads + 16, (threads, count("task"))
            assert count("fd") == fds, (fds, count("fd"))
            assert kib() <= before + 8192, (before, kib())
        print("level")
        """
    )
    assert lines == ["level"]


def test_loading_takes_five_signals_and_the_librarys_threads_block_the_rest() -> None:
    lines = outputs(
        """
        import pathlib, signal, threading
        import libloop

        def signals(status, name):
            text = pathlib.Path(status).read_text()
            mask = int(text.partition(name)[2].split()[0], 16)
            return {number for number in range(1, 32) if mask >> (number - 1) & 1}

        status = "/proc/thread-self/status"
        before = [signals(status, name) for name in ("SigBlk:", "SigIgn:", "SigCgt:")]
        ours = {threading.get_native_id()}
        with libloop.Loop() as loop:
            loop.http_get("http://127.0.0.1:9/", lambda error, response: None)
            loop.run_job(lambda: ours.add(threading.get_native_id()))
            loop.run()
            after = [signals(status, name) for name in ("SigBlk:", "SigIgn:", "SigCgt:")]
            # What Python ignores stays ignored: the handler of SIGPIPE knows of it.
            print(before[0] == after[0], before[1] - after[1] <= {signal.SIGPIPE})
            mine = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGPIPE, signal.SIGURG}
            print(after[2] - before[2] <= mine, before[2] <= after[2])
            asynchronous = {signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2,
                            signal.SIGALRM, signal.SIGHUP}
            others = 0
            for task in pathlib.Path("/proc/self/task").iterdir():
                if int(task.name) not in ours:
                    others += 1
                    assert asynchronous <= signals(task / "status", "SigBlk:"), task
            print(others > 0)
        """
    )
    assert lines == ["True True", "True True", "True"]


def test_broken_pipes_of_the_library_never_end_the_process() -> None:
    """Python ignores SIGPIPE; a program that does not is not to die of what the library writes."""
    lines = outputs(
        """
        import os, signal, socket, struct, threading
        import libloop

        def reset(listener):
            linger = struct.pack("ii", 1, 0)
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    connection.recv(4096)

        def use_a_loop():
            reader, writer = os.pipe()
            os.close(reader)
            failed = []
            with libloop.Loop() as loop:
                loop.trace_file(writer)  # nobody reads it
                for _ in range(20):
                    loop.http_get(url, lambda error, response: failed.append(error is not None))
                loop.run()
            os.close(writer)
            print(len(failed), all(failed))

        listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        threading.Thread(target=reset, args=(listener,), daemon=True).start()
        for action in (signal.SIG_IGN, signal.SIG_DFL):
            signal.signal(signal.SIGPIPE, action)
            use_a_loop()
            print(signal.getsignal(signal.SIGPIPE) == action, signal.sigpending())
        """
    )
    assert lines == ["20 True", "True set()"] * 2
