"""Inverses and factors of matrices as rows: inv, solve, triangular solve, cholesky, eig, svd, qr, lu.

The derivatives are those of Giles ("An extended collection of matrix derivative results", 2008),
Boeddeker et al. (complex eigenvectors, 2017), Wan and Zhang (svd, 2019) and Walter and Lehmann
(qr, 2018), in PyTorch's conventions. In a formula `g @ x` works on arrays and on Tensors alike.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import backend
from ..tensor import wrap
from .table import kernel, op


@kernel
def herm(m: Any, x: Any) -> Any:
    """Conjugated and transposed."""
    x = m.transpose(x, -1, -2)
    return m.conj_physical(x) if is_complex(x) else x


@kernel
def is_complex(x: Any) -> bool:
    kind = getattr(x.dtype, "kind", None)
    return kind == "c" if kind is not None else x.dtype.is_complex


@kernel
def half_diagonal(m: Any, x: Any) -> Any:
    """The lower triangle, with half of the diagonal."""
    return m.tril(x, -1) + (m.tril(x) - m.tril(x, -1)) * 0.5


def _failed(name: str, array: Any) -> Any:
    from ..errors import LinAlgError

    return LinAlgError(
        f"{name}: The diagonal element 1 is zero, the inversion could not be completed because the "
        "input matrix is singular."
    )


@kernel
def inv_kernel(xp: Any, x: Any) -> Any:
    if not x.size:
        return x.copy()
    try:
        return xp.linalg.inv(x)
    except np.linalg.LinAlgError:
        raise _failed("linalg.inv", x) from None


op(
    "_inv(input)", "inv_kernel(xp, input)", public=False, node="LinalgInvEx", shown="inv",
    conjugate=False,
    input="-(herm(m, y) @ g @ herm(m, y))",
)  # fmt: skip


@kernel
def solve_kernel(xp: Any, a: Any, b: Any) -> Any:
    if not a.size or not b.size:
        shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        return xp.zeros((*shape, *b.shape[-2:]), b.dtype)
    try:
        return xp.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        from ..errors import LinAlgError

        raise LinAlgError(
            "torch.linalg.solve: The solver failed because the input matrix is singular."
        ) from None


op(
    "_solve(input, other)", "solve_kernel(xp, input, other)", kind="match", public=False,
    node="LinalgSolveEx", shown="solve", casts=True, conjugate=False,
    formulas={"input,other": "solve_gradient(m, g, input, y, needs)"},
)  # fmt: skip


@kernel
def solve_gradient(m: Any, g: Any, a: Any, y: Any, needs: tuple) -> tuple[Any, Any]:
    gb = m._solve(herm(m, a), g)
    return (-(gb @ herm(m, y)) if needs[0] else None), gb


@kernel
def triangular_kernel(xp: Any, a: Any, b: Any, upper: bool, unit: bool) -> Any:
    a = xp.triu(a) if upper else xp.tril(a)
    if unit:
        n = a.shape[-1]
        a = a - a * xp.eye(n, dtype=a.dtype) + xp.eye(n, dtype=a.dtype)
    if not a.size or not b.size:
        return solve_kernel(xp, a, b)
    try:
        return xp.linalg.solve(a, b)
    except np.linalg.LinAlgError:  # a zero on the diagonal gives infinities, as in BLAS
        return _substitute(xp, a, b, upper)


def _substitute(xp: Any, a: Any, b: Any, upper: bool) -> Any:
    shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    y = xp.broadcast_to(b, (*shape, *b.shape[-2:])).copy()
    n = a.shape[-1]
    for k in range(n - 1, -1, -1) if upper else range(n):
        y[..., k, :] /= a[..., k, k, None]
        rest = slice(0, k) if upper else slice(k + 1, n)
        y[..., rest, :] -= a[..., rest, k, None] * y[..., k, None, :]
    return y


op(
    "_triangular(input, other, upper: bool, unit: bool)",
    "triangular_kernel(xp, input, other, upper, unit)", kind="match", public=False,
    node="LinalgSolveTriangular", shown="solve_triangular", casts=True, conjugate=False,
    formulas={"input,other": "triangular_gradient(m, g, input, y, upper, unit, needs)"},
)  # fmt: skip


@kernel
def triangular_gradient(
    m: Any, g: Any, a: Any, y: Any, upper: bool, unit: bool, needs: tuple
) -> tuple[Any, Any]:
    gb = m._triangular(herm(m, a), g, not upper, unit)
    ga = None
    if needs[0]:
        full = -(gb @ herm(m, y))
        ga = m.triu(full, int(unit)) if upper else m.tril(full, -int(unit))
    return ga, gb


@kernel
def cholesky_kernel(xp: Any, x: Any) -> Any:
    if not x.size:
        return x.copy()
    lower = xp.tril(x)
    return xp.linalg.cholesky(lower)


op(
    "_cholesky(input)", "cholesky_kernel(xp, input)", public=False, node="LinalgCholeskyEx",
    shown="cholesky", conjugate=False,
    input="cholesky_gradient(m, g, y)",
)  # fmt: skip


@kernel
def cholesky_gradient(m: Any, g: Any, y: Any) -> Any:
    phi = half_diagonal(m, herm(m, y) @ g)
    back = m._triangular(herm(m, y), phi, True, False)
    s = herm(m, m._triangular(herm(m, y), herm(m, back), True, False))
    return (s + herm(m, s)) * 0.5


@kernel
def eigh_kernel(xp: Any, x: Any, upper: bool) -> tuple[Any, Any]:
    if not x.size:
        return xp.zeros(x.shape[:-1], x.real.dtype), x.copy()
    return tuple(xp.linalg.eigh(x, "U" if upper else "L"))


op(
    "_eigh(input, upper: bool)", "eigh_kernel(xp, input, upper)",
    outputs=("eigenvalues", "eigenvectors"), public=False, node="LinalgEigh", shown="linalg_eigh",
    conjugate=False, differentiable=(0, 1),
    input="eigh_gradient(m, g, eigenvalues, eigenvectors)",
)  # fmt: skip


@kernel
def eigh_gradient(m: Any, g: Any, values: Any, vectors: Any) -> Any:
    gl, gv = g
    vh = herm(m, vectors)
    inner = None
    if gv is not None:
        difference = m.unsqueeze(values, -2) - m.unsqueeze(values, -1)
        difference = difference + _eye_like(difference)
        inner = (vh @ gv) / difference
        inner = inner - _diagonal_part(inner)
    if gl is not None:
        middle = m.unsqueeze(gl, -1) * _eye_of(values)
        inner = middle if inner is None else inner + middle
    kind = vectors.dtype
    inner = inner.astype(kind) if _is_array(inner) else inner.to(kind)
    return vectors @ inner @ vh


def _is_array(x: Any) -> bool:
    return not hasattr(x, "requires_grad")


def _eye_of(x: Any) -> Any:
    """The unit matrix for the last dimension of `x`."""
    n = x.shape[-1]
    if _is_array(x):
        return backend.of(x).eye(n, dtype=x.real.dtype)
    return wrap(_eye_of(x._array))


_eye_like = _eye_of


def _diagonal_part(x: Any) -> Any:
    return x * _eye_of(x)


@kernel
def eig_kernel(xp: Any, x: Any) -> tuple[Any, Any]:
    kind = "complex128" if x.dtype.itemsize == (16 if x.dtype.kind == "c" else 8) else "complex64"
    if not x.size:
        return xp.zeros(x.shape[:-1], kind), xp.zeros(x.shape, kind)
    values, vectors = xp.linalg.eig(x)
    return values.astype(kind), vectors.astype(kind)


op(
    "_eig(input)", "eig_kernel(xp, input)", outputs=("eigenvalues", "eigenvectors"), public=False,
    node="LinalgEig", shown="linalg_eig", conjugate=False,
    differentiable=(0, 1), input="eig_gradient(m, g, input_dtype, eigenvalues, eigenvectors)",
)  # fmt: skip


@kernel
def eig_gradient(m: Any, g: Any, kind: Any, values: Any, vectors: Any) -> Any:
    gl, gv = g
    vh = herm(m, vectors)
    inner = None
    if gv is not None:
        projected = vh @ gv
        real = (projected + m.conj_physical(projected)) * 0.5
        projected = projected - vh @ (vectors * m.unsqueeze(_diagonal_of(m, real), -2))
        difference = m.unsqueeze(values, -2) - m.unsqueeze(values, -1)
        difference = m.conj_physical(difference) + _eye_of(difference)
        inner = projected / difference
        inner = inner - _diagonal_part(inner)
    if gl is not None:
        middle = m.unsqueeze(gl, -1) * _eye_of(values)
        inner = middle if inner is None else inner + middle
    result = m._solve(vh, inner @ vh)
    return result if kind.kind == "c" else m.real(result)


def _diagonal_of(m: Any, x: Any) -> Any:
    return m.diagonal(x, 0, -2, -1)


@kernel
def svd_kernel(xp: Any, x: Any, full: bool) -> tuple[Any, Any, Any]:
    rows, columns = x.shape[-2:]
    if not x.size:
        k = min(rows, columns)
        lead = x.shape[:-2]
        u = xp.zeros((*lead, rows, rows if full else k), x.dtype)
        v = xp.zeros((*lead, columns if full else k, columns), x.dtype)
        if full:
            u += xp.eye(rows, dtype=x.dtype)
            v += xp.eye(columns, dtype=x.dtype)
        return u, xp.zeros((*lead, k), x.real.dtype), v
    return tuple(xp.linalg.svd(x, full_matrices=full))


op(
    "_svd(input, full: bool)", "svd_kernel(xp, input, full)", outputs=("U", "S", "Vh"),
    public=False, node="LinalgSvd", shown="linalg_svd", conjugate=False, differentiable=(0, 1, 2),
    input="svd_gradient(m, g, U, S, Vh, input_shape)",
)  # fmt: skip


@kernel
def svd_gradient(m: Any, g: Any, u: Any, s: Any, vh: Any, shape: Any) -> Any:
    """PyTorch's `svd_backward`, for the first min(rows, columns) vectors."""
    gu, gs, gvh = g
    rows, columns = shape[-2:]
    k = min(rows, columns)
    if u.shape[-1] != k or vh.shape[-2] != k:
        if gu is None and gvh is None:
            u, vh = u[..., :k], vh[..., :k, :]
        else:
            raise RuntimeError(
                "svd_backward: The singular vectors in the case of full_matrices=True are specified "
                "up to a unitary transformation, so the derivative of U and V is not defined."
            )
    if gu is None and gvh is None:
        return u @ (m.unsqueeze(gs, -1) * vh)
    uh, v = herm(m, u), herm(m, vh)
    skew = lambda x: x - herm(m, x)  # noqa: E731
    inner: Any = 0
    square = s * s
    e = m.unsqueeze(square, -2) - m.unsqueeze(square, -1)
    e = e + _eye_of(e)
    if gu is not None:
        inner = (skew(uh @ gu) / e) * m.unsqueeze(s, -2)
    gv = None if gvh is None else herm(m, gvh)
    if gv is not None:
        inner = inner + m.unsqueeze(s, -1) * (skew(vh @ gv) / e)
    if is_complex(u):
        both = 0
        if gu is not None:
            both = both + skew(uh @ gu)
        part = both * 0.5 if gu is not None else None
        if part is not None:
            diagonal = part * _eye_of(part)
            inner = inner - inner * _eye_of(inner) + diagonal / m.unsqueeze(s, -2)
        else:
            inner = inner - inner * _eye_of(inner)
    if gs is not None:
        inner = inner + m.unsqueeze(gs, -1) * _eye_of(gs)
    result = u @ inner @ vh
    if gu is not None and rows > k:
        rest = gu / m.unsqueeze(s, -2)
        result = result + (rest - u @ (uh @ rest)) @ vh
    if gv is not None and columns > k:
        rest = herm(m, gv / m.unsqueeze(s, -2))
        result = result + u @ (rest - (rest @ v) @ vh)
    return result


