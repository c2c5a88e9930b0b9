"""Programs in a real child process: what the page is told of them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]

TRAIN = """\
import torch
from torch import nn
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
opt = torch.optim.SGD(net.parameters(), lr=0.1)
x = torch.randn(8, 3)
for step in range(5):
    loss = net(x).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(repr(loss.item()))
print(torch.rand(1).item())
"""


def run(code: str, record: str = "light", replies: dict[str, Any] | None = None) -> list[Any]:
    """Run a program to its end and return its events; `replies` answer states with commands."""
    events_in, events_out = os.pipe()
    commands_in, commands_out = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "backlight.session.child", str(events_out), str(commands_in)],
        pass_fds=(events_out, commands_in),
        env=os.environ | {"PYTHONPATH": str(ROOT / "engine")},
    )
    os.close(events_out)
    os.close(commands_in)
    start = {"type": "run", "run": "r", "code": code, "filename": "main.py", "record": record}
    events = []
    with os.fdopen(commands_out, "w") as sink, os.fdopen(events_in) as lines:
        print(json.dumps(start), file=sink, flush=True)
        for line in lines:
            found = json.loads(line)
            for envelope in found if isinstance(found, list) else [found]:
                assert envelope["run"] == "r"
                assert envelope["seq"] == len(events)
                event = envelope["event"]
                events.append(event)
                reply = (replies or {}).get(event.get("state", ""))
                if reply:
                    print(json.dumps({"run": "r", **reply}), file=sink, flush=True)
            if any(e["type"] == "state" and e["state"] in ENDS for e in events) and not sink.closed:
                sink.close()
    assert process.wait(20) == 0
    return events


ENDS = ("finished", "failed", "stopped")


def of(events: list[Any], kind: str) -> list[Any]:
    return [event for event in events if event["type"] == kind]


def text(events: list[Any]) -> str:
    return "".join(e["text"] for e in of(events, "output") if e["stream"] == "stdout")


def array(field: dict[str, Any]) -> Any:
    kind, data = field["$array"]
    return np.frombuffer(
        base64.b64decode(data), {"f32": "<f4", "f64": "<f8", "i32": "<i4", "u8": "u1"}[kind]
    )


def test_a_training_is_told_as_steps_a_curve_and_one_graph() -> None:
    events = run(TRAIN)
    assert events[0]["type"] == "environment"
    assert [e["state"] for e in of(events, "state")] == ["running", "finished"]
    assert of(events, "state")[-1]["step"] == 5
    (topology,) = of(events, "topology")
    names = [(n["kind"], n["name"], n["shape"]) for n in topology["nodes"]]
    assert ("op", "linear", [8, 4]) in names
    assert ("parameter", "net.0.weight", [4, 3]) in names
    assert {n["frames"][-1]["line"] for n in topology["nodes"]} == {8}
    assert [g["name"] for g in topology["groups"]][:2] == ["net", "0"]
    numbers = of(events, "numbers")
    assert [n["step"] for n in numbers] == [1, 2, 3, 4, 5]
    count = len(topology["nodes"])
    for n in numbers:
        assert n["topology"] == topology["hash"]
        assert len(array(n["values"])) == len(array(n["gradients"])) == count * 6
        assert sorted(array(n["order"])) == sorted(set(array(n["order"])))
        assert np.isfinite(array(n["update"])).all()
    (series,) = of(events, "series")
    assert (series["name"], series["line"], series["kind"]) == ("loss", 10, "loss")
    curve = np.concatenate([array(p["value"]) for p in of(events, "points")])
    printed = [float(line) for line in text(events).splitlines()[:5]]
    np.testing.assert_array_equal(curve, printed)


@pytest.mark.parametrize("level", ["off", "full"])
def test_watching_changes_nothing(level: str) -> None:
    assert text(run(TRAIN, level)) == text(run(TRAIN))


@pytest.mark.parametrize(
    ("code", "name", "message", "line", "column"),
    [
        ("x = [1]\nprint(x[3])\n", "IndexError", "list index out of range", 2, 6),
        ("def f(a):\n    return a.b\n\nf(1)\n", "AttributeError", "'int' object has no", 2, 11),
        ("x = (\n", "SyntaxError", "was never closed", 1, 4),
        ("import torch\ntorch.ones(2, 3) @ torch.ones(2)\n", "RuntimeError", "size mismatch", 2, 0),
        ("import torch\ntorch.conv9d\n", "MissingName", "torch.conv9d", 2, 0),
    ],
)
def test_an_error_has_its_place(code: str, name: str, message: str, line: int, column: int) -> None:
    events = run(code)
    (error,) = of(events, "error")
    assert error["name"] == name
    assert message in error["message"]
    assert (error["frames"][-1]["line"], error["frames"][-1]["column"]) == (line, column)
    assert of(events, "state")[-1]["state"] == "failed"


def test_what_is_made_of_inputs_alone_is_an_input() -> None:
    events = run(
        "import torch\nx, y = torch.ones(9, 3), torch.ones(9)\nw = torch.ones(3, requires_grad=True)\n"
        "i = torch.tensor([0, 2])\nloss = (x[i] @ w - (y[i] + 1) * 2).sum()\nloss.backward()\n"
    )
    (topology,) = of(events, "topology")
    inputs = [(n["name"], n["shape"]) for n in topology["nodes"] if n["kind"] == "input"]
    assert inputs == [("x[i]", [2, 3]), ("(y[i] + 1) * 2", [2])]
    assert [n["name"] for n in topology["nodes"] if n["kind"] == "op"] == ["mv", "sub", "sum"]
    (numbers,) = of(events, "numbers")
    assert (array(numbers["present"]) & 1).all()


def test_a_program_without_gradients_is_shown_whole() -> None:
    events = run("import torch\nx = torch.ones(4, 3)\nprint((x[1:] * 2).sum())\n")
    (topology,) = of(events, "topology")
    assert [n["name"] for n in topology["nodes"] if n["kind"] == "op"] == ["getitem", "mul", "sum"]


def test_a_program_that_raises_keeps_its_graph() -> None:
    events = run(
        "import torch\na = torch.ones(2, 3, requires_grad=True)\nb = a.exp()\nc = b @ torch.ones(2)\n"
    )
    (topology,) = of(events, "topology")
    assert not topology["complete"]
    assert [n["name"] for n in topology["nodes"] if n["failed"]] == ["mv"]
    (error,) = of(events, "error")
    assert [(o["name"], o["shape"]) for o in error["operands"]] == [
        ("b", [2, 3]),
        ("torch.ones(2)", [2]),
    ]


def test_input_waits_for_its_line() -> None:
    events = run(
        "print(input('Name? ')[::-1])", replies={"waiting": {"type": "input", "text": "abc"}}
    )
    assert text(events).endswith("cba\n")


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("while True: pass", "running"),
        ("import time\ntime.sleep(60)", "running"),
        ("input()", "waiting"),
    ],
)
def test_stop_ends_it(code: str, state: str) -> None:
    events = run(code, replies={state: {"type": "stop"}})
    last = of(events, "state")[-1]
    assert (last["state"], last["reason"]) == ("stopped", "user")


def test_exit_is_an_ordinary_end() -> None:
    events = run("import sys\nprint('a')\nsys.exit(0)\nprint('b')")
    assert text(events) == "a\n"
    assert of(events, "state")[-1]["state"] == "finished"
    assert of(events, "error") == []
