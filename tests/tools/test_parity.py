"""The comparison with PyTorch: the harness is as it came, and what the page says of its figures."""

from __future__ import annotations

import hashlib
from pathlib import Path

import parity
import pytest

HARNESS = Path(__file__).resolve().parents[1] / "parity"

AS_IT_CAME = {
    "README.md": "949000f162be0e5102d3a4b3db10f4c299b212782d077d92e0fefd9beccefa18",
    "common.py": "220b48edef19a124e5635bef31f3270d91c39bf520c56ffd5d94eac569b1fb6a",
    "modules.py": "4720df83564e4d8080fa9663e602c0f2ab9429d93deb5d03aa855f41da53f1ae",
    "ops.py": "6d33d6c2c2cd1083c5a9ced68a70d552784f0cb0a27ac1d5825ebcf27619862c",
    "optimizers.py": "249fdc949e41c6156f9ab2c87af2902855a3fd50b9d75e9615535debbbdc8049",
}


@pytest.mark.parametrize("name", AS_IT_CAME)
def test_the_harness_is_unchanged(name):
    assert hashlib.sha256((HARNESS / name).read_bytes()).hexdigest() == AS_IT_CAME[name]


FORWARD = {
    "add": {"status": "ok"},
    "erf": {"status": "wrong", "reason": "values differ | a lot"},
    "bessel": {"status": "missing", "reason": "no bessel"},
    "half": {"status": "n/a"},
    "slice": {"status": "excluded", "reason": "private"},
}
ERRORS = {"add": {"status": "wrong", "reason": "does not raise", "samples": 4, "passed": 3}}


@pytest.mark.parametrize(
    ("cases", "level", "expected"), [(FORWARD, "forward", (1, 3)), (ERRORS, "errors", (3, 4))]
)
def test_what_counts(cases, level, expected):
    assert parity.counted(cases, level) == expected


@pytest.mark.parametrize(("floor", "fallen"), [(1, 0), (2, 1)])
def test_falling_below_a_floor_is_said(floor, fallen):
    assert len(parity.below({"forward": FORWARD}, {"forward": floor})) == fallen


def test_every_name_is_in_one_half():
    import re

    for name in ("add", "nn.functional.relu", "nn.functional.conv1d", "zeros", "__radd__", "norm"):
        assert sum(bool(re.search(half, name)) for half in parity.HALVES) == 1


def test_the_page_says_what_fails_and_why():
    text = parity.page(
        {"operators": {"forward": FORWARD, "errors": ERRORS}}, {"erf": "Coefficients differ."}
    )
    assert "| **forward** values, shapes, dtypes of the results | 1 | 3 | 33.3% |" in text
    assert "names the nearest): `bessel`." in text
    assert "- `erf` (1): Coefficients differ." in text
    assert "- `add` (1): errors: does not raise" in text
    assert "slice" not in text
    assert "half" not in text
