"""Softmax, losses, and what layers are made of: embedding and layer normalisation.

A loss takes `reduction` ("mean", "sum" or "none"). Composites (cross_entropy, l1) are written over
Tensors in `nn/functional.py`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes, errors
from ..tensor import Tensor, checked_dim
from .table import composite, kernel, op

# Softmax --------------------------------------------------------------------------------------


@kernel
def softmax_kernel(xp: Any, input: Any, dim: int) -> Any:
    if not input.ndim:
        checked_dim(dim, 0)
        return input * 0 + 1
    axis = checked_dim(dim, input.ndim)
    if not input.size:
        return input.copy()
    e = xp.exp(input - xp.amax(input, axis, True))
    e /= xp.sum(e, axis, True)
    return e


@kernel
def log_softmax_kernel(xp: Any, input: Any, dim: int) -> Any:
    if not input.ndim:
        checked_dim(dim, 0)
        return input * 0
    axis = checked_dim(dim, input.ndim)
    if not input.size:
        return input.copy()
    y = input - xp.amax(input, axis, True)
    y -= xp.log(xp.sum(xp.exp(y), axis, True))
    return y


def _check_softmax(name: str) -> Any:
    def check(input: Any, dim: int) -> None:
        checked_dim(dim, input.ndim)
        if input.dtype.kind != "f":
            raise RuntimeError(
                f'"{name}_lastdim_kernel_impl" not implemented for '
                f"'{dtypes.of(input.dtype).legacy}'"
            )

    return check


_softmax = op(
    "_softmax(input, dim: int)", "softmax_kernel(xp, input, dim)", node="Softmax", shown="softmax",
    public=False, check=_check_softmax("softmax"), input="(g - m.sum(g * y, dim, True)) * y",
)  # fmt: skip
_log_softmax = op(
    "_log_softmax(input, dim: int)", "log_softmax_kernel(xp, input, dim)", node="LogSoftmax",
    shown="log_softmax", public=False, check=_check_softmax("log_softmax"),
    input="g - m.exp(y) * m.sum(g, dim, True)",
)  # fmt: skip


def _as_dtype(input: Tensor, dtype: Any) -> Tensor:
    if dtype is not None and input.dtype is not dtype:
        return input.to(dtype)
    return input


@composite(out=True)
def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """exp(input) / sum(exp(input)) along `dim`, computed from the largest."""
    return _softmax(_as_dtype(input, dtype), dim)


@composite(out=True)
def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """The logarithm of `softmax`."""
    return _log_softmax(_as_dtype(input, dtype), dim)


# Reductions of losses -------------------------------------------------------------------------


@kernel
def reduced(xp: Any, losses: Any, reduction: str) -> Any:
    """The mean, the sum, or all losses."""
    if reduction == "mean":
        return xp.sum(losses) / losses.dtype.type(losses.size or math.nan)
    if reduction == "sum":
        return xp.sum(losses)
    return losses


@kernel
def share(shape_a: tuple, shape_b: tuple, reduction: str) -> float:
    """What each loss counts for: 1 / n for the mean of n."""
    if reduction != "mean":
        return 1.0
    if shape_a == shape_b:
        n = math.prod(shape_a)
    else:
        n = math.prod(np.broadcast_shapes(shape_a, shape_b))
    return 1.0 / n if n else math.nan


def _check_reduction(*arguments: Any) -> None:
    reduction = next(a for a in arguments[::-1] if isinstance(a, str))
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")


_SHARE = "share(input_shape, target_shape, reduction)"
mse_loss = op(
    "mse_loss(input, target, reduction='mean')",
    "mse_kernel(xp, input, target, reduction)",
    kind="promote", method=False, inplace=False, check=_check_reduction,
    input=f"(input - target) * (g * (2.0 * {_SHARE}))",
    target=f"(target - input) * (g * (2.0 * {_SHARE}))",
    doc="(input - target)**2", top=False,
)  # fmt: skip


@kernel
def mse_kernel(xp: Any, input: Any, target: Any, reduction: str) -> Any:
    d = input - target
    d *= d
    return reduced(xp, d, reduction)


@kernel
def huber_kernel(xp: Any, input: Any, target: Any, reduction: str, delta: float) -> Any:
    z = xp.abs(input - target)
    return reduced(xp, xp.where(z < delta, 0.5 * z * z, delta * (z - 0.5 * delta)), reduction)


_HUBER = (
    f"m._where(m.abs(input - target) < delta, input - target, delta * m.sgn(input - target))"
    f" * (g * {_SHARE})"
)
huber_loss = op(
    "huber_loss(input, target, reduction='mean', delta=1.0)",
    "huber_kernel(xp, input, target, reduction, delta)",
    kind="promote", method=False, inplace=False, check=_check_reduction,
    input=_HUBER, target=f"-({_HUBER})",
    doc="Squares near 0, absolute values beyond delta.", top=False,
)  # fmt: skip
_SMOOTH = (
    "m._where(m.abs(input - target) < beta, (input - target) / beta, m.sgn(input - target))"
    f" * (g * {_SHARE})"
)
smooth_l1_loss = op(
    "smooth_l1_loss(input, target, reduction='mean', beta=1.0)",
    "smooth_l1_kernel(xp, input, target, reduction, beta)",
    kind="promote", method=False, inplace=False, check=_check_reduction, node="SmoothL1Loss",
    input=_SMOOTH, target=f"-({_SMOOTH})",
    doc="Huber's loss divided by beta.", top=False,
)  # fmt: skip


@kernel
def smooth_l1_kernel(xp: Any, input: Any, target: Any, reduction: str, beta: float) -> Any:
    z = xp.abs(input - target)
    return reduced(xp, xp.where(z < beta, 0.5 * z * z / beta, z - 0.5 * beta), reduction)


# Binary cross-entropy -------------------------------------------------------------------------


def _check_bce(input: Any, target: Any, *rest: Any) -> None:
    _check_reduction(*rest)
    if input.size and input.dtype.kind == "f" and ((input < 0) | (input > 1)).any():
        raise RuntimeError("all elements of input should be between 0 and 1")


@kernel
def bce_kernel(xp: Any, input: Any, target: Any, weight: Any, reduction: str) -> Any:
    if input.size and ((input < 0) | (input > 1)).any():
        raise ValueError("input is no probability")
    # PyTorch holds both logarithms above -100, so that 0 and 1 give a finite loss.
    low = input.dtype.type(-100)
    y = -(target * xp.maximum(xp.log(input), low) + (1 - target) * xp.maximum(
        xp.log1p(-input), low))  # fmt: skip
    return reduced(xp, y if weight is None else y * weight, reduction)


@kernel
def times(value: Any, weight: Any) -> Any:
    """value * weight, where there is one."""
    return value if weight is None else value * weight


binary_cross_entropy = op(
    "binary_cross_entropy(input, target, weight: Tensor=None, reduction='mean')",
    "bce_kernel(xp, input, target, weight, reduction)",
    kind="promote", method=False, inplace=False, check=_check_bce,
    input=f"times((input - target) / m._clamp(input * (1 - input), 1e-12, None), weight)"
    f" * (g * {_SHARE})",
    target=f"times(m.log1p(-input) - m.log(input), weight) * (g * {_SHARE})",
    doc="-(target * log(input) + (1 - target) * log(1 - input))", top=False,
)  # fmt: skip


@kernel
def bce_logits_kernel(
    xp: Any, input: Any, target: Any, weight: Any, pos_weight: Any, reduction: str
) -> Any:
    # max(-x, 0) + log(exp(-max) + exp(-x - max)) = log(1 + exp(-x)), finite for every x.
    tail = xp.maximum(-input, 0) + xp.log1p(xp.exp(-xp.abs(input)))
    if pos_weight is None:
        y = (1 - target) * input + tail
    else:
        y = (1 - target) * input + ((pos_weight - 1) * target + 1) * tail
    return reduced(xp, y if weight is None else y * weight, reduction)


@kernel
def bce_logits_slope(m: Any, input: Any, target: Any, pos_weight: Any) -> Any:
    s = m.sigmoid(input)
    if pos_weight is None:
        return s - target
    t = pos_weight * target
    return (t + 1 - target) * s - t


@kernel
def bce_logits_by_target(m: Any, input: Any, pos_weight: Any) -> Any:
    if pos_weight is None:
        return -input
    tail = m.softplus(-input, 1.0, 700.0)
    return -input + (pos_weight - 1) * tail


binary_cross_entropy_with_logits = op(
    "binary_cross_entropy_with_logits(input, target, weight: Tensor=None, pos_weight: Tensor=None,"
    " reduction='mean')",
    "bce_logits_kernel(xp, input, target, weight, pos_weight, reduction)",
    kind="promote", method=False, inplace=False, check=_check_reduction,
    input=f"times(bce_logits_slope(m, input, target, pos_weight), weight) * (g * {_SHARE})",
    target=f"times(bce_logits_by_target(m, input, pos_weight), weight) * (g * {_SHARE})",
    doc="Binary cross-entropy of sigmoid(input), without its overflow.",
)  # fmt: skip

# Negative log likelihood ----------------------------------------------------------------------
# Linear in its input, so the row of its gradient is its transpose, and the two close the family.


def _check_nll(input: Any, target: Any, weight: Any, ignore_index: int, reduction: str) -> None:
    _check_reduction(reduction)
    if not 1 <= input.ndim:
        raise ValueError(f"Expected 1 or more dimensions (got {input.ndim})")
    if input.ndim != 1 and input.shape[0] != (target.shape[0] if target.ndim else 1):
        raise ValueError(
            f"Expected input batch_size ({input.shape[0]}) to match target batch_size "
            f"({target.shape[0] if target.ndim else 1})."
        )
    expected = (input.shape[0], *input.shape[2:]) if input.ndim > 1 else ()
    if target.shape != expected and not (input.ndim == 1 and target.shape == (1,)):
        if target.ndim + 1 != max(input.ndim, 1):
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        raise RuntimeError(
            f"only batches of spatial targets supported ({len(expected)}D tensors) but got targets "
            f"of size: : {errors.size(target.shape)}"
        )
    if target.dtype.kind not in "iu":
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {dtypes.of(target.dtype).legacy}"
        )
    classes = input.shape[1 if input.ndim > 1 else 0]
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but "
            f"got weight tensor of shape: {errors.size(weight.shape)}"
        )
    bad = target[(target != ignore_index) & ((target < 0) | (target >= classes))]
    if bad.size:
        raise IndexError(f"Target {int(bad.reshape(-1)[0])} is out of bounds.")


@kernel
def nll_parts(
    xp: Any, shape: tuple, dtype: Any, target: Any, weight: Any, ignore_index: int, reduction: str
) -> tuple[Any, Any]:
    """Where each target's element is in (N, C, ...), and its factor (0 where ignored)."""
    classes = shape[1] if len(shape) > 1 else shape[0]
    if len(shape) == 1:
        target = target.reshape(())
    used = target != ignore_index
    safe = target if used.all() else xp.where(used, target, 0)
    if safe.size and (safe.min() < 0 or safe.max() >= classes):
        raise IndexError("a target is no class")
    factor = used.astype(dtype) if weight is None else xp.where(used, weight[safe], 0).astype(dtype)
    if reduction == "mean":
        # From sum / 0 comes NaN, as in PyTorch where every target is ignored.
        factor = xp.divide(factor, xp.sum(factor), dtype=factor.dtype)
    if len(shape) == 1:
        return (safe,), factor
    grid = [xp.arange(shape[0]).reshape(-1, *[1] * (len(shape) - 2)), safe]
    for k, n in enumerate(shape[2:]):
        grid.append(xp.arange(n).reshape([n if j == k + 1 else 1 for j in range(len(shape) - 1)]))
    return tuple(grid), factor


