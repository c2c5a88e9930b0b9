"""The gate: the one way from a call to its result, as a person would write it.

`gate` unwraps, checks devices, promotes, runs the kernel, wraps and records; every row can go
through it, and what is rare always does (numbers first, mixed dtypes, complex, a GPU, `out=`, every
error). What is common runs through functions that `ops/stamp.py` makes from the same row with one
template; a test runs every row through both. Also here: the node of a row, which sends a gradient
back by the row's formulas, and in-place writing.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from heapq import heappush
from time import perf_counter
from typing import Any

import numpy as np
from numpy import asarray, ndarray

from .. import backend, dtypes, errors
from ..autograd.graph import Node, Slot, check_version, drain, next_seq, pending, release
from ..autograd.modes import state
from ..backend import cpu
from ..observe import tap
from ..tensor import Storage, Tensor, View, bump_version, hooks, refresh, storage_of, wrap
from . import stamp
from .table import ELEMENTWISE, NAMESPACE, ROWS, Row

Number = (int, float, complex, np.number, np.bool_)


# The maths that formulas see ------------------------------------------------------------------


class Raw:
    """The rows as functions of arrays, for one backend."""

    def __init__(self, xp: Any) -> None:
        self._xp = xp

    def __getattr__(self, name: str) -> Callable:
        compute = stamp.compute(ROWS[name])
        if self._xp is not cpu:
            xp, on_cpu = self._xp, compute

            def compute(*args: Any, **kwargs: Any) -> Any:
                return on_cpu(*args, xp=xp, **kwargs)

        setattr(self, name, compute)
        return compute


class Traced:
    """The rows as functions of Tensors, so that a gradient has a graph itself."""

    def __getattr__(self, name: str) -> Callable:
        setattr(self, name, ROWS[name].function)
        return ROWS[name].function


raw_cpu = Raw(cpu)
traced = Traced()
_raw_cuda: Raw | None = None


def raw_for(array: Any) -> Raw:
    """The maths of arrays for the backend of this one."""
    global _raw_cuda
    if isinstance(array, (ndarray, np.generic)):
        return raw_cpu
    if _raw_cuda is None:
        _raw_cuda = Raw(backend.cuda())
    return _raw_cuda


# The node of a row ----------------------------------------------------------------------------


class RowNode(Node):
    """A node whose gradients are a row's formulas; each row has a subclass with its slots.

    Slots: `e0`.. the edges of the inputs that have a formula, `f0`.. what undoes broadcasting and
    promotion (None mostly), and the saved values: a tensor and its version, an output with its
    storage and version, a size, an option.
    """

    __slots__ = ()

    def name(self) -> str:
        """PyTorch's name; "Backward1" where the row has two forms and this is the other."""
        if self.row.spoken is not None:
            return self.row.spoken(self)
        name = type(self).__name__
        variant = self.row.variant
        if variant and getattr(self, variant) is not None:
            return name[:-1] + "1"
        return name

    places: tuple[int, ...] = ()  # the inputs that have edges
    spec: tuple[tuple[str, str, int], ...] = ()  # saved names: what they are, and of which input
    keeps_arrays = False

    @property
    def edges(self) -> tuple[Node | None, ...]:
        return tuple(getattr(self, f"e{k}") for k in self.places)

    def run(self, g: Any, heap: list, keep: bool) -> None:
        """Send the gradient on: the reference for the stamped `run` of each row."""
        edges = self.edges
        wanted = tuple(e is not None for e in edges)
        for e, d in zip(edges, self.gradients(g, wanted, False)):
            if e is None or d is None:
                continue
            if e.g is None:
                e.g = d
                heappush(heap, (e.seq, e))
            else:
                e.g = e.g + d
                e.own = True
        if not keep:
            self.let_go()

    def gradients(self, g: Any, wanted: tuple[bool, ...], traced: bool) -> list[Any]:
        """Evaluate the formulas of the inputs that are wanted."""
        if self.released and self.keeps_arrays:
            raise errors.freed()
        row = self.row
        values = {name: self._load(name, what, place, traced) for name, what, place in self.spec}
        if traced:
            maths = globals()["traced"]
        else:
            maths = raw_for(next((d for d in g if d is not None), None) if type(g) is list else g)
        conjugate = row.conjugate and _is_complex(g)
        if conjugate:
            g = _conj(g)
        found: dict[int, Any] = {}
        want = dict(zip(self.places, wanted))
        for k, (places, _) in enumerate(row.groups_for(traced)):
            needs = tuple(want[p] for p in places)
            if not any(needs):
                continue
            formula, names = stamp.derivative(row, k, traced)
            result = formula(maths, g, needs, *(values[name] for name in names))
            found.update(zip(places, result if len(places) > 1 else (result,)))
        out = []
        for place, need in zip(self.places, wanted):
            d = found.get(place) if need else None
            if d is not None:
                if conjugate:
                    d = _conj(d)
                fix = getattr(self, f"f{place}") if row.casts else None
                if fix is not None:
                    d = restore_traced(d, fix) if traced else restore(d, fix)
            out.append(d)
        return out

    def _load(self, name: str, what: str, place: int, traced: bool) -> Any:
        value = getattr(self, name)
        if what == "input":
            version = getattr(self, name + "_v")
            if value is None or version is None:
                return value
            check_version(value, version)
            return value if traced else value._array
        if what == "output":
            storage = getattr(self, name + "_s")
            if storage is not None and storage.version != getattr(self, name + "_v"):
                raise stale_output(self, name)
            if traced and value is not None:
                value = wrap(value)
                if value._array.dtype.kind in "fc":
                    # Joined to its own node again: no cycle while it is saved.
                    several = len(self.row.differentiable) > 1
                    value._node = Slot(self, place, len(self.row.outputs)) if several else self
        return value

    def let_go(self) -> None:
        self.released = True
        for name, what, _ in self.spec:
            if what in ("input", "output"):
                setattr(self, name, None)

    def watch_output(self, storage: Storage) -> None:
        for name, what, place in self.spec:
            if what == "output" and place == 0:
                setattr(self, name + "_s", storage)
                setattr(self, name + "_v", 0)


