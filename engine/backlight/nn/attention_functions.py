"""Attention (`torch.nn.functional`; Vaswani et al. 2017)."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .. import creation, dtypes, ops
from ..tensor import Tensor, wrap
from .functional import dropout, linear, pad, softmax


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None,
    dropout_p: float = 0.0, is_causal: bool = False, scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """softmax(query @ key.T * scale + mask) @ value: (..., L, E), (..., S, E), (..., S, V).

    attn_mask: what is added, or booleans that say which take part; `is_causal`: none that come
    later. scale: 1 / sqrt(E) without one. enable_gqa: several query heads share one of the others.
    """
    if not query.ndim == key.ndim == value.ndim and query.ndim < 2:
        raise RuntimeError("scaled_dot_product_attention needs at least 2 dimensions")
    if is_causal and attn_mask is not None:
        raise RuntimeError(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
            "is_causal=True"
        )
    if enable_gqa:
        times = query.shape[-3] // key.shape[-3]
        key = ops.repeat_interleave(key, times, -3)
        value = ops.repeat_interleave(value, query.shape[-3] // value.shape[-3], -3)
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = ops.matmul(query * factor, ops.transpose(key, -2, -1))
    if is_causal:
        later = np.triu(np.ones((query.shape[-2], key.shape[-2]), bool), 1)
        scores = ops.masked_fill(scores, wrap(later).to(query.device), -math.inf)
    elif attn_mask is not None:
        if attn_mask.dtype is dtypes.bool_:
            scores = ops.where(attn_mask, scores, -math.inf)
        else:
            scores = scores + attn_mask
    weights = softmax(scores, -1)
    if attn_mask is not None and attn_mask.dtype is dtypes.bool_:
        # A query that may see nothing gets zeros.
        nothing = ops.logical_not(ops.any(attn_mask, -1, True))
        weights = ops.where(nothing, 0.0, weights)
    if dropout_p > 0.0:
        weights = dropout(weights, dropout_p)
    return ops.matmul(weights, value)


def canonical_mask(
    mask: Tensor | None, name: str, other: Any, target: Any, check: bool = True
) -> Any:
    """A mask of booleans as what is added."""
    if mask is None:
        return None
    if mask.dtype is not dtypes.bool_ and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if check and other is not None and mask.dtype != other:
        warnings.warn(
            f"Support for mismatched {name} and attn_mask is deprecated. Use same type for both "
            "instead.",
            stacklevel=2,
        )
    if mask.is_floating_point():
        return mask
    zeros = creation.zeros(tuple(mask.shape), dtype=target, device=mask.device)
    return ops.masked_fill(zeros, mask, -math.inf)


def _projected(
    query: Tensor, key: Tensor, value: Tensor, weight: Tensor, bias: Tensor | None
) -> tuple[Tensor, ...]:
    """Query, key and value through one matrix of three."""
    e = query.size(-1)
    if key is value and query is key:
        parts = linear(query, weight, bias)
        parts = parts.unflatten(-1, (3, e)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
        return parts[0], parts[1], parts[2]
    weights = weight.chunk(3)
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    return tuple(linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases))


def multi_head_attention_forward(
    query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
    in_proj_weight: Tensor | None, in_proj_bias: Tensor | None, bias_k: Tensor | None,
    bias_v: Tensor | None, add_zero_attn: bool, dropout_p: float, out_proj_weight: Tensor,
    out_proj_bias: Tensor | None, training: bool = True, key_padding_mask: Tensor | None = None,
    need_weights: bool = True, attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False, q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None, v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None, static_v: Tensor | None = None,
    average_attn_weights: bool = True, is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """Attention in several heads at once: (L, N, E), (S, N, E), (S, N, E) -> (L, N, E), weights."""
    batched = query.ndim == 3
    if query.ndim not in (2, 3):
        raise AssertionError(
            "query should be unbatched 2D or batched 3D tensor but received "
            f"{query.ndim}-D query tensor"
        )
    if not batched:
        query, key, value = (x.unsqueeze(1) for x in (query, key, value))
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    length, n, e = query.shape
    source = key.shape[0]
    kind = None if attn_mask is None else attn_mask.dtype
    key_padding_mask = canonical_mask(key_padding_mask, "key_padding_mask", kind, query.dtype)
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None
    else:
        attn_mask = canonical_mask(attn_mask, "attn_mask", None, query.dtype, False)
        if key_padding_mask is not None:
            is_causal = False
    if e != embed_dim_to_check:
        raise AssertionError(
            f"was expecting embedding dimension of {embed_dim_to_check}, but got {e}"
        )
    size = e // num_heads
    if size * num_heads != e:
        raise AssertionError(f"embed_dim {e} not divisible by num_heads {num_heads}")
    if use_separate_proj_weight:
        biases = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
        q, k, v = (
            linear(x, w, b)
            for x, w, b in zip(
                (query, key, value), (q_proj_weight, k_proj_weight, v_proj_weight), biases
            )
        )
    else:
        if key.shape != value.shape:
            raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        q, k, v = _projected(query, key, value, in_proj_weight, in_proj_bias)
    if attn_mask is not None:
        if attn_mask.ndim == 2:
            wanted = (length, source)
            if tuple(attn_mask.shape) != wanted:
                raise RuntimeError(
                    f"The shape of the 2D attn_mask is {attn_mask.shape}, but should be {wanted}."
                )
            attn_mask = attn_mask.unsqueeze(0)
        elif attn_mask.ndim == 3:
            wanted3 = (n * num_heads, length, source)
            if tuple(attn_mask.shape) != wanted3:
                raise RuntimeError(
                    f"The shape of the 3D attn_mask is {attn_mask.shape}, but should be {wanted3}."
                )
        else:
            raise RuntimeError(f"attn_mask's dimension {attn_mask.ndim} is not supported")
    if bias_k is not None and bias_v is not None:
        k = ops.cat([k, bias_k.repeat(1, n, 1)])
        v = ops.cat([v, bias_v.repeat(1, n, 1)])
        attn_mask, key_padding_mask = _longer(attn_mask), _longer(key_padding_mask)
    q = q.reshape(length, n * num_heads, size).transpose(0, 1)
    k = k.reshape(k.shape[0], n * num_heads, size).transpose(0, 1) if static_k is None else static_k
    v = v.reshape(v.shape[0], n * num_heads, size).transpose(0, 1) if static_v is None else static_v
    if add_zero_attn:
        zeros = k.new_zeros(n * num_heads, 1, size)
        k, v = ops.cat([k, zeros], 1), ops.cat([v, zeros], 1)
        attn_mask, key_padding_mask = _longer(attn_mask), _longer(key_padding_mask)
    source = k.size(1)
    if key_padding_mask is not None:
        if tuple(key_padding_mask.shape) != (n, source):
            raise AssertionError(
                f"expecting key_padding_mask shape of {(n, source)}, but got "
                f"{key_padding_mask.shape}"
            )
        wide = key_padding_mask.reshape(n, 1, 1, source).expand(-1, num_heads, -1, -1)
        wide = wide.reshape(n * num_heads, 1, source)
        attn_mask = wide if attn_mask is None else attn_mask + wide
    if not training:
        dropout_p = 0.0
    if need_weights:
        if is_causal and attn_mask is None:
            raise AssertionError("FIXME: is_causal not implemented for need_weights")
        scores = ops.matmul(q * math.sqrt(1.0 / float(size)), k.transpose(-2, -1))
        if attn_mask is not None:
            scores = attn_mask + scores
        weights = softmax(scores, -1)
        if dropout_p > 0.0:
            weights = dropout(weights, dropout_p)
        y = ops.matmul(weights, v).transpose(0, 1).reshape(length * n, e)
        y = linear(y, out_proj_weight, out_proj_bias).reshape(length, n, e)
        weights = weights.reshape(n, num_heads, length, source)
        if average_attn_weights:
            weights = weights.mean(1)
        return (y, weights) if batched else (y.squeeze(1), weights.squeeze(0))
    if attn_mask is not None:
        if attn_mask.size(0) == 1 and attn_mask.ndim == 3:
            attn_mask = attn_mask.unsqueeze(0)
        else:
            attn_mask = attn_mask.reshape(n, num_heads, -1, source)
    y = scaled_dot_product_attention(
        q.reshape(n, num_heads, length, size), k.reshape(n, num_heads, source, size),
        v.reshape(n, num_heads, source, size), attn_mask, dropout_p, is_causal,
    )  # fmt: skip
    y = y.permute(2, 0, 1, 3).reshape(n * length, e)
    y = linear(y, out_proj_weight, out_proj_bias).reshape(length, n, e)
    return (y if batched else y.squeeze(1)), None


def _longer(mask: Tensor | None) -> Tensor | None:
    """A mask with one more place, which takes part."""
    return None if mask is None else pad(mask, (0, 1))
