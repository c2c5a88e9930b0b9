"""Elementwise operations that few programs use: special functions, bits, signs and parts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes
from ..tensor import Tensor, wrap
from . import special_kernels
from .apply import return_type
from .table import FUNCTIONS, ROWS, composite, kernel, op

f = FUNCTIONS
PI = repr(math.pi)

# Gamma functions ------------------------------------------------------------------------------

op("lgamma(input)", "lgamma_kernel(xp, input)", kind="float", input="g * m.digamma(input)")
op(
    "digamma(input)", "digamma_kernel(xp, input)", kind="float",
    input="g * m._polygamma(input, 1)",
)  # fmt: skip
op(
    "_polygamma(input, order: int)", "polygamma_kernel(xp, input, order)", kind="float",
    public=False, node="Polygamma", shown="polygamma", inplace=False,
    input="g * m._polygamma(input, order + 1)",
)  # fmt: skip
op(
    "_zeta(input, other)", "zeta_kernel(xp, input, other)", kind="float", public=False,
    node="SpecialZeta", shown="zeta", inplace=False,
    other="g * (-input * m._zeta(input + 1, other))",
)  # fmt: skip
op(
    "igamma(input, other)", "igamma_kernel(xp, input, other)", kind="float",
    other="g * m.exp((input - 1) * m.log(other) - other - m.lgamma(input))",
)  # fmt: skip
op(
    "igammac(input, other)", "igammac_kernel(xp, input, other)", kind="float",
    other="-g * m.exp((input - 1) * m.log(other) - other - m.lgamma(input))",
)  # fmt: skip


@composite(method=False, out=True)
def polygamma(n: int, input: Tensor) -> Tensor:
    """The n-th derivative of digamma."""
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return ROWS["_polygamma"].function(input, n)


@composite(inplace=True, out=True)
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The log of the gamma function of matrices of size p."""
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    if not input.is_floating_point():
        input = input.to(dtypes.get_default_dtype())
    steps = wrap(np.arange(p, dtype=input._array.dtype) / -2).to(input.device)
    parts = f["lgamma"](input.unsqueeze(-1) + steps)
    return f["sum"](parts, -1) + p * (p - 1) / 4 * math.log(math.pi)


# Error functions and the normal distribution --------------------------------------------------

op(
    "erfinv(input)", "erfinv_kernel(xp, input)", kind="float",
    input=f"g * ({math.sqrt(math.pi) / 2!r} * m.exp(y * y))",
)  # fmt: skip
op(
    "_erfcx(input)", "erfcx_kernel(xp, input)", kind="float", public=False, node="SpecialErfcx",
    shown="erfcx", inplace=False,
    input=f"g * (2 * input * y - {2 / math.sqrt(math.pi)!r})",
)  # fmt: skip
op(
    "_ndtr(input)", "ndtr_kernel(xp, input)", kind="float", public=False, node="SpecialNdtr",
    shown="ndtr", inplace=False,
    input=f"g * ({1 / math.sqrt(2 * math.pi)!r} * m.exp(-0.5 * (input * input)))",
)  # fmt: skip
op(
    "_ndtri(input)", "ndtri_kernel(xp, input)", kind="float", public=False, node="SpecialNdtri",
    shown="ndtri", inplace=False,
    input=f"g * ({math.sqrt(2 * math.pi)!r} * m.exp(0.5 * (y * y)))",
)  # fmt: skip
op(
    "_log_ndtr(input)", "log_ndtr_kernel(xp, input)", kind="float", public=False,
    node="SpecialLogNdtr", shown="log_ndtr", inplace=False,
    input=f"g * ({math.sqrt(2 / math.pi)!r} / m._erfcx(-input * {1 / math.sqrt(2)!r}))",
)  # fmt: skip


# Bessel functions -----------------------------------------------------------------------------