def _is_complex(g: Any) -> bool:
    if type(g) is list:
        return any(d is not None and _is_complex(d) for d in g)
    return (g._array if isinstance(g, Tensor) else g).dtype.kind == "c"


def _conj(g: Any) -> Any:
    if type(g) is list:
        return [None if d is None else _conj(d) for d in g]
    if isinstance(g, Tensor):
        return ROWS["conj_physical"].function(g) if g._array.dtype.kind == "c" else g
    return g.conj()


def stale_output(node: Node, name: str) -> Exception:
    """Say that a saved output was written to."""
    storage, array = getattr(node, name + "_s"), getattr(node, name)
    return errors.modified(
        dtypes.of(array.dtype).legacy + "Tensor", array.shape, node.name(), 0,
        storage.version, getattr(node, name + "_v"),
    )  # fmt: skip


def restore(d: Any, fix: tuple) -> Any:
    """Undo for a gradient what was done to an input: sum over broadcast axes, cast."""
    shape, dtype = fix
    if d.shape != shape:
        d = unbroadcast(d, shape)
    if dtype is not None and d.dtype != dtype:
        if d.dtype.kind == "c" and dtype.kind != "c":
            d = d.real
        d = d.astype(dtype)
    return d


def unbroadcast(d: Any, shape: tuple[int, ...]) -> Any:
    """Sum an array over the axes along which an input of this shape was broadcast."""
    xp = cpu if isinstance(d, (ndarray, np.generic)) else backend.of(d)
    added = d.ndim - len(shape)
    if added > 0:
        d = asarray(d) if xp is cpu else d
        if added == 1 and d.ndim == 2 and d.shape[1:] == shape:
            return xp.column_sums(d)
        d = xp.sum(d, tuple(range(added)))
    axes = tuple(k for k, n in enumerate(shape) if n == 1 and d.shape[k] != 1)
    if axes:
        d = xp.sum(d, axes, True)
    if d.shape != shape:
        d = xp.expand(d, shape)
    return d


