"""Continuous distributions of numbers."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from ..tensor import Tensor
from . import constraints
from .distribution import (
    Distribution,
    ExponentialFamily,
    broadcast_all,
    clamp_probs,
    eps,
    standard_normal,
    tiny,
    uniform,
)
from .gamma import Gamma

LOG_2PI = math.log(2 * math.pi)


class _LocScale(Distribution):
    """A distribution that is moved by `loc` and stretched by `scale`."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    def _standard(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return (value - self.loc) / self.scale


class Normal(_LocScale, ExponentialFamily):
    """Numbers around `loc` with standard deviation `scale`."""

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return self.scale.pow(2)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        shape = self._extended_shape(sample_shape)
        return self.loc + standard_normal(shape, self.loc) * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        variance = self.scale**2
        return -((value - self.loc) ** 2) / (2 * variance) - self.scale.log() - 0.5 * LOG_2PI

    def cdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return 0.5 * (1 + ops.erf(self._standard(value) / math.sqrt(2)))

    def icdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return self.loc + self.scale * ops.erfinv(2 * value - 1) * math.sqrt(2)

    def entropy(self) -> Tensor:
        """See Distribution."""
        return 0.5 + 0.5 * LOG_2PI + ops.log(self.scale)


class Laplace(_LocScale):
    """Numbers around `loc` whose density falls exponentially on both sides."""

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale.pow(2)

    @property
    def stddev(self) -> Tensor:
        return math.sqrt(2) * self.scale

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        u = uniform(self._extended_shape(sample_shape), self.loc, eps(self.loc) - 1, 1)
        return self.loc - self.scale * u.sign() * ops.log1p(-u.abs())

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return -self._standard(value).abs() - ops.log(2 * self.scale)

    def cdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        x = self._standard(value)
        return 0.5 - 0.5 * x.sign() * ops.expm1(-x.abs())

    def icdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        term = value - 0.5
        return self.loc - self.scale * term.sign() * ops.log1p(-2 * term.abs())

    def entropy(self) -> Tensor:
        """See Distribution."""
        return 1 + ops.log(2 * self.scale)


class Cauchy(_LocScale):
    """The ratio of two normal numbers; it has no mean."""

    @property
    def mean(self) -> Tensor:
        return self.loc * math.nan

    @property
    def variance(self) -> Tensor:
        return self.loc * math.nan + math.inf - math.inf

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        shape = tuple(self._extended_shape(sample_shape))
        return self.loc + self.loc.new_empty(shape).cauchy_() * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return -math.log(math.pi) - self.scale.log() - (self._standard(value) ** 2).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return ops.atan(self._standard(value)) / math.pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return ops.tan(math.pi * (value - 0.5)) * self.scale + self.loc

    def entropy(self) -> Tensor:
        """See Distribution."""
        return math.log(4 * math.pi) + self.scale.log()


class Gumbel(_LocScale):
    """The largest of many numbers."""

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * 0.57721566490153286060

    @property
    def variance(self) -> Tensor:
        return (math.pi**2 / 6) * self.scale.pow(2)

    @property
    def stddev(self) -> Tensor:
        return (math.pi / math.sqrt(6)) * self.scale

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        u = uniform(self._extended_shape(sample_shape), self.loc, tiny(self.loc), 1 - eps(self.loc))
        return self.loc - self.scale * (-(u.log())).log()

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        y = -self._standard(value)
        return (y - y.exp()) - self.scale.log()

    def cdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return ops.exp(-ops.exp(-self._standard(value)))

    def entropy(self) -> Tensor:
        """See Distribution."""
        return self.scale.log() + (1 + 0.57721566490153286060)


class HalfNormal(Distribution):
    """The size of normal numbers around zero."""

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        (self.scale,) = broadcast_all(scale)
        super().__init__(self.scale.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def mode(self) -> Tensor:
        return self.scale * 0

    @property
    def variance(self) -> Tensor:
        return self.scale.pow(2) * (1 - 2 / math.pi)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        return (standard_normal(self._extended_shape(sample_shape), self.scale) * self.scale).abs()

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        inside = Normal(self.scale * 0, self.scale, False).log_prob(value) + math.log(2)
        return ops.where(value >= 0, inside, -math.inf)

    def cdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return ops.erf(value / (self.scale * math.sqrt(2)))

    def icdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return self.scale * ops.erfinv(value) * math.sqrt(2)

    def entropy(self) -> Tensor:
        """See Distribution."""
        return 0.5 + 0.5 * LOG_2PI + self.scale.log() - math.log(2)


class Uniform(Distribution):
    """Numbers from `low` (inclusive) to `high` (exclusive)."""

    arg_constraints = {"low": constraints.dependent, "high": constraints.dependent}
    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.shape, validate_args=validate_args)
        if self._validate_args and not bool((self.low < self.high).all()):
            raise ValueError("Uniform is not defined when low>= high")

    @property
    def support(self) -> Any:  # type: ignore[override]
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Tensor:
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Tensor:
        return math.nan * self.high

    @property
    def stddev(self) -> Tensor:
        return (self.high - self.low) / 12**0.5

    @property
    def variance(self) -> Tensor:
        return (self.high - self.low).pow(2) / 12

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        drawn = uniform(self._extended_shape(sample_shape), self.low)
        return self.low + drawn * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        inside = (self.low.le(value) & self.high.gt(value)).to(self.low.dtype)
        return ops.log(inside) - ops.log(self.high - self.low)

    def cdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return ((value - self.low) / (self.high - self.low)).clamp(min=0, max=1)

    def icdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Tensor:
        """See Distribution."""
        return ops.log(self.high - self.low)


