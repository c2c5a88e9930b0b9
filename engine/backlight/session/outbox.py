"""What waits to be sent: gathered, sent in batches, thinned where nobody keeps up.

A batch goes out at most every 1/60 s and only where the transport has credit. What waits without
credit is bounded: output keeps its head and its tail, points keep every second, recorded steps the
newest; what was left out is counted and said by a `thinned` event.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from .messages import as_dict
from .protocol import (
    ErrorRaised,
    Numbers,
    Output,
    Points,
    Progress,
    SeriesAdded,
    StateChanged,
    Thinned,
)
from .transport import Transport

INTERVAL = 1 / 60
HEAD = TAIL = 128 * 1024  # characters of output that wait at most
PIECE = 64 * 1024  # characters in one output event
MOST_POINTS = 2_000
MOST_NUMBERS = 64
MOST_NUMBERS_BYTES = 8 << 20


class Text:
    """Output that waits: all of it up to a head, then the newest as a tail."""

    def __init__(self) -> None:
        self._head: list[list[Any]] = []
        self._tail: deque[list[Any]] = deque()
        self._head_size = self._tail_size = 0
        self.dropped = 0

    def add(self, stream: str, text: str) -> None:
        room = HEAD - self._head_size
        if not self._tail and room > 0:
            self._head_size += len(text[:room])
            _append(self._head, stream, text[:room])
            text = text[room:]
        if text:
            self._tail_size += len(text)
            _append(self._tail, stream, text)
            self._shorten()

    def _shorten(self) -> None:
        while self._tail_size > 2 * TAIL:  # twice, so that not every write has to cut
            over = self._tail_size - TAIL
            oldest = "".join(self._tail[0][1])
            gone = min(over, len(oldest))
            self.dropped += gone
            self._tail_size -= gone
            if gone == len(oldest):
                self._tail.popleft()
            else:
                self._tail[0][1] = [oldest[gone:]]

    def events(self) -> list[Any]:
        """The pieces in order; what was left out is said where it is missing."""
        found: list[Any] = [*_pieces(self._head)]
        if self.dropped:
            found.append(Thinned("output", self.dropped))
        return found + _pieces(self._tail)


def size_of(numbers: Numbers) -> int:
    """Bytes of a recorded step, nearly."""
    large = (numbers.values, numbers.gradients, numbers.histograms, numbers.seconds)
    return sum(each.nbytes for each in large)


def _append(pieces: Any, stream: str, text: str) -> None:
    if not pieces or pieces[-1][0] != stream:
        pieces.append([stream, []])
    pieces[-1][1].append(text)


def _pieces(pieces: Any) -> list[Output]:
    found = []
    for stream, parts in pieces:
        text = "".join(parts)
        found += [Output(stream, text[at : at + PIECE]) for at in range(0, len(text), PIECE)]
    return found


class Columns:
    """Points that wait. Where there are too many, every second goes and the stride doubles."""

    def __init__(self) -> None:
        self._points: list[tuple[int, int, float]] = []
        self._skipped: dict[int, tuple[int, int, float]] = {}  # the newest of each series
        self._stride = 1
        self._seen = 0
        self.dropped = 0

    def add(self, series: int, step: int, value: float) -> None:
        self._seen += 1
        if self._seen % self._stride:
            self._skipped[series] = (series, step, value)
            self.dropped += 1
            return
        self._skipped.pop(series, None)
        self._points.append((series, step, value))
        if len(self._points) >= MOST_POINTS:
            self.dropped += len(self._points) // 2
            self._points = self._points[1::2]
            self._stride *= 2

    def event(self) -> Points:
        newest = self._skipped.values()
        self.dropped -= len(newest)
        series, steps, values = zip(*self._points, *newest)
        return Points(
            np.array(series, np.int32), np.array(steps, np.int32), np.array(values, np.float64)
        )


class Outbox:
    """Gathers the events of one run in their order and sends them."""

    def __init__(
        self, transport: Transport, run: str, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._transport = transport
        self._run = run
        self._clock = clock
        self._lock = threading.Lock()
        self._seq = 0
        self._waiting: list[Any] = []
        self._text: Text | None = None
        self._columns: Columns | None = None
        self._progress: Progress | None = None
        self._numbers = self._numbers_bytes = self._numbers_dropped = 0
        self._last = -1.0
        self.closed = False

    def write(self, stream: str, text: str) -> None:
        """Add what the program printed."""
        with self._lock:
            if self.closed:
                return
            if self._text is None:
                self._text = Text()
                self._waiting.append(self._text)
            self._text.add(stream, text)

    def point(self, series: int, step: int, value: float) -> None:
        """Add a point of a curve."""
        with self._lock:
            if self._columns is None:
                self._columns = Columns()
                self._waiting.append(self._columns)
            self._columns.add(series, step, value)

    def add(self, event: Any) -> None:
        """Add any other event."""
        with self._lock:
            if isinstance(event, Progress):
                self._progress = event
                return
            if isinstance(event, (StateChanged, ErrorRaised)):
                self._text = None  # what is printed later stands behind it
            if isinstance(event, (StateChanged, SeriesAdded)):
                self._columns = None
            self._waiting.append(event)
            if isinstance(event, Numbers):
                self._numbers += 1
                self._numbers_bytes += size_of(event)
                if self._numbers > MOST_NUMBERS or self._numbers_bytes > MOST_NUMBERS_BYTES:
                    self._thin_numbers()

    def _thin_numbers(self) -> None:
        """Drop every second of the recorded steps that wait; the newest stays."""
        waiting = [each for each in self._waiting if isinstance(each, Numbers)]
        gone = {id(each) for each in waiting[-2::-2]}
        self._waiting = [each for each in self._waiting if id(each) not in gone]
        self._numbers_dropped += len(gone)
        left = [each for each in waiting if id(each) not in gone]
        self._numbers = len(left)
        self._numbers_bytes = sum(map(size_of, left))

    @property
    def due(self) -> bool:
        """Whether enough time has passed since the last batch."""
        return self._clock() - self._last >= INTERVAL

    def flush(self, force: bool = False) -> None:
        """Send what waits, if it is time and there is credit; `force` asks for neither."""
        if not force and not (self.due and self._transport.credit()):
            return
        # A signal's handler may come here while the same thread is inside: it must not wait.
        if not self._lock.acquire(blocking=False):
            return
        try:
            batch = self._take()
            if batch:
                self._last = self._clock()
                self._transport.send(batch)
        finally:
            self._lock.release()

    def _take(self) -> list[dict[str, Any]]:
        events: list[Any] = []
        points = 0
        for each in self._waiting:
            if isinstance(each, Text):
                events += each.events()
            elif isinstance(each, Columns):
                events.append(each.event())
                points += each.dropped
            else:
                events.append(each)
        if self._progress is not None:
            last = events and isinstance(events[-1], StateChanged)
            events.insert(len(events) - 1 if last else len(events), self._progress)
        if points:
            events.insert(0, Thinned("points", points))
        if self._numbers_dropped:
            events.insert(0, Thinned("numbers", self._numbers_dropped))
        self._waiting = []
        self._text = self._columns = self._progress = None
        self._numbers = self._numbers_bytes = self._numbers_dropped = 0
        batch = []
        for event in events:
            batch.append({"run": self._run, "seq": self._seq, "event": as_dict(event)})
            self._seq += 1
        return batch