def restore_traced(d: Tensor, fix: tuple) -> Tensor:
    """The same with Tensors."""
    shape, dtype = fix
    if d._array.shape != shape:
        d = ROWS["sum_to_size"].function(d, shape)
    if dtype is not None and d._array.dtype != dtype:
        if d._array.dtype.kind == "c" and dtype.kind != "c":
            d = ROWS["real"].function(d)
        if d._array.dtype != dtype:
            d = ROWS["cast"].function(d, dtype)
    return d


def node_class(row: Row) -> type[RowNode]:
    """The class of a row's nodes."""
    if row._node_class is None:
        places = tuple(sorted({p for group, _ in row.groups for p in group}))
        spec = []
        inputs = {p.name: k for k, p in enumerate(row.inputs)}
        options = {p.name for p in row.options}
        outputs = row.output_names()
        slots = [f"e{k}" for k in places] + ([f"f{k}" for k in places] if row.casts else [])
        for name in row.saved():
            base, _, fact = name.rpartition("_")
            if name in inputs:
                spec.append((name, "input", inputs[name]))
                slots += [name, name + "_v"]
            elif name in outputs:
                spec.append((name, "output", outputs.index(name)))
                slots += [name, name + "_v", name + "_s"]
            elif fact in ("shape", "dtype") and base in inputs:
                spec.append((name, fact, inputs[base]))
                slots.append(name)
            elif name in options:
                spec.append((name, "option", -1))
                slots.append(name)
            else:
                raise ValueError(f"a formula of {row.signature} uses {name!r}, which is not known")
        body = {
            "__slots__": tuple(slots), "__module__": "backlight.autograd", "row": row,
            "places": places, "spec": tuple(spec),
            "keeps_arrays": any(what in ("input", "output") for _, what, _ in spec),
            "run": _stamp_run_first, "__del__": stamp.node_del(row, places, spec),
        }  # fmt: skip
        row._node_class = type(row.node_name, (RowNode,), body)
        generic = {"__slots__": (), "__module__": "backlight.autograd", "run": RowNode.run}
        row._node_class.generic = type(row.node_name, (row._node_class,), generic)
    return row._node_class


def _stamp_run_first(node: Any, g: Any, heap: list, keep: bool) -> None:
    """The `run` of a row's node class until its first use."""
    cls = node.row._node_class
    cls.run = stamp.node_run(node.row, cls.places, cls.spec)
    cls.run(node, g, heap, keep)


# The gate -------------------------------------------------------------------------------------


def gate(
    row: Row, inputs: Sequence[Any], options: tuple, out: Any = None, reference: bool = False
) -> Any:
    """Run a row: `inputs` are Tensors (numbers or None where the row allows), `options` values."""
    arrays, xp = _unwrap(row, inputs)
    if row.check is not None and row.kind in ELEMENTWISE:
        row.check(*arrays, *options)  # of the dtypes as they were given
    if row.kind in ELEMENTWISE:
        _promote(row, inputs, arrays)
    elif row.kind == "match":
        _must_match(row, arrays)
    if row.check is not None and row.kind not in ELEMENTWISE:
        row.check(*arrays, *options)
    try:
        y = stamp.compute(row)(*arrays, *options, xp=xp)
    except ValueError:
        shapes = [a.shape for a in arrays if hasattr(a, "shape")]
        if row.kind in ELEMENTWISE and len(shapes) > 1:
            raise _broadcast_error(shapes) from None
        raise
    several = len(row.outputs) > 1
    ys = [
        xp.asarray(a) if isinstance(a, (np.generic, *Number)) else a
        for a in (y if several else (y,))
    ]
    results = [wrap(a) for a in ys]
    if row.view:
        mark_view(results[0], inputs[0], row, options)
    if state.grad and row.formulas:
        _record(row, inputs, arrays, options, results, ys, reference)
    if out is not None:
        return _write_out(row, results, out)
    if not several:
        return results[0]
    return results_type(row)(*results)


