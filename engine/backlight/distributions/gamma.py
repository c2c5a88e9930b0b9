"""Gamma and what is made of it: Chi2, Beta, Dirichlet, InverseGamma."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import backend, ops
from ..autograd.function import Function
from ..random import gaussian, uniform
from ..tensor import Tensor, wrap
from . import constraints
from .distribution import Distribution, ExponentialFamily, broadcast_all, tiny


def draw_gamma(alpha: np.ndarray) -> np.ndarray:
    """Numbers of Gamma(alpha, 1) in float64 (Marsaglia and Tsang 2000): drawn until all are taken."""
    flat = alpha.reshape(-1).astype(np.float64)
    boosted = np.where(flat < 1, flat + 1, flat)
    d = boosted - 1 / 3
    c = 1 / np.sqrt(9 * d)
    drawn = np.empty_like(flat)
    left = np.arange(flat.size)
    while left.size:
        x = gaussian((left.size,), np.dtype("float64"))
        u = uniform((left.size,), np.dtype("float64"))
        v = (1 + c[left] * x) ** 3
        with np.errstate(invalid="ignore", divide="ignore"):
            good = (v > 0) & (
                np.log1p(-u) < 0.5 * x * x + d[left] * (1 - v + np.log(np.where(v > 0, v, 1)))
            )
        drawn[left[good]] = d[left[good]] * v[good]
        left = left[~good]
    u = uniform((flat.size,), np.dtype("float64"))
    drawn *= np.where(flat < 1, (1 - u) ** (1 / np.where(flat < 1, flat, 1)), 1)
    return drawn.reshape(alpha.shape)


class _StandardGamma(Function):
    """Draws with the gradient of the draw by alpha, -dF/dalpha / f (Figurnov et al. 2018)."""

    @staticmethod
    def forward(ctx: Any, alpha: Tensor) -> Tensor:  # type: ignore[override]
        xp = backend.of(alpha._array)
        array = xp.asarray(draw_gamma(alpha.detach().cpu().numpy())).astype(alpha._array.dtype)
        y = wrap(xp.maximum(array, np.finfo(array.dtype).tiny))
        ctx.save_for_backward(alpha, y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:  # type: ignore[override]
        alpha, y = (x.double() for x in ctx.saved_tensors)
        h = 1e-4 * alpha.clamp(min=1e-3)
        slope = (ops.igamma(alpha + h, y) - ops.igamma(alpha - h, y)) / (2 * h)
        density = ops.exp((alpha - 1) * y.log() - y - ops.lgamma(alpha))
        return (g.double() * -slope / density).to(g.dtype)


def standard_gamma(alpha: Tensor) -> Tensor:
    """Numbers of Gamma(alpha, 1), through which gradients flow to alpha."""
    return _StandardGamma.apply(alpha)


class Gamma(ExponentialFamily):
    """The sum of `concentration` waiting times, each exponential with `rate`."""

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate.pow(2)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        shape = self._extended_shape(sample_shape)
        value = standard_gamma(self.concentration.expand(shape)) / self.rate.expand(shape)
        return value.clamp(min=tiny(value))

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        return (
            ops.xlogy(self.concentration, self.rate)
            + ops.xlogy(self.concentration - 1, value)
            - self.rate * value
            - ops.lgamma(self.concentration)
        )

    def cdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return ops.igamma(self.concentration, self.rate * value)

    def entropy(self) -> Tensor:
        """See Distribution."""
        a = self.concentration
        return a - ops.log(self.rate) + ops.lgamma(a) + (1.0 - a) * ops.digamma(a)


class Chi2(Gamma):
    """The sum of `df` squared normal numbers."""

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        (self.df,) = broadcast_all(df)
        super().__init__(0.5 * self.df, 0.5, validate_args=validate_args)

    def _rebuild(self) -> None:
        self.concentration, self.rate = broadcast_all(0.5 * self.df, 0.5)


class Dirichlet(ExponentialFamily):
    """Shares that sum to one, around `concentration` over its sum."""

    arg_constraints = {
        "concentration": constraints.independent(constraints.positive, 1)
    }  # fmt: skip
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        shape = tuple(concentration.shape)
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, True)
        a = self.concentration
        return a * (total - a) / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        shape = self._extended_shape(sample_shape)
        drawn = standard_gamma(self.concentration.expand(shape))
        return drawn / drawn.sum(-1, True)

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        a = self.concentration
        return ops.xlogy(a - 1.0, value).sum(-1) + ops.lgamma(a.sum(-1)) - ops.lgamma(a).sum(-1)

    def entropy(self) -> Tensor:
        """See Distribution."""
        a = self.concentration
        k, total = a.size(-1), a.sum(-1)
        return (
            ops.lgamma(a).sum(-1)
            - ops.lgamma(total)
            - (k - total) * ops.digamma(total)
            - ((a - 1.0) * ops.digamma(a)).sum(-1)
        )


class Beta(ExponentialFamily):
    """A share between zero and one: a Dirichlet of two."""

    arg_constraints = {
        "concentration1": constraints.positive, "concentration0": constraints.positive
    }  # fmt: skip
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, concentration1: Any, concentration0: Any, validate_args: bool | None = None
    ) -> None:
        both = broadcast_all(concentration1, concentration0)
        self._dirichlet = Dirichlet(ops.stack(both, -1), validate_args=False)
        super().__init__(self._dirichlet.batch_shape, validate_args=validate_args)

    @property
    def concentration1(self) -> Tensor:
        """How many successes count."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Tensor:
        """How many failures count."""
        return self._dirichlet.concentration[..., 1]

    def expand(self, batch_shape: Any, _instance: Any = None) -> Beta:
        """See Distribution."""
        shape = tuple(batch_shape)
        return Beta(self.concentration1.expand(shape), self.concentration0.expand(shape), False)

    @property
    def mean(self) -> Tensor:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        inner = (a - 1) / (a + b - 2)
        edge = ops.where(a < b, 0.0, ops.where(a > b, 1.0, math.nan))
        return ops.where((a > 1) & (b > 1), inner, edge)

    @property
    def variance(self) -> Tensor:
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        return self._dirichlet.rsample(sample_shape).select(-1, 0)

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        return self._dirichlet.log_prob(ops.stack([value, 1.0 - value], -1))

    def entropy(self) -> Tensor:
        """See Distribution."""
        return self._dirichlet.entropy()


class InverseGamma(Distribution):
    """One over a number of Gamma(concentration, rate)."""

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        result = self.rate / (self.concentration - 1)
        return ops.where(self.concentration > 1, result, math.inf)

    @property
    def mode(self) -> Tensor:
        return self.rate / (self.concentration + 1)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        return Gamma(self.concentration, self.rate, False).rsample(sample_shape).reciprocal()

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        inverse = value.reciprocal()
        base = Gamma(self.concentration, self.rate, False).log_prob(inverse)
        return base - 2 * value.log()
