"""Recurrent layers: RNN, LSTM and GRU, whole and one step at a time."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from .. import ops
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import unset
from .utils.rnn import PackedSequence

#: How many gates each kind has.
GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


def _lstm_step(gates: Tensor, hidden: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Input, forget, candidate and output gates, and the state (Hochreiter, Schmidhuber 1997)."""
    i, f, g, o = gates.chunk(4, -1)
    c = ops.sigmoid(f) * hidden[1] + ops.sigmoid(i) * ops.tanh(g)
    return ops.sigmoid(o) * ops.tanh(c), c


def _gru_step(from_input: Tensor, from_hidden: Tensor, hidden: Tensor) -> Tensor:
    """Reset, update and candidate (Cho et al. 2014)."""
    ri, zi, ni = from_input.chunk(3, -1)
    rh, zh, nh = from_hidden.chunk(3, -1)
    new = ops.tanh(ni + ops.sigmoid(ri + rh) * nh)
    z = ops.sigmoid(zi + zh)
    return (hidden - new) * z + new


class RNNBase(Module):
    """What the recurrent layers share: parameters, checks, and the walk over layers and steps."""

    def __init__(
        self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        proj_size: int = 0, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        directions = 2 if bidirectional else 1
        if (
            isinstance(dropout, bool)
            or not isinstance(dropout, (int, float))
            or not 0 <= dropout <= 1
        ):
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                "element being zeroed"
            )
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                f"num_layers={num_layers}",
                stacklevel=2,
            )
        if not isinstance(hidden_size, int):
            raise TypeError(f"hidden_size should be of type int, got: {type(hidden_size).__name__}")
        if hidden_size <= 0:
            raise ValueError("hidden_size must be greater than zero")
        if num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if proj_size < 0:
            raise ValueError(
                "proj_size should be a positive integer or zero to disable projections"
            )
        if proj_size >= hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        rows = GATES[mode] * hidden_size
        self._names: list[list[str]] = []
        for layer in range(num_layers):
            for direction in range(directions):
                out = proj_size if proj_size > 0 else hidden_size
                width = input_size if layer == 0 else out * directions
                end = f"_l{layer}" + ("_reverse" if direction else "")
                shapes = {"weight_ih": (rows, width), "weight_hh": (rows, out)}
                if bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                if proj_size > 0:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                for name, shape in shapes.items():
                    setattr(self, name + end, unset(shape, device, dtype))
                self._names.append([name + end for name in shapes])
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new values, uniform within 1 / sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Does nothing: parameters need not lie in a row."""

    @property
    def all_weights(self) -> list[list[Tensor]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._names]

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        for name, usual in (
            ("proj_size", 0), ("num_layers", 1), ("bias", True), ("batch_first", False),
            ("dropout", 0), ("bidirectional", False),
        ):  # fmt: skip
            value = getattr(self, name)
            if value != usual:
                text += f", {name}={value}"
        return text

    # One direction of one layer --------------------------------------------------------------

    def _walk(
        self, x: Tensor, hidden: Any, names: list[str], sizes: list[int] | None, backwards: bool
    ) -> tuple[Tensor, Any]:
        """The outputs of all steps and the last state.

        x: (T, N, width); with `sizes`, rows of a packed sequence, so many at each step.
        """
        weights = {name.partition("_l")[0]: getattr(self, name) for name in names}
        from_input = F.linear(x, weights["weight_ih"], weights.get("bias_ih"))
        steps = from_input.unbind(0) if sizes is None else from_input.split(sizes)
        order = range(len(steps) - 1, -1, -1) if backwards else range(len(steps))
        outputs: list[Any] = [None] * len(steps)
        state = hidden if isinstance(hidden, tuple) else (hidden,)
        if sizes is None:
            for t in order:
                state = self._step(steps[t], state, weights)
                outputs[t] = state[0]
            return ops.stack(outputs), state
        ended: list[Any] = []
        active = tuple(s[: sizes[order[0]]] for s in state)
        waiting = state
        for t in order:
            n = sizes[t]
            have = active[0].shape[0]
            if n < have:  # some sequences are over
                ended.append(tuple(s[n:] for s in active))
                active = tuple(s[:n] for s in active)
            elif n > have:  # backwards: longer ones begin later
                active = tuple(ops.cat([s, w[have:n]]) for s, w in zip(active, waiting))
            active = self._step(steps[t], active, weights)
            outputs[t] = active[0]
        last = tuple(
            ops.cat([active[k], *(part[k] for part in reversed(ended))]) if ended else active[k]
            for k in range(len(state))
        )
        return ops.cat(outputs), last

    def _step(self, x: Tensor, state: tuple, weights: dict[str, Tensor]) -> tuple:
        h = state[0]
        from_hidden = F.linear(h, weights["weight_hh"], weights.get("bias_hh"))
        if self.mode == "LSTM":
            h, c = _lstm_step(x + from_hidden, state)  # type: ignore[arg-type]
            if self.proj_size:
                h = F.linear(h, weights["weight_hr"])
            return h, c
        if self.mode == "GRU":
            return (_gru_step(x, from_hidden, h),)
        function: Callable = ops.tanh if self.mode == "RNN_TANH" else ops.relu
        return (function(x + from_hidden),)

    # All of them -----------------------------------------------------------------------------

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Outputs of all steps, and the last state of each layer and direction."""
        packed = isinstance(input, PackedSequence)
        lstm = self.mode == "LSTM"
        sizes = None
        if packed:
            x, batch_sizes, sorted_indices, unsorted_indices = input
            sizes = [int(n) for n in batch_sizes.tolist()]
            n, batched = sizes[0], True
        else:
            if input.ndim not in (2, 3):
                raise ValueError(
                    f"{type(self).__name__}: Expected input to be 2D or 3D, got {input.ndim}D "
                    "instead"
                )
            batched = input.ndim == 3
            x = input
            if not batched:
                x = x.unsqueeze(0 if self.batch_first else 1)
            if self.batch_first:
                x = x.transpose(0, 1)
            n = x.shape[1]
        if x.shape[-1] != self.input_size:
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. Expected "
                f"{self.input_size}, got {x.shape[-1]}"
            )
        directions = 2 if self.bidirectional else 1
        out = self.proj_size or self.hidden_size
        widths = (out, self.hidden_size) if lstm else (out,)
        if hx is None:
            state = tuple(x.new_zeros(self.num_layers * directions, n, w) for w in widths)
        else:
            state = tuple(hx) if lstm else (hx,)
            state = self._checked(state, batched, n, widths, directions)
            if packed and sorted_indices is not None:
                state = tuple(s.index_select(1, sorted_indices) for s in state)
        last: list[Any] = []
        for layer in range(self.num_layers):
            found = []
            for direction in range(directions):
                k = layer * directions + direction
                y, end = self._walk(
                    x, tuple(s[k] for s in state), self._names[k], sizes, bool(direction)
                )
                found.append(y)
                last.append(end)
            x = found[0] if directions == 1 else ops.cat(found, -1)
            if self.dropout and self.training and layer < self.num_layers - 1:
                x = F.dropout(x, self.dropout)
        hidden = tuple(ops.stack([each[k] for each in last]) for k in range(len(widths)))
        if packed:
            if unsorted_indices is not None:
                hidden = tuple(h.index_select(1, unsorted_indices) for h in hidden)
            result: Any = PackedSequence(x, batch_sizes, sorted_indices, unsorted_indices)
        else:
            result = x.transpose(0, 1) if self.batch_first else x
            if not batched:
                result = result.squeeze(0 if self.batch_first else 1)
                hidden = tuple(h.squeeze(1) for h in hidden)
        return result, hidden if lstm else hidden[0]

    def _checked(
        self, state: tuple, batched: bool, n: int, widths: tuple, directions: int
    ) -> tuple:
        names = ("hidden[0]", "hidden[1]") if len(widths) == 2 else ("hidden",)
        dims = 3 if batched else 2
        if any(s.ndim != dims for s in state):
            if len(widths) == 2:
                kind = "3-D" if batched else "2-D"
                word = "batched 3-D" if batched else "unbatched 2-D"
                found = ", ".join(f"{s.dim()}-D" for s in state)
                raise RuntimeError(
                    f"For {word} input, hx and cx should also be {kind} but got ({found}) tensors"
                )
            word = "batched 3-D" if batched else "unbatched 2-D"
            raise RuntimeError(
                f"For {word} input, hx should also be {dims}-D but got {state[0].dim()}-D tensor"
            )
        if not batched:
            state = tuple(s.unsqueeze(1) for s in state)
        for s, w, name in zip(state, widths, names):
            wanted = (self.num_layers * directions, n, w)
            if tuple(s.shape) != wanted:
                raise RuntimeError(f"Expected {name} size {wanted}, got {list(s.size())}")
        return state