def _unwrap(row: Row, inputs: Sequence[Any]) -> tuple[list[Any], Any]:
    """The arrays of the inputs, and the backend of all of them."""
    arrays: list[Any] = []
    xp, place = None, None
    for k, (value, parameter) in enumerate(zip(inputs, row.inputs)):
        if isinstance(value, Tensor):
            array = value._array
            # A 0-d tensor of the CPU may join tensors of a GPU, as in PyTorch.
            if xp is None or (place is not None and xp is cpu and place.ndim == 0):
                xp, place = backend.of(array), array
            elif backend.of(array) is not xp:
                if array.ndim == 0 and isinstance(array, ndarray):
                    array = xp.from_host(array)
                else:
                    raise errors.two_devices(
                        str(backend.device_of(place)), str(backend.device_of(array))
                    )
            arrays.append(array)
        elif value is None and parameter.default == "None":
            arrays.append(None)
        elif (
            row.kind in ELEMENTWISE
            and parameter.kind == "tensor"
            and isinstance(value, Number)
            and (row.numbers is None or parameter.name in row.numbers)
        ):
            arrays.append(value)
        elif row.numbers:
            raise errors.combination(row.shown, inputs, _forms(row))
        else:
            raise errors.not_a_tensor(row.shown, parameter.name, k + 1, value)
    if xp is None:
        raise errors.not_a_tensor(row.shown, row.inputs[0].name, 1, inputs[0])
    for k, array in enumerate(arrays):
        if xp is not cpu and isinstance(array, ndarray):
            arrays[k] = xp.from_host(array)
    return arrays, xp


def _forms(row: Row) -> list[str]:
    """How a row with a tensor or a number as its last input is called, in PyTorch's notation."""
    *first, last = (p.name for p in row.inputs)
    start = "".join(f"Tensor {name}, " for name in first)
    return [f"({start}{kind} {last}, *, Tensor out = None)" for kind in ("Tensor", "Number")]


def _promote(row: Row, inputs: Sequence[Any], arrays: list[Any]) -> None:
    """Bring the arrays of an elementwise row to one dtype, in place of the list."""
    with_dims, without, numbers = [], [], []
    for array, parameter in zip(arrays, row.inputs):
        if parameter.kind == "index" or array is None:
            continue
        if not hasattr(array, "dtype") or isinstance(array, np.generic):
            numbers.append(array)
        else:
            (with_dims if array.ndim else without).append(dtypes.of(array.dtype))
    common = dtypes.result_of(with_dims, without, numbers)
    if row.kind == "float" and common.category < dtypes.FLOATING:
        common = dtypes.get_default_dtype()
    want = common.numpy
    for k, (array, parameter) in enumerate(zip(arrays, row.inputs)):
        if parameter.kind == "index" or array is None:
            continue
        if isinstance(array, np.generic) or not hasattr(array, "dtype"):
            if isinstance(array, np.generic):
                array = array.item()
            # Both as 0-d array: a Python int that does not fit must wrap as PyTorch's does.
            arrays[k] = asarray(array).astype(want)
        elif array.dtype != want:
            arrays[k] = array.astype(want)


def _must_match(row: Row, arrays: list[Any]) -> None:
    """Raise where the tensors of a product have different dtypes."""
    kinds = [a.dtype for a, p in zip(arrays, row.inputs) if p.kind == "tensor" and a is not None]
    for other in kinds[1:]:
        if other != kinds[0]:
            a, b = dtypes.of(kinds[0]), dtypes.of(other)
            if row.name in ("dot", "mv", "bmm", "baddbmm"):
                raise RuntimeError(f"expected scalar type {a.legacy} but found {b.legacy}")
            raise RuntimeError(
                f"mat1 and mat2 must have the same dtype, but got {a.legacy} and {b.legacy}"
            )


def _broadcast_error(shapes: list[tuple[int, ...]]) -> Exception:
    """The error for the first pair of shapes that does not broadcast."""
    so_far = shapes[0]
    for shape in shapes[1:]:
        try:
            so_far = np.broadcast_shapes(so_far, shape)
        except ValueError:
            return errors.broadcast(so_far, shape)
    return ValueError(f"shapes {shapes} broadcast, yet the kernel refused them")


def graph_node(tensor: Any) -> Node | None:
    """The node of an input, None for a number or where no gradient is needed."""
    if not isinstance(tensor, Tensor):
        return None
    if tensor._view is not None:
        refresh(tensor)
    return tensor._node


