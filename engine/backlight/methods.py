"""Installs operators and methods on Tensor from the op table.

What a row or a composite offers becomes a method by its name; in-place forms (`add_`) are made from
the row. Below are the methods that are no operations: conversions, hooks, copying.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import numpy as np

from . import backend, dtypes
from .autograd.backward import backward as run_backward
from .autograd.graph import RemovableHandle
from .device import device as Device
from .observe import tap
from .ops import FUNCTIONS, METHODS, ROWS, indexing
from .ops.apply import inplace, write_in_place
from .ops.later import METHODS_LATER, MODULE_OF
from .ops.table import ALIASES, INPLACE, Row, after_load, load_later
from .tensor import Tensor, bump_version, storage_of, wrap

# In-place forms -------------------------------------------------------------------------------


def bind(row: Row, args: tuple, kwargs: dict, name: str) -> tuple[list, list]:
    """The inputs and options of a call, after the first input."""
    inputs, options = [], []
    given = list(args)
    for p in row.parameters[1:]:
        if given and not p.keyword:
            value = given.pop(0)
        elif p.name in kwargs:
            value = kwargs.pop(p.name)
        elif p.default is not None:
            value = None if p.default == "None" else eval(p.default, {})  # noqa: S307
        else:
            raise TypeError(f'{name}() missing 1 required positional arguments: "{p.name}"')
        (options if p.kind == "option" else inputs).append(value)
    if given or kwargs:
        what = f"keyword argument '{next(iter(kwargs))}'" if kwargs else "positional argument"
        raise TypeError(f"{name}() got an unexpected {what}")
    return inputs, options


def heard(name: str, run: Callable) -> Callable:
    """A method that tells the listener what it did."""

    def method(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        listener = tap.listener
        if listener is None or not listener.sampling:
            return run(input, *args, **kwargs)
        given = (input, *args, *kwargs.values())
        listener.began = perf_counter()
        try:
            result = run(input, *args, **kwargs)
        except BaseException as error:
            listener.op_failed(name, given, error)
            raise
        listener.op(name, given, (result,))
        return result

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{name[:-1]}`, written into the tensor."
    return method


def inplace_of(row: Row, name: str) -> Callable:
    """The in-place form of a row."""

    def run(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        others, options = bind(row, args, kwargs, name)
        return inplace(row, input, others, tuple(options))

    return heard(name, run)


def inplace_of_function(function: Callable, name: str) -> Callable:
    """The in-place form of a composite: compute from a copy, then write.

    The copy keeps what the graph saved from being written over.
    """

    def run(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        from .ops.apply import check_writable, graph_node

        check_writable(input, args)
        before = wrap(input._array.copy())
        before._node = graph_node(input)
        return write_in_place(input, function(before, *args, **kwargs))

    return heard(name, run)


_installed = [0, 0, 0]  # how much of METHODS, ROWS and INPLACE is on the class


def install_ops() -> None:
    """Put the operations on the class as methods, `add_` and its like, too; what is new of them."""
    methods, rows, copied = _installed
    _installed[:] = len(METHODS), len(ROWS), len(INPLACE)
    others: dict[str, list[str]] = {}
    for other, name in ALIASES.items():
        others.setdefault(name, []).append(other)
    for name in METHODS[methods:]:
        setattr(Tensor, name, FUNCTIONS[name])
    for row in list(ROWS.values())[rows:]:
        if row.inplace and row.name in FUNCTIONS:
            for name in {row.name, row.shown}:
                method = inplace_of(row, name + "_")
                for each in (name, *others.get(name, ())):
                    setattr(Tensor, each + "_", method)
    for name in INPLACE[copied:]:
        method = inplace_of_function(FUNCTIONS[name], name + "_")
        for each in (name, *others.get(name, ())):
            setattr(Tensor, each + "_", method)


def _later(name: str) -> Callable:
    """A method of a module that is not loaded yet: loads it, and is replaced."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        load_later(MODULE_OF[name])
        return getattr(self, name)(*args, **kwargs)

    method.__name__ = method.__qualname__ = name
    return method


# Operators ------------------------------------------------------------------------------------


def _compare(name: str) -> Callable:
    function = FUNCTIONS[name]

    def method(self: Tensor, other: Any) -> Any:
        try:
            return function(self, other)
        except TypeError:
            return NotImplemented  # so that `x == None` and `x == "a"` are False

    return method


