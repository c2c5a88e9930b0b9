"""Padding as modules."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import functional as F
from .module import Module


class _Pad(Module):
    """Values around the last dimensions, from the mode of the class."""

    dims: int
    mode: str

    def __init__(self, padding: Any) -> None:
        super().__init__()
        n = 2 * self.dims
        self.padding = tuple(padding) if isinstance(padding, (list, tuple)) else (padding,) * n

    def forward(self, input: Tensor) -> Tensor:
        if self.mode == "circular":
            self._check_input_dim(input)
        return F.pad(input, self.padding, self.mode)

    def _check_input_dim(self, input: Tensor) -> None:
        n = self.dims
        if input.ndim not in (n + 1, n + 2):
            raise ValueError(f"expected {n + 1}D or {n + 2}D input (got {input.dim()}D input)")

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


_FAMILIES = {
    "ConstantPad": (_ConstantPad, "constant"), "ZeroPad": (_ZeroPad, "constant"),
    "ReflectionPad": (_Pad, "reflect"), "ReplicationPad": (_Pad, "replicate"),
    "CircularPad": (_Pad, "circular"),
}  # fmt: skip

__all__: list[str] = []
for _name, (_base, _mode) in _FAMILIES.items():
    for _n in (1, 2, 3):
        _full = f"{_name}{_n}d"
        _doc = f"Padding ({_mode}) of {_n} dimension(s); one number, or two for each, last first."
        globals()[_full] = type(
            _full, (_base,), {"dims": _n, "mode": _mode, "__doc__": _doc, "__module__": __name__}
        )
        __all__ += [_full]  # noqa: PLE0604