@kernel
def qr_kernel(xp: Any, x: Any, mode: str) -> tuple[Any, Any]:
    rows, columns = x.shape[-2:]
    k = min(rows, columns)
    lead = x.shape[:-2]
    if mode == "r":
        r = xp.linalg.qr(x, "r") if x.size else xp.zeros((*lead, k, columns), x.dtype)
        return xp.zeros((0,), x.dtype), r
    if not x.size:
        wide = rows if mode == "complete" else k
        q = xp.zeros((*lead, rows, wide), x.dtype) + xp.eye(rows, wide, dtype=x.dtype)
        return q, xp.zeros((*lead, wide, columns), x.dtype)
    return tuple(xp.linalg.qr(x, mode))


op(
    "_qr(input, mode: str)", "qr_kernel(xp, input, mode)", outputs=("Q", "R"), public=False,
    node="LinalgQr", shown="linalg_qr", conjugate=False, differentiable=(0, 1),
    input="qr_gradient(m, g, Q, R, mode)",
)  # fmt: skip


@kernel
def qr_gradient(m: Any, g: Any, q: Any, r: Any, mode: str) -> Any:
    gq, gr = g
    rows, columns = q.shape[-2], r.shape[-1]
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please "
            "use linalg.qr(A, mode='reduced') if you are going to require gradients through "
            "linalg.qr."
        )
    if mode == "complete" and rows > columns:
        raise RuntimeError(
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols."
        )
    if rows >= columns:
        return _tall(m, gq, gr, q, r)
    # A = [X | Y], of which X is square: Q R1 = X and Y = Q R2.
    first, second = r[..., :rows], r[..., rows:]
    g1 = None if gr is None else gr[..., :rows]
    inner = gq
    if gr is not None:
        g2 = gr[..., rows:]
        extra = q @ (g2 @ herm(m, second))
        inner = extra * 0 if inner is None else inner
        right = q @ g2
        # Through R2 = Q^H Y the gradient of Q gets Y G2^H.
        inner = inner + (q @ second) @ herm(m, g2)
    left = _tall(m, inner, g1, q, first)
    if gr is None:
        return _beside(left, left[..., :0], columns)
    return _beside(left, right, columns)


