# SPDX-License-Identifier: MIT
"""The events of the last turn that wait to be dispatched."""

import ctypes
from collections.abc import Iterator
from operator import length_hint

from ._cdef import LOOP_EV_MORE, LOOP_TURN_DATA
from ._events import (
    ADDRESS,
    ADDRESS_AT,
    CALLED,
    EVENT,
    EVENT_BYTES,
    FLAGS,
    PIECE,
    Event,
    Piece,
    copied,
)
from ._lend import lend, memory

EVENTS = 1024  # in one batch at most


class Batch:
    """Unpacks events, all fields of each, or of a batch of nothing but data of streams only three.

    Those are read from the array as they are dispatched. The array stays as it is until the next
    turn that is no SUBMIT one, which is taken when nothing waits any more.
    """

    def __init__(self) -> None:
        self._event_memory = ctypes.create_string_buffer(EVENTS * EVENT_BYTES)
        self._event_view = memoryview(self._event_memory).cast("B")
        self._fresh = False  # the last turn's events are still in the array
        self._borrowed = False  # what waits points into the library's memory
        self._ending: set[int] | None = None  # ids whose final event is in _rest
        # What has not been dispatched. One of the two is empty.
        self._batch: list[Event] = []
        self._rest: Iterator[Event] = iter(self._batch)
        self._pieces = self._event_view[:0]
        self._rest_pieces: Iterator[Piece] = iter(())
        self._copies: list[bytes] = []  # where data of pieces lies once it is copied

    def _unpack(self, count: int, result: int, skips_called: bool) -> None:
        """Takes so many events from the array. skips_called: the library has called back for those
        with a function of C."""
        view = self._event_view[: count * EVENT_BYTES]
        self._ending = None
        self._borrowed = True
        # One statement each: an exception finds the events here or there, never in both.
        if result & LOOP_TURN_DATA:
            self._pieces, self._rest_pieces, self._fresh = view, PIECE.iter_unpack(view), False
            return
        batch = list(EVENT.iter_unpack(view))
        if skips_called:
            called = CALLED.iter_unpack(view)
            batch = [event for event, (cb,) in zip(batch, called, strict=True) if not cb]
        self._batch, self._rest, self._fresh = batch, iter(batch), False

    @property
    def _events(self) -> list[Event]:
        """The events that wait to be dispatched."""
        if waiting := self._waiting_bytes():
            return list(EVENT.iter_unpack(self._pieces[-waiting:]))
        batch = self._batch
        return batch[len(batch) - length_hint(self._rest) :]

    def _waiting_bytes(self) -> int:
        """How much of the array waits to be dispatched in pieces."""
        return length_hint(self._rest_pieces) * EVENT_BYTES

    def _copy_borrowed(self) -> None:
        """Copies what the waiting events point at: a turn gives the library its memory back.

        In place, because a dispatch may be under way.
        """
        batch = self._batch
        done = len(batch) - length_hint(self._rest)
        batch[done:] = map(copied, batch[done:])
        pieces = self._pieces
        for at in range(len(pieces) - self._waiting_bytes(), len(pieces), EVENT_BYTES):
            _, address, length = PIECE.unpack_from(pieces, at)
            copy = memory[address : address + length]
            self._copies.append(copy)
            ADDRESS.pack_into(pieces, at + ADDRESS_AT, lend(copy)[0])
        self._borrowed = False

    def _drop_batch(self) -> None:
        """Forgets the events that wait, and what is kept of those that are through."""
        self._batch.clear()
        self._rest_pieces = iter(())
        self._copies.clear()

    def _is_ending(self, ident: int) -> bool:
        """Says whether the final event of an id waits in the batch that is being dispatched."""
        if not length_hint(self._rest):
            return False  # pieces end nothing
        if self._ending is None:
            more = LOOP_EV_MORE << FLAGS
            self._ending = {event[0] for event in self._events if not event[3] & more}
        return ident in self._ending
