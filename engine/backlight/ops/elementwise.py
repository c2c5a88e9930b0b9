"""Rows that work element by element: arithmetic, functions of one number, comparisons, logic.

At kinks the gradient is PyTorch's: relu and abs have 0 at 0, equal arguments of maximum share it,
the ends of clamp pass it. A gradient is masked by `where`, never by a product: 0 times inf is NaN.
"""

from __future__ import annotations

import math
from typing import Any

from .. import dtypes
from ..tensor import Tensor
from .table import composite, kernel, op

# Arithmetic -----------------------------------------------------------------------------------


def _no_bool_subtraction(input: Any, other: Any, *options: Any) -> None:
    kinds = [getattr(input, "dtype", None), getattr(other, "dtype", None)]
    if kinds.count(bool) == 2:
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead."
        )
    if bool in kinds:
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying "
            "to invert a mask, use the `~` or `logical_not()` operator instead."
        )


def _no_bool_negation(input: Any) -> None:
    if input.dtype == bool:
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
            "invert a mask, use the `~` or `logical_not()` operator instead."
        )


add = op(
    "add(input, other, *, alpha=1)",
    "input + other if alpha == 1 else input + alpha * other",
    kind="promote",
    input="g",
    other="g if alpha == 1 else g * alpha",
    doc="input + alpha * other",
)
sub = op(
    "sub(input, other, *, alpha=1)",
    "input - other if alpha == 1 else input - alpha * other",
    kind="promote",
    check=_no_bool_subtraction,
    input="g",
    other="-g if alpha == 1 else g * -alpha",
    doc="input - alpha * other",
    aliases="subtract",
)
rsub = op(
    "rsub(input, other, *, alpha=1)",
    "other - input if alpha == 1 else other - alpha * input",
    kind="promote",
    check=_no_bool_subtraction,
    node="Rsub",
    inplace=False,
    input="-g if alpha == 1 else g * -alpha",
    other="g",
    doc="other - alpha * input",
)
mul = op(
    "mul(input, other)",
    "input * other",
    kind="promote",
    input="g * other",
    other="g * input",
    doc="input * other",
    aliases="multiply",
)
true_divide = op(
    "true_divide(input, other)",
    "input / other",
    kind="float",
    node="Div",
    shown="div",
    input="g / other",
    other="-g * (input / other) / other",
    doc="input / other",
)


@composite(aliases="divide")
def div(input: Tensor, other: Any, *, rounding_mode: str | None = None, out: Any = None) -> Tensor:
    """input / other, rounded towards zero ("trunc") or down ("floor") if asked."""
    if rounding_mode is None:
        return true_divide(input, other, out=out)
    if rounding_mode == "floor":
        return _div_floor(input, other, out=out)
    if rounding_mode != "trunc":
        raise RuntimeError(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
            f"'{rounding_mode}'"
        )
    return _div_trunc(input, other, out=out)


@kernel
def div_trunc_kernel(xp: Any, input: Any, other: Any) -> Any:
    if input.dtype.kind in "iu":
        quotient = xp.floor_divide(xp.abs(input), xp.abs(other))
        return xp.where((input < 0) != (other < 0), -quotient, quotient)
    return xp.trunc(input / other)


_div_trunc = op(
    "_div_trunc(input, other)",
    "div_trunc_kernel(xp, input, other)",
    kind="promote",
    node="Div",
    shown="div",
    public=False,
    input="m.zero_of(g)",
    other="m.zero_of(g)",
)


@kernel
def floor_divide_kernel(xp: Any, input: Any, other: Any) -> Any:
    """Floor of the quotient; NumPy gives NaN for x // 0.0 where PyTorch gives inf."""
    if getattr(input, "dtype", other.dtype if hasattr(other, "dtype") else None).kind == "f":
        y = xp.floor_divide(input, other)
        return xp.where(xp.equal(other, 0), xp.divide(input, other), y)
    return xp.floor_divide(input, other)


