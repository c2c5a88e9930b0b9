"""`torch.nn.functional`: layers and losses as functions.

Rows of the op table by their public names, and what is written over Tensors: what needs no row of
its own is right at every order of derivative as it stands.
"""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import backend, dtypes, errors, ops, random
from ..tensor import Size, Tensor, wrap

linear = ops.linear
sigmoid = ops.sigmoid
tanh = ops.tanh
_relu = ops.row("relu")
_softmax = ops.row("_softmax")
_log_softmax = ops.row("_log_softmax")
_layer_norm = ops.row("native_layer_norm")
_batch_norm = ops.row("native_batch_norm")
_batch_norm_fixed = ops.row("_batch_norm_fixed")

conv1d, conv2d, conv3d = ops.conv1d, ops.conv2d, ops.conv3d
conv_transpose1d = ops.conv_transpose1d
conv_transpose2d = ops.conv_transpose2d
conv_transpose3d = ops.conv_transpose3d

# Activations ----------------------------------------------------------------------------------


def _activated(function: Callable, input: Tensor, inplace: bool, *options: Any) -> Tensor:
    """The function's value; in place the derivative still sees what the input was."""
    if not inplace:
        return function(input, *options)
    return input.copy_(function(input.clone(), *options))


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(input, 0)."""
    return input.relu_() if inplace else _relu(input)


def relu_(input: Tensor) -> Tensor:
    """max(input, 0), in place."""
    return input.relu_()


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """input * P(a standard normal number is smaller); `approximate` may be "tanh"."""
    return ops.gelu(input, approximate=approximate)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """input * sigmoid(input)."""
    return _activated(ops.silu, input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * tanh(softplus(input))."""
    return _activated(lambda x: x * ops.tanh(ops.softplus(x)), input, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """input where it is above 0, else negative_slope * input."""
    return _activated(ops.leaky_relu, input, inplace, negative_slope)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """input where it is above 0, else weight * input; one weight, or one per channel."""
    if weight.numel() != 1:
        channels = input.shape[1] if input.ndim > 1 else 1
        if weight.numel() != channels:
            raise RuntimeError(
                f"Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{weight.numel()} and channel size = {channels}."
            )
        weight = weight.reshape([channels if k == 1 else 1 for k in range(input.ndim)])
    elif not input.ndim:
        weight = weight.reshape(())
    return ops.where(input > 0, input, weight * input)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where it is above 0, else alpha * (exp(input) - 1)."""
    return _activated(ops.elu, input, inplace, alpha)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where it is above 0, else alpha * (exp(input / alpha) - 1)."""
    return _activated(ops.elu, input, inplace, alpha, 1.0, 1.0 / alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """The self-normalising ELU (Klambauer et al., 2017)."""
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return _activated(ops.elu, input, inplace, alpha, scale)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """input held between two values."""
    return _activated(ops.hardtanh, input, inplace, min_val, max_val)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """input held between 0 and 6."""
    return hardtanh(input, 0.0, 6.0, inplace)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """input / 6 + 1/2, held between 0 and 1."""
    return _activated(lambda x: ops.hardtanh(x + 3, 0.0, 6.0) / 6, input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * hardsigmoid(input)."""
    return _activated(lambda x: x * ops.hardtanh(x + 3, 0.0, 6.0) / 6, input, inplace)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta * input)) / beta; input itself beyond the threshold."""
    return ops.softplus(input, beta, threshold)


def logsigmoid(input: Tensor) -> Tensor:
    """log(sigmoid(input))."""
    return ops.clamp(input, max=0) - ops.log1p(ops.exp(-ops.abs(input)))


def softsign(input: Tensor) -> Tensor:
    """input / (1 + |input|)."""
    return input / (ops.abs(input) + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """input - tanh(input)."""
    return input - ops.tanh(input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half times the sigmoid of the second."""
    a, b = input.chunk(2, dim)
    return a * ops.sigmoid(b)


def _softmax_dim(name: str, input: Tensor, dim: int | None, stacklevel: int) -> int:
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.ndim in (0, 1, 3) else 1


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """exp(input), divided by its sum along `dim`."""
    dim = _softmax_dim("softmax", input, dim, _stacklevel)
    return _softmax(input if dtype is None else input.to(dtype), dim)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """The logarithm of softmax, without its rounding to 0."""
    dim = _softmax_dim("log_softmax", input, dim, _stacklevel)
    return _log_softmax(input if dtype is None else input.to(dtype), dim)


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Softmax of -input."""
    dim = _softmax_dim("softmin", input, dim, _stacklevel)
    return softmax(-input, dim, dtype=dtype)


# Layers ---------------------------------------------------------------------------------------


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input1 @ weight @ input2 for each of the weight's matrices."""
    y = ops.einsum("...i,oij,...j->...o", input1, weight, input2)
    return y if bias is None else y + bias


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set elements to 0 with probability `p` and divide the others by 1 - p."""
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0.0 or not input.numel():
        return input
    kind = input._array.dtype.type
    if p == 1.0:
        kept = np.zeros(input._array.shape, kind)
    else:
        kept = random.bernoulli_mask(input._array.shape, 1.0 - p).astype(kind)
        kept *= kind(1.0 / (1.0 - p))
    noise = wrap(backend.of(input._array).from_host(kept))
    return input.mul_(noise) if inplace else input * noise


def embedding(
    input: Tensor, weight: Tensor, padding_idx: int | None = None, max_norm: float | None = None,
    norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Tensor:  # fmt: skip
    """Rows of `weight` by the integers in `input`; the row `padding_idx` gets no gradient."""
    if sparse:
        raise NotImplementedError("Backlight's embedding has no sparse gradients (yet).")
    if max_norm is not None:
        from .rare_functions import renormalise

        renormalise(weight, input, max_norm, norm_type)
    if padding_idx is None:
        padding_idx = -1
    elif padding_idx < 0:
        padding_idx += weight.shape[0]
    y = ops.embedding(weight, input, padding_idx)
    if scale_grad_by_freq:  # the gradient of a row is divided by how often it is used
        flat = input._array.reshape(-1)
        _, places, counts = np.unique(flat, return_inverse=True, return_counts=True)
        share = (1 / counts[places]).astype(y._array.dtype).reshape(*input._array.shape, 1)
        scaled = y * wrap(share)
        y = scaled + (y - scaled).detach()
    return y


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Rows of 0 with a 1 where the integer says: (...) -> (..., num_classes)."""
    array = tensor._array
    if array.dtype != np.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not array.size and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if array.size and int(array.min()) < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(array.max()) + 1
    elif array.size and int(array.max()) >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    classes = backend.of(array).arange(num_classes)
    return wrap((array[..., None] == classes).astype(np.int64))


def layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None,
    bias: Tensor | None = None, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Bring mean and variance over the last dimensions to 0 and 1 (Ba et al., 2016)."""
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
            "element, but got normalized_shape = []"
        )
    if tuple(input.shape[-len(shape) :]) != shape:
        inner = ", ".join(map(str, ("*", *shape)))
        raise RuntimeError(
            f"Given normalized_shape={errors.size(shape)}, expected input with shape [{inner}], "
            f"but got input of size{errors.size(input.shape)}"
        )
    return _layer_norm(input, weight, bias, len(shape), eps)[0]


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:  # fmt: skip
    """Divide by the root mean square over the last dimensions (Zhang and Sennrich, 2019)."""
    dims = tuple(range(-len(tuple(normalized_shape)), 0))
    eps = dtypes.finfo(input.dtype).eps if eps is None else eps
    y = input * ops.rsqrt(ops.mean(input * input, dims, True) + eps)
    return y if weight is None else y * weight


def batch_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None,
    weight: Tensor | None = None, bias: Tensor | None = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Bring each channel of (N, C, ...) to mean 0 and variance 1 (Ioffe and Szegedy, 2015).

    In training by the batch's own statistics, which the running ones then follow.
    """
    if training and eps <= 0.0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    if eps < 0.0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    channels = input.size(1) if input.ndim > 1 or input.numel() else 0
    for name, given in (
        ("running_mean", running_mean), ("running_var", running_var),
        ("weight", weight), ("bias", bias),
    ):  # fmt: skip
        if given is not None and given.numel() != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {given.numel()}")
    if not training:
        if running_mean is None or running_var is None:
            missing = "running_mean" if running_mean is None else "running_var"
            raise RuntimeError(f"{missing} must be defined in evaluation mode")
        return _batch_norm_fixed(input, weight, bias, running_mean, running_var, eps)
    n = math.prod(input.shape) // max(channels, 1)
    if n == 1:
        raise ValueError(
            "Expected more than 1 value per channel when training, got input size "
            f"{Size(input.shape)}"
        )
    y, mean, _, var = _batch_norm(input, weight, bias, eps)
    if not input.numel():
        return y
    if running_mean is not None:
        _follow(running_mean, mean.detach().reshape(-1), momentum)
    if running_var is not None:
        _follow(running_var, var.detach().reshape(-1) * (n / (n - 1)), momentum)
    return y


def _follow(running: Tensor, new: Tensor, momentum: float) -> None:
    running.mul_(1 - momentum).add_(new, alpha=momentum)


def normalize(
    input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """input divided by its p-norm along `dim`."""
    y = input / ops.clamp(ops.norm(input, p, dim, True), min=eps)
    return y if out is None else out.copy_(y)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between two vectors along `dim`."""
    a, b = (ops.clamp(ops.norm(x, 2, dim, True), min=eps) for x in (x1, x2))
    return ops.sum((x1 / a) * (x2 / b), dim)


# Losses ---------------------------------------------------------------------------------------


def _reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction, or what PyTorch's old pair of flags said for it."""
    if size_average is None and reduce is None:
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"{reduction} is not a valid value for reduction")
        return reduction
    if reduce is False:
        word = "none"
    else:
        word = "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{word}' instead.",
        stacklevel=3,
    )
    return word


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The mean, the sum, or all losses."""
    if reduction == "mean":
        return ops.mean(losses)
    if reduction == "sum":
        return ops.sum(losses)
    if reduction != "none":
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return losses


def _weighed(losses: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """Reduce losses that count differently; a mean divides by the sum of the weights."""
    losses = losses * weight
    if reduction == "mean":
        return ops.sum(losses) / ops.sum(weight.expand(losses.shape))
    return reduced(losses, reduction)


def _same_size(input: Tensor, target: Tensor) -> None:
    if target._array.shape != input._array.shape:
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=3,
        )


def mse_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """(input - target)**2."""
    _same_size(input, target)
    reduction = _reduction(size_average, reduce, reduction)
    if weight is None:
        return ops.mse_loss(input, target, reduction)
    return _weighed(ops.mse_loss(input, target, "none"), weight, reduction)


def l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """|input - target|."""
    _same_size(input, target)
    reduction = _reduction(size_average, reduce, reduction)
    losses = ops.abs(input - target)
    return reduced(losses, reduction) if weight is None else _weighed(losses, weight, reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", beta: float = 1.0,
) -> Tensor:  # fmt: skip
    """Squares where the difference is below `beta`, absolute values beyond."""
    _same_size(input, target)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    reduction = _reduction(size_average, reduce, reduction)
    if beta == 0:
        return reduced(ops.abs(input - target), reduction)
    return ops.smooth_l1_loss(input, target, reduction, beta)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Squares where the difference is below `delta`, `delta` times absolute values beyond."""
    _same_size(input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    reduction = _reduction(None, None, reduction)
    if weight is None:
        return ops.huber_loss(input, target, reduction, delta)
    return _weighed(ops.huber_loss(input, target, "none", delta), weight, reduction)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """-(target * log(input) + (1 - target) * log(1 - input))."""
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()}) is deprecated. Please ensure they have the same size."
        )
    return ops.binary_cross_entropy(
        input, target, weight, _reduction(size_average, reduce, reduction)
    )


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Binary cross-entropy of sigmoid(input), without its overflow."""
    if target.size() != input.size():
        raise ValueError(
            f"Target size ({target.size()}) must be the same as input size ({input.size()})"
        )
    return ops.binary_cross_entropy_with_logits(
        input, target, weight, pos_weight, _reduction(size_average, reduce, reduction)
    )


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """-input[target], the input being log-probabilities (N, C, ...)."""
    return ops.nll_loss(
        input, target, weight, ignore_index, _reduction(size_average, reduce, reduction)
    )


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """-log(softmax(input)[target]) for logits (N, C, ...) and classes (N, ...) or probabilities."""
    reduction = _reduction(size_average, reduce, reduction)
    dim = 1 if input._array.ndim > 1 else 0
    logs = _log_softmax(input, dim)
    if target._array.dtype.kind == "f" and target._array.shape == input._array.shape:
        return _soft_cross_entropy(logs, target, weight, reduction, label_smoothing, dim)
    if not label_smoothing:
        return ops.nll_loss(logs, target, weight, ignore_index, reduction)
    return _smoothed(logs, target, weight, ignore_index, reduction, label_smoothing, dim)


def _along(weight: Tensor, logs: Tensor, dim: int) -> Tensor:
    return weight.reshape([-1 if k == dim else 1 for k in range(logs.ndim)])


def _soft_cross_entropy(
    logs: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float, dim: int
) -> Tensor:
    classes = logs.shape[dim]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    losses = logs * target
    if weight is not None:
        losses = losses * _along(weight, logs, dim)
    losses = -ops.sum(losses, dim)
    if reduction == "mean":
        return ops.sum(losses) / max(losses.numel(), 1)
    return reduced(losses, reduction)


def _smoothed(
    logs: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str,
    smoothing: float, dim: int,
) -> Tensor:  # fmt: skip
    """Cross-entropy where every class has smoothing / classes of the target's weight."""
    exact = ops.nll_loss(logs, target, weight, ignore_index, reduction)
    spread = -ops.sum(logs if weight is None else logs * _along(weight, logs, dim), dim)
    ignored = target == ignore_index
    spread = ops.masked_fill(spread, ignored, 0.0)
    if reduction == "mean":
        if weight is None:
            count = int((~ignored)._array.sum())
        else:
            known = ops.masked_fill(target, ignored, 0)
            count = ops.sum(ops.masked_fill(weight[known], ignored, 0.0))
        spread = ops.sum(spread) / count
    else:
        spread = reduced(spread, reduction)
    return exact * (1 - smoothing) + spread * (smoothing / logs.shape[dim])


def kl_div(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", log_target: bool = False,
) -> Tensor:  # fmt: skip
    """target * (log(target) - input), the input being log-probabilities."""
    if log_target:
        losses = ops.exp(target) * (target - input)
    else:
        losses = ops.xlogy(target, target) - target * input
    if reduction == "batchmean":
        return ops.sum(losses) / (input.shape[0] if input.ndim else 1)
    return reduced(losses, _reduction(size_average, reduce, reduction))


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Any, full: bool = False, eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """The negative log likelihood of `target` under a normal distribution."""
    if not isinstance(var, Tensor):
        var = ops.full_like(input, var)
    elif var.ndim == input.ndim - 1 and tuple(var.shape) == tuple(input.shape[:-1]):
        var = var.unsqueeze(-1)
    if bool((var < 0).any()):
        raise ValueError("var has negative entry/entries")
    # The floor is no part of the derivative, as in PyTorch.
    held = var + (ops.clamp(var.detach(), min=eps) - var.detach())
    losses = 0.5 * (ops.log(held) + (input - target) ** 2 / held)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)


#: What is loaded when it is asked for: the names that a module of this folder has.
_LATER = {
    name: module
    for module, names in {
        "pool_functions": (
            "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d "
            "adaptive_max_pool1d_with_indices adaptive_max_pool2d adaptive_max_pool2d_with_indices "
            "adaptive_max_pool3d adaptive_max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d "
            "fractional_max_pool2d fractional_max_pool2d_with_indices fractional_max_pool3d "
            "fractional_max_pool3d_with_indices lp_pool1d lp_pool2d lp_pool3d max_pool1d "
            "max_pool1d_with_indices max_pool2d max_pool2d_with_indices max_pool3d "
            "max_pool3d_with_indices max_unpool1d max_unpool2d max_unpool3d"
        ),
        "attention_functions": (
            "canonical_mask multi_head_attention_forward scaled_dot_product_attention"
        ),
        "rare_functions": (
            "alpha_dropout celu_ cosine_embedding_loss ctc_loss dropout1d dropout2d dropout3d elu_ "
            "embedding_bag feature_alpha_dropout group_norm gumbel_softmax hardshrink hardtanh_ "
            "hinge_embedding_loss instance_norm leaky_relu_ linear_cross_entropy local_response_norm "
            "margin_ranking_loss multi_margin_loss multilabel_margin_loss "
            "multilabel_soft_margin_loss pairwise_distance pdist poisson_nll_loss rrelu rrelu_ "
            "selu_ soft_margin_loss softshrink threshold threshold_ triplet_margin_loss "
            "triplet_margin_with_distance_loss"
        ),
        "resample": (
            "affine_grid channel_shuffle fold grid_sample interpolate native_channel_shuffle pad "
            "pixel_shuffle pixel_unshuffle unfold upsample upsample_bilinear upsample_nearest"
        ),
    }.items()
    for name in names.split()
}
_KNOWN = [*_LATER, *(name for name, each in list(globals().items()) if isinstance(each, Callable))]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        module = importlib.import_module(f".{_LATER[name]}", __package__)
        found = globals()[name] = getattr(module, name)
        return found
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.missing_name("torch.nn.functional", name, _KNOWN)