op("i0(input)", "i0_kernel(xp, input)", kind="float", input="g * m._i1(input)")
op(
    "_i1(input)", "i1_kernel(xp, input)", kind="float", public=False, node="SpecialI1", shown="i1",
    inplace=False,
    input="g * (m.i0(input) - m._where(input == 0, 0.5, y / m._where(input == 0, 1.0, input)))",
)  # fmt: skip
op(
    "_i0e(input)", "i0e_kernel(xp, input)", kind="float", public=False, node="SpecialI0E",
    shown="i0e", inplace=False, input="g * (m._i1e(input) - m.sign(input) * y)",
)  # fmt: skip
op(
    "_i1e(input)", "i1e_kernel(xp, input)", kind="float", public=False, node="SpecialI1E",
    shown="i1e", inplace=False,
    input="g * (m._i0e(input) - m.sign(input) * y - m._where(input == 0, 0.5, y / "
    "m._where(input == 0, 1.0, input)))",
)  # fmt: skip
for _name, _kernel in {
    "bessel_j0": "j0", "bessel_j1": "j1", "bessel_y0": "y0", "bessel_y1": "y1",
    "modified_bessel_k0": "k0", "modified_bessel_k1": "k1", "scaled_modified_bessel_k0": "k0e",
    "scaled_modified_bessel_k1": "k1e", "airy_ai": "airy", "modified_bessel_i0": "i0",
    "modified_bessel_i1": "i1",
}.items():  # fmt: skip
    op(
        f"_{_name}(input)", f"{_kernel}_kernel(xp, input)", kind="float", public=False,
        node="Special" + "".join(w.capitalize() for w in _name.split("_")), shown=_name,
        inplace=False,
    )  # fmt: skip
for _name in special_kernels.POLYNOMIALS:
    op(
        f"_{_name}(input, order)", f"{_name}_kernel(xp, input, order)", kind="float",
        public=False, shown=_name, inplace=False,
    )  # fmt: skip


# Others of one number -------------------------------------------------------------------------


@kernel
def sinc_kernel(xp: Any, x: Any) -> Any:
    t = x * math.pi
    zero = t == 0
    return xp.where(zero, x.dtype.type(1), xp.sin(t) / xp.where(zero, x.dtype.type(1), t))


op(
    "sinc(input)", "sinc_kernel(xp, input)", kind="float",
    input="g * m._where(input == 0, 0.0, "
    f"(m.cos(input * {PI}) * (input * {PI}) - m.sin(input * {PI})) / "
    f"m._where(input == 0, 1.0, input * input * {PI}))",
)  # fmt: skip
op(
    "deg2rad(input)",
    f"input * input.dtype.type({math.pi / 180!r})",
    kind="float",
    input=f"g * {math.pi / 180!r}",
)
op(
    "rad2deg(input)",
    f"input * input.dtype.type({180 / math.pi!r})",
    kind="float",
    input=f"g * {180 / math.pi!r}",
)


@composite(inplace=True, out=True)
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """log (x / (1 - x)); `eps` keeps x off 0 and 1."""
    if not (input.is_floating_point() or input.is_complex()):
        input = input.to(dtypes.get_default_dtype())
    if eps is not None:
        lo, hi = eps, 1 - eps
        inside = (input >= lo) & (input <= hi)
        x = f["where"](inside, input, f["where"](input < lo, lo, hi).to(input.dtype))
        x = f["where"](f["isnan"](input), input, x)
    else:
        # Outside of [0, 1] the derivative is NaN, as the value is.
        x = input
    return f["log"](x / (1 - x))


@kernel
def angle_kernel(xp: Any, x: Any) -> Any:
    if x.dtype.kind == "c":
        return xp.angle(x)
    kind = x.dtype.type if x.dtype.kind == "f" else np.float32
    y = xp.where(x < 0, kind(math.pi), kind(0))
    return xp.where(x != x, x, y).astype(kind) if x.dtype.kind == "f" else y.astype(kind)


op(
    "angle(input)", "angle_kernel(xp, input)", conjugate=False,
    input="angle_gradient(m, g, input)",
)  # fmt: skip


@kernel
def angle_gradient(m: Any, g: Any, x: Any) -> Any:
    kind = getattr(x.dtype, "kind", None)
    if not (kind == "c" if kind is not None else x.dtype.is_complex):
        return g * 0
    size = m.abs(x)
    zero = size == 0
    safe = m._where(zero, 1.0, size)
    # d arg = Im(conj(x) dx) / |x|^2
    return m._where(zero, 0.0, g / (safe * safe)) * x * 1j


@composite(method=False, out=True)
def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Complex numbers from their parts."""
    if real.dtype is not imag.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {_type(real)} but got scalar type {_type(imag)} for "
            "second argument"
        )
    if real.dtype not in (dtypes.float32, dtypes.float64, dtypes.float16):
        raise RuntimeError(
            "Expected both inputs to be Half, Float or Double tensors but got "
            f"{_type(real)} and {_type(imag)}"
        )
    kind = dtypes.complex128 if real.dtype is dtypes.float64 else dtypes.complex64
    return real.to(kind) + imag.to(kind) * 1j


def _type(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.").capitalize()


@composite(method=False, out=True)
def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Complex numbers from size and angle."""
    if abs.dtype is not angle.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {_type(abs)} but got scalar type {_type(angle)} for "
            "second argument"
        )
    return complex(abs * f["cos"](angle), abs * f["sin"](angle))


