"""The examples reach the result that their header expects, with PyTorch's losses at every step.

Each runs in an interpreter of its own, with `torch` meaning Backlight or PyTorch: the same program,
only the shipped data is handed to PyTorch as its own tensors.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(
    sys.platform == "emscripten", reason="an interpreter of its own needs processes"
)

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
EXPECT = re.compile(r"^# expect: (\w+) (<=|>=) ([\d.]+)$", re.MULTILINE)

DRIVER = """
import contextlib, json, runpy, sys
which, path, wanted = sys.argv[1:]
if which == "torch":
    import torch
    import backlight.data
    for name in ("digits", "spirals"):
        def given(*args, ours=getattr(backlight.data, name), **named):
            return tuple(torch.from_numpy(t.numpy()) for t in ours(*args, **named))
        setattr(backlight.data, name, given)
else:
    from backlight import compat
    compat.install()
    import torch
losses, backward = [], torch.Tensor.backward
def record(self, *args, **named):
    losses.append(self.item())
    return backward(self, *args, **named)
torch.Tensor.backward = record
with contextlib.redirect_stdout(sys.stderr):
    found = runpy.run_path(path, run_name="__main__")
print(json.dumps({"losses": losses, "result": found[wanted]}))
"""

#: To what part of the first loss the last one falls, where that is not a tenth.
FALLS = {"char_gpt": 0.65}
#: How many losses are compared, where that is not all: Adam makes full steps of the plain net's
#: gradients of 1e-12, so that rounding doubles every few steps.
COMPARED = {"deep_sigmoid": 200}

_runs: dict = {}


def run(which: str, path: Path) -> dict:
    """The losses and the expected variable of a run; each run happens once."""
    if (which, path) not in _runs:
        wanted = EXPECT.search(path.read_text("utf-8"))[1]
        done = subprocess.run(
            [sys.executable, "-c", DRIVER, which, str(path), wanted],
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(ROOT / "engine")},
        )
        assert done.returncode == 0, done.stderr
        _runs[which, path] = {**json.loads(done.stdout), "printed": done.stderr}
    return _runs[which, path]


def test_there_are_examples():
    assert [path.stem for path in EXAMPLES] == [
        "char_gpt",
        "deep_sigmoid",
        "digits_mlp",
        "regression_raw",
        "two_spirals",
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_begins_as_an_example_does(path):
    code = path.read_text("utf-8")
    title, empty, sentence = ast.get_docstring(ast.parse(code)).split("\n", 2)
    assert re.fullmatch(r"[A-Z][\w ]{3,40}", title)
    assert empty == ""
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert EXPECT.search(code)
    assert max(map(len, code.splitlines())) <= 88


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_reaches_what_it_expects(path):
    _, relation, bound = EXPECT.search(path.read_text("utf-8")).groups()
    done = run("backlight", path)
    if relation == ">=":
        assert done["result"] >= float(bound)
    else:
        assert done["result"] <= float(bound)
    assert 200 <= len(done["losses"]) <= 600
    assert done["losses"][-1] < done["losses"][0] * FALLS.get(path.stem, 0.1)
    assert done["printed"].count("loss") >= 8


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_has_pytorchs_losses_at_every_step(path, torch):
    ours, theirs = run("backlight", path), run("torch", path)
    # Rounding grows with the steps; what is left of a loss at the end is small.
    n = COMPARED.get(path.stem)
    np.testing.assert_allclose(ours["losses"][:n], theirs["losses"][:n], rtol=1e-4, atol=1e-5)
    assert ours["result"] == pytest.approx(theirs["result"], abs=1e-4)


def test_the_digits_print_their_accuracy():
    path = ROOT / "examples" / "digits_mlp.py"
    accuracy = run("backlight", path)["result"]
    assert f"{accuracy:.1%} of 360 held-out images read right" in run("backlight", path)["printed"]
