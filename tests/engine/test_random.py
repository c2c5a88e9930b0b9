"""Random numbers equal PyTorch's, from stored data and from PyTorch itself where it is installed.

`python tests/engine/test_random.py` stores the data anew with the installed PyTorch; not on an
Intel processor, where PyTorch draws some of them from Intel's library.
"""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

GOLDEN = Path(__file__).parent / "golden" / "random.npz"
EXACT, CLOSE = 0, 4  # units in the last place (of the largest number where numbers are near 0)

# name: (bound in units in the last place, the draw with `t` for torch)
CASES = {
    "rand": (EXACT, lambda t: t.rand(100)),
    "rand2d": (EXACT, lambda t: t.rand(3, 7)),
    "rand_scalar": (EXACT, lambda t: t.rand(())),
    "rand_empty": (EXACT, lambda t: t.rand(0, 3)),
    "rand_tuple": (EXACT, lambda t: t.rand((2, 3))),
    "rand_size": (EXACT, lambda t: t.rand(size=(2, 3))),
    "rand64": (EXACT, lambda t: t.rand(100, dtype=t.float64)),
    "rand16": (EXACT, lambda t: t.rand(100, dtype=t.float16)),
    "rand_complex": (EXACT, lambda t: t.rand(10, dtype=t.complex64)),
    "rand_like": (EXACT, lambda t: t.rand_like(t.zeros(4, 5))),
    "randn1": (CLOSE, lambda t: t.randn(1)),
    "randn5": (CLOSE, lambda t: t.randn(5)),
    "randn15": (CLOSE, lambda t: t.randn(15)),
    "randn16": (CLOSE, lambda t: t.randn(16)),
    "randn17": (CLOSE, lambda t: t.randn(17)),
    "randn1000": (CLOSE, lambda t: t.randn(1000)),
    "randn2d": (CLOSE, lambda t: t.randn(13, 7)),
    "randn64_5": (CLOSE, lambda t: t.randn(5, dtype=t.float64)),
    "randn64_100": (CLOSE, lambda t: t.randn(100, dtype=t.float64)),
    "randn16_5": (CLOSE, lambda t: t.randn(5, dtype=t.float16)),
    "randn16_40": (CLOSE, lambda t: t.randn(40, dtype=t.float16)),
    "randn_complex3": (CLOSE, lambda t: t.randn(3, dtype=t.complex64)),
    "randn_complex30": (CLOSE, lambda t: t.randn(30, dtype=t.complex128)),
    "randn_like": (CLOSE, lambda t: t.randn_like(t.zeros(4, 5))),
    "randn_odd_pair": (CLOSE, lambda t: t.cat([t.randn(3), t.rand(2), t.randn(4), t.randn(20)])),
    "randint": (EXACT, lambda t: t.randint(10, (50,))),
    "randint_low": (EXACT, lambda t: t.randint(-5, 7, (5, 5))),
    "randint_named": (EXACT, lambda t: t.randint(low=2, high=9, size=(5,))),
    "randint_int32": (EXACT, lambda t: t.randint(0, 100, (20,), dtype=t.int32)),
    "randint_float": (EXACT, lambda t: t.randint(0, 100, (20,), dtype=t.float32)),
    "randint_below_2_28": (EXACT, lambda t: t.randint(2**28 - 1, (20,))),
    "randint_from_2_28": (EXACT, lambda t: t.randint(2**28, (20,))),
    "randint_2_40": (EXACT, lambda t: t.randint(-(2**40), 2**40, (20,))),
    "randint_like": (EXACT, lambda t: t.randint_like(t.zeros(6), 3, 9)),
    "randperm": (EXACT, lambda t: t.randperm(100)),
    "randperm_1": (EXACT, lambda t: t.cat([t.randperm(1), t.randperm(0), t.randperm(2)])),
    "randperm_large": (EXACT, lambda t: t.randperm(1437)),
    "bernoulli": (EXACT, lambda t: t.bernoulli(t.linspace(0, 1, 200))),
    "bernoulli64": (EXACT, lambda t: t.bernoulli(t.linspace(0, 1, 200, dtype=t.float64))),
    "normal_numbers": (CLOSE, lambda t: t.normal(2.0, 3.0, (5, 5))),
    "normal_few": (CLOSE, lambda t: t.normal(2.0, 3.0, (5,))),
    "normal_tensors": (CLOSE, lambda t: t.normal(t.arange(20.0), t.linspace(0, 1, 20))),
    "normal_mean": (CLOSE, lambda t: t.normal(t.arange(5.0), 2.0)),
    "normal_std": (CLOSE, lambda t: t.normal(1.0, t.linspace(0, 1, 20))),
    "multinomial_with": (EXACT, lambda t: t.multinomial(t.arange(1.0, 9.0), 20, replacement=True)),
    "multinomial_rows": (
        EXACT,
        lambda t: t.multinomial(t.tensor([[1.0, 2.0], [3.0, 0.0]]), 9, replacement=True),
    ),
    "uniform_": (EXACT, lambda t: t.zeros(50).uniform_(-1.3, 2.7)),
    "uniform_64": (EXACT, lambda t: t.zeros(50, dtype=t.float64).uniform_(-1.3, 2.7)),
    "uniform_transposed": (EXACT, lambda t: t.zeros(4, 6).t().uniform_()),
    "uniform_strided": (EXACT, lambda t: t.zeros(4, 6)[:, ::2].uniform_()),
    "normal_": (CLOSE, lambda t: t.zeros(40).normal_(1.0, 0.1)),
    "normal_transposed": (CLOSE, lambda t: t.zeros(6, 6).t()[:, ::2].normal_()),
    "bernoulli_tensor_": (EXACT, lambda t: t.zeros(50).bernoulli_(t.linspace(0, 1, 50))),
    "random_": (EXACT, lambda t: t.zeros(20).random_()),
    "random_64": (EXACT, lambda t: t.zeros(20, dtype=t.float64).random_()),
    "random_16": (EXACT, lambda t: t.zeros(20, dtype=t.float16).random_()),
    "random_int64": (EXACT, lambda t: t.zeros(20, dtype=t.int64).random_()),
    "random_int32": (EXACT, lambda t: t.zeros(20, dtype=t.int32).random_()),
    "random_uint8": (EXACT, lambda t: t.zeros(20, dtype=t.uint8).random_()),
    "random_bool": (EXACT, lambda t: t.zeros(20, dtype=t.bool).random_()),
    "random_to": (EXACT, lambda t: t.zeros(20).random_(7)),
    "random_from_to": (EXACT, lambda t: t.zeros(20, dtype=t.int64).random_(-3, 7)),
    "log_normal_": (CLOSE, lambda t: t.zeros(20).log_normal_(0.0, 0.5)),
    "cauchy_": (CLOSE, lambda t: t.zeros(20, dtype=t.float64).cauchy_()),
    "geometric_": (EXACT, lambda t: t.zeros(20).geometric_(0.3)),
    "generator": (EXACT, lambda t: t.rand(9, generator=t.Generator().manual_seed(11))),
    "fresh_generator": (EXACT, lambda t: t.rand(9, generator=t.Generator())),
}