def _beside(left: Any, right: Any, columns: int) -> Any:
    missing = columns - left.shape[-1]
    if right.shape[-1] != missing:
        right = _zeros(left, (*left.shape[:-1], missing))
    if _is_array(left):
        return backend.of(left).concatenate([left, right], -1)
    from .movement import cat

    return cat([left, right], -1)


def _zeros(like: Any, shape: Any) -> Any:
    if _is_array(like):
        return np.zeros(shape, like.dtype)
    return like.new_zeros(shape)


def _tall(m: Any, gq: Any, gr: Any, q: Any, r: Any) -> Any:
    """For at least as many rows as columns: (gQ + Q copyltu(R gR^H - gQ^H Q)) R^-H."""
    inner: Any = 0
    if gr is not None:
        inner = r @ herm(m, gr)
    if gq is not None:
        inner = inner - herm(m, gq) @ q
    low = m.tril(inner, -1)
    diagonal = m.tril(inner) - low
    if is_complex(inner):
        diagonal = (diagonal + m.conj_physical(diagonal)) * 0.5
    total = q @ (low + herm(m, low) + diagonal)
    if gq is not None:
        total = total + gq
    # total R^-H: solve R x = total^H and turn it round.
    return herm(m, m._triangular(r, herm(m, total), True, False))


