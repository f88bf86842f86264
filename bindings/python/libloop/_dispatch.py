# SPDX-License-Identifier: MIT
"""Calls the program's callbacks for the events of a batch, one after the other."""

import os

from ._cdef import (
    LOOP_ECANCELED,
    LOOP_ECLOSED,
    LOOP_EV_FD,
    LOOP_EV_MORE,
    LOOP_EV_MUTED,
    LOOP_EV_REFUSED,
    LOOP_ID_GENERATION_MAX,
    LOOP_KIND_MASK,
    LOOP_NET_DATA,
    LOOP_OP_POST,
    LOOP_OP_TIMER,
)
from ._core import HOST_MARK, Core
from ._events import ADDRESS_BYTES, CODE, DATA_EVENT, FLAGS, Event, is_datagram
from ._handles import Handle
from ._lend import memory

# Ids from here on are the loop's own: accepted connections (docs/ids.md). Their slots are not ours.
FIRST_MADE = 3 << 61

# Of a timer that fired only the kind of its value may be anything.
TIMER_BITS = CODE | ~LOOP_KIND_MASK << FLAGS


class Dispatcher(Core):
    """The order of callbacks: after each one ticks, then microtasks, until both are empty."""

    def _drain(self) -> None:
        """Runs ticks, then microtasks, until both queues are empty."""
        ticks, microtasks = self._ticks, self._microtasks
        while ticks or microtasks:
            for queue in (ticks, microtasks):
                while queue:
                    callback, args = queue.popleft()
                    self._calling = True
                    callback(*args)
                    self._calling = False
                    if self._interrupted:
                        self._raise_interrupt()

    def _dispatch(self) -> bool:
        """Calls for what waits, oldest first. Returns False when something wants attention."""
        ticks, microtasks = self._ticks, self._microtasks
        immediates = self._immediates_now
        while immediates and not self._attention:
            immediate = immediates.popleft()
            callback = immediate._callback
            if callback is None:
                continue
            args = immediate._args
            immediate._end()
            self._calling = True
            callback(*args)
            self._calling = False
            if ticks or microtasks:
                self._drain()
        if self._attention:
            return False
        live, spare_ids = self._live, self._spare_ids
        for ident, address, length in self._rest_pieces:
            try:
                on_data = live[ident]._on_data  # type: ignore[attr-defined]
            except KeyError:
                continue
            self._calling = True
            try:
                on_data(memory[address : address + length])
            finally:
                self._calling = False
            if ticks or microtasks:
                self._drain()
            if self._attention:
                return False
        for ident, user, status, what, num, data, length, aux in self._rest:
            if what == DATA_EVENT and aux == LOOP_NET_DATA:
                try:
                    on_data = live[ident]._on_data  # type: ignore[attr-defined]
                except KeyError:
                    continue
                self._calling = True
                try:
                    on_data(memory[data : data + length])
                finally:
                    self._calling = False
            elif what & TIMER_BITS == LOOP_OP_TIMER and not status:
                timer = live.pop(ident, None)
                if timer is None or timer._muted:
                    self._ended(ident, timer)
                    continue
                if ident & LOOP_ID_GENERATION_MAX != LOOP_ID_GENERATION_MAX:
                    spare_ids.append(ident + 1)
                self._calling = True
                try:
                    timer._callback(*timer._args)
                finally:
                    self._calling = False
                    if timer._id == ident:
                        timer._release()
            elif what & CODE == LOOP_OP_POST:
                self._posted(user, num)
            else:
                self._event((ident, user, status, what, num, data, length, aux))
            if ticks or microtasks:
                self._drain()
            if self._attention:
                return False
        self._drop_batch()
        return not self._attention

    def _ended(self, ident: int, handle: Handle | None) -> None:
        """A final event for an id that nobody waits for any more."""
        if ident < FIRST_MADE and ident & LOOP_ID_GENERATION_MAX != LOOP_ID_GENERATION_MAX:
            self._spare_ids.append(ident + 1)
        if handle is not None:
            handle._release()

    def _undelivered(self) -> int:
        """What waits in the batch and counts as alive although the library is done with it."""
        count = 0
        for ident, _, _, what, _, _, _, _ in self._events:
            if not what & (LOOP_EV_MORE | LOOP_EV_MUTED) << FLAGS:
                handle = self._live.get(ident)
                is_post = what & CODE == LOOP_OP_POST
                if is_post or (handle and handle._referenced and not handle._muted):
                    count += 1
        return count

    def _posted(self, user: int, key: int) -> None:
        entry = self._posts.pop(key, None) if user == HOST_MARK else None
        if entry is not None:
            callback, args = entry
            self._call(callback, *args)

    def _event(self, event: Event) -> None:
        """Any event but a timer that fired and a post."""
        ident, user, status, what, num, data, length, aux = event
        flags = what >> FLAGS
        handle = self._live.get(ident)
        if handle is None:
            # A control op whose target had just ended, or a timer that went on under a new id.
            if user == HOST_MARK and not flags & (LOOP_EV_REFUSED | LOOP_EV_MORE):
                self._ended(ident, None)
            elif flags & LOOP_EV_FD:
                os.close(num)
            return
        if flags & LOOP_EV_REFUSED and status == LOOP_ECLOSED:
            status = LOOP_ECANCELED  # the loop was closed before it took the op
        if is_datagram(status, what, aux):
            self._datagram(handle, event)
            return
        payload = b""
        if length:
            payload = memory[data : data + length] if type(data) is int else data
        final = not flags & LOOP_EV_MORE
        if final:
            del self._live[ident]
            self._ended(ident, None)
        try:
            if not (flags & LOOP_EV_MUTED or handle._muted):
                handle._event(status, flags, num, payload, aux)
            elif flags & LOOP_EV_FD:
                os.close(num)  # it was cleared in this batch, so nobody is told of it
            else:
                handle._muted_event(flags, num, aux)
        finally:
            if final and handle._id == ident:
                handle._release()

    def _datagram(self, handle: Handle, event: Event) -> None:
        _, _, _, what, num, data, length, _ = event
        if what & LOOP_EV_MUTED << FLAGS or handle._muted:
            return
        if type(data) is bytes:
            sender, payload = data[:ADDRESS_BYTES], data[ADDRESS_BYTES:]
        else:
            sender = memory[data - ADDRESS_BYTES : data]
            payload = memory[data : data + length]
        handle._received(payload, sender, num)  # type: ignore[attr-defined]
