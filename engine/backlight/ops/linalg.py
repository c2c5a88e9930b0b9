"""Products of matrices and vectors."""

from __future__ import annotations

import math
from typing import Any

from .. import errors
from ..tensor import Tensor
from .movement import _expand, _permute, _reshape, transpose, unsqueeze
from .reduction import sum as sum_
from .table import ROWS, composite, kernel, op


def _check_mm(a: Any, b: Any, *options: Any) -> None:
    for k, x in enumerate((a, b)):
        if x.ndim != 2:
            raise RuntimeError("self must be a matrix" if k == 0 else "mat2 must be a matrix")
    if a.shape[1] != b.shape[0]:
        raise errors.matrices(a.shape, b.shape)


def _check_dot(a: Any, b: Any) -> None:
    if a.ndim != 1 or b.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors")
    if a.shape != b.shape:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{a.shape[0]}] and src [{b.shape[0]}] to "
            f"have the same number of elements, but got {a.shape[0]} and {b.shape[0]} elements "
            "respectively"
        )


def _check_mv(a: Any, b: Any) -> None:
    if a.ndim != 2 or b.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {a.ndim}, {b.ndim}")
    if a.shape[1] != b.shape[0]:
        raise RuntimeError(
            f"size mismatch, got input ({a.shape[0]}), mat ({errors.cross(a.shape)}), "
            f"vec ({b.shape[0]})"
        )


def _check_bmm(a: Any, b: Any) -> None:
    for k, x in enumerate((a, b)):
        if x.ndim != 3:
            raise RuntimeError(f"batch{k + 1} must be a 3D tensor")
    if a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{a.shape[0]}, "
            f"{a.shape[2]}] but got: [{b.shape[0]}, {b.shape[1]}]."
        )


mm = op(
    "mm(input, mat2)", "mm_kernel(xp, input, mat2)", kind="match", check=_check_mm,
    input="m.mm(g, m.t(mat2))", mat2="m.mm(m.t(input), g)", doc="(n, k) @ (k, m)",
)  # fmt: skip
mv = op(
    "mv(input, vec)", "input.dot(vec)", kind="match", check=_check_mv,
    input="m.outer_product(g, vec)", vec="m.mv(m.t(input), g)", doc="(n, k) @ (k,)",
)  # fmt: skip
dot = op(
    "dot(input, tensor)", "dot_kernel(xp, input, tensor)", kind="match", check=_check_dot,
    input="g * tensor", tensor="g * input", doc="The inner product of two vectors.",
)  # fmt: skip
op(
    "outer_product(input, vec2)", "input[:, None] * vec2", kind="match", public=False, node="Mul",
    input="m.mv(g, vec2)", vec2="m.mv(m.t(g), input)",
)  # fmt: skip
bmm = op(
    "bmm(input, mat2)", "xp.matmul(input, mat2)", kind="match", check=_check_bmm,
    input="m.bmm(g, m.transpose(mat2, -1, -2))", mat2="m.bmm(m.transpose(input, -1, -2), g)",
    doc="(b, n, k) @ (b, k, m)",
)  # fmt: skip


@kernel
def mm_kernel(xp: Any, a: Any, b: Any) -> Any:
    if a.ndim != 2 or b.ndim != 2:
        raise ValueError("mm wants matrices")
    return xp.mm(a, b)


@kernel
def dot_kernel(xp: Any, a: Any, b: Any) -> Any:
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError("dot wants vectors")
    return a.dot(b)


def _check_matmul(a: Any, b: Any) -> None:
    if a.shape[-1] != b.shape[-2]:
        if len(a.shape) > 2 and len(b.shape) == 2:
            raise errors.matrices((math.prod(a.shape[:-1]), a.shape[-1]), b.shape)
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: "
            f"[{math.prod(a.shape[:-2])}, {a.shape[-1]}] but got: [{math.prod(b.shape[:-2])}, "
            f"{b.shape[-2]}]."
        )
    for x, y in zip(a.shape[-3::-1], b.shape[-3::-1]):
        if x != y and 1 not in (x, y):
            raise errors.broadcast(a.shape[:-2], b.shape[:-2])