@kernel
def lu_kernel(xp: Any, x: Any, pivot: bool) -> tuple[Any, Any]:
    """L and U in one matrix, and the rows that were exchanged, counted from 1 (as LAPACK)."""
    rows, columns = x.shape[-2:]
    a = x.reshape(math.prod(x.shape[:-2]), rows, columns).copy()
    n, k = a.shape[0], min(rows, columns)
    pivots = xp.zeros((n, k), "int32")
    every = xp.arange(n)
    for j in range(k):
        if pivot:
            best = xp.argmax(xp.abs(a[:, j:, j]), 1) + j
            row = a[every, best].copy()
            a[every, best] = a[:, j]
            a[:, j] = row
        else:
            best = xp.full(n, j)
        pivots[:, j] = best + 1
        head = a[:, j, j]
        safe = xp.where(head == 0, 1, head)
        factor = xp.where((head == 0)[:, None], 0, a[:, j + 1 :, j] / safe[:, None])
        if not pivot:
            with np.errstate(all="ignore"):
                factor = a[:, j + 1 :, j] / head[:, None]
        a[:, j + 1 :, j] = factor
        a[:, j + 1 :, j + 1 :] -= factor[:, :, None] * a[:, j, None, j + 1 :]
    lead = x.shape[:-2]
    return a.reshape(x.shape), pivots.reshape(*lead, k)


