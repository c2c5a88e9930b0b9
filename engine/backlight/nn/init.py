"""First values for parameters: `nn.init`, with PyTorch's numbers from the same seed.

Each function fills the tensor it is given, without recording, and returns it.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .. import backend
from ..autograd.modes import no_grad
from ..ops.apply import check_writable, write_in_place
from ..random import Generator, gaussian, uniform
from ..tensor import Tensor, wrap


def _fill(tensor: Tensor, values: Any) -> Tensor:
    with no_grad():
        check_writable(tensor)
        array = np.broadcast_to(np.asarray(values, tensor._array.dtype), tensor._array.shape)
        return write_in_place(tensor, wrap(backend.of(tensor._array).from_host(array)))


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with uniform numbers between `a` and `b`."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with normal numbers."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Fill with normal numbers between `a` and `b`."""
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of "
            "values may be incorrect.",
            stacklevel=2,
        )
    kind = backend.of(tensor._array).to_host(tensor._array).dtype
    below, above = (0.5 * (1 + math.erf((edge - mean) / std / math.sqrt(2))) for edge in (a, b))
    sample = _by_normals if above - below > 0.3 else _by_uniforms
    made = sample(tuple(tensor.shape), kind, mean, std, kind.type(a), kind.type(b), generator)
    return _fill(tensor, made)


def _by_normals(
    shape: tuple, kind: Any, mean: float, std: float, a: Any, b: Any, generator: Generator | None
) -> np.ndarray:
    """Draw again, all of them, until every normal number that was outside is inside."""
    made = gaussian(shape, kind, generator, mean, std)
    while (outside := (made < a) | (made > b)).any():
        made = np.where(outside, gaussian(shape, kind, generator, mean, std), made)
    return made


def _by_uniforms(
    shape: tuple, kind: Any, mean: float, std: float, a: Any, b: Any, generator: Generator | None
) -> np.ndarray:
    """Rejection sampling: a uniform number stays with a probability as the density's height."""
    mode = max(a, min(kind.type(mean), b))
    peak = kind.type(-0.5 * ((mode - mean) / std) ** 2)
    made = np.empty(shape, kind)
    pending = np.ones(shape, bool)
    while pending.any():
        drawn = uniform(shape, kind, generator) * (b - a) + a
        made = np.where(pending, drawn, made)
        height = kind.type(-0.5) * ((drawn - kind.type(mean)) / kind.type(std)) ** 2 - peak
        pending &= np.log(uniform(shape, kind, generator)) > height
    return made


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value."""
    return _fill(tensor, val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return _fill(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return _fill(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _fill(tensor, np.eye(*tensor.shape))


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with an orthogonal matrix (Saxe et al., 2013), trailing dimensions flattened."""
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if not tensor.numel():
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    flat = wrap(np.empty((rows, columns), tensor._array.dtype)).normal_(0, 1, generator=generator)
    square = flat._array.T if rows < columns else flat._array
    q, r = np.linalg.qr(square)
    q = q * np.sign(np.diagonal(r))  # one of the many answers: the diagonal of R is positive
    q = q.T if rows < columns else q
    return _fill(tensor, (q * gain).reshape(tensor.shape))


# By the number of connections -----------------------------------------------------------------

_GAINS = {
    "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0, "conv_transpose3d": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0), "selu": 3.0 / 4,
}  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """How much larger weights are to be before this nonlinearity."""
    if nonlinearity in _GAINS:
        return _GAINS[nonlinearity]
    if nonlinearity == "leaky_relu":
        if param is None:
            slope = 0.01
        elif isinstance(param, (int, float)) and not isinstance(param, bool):
            slope = param
        else:
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many connections come into and go out of each unit of a weight (out, in, ...)."""
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with uniform numbers so that variance stays both ways (Glorot and Bengio, 2010)."""
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers so that variance stays both ways (Glorot and Bengio, 2010)."""
    std = gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return normal_(tensor, 0.0, std, generator)


def _nothing_to_fill(tensor: Tensor) -> bool:
    if 0 not in tensor.shape:
        return False
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return True


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Fill with uniform numbers so that variance stays through rectifiers (He et al., 2015)."""
    if _nothing_to_fill(tensor):
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Fill with normal numbers so that variance stays through rectifiers (He et al., 2015)."""
    if _nothing_to_fill(tensor):
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)
