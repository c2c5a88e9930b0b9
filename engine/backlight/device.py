"""Names of devices: where the memory of a tensor lies."""

from __future__ import annotations

from typing import Any

KINDS = ("cpu", "cuda")


class device:
    """A device by kind and number: `device("cuda", 0)`, `device("cuda:0")`, `device("cpu")`."""

    __slots__ = ("type", "index")

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index
        elif isinstance(type, int):
            type, index = "cuda", type
        elif ":" in type:
            type, _, number = type.partition(":")
            if index is not None or not number.isdecimal():
                raise RuntimeError(f"Invalid device string: '{type}:{number}'")
            index = int(number)
        if type not in KINDS:
            raise RuntimeError(
                f"Expected one of cpu, cuda device type at start of device string: {type}. "
                "Backlight computes on the CPU (NumPy) or on an NVIDIA GPU (CuPy)."
            )
        self.type: str = type
        self.index: int | None = index

    def __repr__(self) -> str:
        number = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{number})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, device):
            return NotImplemented
        return self.type == other.type and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> Any:
        return (device, (self.type, self.index))


CPU = device("cpu")
