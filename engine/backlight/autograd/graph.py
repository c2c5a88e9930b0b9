"""The graph: nodes that operations leave behind, their edges, and how they are let go.

A node holds the gradient that has arrived (`g`), its edges to the nodes of its inputs, and what its
formulas need. `seq` counts down, so newest first is smallest first, and creation order is a valid
order of backward. Rows get a subclass each, with named slots (`ops/apply.py`).

Letting go is iterative. CPython frees a chain by recursion in C, which no guard survives in
WebAssembly, so a node's `__del__` moves what it holds into a queue that only the outermost empties.
"""

from __future__ import annotations

import itertools
import sys
import weakref
from collections import OrderedDict
from collections.abc import Callable
from heapq import heappush
from typing import Any

from numpy import asarray, ndarray

from .. import errors
from ..observe import tap
from ..tensor import Storage, Tensor, bump_version, hooks, wrap

next_seq = itertools.count(0, -1).__next__


class _Release:
    """Whether the queue of what is to be freed is being emptied."""

    __slots__ = ("active",)

    def __init__(self) -> None:
        self.active = False


pending: list[Any] = []
release = _Release()


def drain() -> None:
    """Free what is queued, one object at a time; called by the outermost `__del__`.

    No local may hold what comes out of the queue: it would be freed when the frame ends, by
    recursion.
    """
    release.active = True
    try:
        while pending:
            pending.pop()
    finally:
        release.active = False


class Node:
    """What made a tensor: how a gradient goes from its output to its inputs."""

    __slots__ = ("seq", "g", "own", "tag", "hooks", "released", "__weakref__")

    is_accumulator = False
    row: Any = None
    index = 0

    def start(self) -> None:
        """Set what every node has."""
        self.seq = next_seq()
        self.g = None
        self.own = False
        self.tag = None
        self.hooks = None
        self.released = False

    @property
    def owner(self) -> Node:
        """The node that users see: itself, but for the outputs of a node that has several."""
        return self

    def name(self) -> str:
        """PyTorch's name of the node, as "MulBackward0"."""
        return type(self).__name__

    @property
    def edges(self) -> tuple[Node | None, ...]:
        """The nodes of the inputs, None where an input needs no gradient."""
        raise NotImplementedError

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        return tuple((None, 0) if e is None else (e.owner, e.index) for e in self.edges)

    def run(self, g: Any, heap: list, keep: bool) -> None:
        """Send the gradient `g` (an array) on to the inputs."""
        raise NotImplementedError

    def gradients(self, g: Any, wanted: tuple[bool, ...], traced: bool) -> list[Any]:
        """The gradient for each input that is wanted: arrays, or Tensors where `traced`."""
        raise NotImplementedError

    def let_go(self) -> None:
        """Forget the saved values."""
        self.released = True

    def watch_output(self, storage: Storage) -> None:
        """Learn the storage of the output, if the node saved it."""

    def register_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(grad_inputs, grad_outputs)` after the node ran; it may return new ones."""
        return self._hooks().add("post", hook)

    def register_prehook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(grad_outputs)` before the node runs; it may return new ones."""
        return self._hooks().add("before", hook)

    def _hooks(self) -> NodeHooks:
        if self.hooks is None:
            self.hooks = NodeHooks()
        return self.hooks

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook away again."""

    _next = itertools.count().__next__

    def __init__(self, hooks: dict) -> None:
        self._hooks = weakref.ref(hooks)
        self.id = RemovableHandle._next()

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        hooks = self._hooks()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class NodeHooks:
    """The hooks of one node, in the order in which they run.

    tensor    hook(gradient) of the node's output
    before    hook(grad_outputs)
    retained  a weak reference to the tensor whose `.grad` is to be kept
    post      hook(grad_inputs, grad_outputs), or hook(tensor) after a leaf's gradient was added
    """

    __slots__ = ("tensor", "before", "retained", "post")

    def __init__(self) -> None:
        self.tensor: OrderedDict = OrderedDict()
        self.before: OrderedDict = OrderedDict()
        self.post: OrderedDict = OrderedDict()
        self.retained: Any = None

    def add(self, kind: str, hook: Callable) -> RemovableHandle:
        """Register a hook of one kind."""
        hooks = getattr(self, kind)
        handle = RemovableHandle(hooks)
        hooks[handle.id] = hook
        return handle