# Drawn from Intel's library by PyTorch on Intel processors; equal to ours on all others.
NOT_ON_INTEL = {
    "bernoulli_": (EXACT, lambda t: t.zeros(100).bernoulli_(0.3)),
    "bernoulli_p": (EXACT, lambda t: t.bernoulli(t.zeros(100), 0.3)),
    "dropout": (EXACT, lambda t: t.nn.functional.dropout(t.ones(100), 0.3)),
    "exponential_": (CLOSE, lambda t: t.zeros(50).exponential_(2.0)),
    "multinomial_one": (EXACT, lambda t: t.multinomial(t.arange(1.0, 9.0), 1)),
    "multinomial_without": (EXACT, lambda t: t.multinomial(t.arange(1.0, 9.0), 5)),
}
ALL = {**CASES, **NOT_ON_INTEL}


def on_intel() -> bool:
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and "GenuineIntel" in cpuinfo.read_text()


def draw(t, name: str) -> np.ndarray:
    """The case's numbers and two uniform ones after them: they say what it consumed."""
    t.manual_seed(2**40 + 3)
    made = ALL[name][1](t).numpy()
    after = t.rand(2).numpy()
    return made, after


def check(name: str, expected: tuple, made: tuple) -> None:
    (expected, after_expected), (made, after_made) = expected, made
    assert made.dtype == expected.dtype
    assert made.shape == expected.shape
    assert after_made.tolist() == after_expected.tolist(), "consumed another number of words"
    bound = ALL[name][0]
    if bound == EXACT:
        np.testing.assert_array_equal(made, expected)
    elif expected.size:
        kind = expected.real.dtype
        parts = [(made.real, expected.real), (made.imag, expected.imag)]
        for have, want in parts:
            unit = np.spacing(np.maximum(np.abs(want), kind.type(0.25)).astype(kind))
            difference = np.abs(have.astype(np.float64) - want.astype(np.float64))
            assert (difference / unit).max() <= bound


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as stored:
        return dict(stored)