_div_floor = op(
    "_div_floor(input, other)",
    "floor_divide_kernel(xp, input, other)",
    kind="promote",
    node="Div",
    shown="div",
    public=False,
    input="m.zero_of(g)",
    other="m.zero_of(g)",
)
floor_divide = op(
    "floor_divide(input, other)",
    "floor_divide_kernel(xp, input, other)",
    kind="promote",
    doc="The quotient rounded down; no gradient, as in PyTorch.",
)
remainder = op(
    "remainder(input, other)",
    "xp.remainder(input, other)",
    kind="promote",
    input="g",
    other="-g * m.floor_divide(input, other)",
    doc="The remainder with the sign of the divisor (Python's %).",
)
fmod = op(
    "fmod(input, other)",
    "xp.fmod(input, other)",
    kind="promote",
    numbers=("other",),
    input="g",
    other="-g * m._div_trunc(input, other)",
    doc="The remainder with the sign of the dividend (C's fmod).",
)
neg = op(
    "neg(input)", "-input", kind="promote", check=_no_bool_negation, input="-g", aliases="negative"
)
positive = op("positive(input)", "+input", kind="promote", input="g", inplace=False)
reciprocal = op("reciprocal(input)", "1 / input", kind="float", input="-g * (y * y)")
abs = op(
    "abs(input)",
    "xp.abs(input)",
    kind="promote",
    conjugate=False,
    input="g * m.sgn(input)",
    aliases="absolute",
)


@kernel
def sgn_kernel(xp: Any, input: Any) -> Any:
    if input.dtype.kind == "b":
        return input
    if input.dtype.kind != "c":
        return xp.sign(input)
    length = xp.abs(input)
    return xp.where(length == 0, 0, input / xp.where(length == 0, 1, length)).astype(input.dtype)


sgn = op(
    "sgn(input)",
    "sgn_kernel(xp, input)",
    kind="promote",
    conjugate=False,
    input="m.sgn_gradient(g, input)",
    doc="The sign; for a complex number the number of length 1 in its direction.",
)


@kernel
def sgn_gradient_kernel(xp: Any, g: Any, input: Any) -> Any:
    if input.dtype.kind != "c":
        return xp.zeros_like(g)
    length = xp.abs(input)
    s = sgn_kernel(xp, input)
    safe = xp.where(length == 0, 1, length)
    return xp.where(length == 0, 0, (g - xp.real(g * xp.conj(s)) * s) / safe).astype(g.dtype)


op(
    "sgn_gradient(grad, input)",
    "sgn_gradient_kernel(xp, grad, input)",
    public=False,
    node="SgnBackward",
)
sign = op("sign(input)", "sgn_kernel(xp, input)", kind="promote", input="m.zero_of(g)")
square = op("square(input)", "input * input", kind="promote", node="Pow", input="g * (2 * input)")


@kernel
def power(xp: Any, input: Any, exponent: Any) -> Any:
    """input ** number, the common ones by what is exact and fast."""
    if exponent == 2:
        return input * input
    if exponent == 1:
        return input.copy() if hasattr(input, "copy") else +input
    if exponent == 0.5 and input.dtype.kind != "i":
        return xp.sqrt(input)
    if exponent == -1 and input.dtype.kind in "fc":
        return 1 / input
    if exponent == 3:
        return input * input * input
    return xp.power(input, exponent)


_pow_number = op(
    "_pow_number(input, exponent: float)",
    "power(xp, input, exponent)",
    kind="promote",
    node="Pow",
    shown="pow",
    public=False,
    input="m.zero_of(g) if exponent == 0 else g * (exponent * m._pow_number(input, exponent - 1))",
)


def _no_negative_integer_powers(input: Any, exponent: Any) -> None:
    kind = getattr(exponent, "dtype", None)
    if kind is not None and kind.kind == "i" and (exponent < 0).any():
        raise RuntimeError("Integers to negative integer powers are not allowed.")


