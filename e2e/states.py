"""The states of the page that are looked at: how to come into each, for tests of looks and access."""

from __future__ import annotations

import re
from collections.abc import Callable

from desk import Desk
from playwright.sync_api import expect

LINEAR = """import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(64, 8)
y = x @ torch.randn(8, 1)
net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
opt = torch.optim.SGD(net.parameters(), lr=0.05)
for step in range({steps}):
    loss = ((net(x) - y) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    {also}
"""

FOREVER = LINEAR.format(steps=10**6, also="pass")
SHORT = LINEAR.format(steps=60, also="print(step, loss.item()) if step % 10 == 0 else None")
FAILS = """import torch
from torch import nn

net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(64, 10))
x = torch.randn(8, 64)
loss = net(x).sum()
loss.backward()
"""
NAN = LINEAR.format(steps=60, also="if step == 20: net[0].weight.data[0, 0] = float('nan')")


def idle(desk: Desk) -> None:
    """Nothing was run yet."""
    desk.open()


def loading(desk: Desk) -> None:
    """Python is on its way, and does not come."""
    held = []
    desk.page.route("**/runtime/numpy*", lambda route: held.append(route))
    desk.open(ready=False)
    expect(desk.state).to_contain_text("Loading Python")


def running(desk: Desk) -> None:
    """A program trains."""
    desk.open().run(FOREVER)
    expect(desk.state).to_contain_text(re.compile(r"Running.*step", re.DOTALL))


def paused(desk: Desk) -> None:
    """A program is held between two steps."""
    running(desk)
    desk.press("Pause")
    expect(desk.state).to_contain_text("Paused")


def waiting(desk: Desk) -> None:
    """A program waits for a line."""
    desk.open().run("name = input('Your name? ')\nprint('hello', name)\n")
    expect(desk.state).to_contain_text("Waiting")


def finished(desk: Desk) -> None:
    """A program ended."""
    desk.open().run(SHORT)
    expect(desk.state).to_contain_text("Finished", timeout=30_000)


def selected(desk: Desk) -> None:
    """A program ended, and a node is looked into."""
    finished(desk)
    desk.page.get_by_text("loss = ((net(x)").click(modifiers=["Alt"])
    expect(desk.page.get_by_role("region", name="Inspector")).to_contain_text("line 10")


def nonfinite(desk: Desk) -> None:
    """A program ended in numbers that are none."""
    desk.open().run(NAN)
    expect(desk.state).to_contain_text("Finished", timeout=30_000)


def error(desk: Desk) -> None:
    """A program raised."""
    desk.open().run(FAILS)
    expect(desk.state).to_contain_text("line 6")


def stopped(desk: Desk) -> None:
    """A program was stopped."""
    running(desk)
    desk.press("Stop")
    expect(desk.state).to_contain_text("Stopped")


def crashed(desk: Desk) -> None:
    """Python is gone."""
    desk.open().run("import os\nos.abort()\n")
    expect(desk.page.get_by_role("alert")).to_be_visible(timeout=15_000)


STATES: dict[str, Callable[[Desk], None]] = {
    state.__name__: state
    for state in (
        idle,
        loading,
        running,
        paused,
        waiting,
        finished,
        selected,
        nonfinite,
        error,
        stopped,
        crashed,
    )
}
