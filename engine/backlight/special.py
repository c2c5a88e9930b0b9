"""Special functions (`torch.special`): rows of `ops/`, by the names they have there."""

from __future__ import annotations

from typing import Any

from . import errors, ops
from .ops import special_kernels
from .ops.table import with_out
from .tensor import Tensor

f = ops.FUNCTIONS

#: Functions of `torch` itself, by the names that they have here.
_SAME = {
    "digamma": "digamma", "psi": "digamma", "erf": "erf", "erfc": "erfc", "erfinv": "erfinv",
    "exp2": "exp2", "expit": "sigmoid", "expm1": "expm1", "gammainc": "igamma",
    "gammaincc": "igammac", "gammaln": "lgamma", "i0": "i0", "log1p": "log1p",
    "log_softmax": "log_softmax", "logit": "logit", "logsumexp": "logsumexp",
    "multigammaln": "mvlgamma", "polygamma": "polygamma", "round": "round", "sinc": "sinc",
    "softmax": "softmax", "xlogy": "xlogy",
}  # fmt: skip
globals().update({name: f[other] for name, other in _SAME.items()})

#: The engine's own rows.
_ROWS = (
    "erfcx ndtr ndtri log_ndtr i0e i1 i1e zeta airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 "
    "modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 modified_bessel_k1 "
    "scaled_modified_bessel_k0 scaled_modified_bessel_k1"
).split()
for _name in (*_ROWS, *special_kernels.POLYNOMIALS):
    globals()[_name] = ops.row("_" + _name)


@with_out
def entr(input: Tensor) -> Tensor:
    """-x log x, and minus infinity below zero."""
    if not input.is_floating_point():
        input = input.to(_default())
    inside = f["where"](input > 0, input, 1.0)
    y = -inside * f["log"](inside)
    y = f["where"](input > 0, y, f["where"](input == 0, 0.0, -float("inf")).to(input.dtype))
    return f["where"](f["isnan"](input), input, y)


def _default() -> Any:
    from . import dtypes

    return dtypes.get_default_dtype()


@with_out
def xlog1py(input: Any, other: Any) -> Tensor:
    """x log(1 + y), and zero where x is."""
    x, y = (
        v
        if isinstance(v, Tensor)
        else (input if isinstance(input, Tensor) else other).new_tensor(v)
        for v in (input, other)
    )
    return (
        f["xlogy"](x, y + 1)
        if not (x.is_floating_point() and y.is_floating_point())
        else (
            f["where"]((x == 0) & ~f["isnan"](y), x * 0, x * f["log1p"](f["where"](x == 0, 0.0, y)))
        )
    )


@with_out
def spherical_bessel_j0(input: Tensor) -> Tensor:
    """sin x / x."""
    if not input.is_floating_point():
        input = input.to(_default())
    zero = input == 0
    y = f["sin"](input) / f["where"](zero, 1.0, input)
    y = f["where"](f["isinf"](input), 0.0, y)
    return f["where"](zero, 1.0, y)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.missing_name("torch.special", name, globals())