_pow_tensor = op(
    "_pow_tensor(input, exponent)",
    "xp.power(input, exponent)",
    kind="promote",
    node="Pow",
    shown="pow",
    public=False,
    check=_no_negative_integer_powers,
    input="m._where(exponent == 0, 0.0, g * (exponent * m._pow_tensor(input, exponent - 1)))",
    exponent="g * m._where((input == 0) & (exponent >= 0), 0.0, y * m.log(input))",
    traced={  # the base may be a number, of which there is no logarithm as a Tensor
        "input": "m._where(exponent == 0, 0.0, g * (exponent * m._pow_tensor(input, exponent - 1)))",
        "exponent": "g * m._where((input == 0) & (exponent >= 0), 0.0,"
        " y * m.log(exponent * 0 + input))",
    },
)


@composite(inplace=True)
def pow(input: Any, exponent: Any, *, out: Any = None) -> Tensor:
    """input ** exponent; either may be a number."""
    kind = type(exponent)
    if (kind is int or kind is float) and isinstance(input, Tensor):
        category = input._array.dtype.kind
        if category in "fc" or (kind is int and category != "b" and exponent >= 0):
            return _pow_number(input, exponent, out=out)
    return _pow_tensor(input, exponent, out=out)


# Functions of one number ----------------------------------------------------------------------

exp = op("exp(input)", "xp.exp(input)", kind="float", input="g * y")
exp2 = op("exp2(input)", "xp.exp2(input)", kind="float", input=f"g * y * {math.log(2)!r}")
expm1 = op("expm1(input)", "xp.expm1(input)", kind="float", input="g * (y + 1)")
log = op("log(input)", "xp.log(input)", kind="float", input="g / input")
log2 = op("log2(input)", "xp.log2(input)", kind="float", input=f"g / (input * {math.log(2)!r})")
log10 = op("log10(input)", "xp.log10(input)", kind="float", input=f"g / (input * {math.log(10)!r})")
log1p = op("log1p(input)", "xp.log1p(input)", kind="float", input="g / (input + 1)")
sqrt = op("sqrt(input)", "xp.sqrt(input)", kind="float", input="g / (2 * y)")
rsqrt = op("rsqrt(input)", "1 / xp.sqrt(input)", kind="float", input="-0.5 * g * (y * y * y)")
sin = op("sin(input)", "xp.sin(input)", kind="float", input="g * m.cos(input)")
cos = op("cos(input)", "xp.cos(input)", kind="float", input="-g * m.sin(input)")
tan = op("tan(input)", "xp.tan(input)", kind="float", input="g * (1 + y * y)")
asin = op(
    "asin(input)",
    "xp.arcsin(input)",
    kind="float",
    input="g * m.rsqrt(1 - input * input)",
    aliases="arcsin",
)
acos = op(
    "acos(input)",
    "xp.arccos(input)",
    kind="float",
    input="-g * m.rsqrt(1 - input * input)",
    aliases="arccos",
)
atan = op(
    "atan(input)",
    "xp.arctan(input)",
    kind="float",
    input="g / (input * input + 1)",
    aliases="arctan",
)
sinh = op("sinh(input)", "xp.sinh(input)", kind="float", input="g * m.cosh(input)")
cosh = op("cosh(input)", "xp.cosh(input)", kind="float", input="g * m.sinh(input)")
tanh = op("tanh(input)", "xp.tanh(input)", kind="float", input="g * (1 - y * y)")
asinh = op(
    "asinh(input)",
    "xp.arcsinh(input)",
    kind="float",
    input="g * m.rsqrt(input * input + 1)",
    aliases="arcsinh",
)
acosh = op(
    "acosh(input)",
    "xp.arccosh(input)",
    kind="float",
    input="g * m.rsqrt(input * input - 1)",
    aliases="arccosh",
)
atanh = op(
    "atanh(input)",
    "xp.arctanh(input)",
    kind="float",
    input="g / (1 - input * input)",
    aliases="arctanh",
)
erf = op(
    "erf(input)", "xp.erf(input)", kind="float",
    input=f"g * ({2 / math.sqrt(math.pi)!r} * m.exp(-(input * input)))",
)  # fmt: skip
erfc = op(
    "erfc(input)", "xp.erfc(input)", kind="float",
    input=f"g * ({-2 / math.sqrt(math.pi)!r} * m.exp(-(input * input)))",
)  # fmt: skip
floor = op("floor(input)", "xp.floor(input)", kind="promote", input="m.zero_of(g)")
ceil = op("ceil(input)", "xp.ceil(input)", kind="promote", input="m.zero_of(g)")
trunc = op("trunc(input)", "xp.trunc(input)", kind="promote", input="m.zero_of(g)", aliases="fix")
frac = op("frac(input)", "input - xp.trunc(input)", kind="promote", input="g")