@kernel
def nll_kernel(
    xp: Any, input: Any, target: Any, weight: Any, ignore_index: int, reduction: str
) -> Any:
    if input.ndim > 1 and target.shape != (input.shape[0], *input.shape[2:]):
        raise ValueError("the targets do not fit")
    where, factor = nll_parts(xp, input.shape, input.dtype, target, weight, ignore_index, reduction)
    picked = input[where]
    losses = -xp.where(factor == 0, input.dtype.type(0), picked * factor)
    if reduction == "mean" and not (factor == factor).all():
        return losses.dtype.type(math.nan)
    return losses if reduction == "none" else xp.sum(losses)


@kernel
def nll_gradient_kernel(
    xp: Any, input: Any, target: Any, weight: Any, shape: tuple, ignore_index: int, reduction: str
) -> Any:
    where, factor = nll_parts(xp, shape, input.dtype, target, weight, ignore_index, reduction)
    out = xp.zeros(shape, input.dtype)
    # No target counts: the mean is NaN, and its gradient 0, as in PyTorch.
    none = (factor == 0) | (factor != factor)
    out[where] = -xp.where(none, input.dtype.type(0), input * factor)
    return out


nll_loss = op(
    "nll_loss(input, target: Index, weight: Index=None, ignore_index=-100, reduction='mean')",
    "nll_kernel(xp, input, target, weight, ignore_index, reduction)",
    method=False, check=_check_nll,
    input="m.nll_gradient(g, target, weight, input_shape, ignore_index, reduction)",
    doc="-input[target], the input being log-probabilities: (N, C, ...) and (N, ...).", top=False,
)  # fmt: skip
op(
    "nll_gradient(input, target: Index, weight: Index=None, shape: tuple=(),"
    " ignore_index: int=-100, reduction: str='mean')",
    "nll_gradient_kernel(xp, input, target, weight, shape, ignore_index, reduction)",
    public=False, node="NllLossBackward",
    input="m.nll_loss(g, target, weight, ignore_index, reduction)",
)  # fmt: skip

