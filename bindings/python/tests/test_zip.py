# SPDX-License-Identifier: MIT
"""Compression against the modules of Python, and its errors."""

import bz2
import gzip
import json
import pathlib
import random
import weakref
import zlib
from collections.abc import Callable

import pytest

import libloop
from libloop import Compression, InvalidError, Loop, LoopError
from libloop._zip import FORMATS, Format

ALL: list[Format] = ["gzip", "deflate", "deflate_raw", "zstd", "brotli"]
TEXT = b"the quick brown fox jumps over the lazy dog, and again over the lazy dog. " * 40
NOISE = random.Random(1).randbytes(300_000)

Result = tuple[LoopError | None, bytes | None]


def done(loop: Loop, start: Callable[[Callable[..., object]], Compression]) -> Result:
    """Starts something, runs the loop, and returns what the one callback was given."""
    got: list[Result] = []
    start(lambda error, data: got.append((error, data)))
    loop.run()
    assert len(got) == 1
    return got[0]


def value(result: Result) -> bytes:
    error, data = result
    assert error is None and data is not None, error
    return data


def pack(loop: Loop, format: Format, data: bytes, level: int | None = None) -> bytes:
    return value(done(loop, lambda cb: loop.zip.compress(format, data, cb, level=level)))


@pytest.mark.parametrize("format", ALL)
@pytest.mark.parametrize("data", [b"", b"x", TEXT, NOISE], ids=["empty", "byte", "text", "noise"])
def test_every_format_gives_back_what_it_was_given(loop: Loop, format: Format, data: bytes) -> None:
    packed = pack(loop, format, data)
    assert packed != data
    assert value(done(loop, lambda cb: loop.zip.decompress(format, packed, cb))) == data


def test_pythons_modules_read_and_are_read(loop: Loop) -> None:
    zip = loop.zip
    assert gzip.decompress(value(done(loop, lambda cb: zip.gzip(TEXT, cb)))) == TEXT
    assert zlib.decompress(value(done(loop, lambda cb: zip.deflate(TEXT, cb)))) == TEXT
    raw = value(done(loop, lambda cb: zip.deflate_raw(TEXT, cb)))
    assert zlib.decompress(raw, -15) == TEXT
    assert value(done(loop, lambda cb: zip.gunzip(gzip.compress(TEXT), cb))) == TEXT
    assert value(done(loop, lambda cb: zip.inflate(zlib.compress(TEXT), cb))) == TEXT
    packer = zlib.compressobj(wbits=-15)
    raw = packer.compress(TEXT) + packer.flush()
    assert value(done(loop, lambda cb: zip.inflate_raw(raw, cb))) == TEXT
    packed = value(done(loop, lambda cb: zip.zstd_compress(TEXT, cb)))
    assert value(done(loop, lambda cb: zip.zstd_decompress(packed, cb))) == TEXT
    packed = value(done(loop, lambda cb: zip.brotli_compress(TEXT, cb)))
    assert value(done(loop, lambda cb: zip.brotli_decompress(packed, cb))) == TEXT


def test_levels_trade_time_for_size(loop: Loop) -> None:
    data = bz2.compress(NOISE)[:1000] + TEXT * 30
    for format in ALL:
        best = len(pack(loop, format, data, FORMATS[format][1]))
        assert best < len(pack(loop, format, data, 1))
    for format in ("gzip", "deflate", "deflate_raw"):
        assert len(data) < len(pack(loop, format, data, 0)) < len(data) + 100


def test_several_members_are_one_file(loop: Loop) -> None:
    data = gzip.compress(b"one ") + gzip.compress(b"two") + bytes(10)
    assert value(done(loop, lambda cb: loop.zip.gunzip(data, cb))) == b"one two"


@pytest.mark.parametrize("format", ["deflate", "deflate_raw", "zstd"])
def test_a_dictionary_is_given_on_both_sides(loop: Loop, format: Format) -> None:
    zip, known = loop.zip, TEXT[:80]
    packed = value(done(loop, lambda cb: zip.compress(format, TEXT[:70], cb, dictionary=known)))
    assert len(packed) < 30
    same = done(loop, lambda cb: zip.decompress(format, packed, cb, dictionary=known))
    assert value(same) == TEXT[:70]


