"""The two sides of a comparison: Backlight, and PyTorch where it is installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the table of samples


@pytest.fixture(scope="session")
def bl():
    """Backlight, as a program's `torch`."""
    import backlight

    return backlight


@pytest.fixture(scope="session")
def torch():
    """PyTorch itself, the specification."""
    return pytest.importorskip("torch", reason="PyTorch is not installed to compare with")
