# SPDX-License-Identifier: MIT
"""A program that uses libloop and the module tally together, and checks what comes of it."""

import gc
import json
import socket
import sys
import tempfile
import threading
import weakref

import tally

from libloop import BadIdError, CanceledError, Loop

passed = failed = 0


def check(fact: str, holds: bool) -> None:
    global passed, failed
    print(f"{'ok' if holds else 'FAIL'} plugin python {fact}")
    passed += holds
    failed += not holds


def lines_and_words(loop: Loop) -> None:
    writer, reader = socket.socketpair()
    lines: list[str | None] = []
    counts: list[object] = []
    threads: list[str] = []
    count_words = tally.count_words

    def noting_thread(text: str) -> int:
        threads.append(threading.current_thread().name)
        return count_words(text)

    def write_second_half() -> None:
        writer.sendall(b" jumps over\nthe lazy dog and sleeps")
        writer.close()

    def line_came(line: str | None) -> None:
        lines.append(line)
        if len(lines) == 1:  # in the check phase: the poller has to report once more
            loop.set_immediate(write_second_half)
        if line is not None:
            tally.words(loop, line, lambda error, count: counts.append(error or count))

    # One thread, so that the counts come in the order of the lines.
    loop.set_workers(1, "python")
    tally.count_words = noting_thread
    tally.Lines(loop, reader, line_came)
    writer.sendall(b"the quick brown\nfox")
    loop.run()
    tally.count_words = count_words
    check(
        "three_lines_and_the_end_arrive_across_partial_writes",
        lines == ["the quick brown", "fox jumps over", "the lazy dog and sleeps", None],
    )
    check("the_modules_jobs_count_the_words_of_each_line", counts == [3, 3, 5])
    main = threading.current_thread().name
    check("the_modules_jobs_run_on_other_threads", len(threads) == 3 and main not in threads)
    check("the_modules_descriptor_is_closed_at_its_end", reader.fileno() == -1)


def errors_of_the_module(loop: Loop) -> None:
    outcomes: list[tuple[BaseException | None, int | None]] = []
    tally.words(loop, "one two\x01", lambda error, count: outcomes.append((error, count)))
    loop.run()
    error, count = outcomes[0]
    check(
        "an_error_of_the_modules_job_reaches_the_callback",
        len(outcomes) == 1
        and isinstance(error, tally.ControlCharacterError)
        and str(error) == "tally one two"
        and count is None,
    )


def cancel_a_waiting_job(loop: Loop) -> None:
    gate = threading.Event()
    outcomes: list[BaseException | None] = []

    def ended(error: BaseException | None, _count: int | None) -> None:
        outcomes.append(error)
        gate.set()

    loop.run_job(gate.wait)
    job = tally.words(loop, "never counted", ended)
    job.cancel()
    loop.run()
    check(
        "a_cancelled_job_of_the_module_ends_with_CanceledError",
        len(outcomes) == 1 and isinstance(outcomes[0], CanceledError),
    )
    try:
        job.cancel()
    except BadIdError:
        check("its_handle_is_stale_then", True)
    else:
        check("its_handle_is_stale_then", False)


def close_with_the_module_alive(loop: Loop) -> None:
    writer, reader = socket.socketpair()
    ended: list[str | None] = []

    class Callback:
        def __call__(self, line: str | None) -> None:
            ended.append(line)

    callback = Callback()
    gone = weakref.ref(callback)
    tally.Lines(loop, reader, callback)
    del callback
    loop.close()
    check("close_ends_what_the_module_left_alive", ended == [None] and reader.fileno() == -1)
    gc.collect()
    check("close_lets_go_of_the_modules_callback", gone() is None)
    writer.close()


def main() -> int:
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as trace:
        loop = Loop()
        loop.trace_file(trace.name, "json")
        lines_and_words(loop)
        errors_of_the_module(loop)
        cancel_a_waiting_job(loop)
        close_with_the_module_alive(loop)
        records = [json.loads(line) for line in trace]
    labels = [record.get("label") for record in records if record.get("kind") == "ready"]
    check("the_trace_names_the_modules_descriptor", labels.count("Lines") >= 2)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