op(
    "_lu(input, pivot: bool)", "lu_kernel(xp, input, pivot)", outputs=("LU", "pivots"),
    public=False, node="LinalgLuFactorEx", shown="linalg_lu_factor", conjugate=False,
    input="lu_gradient(m, g, LU, pivots)",
)  # fmt: skip


@kernel
def order_of(pivots: Any, rows: int) -> Any:
    """The order of the rows that exchanges make: row i of the product is row order[i] of A."""
    lead = pivots.shape[:-1]
    flat = np.asarray(pivots).reshape(math.prod(lead), pivots.shape[-1])
    order = np.tile(np.arange(rows), (len(flat), 1))
    every = np.arange(len(flat))
    for j in range(flat.shape[1]):
        other = flat[:, j] - 1
        kept = order[every, other].copy()
        order[every, other] = order[:, j]
        order[:, j] = kept
    return order.reshape(*lead, rows)


@kernel
def lu_gradient(m: Any, g: Any, lu: Any, pivots: Any) -> Any:
    """A = P L U: PyTorch's `plu_backward`, on both factors in one matrix."""
    rows, columns = lu.shape[-2:]
    k = min(rows, columns)
    array = pivots if _is_array(pivots) else pivots.detach().cpu().numpy()
    square_l = m.tril(lu[..., :k, :k], -1) + _eye_of(lu[..., :k, :k])
    square_u = m.triu(lu[..., :k, :k])
    gl, gu = m.tril(g, -1), m.triu(g)
    if rows == columns:
        inner = m.tril(herm(m, square_l) @ gl, -1) + m.triu(gu @ herm(m, square_u))
        inner = m._triangular(herm(m, square_l), inner, True, True)
        result = herm(m, m._triangular(square_u, herm(m, inner), True, False))
    elif rows < columns:
        u2, gu2 = lu[..., k:], gu[..., k:]
        inner = m.tril(herm(m, square_l) @ gl[..., :k], -1)
        inner = inner + m.triu(gu[..., :k] @ herm(m, square_u)) - m.tril(gu2 @ herm(m, u2), -1)
        inner = m._triangular(herm(m, square_l), inner, True, True)
        left = herm(m, m._triangular(square_u, herm(m, inner), True, False))
        right = m._triangular(herm(m, square_l), gu2, True, True)
        result = _beside(left, right, columns)
    else:
        l2, gl2 = lu[..., k:, :], gl[..., k:, :]
        inner = m.tril(herm(m, square_l) @ gl[..., :k, :], -1) - m.triu(herm(m, l2) @ gl2, 0)
        inner = inner + m.triu(gu[..., :k, :] @ herm(m, square_u))
        inner = m._triangular(herm(m, square_l), inner, True, True)
        top = herm(m, m._triangular(square_u, herm(m, inner), True, False))
        below = herm(m, m._triangular(square_u, herm(m, gl2), True, False))
        result = herm(m, _beside(herm(m, top), herm(m, below), rows))
    back = np.argsort(order_of(array, rows), -1)
    return _rows(m, result, back)