def install_operators() -> None:
    """Give Tensor Python's operators."""
    f = FUNCTIONS
    for name, function in {
        "add": f["add"], "radd": f["add"], "sub": f["sub"], "rsub": f["rsub"], "mul": f["mul"],
        "rmul": f["mul"], "truediv": f["true_divide"], "floordiv": f["floor_divide"],
        "mod": f["remainder"], "pow": f["pow"], "matmul": f["matmul"], "neg": f["neg"],
        "pos": f["positive"], "abs": f["abs"], "and": f["bitwise_and"], "rand": f["bitwise_and"],
        "or": f["bitwise_or"], "ror": f["bitwise_or"], "xor": f["bitwise_xor"],
        "rxor": f["bitwise_xor"], "invert": f["bitwise_not"], "lt": f["lt"], "le": f["le"],
        "gt": f["gt"], "ge": f["ge"], "getitem": indexing.getitem, "setitem": indexing.setitem,
        "iadd": Tensor.add_, "isub": Tensor.sub_, "imul": Tensor.mul_, "itruediv": Tensor.div_,
        "ipow": Tensor.pow_, "ifloordiv": Tensor.floor_divide_, "imod": Tensor.remainder_,
        "iand": Tensor.bitwise_and_, "ior": Tensor.bitwise_or_, "ixor": Tensor.bitwise_xor_,
    }.items():  # fmt: skip
        setattr(Tensor, f"__{name}__", function)
    Tensor.__eq__ = _compare("eq")
    Tensor.__ne__ = _compare("ne")
    Tensor.__rtruediv__ = lambda self, other: f["reciprocal"](self) * other
    Tensor.__rpow__ = lambda self, other: f["pow"](other, self)
    Tensor.__rmatmul__ = lambda self, other: f["matmul"](other, self)
    Tensor.__rfloordiv__ = lambda self, other: f["floor_divide"](_like(other, self), self)
    Tensor.__rmod__ = lambda self, other: f["remainder"](_like(other, self), self)


def _like(number: Any, tensor: Tensor) -> Tensor:
    """A number as a 0-d tensor beside another."""
    if isinstance(number, Tensor):
        return number
    xp = backend.of(tensor._array)
    return wrap(xp.asarray(number, dtype=dtypes.of_number(number).numpy))


# Conversions ----------------------------------------------------------------------------------


def to(
    self: Tensor, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False,
    copy: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Another dtype or device; the tensor itself where both are as they were."""
    for value in args:
        if isinstance(value, Tensor):
            dtype, device = value.dtype, value.device
        elif isinstance(value, (dtypes.dtype, type)):
            dtype = value
        elif isinstance(value, (str, int, Device)) and not isinstance(value, bool):
            device = value
    result = self
    if device is not None:
        result = _to_device(result, Device(device), copy)
    if dtype is not None:
        dtype = dtypes.checked(dtype)
        if result._array.dtype != dtype.numpy:
            return ROWS["cast"].function(result, dtype.numpy)
    return FUNCTIONS["clone"](result) if copy and result is self else result


def _to_device(tensor: Tensor, place: Device, copy: bool) -> Tensor:
    target = backend.named(place)
    if target is backend.of(tensor._array):
        return tensor
    return ROWS["move"].function(tensor, place, tensor.device)


def _as(dtype: dtypes.dtype, name: str) -> Callable:
    def method(self: Tensor, memory_format: Any = None) -> Tensor:
        if self._array.dtype == dtype.numpy:
            return self
        return ROWS["cast"].function(self, dtype.numpy)

    method.__name__ = name
    method.__doc__ = f"The tensor as {dtype!r}."
    return method


def type_(self: Tensor, dtype: Any = None) -> Any:
    """The old name of the tensor's type, or the tensor as another dtype."""
    if dtype is None:
        place = "torch.cuda." if self.is_cuda else "torch."
        return f"{place}{self.dtype.legacy}Tensor"
    if isinstance(dtype, str):
        legacy = dtype.removeprefix("torch.").removeprefix("cuda.").removesuffix("Tensor")
        dtype = next((d for d in dtypes.ALL if d.legacy == legacy), None)
        if dtype is None:
            raise ValueError(f"invalid type: '{legacy}'")
    return to(self, dtype)


# Gradients and hooks --------------------------------------------------------------------------


def backward(
    self: Tensor, gradient: Tensor | None = None, retain_graph: bool | None = None,
    create_graph: bool = False, inputs: Any = None,
) -> None:  # fmt: skip
    """Add the gradient of this tensor to the `.grad` of the leaves that it came from."""
    run_backward((self,), gradient, retain_graph, create_graph, inputs)


def register_hook(self: Tensor, hook: Callable) -> RemovableHandle:
    """Call `hook(gradient)` when the tensor's gradient is known; it may return another one."""
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    return self._node._hooks().add("tensor", hook)


def register_post_accumulate_grad_hook(self: Tensor, hook: Callable) -> RemovableHandle:
    """Call `hook(tensor)` after a gradient was added to this leaf's `.grad`."""
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if not self.is_leaf:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    return self._node._hooks().add("post", hook)


def retain_grad(self: Tensor) -> None:
    """Keep the gradient of a tensor that is no leaf in its `.grad`."""
    if not self.requires_grad:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if not self.is_leaf:
        import weakref

        self._node._hooks().retained = weakref.ref(self)


# Python's protocols ---------------------------------------------------------------------------


def __iter__(self: Tensor) -> Iterator[Tensor]:
    if not self._array.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(FUNCTIONS["unbind"](self, 0))


def __contains__(self: Tensor, value: Any) -> bool:
    if isinstance(value, Tensor):
        value = value._array
    elif not isinstance(value, (int, float, complex, bool)):
        raise RuntimeError(
            f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(value)}."
        )
    return bool((self._array == value).any())