def _record(
    row: Row, inputs: Sequence[Any], arrays: list[Any], options: tuple,
    results: list[Tensor], ys: list[Any], reference: bool,
) -> None:  # fmt: skip
    """Leave a node on the results, if an input needs a gradient."""
    cls = node_class(row)
    edges = {place: graph_node(inputs[place]) for place in cls.places}
    if not any(e is not None for e in edges.values()):
        return
    if ys[row.differentiable[0]].dtype.kind not in "fc":
        return
    same = len({a.shape for a in arrays if hasattr(a, "shape")}) <= 1
    given = [inputs[place]._array for place, e in edges.items() if e is not None]
    special = any(a.dtype.kind == "c" for a in (*given, *ys)) or not isinstance(ys[0], ndarray)
    node = (cls.generic if special or reference else cls).__new__(
        cls.generic if special or reference else cls
    )
    node.start()
    for place, edge in edges.items():
        setattr(node, f"e{place}", edge)
        if row.casts:
            setattr(node, f"f{place}", _fix(inputs[place], arrays[place], same))
    values = dict(zip((p.name for p in row.options), options))
    needed_by = row.saved()
    for name, what, place in cls.spec:
        needed = any(edges[p] is not None for p in needed_by[name])
        if what == "input":
            value = inputs[place] if needed else None
            tensor = isinstance(value, Tensor)
            if tensor and row.casts and arrays[place].dtype != value._array.dtype:
                value = _promoted(value, arrays[place])  # formulas assume equal dtypes
            setattr(node, name, value)
            setattr(node, name + "_v", value._version if tensor else None)
        elif what == "output":
            setattr(node, name, ys[place] if needed else None)
            setattr(node, name + "_v", 0)
            setattr(node, name + "_s", None)
        elif what == "shape":
            setattr(node, name, None if arrays[place] is None else np.shape(arrays[place]))
        elif what == "dtype":
            setattr(node, name, inputs[place]._array.dtype)
        else:
            setattr(node, name, values[name])
    if len(row.differentiable) == 1:
        results[row.differentiable[0]]._node = node
    else:
        for k in row.differentiable:
            results[k]._node = Slot(node, k, len(results))


def _promoted(tensor: Tensor, array: Any) -> Tensor:
    """The promoted array of an input as a Tensor that hangs on the input's node."""
    before, state.grad = state.grad, True
    try:
        return gate(ROWS["cast"], (tensor,), (array.dtype,))
    finally:
        state.grad = before


def _fix(tensor: Any, array: Any, same: bool) -> tuple | None:
    """What undoes broadcasting and promotion for one input: (shape, dtype), None where nothing."""
    if not isinstance(tensor, Tensor):
        return None
    have = tensor._array
    dtype = None if have.dtype == array.dtype else have.dtype
    return None if dtype is None and same else (have.shape, dtype)


def mark_view(result: Tensor, source: Tensor, row: Row, options: tuple) -> None:
    """Make a result share the storage of its source, if it does share its memory."""
    if row.view == "maybe" and not _shares(result._array, source._array):
        return
    storage = storage_of(source)
    result._storage = storage
    parent = source._view
    base = source if parent is None else parent.base
    result._view = View(base, parent, row, options, storage.version, state.grad)


def _shares(a: Any, b: Any) -> bool:
    """Tell whether an array that was made from another is a view of it, by who owns the memory."""
    return a is b or (a.base is not None and (a.base is b or a.base is b.base))


def results_type(row: Row) -> Any:
    """The named tuple of a row with several outputs, as `torch.return_types.max`."""
    if row.extra is None:
        if row.outputs[0].startswith("_"):
            row.extra = lambda *results: results
        else:
            row.extra = return_type(row.shown, row.outputs)
    return row.extra


class ReturnType(tuple):
    """Base of the named tuples that functions return; prints as PyTorch's."""

    __slots__ = ()


return_types: dict[str, type] = {}


