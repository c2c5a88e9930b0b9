"""Whole programs as people write them: unmodified, with PyTorch's losses to 1e-4.

Each file of `programs/` is seeded and leaves its losses in `losses`. Ours run in one interpreter of
their own, in which `torch` means Backlight; PyTorch's, where it is installed, in this one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
ENGINE = Path(__file__).resolve().parents[2] / "engine"

#: Programs whose draws are another stream's, and why; they must run and give finite losses.
OTHER_NUMBERS = {
    "reinforce": "PyTorch draws one of several through Intel's exponential numbers",
}

RUN_ALL = """
import json, sys, traceback, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
from backlight import compat
compat.install()
found = {}
for path in sys.argv[2:]:
    try:
        space = {"__name__": "__main__"}
        exec(compile(open(path).read(), path, "exec"), space)
        found[path] = [float(value) for value in space["losses"]]
    except BaseException:
        found[path] = traceback.format_exc()
print(json.dumps(found))
"""

pytestmark = pytest.mark.skipif(
    sys.platform == "emscripten", reason="an interpreter of its own needs processes"
)


@pytest.fixture(scope="module")
def ours() -> dict[str, list[float] | str]:
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL, str(ENGINE), *map(str, PROGRAMS)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_runs_unmodified(path: Path, ours: dict) -> None:
    losses = ours[str(path)]
    assert isinstance(losses, list), losses
    assert len(losses) >= 10
    assert np.isfinite(losses).all()


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_its_losses_are_pytorchs(path: Path, ours: dict, torch: object) -> None:
    if path.stem in OTHER_NUMBERS:
        pytest.skip(OTHER_NUMBERS[path.stem])
    space: dict = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(path.read_text("utf-8"), str(path), "exec"), space)
    np.testing.assert_allclose(ours[str(path)][:20], space["losses"][:20], rtol=1e-4)


def test_there_are_thirty() -> None:
    assert len(PROGRAMS) >= 30
