"""Products and factors of matrices by their names in `torch` itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import creation, dtypes, errors, linalg
from ..tensor import Tensor, wrap
from .apply import return_type
from .table import FUNCTIONS, composite

f = FUNCTIONS


def _h(x: Tensor) -> Tensor:
    x = f["transpose"](x, -2, -1)
    return f["conj"](x) if x.is_complex() else x


@composite(out=True, inplace=True)
def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta * input + alpha * the sum of the products of a batch of matrices."""
    if batch1.ndim != 3 or batch2.ndim != 3:
        name = "batch1" if batch1.ndim != 3 else "batch2"
        raise RuntimeError(f"{name} must be a 3D tensor")
    product = f["sum"](f["bmm"](batch1, batch2), 0)
    product = product if alpha == 1 else product * alpha
    return product if beta == 0 else input * beta + product


@composite(out=True, inplace=True)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * the outer product of two vectors."""
    if vec1.ndim != 1 or vec2.ndim != 1:
        k = 1 if vec1.ndim != 1 else 2
        raise RuntimeError(
            f"addr: Expected 1-D argument vec{k}, but got {(vec1, vec2)[k - 1].ndim}-D"
        )
    product = vec1.unsqueeze(1) * vec2
    if product.dtype is dtypes.bool_:
        return f["logical_or"](input, product) if beta and alpha else product
    product = product if alpha == 1 else product * alpha
    return product + input * 0 if beta == 0 else input * beta + product


@composite(out=True)
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """The inner product of two vectors; the first is conjugated."""
    return f["dot"](f["conj"](input) if input.is_complex() else input, other)


@composite(out=True)
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sums of products along the last dimension of both."""
    if not input.ndim or not other.ndim:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{errors.size(input.shape)} and {errors.size(other.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]))


@composite(method=False, out=True)
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Sums of products over several dimensions: the last of `a` and the first of `b`, or lists."""
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims_a, dims_b = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    else:
        dims_a, dims_b = ([d] if isinstance(d, int) else list(d) for d in dims)
    dims_a, dims_b = [d % a.ndim for d in dims_a], [d % b.ndim for d in dims_b]
    if len(dims_a) != len(dims_b):
        raise RuntimeError("both dimension lists should have same length")
    for p, q in zip(dims_a, dims_b):
        if a.shape[p] != b.shape[q] and 1 not in (a.shape[p], b.shape[q]):
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[p]} in dim {p} "
                f"and second has size {b.shape[q]} in dim {q}"
            )
    rest_a = [d for d in range(a.ndim) if d not in dims_a]
    rest_b = [d for d in range(b.ndim) if d not in dims_b]
    for p, q in zip(dims_a, dims_b):  # a dimension of one is summed beside a longer one
        if a.shape[p] != b.shape[q]:
            if a.shape[p] == 1:
                b = f["sum"](b, q, True)
            else:
                a = f["sum"](a, p, True)
    shape = [a.shape[d] for d in rest_a] + [b.shape[d] for d in rest_b]
    inner_size = math.prod(a.shape[d] for d in dims_a)
    x = f["permute"](a, (*rest_a, *dims_a)).reshape(
        math.prod(a.shape[d] for d in rest_a), inner_size
    )
    y = f["permute"](b, (*dims_b, *rest_b)).reshape(
        inner_size, math.prod(b.shape[d] for d in rest_b)
    )
    return f["mm"](x, y).reshape(shape)


@composite(out=True)
def kron(input: Tensor, other: Tensor) -> Tensor:
    """Kronecker's product."""
    n = max(input.ndim, other.ndim)
    a = input.reshape([1] * (n - input.ndim) + list(input.shape))
    b = other.reshape([1] * (n - other.ndim) + list(other.shape))
    shape = [p * q for p, q in zip(a.shape, b.shape)]
    wide = [s for p in a.shape for s in (p, 1)]
    tall = [s for q in b.shape for s in (1, q)]
    return (a.reshape(wide) * b.reshape(tall)).reshape(shape)


