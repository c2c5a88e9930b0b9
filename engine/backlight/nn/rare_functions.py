"""Functions of `torch.nn.functional` that few programs use; all are written over Tensors."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import creation, dtypes, errors, ops, random
from ..tensor import Tensor, wrap
from .functional import (
    _activated,
    _reduction,
    batch_norm,
    embedding,
    layer_norm,
    logsigmoid,
    pad,
    reduced,
    softmax,
)

# Norms ----------------------------------------------------------------------------------------


def instance_norm(
    input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None,
    weight: Tensor | None = None, bias: Tensor | None = None, use_input_stats: bool = True,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Bring each channel of each sample of (N, C, ...) to mean 0 and variance 1."""
    n, c = input.shape[:2]
    if use_input_stats and math.prod(tuple(input.shape)[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {input.size()}"
        )

    def tiled(x: Tensor | None) -> Tensor | None:
        return None if x is None else x.repeat(n)

    kept = [tiled(running_mean), tiled(running_var)]
    flat = input.reshape(1, n * c, *input.shape[2:])
    y = batch_norm(
        flat, kept[0], kept[1], tiled(weight), tiled(bias), use_input_stats, momentum, eps
    )
    if use_input_stats:
        for running, new in zip((running_mean, running_var), kept):
            if running is not None and new is not None:
                running.copy_(new.reshape(n, c).mean(0))
    return y.reshape(input.shape)


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Bring groups of channels of each sample to mean 0 and variance 1 (Wu and He 2018)."""
    if input.ndim < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.ndim}"
        )
    n, c = input.shape[:2]
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if c % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {errors.size(input.shape)} and num_groups={num_groups}"
        )
    for name, each in (("weight", weight), ("bias", bias)):
        if each is not None and tuple(each.shape) != (c,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in "
                f"input, but got {name} of shape {errors.size(each.shape)} and input of shape "
                f"{errors.size(input.shape)}"
            )
    if not input.numel():
        return input.clone()
    flat = input.reshape(n, num_groups, -1)
    y = layer_norm(flat, flat.shape[2:], None, None, eps).reshape(input.shape)
    shape = (1, c, *[1] * (input.ndim - 2))
    if weight is not None:
        y = y * weight.reshape(shape)
    return y if bias is None else y + bias.reshape(shape)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide by a mean of squares over neighbouring channels (Krizhevsky et al. 2012)."""
    if input.ndim < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality                          input (got {input.ndim} "
            "dimensions)"
        )
    if not input.numel():
        return input
    n, c = input.shape[:2]
    square = (input * input).reshape(n, 1, c, -1)
    square = pad(square, (0, 0, size // 2, (size - 1) // 2))
    total: Any = 0
    for step in range(size):
        total = total + square[:, :, step : step + c]
    mean = (total / size).reshape(input.shape)
    return input / ops.pow(mean * alpha + k, beta)


# Dropouts -------------------------------------------------------------------------------------


def _check_p(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _whole_channels(dims: int, name: str) -> Callable:
    def drop(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
        _check_p(p)
        if not training or p == 0.0 or not input.numel():
            return input
        if dims > 1 and input.ndim not in (dims + 1, dims + 2):
            warnings.warn(
                f"{name}: Received a {input.ndim}-D input to {name}, which is deprecated and will "
                "result in an error in a future release. To retain the behavior and silence this "
                f"warning, please use dropout instead. Note that {name} exists to provide "
                "channel-wise dropout on inputs with "
                f"{dims} spatial dimensions, a channel dimension, and an optional batch dimension "
                f"(i.e. {dims + 1}D or {dims + 2}D inputs).",
                stacklevel=2,
            )
        x, batched = input, input.ndim != dims + 1 or dims == 2
        if dims in (1, 3) and input.ndim == dims + 1:
            x, batched = input.unsqueeze(0), False
        shape = (*x.shape[:2], *[1] * (x.ndim - 2))
        mask = random.bernoulli(creation.full(shape, 1 - p, dtype=input.dtype))
        noise = mask / (1 - p) if p < 1 else mask
        noise = noise.to(input.device)
        if inplace:
            return input.mul_(noise if batched else noise.squeeze(0))
        y = x * noise
        return y if batched else y.squeeze(0)

    drop.__name__ = drop.__qualname__ = name
    drop.__doc__ = "Set whole channels to 0 with probability `p` and divide the others by 1 - p."
    return drop


dropout1d = _whole_channels(1, "dropout1d")
dropout2d = _whole_channels(2, "dropout2d")
dropout3d = _whole_channels(3, "dropout3d")


def _alpha(input: Tensor, p: float, training: bool, inplace: bool, shape: tuple) -> Tensor:
    """Keeps mean and variance of what a SELU gives (Klambauer et al. 2017)."""
    _check_p(p)
    if not training or p == 0.0 or not input.numel():
        return input
    if p == 1.0:
        return input.mul_(0) if inplace else input * 0
    alpha = 1.7580993408473766
    a = 1.0 / math.sqrt((alpha * alpha * p + 1) * (1 - p))
    mask = random.bernoulli(creation.full(shape, 1 - p, dtype=input.dtype)).to(input.device)
    shift = (mask - 1) * (alpha * a) + alpha * a * p
    y = input * (mask * a) + shift
    return input.copy_(y) if inplace else y


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout for networks of SELUs: elements are set to the value that those have far below 0."""
    return _alpha(input, p, training, inplace, tuple(input.shape))


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels."""
    return _alpha(input, p, training, inplace, (*tuple(input.shape)[:2], *[1] * (input.ndim - 2)))


# Activations ----------------------------------------------------------------------------------


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """input where it is above the threshold, else a value."""
    y = ops.where(input <= threshold, value, input)
    return input.copy_(y) if inplace else y


def threshold_(input: Tensor, threshold_: float, value: float) -> Tensor:
    """The same, in place."""
    return threshold(input, threshold_, value, True)


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False,
    inplace: bool = False,
) -> Tensor:  # fmt: skip
    """A leaky ReLU whose slope is drawn for each element in training, and the mean else."""
    if lower > upper:
        raise RuntimeError(
            f"Lower bound should be less than or equal to the upper bound, but got lower={lower} "
            f"and upper={upper}"
        )
    if training:
        slope: Any = creation.empty(tuple(input.shape), dtype=input.dtype).uniform_(lower, upper)
        slope = slope.to(input.device)
    else:
        slope = (lower + upper) / 2
    y = ops.where(input >= 0 if not training else input > 0, input, input * slope)
    return input.copy_(y) if inplace else y


def rrelu_(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False
) -> Tensor:
    """The same, in place."""
    return rrelu(input, lower, upper, training, True)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """input where it is farther than `lambd` from 0, else 0."""
    return ops.where((input >= -lambd) & (input <= lambd), input * 0, input)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """input moved towards 0 by `lambd`, and 0 where it is nearer."""
    if lambd < 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd}.")
    away = ops.where(input > lambd, input - lambd, input + lambd)
    return ops.where((input >= -lambd) & (input <= lambd), input * 0, away)


def _inplace(name: str, function: Callable) -> Callable:
    def run(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return _activated(lambda x: function(x, *args, **kwargs), input, True)

    run.__name__ = run.__qualname__ = name
    run.__doc__ = f"`{name[:-1]}`, in place."
    return run


def _by_name(name: str) -> Callable:
    def call(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        from . import functional

        return getattr(functional, name)(input, *args, **kwargs)

    return call


celu_, elu_, hardtanh_, leaky_relu_, selu_ = (
    _inplace(name + "_", _by_name(name))
    for name in ("celu", "elu", "hardtanh", "leaky_relu", "selu")
)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """A draw from the categories, as shares that follow the gradient (Jang et al. 2017).

    hard: ones and zeros forward, the shares' gradient backward.
    """
    noise = -ops.log(creation.empty(tuple(logits.shape), dtype=logits.dtype).exponential_())
    y = softmax((logits + noise.to(logits.device)) / tau, dim)
    if not hard:
        return y
    index = ops.max(y, dim, True)[1]
    one = ops.scatter(y.detach() * 0, dim, index, 1.0)
    return one - y.detach() + y


# Distances ------------------------------------------------------------------------------------


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The p-norm of x1 - x2 + eps along the last dimension."""
    return ops.norm(x1 - x2 + eps, p, -1, keepdim)


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The p-norm distances between all pairs of rows: (N, M) -> (N (N - 1) / 2,)."""
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    i, j = np.triu_indices(input.shape[0], 1)
    first, second = (
        ops.index_select(input, 0, wrap(k.astype(np.int64)).to(input.device)) for k in (i, j)
    )
    if not len(i) or not input.shape[1]:
        return input.new_zeros(len(i)) + input.sum() * 0
    return ops.norm(first - second, p, -1)


# Embeddings -----------------------------------------------------------------------------------


def embedding_bag(
    input: Tensor, weight: Tensor, offsets: Tensor | None = None, max_norm: float | None = None,
    norm_type: float = 2, scale_grad_by_freq: bool = False, mode: str = "mean",
    sparse: bool = False, per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Tensor:  # fmt: skip
    """Sums, means or largest values of rows of `weight`: a bag for each row of `input`, or from
    each of the offsets on.
    """
    if weight.dtype is dtypes.int64 and input.is_floating_point():
        raise ValueError("Argument order of nn.functional.embedding_bag was changed.")
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then "
            f"it must have the same shape as the input ({input.shape})"
        )
    if input.ndim == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch "
                "of fixed length sequences. However, found offsets of type "
                f"{type(offsets).__name__}"
            )
        rows, length = input.shape
        starts = np.arange(rows) * length
        flat = input.reshape(-1)
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights.reshape(-1)
    elif input.ndim == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.ndim != 1:
            raise ValueError("offsets has to be a 1D Tensor")
        starts, flat = offsets.detach().cpu().numpy(), input
        if starts.size and starts[0] != 0:
            raise RuntimeError(
                "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start "
                f"from position 0. However, got {starts[0]}"
            )
        if include_last_offset:
            starts = starts[:-1]
    else:
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}"
        )
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
            f"for mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
        )
    if max_norm is not None:
        renormalise(weight, flat, max_norm, norm_type)
    bags, places = len(starts), np.arange(flat.numel())
    bag = np.searchsorted(starts, places, side="right") - 1
    kept = np.ones(len(places), bool)
    if padding_idx is not None:
        padding_idx = padding_idx % weight.shape[0]
        kept = flat.detach().cpu().numpy() != padding_idx
    at = wrap(places[kept].astype(np.int64)).to(flat.device)
    bag = bag[kept]
    values = embedding(ops.index_select(flat, 0, at), weight)
    counts = np.bincount(bag, minlength=bags)[:bags]
    where = wrap(bag.astype(np.int64)).to(values.device)
    zeros = creation.zeros(bags, weight.shape[1], dtype=weight.dtype, device=weight.device)
    if mode == "max":
        longest = int(counts.max()) if counts.size else 0
        if not longest:
            return zeros + values.sum() * 0
        first = np.concatenate([[0], np.cumsum(counts)])[:-1]
        index = np.minimum(
            first[:, None] + np.arange(longest), np.maximum(first + counts - 1, 0)[:, None]
        )
        index = np.minimum(index, len(bag) - 1)
        table = values[wrap(index)]
        largest = ops.max(table, 1)[0]
        empty = wrap((counts == 0)[:, None])
        return ops.where(empty, 0.0, largest)
    if per_sample_weights is not None:
        values = values * ops.index_select(per_sample_weights, 0, at).unsqueeze(-1)
    total = ops.index_add(zeros, 0, where, values)
    if mode == "mean":
        divisor = np.maximum(counts, 1)[:, None].astype(total._array.dtype)
        total = total / wrap(divisor).to(total.device)
    return total


def renormalise(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are used down to a norm, in place."""
    used = np.unique(indices.detach().cpu().numpy())
    rows = weight._array[used]
    norms = (np.abs(rows) ** norm_type).sum(-1) ** (1 / norm_type)
    big = norms > max_norm
    weight._array[used[big]] = rows[big] * (max_norm / (norms[big] + 1e-7))[:, None]


# Losses ---------------------------------------------------------------------------------------


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False,
    size_average: bool | None = None, eps: float = 1e-8, reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Minus the log of a Poisson probability of `target`; `full` adds Stirling's term."""
    reduction = _reduction(size_average, reduce, reduction)
    if log_input:
        losses = ops.exp(input) - target * input
    else:
        losses = input - target * ops.log(input + eps)
    if full:
        term = target * ops.log(target) - target + 0.5 * ops.log(2 * math.pi * target)
        losses = losses + ops.where(target <= 1, 0.0, term)
    return reduced(losses, reduction)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, -target * (input1 - input2) + margin)."""
    reduction = _reduction(size_average, reduce, reduction)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    losses = ops.clamp(-target * (input1 - input2) + margin, min=0)
    return reduced(losses, reduction)


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """input where target is 1, max(0, margin - input) where it is -1."""
    reduction = _reduction(size_average, reduce, reduction)
    far = ops.where(target == 1, 0.0, ops.clamp(margin - input, min=0))
    near = ops.where(target == -1, 0.0, input)
    return reduced(far + near, reduction)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """1 - cosine where target is 1, max(0, cosine - margin) where it is -1."""
    reduction = _reduction(size_average, reduce, reduction)
    if target.ndim > 1 or input1.ndim != target.ndim + 1 or input2.ndim != target.ndim + 1:
        word = "0D" if target.ndim == 0 else "1D"
        if target.ndim > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        raise RuntimeError(
            f"{word} target tensor expects {target.ndim + 1}D input tensors, but found inputs with "
            f"sizes {errors.size(input1.shape)} and {errors.size(input2.shape)}."
        )
    tiny = 1e-12
    product = ops.sum(input1 * input2, -1)
    norms = (ops.sum(input1 * input1, -1) + tiny) * (ops.sum(input2 * input2, -1) + tiny)
    cosine = product / ops.sqrt(norms)
    near = ops.where(target == 1, 1 - cosine, 0.0)
    far = ops.where(target == -1, ops.clamp(cosine - margin, min=0), 0.0)
    return reduced(near + far, reduction)


def soft_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """log(1 + exp(-target * input))."""
    reduction = _reduction(size_average, reduce, reduction)
    return reduced(-logsigmoid(target * input), reduction)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Binary cross entropies of logits, as a mean over the classes."""
    reduction = _reduction(size_average, reduce, reduction)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    return reduced(ops.mean(losses, -1), reduction)


def multi_margin_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, margin - input[target] + input[i])**p over the other classes, as a mean over all."""
    reduction = _reduction(size_average, reduce, reduction)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    batched = input.ndim == 2
    x = input if batched else input.unsqueeze(0)
    index = target.reshape(-1, 1)
    own = ops.gather(x, 1, index)
    losses = ops.clamp(margin - own + x, min=0)
    if p == 2:
        losses = losses * losses
    if weight is not None:
        losses = losses * weight[index]
    others = ops.scatter(x.detach() * 0 + 1, 1, index, 0.0)
    total = ops.sum(losses * others, 1) / x.shape[1]
    return reduced(total if batched else total.squeeze(0), reduction)


def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, 1 - input[target] + input[i]) over targets (up to the first -1) and other classes."""
    reduction = _reduction(size_average, reduce, reduction)
    batched = input.ndim == 2
    x, y = (input, target) if batched else (input.reshape(1, -1), target.reshape(1, -1))
    labels = y.detach().cpu().numpy()
    counted = np.cumprod(labels >= 0, 1).astype(bool)
    classes = x.shape[1]
    is_target = np.zeros((labels.shape[0], classes), bool)
    for row in range(labels.shape[0]):
        is_target[row, labels[row][counted[row]]] = True
    own = ops.gather(x, 1, wrap(np.where(counted, labels, 0)).to(x.device))  # (N, C)
    losses = ops.clamp(1 - own.unsqueeze(2) + x.unsqueeze(1), min=0)
    mask = counted[:, :, None] & ~is_target[:, None, :]
    weights = wrap(mask.astype(x._array.dtype)).to(x.device)
    total = ops.sum(losses * weights, (1, 2)) / classes
    return reduced(total if batched else total.squeeze(0), reduction)


