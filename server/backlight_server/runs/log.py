"""The events of one run, in order, for readers that come and go.

Every envelope gets its number here, so that a client can say where it stopped. The log is bounded
in bytes: what is oldest and heaviest (recorded numbers of steps long past) gives way to a note of
the same number, so that the sequence has no gap and the curve, the text and the graphs stay whole.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

#: Events a reader can do without, and what the note that takes their place says.
GIVES_WAY = {"numbers": b'{"what":"numbers","dropped":1,"type":"thinned"}'}


class LogFull(Exception):
    """Nothing is left that could give way."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a reader gets at once: numbered envelopes as JSON, and whether more can come."""

    first: int
    envelopes: list[bytes]
    ended: bool


class EventLog:
    """An append-only list of envelopes that many threads read."""

    def __init__(self, run: str, max_bytes: int) -> None:
        self._head = b'{"run":' + json.dumps(run).encode() + b',"seq":'
        self._max = max_bytes
        self._bytes = 0
        self._entries: list[bytes] = []  # events without their envelope
        self._lighter: deque[tuple[int, bytes]] = deque()  # entry -> the note that may replace it
        self._ended = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def ended(self) -> bool:
        """Whether the last event is in."""
        return self._ended

    def append(self, event: dict[str, Any]) -> int:
        """Add an event and return its number; raise LogFull where the bound leaves no room."""
        text = json.dumps(event, separators=(",", ":"), allow_nan=False).encode()
        with self._changed:
            if self._ended:
                return len(self._entries)
            while self._bytes + len(text) > self._max and self._lighter:
                place, note = self._lighter.popleft()
                self._bytes += len(note) - len(self._entries[place])
                self._entries[place] = note
            # A closing word of a few hundred bytes always fits.
            if self._bytes + len(text) > self._max and len(text) > 1024:
                raise LogFull
            number = len(self._entries)
            note = GIVES_WAY.get(event.get("type", ""), b"")
            if note and len(note) < len(text):
                self._lighter.append((number, note))
            self._entries.append(text)
            self._bytes += len(text)
            self._changed.notify_all()
        return number

    def end(self) -> None:
        """Say that no event follows."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_end(self, timeout: float) -> None:
        """Wait for the last event, or as long as given."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended, timeout)

    def read(self, first: int, timeout: float, at_most: int = 1 << 20) -> Batch:
        """Return envelopes from number `first` on, waiting for one where there is none yet.

        Empty after `timeout` seconds without one; about `at_most` bytes, and never less than one
        envelope.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._entries) > first or self._ended, timeout)
            stop, size = first, 0
            while stop < len(self._entries) and (size < at_most or stop == first):
                size += len(self._entries[stop])
                stop += 1
            entries = self._entries[first:stop]
            ended = self._ended and stop >= len(self._entries)
        head = self._head
        envelopes = [
            b"%b%d,%b%b}" % (head, number, b'"event":', entry)
            for number, entry in enumerate(entries, first)
        ]
        return Batch(first, envelopes, ended)