def test_a_dictionary_that_is_missing_is_named(loop: Loop) -> None:
    packed = value(done(loop, lambda cb: loop.zip.deflate(TEXT, cb, dictionary=TEXT)))
    error, data = done(loop, lambda cb: loop.zip.inflate(packed, cb))
    assert isinstance(error, libloop.DataError) and error.text == "inflate: dictionary"
    assert data is None


@pytest.mark.parametrize("format", ALL)
def test_bad_data_is_an_error_with_a_name(loop: Loop, format: Format) -> None:
    zip = loop.zip
    packed = pack(loop, format, NOISE)
    error, data = done(loop, lambda cb: zip.decompress(format, packed[:-5], cb))
    assert isinstance(error, libloop.EndedEarlyError) and isinstance(error, EOFError)
    assert data is None
    error, data = done(loop, lambda cb: zip.decompress(format, b"\xff" * 40, cb))
    assert isinstance(error, libloop.DataError) and isinstance(error, ValueError)
    assert error.code == -25 and error.name == "LOOP_EDATA" and data is None
    error, data = done(loop, lambda cb: zip.decompress(format, b"", cb))
    assert isinstance(error, libloop.EndedEarlyError)


@pytest.mark.parametrize("format", ALL)
def test_output_has_a_limit(loop: Loop, format: Format) -> None:
    packed = pack(loop, format, NOISE)
    size = len(NOISE)
    fits = done(loop, lambda cb: loop.zip.decompress(format, packed, cb, max_out=size))
    assert value(fits) == NOISE
    error, data = done(loop, lambda cb: loop.zip.decompress(format, packed, cb, max_out=size - 1))
    assert isinstance(error, libloop.TooBigError) and data is None
    error, _ = done(loop, lambda cb: loop.zip.compress(format, NOISE, cb, max_out=1000))
    assert isinstance(error, libloop.TooBigError)


def test_data_that_could_change_is_copied(loop: Loop) -> None:
    data = bytearray(TEXT)
    got: list[Result] = []
    loop.zip.gzip(data, lambda *args: got.append(args))
    loop.zip.gzip(memoryview(data)[10:20], lambda *args: got.append(args))
    data[:] = bytes(len(data))
    loop.run()
    assert gzip.decompress(value(got[0])) == TEXT or gzip.decompress(value(got[1])) == TEXT
    assert {gzip.decompress(value(one)) for one in got} == {TEXT, TEXT[10:20]}


def test_a_cancel_and_a_deadline_end_it(loop: Loop) -> None:
    big = bytes(64 << 20)
    got: list[LoopError | None] = []
    finals: list[object] = []
    running = loop.zip.brotli_compress(
        big, lambda error, data: got.append(error), level=11, on_final=finals.append
    )
    loop.zip.brotli_compress(big, lambda error, data: got.append(error), level=11, timeout_ms=1)
    loop.set_immediate(running.cancel)
    loop.run()
    assert {type(error) for error in got} == {libloop.CanceledError, libloop.TimedOutError}
    # Neither keeps the loop alive any more, but a worker may still read the memory.
    loop.close()
    assert not running.active and isinstance(running.error, libloop.CanceledError)
    assert len(finals) == 1 and isinstance(finals[0], libloop.CanceledError)


def test_a_cleared_one_is_silent(loop: Loop) -> None:
    handle = loop.zip.gzip(TEXT, lambda *args: pytest.fail("called"))
    handle.clear()
    loop.run()
    assert not handle.active


def test_the_data_is_let_go_of_at_the_end(loop: Loop) -> None:
    class Seen(bytes):
        """Bytes that can be watched."""

    class Callback:
        def __call__(self, error: LoopError | None, data: bytes | None) -> None: ...

    callback = Callback()
    seen = weakref.ref(callback)
    loop.zip.gzip(Seen(TEXT), callback)
    del callback
    assert seen() is not None
    loop.run()
    assert seen() is None