def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2,
    eps: float = 1e-6, swap: bool = False, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, distance to the positive - distance to the negative + margin)."""
    reduction = _reduction(size_average, reduce, reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {anchor.ndim}D, positive {positive.ndim}D, and negative "
            f"{negative.ndim}D inputs"
        )

    def distance(a: Tensor, b: Tensor) -> Tensor:
        return pairwise_distance(a, b, p, eps)

    return _triplet(anchor, positive, negative, distance, margin, swap, reduction)


def _triplet(
    anchor: Tensor, positive: Tensor, negative: Tensor, distance: Callable, margin: float,
    swap: bool, reduction: str,
) -> Tensor:  # fmt: skip
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = ops.minimum(far, distance(positive, negative))
    return reduced(ops.clamp(near - far + margin, min=0), reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, *,
    distance_function: Callable | None = None, margin: float = 1.0, swap: bool = False,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """`triplet_margin_loss` with a distance of one's own."""
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    distance = pairwise_distance if distance_function is None else distance_function
    return _triplet(anchor, positive, negative, distance, margin, swap, reduction)


def linear_cross_entropy(
    input: Tensor, linear_weight: Tensor, target: Tensor, *, linear_bias: Tensor | None = None,
    weight: Tensor | None = None, reduction: str = "mean", ignore_index: int | None = None,
    label_smoothing: float = 0.0, options: Any = None,
) -> Tensor:  # fmt: skip
    """`cross_entropy` of a linear layer's output."""
    from .functional import cross_entropy, linear

    rows = linear_weight.shape[0]
    rest = tuple(linear_weight.shape)[1:-1]
    flat = linear_weight.reshape(-1, linear_weight.shape[-1])
    logits = linear(input, flat, None if linear_bias is None else linear_bias.reshape(-1))
    if rest:
        logits = logits.reshape(*input.shape[:-1], rows, *rest)
    return cross_entropy(
        logits, target, weight=weight, reduction=reduction,
        ignore_index=-100 if ignore_index is None else ignore_index,
        label_smoothing=label_smoothing,
    )  # fmt: skip


