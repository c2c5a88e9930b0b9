"""Linear algebra (`torch.linalg`), over the rows of `ops/factors.py`."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import creation, dtypes, errors, ops
from .errors import LinAlgError
from .ops import factors, row
from .ops.apply import return_type
from .ops.table import with_out
from .tensor import Tensor, wrap

f = ops.FUNCTIONS


_inv, _solve, _triangular = row("_inv"), row("_solve"), row("_triangular")
_cholesky, _eigh, _eig = row("_cholesky"), row("_eigh"), row("_eig")
_svd, _qr, _lu = row("_svd"), row("_qr"), row("_lu")


def _dtype_name(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.").capitalize()


def _matrix(x: Tensor, name: str, square: bool = False, floating: bool = True) -> None:
    if x.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if floating and (not (x.is_floating_point() or x.is_complex()) or x.dtype is dtypes.float16):
        if x.dtype is dtypes.float16:
            raise RuntimeError(f"{name}: Low precision dtypes not supported. Got Half")
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. Got {_dtype_name(x)}"
        )
    if square and x.shape[-1] != x.shape[-2]:
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they are {x.shape[-2]} by "
            f"{x.shape[-1]} matrices"
        )


def _h(x: Tensor) -> Tensor:
    x = f["transpose"](x, -2, -1)
    return f["conj"](x) if x.is_complex() else x


def _out(function: Callable) -> Callable:
    return with_out(function)


def _filled(name: str, fields: tuple[str, ...], parts: tuple) -> Any:
    return return_type(name, fields)(*parts)


# Products -------------------------------------------------------------------------------------


def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of matrices."""
    return f["matmul"](input, other, out=out)


@_out
def multi_dot(tensors: Any) -> Tensor:
    """A product of several matrices, in the order that costs least."""
    tensors = list(tensors)
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    for k, x in enumerate(tensors):
        ends = k in (0, len(tensors) - 1)
        if x.ndim != 2 and not (ends and x.ndim == 1):
            where = (
                "the first tensor must be 1D or 2D"
                if k == 0
                else (
                    "the last tensor must be 1D or 2D"
                    if k == len(tensors) - 1
                    else f"tensor {k} must be 2D"
                )
            )
            raise RuntimeError(f"multi_dot(): {where} but got {x.ndim}D")
    first, last = tensors[0].ndim == 1, tensors[-1].ndim == 1
    if first:
        tensors[0] = tensors[0].unsqueeze(0)
    if last:
        tensors[-1] = tensors[-1].unsqueeze(1)
    sizes = [tensors[0].shape[0], *(x.shape[1] for x in tensors)]
    n = len(tensors)
    cost = np.zeros((n, n))
    cut = np.zeros((n, n), int)
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            ways = [
                cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
                for k in range(i, j)
            ]
            best = int(np.argmin(ways))
            cost[i, j], cut[i, j] = ways[best], i + best

    def product(i: int, j: int) -> Tensor:
        if i == j:
            return tensors[i]
        return f["mm"](product(i, cut[i, j]), product(cut[i, j] + 1, j))

    y = product(0, n - 1)
    if first:
        y = y.squeeze(0)
    return y.squeeze(-1) if last else y


@_out
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """The inner products of vectors along a dimension; the first is conjugated."""
    return f["sum"]((f["conj"](x) if x.is_complex() else x) * y, dim)


@_out
def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The cross products of vectors of three."""
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    if input.shape[dim] != 3 or other.shape[dim] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[dim]} and "
            f"{other.shape[dim]}"
        )
    a, b = f["broadcast_tensors"](input, other)
    x, y = f["unbind"](a, dim), f["unbind"](b, dim)
    return f["stack"](
        [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]],
        dim,
    )


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Views of diagonals."""
    return f["diagonal"](A, offset, dim1, dim2)


