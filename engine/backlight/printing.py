"""How a tensor prints: character for character as PyTorch.

Numbers of one tensor share a width and a notation, chosen by looking at all that are shown; long
tensors show their edges. What is not plain about the tensor (dtype, device, `grad_fn`) follows.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from . import backend, dtypes
from .tensor import Tensor


@dataclass
class _Options:
    """What `set_printoptions` sets."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


options = _Options()

_PROFILES = {
    "default": _Options(),
    "short": _Options(precision=2, edgeitems=2),
    "full": _Options(threshold=math.inf),
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors print.

    precision: digits after the point. threshold: elements from which only `edgeitems` at each edge
    are shown. linewidth: characters of a line. profile: "default", "short" or "full", which the
    others override. sci_mode: True or False for scientific notation; None lets the numbers decide.
    """
    given = {
        "precision": precision, "threshold": threshold, "edgeitems": edgeitems,
        "linewidth": linewidth,
    }  # fmt: skip
    if profile in _PROFILES:
        start = asdict(_PROFILES[profile])
        given = {name: start[name] if value is None else value for name, value in given.items()}
    for name, value in given.items():
        if value is not None:
            setattr(options, name, value)
    options.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The present options, as arguments for `set_printoptions`."""
    return asdict(options)


@contextlib.contextmanager
def printoptions(**given: Any) -> Iterator[None]:
    """Set options for a block."""
    before = get_printoptions()
    set_printoptions(**given)
    try:
        yield
    finally:
        set_printoptions(**before)


# Numbers --------------------------------------------------------------------------------------


class _Column:
    """The common width and notation of real numbers, bools or integers."""

    def __init__(self, shown: np.ndarray) -> None:
        flat = shown.reshape(-1)
        self.floating = flat.dtype.kind == "f"
        self.whole, self.scientific, self.width = True, False, 1
        if not self.floating:
            self.width = max((len(str(value)) for value in flat.tolist()), default=1)
            return
        plain = flat[np.isfinite(flat) & (flat != 0)]
        if not plain.size:
            return
        self.whole = bool((plain == np.ceil(plain)).all())
        size = np.abs(plain).astype(np.float64)
        low, high = size.min(), size.max()
        self.scientific = options.sci_mode
        if self.scientific is None:
            self.scientific = bool(high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4)
        point = 1 if self.whole and not self.scientific else 0  # for the "." that follows
        self.width = max(1, *(len(self._plain(value)) + point for value in plain.tolist()))

    def _plain(self, value: Any) -> str:
        if self.scientific:
            return f"{value:.{options.precision}e}"
        return f"{value:.0f}" if self.whole else f"{value:.{options.precision}f}"

    def text(self, value: Any) -> str:
        """One number, right-aligned in the column."""
        if not self.floating:
            written = str(value)
        else:
            written = self._plain(value)
            if self.whole and not self.scientific and math.isfinite(value):
                written += "."
        return written.rjust(self.width)


class _ComplexColumn:
    """Real and imaginary parts, each with a column of its own."""

    def __init__(self, shown: np.ndarray) -> None:
        self.real, self.imag = _Column(shown.real), _Column(shown.imag)
        self.width = self.real.width + self.imag.width + 1

    def text(self, value: complex) -> str:
        imag = self.imag.text(value.imag).lstrip() + "j"
        return self.real.text(value.real) + ("" if imag[0] in "+-" else "+") + imag


# Nested lists ---------------------------------------------------------------------------------


def _cut(length: int) -> bool:
    return length > 2 * options.edgeitems


def _edges(array: np.ndarray) -> np.ndarray:
    """The elements that a summary shows; they alone decide on width and notation."""
    if array.ndim == 0:
        return array
    edge = options.edgeitems
    if array.ndim == 1:
        # array[-0:] is the whole array, here as in PyTorch.
        return np.concatenate((array[:edge], array[-edge:])) if _cut(len(array)) else array
    if not edge:
        return array[:0]
    rows = [*array[:edge], *array[-edge:]] if _cut(len(array)) else array
    return np.stack([_edges(row) for row in rows])


def _vector(array: np.ndarray, indent: int, summary: bool, column: Any) -> str:
    if summary and not options.edgeitems:
        shown = ["..."]
    elif summary and _cut(len(array)):
        edge = options.edgeitems
        shown = [column.text(value) for value in array[:edge].tolist()]
        shown += [" ..."] + [column.text(value) for value in array[-edge:].tolist()]
    else:
        shown = [column.text(value) for value in array.tolist()]
    per_line = max(1, (options.linewidth - indent) // (column.width + 2))
    lines = [", ".join(shown[i : i + per_line]) for i in range(0, len(shown), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _nested(array: np.ndarray, indent: int, summary: bool, column: Any) -> str:
    if array.ndim == 0:
        return column.text(array.item())
    if array.ndim == 1:
        return _vector(array, indent, summary, column)
    edge = options.edgeitems
    if summary and _cut(len(array)):
        ends = (range(edge), range(len(array) - edge, len(array)))
        first, last = (
            [_nested(array[i], indent + 1, summary, column) for i in part] for part in ends
        )
        rows = [*first, "...", *last]
    else:
        rows = [_nested(row, indent + 1, summary, column) for row in array]
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(rows) + "]"


def numbers_text(array: np.ndarray, indent: int) -> str:
    """The numbers of an array as nested brackets; later lines are indented."""
    if not array.size:
        return "[]"
    summary = array.size > options.threshold
    shown = _edges(array) if summary else array
    column = (_ComplexColumn if array.dtype.kind == "c" else _Column)(shown)
    return _nested(array, indent, summary, column)


# The whole ------------------------------------------------------------------------------------


def _suffixes(tensor: Tensor, array: np.ndarray) -> Iterator[str]:
    """What is not plain about a tensor, in PyTorch's order."""
    if tensor.device.type != "cpu":
        yield f"device='{tensor.device}'"
    default, dtype = dtypes.get_default_dtype(), tensor.dtype
    if not array.size:
        if array.ndim != 1:
            yield f"size={tuple(array.shape)}"
        if dtype is not default:
            yield f"dtype={dtype!r}"
    else:
        if not options.edgeitems:
            yield f"size={tuple(array.shape)}"
        known = (default, default.to_complex(), dtypes.int64, dtypes.bool_)
        if not any(dtype is plain for plain in known):
            yield f"dtype={dtype!r}"
    try:
        node = tensor.grad_fn
    except RuntimeError:  # a view made in no_grad whose base was written to
        yield "grad_fn=<Invalid>"
        return
    if node is not None:
        yield f"grad_fn=<{node.name()}>"
    elif tensor.requires_grad:
        yield "requires_grad=True"


def tensor_repr(tensor: Tensor, plain: tuple[type, ...] = (Tensor,)) -> str:
    """The text of a tensor; a class that is not `plain` is named instead of "tensor"."""
    cls = type(tensor)
    prefix = "tensor(" if cls in plain else f"{cls.__name__}("
    array = backend.of(tensor._array).to_host(tensor._array)
    text = prefix + numbers_text(array, len(prefix))
    last_line = len(text) - text.rfind("\n") + 1
    for suffix in _suffixes(tensor, array):
        if last_line + len(suffix) + 2 > options.linewidth:
            text += ",\n" + " " * len(prefix) + suffix
            last_line = len(prefix) + len(suffix)
        else:
            text += ", " + suffix
            last_line += len(suffix) + 2
    return text + ")"


def typename(value: Any) -> str:
    """The name of a type in PyTorch's messages: "torch.FloatTensor", "int", "torch.nn.Linear"."""
    if isinstance(value, Tensor):
        return f"torch.{value.dtype.legacy}Tensor"
    cls = value if isinstance(value, type) else type(value)
    if cls.__module__ in ("builtins", "", None):
        return cls.__qualname__
    return f"{cls.__module__}.{cls.__qualname__}"


def tensor_format(tensor: Tensor, spec: str) -> str:
    """What an f-string shows: the number itself for a tensor without dimensions."""
    if type(tensor) is Tensor and not tensor._array.ndim:
        return format(tensor.item(), spec)
    if not spec:
        return str(tensor)
    raise TypeError(f"unsupported format string passed to {type(tensor).__name__}.__format__")


def _repr(self: Tensor) -> str:
    return tensor_repr(self)


Tensor.__repr__ = _repr
Tensor.__format__ = tensor_format
