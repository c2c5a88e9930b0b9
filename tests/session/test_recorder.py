"""What the recorder does not record it still counts: steps, and every loss."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from backlight.observe import tap
from backlight.observe.recorder import Recorder
from backlight.observe.source import Program
from backlight.session.protocol import ErrorRaised, Numbers, Topology

RAW = """\
import backlight as torch
w = torch.zeros(1, requires_grad=True)
for step in range(300):
    loss = ((w - 1) ** 2).sum()
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w.grad = None
"""

WITH_OPTIMIZER = """\
import backlight as torch
w = torch.zeros(1, requires_grad=True)
opt = torch.optim.SGD([w], lr=0.1)
for step in range(300):
    loss = ((w - 1) ** 2).sum()
    opt.zero_grad()
    loss.backward()
    opt.step()
"""


class Sink:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.points: list[tuple[int, int, float]] = []

    def add(self, event: Any) -> None:
        self.events.append(event)

    def point(self, series: int, step: int, value: float) -> None:
        self.points.append((series, step, value))


@pytest.mark.parametrize("code", [RAW, WITH_OPTIMIZER], ids=["raw", "optimizer"])
def test_steps_beyond_the_budget_are_counted_with_their_losses(code: str) -> None:
    ticks = itertools.count()
    program, sink = Program("main.py", code), Sink()
    # Each look at this clock takes 10 ms, so the free part is soon used up.
    recorder = Recorder(program, sink, "light", 1 << 20, lambda: next(ticks) / 100)
    tap.attach(recorder)
    try:
        exec(compile(code, "main.py", "exec"), {"__name__": "__main__"})
    finally:
        tap.detach()
    recorder.finish(None)
    recorded = [event.step for event in sink.events if isinstance(event, Numbers)]
    assert 1 <= len(recorded) < 150
    assert recorder.step == 300
    assert [step for _, step, _ in sink.points] == list(range(1, 301))
    assert recorder.total == 300


def test_an_operation_that_raises_in_a_step_that_is_not_recorded_is_told_with_its_operands() -> (
    None
):
    code = WITH_OPTIMIZER.replace(
        "    opt.zero_grad()",
        "    if step == 200: torch.ones(2, 3) @ (w * torch.ones(4))\n    opt.zero_grad()",
    )
    program, sink = Program("main.py", code), Sink()
    recorder = Recorder(program, sink, "light", 1 << 20)
    recorder.budget.allows = lambda: False
    tap.attach(recorder)
    error = None
    try:
        exec(compile(code, "main.py", "exec"), {"__name__": "__main__"})
    except RuntimeError as raised:
        error = raised
    finally:
        tap.detach()
    recorder.finish(error)
    assert error is not None
    event = ErrorRaised("RuntimeError", str(error), [], 0, 200)
    recorder.describe_failure(event, error)
    assert event.op == "mv"
    assert [operand.shape for operand in event.operands] == [[2, 3], [4]]
    (partial,) = [each for each in sink.events if isinstance(each, Topology) and not each.complete]
    assert event.node in {node.key for node in partial.nodes}
