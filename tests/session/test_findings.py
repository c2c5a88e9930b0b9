"""The first number that is none: which operation, line and step is blamed, recorded or not."""

from __future__ import annotations

from typing import Any

import pytest
from backlight.observe import tap
from backlight.observe.recorder import Recorder
from backlight.observe.source import Program
from backlight.session.protocol import Finding, Topology

LOOP = """\
import backlight as torch
w = torch.ones(4, requires_grad=True)
opt = torch.optim.SGD([w], lr=0.0)
for step in range(300):
    h = w * 2
    z = h - 2 if step == 250 else h - 1
    loss = torch.log(z).sum() + (h ** 2).sum()
    opt.zero_grad(); loss.backward(); opt.step()
"""
LEARNING_RATE = """\
import backlight as torch
w = torch.ones(4, requires_grad=True)
opt = torch.optim.SGD([w], lr=1e30)
for step in range(9):
    loss = (w * 1e10).sum()
    opt.zero_grad(); loss.backward(); opt.step()
    with torch.no_grad():
        w *= 1e30
"""
START = "import backlight as torch\nw = torch.ones(2, 3, requires_grad=True)\n"
SQRT = START + "loss = torch.sqrt(w * 0).sum()\nloss.backward()\n"
DATA = START + "x = torch.full((3,), float('nan'))\nloss = (w * x).sum()\nloss.backward()\n"
MASK = (
    START
    + "m = torch.tensor([[True, False, False], [True, True, True]])\n"
    + "loss = torch.softmax(w.masked_fill(m, float('-inf')), -1).sum()\nloss.backward()\n"
)
START_NAN = (
    START
    + "w = torch.full((2,), float('nan'), requires_grad=True)\nloss = (w * 2).sum()\nloss.backward()\n"
)
FINE = (
    START + "loss = torch.softmax(w.masked_fill(w > 5, float('-inf')), -1).sum()\nloss.backward()\n"
)


class Sink:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def add(self, event: Any) -> None:
        self.events.append(event)

    def point(self, series: int, step: int, value: float) -> None:
        pass


def found_in(code: str, level: str) -> tuple[list[Finding], set[str]]:
    """The findings of a program, and the keys of all nodes that were sent."""
    sink = Sink()
    recorder = Recorder(Program("main.py", code), sink, level, 1 << 20, lambda: 0.0)
    if level == "light":  # with a clock that stands still every step would be free
        first = iter([True])
        recorder.budget.allows = lambda: next(first, False)
    tap.attach(recorder)
    try:
        exec(compile(code, "main.py", "exec"), {"__name__": "__main__"})
    finally:
        tap.detach()
    recorder.finish(None)
    keys = {n.key for e in sink.events if isinstance(e, Topology) for n in e.nodes}
    return [e for e in sink.events if isinstance(e, Finding)], keys


@pytest.mark.parametrize("level", ["full", "light"])
@pytest.mark.parametrize(
    ("code", "title", "step", "phase", "line", "said"),
    [
        (LOOP, "First -inf", 251, "forward", 7, "`log` at line 7"),
        (SQRT, "First inf gradient", 1, "backward", 3, "`sqrt` at line 3"),
        (DATA, "First NaN", 1, "forward", 4, "What came in as `x`"),
        (MASK, "First NaN", 1, "forward", 4, "`softmax` at line 4"),
        (START_NAN, "First NaN", 1, "forward", None, "`w` holds NaN from the start"),
        (LEARNING_RATE, "First -inf", 2, "update", None, "since the update of step 1"),
    ],
    ids=["log", "sqrt", "data", "mask", "start", "learning rate"],
)
def test_the_first_producer_is_named(code, title, step, phase, line, said, level):
    findings, keys = found_in(code, level)
    (finding,) = findings  # once in a run
    assert (finding.title, finding.step, finding.phase) == (title, step, phase)
    assert said in finding.text
    if line is not None:
        assert finding.frames[-1].line == line
        assert finding.node in keys


@pytest.mark.parametrize("level", ["full", "light"])
def test_a_mask_of_infinities_is_meant(level):
    assert found_in(FINE, level)[0] == []