_matmul = op(
    "_matmul(input, other)", "xp.matmul(input, other)", kind="match", check=_check_matmul,
    casts=True, node="UnsafeView", shown="matmul", public=False,
    input="m._matmul(g, m.transpose(other, -1, -2))",
    other="m._matmul(m.transpose(input, -1, -2), g)",
)  # fmt: skip
_fold = op(
    "_fold(input, weight)", "fold_kernel(xp, input, weight)", kind="match", node="Mm",
    shown="linear", public=False, check=lambda input, weight: _check_linear(input, weight),
    input="m._fold(g, m.t(weight))", weight="m._weight_gradient(g, input)",
    doc="(..., k) and a weight (m, k) -> (..., m): linear without a bias.",
)  # fmt: skip
_linear = op(
    "_linear(input, weight, bias)", "linear_kernel(xp, input, weight, bias)", kind="match",
    node="Addmm", shown="linear", public=False,
    check=lambda input, weight, bias: _check_linear(input, weight, bias),
    input="m._fold(g, m.t(weight))", weight="m._weight_gradient(g, input)",
    bias="m.sum_leading(g)",
)  # fmt: skip
op(
    "_weight_gradient(input, other)", "weight_kernel(xp, input, other)", kind="match", node="Mm",
    public=False, input="m._fold(other, g)", other="m._fold(input, m.t(g))",
)  # fmt: skip
op(
    "sum_leading(input)", "sum_leading_kernel(xp, input)", public=False, node="Sum",
    input="m.expand(g, input_shape)",
)  # fmt: skip


def _check_linear(input: Any, weight: Any, bias: Any = None) -> None:
    if weight.ndim != 2:
        raise RuntimeError(f"linear: weight must be a matrix, but it is {weight.ndim}D")
    if not input.ndim:
        raise RuntimeError(
            "both arguments to linear need to be at least 1D, but they are 0D and 2D"
        )
    if input.shape[-1] != weight.shape[1]:
        raise errors.matrices((math.prod(input.shape[:-1]), input.shape[-1]), weight.shape[::-1])
    if bias is not None and bias.shape not in ((weight.shape[0],), (1,), ()):
        raise errors.broadcast(bias.shape, (weight.shape[0],))


@kernel
def fold_kernel(xp: Any, input: Any, weight: Any) -> Any:
    if input.ndim == 2:
        return xp.mm(input, weight.T)
    flat = input.reshape(-1, input.shape[-1])
    return xp.mm(flat, weight.T).reshape(*input.shape[:-1], weight.shape[0])


@kernel
def linear_kernel(xp: Any, input: Any, weight: Any, bias: Any) -> Any:
    if bias.shape != weight.shape[:1]:
        raise ValueError("the bias does not fit")
    if input.ndim == 2:
        y = xp.mm(input, weight.T)
        y += bias
        return y
    y = xp.mm(input.reshape(-1, input.shape[-1]), weight.T)
    y += bias
    return y.reshape(*input.shape[:-1], weight.shape[0])


@kernel
def weight_kernel(xp: Any, g: Any, input: Any) -> Any:
    """(m, k) from (..., m) and (..., k): sum over all but the last dimension of the products."""
    if g.ndim == 2:
        return xp.mm(g.T, input)
    return xp.mm(g.reshape(-1, g.shape[-1]).T, input.reshape(-1, input.shape[-1]))


@kernel
def sum_leading_kernel(xp: Any, input: Any) -> Any:
    if input.ndim == 2:
        return xp.column_sums(input)
    return xp.column_sums(input.reshape(-1, input.shape[-1]))