@composite
def frexp(input: Tensor, *, out: Any = None) -> Any:
    """input = mantissa * 2 ** exponent, with a mantissa from 1/2 to 1 (mantissa, exponent)."""
    if not input.is_floating_point():
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    _, exponent = np.frexp(input.detach().cpu().numpy())
    e = wrap(np.asarray(exponent, np.int32)).to(input.device)
    scale = wrap(np.asarray(np.ldexp(np.ones_like(input._array), -np.asarray(exponent))))
    mantissa = f["where"](f["isfinite"](input), input * scale, input)
    if out is not None:
        for target, x in zip(out, (mantissa, e)):
            target.resize_(tuple(x.shape)).copy_(x)
        return out
    return return_type("frexp", ("mantissa", "exponent"))(mantissa, e)


@composite(inplace=True, out=True)
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """input * 2 ** other."""
    return input * f["pow"](2.0, other)


@composite(inplace=True, out=True, method=True)
def float_power(input: Any, exponent: Any) -> Tensor:
    """input ** exponent in double precision."""
    tensors = [x for x in (input, exponent) if isinstance(x, Tensor)]
    many = any(
        x.is_complex() if isinstance(x, Tensor) else type(x).__name__ == "complex"
        for x in (input, exponent)
    )
    kind = dtypes.complex128 if many else dtypes.float64
    a, b = (x.to(kind) if isinstance(x, Tensor) else x for x in (input, exponent))
    if not tensors:
        raise TypeError("float_power(): at least one argument must be a Tensor")
    return f["pow"](a, b)


@composite(out=True)
def isposinf(input: Tensor) -> Tensor:
    """Whether elements are infinity."""
    if input.is_complex():
        raise RuntimeError("isposinf does not support complex inputs.")
    return f["logical_and"](f["isinf"](input), input > 0)


@composite(out=True)
def isneginf(input: Tensor) -> Tensor:
    """Whether elements are minus infinity."""
    if input.is_complex():
        raise RuntimeError("isneginf does not support complex inputs.")
    return f["logical_and"](f["isinf"](input), input < 0)


@composite
def isreal(input: Tensor) -> Tensor:
    """Whether elements have no imaginary part."""
    if input.is_complex():
        return input.imag == 0
    return wrap(np.ones(tuple(input.shape), bool)).to(input.device)


# Others of two numbers ------------------------------------------------------------------------


@composite(out=True, inplace=True)
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """Not less than `min`."""
    return f["clamp"](input, min=min)


@composite(out=True, inplace=True)
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """Not more than `max`."""
    return f["clamp"](input, max=max)


@kernel
def copysign_kernel(xp: Any, x: Any, y: Any) -> Any:
    return xp.copysign(x, y)


op(
    "copysign(input, other)", "copysign_kernel(xp, input, other)", kind="float",
    input="m._where(input == 0, 0.0, g * m.sign(input) * m.sign(y))", other="g * 0",
)  # fmt: skip
op(
    "logaddexp2(input, other)", "xp.logaddexp2(input, other)", kind="promote", numbers=(),
    input="g * m.exp2(input - y)", other="g * m.exp2(other - y)",
)  # fmt: skip
op(
    "heaviside(input, values)", "xp.heaviside(input, values).astype(input.dtype)", kind="promote",
    numbers=(),
)  # fmt: skip


@kernel
def nextafter_kernel(xp: Any, x: Any, y: Any) -> Any:
    return xp.nextafter(x, y)


op(
    "nextafter(input, other)", "nextafter_kernel(xp, input, other)", kind="promote", numbers=(),
)  # fmt: skip
op("gcd(input, other)", "xp.gcd(input, other)", kind="promote", numbers=())
op("lcm(input, other)", "xp.lcm(input, other)", kind="promote", numbers=())


@kernel
def shift_kernel(xp: Any, x: Any, y: Any, left: bool) -> Any:
    """Bits beyond the width are gone; a negative count counts as one too large."""
    width = x.dtype.itemsize * 8
    far = (y < 0) | (y >= width)
    safe = xp.where(far, 0, y).astype(x.dtype)
    if left:
        return xp.where(far, x.dtype.type(0), xp.left_shift(x, safe))
    rest = (
        xp.where(x < 0, x.dtype.type(-1), x.dtype.type(0))
        if x.dtype.kind == "i"
        else (x.dtype.type(0))
    )
    return xp.where(far, rest, xp.right_shift(x, safe))


op(
    "bitwise_left_shift(input, other)", "shift_kernel(xp, input, other, True)", kind="promote",
)  # fmt: skip
op(
    "bitwise_right_shift(input, other)", "shift_kernel(xp, input, other, False)", kind="promote",
)  # fmt: skip