@_out
def matrix_power(A: Tensor, n: int) -> Tensor:
    """A square matrix to a whole power."""
    _matrix(A, "linalg.matrix_power", True, False)
    if n < 0:
        A, n = inv(A), -n
    if n == 0:
        return A * 0 + creation.eye(A.shape[-1], dtype=A.dtype, device=A.device)
    result = None
    while n:
        if n & 1:
            result = A if result is None else f["matmul"](result, A)
        n >>= 1
        if n:
            A = f["matmul"](A, A)
    return result.clone() if result is A else result


def matrix_exp(A: Tensor) -> Tensor:
    """The exponential of matrices, by scaling, Taylor's polynomial and squaring."""
    _matrix(A, "linalg.matrix_exp", True)
    if not A.numel():
        return A.clone()
    n = A.shape[-1]
    eye = creation.eye(n, dtype=A.dtype, device=A.device)
    norm = (
        float(np.abs(A._array).sum(-2).max())
        if A.device.type == "cpu"
        else float(f["amax"](f["sum"](f["abs"](A), -2)))
    )
    if not math.isfinite(norm):
        return A * math.nan
    squarings = builtins.max(0, math.ceil(math.log2(norm)) + 1) if norm > 0 else 0
    x = A * (0.5**squarings)
    # Horner's scheme; 18 terms are exact in double precision where the norm is at most 1/2.
    y = eye + x / 18
    for k in range(17, 0, -1):
        y = eye + f["matmul"](x, y) / k
    for _ in range(squarings):
        y = f["matmul"](y, y)
    return y


@_out
def householder_product(input: Tensor, tau: Tensor) -> Tensor:
    """The first columns of a product of reflections (from `geqrf`)."""
    if input.ndim < 2:
        raise RuntimeError(
            "torch.linalg.householder_product: input must have at least 2 dimensions."
        )
    rows, columns = input.shape[-2:]
    if rows < columns:
        raise RuntimeError(
            "torch.linalg.householder_product: input.shape[-2] must be greater than or equal to "
            "input.shape[-1]"
        )
    if columns < tau.shape[-1]:
        raise RuntimeError(
            "torch.linalg.householder_product: input.shape[-1] must be greater than or equal to "
            "tau.shape[-1]"
        )
    if input.ndim - tau.ndim != 1:
        raise RuntimeError(
            "torch.linalg.householder_product: Expected tau to have one dimension less than input, "
            f"but got tau.ndim equal to {tau.ndim} and input.ndim is equal to {input.ndim}"
        )
    eye = creation.eye(rows, columns, dtype=input.dtype, device=input.device)
    q = eye.expand(*input.shape[:-2], rows, columns) + input * 0
    lower = f["tril"](input, -1)
    for k in range(tau.shape[-1] - 1, -1, -1):
        unit = creation.zeros(rows, dtype=input.dtype, device=input.device)
        unit[k] = 1
        below = wrap((np.arange(rows) > k).astype(input._array.real.dtype)).to(input.device)
        v = (lower[..., k] * below + unit).unsqueeze(-1)
        t = tau[..., k].unsqueeze(-1).unsqueeze(-1)
        q = q - t * f["matmul"](v, f["matmul"](_h(v), q))
    return q


# Inverses and systems -------------------------------------------------------------------------


@_out
def inv(A: Tensor) -> Tensor:
    """The inverse of square matrices."""
    _matrix(A, "linalg.inv", True)
    return _inv(A)


def inv_ex(A: Tensor, *, check_errors: bool = False, out: Any = None) -> Any:
    """The inverse, and whether there was none (inverse, info)."""
    _matrix(A, "linalg.inv", True)
    info = creation.zeros(tuple(A.shape)[:-2], dtype=dtypes.int32, device=A.device)
    try:
        inverse = _inv(A)
    except LinAlgError:
        if check_errors:
            raise
        inverse = A * math.nan
        info = info + 1
    return _result("linalg_inv_ex", ("inverse", "info"), (inverse, info), out)