@pytest.mark.parametrize(
    "start",
    [
        lambda z, cb: z.compress("lzma", b"", cb),
        lambda z, cb: z.decompress("", b"", cb),
        lambda z, cb: z.gzip("text", cb),
        lambda z, cb: z.gzip(None, cb),
        lambda z, cb: z.gzip(b"", cb, level=10),
        lambda z, cb: z.gzip(b"", cb, level=-1),
        lambda z, cb: z.gzip(b"", cb, level="9"),
        lambda z, cb: z.zstd_compress(b"", cb, level=0),
        lambda z, cb: z.zstd_compress(b"", cb, level=23),
        lambda z, cb: z.brotli_compress(b"", cb, level=12),
        lambda z, cb: z.gzip(b"", cb, dictionary=b"abc"),
        lambda z, cb: z.brotli_decompress(b"", cb, dictionary=b"abc"),
        lambda z, cb: z.deflate(b"", cb, dictionary="abc"),
        lambda z, cb: z.gunzip(b"", cb, max_out=0),
        lambda z, cb: z.gunzip(b"", cb, max_out=1 << 63),
        lambda z, cb: z.gunzip(b"", cb, max_out="1"),
        lambda z, cb: z.gunzip(b"", cb, timeout_ms=-1),
    ],
)
def test_arguments_that_make_no_sense_are_refused_at_the_call(
    loop: Loop, start: Callable[[object, object], object]
) -> None:
    with pytest.raises(InvalidError):
        start(loop.zip, lambda *args: pytest.fail("called"))
    loop.run()
    assert loop.alive == 0


def test_a_broken_dictionary_of_zstd_is_told_later(loop: Loop) -> None:
    broken = b"\x37\xa4\x30\xec" + b"\xff" * 100
    error, _ = done(loop, lambda cb: loop.zip.zstd_compress(TEXT, cb, dictionary=broken))
    assert isinstance(error, InvalidError) and error.text == "zstd_compress: dictionary"


