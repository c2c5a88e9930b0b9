"""The groups and marks of recorded graphs, by small programs."""

from __future__ import annotations

from typing import Any

import pytest
from backlight.observe import tap
from backlight.observe.recorder import Recorder
from backlight.observe.source import Program
from backlight.session.protocol import Numbers, Topology

LOOP = """\
import backlight as torch
w = torch.ones(4, requires_grad=True)
h = torch.zeros(4)
for t in range(3):
    h = torch.tanh(h + w)
h.sum().backward()
"""
CUTS = """\
import backlight as torch
w = torch.ones(4, requires_grad=True)
h = w * 2
k = h.argmax()
n = h.to(torch.int64)
with torch.no_grad():
    c = h * 3
loss = (h * c).sum() + h[k] + (h * n).sum()
loss.backward()
"""


class Sink:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def add(self, event: Any) -> None:
        self.events.append(event)

    def point(self, series: int, step: int, value: float) -> None:
        pass


def record(code: str) -> list[Any]:
    """What the recorder says of a program."""
    sink = Sink()
    recorder = Recorder(Program("main.py", code), sink, "full", 1 << 20)
    tap.attach(recorder)
    try:
        exec(compile(code, "main.py", "exec"), {"__name__": "__main__"})
    finally:
        tap.detach()
    recorder.finish(None)
    return sink.events


def graph_of(code: str) -> Topology:
    (topology,) = [each for each in record(code) if isinstance(each, Topology)]
    return topology


def test_the_turns_of_a_loop_are_alike_and_numbered() -> None:
    groups = graph_of(LOOP).groups
    assert [(each.kind, each.name, each.turn) for each in groups] == [
        ("loop", "for t", 1),
        ("loop", "for t", 2),
        ("loop", "for t", 3),
    ]
    # Also the first, though it is given what was not made in this step.
    assert len({each.fold for each in groups}) == 1
    assert groups[0].fold


def test_a_step_of_100_000_operations_fits_into_its_messages() -> None:
    events = record(LOOP.replace("range(3)", "range(50_000)"))
    (topology,) = [each for each in events if isinstance(each, Topology)]
    (numbers,) = [each for each in events if isinstance(each, Numbers)]
    nodes = len(topology.nodes)
    assert nodes > 100_000
    assert len(topology.groups) == 50_000
    assert [each.size for each in (numbers.gradients, numbers.histograms)] == [nodes * 6, 0]


@pytest.mark.parametrize(
    ("line", "name", "cut"),
    [(3, "mul", ""), (4, "argmax", "discrete"), (5, "to", "integer"), (7, "mul", "no_grad")],
)
def test_where_the_path_of_the_gradient_ends(line: int, name: str, cut: str) -> None:
    (node,) = [n for n in graph_of(CUTS).nodes if n.frames[-1].line == line and n.kind == "op"]
    assert (node.name, node.cut) == (name, cut)