def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: int = 0,
    reduction: str = "mean", zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    """Minus the log probability of all alignments of the targets (Graves et al. 2006).

    log_probs: (T, N, C) or (T, C); targets: (N, S), or all in a row.
    """
    batched = log_probs.ndim == 3
    x = log_probs if batched else log_probs.unsqueeze(1)
    steps, n, classes = x.shape
    lengths = _lengths(input_lengths)
    sizes = _lengths(target_lengths)
    if len(lengths) != n:
        raise RuntimeError("input_lengths must be of size batch_size")
    if len(sizes) != n:
        raise RuntimeError("target_lengths must be of size batch_size")
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    labels = targets.detach().cpu().numpy()
    if labels.ndim == 1 and batched:
        ends = np.cumsum(sizes)
        rows = [labels[e - s : e] for e, s in zip(ends, sizes)]
    else:
        rows = [row[:s] for row, s in zip(labels.reshape(n, -1), sizes)]
    if lengths.size and lengths.max() > steps:
        raise RuntimeError(
            f"Expected input_lengths to have value at most {steps}, but got value "
            f"{int(lengths.max())}"
        )
    width = 2 * int(max(sizes, default=0)) + 1
    extended = np.full((n, width), blank)
    for row, given in zip(extended, rows):
        row[1 : 2 * len(given) + 1 : 2] = given
    skip = np.zeros((n, width), bool)  # from two before, over a blank between different labels
    skip[:, 2:] = (extended[:, 2:] != blank) & (extended[:, 2:] != extended[:, :-2])
    index = wrap(extended).to(x.device)
    never = -1e30 if x.dtype is not dtypes.float16 else -1e4
    no_skip = wrap(np.where(skip, 0.0, never).astype(x._array.dtype)).to(x.device)
    begin = np.full((n, width), never)
    begin[:, :2] = 0
    alpha = ops.gather(x[0], 1, index) + wrap(begin.astype(x._array.dtype)).to(x.device)
    finals = [alpha]
    edge = x.new_full((n, 2), never)
    for t in range(1, steps):
        before = ops.cat([edge, alpha], 1)
        ways = ops.stack([alpha, before[:, 1:-1], before[:, :-2] + no_skip])
        alpha = ops.logsumexp(ways, 0) + ops.gather(x[t], 1, index)
        finals.append(alpha)
    if not steps:
        raise RuntimeError("Expected tensor to have size at least 1 at dimension 0")
    stacked = ops.stack(finals)  # (T, N, width)
    last = stacked[wrap(np.maximum(lengths - 1, 0)), wrap(np.arange(n))]
    end = wrap((2 * sizes).reshape(-1, 1)).to(x.device)
    tail = ops.gather(last, 1, end)
    if width > 1:
        prior = wrap(np.maximum(2 * sizes - 1, 0).reshape(-1, 1)).to(x.device)
        other = ops.gather(last, 1, prior)
        none = wrap((sizes == 0).reshape(-1, 1)).to(x.device)
        other = ops.where(none, never, other)
        tail = ops.cat([tail, other], 1)
    losses = -ops.logsumexp(tail, 1)
    # PyTorch's gradient takes the logs for a log_softmax's, whose own terms it adds.
    valid = np.arange(steps)[:, None] < lengths[None, :]
    mass = ops.exp(x) * wrap(valid[..., None].astype(x._array.dtype)).to(x.device)
    own = ops.sum(mass, (0, 2))
    losses = losses + (own - own.detach())
    impossible = losses.detach() > -never / 2
    losses = ops.where(impossible, 0.0 if zero_infinity else math.inf, losses)
    if not batched:
        losses = losses.squeeze(0)
    if reduction == "mean":
        divisor = np.maximum(sizes, 1).astype(x._array.dtype)
        each = losses / wrap(divisor if batched else divisor[0:1].reshape(())).to(x.device)
        return ops.mean(each)
    return reduced(losses, reduction)


def _lengths(value: Any) -> np.ndarray:
    array = value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)
    return array.astype(np.int64).reshape(-1)