def test_traces_say_what_runs(loop: Loop, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "trace"
    loop.trace_file(path)
    loop.zip.gzip(TEXT, lambda *args: None)
    loop.zip.gunzip(b"", lambda *args: None, label="mine")
    loop.run()
    records = [json.loads(line) for line in path.read_text().splitlines()]
    jobs = {(record["label"], record["thread"][:3]) for record in records if "label" in record}
    assert {("gzip", "cpu"), ("mine", "cpu")} <= jobs


def test_many_at_once_all_come_back(loop: Loop) -> None:
    got: dict[int, bytes] = {}

    def packed(number: int, data: bytes) -> None:
        def unpacked(error: LoopError | None, back: bytes | None) -> None:
            assert error is None and back is not None
            got[number] = back

        loop.zip.inflate(data, unpacked)

    def start(number: int) -> None:
        def arrived(error: LoopError | None, data: bytes | None) -> None:
            assert error is None and data is not None
            packed(number, data)

        loop.zip.deflate(str(number).encode() * 50, arrived, level=1)

    for number in range(500):
        start(number)
    loop.run()
    assert got == {number: str(number).encode() * 50 for number in range(500)}


def test_a_closed_loop_ends_what_is_under_way() -> None:
    loop = Loop()
    got: list[LoopError | None] = []
    for _ in range(8):
        loop.zip.gzip(NOISE * 30, lambda error, data: got.append(error))
    loop.run_nowait()
    loop.close()
    assert len(got) == 8
    assert all(error is None or isinstance(error, libloop.CanceledError) for error in got)


# ---- streams ----------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ALL)
def test_streams_pass_on_what_they_make(loop: Loop, format: Format) -> None:
    back: list[bytes | None] = []

    def unpacked(error: LoopError | None, piece: bytes | None) -> None:
        assert error is None
        back.append(piece)

    def packed(error: LoopError | None, piece: bytes | None) -> None:
        assert error is None
        if piece is not None:
            assert 0 < len(piece) <= 256 << 10
            unpacking.write(piece)
        elif unpacking.active:  # from its data it may know that it is over
            unpacking.end()

    unpacking = loop.zip.decompress_stream(format, unpacked)
    packing = loop.zip.compress_stream(format, packed, level=1)
    for at in range(0, len(NOISE), 70_000):
        packing.write(NOISE[at : at + 70_000])
    packing.end()
    loop.run()
    assert back[-1] is None and None not in back[:-1]
    assert b"".join(piece for piece in back if piece) == NOISE
    assert not packing.active and packing.waiting == 0


def test_writing_nothing_lets_out_what_was_written(loop: Loop) -> None:
    pieces: list[bytes | None] = []
    unpacker = zlib.decompressobj(wbits=31)
    stream = loop.zip.compress_stream("gzip", lambda error, piece: pieces.append(piece))
    for _ in range(3):
        stream.write(TEXT)
        seen: list[int] = []
        stream.write(b"", lambda error, count, seen=seen: seen.append(len(pieces)))  # type: ignore[misc]
        loop.run()
        # The write is told behind what it led to.
        assert seen == [len(pieces)] and pieces
        assert unpacker.decompress(b"".join(piece or b"" for piece in pieces)) == TEXT
        pieces.clear()
    stream.end()
    loop.run()
    assert pieces[-1] is None


def test_a_stream_of_garbage_ends_with_an_error_and_so_do_its_writes(loop: Loop) -> None:
    got: list[Result] = []
    writes: list[LoopError | None] = []
    stream = loop.zip.decompress_stream("gzip", lambda *args: got.append(args))
    for _ in range(3):
        stream.write(b"this is no gzip", lambda error, count: writes.append(error))
    loop.run()
    assert len(got) == 1 and isinstance(got[0][0], libloop.DataError)
    assert len(writes) == 3 and isinstance(writes[2], libloop.CanceledError)
    with pytest.raises(libloop.BadIdError):
        stream.write(b"more")


def test_a_stream_has_limits_dictionaries_and_levels(loop: Loop) -> None:
    packed: list[bytes] = []
    stream = loop.zip.compress_stream(
        "deflate", lambda error, piece: packed.append(piece or b""), level=9, dictionary=TEXT
    )
    stream.write(TEXT)
    stream.end()
    loop.run()
    data = b"".join(packed)
    assert len(data) < 40
    back: list[Result] = []
    again = loop.zip.decompress_stream(
        "deflate", lambda *args: back.append(args), dictionary=TEXT, max_out=len(TEXT) - 1
    )
    again.write(data)
    again.end()
    loop.run()
    assert isinstance(back[-1][0], libloop.TooBigError)
    for bad in ({"level": 10}, {"dictionary": b"x" * 3, "format": "gzip"}, {"max_out": 0}):
        options: dict[str, object] = {"format": "deflate", **bad}
        with pytest.raises(InvalidError):
            loop.zip.compress_stream(callback=print, **options)  # type: ignore[arg-type]


def test_a_paused_stream_keeps_no_loop_alive(loop: Loop) -> None:
    data = zlib.compress(bytes(4 << 20))
    total = 0

    def piece(error: LoopError | None, data: bytes | None) -> None:
        nonlocal total
        if data is not None:
            total += len(data)
            stream.pause()

    stream = loop.zip.decompress_stream("deflate", piece)
    stream.write(data)
    stream.end()
    runs = 0
    while stream.active:
        loop.run()
        runs += 1
        if stream.active:
            stream.resume()
    assert total == 4 << 20 and runs >= 8  # one more piece may be on its way


def test_borrowed_data_is_locked_until_the_final_event(loop: Loop) -> None:
    data = bytearray(TEXT)
    got: list[Result] = []
    loop.zip.gzip(data, lambda *args: got.append(args), borrow=True)
    with pytest.raises(BufferError):
        data.clear()
    loop.run()
    data.clear()
    assert gzip.decompress(value(got[0])) == TEXT
