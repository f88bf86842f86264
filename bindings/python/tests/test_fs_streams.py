# SPDX-License-Identifier: MIT
"""Files as flows: pieces, pause and resume, backpressure."""

import os
from pathlib import Path
from typing import Any

import pytest

import libloop
from libloop import Loop


def test_a_file_is_read_in_pieces(loop: Loop, tmp_path: Path) -> None:
    data = os.urandom(300_000)
    (tmp_path / "file").write_bytes(data)
    pieces: list[Any] = []
    loop.fs.read_stream(tmp_path / "file", lambda error, piece: pieces.append((error, piece)))
    loop.run()
    assert pieces[-1] == (None, None)
    assert b"".join(piece for _, piece in pieces[:-1]) == data
    assert max(len(piece) for _, piece in pieces[:-1]) == 64 * 1024
    pieces.clear()
    loop.fs.read_stream(
        tmp_path / "file", lambda error, piece: pieces.append(piece), offset=5, length=10, piece=4
    )
    loop.run()
    assert pieces == [data[5:9], data[9:13], data[13:15], None]


def test_a_paused_stream_waits_for_resume(loop: Loop, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(50))
    pieces: list[Any] = []

    def on_piece(error: object, piece: bytes | None) -> None:
        pieces.append(piece)
        if piece is not None:
            stream.pause()

    stream = loop.fs.read_stream(tmp_path / "file", on_piece, piece=10)
    loop.run()
    before = len(pieces)
    assert before in (1, 2)  # one may be on its way
    while stream.active:
        stream.resume()
        loop.run()
    assert pieces == [bytes(10)] * 5 + [None]
    with pytest.raises(libloop.BadIdError):
        stream.resume()


def test_a_file_is_written_in_pieces_and_says_what_waits(loop: Loop, tmp_path: Path) -> None:
    path = tmp_path / "file"
    done: list[Any] = []
    stream = loop.fs.write_stream(path, lambda error, count: done.append((error, count)))
    stream.write(b"one", lambda error, count: done.append(("write", count)))
    stream.write(memoryview(b"two"))
    stream.write(bytearray(b"three"), borrow=True)
    assert stream.waiting == 11
    stream.end()
    assert stream.ended
    loop.run()
    assert done == [("write", 3), (None, 11)]
    assert stream.waiting == 0 and path.read_bytes() == b"onetwothree"


def test_a_writer_is_told_when_it_may_go_on(loop: Loop, tmp_path: Path) -> None:
    drains: list[int] = []
    stream = loop.fs.write_stream(tmp_path / "file", lambda error, count: None)
    stream.high_water = 1000
    stream.on_drain = lambda: drains.append(stream.waiting)
    while not stream.full:
        stream.write(bytes(300))
    loop.run()
    assert drains == [900]
    stream.end()
    loop.run()


def test_errors_of_streams_have_names_and_end_what_waits(loop: Loop, tmp_path: Path) -> None:
    errors: list[Any] = []
    loop.fs.read_stream(tmp_path / "missing", lambda error, piece: errors.append(error))
    loop.run()
    assert isinstance(errors[0], FileNotFoundError)
    assert errors[0].filename == str(tmp_path / "missing")
    errors.clear()
    stream = loop.fs.write_stream(tmp_path / "no" / "file", lambda error, _: errors.append(error))
    stream.write(b"x", lambda error, _: errors.append(error))
    stream.write(b"y")  # without a callback: the stream's is told
    loop.run()
    assert [type(error).__name__ for error in errors] == ["NotFoundError", "CanceledError"]
    with pytest.raises(libloop.BadIdError):
        stream.write(b"z")


def test_a_write_after_the_end_is_a_closed_pipe(loop: Loop, tmp_path: Path) -> None:
    errors: list[Any] = []
    stream = loop.fs.write_stream(tmp_path / "file", lambda error, _: None)
    stream.end()
    stream.write(b"late", lambda error, _: errors.append(error))
    loop.run()
    assert [type(error).__name__ for error in errors] == ["PipeClosedError"]


def test_a_copy_with_backpressure_is_the_same(loop: Loop, tmp_path: Path) -> None:
    data = os.urandom(2_000_003)
    (tmp_path / "from").write_bytes(data)
    most = 0
    target = loop.fs.write_stream(tmp_path / "to", lambda error, count: None, atomic=True)
    target.high_water = 200_000

    def on_piece(error: object, piece: bytes | None) -> None:
        nonlocal most
        if piece is None:
            target.end()
            return
        target.write(piece)
        most = max(most, target.waiting)
        if target.full:
            source.pause()

    source = loop.fs.read_stream(tmp_path / "from", on_piece)
    target.on_drain = source.resume
    loop.run()
    assert (tmp_path / "to").read_bytes() == data
    assert most < 400_000
