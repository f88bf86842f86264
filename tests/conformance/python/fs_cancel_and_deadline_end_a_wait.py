# SPDX-License-Identifier: MIT
"""A wait for a FIFO ends by cancel or deadline, and files go on."""

import os
from typing import Any

from conformance import name_of, say
from fs_common import Work, work

import libloop


def main(w: Work, fs: Any) -> None:
    os.mkfifo("fifo")

    def outcome(what: str) -> Any:
        def told(error: libloop.LoopError | None, value: object) -> None:
            assert error is not None
            say(f"{what}: {name_of(error)}, {error.text}")

        return told

    def over(what: str) -> Any:
        def ended(_error: object) -> None:
            say(f"{what}: over")
            w.loop.unhold()

        return ended

    w.loop.hold()
    reading = fs.read_file("fifo", outcome("cancelled"), on_final=over("cancelled"))
    w.loop.set_timeout(reading.cancel, 20)
    w.loop.run()
    w.loop.hold()
    late: Any = {"timeout_ms": 20, "on_final": over("too late")}
    fs.open("fifo", outcome("too late"), flags=os.O_WRONLY, **late)
    w.loop.run()
    w.do("write", fs.write_file, "file", b"goes on")


work(main)