def _result(name: str, fields: tuple[str, ...], parts: tuple, out: Any) -> Any:
    if out is not None:
        from .ops.table import NAMESPACE

        return NAMESPACE["write_outs"](out, _filled(name, fields, parts), name)
    return _filled(name, fields, parts)


def _is_vector(A: Tensor, B: Tensor) -> bool:
    """Whether B is a batch of vectors, by PyTorch's rule."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape)[:-1])


@_out
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """X with A X = B (X A = B unless `left`)."""
    _matrix(A, "linalg.solve", True)
    if A.dtype is not B.dtype:
        raise RuntimeError(
            f"linalg.solve: Expected A and B to have the same dtype, but found A of type "
            f"{_dtype_name(A)} and B of type {_dtype_name(B)} instead"
        )
    vector = _is_vector(A, B)
    if vector and not left:
        raise RuntimeError(
            "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False. In this case linalg.solve is equivalent to B / A.squeeze(-1)"  # noqa: E501
        )
    rhs = B.unsqueeze(-1) if vector else B
    _fits(A, rhs, left, "linalg.solve")
    if left:
        X = _solve(A, rhs)
    else:
        X = f["transpose"](_solve(f["transpose"](A, -2, -1), f["transpose"](rhs, -2, -1)), -2, -1)
    return X.squeeze(-1) if vector else X


def _fits(A: Tensor, B: Tensor, left: bool, name: str) -> None:
    dim = -2 if left else -1
    if B.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor B must have at least 2 dimensions.")
    if B.shape[dim] != A.shape[-1]:
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation "
            f"{'AX = B' if left else 'XA = B'} ({A.shape[-2]}x{A.shape[-1]} and "
            f"{B.shape[-2]}x{B.shape[-1]})"
        )


def solve_ex(
    A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False, out: Any = None
) -> Any:
    """`solve`, and whether it failed (result, info)."""
    info = creation.zeros(tuple(A.shape)[:-2], dtype=dtypes.int32, device=A.device)
    try:
        X = solve(A, B, left=left)
    except LinAlgError:
        if check_errors:
            raise
        X, info = B * math.nan, info + 1
    return _result("linalg_solve_ex", ("result", "info"), (X, info), out)


@_out
def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """X with A X = B for triangular A; the other triangle is not looked at."""
    _matrix(A, "linalg.solve_triangular", True)
    _fits(A, B, left, "linalg.solve_triangular")
    if left:
        return _triangular(A, B, upper, unitriangular)
    X = _triangular(f["transpose"](A, -2, -1), f["transpose"](B, -2, -1), not upper, unitriangular)
    return f["transpose"](X, -2, -1)


@_out
def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse for `tensordot` over the first `ind` dimensions."""
    if ind <= 0:
        raise RuntimeError("Expected a strictly positive integer for 'ind'")
    shape = tuple(A.shape)
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == "
            f"prod(self.shape[:ind]), but got {columns} != {rows}"
        )
    return inv(A.reshape(rows, columns)).reshape(*shape[ind:], *shape[:ind])


@_out
def tensorsolve(A: Tensor, B: Tensor, dims: Any = None) -> Tensor:
    """X with tensordot(A, X) = B."""
    if dims is not None:
        order = [d for d in range(A.ndim) if d not in [x % A.ndim for x in dims]]
        A = f["permute"](A, (*order, *(d % A.ndim for d in dims)))
    shape = tuple(A.shape)[B.ndim :]
    if math.prod(shape) != math.prod(tuple(A.shape)[: B.ndim]):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            "prod(self.shape[:other.ndim]), but got "
            f"{math.prod(shape)} != {math.prod(tuple(A.shape)[: B.ndim])}"
        )
    X = _solve(A.reshape(-1, math.prod(shape)), B.reshape(-1, 1))
    return X.reshape(shape)


# Cholesky -------------------------------------------------------------------------------------