@pytest.mark.parametrize("name", ALL)
def test_as_stored_from_pytorch(name, golden, bl):
    check(name, (golden[name], golden[name + "/after"]), draw(bl, name))


def test_every_case_is_stored(golden):
    assert {name for name in golden if not name.endswith("/after")} == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_as_pytorch_draws(name, torch, bl):
    if name in NOT_ON_INTEL and on_intel():
        pytest.skip("PyTorch draws this from Intel's library on this processor")
    check(name, draw(torch, name), draw(bl, name))


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**63, 2**64 - 1, -1, -(2**63)])
def test_seeds(seed, torch, bl):
    torch.manual_seed(seed)
    bl.manual_seed(seed)
    assert bl.initial_seed() == torch.initial_seed()
    assert bl.rand(5).tolist() == torch.rand(5).tolist()


@pytest.mark.parametrize(
    "before",
    [lambda t: None, lambda t: t.rand(5), lambda t: t.rand(624), lambda t: t.rand(623),
     lambda t: t.rand(1300), lambda t: t.randn(3)],
)  # fmt: skip
def test_states_are_exchanged_with_pytorch(before, torch, bl):
    for t in (torch, bl):
        t.manual_seed(77)
        before(t)
    theirs, ours = torch.get_rng_state().numpy(), bl.get_rng_state().numpy()
    assert ours.tolist() == theirs.tolist()
    expected = torch.rand(3).tolist(), torch.randn(3).tolist()
    bl.manual_seed(0)
    bl.set_rng_state(bl.from_numpy(theirs))
    made = bl.rand(3).tolist(), bl.randn(3).tolist()
    assert made[0] == expected[0]
    assert made[1] == pytest.approx(expected[1], rel=1e-6)


def test_state_comes_back(bl):
    bl.manual_seed(5)
    bl.randn(3)
    state = bl.get_rng_state()
    first = bl.randn(30).tolist(), bl.randn(3).tolist()
    bl.set_rng_state(state)
    assert (bl.randn(30).tolist(), bl.randn(3).tolist()) == first


def test_copies_of_a_generator_go_on_alone(bl):
    source = bl.Generator().manual_seed(8)
    bl.rand(3, generator=source)
    copies = [copy.deepcopy(source), pickle.loads(pickle.dumps(source)), source.clone_state()]
    expected = bl.rand(4, generator=source).tolist()
    assert [bl.rand(4, generator=c).tolist() for c in copies] == [expected] * 3


def test_fork_rng_leaves_the_stream(bl):
    bl.manual_seed(4)
    with bl.random.fork_rng():
        bl.rand(100)
    after = bl.rand(3).tolist()
    bl.manual_seed(4)
    assert bl.rand(3).tolist() == after


def test_seed_is_fresh_each_time(bl):
    assert bl.seed() != bl.seed()