def __repr__(self: Tensor, *, tensor_contents: Any = None) -> str:
    from . import printing

    return printing.tensor_repr(self)


def __deepcopy__(self: Tensor, memo: dict) -> Tensor:
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
            "protocol at the moment.  If you were attempting to deepcopy a module, this may be "
            "because of a torch.nn.utils.weight_norm usage, see "
            "https://github.com/pytorch/pytorch/pull/103001"
        )
    if id(self) in memo:
        return memo[id(self)]
    made = wrap(self._array.copy(), type(self))
    memo[id(self)] = made
    if self.requires_grad:
        made.requires_grad_()
    made._grad = copy.deepcopy(self._grad, memo)
    for name, value in self.__dict__.items():
        made.__dict__[name] = copy.deepcopy(value, memo)
    return made


def __reduce_ex__(self: Tensor, protocol: Any) -> Any:
    array = backend.of(self._array).to_host(self._array)
    return (rebuild, (type(self), array, str(self.device), self.requires_grad, dict(self.__dict__)))


def rebuild(cls: type, array: Any, place: str, requires_grad: bool, extra: dict) -> Tensor:
    """A tensor from what pickling kept; on the CPU where its device is not there."""
    made = wrap(np.asarray(array), cls)
    if place != "cpu" and backend.cuda_is_available():
        made._array = backend.cuda().from_host(made._array)
    if requires_grad:
        made.requires_grad_()
    made.__dict__.update(extra)
    return made


def set_(self: Tensor, source: Tensor) -> Tensor:
    """Make this tensor share the memory of another."""
    self._array, self._storage, self._view = source._array, storage_of(source), None
    bump_version(self)
    return self


def install(more: dict[str, Callable]) -> None:
    """Put methods that other modules have on the class (those of the random numbers)."""
    for name, function in more.items():
        setattr(Tensor, name, function)


def _install_all() -> None:
    install_ops()
    after_load.append(install_ops)
    for name in METHODS_LATER:
        setattr(Tensor, name, _later(name))
    install_operators()
    for name, dtype in {
        "float": dtypes.float32, "double": dtypes.float64, "half": dtypes.float16,
        "int": dtypes.int32, "long": dtypes.int64, "short": dtypes.int16, "byte": dtypes.uint8,
        "char": dtypes.int8, "bool": dtypes.bool_, "cfloat": dtypes.complex64,
        "cdouble": dtypes.complex128,
    }.items():  # fmt: skip
        setattr(Tensor, name, _as(dtype, name))
    for function in (
        to, backward, register_hook, register_post_accumulate_grad_hook, retain_grad, set_,
        __iter__, __contains__, __repr__, __deepcopy__, __reduce_ex__,
    ):  # fmt: skip
        setattr(Tensor, function.__name__, function)
    Tensor.type = type_
    Tensor.type_as = lambda self, other: to(self, other.dtype, other.device)
    Tensor.cpu = lambda self, memory_format=None: to(self, "cpu")
    Tensor.cuda = lambda self, device=0, non_blocking=False: to(self, Device("cuda", device or 0))
    Tensor.where = indexing._method_where
    Tensor.untyped_storage = storage_of
    Tensor.T = property(_reversed_dims)
    Tensor.mT = property(lambda self: FUNCTIONS["transpose"](self, -2, -1))
    Tensor.mH = property(lambda self: FUNCTIONS["conj"](FUNCTIONS["transpose"](self, -2, -1)))
    Tensor.H = property(lambda self: FUNCTIONS["conj"](FUNCTIONS["transpose"](self, 0, 1)))
    Tensor.real = property(lambda self: FUNCTIONS["real"](self) if self.is_complex() else self)
    Tensor.imag = property(lambda self: FUNCTIONS["imag"](self))


def _reversed_dims(self: Tensor) -> Tensor:
    ndim = self._array.ndim
    if ndim == 2:
        return FUNCTIONS["permute"](self, 1, 0)
    return FUNCTIONS["permute"](self, tuple(range(ndim - 1, -1, -1)))


_install_all()