def return_type(name: str, fields: tuple[str, ...]) -> type:
    """The named tuple called `torch.return_types.<name>`."""
    if name not in return_types:
        base = namedtuple(name, fields)

        def text(self: Any) -> str:
            parts = ",\n".join(f"{f}={getattr(self, f)!r}" for f in fields)
            return f"torch.return_types.{name}(\n{parts})"

        return_types[name] = type(
            name, (base,), {"__slots__": (), "__repr__": text, "__module__": "torch.return_types"}
        )
    return return_types[name]


def _write_out(row: Row, results: list[Tensor], out: Any) -> Any:
    """Write results into the tensors given as `out=`, and return these."""
    several = len(results) > 1
    outs = tuple(out) if several else (out,)
    for target, result in zip(outs, results):
        write_out(target, result, row.shown)
    return results_type(row)(*outs) if several else out


def write_outs(out: Any, result: Any, name: str) -> Any:
    """Write the result of a composite, or each of its results, into `out=`."""
    if isinstance(result, Tensor):
        return write_out(out, result, name)
    targets = tuple(write_out(target, each, name) for target, each in zip(out, result))
    make = getattr(type(result), "_make", None)
    return make(targets) if make is not None else targets


def write_out(target: Any, result: Tensor, name: str) -> Tensor:
    """Write a result into an `out=` tensor."""
    if not isinstance(target, Tensor):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(target).__name__}")
    if state.grad and (result._node is not None or target.requires_grad):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, "
            "but one of the arguments requires grad."
        )
    have, new = target.dtype, result.dtype
    if not dtypes.can_cast(new, have):
        raise errors.cannot_cast(new.legacy, have.legacy)
    if target._array.shape != result._array.shape:
        target._array = result._array.astype(have.numpy)
        target._storage = None
    else:
        target._array[...] = result._array
        bump_version(target)
    return target


# Writing in place -----------------------------------------------------------------------------


def inplace(row: Row, target: Tensor, others: Sequence[Any], options: tuple) -> Tensor:
    """Run a row on `target` and write the result into it, rewriting its history."""
    check_writable(target, others)
    inputs = (target, *others)
    records = (
        state.grad
        and row.formulas
        and any(graph_node(inputs[p]) is not None for p in node_class(row).places)
    )
    if records:
        # The node must see the target as it was: a copy where a formula names it.
        names = {p.name for p in row.inputs if p.kind == "tensor"}
        keeps = any(name in names for name in row.saved())
        before = wrap(target._array.copy() if keeps else target._array)
        before._node = graph_node(target)
        inputs = tuple(before if t is target else t for t in inputs)
    result = gate(row, inputs, options)
    return write_in_place(target, result, row)


def check_writable(target: Any, others: Sequence[Any] = ()) -> None:
    """Raise where a tensor must not be written to with the graph as it is."""
    if not isinstance(target, Tensor):
        raise errors.not_a_tensor("in-place operation", "input", 1, target)
    array = target._array
    if not array.flags.writeable if isinstance(array, ndarray) else False:
        if 0 in array.strides or (target._view is not None):
            raise errors.overlapping_write()
        raise RuntimeError(
            "this tensor shares the memory of a read-only NumPy array: clone() it before writing"
        )
    if not state.grad:
        return
    node = graph_node(target)
    view = target._view
    if node is not None and node.is_accumulator:
        raise errors.leaf_in_place(view=False)
    if view is not None:
        base = view.base._node
        wants = base is not None or any(graph_node(t) is not None for t in others)
        if base is not None and base.is_accumulator:
            raise errors.leaf_in_place(view=True)
        if wants and view.recorded is not True:
            raise (
                errors.no_grad_view_in_place()
                if not view.recorded
                else RuntimeError(
                    f"Output {target.output_nr} of {target.grad_fn.name() if target.grad_fn else 'a'} "
                    "is a view and is being modified inplace. This view is the output of a function "
                    "that returns multiple views. Such functions do not allow the output views to be "
                    "modified inplace. You should replace the inplace operation by an out-of-place one."
                )
            )