ERRORS = {
    "seed_too_large": lambda t: t.manual_seed(2**64),
    "seed_too_small": lambda t: t.manual_seed(-(2**63) - 1),
    "seed_text": lambda t: t.manual_seed("a"),
    "randint_empty": lambda t: t.randint(5, 5, (2,)),
    "randn_integers": lambda t: t.randn(3, dtype=t.int64),
    "rand_negative": lambda t: t.rand(-1),
    "randperm_negative": lambda t: t.randperm(-1),
    "randperm_float": lambda t: t.randperm(2.5),
    "randint_float": lambda t: t.randint(2.5, (2,)),
    "randint_no_size": lambda t: t.randint(5),
    "randint_too_large": lambda t: t.randint(300, (2,), dtype=t.uint8),
    "bernoulli_above_1": lambda t: t.bernoulli(t.tensor([2.0])),
    "bernoulli_integers": lambda t: t.bernoulli(t.tensor([1])),
    "bernoulli_p": lambda t: t.zeros(3).bernoulli_(2),
    "normal_negative": lambda t: t.normal(0, -1, (3,)),
    "normal_in_place_negative": lambda t: t.zeros(3).normal_(0, -1),
    "normal_integers": lambda t: t.zeros(3, dtype=t.int64).normal_(),
    "uniform_reversed": lambda t: t.zeros(3).uniform_(2, 1),
    "uniform_integers": lambda t: t.zeros(3, dtype=t.int64).uniform_(),
    "uniform_leaf": lambda t: t.zeros(3, requires_grad=True).uniform_(),
    "random_reversed": lambda t: t.zeros(3).random_(5, 2),
    "random_too_large": lambda t: t.zeros(3, dtype=t.uint8).random_(0, 300),
    "exponential": lambda t: t.zeros(3).exponential_(-1),
    "geometric": lambda t: t.zeros(3).geometric_(2),
    "cauchy": lambda t: t.zeros(3).cauchy_(0, -1),
    "log_normal": lambda t: t.zeros(3).log_normal_(0, -1),
    "multinomial_many": lambda t: t.multinomial(t.rand(3), 5),
    "multinomial_none": lambda t: t.multinomial(t.rand(3), 0),
    "multinomial_zero": lambda t: t.multinomial(t.zeros(3), 1, replacement=True),
    "multinomial_negative": lambda t: t.multinomial(t.tensor([-1.0, 2.0]), 1),
    "multinomial_3d": lambda t: t.multinomial(t.rand(3, 3, 3), 1),
    "state_dtype": lambda t: t.set_rng_state(t.zeros(3)),
    "state_size": lambda t: t.set_rng_state(t.zeros(3, dtype=t.uint8)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_what_pytorch_says(name, torch, bl):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        ERRORS[name](torch)
    with pytest.raises(theirs.type) as ours:
        ERRORS[name](bl)
    first = str(theirs.value).split(" (Could")[0].split(" - got")[0].split("\n")[0].strip()
    assert str(ours.value).startswith(first)


def test_fills_and_follows_the_graph(bl):
    x = bl.ones(4, requires_grad=True)
    y = x * 2
    y.uniform_()
    (y * 3).sum().backward() if y.requires_grad else None
    assert x.grad is None or x.grad.tolist() == [0.0] * 4


def test_random_arguments_of_the_tensor(bl):
    made = bl.rand(3, requires_grad=True)
    assert made.requires_grad
    assert made.is_leaf
    out = bl.zeros(3)
    assert bl.rand(3, out=out) is out
    assert out.tolist() != [0.0] * 3
    with pytest.raises(RuntimeError, match="must be equal"):
        bl.rand(4, out=out)


def main() -> None:
    """Store what the installed PyTorch draws."""
    import torch

    if on_intel():
        raise SystemExit("on an Intel processor PyTorch draws some cases from Intel's library")
    stored = {}
    for name in ALL:
        stored[name], stored[name + "/after"] = draw(torch, name)
    np.savez_compressed(GOLDEN, **stored)
    print(f"{len(ALL)} cases of PyTorch {torch.__version__} in {GOLDEN.name}")


if __name__ == "__main__":
    main()
