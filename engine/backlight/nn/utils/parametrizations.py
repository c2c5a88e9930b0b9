"""Weights of a norm of their own, of a bounded one, or orthogonal (`nn.utils.parametrizations`)."""

from __future__ import annotations

from ... import linalg, ops, random
from ...autograd.modes import no_grad
from ...creation import eye
from ...tensor import Tensor
from .. import functional as F
from ..module import Module
from . import parametrize


class _WeightNorm(Module):
    """w = g v / |v|, the norm over all dimensions but one (Salimans and Kingma 2016)."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def _norm(self, v: Tensor) -> Tensor:
        if self.dim == -1:
            return ops.norm(v)
        dims = tuple(d for d in range(v.ndim) if d != self.dim % v.ndim)
        return ops.norm(v, 2, dims, True)

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return weight_v * (weight_g / self._norm(weight_v))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Norm and direction of a weight."""
        return self._norm(weight), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Make a weight the product of its norm and its direction."""
    return parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _SpectralNorm(Module):
    """w / sigma, its largest singular value, by power iterations (Miyato et al. 2018)."""

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                "Dimension out of range (expected to be in range of [-"
                f"{weight.ndim}, {weight.ndim - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.dim = dim if dim >= 0 else dim + weight.ndim
        self.eps = eps
        if weight.ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._matrix(weight)
            h, w = matrix.size()
            u = random.normal(0.0, 1.0, (h,), dtype=weight.dtype)
            v = random.normal(0.0, 1.0, (w,), dtype=weight.dtype)
            self.register_buffer("_u", F.normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", F.normalize(v, dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _matrix(self, weight: Tensor) -> Tensor:
        if self.dim != 0:
            rest = (d for d in range(weight.dim()) if d != self.dim)
            weight = weight.permute(self.dim, *rest)
        return weight.flatten(1)

    @no_grad()
    def _iterate(self, matrix: Tensor, times: int) -> None:
        matrix = matrix.detach()
        for _ in range(times):
            self._u = F.normalize(matrix @ self._v, dim=0, eps=self.eps)
            self._v = F.normalize(matrix.T @ self._u, dim=0, eps=self.eps)

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()
        return weight / ops.dot(u, ops.mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself, taken as it is."""
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
    dim: int | None = None,
) -> Module:  # fmt: skip
    """Divide a weight by its largest singular value."""
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if dim is None:
        dim = int(type(module).__name__.startswith("ConvTranspose"))
    made = _SpectralNorm(weight, n_power_iterations, dim, eps)
    return parametrize.register_parametrization(module, name, made)


class _Orthogonal(Module):
    """An orthogonal matrix from any, by the matrix exponential, Cayley's map or reflections."""

    base: Tensor

    def __init__(self, weight: Tensor, kind: str, use_trivialization: bool) -> None:
        super().__init__()
        self.orthogonal_map = kind
        self.shape = tuple(weight.shape)
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        n, k = X.size(-2), X.size(-1)
        turned = n < k
        if turned:
            X, n, k = X.mT, k, n
        if self.orthogonal_map == "householder":
            A = X.tril(-1)
            tau = 2.0 / (1.0 + (A * A).sum(dim=-2))
            Q = linalg.householder_product(A, tau)
            Q = Q * X.diagonal(dim1=-2, dim2=-1).unsqueeze(-2)
        else:
            A = X.tril()
            if n != k:
                A = ops.cat([A, A.new_zeros(n, n - k).expand(*X.shape[:-2], -1, -1)], dim=-1)
            A = A - A.mT
            if self.orthogonal_map == "matrix_exp":
                Q = linalg.matrix_exp(A)
            else:
                one = eye(n, dtype=A.dtype, device=A.device)
                Q = linalg.solve(one + A * -0.5, one + A * 0.5)
            if n != k:
                Q = Q[..., :k]
        if getattr(self, "base", None) is not None:
            Q = self.base @ Q
        return Q.mT if turned else Q

    @no_grad()
    def right_inverse(self, Q: Tensor) -> Tensor:
        """What gives an orthogonal matrix; without a base only Householder's way is known."""
        if tuple(Q.shape) != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of "
                f"shape {tuple(Q.shape)}."
            )
        full = Q
        if Q.size(-2) < Q.size(-1):
            Q = Q.mT
        if not hasattr(self, "base"):
            if self.orthogonal_map in ("cayley", "matrix_exp"):
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley "
                    "parametrizations when use_trivialization=False."
                )
            A, tau = ops.geqrf(Q)
            A = A.clone()
            A.diagonal(dim1=-2, dim2=-1).sign_()
            zero = tau == 0.0
            A.diagonal(dim1=-2, dim2=-1)[zero] *= -1
            return A.mT if full.size(-2) < full.size(-1) else A
        n, k = Q.size(-2), Q.size(-1)
        Q = ops.qr(Q)[0] * ops.qr(Q)[1].diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)
        if n != k:
            extra = random.randn(*Q.shape[:-2], n, n - k, dtype=Q.dtype, device=Q.device)
            q, r = ops.qr(ops.cat([Q, extra], dim=-1))
            Q = q * r.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)
        self.base = Q
        negative = full * 0
        negative.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return negative


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *,
    use_trivialization: bool = True,
) -> Module:  # fmt: skip
    """Make a weight orthogonal."""
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if weight.ndim < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions."
        )
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1) or weight.is_complex()
        orthogonal_map = "matrix_exp" if square else "householder"
    if orthogonal_map not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(
            'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: '
            f"{orthogonal_map}"
        )
    made = _Orthogonal(weight, orthogonal_map, use_trivialization)
    return parametrize.register_parametrization(module, name, made, unsafe=True)
