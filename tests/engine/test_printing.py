"""Tensors print as PyTorch prints them: stored texts, and PyTorch itself where it is installed.

`python tests/engine/test_printing.py` stores the texts anew with the installed PyTorch.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

GOLDEN = Path(__file__).parent / "golden" / "printing.json"
nan, inf = float("nan"), float("inf")


def grad(t):
    return t.tensor([1.0, 2.0], requires_grad=True)


# name: an expression over `t` (torch) and its printed text
CASES = {
    "scalar": lambda t: t.tensor(3.14159265),
    "scalar_whole": lambda t: t.tensor(3.0),
    "scalar_int": lambda t: t.tensor(7),
    "scalar_bool": lambda t: t.tensor(True),
    "scalar_nan": lambda t: t.tensor(nan),
    "scalar_inf": lambda t: t.tensor(-inf),
    "scalar_small": lambda t: t.tensor(1e-7),
    "scalar_large": lambda t: t.tensor(1.5e9),
    "scalar_complex": lambda t: t.tensor(1 - 2.5j),
    "vector": lambda t: t.tensor([1.0, -2.5, 3.25]),
    "whole": lambda t: t.tensor([1.0, -2.0, 300.0]),
    "whole_large": lambda t: t.tensor([1.0, 2.0, 3000.0]),
    "minus_zero": lambda t: t.tensor([0.0, -0.0]),
    "zeros": lambda t: t.zeros(2, 3),
    "rounding": lambda t: t.tensor([0.00005, 0.99995, 0.5, 0.12345]),
    "scientific_ratio": lambda t: t.tensor([0.01, 123.0]),
    "scientific_ratio_edge": lambda t: t.tensor([1.5, 1500.0]),
    "scientific_large": lambda t: t.tensor([1.5e8, 1.6e8]),
    "scientific_small": lambda t: t.tensor([0.5e-4, 0.6e-4]),
    "scientific_whole": lambda t: t.tensor([1.0, 1e10]),
    "nan_inf": lambda t: t.tensor([1.5, nan, inf, -inf]),
    "nan_inf_whole": lambda t: t.tensor([1.0, nan, inf, -inf]),
    "nan_only": lambda t: t.tensor([nan, nan]),
    "inf_scientific": lambda t: t.tensor([1e-9, inf, 0.0]),
    "ints": lambda t: t.tensor([[1, -20], [300, 4]]),
    "bools": lambda t: t.tensor([[True, False], [False, False]]),
    "uint8": lambda t: t.tensor([1, 255], dtype=t.uint8),
    "int32": lambda t: t.tensor([1, -255], dtype=t.int32),
    "float64": lambda t: t.tensor([1.5, 2.25], dtype=t.float64),
    "float16": lambda t: t.tensor([1.5, 2.25, 65504.0], dtype=t.float16),
    "complex": lambda t: t.tensor([1 + 2j, -0.5 - 1.25j, 3j]),
    "complex_whole": lambda t: t.tensor([1 + 2j, -3 - 4j]),
    "complex_nan": lambda t: t.tensor([complex(nan, -inf), complex(inf, nan), 1 - 1j]),
    "complex128": lambda t: t.tensor([[1.5 + 1e-6j]], dtype=t.complex128),
    "empty": lambda t: t.tensor([]),
    "empty_int": lambda t: t.tensor([], dtype=t.int64),
    "empty_2d": lambda t: t.zeros(0, 3),
    "empty_3d_bool": lambda t: t.zeros(2, 0, 3, dtype=t.bool),
    "matrix": lambda t: t.arange(12.0).reshape(3, 4) / 7,
    "cube": lambda t: t.arange(24.0).reshape(2, 3, 4),
    "four_dims": lambda t: t.arange(16.0).reshape(2, 2, 2, 2) / 3,
    "ones_dims": lambda t: t.ones(1, 1, 1),
    "long": lambda t: t.arange(40.0) / 3,
    "long_int": lambda t: t.arange(100),
    "at_threshold": lambda t: t.arange(1000),
    "summary": lambda t: t.arange(1001),
    "summary_float": lambda t: t.arange(5000.0) / 7,
    "summary_matrix": lambda t: t.arange(10000.0).reshape(100, 100),
    "summary_wide": lambda t: t.arange(4000.0).reshape(2, 2000),
    "summary_tall": lambda t: t.arange(4000.0).reshape(2000, 2) / 9,
    "summary_cube": lambda t: t.arange(8000.0).reshape(20, 20, 20),
    "summary_four": lambda t: t.arange(2401.0).reshape(7, 7, 7, 7) / 11,
    "summary_hides_large": lambda t: t.where(t.arange(2000) == 1000, 1e20, 0.5),
    "summary_complex": lambda t: t.arange(2000.0) * (1 + 0.5j),
    "summary_bool": lambda t: t.arange(3000) % 2 == 0,
    "summary_int32": lambda t: t.arange(3000, dtype=t.int32),
    "wide_row": lambda t: t.arange(60.0).reshape(2, 30) * 1000.5,
    "requires_grad": lambda t: t.tensor([1.0], requires_grad=True),
    "grad_fn": lambda t: grad(t) * 2,
    "grad_fn_scalar": lambda t: grad(t).sum(),
    "grad_fn_view": lambda t: grad(t)[0],
    "grad_fn_detached": lambda t: grad(t).detach(),
    "grad_fn_relu": lambda t: t.relu(grad(t)),
    "grad_fn_line_break": lambda t: (grad(t)[:1] * 1234.5678).expand(7) * t.ones(7),
    "grad_fn_float64": lambda t: t.tensor([1.5], dtype=t.float64, requires_grad=True) * 2,
    "grad_fn_matrix": lambda t: grad(t)[:, None] * t.arange(1.0, 8.0) / 7,
    "transposed": lambda t: t.arange(6).reshape(2, 3).t(),
    "parameter": lambda t: t.nn.Parameter(t.tensor([1.5, 2.5])),
    "parameter_frozen": lambda t: t.nn.Parameter(t.zeros(2, 2), requires_grad=False),
    "size": lambda t: t.zeros(2, 3).shape,
    "dtype": lambda t: t.float32,
    "device": lambda t: t.device("cpu"),
    "list": lambda t: [t.tensor(1.0), t.tensor([2])],
}

OPTIONS = {
    "precision_2": {"precision": 2},
    "precision_8": {"precision": 8},
    "short": {"profile": "short"},
    "full": {"profile": "full"},
    "scientific": {"sci_mode": True},
    "not_scientific": {"sci_mode": False},
    "narrow": {"linewidth": 40},
    "few_edges": {"edgeitems": 1, "threshold": 5},
    "no_edges": {"edgeitems": 0, "threshold": 3},
}
WITH_OPTIONS = (
    "vector", "whole", "scientific_ratio", "nan_inf", "ints", "complex", "matrix", "cube",
    "scientific_whole", "summary_matrix", "grad_fn_matrix", "scalar",
)  # fmt: skip

FORMATS = {
    "scalar": lambda t: f"{t.tensor(1.23456789)}",
    "scalar_spec": lambda t: f"{t.tensor(1.23456789):.3f} {t.tensor(7):4d}|",
    "scalar_exponent": lambda t: f"{t.tensor(12345.678):10.2e}",
    "scalar_grad": lambda t: f"{grad(t).sum():.4f}",
    "scalar_grad_plain": lambda t: f"{grad(t).sum()}",
    "bool": lambda t: f"{t.tensor(True)}",
    "vector": lambda t: f"{t.tensor([1.0, 2.0])}",
    "parameter": lambda t: f"{t.nn.Parameter(t.tensor(2.5))}",
    "percent": lambda t: f"{t.tensor(0.5):.1%}",
    "old_style": lambda t: "%.2f %s" % (t.tensor(1.239), t.tensor([1])),  # noqa: UP031
    "str": lambda t: str(t.tensor([1.0])),
}


def restore(t):
    t.set_printoptions(profile="default")


def printed(t, name: str, given: str = "") -> str:
    """How the case prints with one of the sets of options."""
    try:
        t.set_printoptions(**OPTIONS.get(given, {}))
        return repr(CASES[name](t))
    finally:
        restore(t)


def every_case():
    for name in CASES:
        yield name, ""
    for given in OPTIONS:
        for name in WITH_OPTIONS:
            yield name, given


@pytest.fixture(scope="module")
def golden() -> dict:
    return json.loads(GOLDEN.read_text("utf-8"))


@pytest.mark.parametrize(("name", "given"), list(every_case()))
def test_prints_as_stored_from_pytorch(name, given, golden, bl):
    assert printed(bl, name, given) == golden[f"{name}/{given}"]


@pytest.mark.parametrize("name", FORMATS)
def test_formats_as_stored_from_pytorch(name, golden, bl):
    assert FORMATS[name](bl) == golden[f"format/{name}"]


def test_every_case_is_stored(golden):
    assert set(golden) == {f"{name}/{given}" for name, given in every_case()} | {
        f"format/{name}" for name in FORMATS
    }


@pytest.mark.parametrize("seed", range(60))
def test_prints_random_tensors_as_pytorch(seed, torch, bl):
    draw = random.Random(seed)
    shape = tuple(draw.choice([1, 2, 3, 5, 8, 40]) for _ in range(draw.randint(0, 3)))
    kind = draw.choice([np.float32, np.float64, np.float16, np.int64, np.int32, np.complex64])
    values = np.random.default_rng(seed)
    array = values.normal(size=shape) * 10.0 ** draw.randint(-6, 10)
    if np.dtype(kind).kind == "c":
        array = array + 1j * values.normal(size=shape)
    if draw.random() < 0.3:
        array = np.round(array)
    if draw.random() < 0.3 and np.dtype(kind).kind == "f":
        array = np.where(values.random(shape) < 0.2, draw.choice([nan, inf, -inf, 0.0]), array)
    with np.errstate(all="ignore"):
        array = np.asarray(array).astype(kind)
    assert repr(bl.from_numpy(array)) == repr(torch.from_numpy(array))


@pytest.mark.parametrize("expression", ["f'{t.zeros(2):.2f}'", "f'{t.tensor(1):z}'"])
def test_formats_that_fail(expression, torch, bl):
    for t in (torch, bl):
        with pytest.raises((TypeError, ValueError)):
            eval(expression, {"t": t})


def test_printoptions_end_with_the_block(bl):
    before = bl.printing.get_printoptions()
    with bl.printing.printoptions(precision=1, sci_mode=True):
        assert repr(bl.tensor([0.5])) == "tensor([5.0e-01])"
    assert bl.printing.get_printoptions() == before
    assert repr(bl.tensor([0.5])) == "tensor([0.5000])"


def main() -> None:
    """Store what the installed PyTorch prints."""
    import torch

    stored = {f"{name}/{given}": printed(torch, name, given) for name, given in every_case()}
    stored |= {f"format/{name}": FORMATS[name](torch) for name in FORMATS}
    GOLDEN.write_text(json.dumps(stored, indent=0, ensure_ascii=False) + "\n", "utf-8")
    print(f"{len(stored)} texts of PyTorch {torch.__version__} in {GOLDEN.name}")


if __name__ == "__main__":
    main()
