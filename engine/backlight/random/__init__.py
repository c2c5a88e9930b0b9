"""Random numbers: PyTorch's CPU generator, and everything that draws from it.

The generator is MT19937 with the classic integer seeding, so NumPy's legacy seeding gives the very
same words. How words become numbers follows PyTorch: the low 24 bits of one word are a float32, the
low 53 bits of two words a float64; 16 or more normals are made by Box-Muller in blocks of 16, fewer
in pairs of which the second is kept for the next call.

From one seed every function here gives PyTorch's numbers: uniforms, integers, permutations and
Bernoulli draws to the bit, what goes through a logarithm or a sine to the last places. On Intel
processors PyTorch draws three of them from Intel's own library instead: `bernoulli_(p)` (and so
`dropout`) and `exponential_` (and so `multinomial` without replacement) then have the same
distribution, but other numbers.

Numbers for a GPU are drawn here as well and uploaded, so that a program gives the same on both.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ..tensor import Tensor
from .generator import (
    Generator,
    bernoulli_mask,
    default_generator,
    gaussian,
    integers,
    permutation,
    uniform,
)
from .inplace import METHODS
from .sampling import (
    bernoulli,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
)

__all__ = [
    "Generator", "default_generator", "manual_seed", "seed", "initial_seed", "get_rng_state",
    "set_rng_state", "fork_rng", "rand", "randn", "randint", "randperm", "normal", "bernoulli",
    "multinomial", "rand_like", "randn_like", "randint_like",
    # arrays, for the engine's own layers
    "uniform", "gaussian", "integers", "permutation", "bernoulli_mask", "METHODS",
]  # fmt: skip


def manual_seed(seed: int) -> Generator:
    """Begin the default stream of this seed, so that a program gives the same numbers again."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Begin the default stream with a seed from the operating system; returns the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed of the default stream."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """Where the default stream is."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Go to where `get_rng_state` was called."""
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, **ignored: Any) -> Iterator[None]:
    """Let the default stream go on after the block as if nothing had been drawn in it."""
    before = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(before)