@kernel
def round_kernel(xp: Any, input: Any, decimals: int) -> Any:
    if decimals == 0:
        return xp.rint(input) if input.dtype.kind in "fc" else input.copy()
    scale = 10.0 ** abs_int(decimals)
    return xp.rint(input * scale) / scale if decimals > 0 else xp.rint(input / scale) * scale


@kernel
def abs_int(n: int) -> int:
    return -n if n < 0 else n


round = op(
    "round(input, *, decimals=0)", "round_kernel(xp, input, decimals)", kind="promote",
    input="m.zero_of(g)", doc="To the nearest, ties to even.",
)  # fmt: skip
nan_to_num = op(
    "nan_to_num(input, nan=0.0, posinf=None, neginf=None)",
    "xp.nan_to_num(input, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)",
    kind="promote",
    input="m._where(m.isfinite(input), g, 0.0)",
)

# Activations ----------------------------------------------------------------------------------


@kernel
def sigmoid_kernel(xp: Any, input: Any) -> Any:
    """1 / (1 + exp(-x)): exp of a large number is inf, and the result 0, as it should be."""
    return 1 / (1 + xp.exp(-input))


sigmoid = op("sigmoid(input)", "sigmoid_kernel(xp, input)", kind="float", input="g * ((1 - y) * y)")
relu = op(
    "relu(input)", "xp.relu(input)", kind="promote", input="m._where(y <= 0, 0.0, g)",
    doc="max(input, 0); the gradient at 0 is 0, NaN stays NaN.",
)  # fmt: skip
softplus = op(
    "softplus(input, beta=1.0, threshold=20.0)",
    "softplus_kernel(xp, input, beta, threshold)",
    kind="float",
    method=False,
    inplace=False,
    input="m._where(input * beta > threshold, g, g * m.sigmoid(input * beta))",
    top=False,
)


@kernel
def softplus_kernel(xp: Any, input: Any, beta: float, threshold: float) -> Any:
    z = input * beta
    return xp.where(z > threshold, input, xp.log1p(xp.exp(z)) / beta)


silu = op(
    "silu(input)", "input * sigmoid_kernel(xp, input)", kind="float", method=False,
    input="g * ((s_ := m.sigmoid(input)) * (1 + input * (1 - s_)))", top=False,
)  # fmt: skip
leaky_relu = op(
    "leaky_relu(input, negative_slope=0.01)",
    "xp.where(input > 0, input, input * negative_slope)",
    kind="promote",
    method=False,
    input="m._where(input > 0, g, g * negative_slope)",
    top=False,
)
elu = op(
    "elu(input, alpha=1.0, scale=1.0, input_scale=1.0)",
    "xp.where(input > 0, input * scale, alpha * scale * xp.expm1(input * input_scale))",
    kind="float",
    method=False,
    input="m._where(input > 0, g * scale, "
    "g * (alpha * scale * input_scale * m.exp(input * input_scale)))",
    top=False,
)
hardtanh = op(
    "hardtanh(input, min_val=-1.0, max_val=1.0)",
    "xp.minimum(xp.maximum(input, min_val), max_val)",
    kind="promote",
    method=False,
    input="m._where((input > min_val) & (input < max_val), g, 0.0)",
    top=False,
)