def write_in_place(target: Tensor, result: Tensor, row: Row | None = None) -> Tensor:
    """Write `result` into `target`, and give `target` (and its base) the result's history."""
    array, new = target._array, result._array
    if new.dtype != array.dtype and not dtypes.can_cast(result.dtype, target.dtype):
        raise errors.cannot_cast(result.dtype.legacy, target.dtype.legacy)
    if new.shape != array.shape:
        if np.broadcast_shapes(new.shape, array.shape) != array.shape:
            raise RuntimeError(
                f"output with shape {errors.size(array.shape)} doesn't match the broadcast shape "
                f"{errors.size(new.shape)}"
            )
    array[...] = new
    bump_version(target)
    node = result._node
    if node is None:
        if target._view is None and target._node is not None and state.grad:
            # Nothing of the result depends on a gradient: it is as if it were new.
            if not target._node.is_accumulator:
                target._node = None
        elif target._view is not None and target._view.base._node is not None and state.grad:
            rebase(target, result)
        return target
    if new.dtype != array.dtype:
        before, state.grad = state.grad, True
        try:
            result = gate(ROWS["cast"], (result,), (array.dtype,))
        finally:
            state.grad = before
        node = result._node
    elif isinstance(node, RowNode) and node.row is row:
        # A saved output is the memory that was just written, at its present version.
        for name, what, _ in node.spec:
            if what == "output" and getattr(node, name) is not None:
                setattr(node, name, array)
                setattr(node, name + "_s", target._storage)
                setattr(node, name + "_v", target._storage.version)
    if target._view is None:
        target._node = node
    else:
        rebase(target, result)
    return target


def rebase(view: Tensor, written: Tensor) -> None:
    """Rewrite the history of a view's base: its old values, but `written` where the view lies."""
    record = view._view
    base = record.base
    old = wrap(base._array)
    old._node = base._node
    row = ROWS["copy_slices"]
    cls = node_class(row)
    node = (cls if isinstance(base._array, ndarray) and base._array.dtype.kind != "c"
            else cls.generic).__new__(
        cls if isinstance(base._array, ndarray) and base._array.dtype.kind != "c" else cls.generic
    )  # fmt: skip
    node.start()
    node.e0, node.e1 = old._node, written._node
    node.steps = tuple((step.row, step.options) for step in record.chain())
    base._node = node
    record.version = -1  # the view's node is made again from the base's when it is asked for


# Observed and plain ---------------------------------------------------------------------------


def stamp_row(row: Row) -> None:
    """Give a row's function its code; names imported before keep working, for it is swapped."""
    if row.stamped:
        return
    if row.formulas:
        NAMESPACE[stamp.class_name(row)] = node_class(row)
    if len(row.outputs) > 1:
        NAMESPACE[f"Result_{row.name}"] = results_type(row)
    row.plain = stamp.plain(row)
    row.observed = stamp.observed(row)
    NAMESPACE[f"plain_{row.name}"] = row.plain
    function = row.function
    function.__kwdefaults__ = row.plain.__kwdefaults__
    function.__defaults__ = row.plain.__defaults__
    row.stamped = True
    function.__code__ = (row.plain if tap.listener is None else row.observed).__code__


def _switch(observed: bool) -> None:
    """Change every function that has code between its two variants."""
    for row in ROWS.values():
        if row.stamped:
            row.function.__code__ = (row.observed if observed else row.plain).__code__


tap.on_switch(_switch)


def replay(row: Row, tensor: Tensor, options: tuple) -> Tensor:
    """Make a view again, unheard by listeners."""
    return gate(row, (tensor,), options)


Row.replay = replay

NAMESPACE.update(
    ndarray=ndarray, asarray=asarray, new=object.__new__, Tensor=Tensor, state=state, gate=gate,
    F32=np.dtype("float32"), F64=np.dtype("float64"), BOOL=np.dtype("bool"), int64=np.dtype("int64"), xp=cpu, tap=tap,
    refresh=refresh, mark_view=mark_view, stamp_row=stamp_row, ROWS=ROWS, RAW=raw_cpu,
    heappush=heappush, next_seq=next_seq, restore=restore, freed=errors.freed, check_version=check_version,
    stale_output=stale_output, pending=pending, release=release, drain=drain, dtypes=dtypes,
    errors=errors, fix=_fix, hooks=hooks, write_outs=write_outs,
    perf_counter=perf_counter,
)  # fmt: skip
