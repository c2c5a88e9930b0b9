"""Small data sets that ship with the engine: real digits, and points made by a formula.

They draw from generators of their own, so loading one changes no program's numbers.
"""

from __future__ import annotations

import math
from importlib.resources import files
from typing import Any

import numpy as np

from ..creation import from_numpy

#: Images held out of `digits()`.
HELD_OUT = 360


def digits() -> tuple[Any, Any, Any, Any]:
    """Load the UCI handwritten digits: (x, y, x_val, y_val).

    x: (1437, 64) float32, the 8x8 images in rows, 0 (paper) to 1 (ink); y: (1437,) int64, 0 to 9.
    x_val, y_val: the other 360 of the 1,797 images. The split is always the same. Source: E.
    Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, 1998 (SOURCES.md beside this file).
    """
    with (files(__package__) / "digits.npz").open("rb") as file, np.load(file) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    order = np.random.RandomState(0).permutation(len(labels))
    x = (images.reshape(len(labels), -1)[order] / np.float32(16)).astype(np.float32)
    y = labels[order].astype(np.int64)
    train = len(labels) - HELD_OUT
    return tuple(from_numpy(a.copy()) for a in (x[:train], y[:train], x[train:], y[train:]))


def sonnets() -> str:
    """Load five sonnets by William Shakespeare (1609): about 3,000 characters, in the public domain."""
    return (files(__package__) / "sonnets.txt").read_text("utf-8")


def spirals(
    n: int = 200, noise: float = 0.1, seed: int = 0, turns: float = 1.75
) -> tuple[Any, Any]:
    """Make two interleaved spirals: (x, y).

    n: points in each. x: (2n, 2) float32 within about -1 to 1; y: (2n,) int64, 0 or 1.
    noise: standard deviation of a point about its spiral, as a part of the distance between turns.
    """
    draw = np.random.RandomState(seed)
    radius = np.sqrt(np.linspace(0.01, 1.0, n))
    angle = radius * turns * 2 * math.pi
    arms = []
    for start in (0.0, math.pi):
        points = np.stack((radius * np.cos(angle + start), radius * np.sin(angle + start)), axis=1)
        arms.append(points + draw.normal(0.0, noise / (2 * turns), points.shape))
    x = np.concatenate(arms).astype(np.float32)
    y = np.repeat(np.arange(2, dtype=np.int64), n)
    return from_numpy(x), from_numpy(y)