_A, _B = math.sqrt(2 / math.pi), 0.044715
_gelu_erf = op(
    "_gelu_erf(input)",
    f"0.5 * input * (1 + xp.erf(input * {math.sqrt(0.5)!r}))",
    kind="float",
    node="Gelu",
    shown="gelu",
    public=False,
    input=f"g * (0.5 * (1 + m.erf(input * {math.sqrt(0.5)!r})) + "
    f"input * (m.exp(input * input * -0.5) * {1 / math.sqrt(2 * math.pi)!r}))",
)
_gelu_tanh = op(
    "_gelu_tanh(input)",
    f"0.5 * input * (1 + xp.tanh({_A!r} * (input + {_B!r} * (input * input * input))))",
    kind="float",
    node="Gelu",
    shown="gelu",
    public=False,
    input=f"g * (0.5 * (1 + (t_ := m.tanh({_A!r} * (input + {_B!r} * (input * input * input))))) + "
    f"0.5 * input * ((1 - t_ * t_) * ({_A!r} + {3 * _A * _B!r} * (input * input))))",
)


@composite(method=False, top=False)
def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """input * Phi(input): the exact one ("none"), or with tanh in place of erf ("tanh")."""
    if approximate == "none":
        return _gelu_erf(input)
    if approximate == "tanh":
        return _gelu_tanh(input)
    raise RuntimeError("approximate argument must be either none or tanh.")


# Two or three arguments -----------------------------------------------------------------------

_SHARE = "m._where(input == other, g / 2, m._where({}, 0.0, g))"
maximum = op(
    "maximum(input, other)", "xp.maximum(input, other)", kind="promote", numbers=(), inplace=False,
    input=_SHARE.format("input < other"), other=_SHARE.format("other < input"),
)  # fmt: skip
minimum = op(
    "minimum(input, other)", "xp.minimum(input, other)", kind="promote", numbers=(), inplace=False,
    input=_SHARE.format("input > other"), other=_SHARE.format("other > input"),
)  # fmt: skip
fmax = op(
    "fmax(input, other)", "xp.fmax(input, other)", kind="promote", numbers=(), inplace=False,
    input="m._where((input >= other) | m.isnan(other), g, 0.0)",
    other="m._where((input >= other) | m.isnan(other), 0.0, g)",
)  # fmt: skip
fmin = op(
    "fmin(input, other)", "xp.fmin(input, other)", kind="promote", numbers=(), inplace=False,
    input="m._where((input <= other) | m.isnan(other), g, 0.0)",
    other="m._where((input <= other) | m.isnan(other), 0.0, g)",
)  # fmt: skip
atan2 = op(
    "atan2(input, other)", "xp.arctan2(input, other)", kind="float", numbers=(),
    input="g * (other / (input * input + other * other))",
    other="g * (-input / (input * input + other * other))", aliases="arctan2",
)  # fmt: skip
hypot = op(
    "hypot(input, other)", "xp.hypot(input, other)", kind="promote", numbers=(),
    input="g * (input / y)", other="g * (other / y)",
)  # fmt: skip
logaddexp = op(
    "logaddexp(input, other)", "xp.logaddexp(input, other)", kind="float", numbers=(), inplace=False,
    input="g * m.exp(input - y)", other="g * m.exp(other - y)",
)  # fmt: skip


@kernel
def xlogy_kernel(xp: Any, input: Any, other: Any) -> Any:
    y = input * xp.log(other)
    return xp.where((input == 0) & ~xp.isnan(other), xp.zeros_like(y), y)


