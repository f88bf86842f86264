# SPDX-License-Identifier: MIT
"""HTTP requests and what comes back."""

import ctypes
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ._cdef import (
    LOOP_EV_HEAD,
    LOOP_EV_MORE,
    LOOP_HTTP_BORROW_BODY,
    LOOP_HTTP_FOLLOW,
    LOOP_HTTP_INSECURE,
    LOOP_HTTP_NO_KEEPALIVE,
    LOOP_HTTP_STREAM,
    LOOP_OP_HTTP,
    LoopHttp,
)
from ._errors import InvalidError, LoopError
from ._handles import FinalCallback, Operation

if TYPE_CHECKING:
    from ._core import Core

HeaderLines = Mapping[str, str] | Iterable[tuple[str, str]]


class Headers(Mapping[str, str]):
    """The header lines of a response; names in any case.

    `headers[name]` joins the values of lines with the same name by ", "; `get_all` keeps them
    apart; `lines` has all of them as they came.
    """

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        self.lines = tuple(lines)
        self._values: dict[str, list[str]] = {}
        for name, value in self.lines:
            self._values.setdefault(name.lower(), []).append(value)

    def __getitem__(self, name: str) -> str:
        return ", ".join(self._values[name.lower()])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({list(self.lines)!r})"

    def get_all(self, name: str) -> list[str]:
        """The values of every line of that name."""
        return list(self._values.get(name.lower(), ()))


@dataclass(frozen=True)
class Response:
    """A response; of a streamed one the head, without a body.

    Attributes:
        status: such as 200 or 404.
        headers: its header lines.
        body: the bytes after the head.
        raw: head and body as the library gave them.
    """

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    raw: bytes = field(repr=False)


HttpCallback = Callable[[LoopError | None, Response | None], object]
# With stream=True: the head, then bytes, then None.
StreamCallback = Callable[[LoopError | None, Response | bytes | None], object]


def parse(status: int, raw: bytes, body_at: int) -> Response:
    """Takes apart "HTTP/1.1 200 OK\\r\\nName: value\\r\\n...\\r\\n\\r\\n" and the body."""
    lines = []
    # The library has checked and rewritten the head: one line each, nothing folded.
    for line in raw[:body_at].decode("latin-1").split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            lines.append((name, value.strip()))
    return Response(status, Headers(lines), raw[body_at:], raw)


def plain_text(text: str, what: str) -> bytes:
    """Text without control characters, encoded. Raises: InvalidError."""
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise InvalidError(f"{what} with a control character")
    try:
        return text.encode("latin-1" if what.startswith("header") else "utf-8")
    except UnicodeEncodeError:
        raise InvalidError(f"{what} {text!r}") from None


def header_block(headers: HeaderLines | None) -> bytes | None:
    """The lines of a request as the library takes them. Raises: InvalidError."""
    if headers is None:
        return None
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    block = b""
    for name, value in pairs:
        if not name or ":" in name or name != name.strip():
            raise InvalidError(f"header name {name!r}")
        block += plain_text(name, "header name") + b": "
        block += plain_text(value, "header value") + b"\r\n"
    return block


class Request(Operation):
    """An HTTP request. See Loop.http."""

    __slots__ = ("_kept", "_stream")

    def __init__(
        self,
        loop: "Core",
        url: str,
        callback: HttpCallback | StreamCallback,
        method: str,
        headers: HeaderLines | None,
        body: bytes | bytearray | memoryview | None,
        flags: int,
        max_body: int,
        max_header: int,
        max_redirects: int,
        on_final: FinalCallback | None,
        timeout_ms: float | None,
        label: str | None,
    ) -> None:
        super().__init__(loop, callback, on_final)
        record = LoopHttp()
        record.size = ctypes.sizeof(LoopHttp)
        record.method = plain_text(method, "method")
        record.url = plain_text(url, "url")
        record.headers = header_block(headers)
        data = b"" if body is None else bytes(body)
        if data:
            # `data` lives in _kept until the final event, so the library need not copy it.
            flags |= LOOP_HTTP_BORROW_BODY
            record.body = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
            record.body_len = len(data)
        record.flags = flags
        record.max_body = max_body
        record.max_header = max_header
        record.max_redirects = max_redirects
        self._stream = bool(flags & LOOP_HTTP_STREAM)
        self._kept: object = (record, data)
        loop._submit(
            self,
            LOOP_OP_HTTP,
            data=ctypes.addressof(record),
            timeout_ms=timeout_ms,
            label=label,
        )

    def _value(self, flags: int, num: int, payload: bytes, aux: int) -> object:
        if not self._stream:
            return parse(num, payload, aux)
        if flags & LOOP_EV_HEAD:
            return parse(num, payload, len(payload))
        return payload if flags & LOOP_EV_MORE else None

    def _release(self) -> None:
        super()._release()
        self._kept = None


def request_flags(stream: bool, follow: bool, keep_alive: bool, insecure: bool) -> int:
    """LOOP_HTTP_* of the keyword arguments of Loop.http."""
    return (
        (LOOP_HTTP_STREAM if stream else 0)
        | (LOOP_HTTP_FOLLOW if follow else 0)
        | (0 if keep_alive else LOOP_HTTP_NO_KEEPALIVE)
        | (LOOP_HTTP_INSECURE if insecure else 0)
    )