@composite(method=False, out=True, top=False)
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias: (..., k), (m, k), (m,) -> (..., m)."""
    if bias is None:
        return _fold(input, weight)
    return _linear(input, weight, bias)


@composite
def matmul(input: Tensor, other: Tensor, *, out: Any = None) -> Tensor:
    """The product of vectors, matrices or stacks of matrices, by the number of dimensions."""
    if not isinstance(other, Tensor):
        raise errors.not_a_tensor("matmul", "other", 2, other)
    a, b = input._array.ndim, other._array.ndim
    if a == 2 and b == 2:
        return mm(input, other, out=out)
    if a == 0 or b == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {a}D and {b}D"
        )
    if a == 1 and b == 1:
        return dot(input, other, out=out)
    if a == 2 and b == 1:
        return mv(input, other, out=out)
    if a == 1 and b == 2:
        y = squeeze_first(mm(unsqueeze(input, 0), other))
    elif b == 1:
        y = _reshape(_matmul(input, unsqueeze(other, -1)), input._array.shape[:-1])
    elif a == 1:
        y = _matmul(unsqueeze(input, 0), other)
        y = _reshape(y, (*y._array.shape[:-2], y._array.shape[-1]))
    else:
        y = _matmul(input, other)
    return y if out is None else ROWS["_clone"].function(y, out=out)


def squeeze_first(y: Tensor) -> Tensor:
    """(1, n) -> (n,)"""
    return _reshape(y, y._array.shape[1:])


@composite(out=True, aliases="ger")
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """The products of each element of one vector with each of another."""
    if input._array.ndim != 1 or vec2._array.ndim != 1:
        raise RuntimeError("outer: Expected 1-D arguments")
    return unsqueeze(input, 1) * vec2


ger = outer


def _with_product(name: str) -> Any:
    def run(input: Tensor, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
        product = {"addmm": mm, "addmv": mv, "baddbmm": bmm}[name](a, b)
        if alpha != 1:
            product = product * alpha
        if beta == 0:  # NaN of the input must not count
            return product
        return (input if beta == 1 else input * beta) + product

    run.__name__ = run.__qualname__ = name
    run.__doc__ = "beta * input + alpha * (a @ b)"
    return composite(run, out=True, inplace=True)


addmm, addmv, baddbmm = map(_with_product, ("addmm", "addmv", "baddbmm"))


@composite(method=False)
def einsum(equation: str, *operands: Any) -> Tensor:
    """Sums of products by Einstein's notation: "bij,bjk->bik".

    Two operands at a time, as permutations and one stack of matrix products.
    """
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    inputs, output = _read_equation(equation, operands)
    terms = [_diagonals(x, labels) for x, labels in zip(operands, inputs)]
    while len(terms) > 1:
        (x, a), (y, b) = terms[0], terms[1]
        later = set(output).union(*(labels for _, labels in terms[2:]))
        terms[:2] = [_pair(x, a, y, b, later)]
    x, labels = terms[0]
    gone = tuple(k for k, label in enumerate(labels) if label not in output)
    if gone:
        x = sum_(x, gone)
        labels = [label for label in labels if label in output]
    order = tuple(labels.index(label) for label in output)
    return x if order == tuple(range(len(order))) else _permute(x, order)


def _read_equation(equation: str, operands: Any) -> tuple[list[list[str]], list[str]]:
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    parts = left.split(",")
    if len(parts) != len(operands):
        raise RuntimeError(
            f"einsum(): {'more' if len(operands) > len(parts) else 'fewer'} operands were provided "
            "than specified in the equation"
        )
    widest = 0
    for k, (part, x) in enumerate(zip(parts, operands)):
        named = len(part.replace("...", ""))
        ndim = x._array.ndim
        if "..." in part:
            widest = max(widest, ndim - named)
        if named > ndim or ("..." not in part and named != ndim):
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({named}) does not match the "
                f"number of dimensions ({ndim}) for operand {k} and no ellipsis was given"
            )
    dots = [f"_{k}" for k in range(widest)]
    labels = []
    for part, x in zip(parts, operands):
        before, has_dots, after = part.partition("...")
        extra = x._array.ndim - len(before) - len(after) if has_dots else 0
        labels.append([*before, *(dots[len(dots) - extra :] if extra else []), *after])
    if arrow:
        before, has_dots, after = right.partition("...")
        output = [*before, *(dots if has_dots else []), *after]
    else:
        flat = [label for part in labels for label in part]
        output = dots + sorted(
            label for label in set(flat) if flat.count(label) == 1 and label not in dots
        )
    known = {label for part in labels for label in part}
    for label in output:
        if label not in known:
            raise RuntimeError(
                f"einsum(): output subscript {label} does not appear in the equation for any input "
                "operand"
            )
    return labels, output


def _diagonals(x: Tensor, labels: list[str]) -> tuple[Tensor, list[str]]:
    """A label that occurs twice in one operand means its diagonal."""
    labels = list(labels)
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            a = labels.index(label)
            b = labels.index(label, a + 1)
            x = ROWS["diagonal"].function(x, 0, a, b)
            labels = [v for k, v in enumerate(labels) if k not in (a, b)] + [label]
    return x, labels


def _pair(
    x: Tensor, a: list[str], y: Tensor, b: list[str], later: set[str]
) -> tuple[Tensor, list[str]]:
    """Multiply two operands and sum over the labels that are needed no more."""
    for one, (t, labels, other) in enumerate(((x, a, b), (y, b, a))):
        gone = tuple(k for k, v in enumerate(labels) if v not in later and v not in other)
        if gone:
            t, labels = sum_(t, gone), [v for k, v in enumerate(labels) if k not in gone]
            if one == 0:
                x, a = t, labels
            else:
                y, b = t, labels
    size = dict(zip(a, x._array.shape))
    for label, n in zip(b, y._array.shape):
        if n != 1 and size.get(label, 1) not in (n, 1):
            raise RuntimeError(
                f"einsum(): operands do not broadcast with remapped shapes [original->remapped]: "
                f"{errors.size(x._array.shape)} and {errors.size(y._array.shape)}"
            )
        size[label] = max(n, size.get(label, 1)) if n else 0
    both = [v for v in a if v in b]
    batch, inner = [v for v in both if v in later], [v for v in both if v not in later]
    only_a, only_b = [v for v in a if v not in b], [v for v in b if v not in a]
    if not inner:
        left = _aligned(x, a, batch + only_a + only_b)
        right = _aligned(y, b, batch + only_a + only_b)
        return left * right, batch + only_a + only_b
    shape = [size[v] for v in batch]
    x = _expand(_permute(x, tuple(a.index(v) for v in batch + only_a + inner)),
                (*shape, *(size[v] for v in only_a + inner)))  # fmt: skip
    y = _expand(_permute(y, tuple(b.index(v) for v in batch + inner + only_b)),
                (*shape, *(size[v] for v in inner + only_b)))  # fmt: skip
    n, k, m = (math.prod(size[v] for v in names) for names in (only_a, inner, only_b))
    if not batch:
        product = mm(_reshape(x, (n, k)), _reshape(y, (k, m)))
    else:
        stack = math.prod(shape)
        product = bmm(_reshape(x, (stack, n, k)), _reshape(y, (stack, k, m)))
    full = (*shape, *(size[v] for v in only_a + only_b))
    return _reshape(product, full), batch + only_a + only_b


def _aligned(x: Tensor, labels: list[str], wanted: list[str]) -> Tensor:
    """Permute and put ones in, so that the labels stand where `wanted` has them."""
    present = [v for v in wanted if v in labels]
    x = _permute(x, tuple(labels.index(v) for v in present))
    sizes = iter(x._array.shape)
    return _reshape(x, tuple(next(sizes) if v in labels else 1 for v in wanted))


_ = transpose
