"""What one step leaves behind while it runs: entries, statistics, the order of backward, times."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..session.protocol import HISTOGRAM_BINS, Array, Numbers
from .histogram import packed
from .kept import Values
from .statistics import NOTHING, Row, look, statistics
from .structure import Entry, ModuleCall, Plan

MOST_ENTRIES = 120_000

VALUE, GRADIENT, KEPT = 1, 2, 4


class Trace:
    """One recorded step."""

    _next = 0

    def __init__(self, step: int) -> None:
        Trace._next += 1
        self.token = Trace._next
        self.step = step
        self.entries: list[Entry] = []
        self.calls: list[ModuleCall] = []
        self.call_numbers: dict[int, int] = {}
        self.rows: list[Row] = []
        self.spread: list[Any] = []  # of the values: see `histogram.packed`
        self.gradients: dict[int, tuple[Row, Any]] = {}
        self.seconds: dict[int, float] = {}  # forward, where it was measured
        self.seconds_back: dict[int, float] = {}
        self.order: list[int] = []
        self.losses: list[tuple[int, float]] = []
        self.updates: dict[int, float] = {}
        self.before: dict[int, Any] = {}  # copies of parameters while they are updated
        self.kept = Values(step)
        self.began = 0.0
        self.backward_began = 0.0
        self.times = [0.0, 0.0, 0.0]
        self.training: tuple[int, int] | None = None
        self.failure: tuple[int, int] | None = None  # the id of an exception, the entry

    @property
    def full(self) -> bool:
        return len(self.entries) >= MOST_ENTRIES

    def add(self, entry: Entry, array: Any) -> int:
        """Add an entry with its value; returns its number."""
        number = len(self.entries)
        self.entries.append(entry)
        if array is None:
            self.rows.append(NOTHING)
            self.spread.append(None)
        else:
            row, spread = look(array)
            self.rows.append(row)
            self.spread.append(spread)
            self.kept.keep(self.kept.values, number, array)
        return number

    def gradient(self, number: int, array: Any) -> None:
        """Note the gradient that reached an entry."""
        self.order.append(number)
        self.gradients[number] = look(array)
        self.kept.keep(self.kept.gradients, number, array)

    def drop_failure(self) -> None:
        """Forget an operation that raised: the program went on."""
        if self.failure is not None and self.failure[1] == len(self.entries) - 1:
            self.entries.pop()
            self.rows.pop()
            self.spread.pop()
        self.failure = None

    def signature(self, complete: bool) -> tuple[Any, ...]:
        """Equal for traces of the same graph."""
        return (
            tuple(entry.signature() for entry in self.entries),
            tuple(call.signature() for call in self.calls),
            tuple(number for number, _ in self.losses),
            complete,
        )

    def copy_parameters(self) -> None:
        """Copy the parameters that will be updated, to see by how much."""
        for number, entry in enumerate(self.entries):
            if entry.kind == "parameter" and number not in self.before:
                tensor = entry.tensor() if entry.tensor is not None else None
                if tensor is not None:
                    self.before[number] = tensor._array.copy()

    def measure_updates(self) -> None:
        """Compare the parameters with their copies."""
        for number, old in self.before.items():
            tensor = self.entries[number].tensor()
            if tensor is None or tensor._array.shape != old.shape:
                continue
            new = tensor._array
            if not isinstance(new, np.ndarray):
                old, new = old.get(), new.get()
            change = statistics(new - old)[0]
            weight = statistics(old)[0]
            if weight > 0:
                self.updates[number] = change / weight
        self.before.clear()

    def numbers(self, plan: Plan) -> Numbers:
        """The step's numbers, aligned with the nodes of its topology."""
        keep, rows, found = plan.keep, self.rows, self.gradients
        missing = (NOTHING, None)
        seen = [found.get(i, missing) for i in keep]
        values = np.array([rows[i] for i in keep], np.float64)
        gradients = np.array([row for row, _ in seen], np.float64)
        spread: list[Any] = [None] * (2 * len(keep))
        spread[::2] = [self.spread[i] for i in keep]
        spread[1::2] = [back for _, back in seen]
        if len(spread) * HISTOGRAM_BINS > Array("u8").max:
            spread = []  # more than a message may hold: the numbers go without
        seconds = np.array(
            [[each.get(i, np.nan) for i in keep] for each in (self.seconds, self.seconds_back)],
            np.float32,
        ).T
        kept = self.kept.values.keys() | self.kept.gradients.keys()
        present = (
            VALUE * np.array([rows[i] is not NOTHING for i in keep], np.uint8)
            + GRADIENT * np.array([i in found for i in keep], np.uint8)
            + KEPT * np.array([i in kept for i in keep], np.uint8)
        )
        order = [plan.place[i] for i in dict.fromkeys(self.order) if i in plan.place]
        values_of = dict(self.losses)
        return Numbers(
            step=self.step,
            topology=plan.topology.hash,
            values=clipped(values).reshape(-1),
            gradients=clipped(gradients).reshape(-1),
            present=present,
            order=np.array(order, np.int32),
            update=np.array([self.updates.get(i, np.nan) for i in plan.parameters], np.float32),
            losses=np.array([values_of[i] for i in plan.losses], np.float64),
            times=np.array(self.times, np.float32),
            histograms=packed(spread).reshape(-1),
            seconds=seconds.reshape(-1),
        )


def clipped(values: Any) -> Any:
    """Numbers of float64 in float32: what is too large becomes the largest there is."""
    largest = float(np.finfo(np.float32).max)
    return np.clip(values, -largest, largest).astype(np.float32)