@composite(out=True)
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The cross products of vectors of three, along the first dimension of three without `dim`."""
    if dim is None:
        dim = next((d for d, n in enumerate(input.shape) if n == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    return linalg.cross(input, other, dim=dim)


@composite(method=False)
def chain_matmul(*matrices: Tensor, out: Any = None) -> Tensor:
    """A product of several matrices."""
    if len(matrices) == 1 and isinstance(matrices[0], (list, tuple)):
        matrices = tuple(matrices[0])
    y = matrices[0] if len(matrices) == 1 else linalg.multi_dot(matrices)
    return y if out is None else out.copy_(y)


@composite(method=False)
def cdist(
    x1: Tensor, x2: Tensor, p: float = 2.0,
    compute_mode: str = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:  # fmt: skip
    """The p-norm distances of all pairs of rows: (..., P, M), (..., R, M) -> (..., P, R)."""
    if not (x1.is_floating_point() and x2.is_floating_point()):
        raise RuntimeError("cdist only supports floating-point dtypes, X1 got: " + str(x1.dtype))
    if x1.ndim < 2 or x2.ndim < 2:
        k = 1 if x1.ndim < 2 else 2
        raise RuntimeError(
            f"cdist only supports at least 2D tensors, X{k} got: {(x1, x2)[k - 1].ndim}D"
        )
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}"
        )
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    away = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    if not x1.shape[-1]:
        return f["sum"](away, -1)
    if p == 0:
        return f["sum"]((away != 0).to(x1.dtype) + away * 0, -1)
    if p == 2:
        square = f["sum"](away * away, -1)
        zero = square == 0
        return f["where"](zero, 0.0, f["sqrt"](f["where"](zero, 1.0, square)))
    return f["vector_norm"](away, p, -1)


@composite(method=False, out=True)
def nuclear_norm(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The sum of the singular values of matrices."""
    return linalg.matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim)


# Factors --------------------------------------------------------------------------------------


@composite(out=True)
def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """The triangular factor of positive definite matrices."""
    return linalg.cholesky(input, upper=upper)


@composite(out=True)
def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """The inverse of the matrix that was factored."""
    return _of_factor(input, creation.eye(input.shape[-1], dtype=input.dtype), upper)


@composite(out=True)
def cholesky_solve(input: Tensor, L: Tensor, upper: bool = False) -> Tensor:
    """X with A X = input for an A that was factored."""
    return _of_factor(L, input, upper)


def _of_factor(L: Tensor, B: Tensor, upper: bool) -> Tensor:
    solve = linalg.solve_triangular
    if upper:
        return solve(L, solve(_h(L), B, upper=False), upper=True)
    return solve(_h(L), solve(L, B, upper=False), upper=True)


@composite(aliases="inverse", out=True, method=False)
def inverse(input: Tensor) -> Tensor:
    """The inverse of square matrices."""
    return linalg.inv(input)


@composite(out=True)
def det(input: Tensor) -> Tensor:
    """The determinant."""
    return linalg.det(input)


@composite(out=False)
def logdet(input: Tensor) -> Tensor:
    """The log of the determinant; NaN where that is negative."""
    sign, size = linalg.slogdet(input)
    if input.is_complex():
        return size + f["log"](sign)
    return f["where"](sign < 0, math.nan, size)


@composite(out=True)
def slogdet(input: Tensor) -> Any:
    """The sign of the determinant and the log of its size."""
    found = linalg.slogdet(input)
    return return_type("slogdet", ("sign", "logabsdet"))(*found)