@_out
def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """The triangular factor of positive definite matrices: A = L L^H (or U^H U)."""
    _matrix(A, "linalg.cholesky", True)
    try:
        L = _cholesky(_h(A) if upper else A)
    except np.linalg.LinAlgError:
        minor, batch = _first_bad_minor(A)
        where = f"(Batch element {batch}): " if A.ndim > 2 else ""
        raise LinAlgError(
            f"linalg.cholesky: {where}The factorization could not be completed because the input is not positive-definite (the leading minor of order {minor} is not positive-definite)."  # noqa: E501
        ) from None
    return _h(L) if upper else L


def _first_bad_minor(A: Tensor) -> tuple[int, int]:
    flat = A._array.reshape(-1, *A._array.shape[-2:])
    for batch, x in enumerate(flat):
        for k in range(1, x.shape[-1] + 1):
            try:
                np.linalg.cholesky(np.tril(x[:k, :k]))
            except np.linalg.LinAlgError:
                return k, batch
    return 0, 0


def cholesky_ex(
    A: Tensor, *, upper: bool = False, check_errors: bool = False, out: Any = None
) -> Any:
    """`cholesky`, and the order of the minor that is not positive, or 0 (L, info)."""
    _matrix(A, "linalg.cholesky", True)
    info = np.zeros(tuple(A.shape)[:-2], np.int32)
    try:
        L = _cholesky(_h(A) if upper else A)
        L = _h(L) if upper else L
    except np.linalg.LinAlgError:
        if check_errors:
            cholesky(A, upper=upper)
        flat = A._array.reshape(-1, *A._array.shape[-2:])
        info = np.array([_first_bad_minor(wrap(x))[0] for x in flat], np.int32).reshape(info.shape)
        L = A * math.nan
    return _result("linalg_cholesky_ex", ("L", "info"), (L, wrap(info).to(A.device)), out)


# Eigenvalues ----------------------------------------------------------------------------------