class RNN(RNNBase):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu, over a sequence (T, N, input_size)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        if len(args) > 3:
            self_nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            self_nonlinearity = kwargs.pop("nonlinearity", "tanh")
        modes = {"tanh": "RNN_TANH", "relu": "RNN_RELU"}
        if self_nonlinearity not in modes:
            raise ValueError(
                f"Unknown nonlinearity '{self_nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(modes[self_nonlinearity], *args, **kwargs)
        self.nonlinearity = self_nonlinearity


class LSTM(RNNBase):
    """Long short-term memory over a sequence (T, N, input_size); the state is (h, c)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)


class GRU(RNNBase):
    """Gated recurrent units over a sequence (T, N, input_size)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        super().__init__("GRU", *args, **kwargs)


class RNNCellBase(Module):
    """One step: parameters weight_ih, weight_hh, bias_ih, bias_hh."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = unset((rows, input_size), device, dtype)
        self.weight_hh = unset((rows, hidden_size), device, dtype)
        for name in ("bias_ih", "bias_hh"):
            if bias:
                setattr(self, name, unset((rows,), device, dtype))
            else:
                self.register_parameter(name, None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new values, uniform within 1 / sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text

    def _parts(self, input: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        return (
            F.linear(input, self.weight_ih, self.bias_ih),
            F.linear(hidden, self.weight_hh, self.bias_hh),
        )

    def _prepared(self, input: Tensor, hx: Any, count: int) -> tuple[Tensor, tuple, bool]:
        name = type(self).__name__
        if input.ndim not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        state = None if hx is None else (hx if count == 2 else (hx,))
        for k, each in enumerate(state or ()):
            if each.ndim not in (1, 2):
                which = f"hx[{k}]" if count == 2 else "hidden"
                raise ValueError(
                    f"{name}: Expected {which} to be 1D or 2D, got {each.dim()}D instead"
                )
        batched = input.ndim == 2
        x = input if batched else input.unsqueeze(0)
        if state is None:
            zeros = x.new_zeros(x.size(0), self.hidden_size)
            return x, (zeros,) * count, batched
        return x, tuple(s if batched else s.unsqueeze(0) for s in state), batched


class RNNCell(RNNCellBase):
    """One step of an RNN: (N, input_size), (N, hidden_size) -> (N, hidden_size)."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        x, (h,), batched = self._prepared(input, hx, 1)
        a, b = self._parts(x, h)
        y = (ops.tanh if self.nonlinearity == "tanh" else ops.relu)(a + b)
        return y if batched else y.squeeze(0)


class LSTMCell(RNNCellBase):
    """One step of an LSTM: (N, input_size), (h, c) -> (h, c)."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Tensor]:
        x, state, batched = self._prepared(input, hx, 2)
        a, b = self._parts(x, state[0])
        h, c = _lstm_step(a + b, state)  # type: ignore[arg-type]
        return (h, c) if batched else (h.squeeze(0), c.squeeze(0))


class GRUCell(RNNCellBase):
    """One step of a GRU: (N, input_size), (N, hidden_size) -> (N, hidden_size)."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        x, (h,), batched = self._prepared(input, hx, 1)
        y = _gru_step(*self._parts(x, h), h)
        return y if batched else y.squeeze(0)
