"""The Tensor object: an array, what it shares with its views, and its place in the graph.

There is no mathematics here: operators and methods are installed from the op table (`methods.py`).

    _array    the NumPy or CuPy array
    _node     what made it (`autograd/graph.py`): the op's Node, a leaf's accumulator, or None;
              "needs a gradient" is one `is None`
    _storage  shared by a tensor, its views and what was detached from it; made when one of these
              exists or the tensor is written to, so an ordinary result pays nothing
    _view     how a view was made from its base, or None
    _grad     the gradient of a leaf (or of a tensor that retains it)
    tag       belongs to the listener of `observe/tap.py`
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy import ndarray

from . import backend, dtypes, errors
from .autograd.modes import state
from .device import device


class _Hooks:
    """What layers above put in: how a leaf's node is made, and what `Tensor(...)` means."""

    accumulator: Callable[[Tensor], Any]
    construct: Callable[[type, tuple, Any], Tensor]


hooks = _Hooks()


class Size(tuple):
    """The shape of a tensor: a tuple that prints as PyTorch's and knows `numel`."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements."""
        n = 1
        for size in self:
            n *= size
        return n

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(repr, self))}])"

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Size:
        return Size(tuple.__add__(self, tuple(other)))

    def __reduce__(self) -> Any:
        return (Size, (tuple(self),))


class Storage:
    """The memory that a tensor and its views share, and how often it was written to."""

    __slots__ = ("array", "version")

    def __init__(self, array: Any) -> None:
        self.array = array
        self.version = 0


class View:
    """How a view was made: `row` with `options` applied to `parent` (to the base where None).

    `version` is that of the storage when the view's `_node` was right; after a write the node is
    made again from the base's on demand. `recorded` is False for a view made without a graph.
    """

    __slots__ = ("base", "parent", "row", "options", "version", "recorded")

    def __init__(
        self,
        base: Tensor,
        parent: View | None,
        row: Any,
        options: tuple,
        version: int,
        recorded: bool,
    ) -> None:
        self.base = base
        self.parent = parent
        self.row = row
        self.options = options
        self.version = version
        self.recorded = recorded

    def chain(self) -> list[View]:
        """The steps from the base to here, in order."""
        steps, step = [], self
        while step is not None:
            steps.append(step)
            step = step.parent
        return steps[::-1]