@composite
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The pseudo-inverse."""
    return linalg.pinv(input, rcond)


@composite
def matrix_exp(input: Tensor) -> Tensor:
    """The exponential of matrices."""
    return linalg.matrix_exp(input)


@composite(out=True)
def matrix_power(input: Tensor, n: int) -> Tensor:
    """A square matrix to a whole power."""
    return linalg.matrix_power(input, n)


@composite(out=True)
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> Any:
    """input = U diag(S) V^H (U, S, V)."""
    named = return_type("svd", ("U", "S", "V"))
    if not compute_uv:
        s = linalg.svdvals(input)
        rows, columns = input.shape[-2:]
        lead = tuple(input.shape)[:-2]
        return named(
            input.new_zeros(*lead, rows, rows), s, input.new_zeros(*lead, columns, columns)
        )
    u, s, vh = linalg.svd(input, full_matrices=not some)
    return named(u, s, _h(vh))


@composite(out=True)
def qr(input: Tensor, some: bool = True) -> Any:
    """input = Q R (Q, R)."""
    found = linalg.qr(input, "reduced" if some else "complete")
    return return_type("qr", ("Q", "R"))(*found)


@composite(out=True)
def geqrf(input: Tensor) -> Any:
    """R and the reflections that make Q, in one matrix, and their scales (a, tau)."""
    x = input.detach().cpu().numpy()
    rows, columns = x.shape[-2:]
    k = min(rows, columns)
    flat = x.reshape(math.prod(x.shape[:-2]), rows, columns).copy()
    tau = np.zeros((len(flat), k), x.dtype)
    for a, t in zip(flat, tau):
        for j in range(k):
            alpha, tail = a[j, j], a[j + 1 :, j]
            norm = np.linalg.norm(tail)
            if norm == 0 and (x.dtype.kind != "c" or alpha.imag == 0):
                continue
            beta = -np.copysign(np.hypot(abs(alpha), norm), alpha.real)
            t[j] = (beta - alpha) / beta
            v = np.concatenate([[1], tail / (alpha - beta)])
            a[j:, j + 1 :] -= np.conj(t[j]) * np.outer(v, np.conj(v) @ a[j:, j + 1 :])
            a[j, j] = beta
            a[j + 1 :, j] = v[1:]
    named = return_type("geqrf", ("a", "tau"))
    made = (flat.reshape(x.shape), tau.reshape(*x.shape[:-2], k))
    return named(*(wrap(m).to(input.device) for m in made))


@composite(out=True)
def orgqr(input: Tensor, input2: Tensor) -> Tensor:
    """The first columns of a product of reflections."""
    return linalg.householder_product(input, input2)


@composite(out=True)
def ormqr(
    input: Tensor, tau: Tensor, other: Tensor, left: bool = True, transpose: bool = False
) -> Tensor:
    """A matrix times the product of reflections (or times its adjoint)."""
    rows, columns = input.shape[-2:]
    wide = input
    if columns < rows:
        pad = input.new_zeros(*input.shape[:-2], rows, rows - columns)
        wide = f["cat"]([input, pad], -1)
    missing = rows - tau.shape[-1]
    if missing > 0:
        tau = f["cat"]([tau, tau.new_zeros(*tau.shape[:-1], missing)], -1)
    q = linalg.householder_product(wide[..., :rows], tau[..., :rows])
    q = _h(q) if transpose else q
    return f["matmul"](q, other) if left else f["matmul"](other, q)


@composite
def lu(input: Tensor, pivot: bool = True, get_infos: bool = False, out: Any = None) -> Any:
    """L and U in one matrix, and the exchanges."""
    LU, pivots, info = linalg.lu_factor_ex(input, pivot=pivot)
    pair = return_type("linalg_lu_factor", ("LU", "pivots"))
    found = (LU, pivots, info) if get_infos else pair(LU, pivots)
    if out is None:
        return found
    for target, x in zip(out, found):
        target.resize_(tuple(x.shape)).copy_(x)
    return out


@composite(method=False, out=True)
def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> Any:
    """P, L and U of what `lu` gave (P, L, U)."""
    P, L, U = linalg.unpack(LU_data, LU_pivots)
    empty = LU_data.new_empty(0)
    named = return_type("lu_unpack", ("P", "L", "U"))
    return named(
        P if unpack_pivots else empty, L if unpack_data else empty, U if unpack_data else empty
    )


@composite(out=True)
def lu_solve(b: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """X with A X = b for an A that `lu` has factored."""
    return linalg.lu_solve(LU_data, LU_pivots, b)


@composite(out=True)
def triangular_solve(
    b: Tensor, A: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Any:
    """X with A X = b for triangular A (solution, cloned_coefficient)."""
    M, up = (f["transpose"](A, -2, -1), not upper) if transpose else (A, upper)
    X = linalg.solve_triangular(M, b, upper=up, unitriangular=unitriangular)
    lead = tuple(X.shape)[:-2]
    copy = A.expand(*lead, *A.shape[-2:]).clone()
    return return_type("triangular_solve", ("solution", "cloned_coefficient"))(X, copy)


@composite(method=False)
def svd_lowrank(A: Tensor, q: int = 6, niter: int = 2, M: Tensor | None = None) -> Any:
    """The first `q` singular values and vectors, by random projections (Halko et al. 2011)."""
    if M is not None:
        A = A - M.expand(A.shape)
    turned = A.shape[-2] < A.shape[-1]
    X = _h(A) if turned else A
    from ..random import randn

    start = randn(X.shape[-1], q, dtype=X.dtype, device=X.device)
    Q = linalg.qr(f["matmul"](X, start))[0]
    for _ in range(niter):
        Q = linalg.qr(f["matmul"](_h(X), Q))[0]
        Q = linalg.qr(f["matmul"](X, Q))[0]
    u, s, vh = linalg.svd(f["matmul"](_h(Q), X), full_matrices=False)
    u, v = f["matmul"](Q, u), _h(vh)
    return (v, s, u) if turned else (u, s, v)


@composite(method=False)
def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True, niter: int = 2) -> Any:
    """The first principal components, by random projections."""
    rows, columns = A.shape[-2:]
    q = min(6, rows, columns) if q is None else q
    if not 0 <= q <= min(rows, columns):
        raise ValueError(
            f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(rows, columns)}"
        )
    if center:
        A = A - f["mean"](A, -2, True)
    return svd_lowrank(A, q, niter)
