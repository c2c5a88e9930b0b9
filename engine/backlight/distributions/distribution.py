"""What all distributions share: shapes, validation, samples, and the parameters' two forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import creation, dtypes, ops
from ..autograd.modes import no_grad
from ..tensor import Size, Tensor
from . import constraints


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Parameters as tensors of one shape; numbers take the dtype of a tensor beside them."""
    for value in values:
        if not isinstance(value, (Tensor, int, float)):
            raise ValueError(
                "Input arguments must all be instances of Number, torch.Tensor or objects "
                "implementing __torch_function__."
            )
    like = next((v for v in values if isinstance(v, Tensor)), None)
    dtype = dtypes.get_default_dtype() if like is None else like.dtype
    device = None if like is None else like.device
    tensors = [
        v if isinstance(v, Tensor) else creation.tensor(v, dtype=dtype, device=device)
        for v in values
    ]
    return tuple(ops.broadcast_tensors(*tensors))


def standard_normal(shape: Sequence[int], like: Tensor) -> Tensor:
    """Normal numbers with the dtype and device of a tensor."""
    return creation.empty(tuple(shape), dtype=like.dtype, device=like.device).normal_()


def uniform(shape: Sequence[int], like: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Uniform numbers with the dtype and device of a tensor."""
    return creation.empty(tuple(shape), dtype=like.dtype, device=like.device).uniform_(low, high)


def tiny(like: Tensor) -> float:
    """The least normal number of a dtype."""
    return dtypes.finfo(like.dtype).tiny


def eps(like: Tensor) -> float:
    """The distance from one to the next number of a dtype."""
    return dtypes.finfo(like.dtype).eps


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities kept off zero and one."""
    return probs.clamp(min=eps(probs), max=1 - eps(probs))


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """log p, or log (p / (1 - p))."""
    kept = clamp_probs(probs)
    return ops.log(kept) - ops.log1p(-kept) if is_binary else ops.log(kept)


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """The inverse of `probs_to_logits`."""
    return ops.sigmoid(logits) if is_binary else ops.softmax(logits, dim=-1)


def sum_rightmost(value: Tensor, ndims: int) -> Tensor:
    """The sum over the last dimensions."""
    return value if ndims == 0 else value.reshape(*value.shape[: value.ndim - ndims], -1).sum(-1)


class lazy:
    """An attribute computed on first use: `probs` from `logits` and the other way round."""

    def __init__(self, compute: Callable) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        value = self.compute(instance)
        instance.__dict__[self.name] = value
        return value


class Distribution:
    """Base of all distributions.

    batch_shape: of the parameters, broadcast; event_shape: of one draw. A sample has
    `sample_shape + batch_shape + event_shape`. Raises ValueError where parameters or values are
    outside their constraints, unless `validate_args` is False.
    """

    has_rsample = False
    has_enumerate_support = False
    _validate_args = True
    arg_constraints: Any = {}
    support: Any = None

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions made from now on check their parameters."""
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    def __init__(
        self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None
    ) -> None:
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if not self._validate_args:
            return
        for name, constraint in self.arg_constraints.items():
            given = name in self.__dict__ or not isinstance(getattr(type(self), name, None), lazy)
            if constraints.is_dependent(constraint) or not given:
                continue
            value = getattr(self, name)
            valid = constraint.check(value)
            if not bool(valid.all()):
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape "
                    f"{tuple(value.shape)}) of distribution {self!r} to satisfy the constraint "
                    f"{constraint!r}, but found invalid values:\n{value}"
                )

    # Shapes ----------------------------------------------------------------------------------

    @property
    def batch_shape(self) -> Size:
        """The shape of the parameters."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one draw."""
        return self._event_shape

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same distribution with its parameters expanded to a batch shape."""
        new = type(self).__new__(type(self))
        batch_shape = tuple(batch_shape)
        for name in self.arg_constraints:
            if name in self.__dict__:
                value = self.__dict__[name]
                own = value.shape[len(self._batch_shape) :]
                new.__dict__[name] = value.expand(batch_shape + tuple(own))
        for name, value in self.__dict__.items():
            if name not in new.__dict__ and not isinstance(value, (Tensor, Distribution)):
                new.__dict__[name] = value
        new._batch_shape = Size(batch_shape)
        new._rebuild()
        return new

    def _rebuild(self) -> None:
        """Make what was derived from the parameters again, after `expand`."""

    # What a distribution can do --------------------------------------------------------------

    @property
    def mean(self) -> Tensor:
        """The expected value."""
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        raise NotImplementedError(f"{type(self)} does not implement mode")

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean."""
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Draws without a gradient."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Draws through which gradients flow to the parameters (reparameterised)."""
        raise NotImplementedError

    def sample_n(self, n: int) -> Tensor:
        """`n` draws."""
        return self.sample((n,))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or of the probability, at a value."""
        raise NotImplementedError

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of a smaller or equal value."""
        raise NotImplementedError

    def icdf(self, value: Tensor) -> Tensor:
        """The value below which a share of all draws lies."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values of a discrete distribution, along dimension 0."""
        raise NotImplementedError

    def _enumerated(self, values: Tensor, expand: bool) -> Tensor:
        values = values.view((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1, *self._batch_shape)) if expand else values

    def entropy(self) -> Tensor:
        """The expected surprise, in nats."""
        raise NotImplementedError

    def perplexity(self) -> Tensor:
        """exp of the entropy."""
        return ops.exp(self.entropy())

    def _validate_sample(self, value: Any) -> None:
        if not self._validate_args:
            return
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        event = len(self._event_shape)
        start = value.ndim - event
        if tuple(value.shape[start:]) != tuple(self._event_shape):
            raise ValueError(
                f"The right-most size of value must match event_shape: {value.shape} vs "
                f"{self._event_shape}."
            )
        actual, expected = value.shape, (*self._batch_shape, *self._event_shape)
        for i, j in zip(reversed(actual), reversed(expected)):
            if i != 1 and j != 1 and i != j:
                raise ValueError(
                    f"Value is not broadcastable with batch_shape+event_shape: {actual} vs "
                    f"{Size(expected)}."
                )
        support = self.support
        if support is None:
            return
        if not bool(support.check(value).all()):
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) "
                f"to be within the support ({support!r}) of the distribution {self!r}, but found "
                f"invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        names = [name for name in self.arg_constraints if name in self.__dict__]
        parts = []
        for name in names:
            value = self.__dict__[name]
            parts.append(f"{name}: {value if value.numel() == 1 else value.size()}")
        return f"{type(self).__name__}({', '.join(parts)})"


class ExponentialFamily(Distribution):
    """A distribution of the exponential family."""