def _rows(m: Any, x: Any, order: Any) -> Any:
    index = np.broadcast_to(order[..., None], x.shape)
    if _is_array(x):
        return np.take_along_axis(x, index, -2)
    from .table import FUNCTIONS

    return FUNCTIONS["gather"](x, x.ndim - 2, wrap(np.ascontiguousarray(index)).to(x.device))


# Determinants ---------------------------------------------------------------------------------


@kernel
def det_kernel(xp: Any, x: Any) -> Any:
    return xp.asarray(xp.linalg.det(x), x.dtype)


@kernel
def cofactor_kernel(xp: Any, x: Any) -> Any:
    """The derivative of the determinant, also where that is zero: by singular values."""
    if not x.size:
        return x.copy()
    u, s, vh = xp.linalg.svd(x)
    n = s.shape[-1]
    others = xp.stack(
        [xp.prod(s[..., [j for j in range(n) if j != i]], axis=-1) for i in range(n)], -1
    )
    sign = xp.linalg.det(u) * xp.linalg.det(vh)
    if x.dtype.kind == "c":
        sign = xp.conj(sign)
        return xp.conj(sign)[..., None, None] * ((u * others[..., None, :]) @ vh)
    return sign[..., None, None] * ((u * others[..., None, :]) @ vh)


op(
    "_det(input)", "det_kernel(xp, input)", public=False, node="LinalgDet", shown="det",
    conjugate=False,
    input="m.unsqueeze(m.unsqueeze(g, -1), -1) * m._cofactor(input)",
)  # fmt: skip
op(
    "_cofactor(input)", "cofactor_kernel(xp, input)", public=False, node="Cofactor",
    conjugate=False, input="cofactor_gradient(m, g, input)",
)  # fmt: skip


@kernel
def cofactor_gradient(m: Any, g: Any, x: Any) -> Any:
    """Of det(A) A^-H, for regular matrices."""
    inverse, det = m._inv(x), m.unsqueeze(m.unsqueeze(m._det(x), -1), -1)
    ih = herm(m, inverse)
    if is_complex(x):
        det = m.conj_physical(det)
    inner = m.sum(m.conj_physical(g) * ih if is_complex(x) else g * ih, (-2, -1), True)
    if is_complex(x):
        inner = m.conj_physical(inner)
    return det * (inner * ih - ih @ herm(m, g) @ ih)


@kernel
def slogdet_kernel(xp: Any, x: Any) -> tuple[Any, Any]:
    sign, size = xp.linalg.slogdet(x)
    return xp.asarray(sign, x.dtype), xp.asarray(size, x.real.dtype)


op(
    "_slogdet(input)", "slogdet_kernel(xp, input)", outputs=("sign", "logabsdet"), public=False,
    node="LinalgSlogdet", shown="linalg_slogdet",
    conjugate=False, differentiable=(0, 1), input="slogdet_gradient(m, g, input, sign)",
)  # fmt: skip


@kernel
def slogdet_gradient(m: Any, g: Any, x: Any, sign: Any) -> Any:
    gs, gl = g
    ih = herm(m, m._inv(x))
    total = None
    if gl is not None:
        total = m.unsqueeze(m.unsqueeze(gl, -1), -1) * ih
    if gs is not None and is_complex(x):
        turn = m.conj_physical(sign) * gs
        imaginary = (turn - m.conj_physical(turn)) * 0.5
        part = m.unsqueeze(m.unsqueeze(imaginary, -1), -1) * -1 * ih
        part = -part
        total = part if total is None else total + part
    return m.zeros_of(x) if total is None else total
