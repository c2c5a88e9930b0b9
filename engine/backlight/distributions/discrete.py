"""Discrete distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import backend, creation, ops, random
from ..autograd.modes import no_grad
from ..nn import functional as F
from ..tensor import Tensor, wrap
from . import constraints
from .distribution import (
    Distribution,
    ExponentialFamily,
    broadcast_all,
    clamp_probs,
    lazy,
    logits_to_probs,
    probs_to_logits,
    tiny,
    uniform,
)
from .gamma import draw_gamma


def _one_of(probs: Any, logits: Any) -> None:
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")


class _Binary(ExponentialFamily):
    """Given by `probs`, or by `logits`: log (p / (1 - p))."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    probs_constraint: Any = constraints.unit_interval

    def _take(self, probs: Any, logits: Any) -> Tensor:
        _one_of(probs, logits)
        if probs is not None:
            (self.probs,) = broadcast_all(probs)
            return self.probs
        (self.logits,) = broadcast_all(logits)
        return self.logits

    @property
    def _param(self) -> Tensor:
        return self.__dict__["probs"] if "probs" in self.__dict__ else self.__dict__["logits"]

    @lazy
    def logits(self) -> Tensor:
        """log (p / (1 - p))."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy
    def probs(self) -> Tensor:
        """The probability of a success."""
        return logits_to_probs(self.logits, is_binary=True)


class Bernoulli(_Binary):
    """One with probability `probs`, else zero."""

    support = constraints.boolean
    has_enumerate_support = True

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(self._take(probs, logits).shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        found = (self.probs >= 0.5).to(self.probs.dtype)
        return ops.where(self.probs == 0.5, math.nan, found)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        with no_grad():
            return random.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -F.binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Tensor:
        """See Distribution."""
        return F.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """See Distribution."""
        return self._enumerated(creation.arange(2, dtype=self._param.dtype), expand)


class Geometric(_Binary):
    """How many failures come before the first success."""

    support = constraints.nonnegative_integer

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(self._take(probs, logits).shape, validate_args=validate_args)
        if self._validate_args and probs is not None and not bool((self.probs > 0).all()):
            bad = self.probs[self.probs <= 0]
            raise ValueError(
                f"Expected parameter probs (Tensor of shape {tuple(self.probs.shape)}) of "
                f"distribution {self!r} to be positive but found invalid values:\n{bad}"
            )

    @property
    def mean(self) -> Tensor:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        return self.probs * 0

    @property
    def variance(self) -> Tensor:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        with no_grad():
            u = uniform(self._extended_shape(sample_shape), self.probs, tiny(self.probs), 1)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        probs = ops.where((probs == 1) & (value == 0), 0.0, probs)
        return value * (-probs).log1p() + self.probs.log()

    def entropy(self) -> Tensor:
        """See Distribution."""
        return (
            F.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")
            / self.probs
        )


class Binomial(_Binary):
    """How many of `total_count` trials succeed."""

    has_enumerate_support = True

    def __init__(
        self,
        total_count: Any = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        _one_of(probs, logits)
        if probs is not None:
            self.total_count, self.probs = broadcast_all(total_count, probs)
        else:
            self.total_count, self.logits = broadcast_all(total_count, logits)
        self.total_count = self.total_count.type_as(self._param)
        super().__init__(self._param.shape, validate_args=validate_args)

    @property
    def support(self) -> Any:  # type: ignore[override]
        return constraints.integer_interval(0, self.total_count)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Binomial:
        """See Distribution."""
        made: Any = super().expand(batch_shape)
        made.total_count = self.total_count.expand(tuple(batch_shape))
        return made

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        shape = self._extended_shape(sample_shape)
        most = int(self.total_count.max())
        with no_grad():
            trials = random.bernoulli(self.probs.expand(shape).unsqueeze(-1).expand((*shape, most)))
            counted = creation.arange(most) < self.total_count.unsqueeze(-1)
            return (trials * counted).sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        n, logits = self.total_count, self.logits
        ways = ops.lgamma(n + 1) - ops.lgamma(value + 1) - ops.lgamma(n - value + 1)
        positive = logits.clamp(min=0)
        return ways + value * logits - n * positive - n * ops.log1p(ops.exp(-logits.abs()))

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """See Distribution."""
        most = int(self.total_count.max())
        if int(self.total_count.min()) != most:
            raise NotImplementedError(
                "Inhomogeneous total count not supported by `enumerate_support`."
            )
        return self._enumerated(creation.arange(1 + most, dtype=self._param.dtype), expand)


class Poisson(ExponentialFamily):
    """How often something happens that happens `rate` times in the mean."""

    arg_constraints = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.rate

    @property
    def mode(self) -> Tensor:
        return self.rate.floor()

    @property
    def variance(self) -> Tensor:
        return self.rate

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        rate = self.rate.detach().expand(self._extended_shape(sample_shape))
        return wrap(backend.of(rate._array).asarray(draw_poisson(rate.cpu().numpy())))

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        rate, value = broadcast_all(self.rate, value)
        return ops.xlogy(value, rate) - rate - ops.lgamma(value + 1)


def draw_poisson(rate: np.ndarray) -> np.ndarray:
    """Poisson numbers: a large rate is parted by a Gamma number (Ahrens and Dieter 1974)."""
    flat = rate.reshape(-1).astype(np.float64).copy()
    counts = np.zeros_like(flat)
    while (large := np.flatnonzero(flat > 16)).size:
        order = np.floor(flat[large] * 7 / 8)
        time = draw_gamma(order)
        late = time > flat[large]
        share = np.where(late, flat[large] / time, 0)
        for k in np.flatnonzero(late):  # the events before the order-th are spread evenly
            counts[large[k]] += random.bernoulli_mask(
                (int(order[k]) - 1,), share[k], np.dtype(bool)
            ).sum()
        counts[large] += np.where(late, 0, order)
        flat[large] = np.where(late, 0, flat[large] - time)
    limit, product = np.exp(-flat), np.ones_like(flat)
    going = np.ones(flat.shape, bool)
    while going.any():
        product[going] *= random.uniform((int(going.sum()),), np.dtype("float64"))
        going &= product > limit
        counts[going] += 1
    return counts.reshape(rate.shape).astype(rate.dtype)


class Categorical(Distribution):
    """One of several, by `probs` (which are made to sum to one) or by `logits`."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        _one_of(probs, logits)
        given = probs if probs is not None else logits
        if given.dim() < 1:
            name = "probs" if probs is not None else "logits"
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        if probs is not None:
            self.probs = probs / probs.sum(-1, keepdim=True)
        else:
            self.logits = logits - logits.logsumexp(dim=-1, keepdim=True)
        self._num_events = given.size(-1)
        super().__init__(tuple(given.shape)[:-1], validate_args=validate_args)

    _param = _Binary._param

    @property
    def support(self) -> Any:  # type: ignore[override]
        return constraints.integer_interval(0, self._num_events - 1)

    @lazy
    def logits(self) -> Tensor:
        """Log probabilities."""
        return probs_to_logits(self.probs)

    @lazy
    def probs(self) -> Tensor:
        """Probabilities that sum to one."""
        return logits_to_probs(self.logits)

    @property
    def param_shape(self) -> Any:
        """The shape of `probs`."""
        return self._param.size()

    @property
    def mean(self) -> Tensor:
        return creation.full(tuple(self._extended_shape()), math.nan, dtype=self.probs.dtype)

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(dim=-1)

    @property
    def variance(self) -> Tensor:
        return self.mean

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        flat = self.probs.detach().reshape(-1, self._num_events)
        count = math.prod(sample_shape)
        drawn = random.multinomial(flat, count, True).T
        return drawn.reshape(tuple(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        value = value.long().unsqueeze(-1)
        value, log_p = ops.broadcast_tensors(value, self.logits)
        return log_p.gather(-1, value[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        """See Distribution."""
        least = -3.4028234663852886e38 if self.logits.dtype.itemsize == 4 else -1.7e308
        return -(self.logits.clamp(min=least) * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """See Distribution."""
        return self._enumerated(creation.arange(self._num_events), expand)


class OneHotCategorical(Distribution):
    """A Categorical whose draws are rows with a single one."""

    arg_constraints = Categorical.arg_constraints
    support = constraints.one_hot
    has_enumerate_support = True

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(
            self._categorical.batch_shape, tuple(self._categorical.param_shape)[-1:], False
        )

    def expand(self, batch_shape: Any, _instance: Any = None) -> OneHotCategorical:
        """See Distribution."""
        made = type(self).__new__(type(self))
        made._categorical = self._categorical.expand(batch_shape)
        Distribution.__init__(made, batch_shape, self._event_shape, False)
        return made

    @property
    def probs(self) -> Tensor:
        """Probabilities that sum to one."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Log probabilities."""
        return self._categorical.logits

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return F.one_hot(self._categorical.mode, self._event_shape[0]).to(self.probs.dtype)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        drawn = self._categorical.sample(sample_shape)
        return F.one_hot(drawn, self._event_shape[0]).to(self.probs.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        return self._categorical.log_prob(value.max(-1)[1])

    def entropy(self) -> Tensor:
        """See Distribution."""
        return self._categorical.entropy()


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """The same; gradients flow to the probabilities as if they had been drawn."""

    has_rsample = True

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        return self.sample(sample_shape) + (self.probs - self.probs.detach())


class Multinomial(Distribution):
    """How often each of several comes in `total_count` draws."""

    arg_constraints = Categorical.arg_constraints

    def __init__(
        self,
        total_count: int = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(
            self._categorical.batch_shape, tuple(self._categorical.param_shape)[-1:], False
        )

    @property
    def support(self) -> Any:  # type: ignore[override]
        return constraints.multinomial(self.total_count)

    @property
    def probs(self) -> Tensor:
        """Probabilities that sum to one."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Log probabilities."""
        return self._categorical.logits

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        drawn = self._categorical.sample((self.total_count, *sample_shape))
        return F.one_hot(drawn, self._event_shape[0]).sum(0).to(self.probs.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        ways = ops.lgamma(value.sum(-1) + 1) - ops.lgamma(value + 1).sum(-1)
        logits = ops.where((value == 0) & (logits == -math.inf), 0.0, logits)
        return ways + (logits * value).sum(-1)


class RelaxedBernoulli(_Binary):
    """A Bernoulli made continuous: the sigmoid of logits and noise over a temperature."""

    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        self.temperature = temperature
        super().__init__(self._take(probs, logits).shape, validate_args=validate_args)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(uniform(shape, probs))
        noise = u.log() - (-u).log1p() + probs.log() - (-probs).log1p()
        return ops.sigmoid(noise / self.temperature)

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        x = clamp_probs(value).log() - (-clamp_probs(value)).log1p()
        difference = self.logits - x * self.temperature
        base = ops.log(ops.full_like(difference, 1.0) * self.temperature) + difference
        inner = base - 2 * difference.exp().log1p()
        return inner - (F.logsigmoid(x) + F.logsigmoid(-x))


class RelaxedOneHotCategorical(Distribution):
    """A OneHotCategorical made continuous (Gumbel-Softmax; Jang et al. 2017)."""

    arg_constraints = Categorical.arg_constraints
    support = constraints.simplex
    has_rsample = True

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        self.temperature = temperature
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(
            self._categorical.batch_shape, tuple(self._categorical.param_shape)[-1:], False
        )

    @property
    def probs(self) -> Tensor:
        """Probabilities that sum to one."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Log probabilities."""
        return self._categorical.logits

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """See Distribution."""
        shape = self._extended_shape(sample_shape)
        u = clamp_probs(uniform(shape, self.logits))
        scores = (self.logits - (-(u.log())).log()) / self.temperature
        return (scores - scores.logsumexp(dim=-1, keepdim=True)).exp()

    def log_prob(self, value: Tensor) -> Tensor:
        """See Distribution."""
        k, t = self._event_shape[0], self.temperature
        logits, value = broadcast_all(self.logits, value)
        log_scale = math.lgamma(k) - math.log(1.0 / float(t)) * (k - 1)
        score = logits - value.log() * t
        score = (score - score.logsumexp(dim=-1, keepdim=True)).sum(-1)
        return score + log_scale - value.log().sum(-1)
