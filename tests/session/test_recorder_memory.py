"""The recorder keeps nothing of a program alive, and does not grow with its steps."""

from __future__ import annotations

import itertools
import sys
from typing import Any

import pytest
from backlight.observe.kept import Store, Values
from session.levels import LEVELS, run

pytestmark = pytest.mark.skipif(
    sys.platform == "emscripten", reason="an interpreter of its own needs processes"
)

#: Without the collector, what dies when its last name goes had nobody else to hold it. The arrays
#: and the nodes are looked at, too: a Tensor may go while what it was made of stays.
ALIVE = """\
import gc, weakref
import torch
from torch import nn
gc.collect()
gc.disable()
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.1), nn.ReLU(), nn.Linear(4, 1))
opt = torch.optim.{optimizer}(net.parameters(), lr=0.1)
alive = []
def watch(refs):
    alive.append(sum(ref() is not None for ref in refs))
for step in range(12):
    refs = []
    def see(tensor):
        refs.extend([weakref.ref(tensor), weakref.ref(tensor._array), weakref.ref(tensor.grad_fn)])
        return tensor
    x = torch.randn(5, 3)
    h = see(net[0](x))
    out = see(net[3](see(net[2](see(net[1](h))))))
    {between}
    loss = see((out ** 2).mean())
    opt.zero_grad()
    {backward}
    {update}
    del h, out, loss
    watch(refs)
gc.enable()
print("alive", alive)
"""

WAYS: dict[str, dict[str, str]] = {
    "a step": {},
    "no backward": {"backward": "pass"},
    "no optimizer": {"update": "pass"},
    "double backward": {
        "backward": "g = torch.autograd.grad(loss, list(net.parameters()), create_graph=True); "
        "sum(see(each.pow(2).sum()) for each in g).backward(); del g; opt.zero_grad()"
    },
    "an operation that failed": {
        "between": "\n    try: out @ torch.ones(7, 7)\n    except RuntimeError as error: pass"
    },
    "a view that was written": {"between": "v = see(out * 1)[1:]; v.mul_(2); del v"},
}

LEAK = """\
import tracemalloc
import torch
w = torch.zeros(1, requires_grad=True)
def train(steps):
    for step in range(steps):
        loss = ((w - 1) ** 2).sum()
        loss.backward()
        with torch.no_grad():
            w.sub_(0.1 * w.grad)
            w.grad = None
train(1000)
tracemalloc.start()
train(200)
before, _ = tracemalloc.get_traced_memory()
train(4800)
after, _ = tracemalloc.get_traced_memory()
print("grew", after - before)
"""


def program(name: str) -> str:
    parts = {
        "optimizer": "SGD", "between": "pass", "backward": "loss.backward()", "update": "opt.step()"
    }  # fmt: skip
    return ALIVE.format(**(parts | WAYS[name]))


@pytest.fixture(scope="module")
def ways() -> dict[str, Any]:
    return dict(zip(WAYS, run([program(name) for name in WAYS])))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", WAYS)
def test_what_the_program_drops_is_gone(name: str, level: str, ways: dict[str, Any]) -> None:
    row = ways[name][level]
    assert row["end"] == "finished", row
    assert row["printed"].splitlines()[-1] == f"alive {[0] * 12}"


@pytest.mark.parametrize("level", LEVELS)
def test_5000_steps_take_no_more_memory_than_1000(level: str) -> None:
    ((row,),) = ([each[level]] for each in run([LEAK], (level,), 32 << 10))
    assert row["end"] == "finished", row
    assert level != "full" or row["recorded"] > 3000
    # Less than the smallest object for each of 4,800 steps; some messages are always on their way.
    assert int(row["printed"].split()[-1]) < 4800 * 40


def stored(steps: range, budget: int, size: int = 100) -> Store:
    store = Store(budget)
    for step in steps:
        values = Values(step)
        values.bytes = size
        store.add(values)
    return store


def kept_of(store: Store, steps: range) -> list[int]:
    """The steps that know their node: what is asked for was kept."""
    notes = {step: store.inspect(1, step, "w").note for step in steps}
    assert all(
        note == f"Step {step} has no such node." or "were given up" in note
        for step, note in notes.items()
    )
    return [step for step, note in notes.items() if "no such node" in note]


@pytest.mark.parametrize(("room", "ratio"), [(1, 0), (2, 0), (5, 0), (40, 1.6), (300, 1.12)])
def test_old_steps_are_thinned_to_even_distances_on_a_log_axis(room: int, ratio: float) -> None:
    steps = range(1, 3001)
    store = stored(steps, 100 * room)
    kept = kept_of(store, steps)
    assert store.bytes == 100 * len(kept) <= 100 * room
    assert len(kept) >= max(1, 0.85 * room - 1)
    assert kept[-1] == 3000
    assert store.dropped == 3000 - len(kept)
    if ratio:  # no hole anywhere: the next step is near in proportion
        assert kept[0] == 1
        assert max(b / a for a, b in itertools.pairwise(kept) if b > 10) < ratio


def test_a_step_larger_than_the_room_is_kept_alone() -> None:
    store = stored(range(1, 4), 150, 1_000)
    assert kept_of(store, range(1, 4)) == [3]


def test_a_step_that_never_was_says_so() -> None:
    store = stored(range(8, 9), 1_000)
    for step in (-1, 0, 7, 9, 100):
        assert store.inspect(1, step, "w").note == f"Step {step} was not recorded."