class Exponential(ExponentialFamily):
    """The time until something happens that happens `rate` times per unit."""

    arg_constraints = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.rate.reciprocal()

    @property
    def mode(self) -> Tensor:
        return self.rate * 0

    @property
    def stddev(self) -> Tensor:
        return self.rate.reciprocal()

    @property
    def variance(self) -> Tensor:
        return self.rate.pow(-2)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        shape = tuple(self._extended_shape(sample_shape))
        return self.rate.new_empty(shape).exponential_() / self.rate

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        return self.rate.log() - self.rate * value

    def cdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return 1 - ops.exp(-self.rate * value)

    def icdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        return -ops.log1p(-value) / self.rate

    def entropy(self) -> Tensor:
        """See Distribution."""
        return 1.0 - ops.log(self.rate)


class StudentT(Distribution):
    """A normal number over the square root of a mean of `df` squared ones."""

    arg_constraints = {
        "df": constraints.positive, "loc": constraints.real, "scale": constraints.positive
    }  # fmt: skip
    support = constraints.real
    has_rsample = True

    def __init__(
        self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        super().__init__(self.df.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return ops.where(self.df > 1, self.loc, math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        wide = ops.where(self.df > 1, ops.full_like(self.df, math.inf), math.nan)
        return ops.where(self.df > 2, self.scale.pow(2) * self.df / (self.df - 2), wide)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        shape = self._extended_shape(sample_shape)
        x = standard_normal(shape, self.df)
        z = Gamma(0.5 * self.df, ops.full_like(self.df, 0.5), False).rsample(sample_shape)
        return self.loc + self.scale * x * ops.rsqrt(z / self.df)

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        y = (value - self.loc) / self.scale
        z = (
            self.scale.log()
            + 0.5 * self.df.log()
            + 0.5 * math.log(math.pi)
            + ops.lgamma(0.5 * self.df)
            - ops.lgamma(0.5 * (self.df + 1.0))
        )
        return -0.5 * (self.df + 1.0) * ops.log1p(y**2.0 / self.df) - z


class ContinuousBernoulli(ExponentialFamily):
    """Numbers between zero and one, as a variational autoencoder's pixels."""

    arg_constraints = {"probs": constraints.unit_interval}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, probs: Any, validate_args: bool | None = None) -> None:
        (self.probs,) = broadcast_all(probs)
        super().__init__(self.probs.shape, validate_args=validate_args)
        self.probs = clamp_probs(self.probs)

    def _is_half(self) -> Tensor:
        return (self.probs > 0.499) & (self.probs < 0.501)

    def _log_norm(self) -> Tensor:
        p = ops.where(self._is_half(), 0.499, self.probs)
        exact = ops.log((ops.log1p(-p) - ops.log(p)).abs()) - ops.log((1 - 2 * p).abs())
        x = (self.probs - 0.5) ** 2
        return ops.where(self._is_half(), math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x, exact)

    @property
    def mean(self) -> Tensor:
        p = ops.where(self._is_half(), 0.499, self.probs)
        exact = p / (2.0 * p - 1.0) + 1.0 / (ops.log1p(-p) - ops.log(p))
        x = self.probs - 0.5
        return ops.where(self._is_half(), 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x**2) * x, exact)

    def icdf(self, value: Tensor) -> Tensor:
        """See Distribution."""
        p = ops.where(self._is_half(), 0.499, self.probs)
        exact = (ops.log1p(-p + value * (2.0 * p - 1.0)) - ops.log1p(-p)) / (
            ops.log(p) - ops.log1p(-p)
        )
        return ops.where(self._is_half(), value, exact)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        return self.icdf(uniform(self._extended_shape(sample_shape), self.probs))

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        p = self.probs
        return value * ops.log(p) + (1 - value) * ops.log1p(-p) + self._log_norm()
