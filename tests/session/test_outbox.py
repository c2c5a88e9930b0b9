"""What waits to be sent is bounded, keeps its order, and says what was left out."""

from __future__ import annotations

import numpy as np
import pytest
from backlight.session import outbox as box
from backlight.session import protocol


class Wire:
    """A transport that keeps what it is given."""

    def __init__(self):
        self.open = True
        self.batches = []

    def credit(self):
        return self.open

    def send(self, batch):
        self.batches.append(batch)

    @property
    def events(self):
        return [each["event"] for batch in self.batches for each in batch]


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def clock():
    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def outbox(wire, clock):
    return box.Outbox(wire, "r", clock)


def text_of(events):
    return "".join(each["text"] for each in events if each["type"] == "output")


def test_numbers_count_without_a_gap_and_batches_keep_their_distance(outbox, wire, clock):
    for _ in range(100):
        outbox.write("stdout", "x")
        outbox.flush()
        clock.now += 1.001 / 240  # a hair over, so that rounding decides nothing
    outbox.flush(force=True)
    assert text_of(wire.events) == "x" * 100
    numbers = [each["seq"] for batch in wire.batches for each in batch]
    assert numbers == list(range(len(numbers)))
    assert {each["run"] for batch in wire.batches for each in batch} == {"r"}
    assert 24 <= len(wire.batches) <= 27  # 100/240 s at 60 batches a second


def test_a_flood_of_output_keeps_head_and_tail_and_counts_the_rest(outbox, wire):
    wire.open = False
    lines = [f"{i}\n" for i in range(200_000)]
    for line in lines:
        outbox.write("stdout", line)
        outbox.flush()
    assert wire.batches == []
    outbox.flush(force=True)
    whole, kept = "".join(lines), text_of(wire.events)
    dropped = sum(each["dropped"] for each in wire.events if each["type"] == "thinned")
    assert len(kept) + dropped == len(whole)
    assert box.HEAD + box.TAIL <= len(kept) <= box.HEAD + 2 * box.TAIL
    assert whole.startswith(kept[: box.HEAD])
    assert whole.endswith(kept[box.HEAD :])
    kinds = [each["type"] for each in wire.events]
    assert kinds.index("thinned") not in (0, len(kinds) - 1)  # it stands where the text is missing


def test_streams_stay_apart_and_in_order(outbox, wire):
    for stream, text in [("stdout", "a"), ("stdout", "b"), ("stderr", "c"), ("stdout", "d")]:
        outbox.write(stream, text)
    outbox.flush(force=True)
    found = [(each["stream"], each["text"]) for each in wire.events]
    assert found == [("stdout", "ab"), ("stderr", "c"), ("stdout", "d")]


def test_output_and_states_keep_their_order(outbox, wire):
    outbox.write("stdout", "before")
    outbox.add(protocol.StateChanged("waiting"))
    outbox.write("stdout", "after")
    outbox.flush(force=True)
    assert [each.get("text") or each["state"] for each in wire.events] == [
        "before", "waiting", "after",
    ]  # fmt: skip


def test_a_curve_begins_before_its_points(outbox, wire):
    outbox.add(protocol.SeriesAdded(0, "a", 1, "loss"))
    outbox.point(0, 1, 0.5)
    outbox.add(protocol.SeriesAdded(1, "b", 1, "loss"))
    outbox.point(1, 1, 0.25)
    outbox.flush(force=True)
    begun = set()
    for event in wire.events:
        if event["type"] == "series":
            begun.add(event["series"])
        else:
            assert begun.issuperset(event["series"].tolist())
    assert begun == {0, 1}


def test_too_many_points_are_thinned_evenly_and_the_last_stays(outbox, wire):
    wire.open = False
    outbox.add(protocol.SeriesAdded(0, "loss", 1, "loss"))
    for step in range(1, 100_001):
        outbox.point(0, step, step / 2)
    outbox.flush(force=True)
    (points,) = (each for each in wire.events if each["type"] == "points")
    (thinned,) = (each for each in wire.events if each["type"] == "thinned")
    assert thinned == {
        "what": "points",
        "dropped": 100_000 - len(points["step"]),
        "type": "thinned",
    }
    assert box.MOST_POINTS / 3 < len(points["step"]) <= box.MOST_POINTS + 1
    assert points["step"][-1] == 100_000
    assert (points["value"] == points["step"] / 2).all()
    gaps = np.diff(points["step"][:-1])
    assert gaps.min() == gaps.max()


def numbers(step):
    nothing = np.zeros(6, np.float32)
    return protocol.Numbers(step, "h", nothing, nothing, *[nothing[:0]] * 7)


def test_recorded_steps_that_wait_are_thinned_and_the_newest_stays(outbox, wire):
    wire.open = False
    for step in range(1, 1_001):
        outbox.add(numbers(step))
    outbox.flush(force=True)
    steps = [each["step"] for each in wire.events if each["type"] == "numbers"]
    (thinned,) = (each for each in wire.events if each["type"] == "thinned")
    assert len(steps) <= box.MOST_NUMBERS
    assert steps[-1] == 1_000
    assert steps == sorted(steps)
    assert thinned["dropped"] == 1_000 - len(steps)


def test_only_the_newest_progress_goes_out(outbox, wire):
    for line in range(5):
        outbox.add(protocol.Progress(0, 0, line, 0.0, 0.0))
    outbox.flush(force=True)
    assert [each["line"] for each in wire.events] == [4]