class AccumulateGrad(Node):
    """The end of a path: adds what arrives to the `.grad` of a leaf."""

    __slots__ = ("leaf",)

    is_accumulator = True
    edges = ()

    def __init__(self, leaf: Tensor) -> None:
        self.start()
        self.leaf = weakref.ref(leaf)  # the leaf holds its accumulator: no cycle

    @property
    def variable(self) -> Tensor | None:
        """The leaf."""
        return self.leaf()

    def run(self, g: Any, heap: list, keep: bool) -> None:
        """Add an array to the leaf's gradient.

        An array that nothing else refers to is taken over; any other is copied, for a formula may
        hand one array to two inputs.
        """
        leaf = self.leaf()
        if leaf is None:
            return
        have = leaf._grad
        if have is None:
            if type(g) is ndarray:
                alone = sys.getrefcount(g) <= alone_count and g.base is None
            elif isinstance(g, ndarray) or not hasattr(g, "device") or g.ndim == 0:
                g, alone = asarray(g), True
            else:
                alone = False
            leaf._grad = wrap(g if alone else g.copy())
        elif have._node is not None or not have._array.flags.writeable:
            leaf._grad = wrap(have._array + g)
        else:
            have._array[...] += g
            bump_version(have)
        listener = tap.listener
        if listener is not None and listener.sampling:
            listener.leaf_gradient(leaf, g)
        if self.hooks is not None:
            self.run_post_hooks(leaf)

    def run_post_hooks(self, leaf: Tensor) -> None:
        """Call what waits for the leaf's gradient."""
        for hook in list(self.hooks.post.values()):
            hook(leaf)


class Slot(Node):
    """One output of a node that has several.

    The gradient of each output waits in its slot; the slots, being newer, run before their node
    and hand it a list with None where nothing arrived. An output that a derivative uses has another
    slot of its own: what arrives is added.
    """

    __slots__ = ("node", "index", "count")

    def __init__(self, node: Node, index: int, count: int) -> None:
        self.start()
        self.node = node
        self.index = index
        self.count = count

    @property
    def owner(self) -> Node:
        return self.node

    @property
    def edges(self) -> tuple[Node | None, ...]:
        return (self.node,)

    def name(self) -> str:
        return self.node.name()

    def run(self, g: Any, heap: list, keep: bool) -> None:
        node = self.node
        if node.g is None:
            node.g = [None] * self.count
            heappush(heap, (node.seq, node))
        have = node.g[self.index]
        node.g[self.index] = g if have is None else have + g

    def __del__(self) -> None:
        pending.append(self.node)
        self.node = None
        if not release.active:
            drain()


class ListNode(Node):
    """A node with any number of edges and saved values: cat, index_put, autograd.Function."""

    __slots__ = ("inputs", "saved")

    def __init__(self, inputs: tuple[Node | None, ...], saved: Any) -> None:
        self.start()
        self.inputs = inputs
        self.saved = saved

    @property
    def edges(self) -> tuple[Node | None, ...]:
        return self.inputs

    def let_go(self) -> None:
        self.released = True
        self.saved = None

    def __del__(self) -> None:
        pending.append(self.inputs)
        pending.append(self.saved)
        self.inputs = self.saved = None
        if not release.active:
            drain()


def _measure_alone() -> int:
    """What `getrefcount` says inside `run` of an array that only backward's loop holds.

    The interpreter counts its own temporaries, by version differently; the call has the shape of
    the one in `autograd/backward.py`.
    """

    class Probe(Node):
        __slots__ = ("seen",)

        def run(self, g: Any, heap: list, keep: bool) -> None:
            self.seen = sys.getrefcount(g)

    node = Probe()
    node.g = asarray(0.0).copy()
    heap: list = []
    g = node.g
    node.g = None
    node.run(g, heap, False)
    return node.seen


alone_count = _measure_alone()
hooks.accumulator = AccumulateGrad


def check_version(tensor: Tensor, version: int) -> None:
    """Raise if a saved tensor was written to since it was saved."""
    storage = tensor._storage
    now = 0 if storage is None else storage.version
    if now != version:
        node = tensor.grad_fn
        raise errors.modified(
            tensor.dtype.legacy + "Tensor", tensor._array.shape, node.name() if node else "",
            tensor.output_nr, now, version,
        )  # fmt: skip
