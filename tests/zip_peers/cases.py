# SPDX-License-Identifier: MIT
"""Random cases: data, options, damage. Each compares libloop with a peer and returns a complaint,
or an empty string."""

from __future__ import annotations

import pathlib
import random
from typing import Any

from peers import DONE, Node, Ours, Outcome, tool

# Format, Node's calls, highest level.
FORMATS = [
    ("gzip", "gzipSync", "gunzipSync", 9),
    ("deflate", "deflateSync", "inflateSync", 9),
    ("deflate_raw", "deflateRawSync", "inflateRawSync", 9),
    ("brotli", "brotliCompressSync", "brotliDecompressSync", 11),
]
WORDS = pathlib.Path(__file__).read_text(encoding="utf-8").split()


def make_data(rng: random.Random) -> bytes:
    """Text, noise, runs, or some of each; mostly short."""
    size = rng.choice([0, 1, 10, 100, 1000, 10_000, 40_000, 200_000])
    size = rng.randint(size // 2, size + size // 2)
    kind = rng.randrange(4)
    if kind == 0:
        data = " ".join(rng.choice(WORDS) for _ in range(size // 4 + 1)).encode()
    elif kind == 1:
        data = rng.randbytes(size)
    elif kind == 2:
        data = bytes([rng.randrange(256)]) * size
    else:
        data = b""
        while len(data) < size:
            data += rng.randbytes(rng.randint(0, 300)) * rng.randint(1, 40)
    return data[:size]


def make_dictionary(rng: random.Random, format: str, data: bytes) -> bytes | None:
    """Sometimes something that the data may refer to."""
    if format not in ("deflate", "deflate_raw", "zstd") or rng.random() < 0.6:
        return None
    start = rng.randint(0, len(data))
    return data[start : start + rng.randint(1, 60_000)] + rng.randbytes(rng.randint(1, 300))


def make_parts(rng: random.Random, data: bytes, flushes: bool) -> list[bytes]:
    """Data cut at random places; with empty parts, which flush, in between."""
    parts = []
    while data:
        size = rng.choice([1, 7, 100, 5000, 70_000])
        parts.append(data[:size])
        data = data[size:]
        if len(parts) > 200:
            parts.append(data)
            data = b""
        if flushes and rng.random() < 0.2:
            parts.append(b"")
    return parts


def damage(rng: random.Random, data: bytes) -> bytes:
    """What a bad disk or a bad peer makes of data."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        if not out:
            break
        at = rng.randrange(len(out))
        kind = rng.randrange(5)
        if kind < 2:
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del out[at:]
        elif kind == 3:
            del out[at : at + rng.randint(1, 5)]
        else:
            out[at:at] = rng.randbytes(rng.randint(1, 5))
    return bytes(out)


def make_tail(rng: random.Random, member: bytes) -> bytes:
    """What may follow compressed data."""
    return rng.choice(
        [
            b"\0" * rng.randint(1, 600),
            b"\0" + rng.randbytes(5),
            rng.randbytes(rng.randint(1, 30)),
            member,
            member + b"\0\0",
            member[: rng.randint(0, len(member))],
            b"\x1f\x8b" + rng.randbytes(rng.randint(0, 12)),
            b"\x1f",
        ]
    )


def node_options(rng: random.Random, format: str, size: int) -> dict[str, Any]:
    if format == "brotli":
        return {
            "params": {
                "BROTLI_PARAM_QUALITY": rng.randint(0, 11 if size < 20_000 else 9),
                "BROTLI_PARAM_LGWIN": rng.randint(10, 24),
                "BROTLI_PARAM_MODE": rng.randint(0, 2),
            }
        }
    return {
        "level": rng.randint(0, 9),
        "memLevel": rng.randint(1, 9),
        "windowBits": rng.randint(9, 15),
        "strategy": rng.randint(0, 4),
    }


def make_level(rng: random.Random, highest: int, size: int) -> int:
    """Any level; the slowest of brotli only for what is short."""
    lowest = 0 if highest == 9 else 1
    return rng.randint(lowest, highest if size < 20_000 else min(highest, 9))


def unequal(what: str, got: Outcome, want: bytes) -> str:
    return "" if got.what == DONE and got.data == want else f"{what}: {got}, not {len(want)} bytes"


# ---- Node ----------------------------------------------------------------------------------------


def node_reads_ours(rng: random.Random, ours: Ours, node: Node) -> str:
    format, _, unpack, highest = rng.choice(FORMATS)
    data = make_data(rng)
    dictionary = make_dictionary(rng, format, data)
    level = make_level(rng, highest, len(data))
    packed = ours.compress(format, data, level=level, dictionary=dictionary)
    back = node.call(unpack, packed.data, {}, dictionary)
    return unequal(f"{format}, level {level}, {packed}, read by Node", back, data)


def node_reads_our_streams(rng: random.Random, ours: Ours, node: Node) -> str:
    format, _, unpack, highest = rng.choice(FORMATS)
    data = make_data(rng)
    dictionary = make_dictionary(rng, format, data)
    level = make_level(rng, highest, len(data))
    parts = make_parts(rng, data, flushes=True)
    packed = ours.stream(
        lambda cb: ours.loop.zip.compress_stream(
            format,  # type: ignore[arg-type]
            cb,
            level=level,
            dictionary=dictionary,
        ),
        parts,
    )
    back = node.call(unpack, packed.data, {}, dictionary)
    return unequal(f"{format} stream of {len(parts)} parts, read by Node", back, data)


def we_read_nodes(rng: random.Random, ours: Ours, node: Node) -> str:
    format, pack, _, _ = rng.choice(FORMATS)
    data = make_data(rng)
    dictionary = make_dictionary(rng, format, data)
    options = node_options(rng, format, len(data))
    packed = node.call(pack, data, options, dictionary)
    back = ours.decompress(format, packed.data, dictionary=dictionary)
    complaint = unequal(f"{format} of Node with {options}", back, data)
    streamed = ours.stream(
        lambda cb: ours.loop.zip.decompress_stream(format, cb, dictionary=dictionary),  # type: ignore[arg-type]
        make_parts(rng, packed.data, flushes=False),
    )
    return complaint or unequal(f"{format} of Node with {options}, as a stream", streamed, data)


def bad_data_is_the_same_to_node(rng: random.Random, ours: Ours, node: Node) -> str:
    format, pack, unpack, _ = rng.choice(FORMATS)
    data = make_data(rng)
    options = node_options(rng, format, len(data))
    packed = node.call(pack, data, options).data
    changed = rng.random()
    if changed < 0.5:
        packed = damage(rng, packed)
    elif changed < 0.9:
        packed += make_tail(rng, packed)
    limit = rng.choice([1 << 20, max(1, len(data)), max(1, len(data) - 1)])
    theirs = node.call(unpack, packed, {"maxOutputLength": limit})
    mine = ours.decompress(format, packed, max_out=limit)
    if (theirs.what, theirs.data) == (mine.what, mine.data):
        return ""
    # Both say no. Which of two faults is met first is up to how far ahead one reads.
    if DONE not in (theirs.what, mine.what):
        return ""
    return f"{format} {packed[:60].hex()} ({len(packed)} bytes): Node {theirs}, libloop {mine}"


# ---- gzip(1) and zstd(1) -------------------------------------------------------------------------


def gzip_reads_ours(rng: random.Random, ours: Ours) -> str:
    data = make_data(rng)
    packed = b"".join(
        ours.compress("gzip", part, level=rng.randint(0, 9)).data
        for part in (data[: len(data) // 3], data[len(data) // 3 :])
    )
    return unequal("gzip, two members, read by gzip(1)", tool(["gzip", "-dc"], packed), data)


def we_read_gzips(rng: random.Random, ours: Ours) -> str:
    data = make_data(rng)
    half = rng.randint(0, len(data))
    level = f"-{rng.randint(1, 9)}"
    packed = b"".join(tool(["gzip", "-c", level], p).data for p in (data[:half], data[half:]))
    packed += b"\0" * rng.choice([0, 1, 1000])
    return unequal(f"gzip {level}", ours.decompress("gzip", packed), data)


def zstd_reads_ours(rng: random.Random, ours: Ours, folder: pathlib.Path) -> str:
    data = make_data(rng)
    dictionary = make_dictionary(rng, "zstd", data)
    level = rng.randint(1, 22)
    known = []
    if dictionary is not None:
        (folder / "dictionary").write_bytes(dictionary)
        known = ["-D", str(folder / "dictionary")]
    if rng.random() < 0.5:
        packed = ours.compress("zstd", data, level=level, dictionary=dictionary)
    else:
        parts = make_parts(rng, data, flushes=True)
        packed = ours.stream(
            lambda cb: ours.loop.zip.compress_stream(
                "zstd", cb, level=level, dictionary=dictionary
            ),
            parts,
        )
    back = tool(["zstd", "-dqc", *known], packed.data)
    return unequal(f"zstd, level {level}, {packed}, read by zstd(1)", back, data)


def we_read_zstds(rng: random.Random, ours: Ours, folder: pathlib.Path) -> str:
    data = make_data(rng)
    dictionary = make_dictionary(rng, "zstd", data)
    options = [rng.choice(["-1", "-3", "-9", "-15", "-19", "--fast=5", "--long=27", "-3"])]
    if rng.random() < 0.3:
        options.append("--no-check")
    if dictionary is not None:
        (folder / "dictionary").write_bytes(dictionary)
        options += ["-D", str(folder / "dictionary")]
    half = rng.randint(0, len(data)) if rng.random() < 0.3 else len(data)
    packed = b"".join(
        tool(["zstd", "-qc", *options], part).data for part in (data[:half], data[half:])
    )
    back = ours.decompress("zstd", packed, dictionary=dictionary)
    complaint = unequal(f"zstd {options}", back, data)
    streamed = ours.stream(
        lambda cb: ours.loop.zip.decompress_stream("zstd", cb, dictionary=dictionary),
        make_parts(rng, packed, flushes=False),
    )
    return complaint or unequal(f"zstd {options}, as a stream", streamed, data)


def with_reserved_bits_back(packed: bytes, good: bytes) -> bytes:
    """Damaged data in which bytes that differ from the good ones in the two lowest bits alone are
    good again. Those bits of the byte that says how sequences are packed are reserved and must be
    0 (RFC 8878, 3.1.1.3.2.1); zstd(1) does not look at them before 1.5.5, and decodes."""
    if len(packed) != len(good):
        return packed
    return bytes(g if 0 < p ^ g < 4 else p for p, g in zip(packed, good, strict=True))


def bad_data_is_the_same_to_zstd(rng: random.Random, ours: Ours) -> str:
    data = make_data(rng)
    good = tool(["zstd", "-qc", f"-{rng.randint(1, 9)}"], data).data
    packed = damage(rng, good) if rng.random() < 0.7 else good + make_tail(rng, good)
    theirs = tool(["zstd", "-dqc"], packed)
    mine = ours.decompress("zstd", packed, max_out=1 << 24)
    if DONE not in (theirs.what, mine.what):
        return ""
    if (theirs.what, theirs.data) == (mine.what, mine.data):
        return ""
    if theirs.what == DONE and mine.what != DONE:
        again = ours.decompress("zstd", with_reserved_bits_back(packed, good), max_out=1 << 24)
        if (again.what, again.data) == (DONE, theirs.data):
            return ""
    return f"zstd {packed[:60].hex()}: zstd(1) {theirs}, libloop {mine}"
