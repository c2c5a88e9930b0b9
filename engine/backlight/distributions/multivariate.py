"""Distributions of vectors, and distributions made of others."""

from __future__ import annotations

import math
from typing import Any

from .. import linalg
from ..nn import functional as F
from ..tensor import Tensor
from . import constraints
from .discrete import Categorical
from .distribution import Distribution, standard_normal, sum_rightmost


class Independent(Distribution):
    """Another distribution whose last batch dimensions belong to one event."""

    def __init__(
        self,
        base_distribution: Distribution,
        reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:
        n = reinterpreted_batch_ndims
        if n > len(base_distribution.batch_shape):
            raise ValueError(
                "Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), actual "
                f"{n} vs {len(base_distribution.batch_shape)}"
            )
        shape = (*base_distribution.batch_shape, *base_distribution.event_shape)
        keep = len(base_distribution.batch_shape) - n
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = n
        super().__init__(shape[:keep], shape[keep:], validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Independent:
        """See Distribution."""
        n = self.reinterpreted_batch_ndims
        inner = self.base_dist.batch_shape[len(self.base_dist.batch_shape) - n :]
        return Independent(self.base_dist.expand((*batch_shape, *inner)), n, False)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    @property
    def support(self) -> Any:  # type: ignore[override]
        inner = self.base_dist.support
        n = self.reinterpreted_batch_ndims
        return constraints.independent(inner, n) if n and inner is not None else inner

    @property
    def mean(self) -> Tensor:
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        """See Distribution."""
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"


class MultivariateNormal(Distribution):
    """Vectors around `loc`; their covariance, its inverse or its lower factor is given."""

    arg_constraints = {
        "loc": constraints.real_vector, "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }  # fmt: skip
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        given = {
            "covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }  # fmt: skip
        named = {name: value for name, value in given.items() if value is not None}
        if len(named) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
                "specified."
            )
        ((name, matrix),) = named.items()
        if matrix.dim() < 2:
            raise ValueError(
                f"{name} must be at least two-dimensional, with optional leading batch dimensions"
            )
        shape = _broadcast(tuple(matrix.shape)[:-2], tuple(loc.shape)[:-1])
        size = tuple(loc.shape)[-1:]
        self.loc = loc.expand(shape + size)
        self._given, matrix = name, matrix.expand(shape + tuple(matrix.shape)[-2:])
        self.__dict__[name] = matrix
        self._rebuild()
        super().__init__(shape, size, validate_args)

    def _rebuild(self) -> None:
        matrix = self.__dict__[self._given]
        if self._given == "scale_tril":
            self._unbroadcasted_scale_tril = matrix
        elif self._given == "covariance_matrix":
            self._unbroadcasted_scale_tril = linalg.cholesky(matrix)
        else:  # of the reversed precision: its inverse, reversed again, is the factor
            factor = linalg.cholesky(matrix.flip(-2, -1))
            inverse = factor.flip(-2, -1).transpose(-2, -1)
            eye = inverse.new_zeros(matrix.shape[-1], matrix.shape[-1])
            eye.fill_diagonal_(1)
            self._unbroadcasted_scale_tril = linalg.solve_triangular(
                inverse, eye.expand(matrix.shape), upper=False
            )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        factor = self._unbroadcasted_scale_tril
        if name == "scale_tril":
            return factor
        if name == "covariance_matrix":
            return factor @ factor.mT
        if name == "precision_matrix":
            return linalg.inv(factor @ factor.mT)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self._unbroadcasted_scale_tril.pow(2).sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        noise = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + (self._unbroadcasted_scale_tril @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        difference = (value - self.loc).unsqueeze(-1)
        factor = self._unbroadcasted_scale_tril
        factor, difference = _broadcast_matrices(factor, difference)
        scaled = linalg.solve_triangular(factor, difference, upper=False).squeeze(-1)
        distance = scaled.pow(2).sum(-1)
        constant = self._event_shape[0] * math.log(2 * math.pi)
        return -0.5 * (constant + distance) - self._half_log_det()

    def _half_log_det(self) -> Tensor:
        return self._unbroadcasted_scale_tril.diagonal(0, -2, -1).log().sum(-1)

    def entropy(self) -> Tensor:
        """See Distribution."""
        return 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._half_log_det()


def _broadcast(a: tuple, b: tuple) -> tuple[int, ...]:
    n = max(len(a), len(b))
    a, b = (1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b
    return tuple(max(x, y) if 0 not in (x, y) else 0 for x, y in zip(a, b))


def _broadcast_matrices(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    shape = _broadcast(tuple(a.shape)[:-2], tuple(b.shape)[:-2])
    return a.expand(shape + tuple(a.shape)[-2:]), b.expand(shape + tuple(b.shape)[-2:])


class MixtureSameFamily(Distribution):
    """A draw of one of several components of one family."""

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(
                " The Mixture distribution needs to be an  instance of "
                "torch.distributions.Categorical"
            )
        if not isinstance(component_distribution, Distribution):
            raise ValueError(
                "The Component distribution need to be an instance of "
                "torch.distributions.Distribution"
            )
        self._mixture = mixture_distribution
        self._components = component_distribution
        shape = tuple(component_distribution.batch_shape)[:-1]
        super().__init__(shape, component_distribution.event_shape, validate_args=False)

    @property
    def mixture_distribution(self) -> Categorical:
        """Which component is drawn."""
        return self._mixture

    @property
    def component_distribution(self) -> Distribution:
        """The components, along the last dimension of the batch."""
        return self._components

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return False

    def _weights(self) -> Tensor:
        probs = self._mixture.probs
        return probs.reshape(*probs.shape, *(1,) * len(self._event_shape))

    @property
    def _dim(self) -> int:
        return -1 - len(self._event_shape)

    @property
    def mean(self) -> Tensor:
        return (self._weights() * self._components.mean).sum(self._dim)

    @property
    def variance(self) -> Tensor:
        weights = self._weights()
        inner = (weights * self._components.variance).sum(self._dim)
        away = self._components.mean - self.mean.unsqueeze(self._dim)
        return inner + (weights * away.pow(2)).sum(self._dim)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        which = self._mixture.sample(sample_shape)
        drawn = self._components.sample(sample_shape)
        places = which.reshape(*which.shape, 1, *(1,) * len(self._event_shape))
        places = places.expand((*which.shape, 1, *self._event_shape))
        return drawn.gather(drawn.ndim + self._dim, places).squeeze(self._dim)

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        value = value.unsqueeze(value.ndim + 1 + self._dim)
        inner = self._components.log_prob(value)
        return (inner + F.log_softmax(self._mixture.logits, -1)).logsumexp(-1)

    def cdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        inner = self._components.cdf(value.unsqueeze(-1))
        return (inner * self._mixture.probs).sum(-1)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self._mixture},\n  {self._components})"