xlogy = op(
    "xlogy(input, other)", "xlogy_kernel(xp, input, other)", kind="float",
    input="m._where((input == 0) & (other <= 0), 0.0, g * m.log(other))",
    other="g * (input / other)",
)  # fmt: skip
lerp = op(
    "lerp(input, end, weight)", "input + weight * (end - input)", kind="promote",
    numbers=("weight",),
    input="g * (1 - weight)", end="g * weight", weight="g * (end - input)",
)  # fmt: skip
addcmul = op(
    "addcmul(input, tensor1, tensor2, *, value=1)", "input + value * (tensor1 * tensor2)",
    kind="promote",
    input="g", tensor1="g * (tensor2 * value)", tensor2="g * (tensor1 * value)",
)  # fmt: skip
addcdiv = op(
    "addcdiv(input, tensor1, tensor2, *, value=1)", "input + value * (tensor1 / tensor2)",
    kind="promote",
    input="g", tensor1="g * (value / tensor2)",
    tensor2="-g * (value * tensor1 / (tensor2 * tensor2))",
)  # fmt: skip
_where = op(
    "_where(condition: Index, input, other)",
    "xp.where(condition, input, other)",
    kind="promote",
    node="Where",
    shown="where",
    public=False,
    inplace=False,
    input="m._where(condition, g, 0.0)",
    other="m._where(condition, 0.0, g)",
)
_clamp = op(
    "_clamp(input, min: float, max: float)",
    "clamp_kernel(xp, input, min, max)",
    kind="promote",
    node="Clamp",
    shown="clamp",
    public=False,
    input="m._where(within(input, min, max), g, 0.0)",
)


@kernel
def clamp_kernel(xp: Any, input: Any, min: Any, max: Any) -> Any:
    if min is not None:
        input = xp.maximum(input, min)
    return input if max is None else xp.minimum(input, max)


@kernel
def within(input: Any, min: Any, max: Any) -> Any:
    """Where `clamp` passes its input: the ends pass it, NaN does not."""
    if max is None:
        return input >= min
    if min is None:
        return input <= max
    return (input >= min) & (input <= max)


_clamp_low = op(
    "_clamp_low(input, min)", "xp.maximum(input, min)", kind="promote", node="Clamp",
    shown="clamp", public=False, inplace=False,
    input="m._where(input >= min, g, 0.0)", min="m._where(input < min, g, 0.0)",
)  # fmt: skip
_clamp_high = op(
    "_clamp_high(input, max)", "xp.minimum(input, max)", kind="promote", node="Clamp",
    shown="clamp", public=False, inplace=False,
    input="m._where(input <= max, g, 0.0)", max="m._where(input > max, g, 0.0)",
)  # fmt: skip


