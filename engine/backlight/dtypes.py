"""The element types, and which type a combination of them has.

A dtype is one object, compared by identity. NumPy's dtype of the same name is what arrays have;
`of` translates. Promotion follows PyTorch: bool < integer < floating < complex are categories; a
tensor with dimensions outranks one without, and both outrank a Python number, unless the lower one
is of a higher category.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

BOOL, INTEGER, FLOATING, COMPLEX = range(4)


class dtype:
    """An element type; `repr` is PyTorch's name."""

    __slots__ = ("name", "numpy", "category", "itemsize", "legacy")

    def __init__(self, name: str, category: int, legacy: str) -> None:
        self.name = name
        self.numpy = np.dtype(name)
        self.category = category
        self.itemsize = self.numpy.itemsize
        self.legacy = legacy  # "Float" in messages and in "torch.FloatTensor"

    @property
    def is_floating_point(self) -> bool:
        return self.category == FLOATING

    @property
    def is_complex(self) -> bool:
        return self.category == COMPLEX

    @property
    def is_signed(self) -> bool:
        return self.numpy.kind in "ifc"

    def to_real(self) -> dtype:
        """The dtype of the real part."""
        return {complex64: float32, complex128: float64}.get(self, self)

    def to_complex(self) -> dtype:
        """The complex dtype of the same precision."""
        if self.category == COMPLEX:
            return self
        return complex128 if self is float64 else complex64

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> Any:
        return (named, (self.name,))


uint8 = dtype("uint8", INTEGER, "Byte")
int8 = dtype("int8", INTEGER, "Char")
int16 = dtype("int16", INTEGER, "Short")
int32 = dtype("int32", INTEGER, "Int")
int64 = dtype("int64", INTEGER, "Long")
uint16 = dtype("uint16", INTEGER, "UInt16")
uint32 = dtype("uint32", INTEGER, "UInt32")
uint64 = dtype("uint64", INTEGER, "UInt64")
float16 = dtype("float16", FLOATING, "Half")
float32 = dtype("float32", FLOATING, "Float")
float64 = dtype("float64", FLOATING, "Double")
complex64 = dtype("complex64", COMPLEX, "ComplexFloat")
complex128 = dtype("complex128", COMPLEX, "ComplexDouble")
bool_ = dtype("bool", BOOL, "Bool")

ALL = (
    uint8, int8, int16, int32, int64, uint16, uint32, uint64,
    float16, float32, float64, complex64, complex128, bool_,
)  # fmt: skip

#: Other names of the same objects, as `torch.long`.
ALIASES = {
    "half": float16,
    "float": float32,
    "double": float64,
    "short": int16,
    "int": int32,
    "long": int64,
    "cfloat": complex64,
    "cdouble": complex128,
}

_BY_NAME = {d.name: d for d in ALL}
_BY_NUMPY = {d.numpy: d for d in ALL}

_default = float32


def named(name: str) -> dtype:
    """The dtype of this name."""
    return _BY_NAME[name]


def of(array_dtype: Any) -> dtype:
    """The dtype of an array's NumPy dtype; raises TypeError where PyTorch has none."""
    found = _BY_NUMPY.get(array_dtype)
    if found is None:
        found = _BY_NUMPY.get(np.dtype(array_dtype).newbyteorder("="))
    if found is None:
        raise TypeError(
            f"can't convert np.ndarray of type numpy.{np.dtype(array_dtype).name}. The only "
            "supported types are: float64, float32, float16, complex64, complex128, int64, int32, "
            "int16, int8, uint64, uint32, uint16, uint8, and bool."
        )
    return found


def checked(value: Any) -> dtype:
    """A dtype as a user gives it: ours, or Python's float, int, bool or complex."""
    if type(value) is dtype:
        return value
    python = {float: float64, int: int64, bool: bool_, complex: complex128}
    if value in python:
        return python[value]
    raise TypeError(f"dtype must be a torch.dtype (such as torch.float32), not {value!r}")


def get_default_dtype() -> dtype:
    """The dtype that Python floats become; float32 unless it was set."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Set the dtype that Python floats become; it must be a floating point dtype."""
    global _default
    if not (isinstance(d, dtype) and d.is_floating_point):
        raise TypeError("only floating-point types are supported as the default type")
    _default = d


def of_number(value: Any) -> dtype:
    """The dtype that a Python number becomes as a tensor."""
    if isinstance(value, (bool, np.bool_)):
        return bool_
    if isinstance(value, (int, np.integer)):
        return int64
    if isinstance(value, (float, np.floating)):
        return _default
    return _default.to_complex()


def promote_types(a: dtype, b: dtype) -> dtype:
    """The smallest dtype that holds both, by PyTorch's table."""
    if a is b:
        return a
    low, high = (a, b) if a.category <= b.category else (b, a)
    if low.category == high.category:
        if {low, high} & {uint16, uint32, uint64}:
            raise RuntimeError(
                "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
                f"{a.legacy} and {b.legacy}"
            )
        return _BY_NUMPY[np.promote_types(a.numpy, b.numpy)]
    if high.category == COMPLEX and low is float64:
        return complex128
    return high


def _combine(high: dtype | None, low: dtype | None) -> dtype | None:
    """Combine two ranks of operands: the higher rank decides unless its category is lower."""
    if high is None:
        return low
    if low is None or high.category == COMPLEX:
        return high
    if high.category == FLOATING:
        return high.to_complex() if low.category == COMPLEX else high
    if high.category == BOOL or low.category >= FLOATING:
        return promote_types(high, low)
    return high


def result_of(
    with_dims: Iterable[dtype], without_dims: Iterable[dtype], numbers: Iterable[Any]
) -> dtype:
    """The dtype of an operation on tensors with and without dimensions and Python numbers."""
    ranks: list[dtype | None] = []
    for operands in (with_dims, without_dims, map(of_number, numbers)):
        rank: dtype | None = None
        for d in operands:
            rank = d if rank is None else promote_types(rank, d)
        ranks.append(rank)
    result = _combine(ranks[0], _combine(ranks[1], ranks[2]))
    if result is None:
        raise ValueError("at least one operand is needed to tell the dtype of a result")
    return result


def can_cast(source: dtype, target: dtype) -> bool:
    """Tell whether a result may be written into a tensor of another dtype."""
    if source.category == BOOL or target.category == source.category:
        return True
    return target.category >= source.category and target.category != BOOL


class finfo:
    """The limits of a floating point dtype, with PyTorch's names."""

    def __init__(self, type: dtype | None = None) -> None:
        d = _default if type is None else checked(type)
        if d.category < FLOATING:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle "
                f"'{d!r}'"
            )
        limits = np.finfo(d.numpy)
        self.bits = d.to_real().itemsize * 8
        self.dtype = d.to_real().name
        self.eps = float(limits.eps)
        self.max = float(limits.max)
        self.min = float(limits.min)
        self.tiny = self.smallest_normal = float(limits.tiny)
        self.resolution = float(limits.resolution)

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.tiny:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )


class iinfo:
    """The limits of an integer dtype, with PyTorch's names."""

    def __init__(self, type: dtype) -> None:
        d = checked(type)
        if d.category != INTEGER:
            raise TypeError(
                f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{d!r}'"
            )
        limits = np.iinfo(d.numpy)
        self.bits, self.dtype = d.itemsize * 8, d.name
        self.max, self.min = int(limits.max), int(limits.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