# Layers ---------------------------------------------------------------------------------------


@kernel
def embedding_kernel(xp: Any, weight: Any, indices: Any) -> Any:
    n = weight.shape[0]
    if indices.size and (indices.min() < 0 or indices.max() >= n):
        raise IndexError("index out of range in self")
    return xp.take(weight, indices, axis=0)


@kernel
def embedding_gradient_kernel(
    xp: Any, input: Any, indices: Any, rows: int, padding_idx: int
) -> Any:
    flat = xp.asarray(indices).reshape(-1)
    source = xp.asarray(input).reshape(flat.shape[0], -1)
    out = xp.sum_rows_by(flat, source, rows)
    if padding_idx >= 0:
        out[padding_idx] = 0
    return out


embedding = op(
    "embedding(weight, indices: Index, padding_idx=-1)", "embedding_kernel(xp, weight, indices)",
    method=False,
    weight="m.embedding_gradient(g, indices, weight_shape[0], padding_idx)",
    doc="Rows of `weight`; the row `padding_idx` gets no gradient.",
)  # fmt: skip
op(
    "embedding_gradient(input, indices: Index, rows: int, padding_idx: int)",
    "embedding_gradient_kernel(xp, input, indices, rows, padding_idx)", public=False,
    node="EmbeddingBackward",
    input="m.embedding_of(g, indices, padding_idx)",
)  # fmt: skip
op(
    "embedding_of(input, indices: Index, padding_idx: int)",
    "embedding_without(xp, input, indices, padding_idx)", public=False, node="Embedding",
    input="m.embedding_gradient(g, indices, input_shape[0], padding_idx)",
)  # fmt: skip