def _hermitian(A: Tensor, UPLO: str, name: str) -> bool:
    _matrix(A, name, True)
    if UPLO.upper() not in ("U", "L"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return UPLO.upper() == "U"


def eigh(A: Tensor, UPLO: str = "L", *, out: Any = None) -> Any:
    """Eigenvalues (rising) and vectors of Hermitian matrices (eigenvalues, eigenvectors)."""
    parts = tuple(_eigh(A, _hermitian(A, UPLO, "linalg.eigh")))
    return _result("linalg_eigh", ("eigenvalues", "eigenvectors"), parts, out)


@_out
def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """Eigenvalues (rising) of Hermitian matrices."""
    return _eigh(A, _hermitian(A, UPLO, "linalg.eigvalsh"))[0]


def eig(A: Tensor, *, out: Any = None) -> Any:
    """Complex eigenvalues and vectors of square matrices (eigenvalues, eigenvectors)."""
    _matrix(A, "linalg.eig", True)
    if A.numel() and not bool(f["isfinite"](A).all()):
        raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    return _result("linalg_eig", ("eigenvalues", "eigenvectors"), tuple(_eig(A)), out)


@_out
def eigvals(A: Tensor) -> Tensor:
    """Complex eigenvalues of square matrices."""
    return eig(A)[0]


# Singular values ------------------------------------------------------------------------------


def svd(
    A: Tensor, full_matrices: bool = True, *, driver: str | None = None, out: Any = None
) -> Any:
    """A = U diag(S) Vh (U, S, Vh)."""
    _matrix(A, "linalg.svd")
    return _result("linalg_svd", ("U", "S", "Vh"), tuple(_svd(A, full_matrices)), out)


@_out
def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """Singular values, falling."""
    _matrix(A, "linalg.svdvals")
    return _svd(A, False)[1]


@_out
def cond(A: Tensor, p: Any = None) -> Tensor:
    """The condition number in a norm (2 without one)."""
    _matrix(A, "linalg.cond")
    if p is None or p in (2, -2):
        s = svdvals(A)
        if not A.numel():
            return s.new_zeros(tuple(A.shape)[:-2])
        ratio = s[..., 0] / s[..., -1]
        return 1 / ratio if p == -2 else ratio
    _matrix(A, "linalg.cond", True)
    if p == "nuc":
        s = svdvals(A)
        return f["sum"](s, -1) * f["sum"](1 / s, -1)
    try:
        inverse = inv(A)
    except LinAlgError:
        return matrix_norm(A, p) * math.inf
    return matrix_norm(A, p) * matrix_norm(inverse, p)


@_out
def matrix_rank(
    A: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """How many singular values are above a tolerance."""
    _matrix(A, "linalg.matrix_rank")
    if tol is not None and not isinstance(tol, bool):
        atol, rtol = tol, 0.0
    s = f["abs"](eigvalsh(A)) if hermitian else svdvals(A)
    if not s.numel():
        return creation.zeros(tuple(A.shape)[:-2], dtype=dtypes.int64)
    return f["sum"](s > _tolerance(A, s, atol, rtol), -1)


def _tolerance(A: Tensor, s: Tensor, atol: Any, rtol: Any) -> Tensor:
    largest = f["amax"](s, -1, True)
    if rtol is None:
        size = builtins.max(A.shape[-2:]) * dtypes.finfo(A.dtype).eps
        above = atol is not None and (not isinstance(atol, Tensor)) and atol > 0
        rtol = 0.0 if above else size
        if isinstance(atol, Tensor):
            rtol = f["where"](atol > 0, 0.0, size).to(s.dtype)
    atol = 0.0 if atol is None else atol
    a = atol.unsqueeze(-1) if isinstance(atol, Tensor) else largest * 0 + atol
    r = (rtol.unsqueeze(-1) if isinstance(rtol, Tensor) else rtol) * largest
    return f["maximum"](a.to(s.dtype), r.to(s.dtype))


@_out
def pinv(
    A: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """The pseudo-inverse of matrices of any shape (Moore and Penrose)."""
    _matrix(A, "linalg.pinv")
    if rcond is not None and not isinstance(rcond, bool):
        atol, rtol = 0.0, rcond
    if not A.numel():
        return A.new_zeros(*A.shape[:-2], A.shape[-1], A.shape[-2]) + f["sum"](A) * 0
    needs = A.requires_grad
    with f_no_grad():
        plain = A.detach()
        if hermitian:
            values, vectors = eigh(plain)
            size = f["abs"](values)
            keep = size > _tolerance(A, size, atol, rtol)
            inverse = f["where"](keep, 1 / f["where"](keep, values, 1.0), 0.0)
            y = f["matmul"](vectors * inverse.unsqueeze(-2), _h(vectors))
        else:
            u, s, vh = svd(plain, False)
            keep = s > _tolerance(A, s, atol, rtol)
            inverse = f["where"](keep, 1 / f["where"](keep, s, 1.0), 0.0)
            y = f["matmul"](_h(vh) * inverse.unsqueeze(-2), _h(u))
    return _PINV.apply(A, y) if needs else y


def f_no_grad() -> Any:
    """The values of a pseudo-inverse are found without a graph."""
    from .autograd.modes import no_grad

    return no_grad()


def _pinv_gradient(A: Tensor, y: Tensor, g: Tensor) -> Tensor:
    """Golub and Pereyra (1973), as PyTorch orders it."""
    mul = f["matmul"]
    yh, gh = _h(y), _h(g)
    if A.shape[-2] <= A.shape[-1]:
        k = mul(gh, y)
        kyh = mul(k, yh)
        return -_h(mul(y, k)) + kyh - mul(mul(A, y), kyh) + mul(mul(yh, y), gh - mul(k, A))
    k = mul(y, gh)
    yhk = mul(yh, k)
    return -_h(mul(k, y)) + mul(gh - mul(A, k), mul(y, yh)) + yhk - mul(mul(yhk, y), A)


def _make_pinv() -> Any:
    from .autograd.function import Function

    class Pinv(Function):
        """The pseudo-inverse, whose value is known."""

        @staticmethod
        def forward(ctx: Any, A: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
            result = y.clone()
            ctx.save_for_backward(A, result)
            return result

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Any:  # type: ignore[override]
            A, y = ctx.saved_tensors
            return _pinv_gradient(A, y, g), None

    return Pinv


_PINV = _make_pinv()


def lstsq(A: Tensor, B: Tensor, rcond: Any = None, *, driver: str | None = None) -> Any:
    """X with least |A X - B| (solution, residuals, rank, singular_values)."""
    _matrix(A, "torch.linalg.lstsq")
    if B.ndim < 1:
        raise RuntimeError("torch.linalg.lstsq: other must have at least 1 dimension.")
    vector = A.ndim - 1 == B.ndim and tuple(A.shape)[:-1] == tuple(B.shape)
    rhs = B.unsqueeze(-1) if vector else B
    if A.shape[-2] != rhs.shape[-2]:
        raise RuntimeError(
            "torch.linalg.lstsq: input.size(-2) should match other.size(-2)"
            if not vector
            else "torch.linalg.lstsq: input.size(-2) should match other.size(-1)"
        )
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(
            "torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"
        )
    driver = driver or "gelsy"
    eps = dtypes.finfo(A.dtype).eps * builtins.max(A.shape[-2:])
    X = f["matmul"](pinv(A, rtol=eps if rcond is None else rcond), rhs)
    rows, columns = A.shape[-2:]
    empty = A.new_empty(0) + f["sum"](X) * 0
    full = driver == "gels"
    s = svdvals(A.detach()) if driver in ("gelsd", "gelss") else A.real.new_empty(0)
    rank = (
        creation.empty(0, dtype=dtypes.int64)
        if full
        else matrix_rank(A.detach(), rtol=eps if rcond is None else rcond)
    )
    residuals = empty.real if A.is_complex() else empty
    good = full or bool((rank == columns).all())
    if rows > columns and good:
        left = f["matmul"](A, X) - rhs
        size = f["abs"](left) if left.is_complex() else left
        residuals = f["sum"](size * size, -2)
    return _filled(
        "linalg_lstsq", ("solution", "residuals", "rank", "singular_values"),
        (X.squeeze(-1) if vector else X, residuals, rank, s),
    )  # fmt: skip


# QR and LU ------------------------------------------------------------------------------------


def qr(A: Tensor, mode: str = "reduced", *, out: Any = None) -> Any:
    """A = Q R (Q, R); mode: "reduced", "complete" or "r"."""
    _matrix(A, "linalg.qr")
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', "
            "or 'complete'"
        )
    return _result("linalg_qr", ("Q", "R"), tuple(_qr(A, mode)), out)


def lu_factor(A: Tensor, *, pivot: bool = True, out: Any = None) -> Any:
    """L and U in one matrix, and the exchanges (LU, pivots)."""
    _matrix(A, "torch.linalg.lu_factor")
    return _result("linalg_lu_factor", ("LU", "pivots"), tuple(_lu(A, pivot)), out)


def lu_factor_ex(
    A: Tensor, *, pivot: bool = True, check_errors: bool = False, out: Any = None
) -> Any:
    """`lu_factor`, and the first zero on the diagonal of U, or 0 (LU, pivots, info)."""
    LU, pivots = _lu(A, pivot)
    d = np.diagonal(LU.detach().cpu().numpy(), axis1=-2, axis2=-1) == 0
    info = (
        np.where(d.any(-1), d.argmax(-1) + 1, 0).astype(np.int32)
        if d.shape[-1]
        else (np.zeros(d.shape[:-1], np.int32))
    )
    parts = (LU, pivots, wrap(np.asarray(info)).to(A.device))
    return _result("linalg_lu_factor_ex", ("LU", "pivots", "info"), parts, out)


def unpack(LU: Tensor, pivots: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """P, L and U of what `lu_factor` gave."""
    rows, columns = LU.shape[-2:]
    k = builtins.min(rows, columns)
    eye = creation.eye(rows, k, dtype=LU.dtype, device=LU.device)
    L = f["tril"](LU[..., :k], -1) + eye
    U = f["triu"](LU[..., :k, :])
    order = factors.order_of(pivots.detach().cpu().numpy(), rows)
    P = np.zeros((*order.shape, rows), LU._array.dtype)
    np.put_along_axis(P, order[..., None, :], 1, -2)
    return wrap(P).to(LU.device), L, U


def lu(A: Tensor, *, pivot: bool = True, out: Any = None) -> Any:
    """A = P L U (P, L, U)."""
    _matrix(A, "torch.linalg.lu")
    P, L, U = unpack(*_lu(A, pivot))
    if not pivot:
        P = A.new_empty(0)
    return _result("linalg_lu", ("P", "L", "U"), (P, L, U), out)


@_out
def lu_solve(
    LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False
) -> Tensor:
    """X with A X = B for an A that `lu_factor` has factored."""
    P, L, U = unpack(LU, pivots)
    if not left:
        turned = lu_solve(LU, pivots, _h(B), left=True, adjoint=not adjoint)
        return _h(turned)
    if adjoint:
        X = _triangular(_h(U), B, False, False)
        X = _triangular(_h(L), X, True, True)
        return f["matmul"](P, X)
    X = f["matmul"](f["transpose"](P, -2, -1), B)
    X = _triangular(L, X, False, True)
    return _triangular(U, X, True, False)


def ldl_factor(A: Tensor, *, hermitian: bool = False, out: Any = None) -> Any:
    """L and D in one matrix, without exchanges (LD, pivots)."""
    LD, pivots, _ = ldl_factor_ex(A, hermitian=hermitian)
    return _result("linalg_ldl_factor", ("LD", "pivots"), (LD, pivots), out)


def ldl_factor_ex(
    A: Tensor, *, hermitian: bool = False, check_errors: bool = False, out: Any = None
) -> Any:
    """`ldl_factor`, and whether it failed (LD, pivots, info)."""
    _matrix(A, "torch.linalg.ldl_factor_ex", True)
    x = A.detach().cpu().numpy()
    n = x.shape[-1]
    a = np.tril(x).copy()
    for j in range(n):
        d = a[..., j, j].copy()
        column = a[..., j + 1 :, j] / d[..., None]
        other = np.conj(column) if hermitian else column
        a[..., j + 1 :, j + 1 :] -= np.tril(
            column[..., :, None] * other[..., None, :] * d[..., None, None]
        )
        a[..., j + 1 :, j] = column
    pivots = np.broadcast_to(np.arange(1, n + 1, dtype=np.int32), x.shape[:-1]).copy()
    info = np.zeros(x.shape[:-2], np.int32)
    parts = tuple(wrap(np.asarray(p)).to(A.device) for p in (a, pivots, info))
    return _result("linalg_ldl_factor_ex", ("LD", "pivots", "info"), parts, out)


@_out
def ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: bool = False) -> Tensor:
    """X with A X = B for an A that `ldl_factor` has factored."""
    n = LD.shape[-1]
    eye = creation.eye(n, dtype=LD.dtype, device=LD.device)
    L = f["tril"](LD, -1) + eye
    D = f["diagonal"](LD, 0, -2, -1)
    X = _triangular(L, B, False, True) / D.unsqueeze(-1)
    return _triangular(_h(L) if hermitian else f["transpose"](L, -2, -1), X, True, True)


# Determinants ---------------------------------------------------------------------------------


@_out
def det(A: Tensor) -> Tensor:
    """The determinant."""
    _matrix(A, "linalg.det", True)
    return row("_det")(A)


def slogdet(A: Tensor, *, out: Any = None) -> Any:
    """The sign of the determinant and the log of its size (sign, logabsdet)."""
    _matrix(A, "linalg.slogdet", True)
    parts = tuple(row("_slogdet")(A))
    return _result("linalg_slogdet", ("sign", "logabsdet"), parts, out)


# Norms ----------------------------------------------------------------------------------------


@_out
def vector_norm(
    x: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The p-norm of vectors, of all elements without `dim`."""
    if not (x.is_floating_point() or x.is_complex()):
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {_dtype_name(x)}"
        )
    if dtype is not None:
        x = x.to(dtype)
    if ord == 0:
        kept = (x != 0).to(x.real.dtype if x.is_complex() else x.dtype)
        kept = kept + f["abs"](x) * 0
        return (
            f["sum"](kept, dim, keepdim)
            if dim is not None
            else (f["sum"](kept, tuple(range(x.ndim)), keepdim) if x.ndim else kept)
        )
    return f["vector_norm"](x, ord, dim, keepdim)


@_out
def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """A norm of matrices: "fro", "nuc", 1, -1, 2, -2, inf or -inf."""
    if dtype is not None:
        A = A.to(dtype)
    _matrix(A, "linalg.matrix_norm", floating=False)
    if not (A.is_floating_point() or A.is_complex()):
        raise RuntimeError(
            f"linalg.matrix_norm: Expected a floating point or complex tensor as input. Got {_dtype_name(A)}"
        )
    dim = tuple(d % A.ndim for d in dim)
    if len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {list(dim)}")
    if dim[0] == dim[1]:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    if ord == "fro":
        return f["vector_norm"](A, 2, dim, keepdim)
    if ord in ("nuc", 2, -2):
        moved = f["movedim"](A, dim, (-2, -1))
        s = svdvals(moved)
        y = f["sum"](s, -1) if ord == "nuc" else f["amax" if ord == 2 else "amin"](s, -1)
        if keepdim:
            for d in sorted(dim):
                y = y.unsqueeze(d)
        return y
    if ord not in (1, -1, math.inf, -math.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    over, along = (dim[0], dim[1]) if abs(ord) == 1 else (dim[1], dim[0])
    sums = f["sum"](f["abs"](A), over, True)
    y = f["amax" if ord > 0 else "amin"](sums, along, True)
    if keepdim:
        return y
    for d in sorted(dim, reverse=True):
        y = y.squeeze(d)
    return y


@_out
def norm(
    A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """A norm of vectors or of matrices, by `dim`."""
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if dim is None:
        if A.ndim not in (1, 2) or (isinstance(ord, str) and A.ndim != 2):
            if not (A.ndim == 1 and not isinstance(ord, str)):
                raise RuntimeError(
                    "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. "
                    f"Got {A.ndim}D."
                )
        dim = 0 if A.ndim == 1 else (0, 1)
    if isinstance(dim, int) or len(tuple(dim)) == 1:
        if isinstance(ord, str):
            raise RuntimeError(f"linalg.norm: If ord is str, dim must have length 2. Got {dim}")
        return vector_norm(A, ord, dim, keepdim, dtype=dtype)
    return matrix_norm(A, ord, tuple(dim), keepdim, dtype=dtype)


def vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """Powers of the elements as rows, rising."""
    if x.ndim < 1 and N is None:
        raise RuntimeError("linalg.vander: expected x to be at least one-dimensional")
    n = x.shape[-1] if N is None else N
    if n <= 1 and N is not None:
        raise RuntimeError("linalg.vander: N must be greater than 1.")
    x = x if x.ndim else x.reshape(1)
    kind = x.dtype if x.is_floating_point() or x.is_complex() else dtypes.int64
    x = x.to(kind)
    parts = [x * 0 + 1]
    for _ in range(n - 1):
        parts.append(parts[-1] * x)
    return f["stack"](parts, -1)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.missing_name("torch.linalg", name, globals())