class Tensor:
    """An array with a gradient; see the head of this module for its parts."""

    __slots__ = ("_array", "_node", "_storage", "_view", "_grad", "tag", "__dict__", "__weakref__")

    __array_priority__ = 1000  # NumPy leaves `array * tensor` to the tensor
    __module__ = "torch"

    def __new__(cls, *data: Any, device: Any = None) -> Tensor:
        """`Tensor(data)` makes a tensor of the default dtype; `Tensor(2, 3)` an unset one."""
        return hooks.construct(cls, data, device)

    @staticmethod
    def _make_subclass(cls: type, data: Tensor, require_grad: bool = False) -> Any:
        """A tensor of a subclass on the memory of `data`, without its history."""
        made = wrap(data._array, cls)
        made._storage = storage_of(data)
        if require_grad:
            made.requires_grad_()
        return made

    def __getattr__(self, name: str) -> Any:
        raise errors.no_attribute(name, dir(type(self)))

    # What it is ------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        return Size(self._array.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one dimension."""
        if dim is None:
            return Size(self._array.shape)
        return self._array.shape[checked_dim(dim, self._array.ndim)]

    @property
    def ndim(self) -> int:
        return self._array.ndim

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return int(self._array.size)

    nelement = numel

    @property
    def dtype(self) -> dtypes.dtype:
        return dtypes.of(self._array.dtype)

    @property
    def device(self) -> device:
        return backend.device_of(self._array)

    @property
    def is_cuda(self) -> bool:
        return not isinstance(self._array, ndarray)

    @property
    def is_sparse(self) -> bool:
        return False

    @property
    def is_cpu(self) -> bool:
        return isinstance(self._array, ndarray)

    @property
    def itemsize(self) -> int:
        return self._array.itemsize

    def element_size(self) -> int:
        """Bytes of one element."""
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        return self._array.nbytes

    @property
    def layout(self) -> str:
        return "torch.strided"

    def is_floating_point(self) -> bool:
        """Tell whether the elements are floating point numbers."""
        return self._array.dtype.kind == "f"

    def is_complex(self) -> bool:
        """Tell whether the elements are complex numbers."""
        return self._array.dtype.kind == "c"

    def is_signed(self) -> bool:
        """Tell whether the elements can be negative."""
        return self._array.dtype.kind in "ifc"

    def stride(self, dim: int | None = None) -> Any:
        """How many elements apart neighbours lie, per dimension or of one."""
        array = self._array
        if dim is not None:
            return array.strides[checked_dim(dim, array.ndim)] // array.itemsize
        if not array.size and not array.strides:
            return ()
        return tuple(step // array.itemsize for step in array.strides)

    def storage_offset(self) -> int:
        """Where the first element lies in the memory that views share, in elements."""
        if self._storage is None:
            return 0
        here, whole = data_pointer(self._array), data_pointer(self._storage.array)
        return (here - whole) // self._array.itemsize

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Tell whether the elements lie in row-major order without gaps."""
        return bool(self._array.flags.c_contiguous)

    def data_ptr(self) -> int:
        """The address of the first element."""
        return data_pointer(self._array)

    # Its place in the graph ------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        if self._view is not None:
            refresh(self)
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Say whether a leaf wants a gradient; returns the tensor."""
        if self._view is not None:
            refresh(self)
        node = self._node
        if not requires_grad:
            if node is not None and not node.is_accumulator:
                raise RuntimeError(
                    "you can only change requires_grad flags of leaf variables. If you want to use "
                    "a computed variable in a subgraph that doesn't require differentiation use "
                    "var_no_grad = var.detach()."
                )
            self._node = None
        elif node is None:
            if self._array.dtype.kind not in "fc":
                raise errors.only_floating()
            self._node = hooks.accumulator(self)
        return self

    @property
    def is_leaf(self) -> bool:
        if self._view is not None:
            refresh(self)
        return self._node is None or self._node.is_accumulator

    @property
    def grad_fn(self) -> Any:
        if self._view is not None:
            refresh(self)
        node = self._node
        if node is None or node.is_accumulator:
            return None
        return node.owner

    @property
    def output_nr(self) -> int:
        node = self._node
        return 0 if node is None else node.index

    @property
    def grad(self) -> Tensor | None:
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type "
                    f"{type(value).__name__}"
                )
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if value._array.shape != self._array.shape:
                raise RuntimeError(
                    f"assigned grad has data of a different size: {errors.size(value._array.shape)}"
                    f" instead of {errors.size(self._array.shape)}"
                )
            if value._array.dtype != self._array.dtype:
                raise RuntimeError(
                    f"assigned grad has data of a different type: {value.dtype} instead of "
                    f"{self.dtype}"
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def retains_grad(self) -> bool:
        node = self._node
        if node is None or node.is_accumulator or node.hooks is None:
            return False
        return node.hooks.retained is not None and node.hooks.retained() is self

    @property
    def _version(self) -> int:
        return 0 if self._storage is None else self._storage.version

    @property
    def _base(self) -> Tensor | None:
        return None if self._view is None else self._view.base

    def _is_view(self) -> bool:
        return self._view is not None

    def is_inference(self) -> bool:
        """Always False: `inference_mode` makes ordinary tensors here."""
        return False

    def detach(self) -> Tensor:
        """The same memory and version counter, without a graph."""
        made = wrap(self._array)
        made._storage = storage_of(self)
        return made

    def detach_(self) -> Tensor:
        """Take this tensor out of its graph."""
        if self._view is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using "
                "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as "
                "True, gradients are views of DDP buckets, and hence detach_() cannot be called on "
                "these gradients."
            )
        self._node = None
        return self

    @property
    def data(self) -> Tensor:
        """The same memory without graph and with a version counter of its own."""
        return wrap(self._array)

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        self._array = value._array
        if self._storage is not None:
            self._storage.array = value._array

    # Out of it -------------------------------------------------------------------------------

    def item(self) -> Any:
        """The only element as a Python number."""
        if self._array.size != 1:
            raise RuntimeError(
                f"a Tensor with {self._array.size} elements cannot be converted to Scalar"
            )
        return self._array.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self._array.tolist()

    def numpy(self, *, force: bool = False) -> Any:
        """The NumPy array that shares this tensor's memory (a copy from a GPU, with `force`)."""
        if force:
            return backend.of(self._array).to_host(self._array)
        if self.requires_grad:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() "
                "instead."
            )
        if not isinstance(self._array, ndarray):
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to "
                "copy the tensor to host memory first."
            )
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self._array.shape[0]

    def __bool__(self) -> bool:
        size = self._array.size
        if size != 1:
            what = "no value" if not size else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {what} is ambiguous")
        return bool(self._array.item())

    def _one(self, kind: str) -> Any:
        if self._array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self._array.item()

    def __float__(self) -> float:
        return float(self._one("float"))

    def __int__(self) -> int:
        return int(self._one("int"))

    def __complex__(self) -> complex:
        return complex(self._one("complex"))

    def __index__(self) -> int:
        if self._array.size != 1 or self._array.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __hash__(self) -> int:
        return id(self)

    def __dir__(self) -> list[str]:
        return [name for name in object.__dir__(self) if name not in ("__slots__",)]

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        if self._array.ndim == 0:
            return format(self._array.item(), spec)
        return object.__format__(self, spec)  # raises the TypeError that says so