@kernel
def embedding_without(xp: Any, weight: Any, indices: Any, padding_idx: int) -> Any:
    y = embedding_kernel(xp, weight, indices)
    if padding_idx >= 0:
        y[indices == padding_idx] = 0
    return y


@kernel
def layer_norm_kernel(
    xp: Any, input: Any, weight: Any, bias: Any, ndim: int, eps: float
) -> tuple[Any, Any, Any]:
    axes = tuple(range(input.ndim - ndim, input.ndim))
    n = input.dtype.type(math.prod(input.shape[a] for a in axes))
    mean = xp.sum(input, axes, True) / n
    y = input - mean
    rstd = 1 / xp.sqrt(xp.sum(y * y, axes, True) / n + input.dtype.type(eps))
    y *= rstd
    if weight is not None:
        y = y * weight
    if bias is not None:
        y = y + bias
    return y, mean, rstd


@kernel
def layer_norm_gradient(
    m: Any, g: Any, input: Any, weight: Any, mean: Any, rstd: Any, ndim: int, needs: tuple
) -> tuple[Any, Any, Any]:
    """Gradients of input, weight and bias (Ba, Kiros, Hinton, "Layer normalization")."""
    total = len(input.shape)
    axes, lead = tuple(range(total - ndim, total)), tuple(range(total - ndim))
    hat = (input - mean) * rstd
    d_input = d_weight = d_bias = None
    if needs[0]:
        gw = g if weight is None else g * weight
        n = math.prod(tuple(input.shape)[a] for a in axes)
        a = m.sum(gw, axes, True) * (1.0 / n)
        b = m.sum(gw * hat, axes, True) * (1.0 / n)
        d_input = (gw - a - hat * b) * rstd
    if needs[1]:
        d_weight = m.sum(g * hat, lead) if lead else g * hat
    if needs[2]:
        d_bias = m.sum(g, lead) if lead else g
    return d_input, d_weight, d_bias


@kernel
def layer_norm_statistics(m: Any, input: Any, ndim: int, eps: float) -> tuple[Any, Any]:
    """Mean and 1 / standard deviation with a graph of their own."""
    axes = tuple(range(input.ndim - ndim, input.ndim))
    mean = m.mean(input, axes, True)
    return mean, m.rsqrt(m._var(input, axes, 0, True) + eps)


op(
    "native_layer_norm(input, weight: Tensor=None, bias: Tensor=None, ndim=1, eps=1e-5)",
    "layer_norm_kernel(xp, input, weight, bias, ndim, eps)",
    outputs=("_y", "mean", "rstd"), node="NativeLayerNorm", shown="layer_norm", public=False,
    formulas={
        "input,weight,bias": "layer_norm_gradient(m, g, input, weight, mean, rstd, ndim, needs)"
    },
    traced={
        "input,weight,bias": "layer_norm_gradient(m, g, input, weight, "
        "*layer_norm_statistics(m, input, ndim, eps), ndim, needs)"
    },
)  # fmt: skip
