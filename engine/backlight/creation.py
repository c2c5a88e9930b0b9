"""Functions that make tensors from data, from numbers or from the shape of another."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import backend, dtypes, errors
from .device import CPU
from .device import device as Device
from .ops.movement import ints
from .tensor import Size, Tensor, hooks, wrap

_current_device = CPU


def get_default_device() -> Device:
    """The device on which tensors are made that name none."""
    return _current_device


def set_default_device(device: Any) -> None:
    """Set the device on which tensors are made that name none."""
    global _current_device
    _current_device = CPU if device is None else Device(device)


def _finish(array: Any, device: Any, requires_grad: bool) -> Tensor:
    place = _current_device if device is None else Device(device)
    if place.type != "cpu":
        array = backend.named(place).from_host(array)
    return _with_gradient(wrap(array)) if requires_grad else wrap(array)


def _with_gradient(made: Tensor) -> Tensor:
    """A new tensor as a leaf that wants a gradient."""
    if made._array.dtype.kind not in "fc":
        raise errors.made_without_gradients()
    return made.requires_grad_()


def _numpy_dtype(dtype: Any) -> Any:
    return (dtypes.get_default_dtype() if dtype is None else dtypes.checked(dtype)).numpy


# From data ------------------------------------------------------------------------------------


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A copy of numbers, nested lists, NumPy arrays or a tensor."""
    return _finish(_array(data, dtype, True), device, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """As `tensor`, but what is a tensor or a NumPy array already is not copied."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    return _finish(_array(data, dtype, False), device, False)


asarray = as_tensor


def from_numpy(array: Any) -> Tensor:
    """A tensor on the memory of a NumPy array."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    dtypes.of(array.dtype)
    if any(step < 0 for step in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported. (You can probably work around this by making a "
            "copy of your array with array.copy().)"
        )
    return wrap(array)


def _array(data: Any, dtype: Any, copy: bool) -> Any:
    want = None if dtype is None else dtypes.checked(dtype).numpy
    if isinstance(data, Tensor):
        array = data._array
    elif isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
        dtypes.of(array.dtype)  # raises for what has no dtype here
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
    else:
        return _from_python(data, want)
    if want is not None and array.dtype != want:
        return array.astype(want)
    return array.copy() if copy else array


def _from_python(data: Any, want: Any) -> Any:
    kind = type(data)
    if kind in (float, int, bool, builtins.complex):
        return np.array(data, dtypes.of_number(data).numpy if want is None else want)
    if isinstance(data, str) or (not hasattr(data, "__len__") and not hasattr(data, "__iter__")):
        raise _unreadable(data)
    if not hasattr(data, "__len__"):
        raise TypeError(f"'{kind.__name__}' object has no len()")
    _check_regular(data, 0)
    data = _without_tensors(data)
    try:
        array = np.array(data)
    except OverflowError:
        array = np.array(data, dtype=object)
    if array.size == 0:
        return array.astype(_numpy_dtype(None) if want is None else want)
    if array.dtype.kind not in "biufc":
        raise _unreadable(_first_leaf(data))
    if want is None:
        want = {
            "b": np.dtype(bool), "i": np.dtype("int64"), "u": np.dtype("int64"),
            "f": dtypes.get_default_dtype().numpy,
            "c": dtypes.get_default_dtype().to_complex().numpy,
        }[array.dtype.kind]  # fmt: skip
        # Arrays in a list keep their own precision, as in PyTorch.
        leaf = _first_leaf(data)
        if isinstance(leaf, (np.ndarray, np.generic)) and not isinstance(leaf, float):
            want = array.dtype
    return array.astype(want)


def _unreadable(value: Any) -> TypeError:
    if value is None:
        return RuntimeError("Could not infer dtype of NoneType")
    if isinstance(value, str):
        return TypeError(f"new(): invalid data type '{type(value).__name__}'")
    return RuntimeError(f"Could not infer dtype of {type(value).__name__}")


def _first_leaf(data: Any) -> Any:
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return data


def _check_regular(data: Any, dim: int) -> None:
    """Raise where the lists of one dimension differ in length."""
    if not isinstance(data, (list, tuple)) or not data:
        return
    first = data[0]
    if isinstance(first, (list, tuple)):
        for item in data:
            if not isinstance(item, (list, tuple)):
                raise TypeError(
                    f"expected sequence at dim {dim + 1}, but found {type(item).__name__}"
                )
            if len(item) != len(first):
                raise ValueError(
                    f"expected sequence of length {len(first)} at dim {dim + 1} (got {len(item)})"
                )
        for item in data:
            _check_regular(item, dim + 1)
    else:
        for item in data:
            if isinstance(item, (list, tuple)):
                raise TypeError(f"must be real number, not {type(item).__name__}")
            if isinstance(item, str) or item is None:
                raise _unreadable(item)


def _without_tensors(data: Any) -> Any:
    if isinstance(data, Tensor):
        return data._array
    if isinstance(data, (list, tuple)) and any(isinstance(x, (list, tuple, Tensor)) for x in data):
        return [_without_tensors(x) for x in data]
    return data


def legacy_tensor(cls: type, data: tuple, device: Any) -> Tensor:
    """`Tensor()`, `Tensor(2, 3)` (unset), `Tensor([1, 2])` (default dtype)."""
    default = dtypes.get_default_dtype().numpy
    if not data:
        array = np.empty(0, default)
    elif all(isinstance(n, int) for n in data):
        array = np.zeros(data, default)
    elif len(data) == 1 and isinstance(data[0], Size):
        array = np.zeros(data[0], default)
    elif len(data) == 1:
        array = _array(data[0], dtypes.get_default_dtype(), not isinstance(data[0], Tensor))
    else:
        raise TypeError("Tensor() takes sizes or one sequence of data")
    return wrap(array, cls)


hooks.construct = legacy_tensor

# From a size ----------------------------------------------------------------------------------


def _maker(name: str, make: Callable, doc: str) -> Callable:
    def create(
        *size: Any, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
        requires_grad: bool = False, pin_memory: bool = False, **named: Any,
    ) -> Tensor:  # fmt: skip
        if "size" in named:
            size = (named.pop("size"),)
        if named:
            raise TypeError(f"{name}() got an unexpected keyword argument '{next(iter(named))}'")
        try:
            shape = ints(size)
        except (TypeError, AttributeError):
            wrong = next((n for n in size if not hasattr(n, "__index__")), size)
            raise TypeError(
                f"{name}(): argument 'size' (position 1) must be tuple of ints, but found element "
                f"of type {type(wrong).__name__} at pos 0"
            ) from None
        for n in shape:
            if n < 0:
                raise RuntimeError(
                    f"Trying to create tensor with negative dimension {n}: {errors.size(shape)}"
                )
        made = _finish(make(shape, _numpy_dtype(dtype)), device, requires_grad)
        return made if out is None else out.copy_(made)

    create.__name__ = create.__qualname__ = name
    create.__doc__ = doc
    return create


zeros = _maker("zeros", np.zeros, "A tensor of zeros.")
ones = _maker("ones", np.ones, "A tensor of ones.")
empty = _maker("empty", np.empty, "A tensor whose elements are not set.")


def full(
    size: Any, fill_value: Any, *, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor of one number; its dtype is that of the number unless given."""
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    want = dtypes.of_number(fill_value) if dtype is None else dtypes.checked(dtype)
    made = _finish(np.full(ints((size,)), fill_value, want.numpy), device, requires_grad)
    return made if out is None else out.copy_(made)


def _like(name: str, doc: str) -> Callable:
    def create(
        input: Tensor, *fill: Any, dtype: Any = None, layout: Any = None, device: Any = None,
        requires_grad: bool = False, memory_format: Any = None, **named: Any,
    ) -> Tensor:  # fmt: skip
        if not isinstance(input, Tensor):
            raise errors.not_a_tensor(f"{name}_like", "input", 1, input)
        want = input._array.dtype if dtype is None else dtypes.checked(dtype).numpy
        xp = backend.of(input._array) if device is None else backend.named(Device(device))
        shape = input._array.shape
        if name == "full":
            value = fill[0] if fill else named.pop("fill_value")
            if isinstance(value, Tensor):
                value = value.item()
            array = xp.full(shape, value, dtype=want)
        else:
            array = getattr(xp, name)(shape, want)
        return _with_gradient(wrap(array)) if requires_grad else wrap(array)

    create.__name__ = create.__qualname__ = name + "_like"
    create.__doc__ = doc
    return create


zeros_like = _like("zeros", "Zeros in the shape, dtype and device of another tensor.")
ones_like = _like("ones", "Ones in the shape, dtype and device of another tensor.")
empty_like = _like("empty", "An unset tensor in the shape, dtype and device of another.")
full_like = _like("full", "One number in the shape, dtype and device of another tensor.")


def _new(name: str) -> Callable:
    def method(
        self: Tensor, *size: Any, dtype: Any = None, device: Any = None,
        requires_grad: bool = False, **named: Any,
    ) -> Tensor:  # fmt: skip
        want = self.dtype if dtype is None else dtype
        place = self.device if device is None else device
        keywords = {"dtype": want, "device": place, "requires_grad": requires_grad, **named}
        if name == "full":
            if "fill_value" in keywords:
                return full(size[0] if len(size) == 1 else size, keywords.pop("fill_value"), **keywords)  # fmt: skip
            return full(*size, **keywords)
        return {"zeros": zeros, "ones": ones, "empty": empty}[name](*size, **keywords)

    method.__name__ = f"new_{name}"
    method.__doc__ = f"`{name}` with this tensor's dtype and device."
    return method


def new_tensor(
    self: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`tensor` with this tensor's dtype and device."""
    return tensor(
        data, dtype=self.dtype if dtype is None else dtype,
        device=self.device if device is None else device, requires_grad=requires_grad,
    )  # fmt: skip


for _name in ("zeros", "ones", "empty", "full"):
    setattr(Tensor, f"new_{_name}", _new(_name))
Tensor.new_tensor = new_tensor

# Sequences and matrices -----------------------------------------------------------------------


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, Tensor) else value


def arange(
    start: Any = 0, end: Any = None, step: Any = 1, *, out: Any = None, dtype: Any = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers from `start` up to but without `end`, `step` apart."""
    start, end, step = _number(start), _number(end), _number(step)
    if end is None:
        start, end = 0, start
    if dtype is None:
        whole = all(isinstance(n, (int, np.integer)) for n in (start, end, step))
        want = dtypes.int64 if whole else dtypes.get_default_dtype()
    else:
        want = dtypes.checked(dtype)
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    n = math.ceil((end - start) / step)
    if want.category == dtypes.INTEGER:
        array = (start + np.arange(n) * step).astype(want.numpy)
    else:  # PyTorch computes start + i * step in double
        array = (start + np.arange(n, dtype=np.float64) * step).astype(want.numpy)
    made = _finish(array, device, requires_grad)
    return made if out is None else out.copy_(made)


def linspace(
    start: Any, end: Any, steps: int, *, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """`steps` numbers from `start` to `end`, both included."""
    start, end = _number(start), _number(end)
    want = _numpy_dtype(dtype)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if steps == 1:
        array = np.array([start], want)
    else:
        # From both ends to the middle, as PyTorch does, so that the last is exactly `end`.
        kind = want if want.kind in "fc" else np.dtype("float64")
        begin, last = kind.type(start), kind.type(end)
        step = (last - begin) / kind.type(max(steps - 1, 1))
        k = np.arange(steps)
        low = begin + step * k.astype(kind)
        high = last - step * (steps - 1 - k).astype(kind)
        array = np.where(k < steps // 2, low, high).astype(want)
    made = _finish(array, device, requires_grad)
    return made if out is None else out.copy_(made)


def logspace(
    start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """base ** x for `steps` evenly spaced x."""
    exponents = linspace(start, end, steps, dtype=dtypes.float64)._array
    array = np.power(float(base), exponents).astype(_numpy_dtype(dtype))
    return _finish(array, device, requires_grad)


def eye(
    n: int, m: int | None = None, *, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A matrix with ones on its diagonal."""
    made = _finish(np.eye(n, m, dtype=_numpy_dtype(dtype)), device, requires_grad)
    return made if out is None else out.copy_(made)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Coordinate grids: one tensor for each vector, all of the same shape."""
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    if indexing not in ("ij", "xy"):
        raise RuntimeError(
            'torch.meshgrid: indexing must be one of "xy" or "ij", but received: ' + indexing
        )
    swap = indexing == "xy" and len(tensors) > 1
    order = (tensors[1], tensors[0], *tensors[2:]) if swap else tensors
    shape = [x._array.size for x in order]
    grids = [
        x.reshape([-1 if j == k else 1 for j in range(len(order))]).expand(shape)
        for k, x in enumerate(order)
    ]
    if swap:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> Tensor:  # fmt: skip
    """Places of the lower triangle, as (2, n)."""
    return _finish(np.stack(np.tril_indices(row, offset, col)).astype(np.int64), device, False)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> Tensor:  # fmt: skip
    """Places of the upper triangle, as (2, n)."""
    return _finish(np.stack(np.triu_indices(row, offset, col)).astype(np.int64), device, False)


def complex(real: Tensor, imag: Tensor) -> Tensor:
    """A complex tensor from its parts."""
    return real + imag * 1j


def scalar_tensor(
    value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A 0-d tensor."""
    dtype = dtypes.get_default_dtype() if dtype is None else dtype
    return tensor(value, dtype=dtype, device=device, requires_grad=requires_grad)


def is_tensor(value: Any) -> bool:
    """Tell whether something is a Tensor."""
    return isinstance(value, Tensor)


def numel(input: Tensor) -> int:
    """The number of elements."""
    return input.numel()