@composite(aliases="clip", inplace=True)
def clamp(input: Tensor, min: Any = None, max: Any = None, *, out: Any = None) -> Tensor:
    """Hold every element between `min` and `max`, numbers or tensors."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        y = input if min is None else _clamp_low(input, min)
        y = y if max is None else _clamp_high(y, max)
    else:
        if input._array.dtype.kind in "iub":
            numbers = [n for n in (min, max) if n is not None]
            input = input.to(dtypes.result_of([input.dtype], [], numbers))
        return _clamp(input, min, max, out=out)
    return y if out is None else out.copy_(y)


# Comparisons and logic ------------------------------------------------------------------------

eq = op("eq(input, other)", "xp.equal(input, other)", kind="bool", numbers=("other",))
ne = op(
    "ne(input, other)",
    "xp.not_equal(input, other)",
    kind="bool",
    numbers=("other",),
    aliases="not_equal",
)
lt = op(
    "lt(input, other)", "xp.less(input, other)", kind="bool", numbers=("other",), aliases="less"
)
le = op(
    "le(input, other)",
    "xp.less_equal(input, other)",
    kind="bool",
    numbers=("other",),
    aliases="less_equal",
)
gt = op(
    "gt(input, other)",
    "xp.greater(input, other)",
    kind="bool",
    numbers=("other",),
    aliases="greater",
)
ge = op(
    "ge(input, other)",
    "xp.greater_equal(input, other)",
    kind="bool",
    numbers=("other",),
    aliases="greater_equal",
)
logical_and = op(
    "logical_and(input, other)", "xp.logical_and(input, other)", kind="bool", numbers=()
)
logical_or = op("logical_or(input, other)", "xp.logical_or(input, other)", kind="bool", numbers=())
logical_xor = op(
    "logical_xor(input, other)", "xp.logical_xor(input, other)", kind="bool", numbers=()
)
logical_not = op("logical_not(input)", "xp.logical_not(input)", kind="bool")
isnan = op("isnan(input)", "xp.isnan(input)", kind="bool", inplace=False)
isinf = op("isinf(input)", "xp.isinf(input)", kind="bool", inplace=False)
isfinite = op("isfinite(input)", "xp.isfinite(input)", kind="bool", inplace=False)
signbit = op("signbit(input)", "xp.signbit(input)", kind="bool", inplace=False)
bitwise_and = op("bitwise_and(input, other)", "xp.bitwise_and(input, other)", kind="promote")
bitwise_or = op("bitwise_or(input, other)", "xp.bitwise_or(input, other)", kind="promote")
bitwise_xor = op("bitwise_xor(input, other)", "xp.bitwise_xor(input, other)", kind="promote")
bitwise_not = op("bitwise_not(input)", "xp.bitwise_not(input)", kind="promote")


@composite
def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """|input - other| <= atol + rtol * |other|, element by element."""
    if input.dtype is not other.dtype:
        raise RuntimeError(f"{input.dtype.legacy} did not match {other.dtype.legacy}")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {value}")
    input, other = input.detach(), other.detach()
    close = eq(input, other)
    if input._array.dtype.kind in "fc":
        near = le(abs(sub(input, other)), add(mul(abs(other), rtol), atol))
        close = logical_or(close, logical_and(near, isfinite(other)))
        if equal_nan:
            close = logical_or(close, logical_and(isnan(input), isnan(other)))
    elif input._array.dtype.kind != "b":
        close = le(abs(sub(input, other)).double(), add(mul(abs(other), rtol), atol))
    return close


@composite
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Tell whether all elements are close (see `isclose`)."""
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


@composite
def equal(input: Tensor, other: Tensor) -> bool:
    """Tell whether two tensors have the same shape and elements."""
    a, b = input._array, other._array
    return a.shape == b.shape and bool((a == b).all())


# Complex numbers, dtypes and constants --------------------------------------------------------

conj_physical = op(
    "conj_physical(input)", "input.conj()", conjugate=False, node="ConjPhysical",
    input="m.conj_physical(g)", aliases="conj",
)  # fmt: skip
real = op(
    "real(input)", "xp.real(input)", conjugate=False, node="Real", input="m.cast(g, input_dtype)"
)
imag = op(
    "imag(input)", "xp.imag(input)", conjugate=False, node="Imag",
    input="m.cast(g, input_dtype) * 1j",
)  # fmt: skip


@kernel
def cast_kernel(xp: Any, input: Any, dtype: Any) -> Any:
    if input.dtype.kind == "c" and dtype.kind not in "cb":
        input = input.real
    return input.astype(dtype)


op(
    "cast(input, dtype: object)", "cast_kernel(xp, input, dtype)", node="ToCopy", shown="to",
    public=False, conjugate=False, input="m.cast(g, input_dtype)",
)  # fmt: skip
# Numbers that were drawn: the gradient of what they were drawn by is 0.
for _node in ("Normal", "Bernoulli"):
    op(
        f"_drawn_{_node.lower()}(input, values: Index)", "values", node=_node,
        shown=_node.lower(), public=False,
        input="m.zero_of(g)" if _node == "Bernoulli" else "m.zeros_of_shape(g, input_shape)",
    )  # fmt: skip
op("zero_of(input)", "xp.zeros_like(input)", public=False, inplace=False)