_new = object.__new__


def wrap(array: Any, cls: type = Tensor) -> Any:
    """A tensor on this array, without history."""
    made = _new(cls)
    made._array = array
    made._node = made._storage = made._view = made._grad = made.tag = None
    return made


def storage_of(tensor: Tensor) -> Storage:
    """The storage of a tensor, made if there is none yet.

    The node that made the tensor may have saved its array: it learns of the storage here, so that
    it can see writes through any alias (every alias goes through this function first).
    """
    storage = tensor._storage
    if storage is None:
        storage = tensor._storage = Storage(tensor._array)
        node = tensor._node
        if node is not None:
            node.watch_output(storage)
    return storage


def refresh(view: Tensor) -> None:
    """Make a view's node again where its base was written to since."""
    record = view._view
    storage = view._storage
    if record.version == storage.version:
        return
    record.version = storage.version
    base = record.base
    if record.recorded and base._node is not None:
        before, state.grad = state.grad, True
        try:
            again = base
            for step in record.chain():
                again = step.row.replay(again, step.options)
        finally:
            state.grad = before
        view._node = again._node


def bump_version(tensor: Tensor) -> None:
    """Count a write to a tensor's memory."""
    storage = tensor._storage
    if storage is None:
        storage = storage_of(tensor)
    storage.version += 1


def data_pointer(array: Any) -> int:
    """The address of an array's first element."""
    if isinstance(array, ndarray):
        return array.__array_interface__["data"][0]
    return array.data.ptr


def checked_dim(dim: Any, ndim: int) -> int:
    """A dimension counted from 0; raises IndexError where there is no such one."""
    if type(dim) is not int:
        if isinstance(dim, bool) or not hasattr(dim, "__index__"):
            raise TypeError(f"a dimension must be int, not {type(dim).__name__}")
        dim = dim.__index__()
    if -ndim <= dim < ndim:
        return dim + ndim if dim < 0 else dim
    if not ndim and dim in (0, -1):
        return 0
    raise errors.dimension(dim, ndim)
