"""The backward pass: `backward()` and `grad()`.

One walk serves all: a heap of nodes by creation order, newest first, so that a node runs when all
that its output went into has run. Gradients wait on the nodes themselves. Without `create_graph`
they are arrays and a node's stamped `run` hands them on; with it they are Tensors and the formulas
are evaluated on Tensors, so the gradient has a graph. Where only some inputs are wanted
(`inputs=`, `grad`), the walk keeps to the nodes that lead to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Any

from numpy import asarray, ndarray

from .. import errors
from ..observe import tap
from ..ops.table import ROWS
from ..tensor import Tensor, bump_version, refresh, wrap
from .graph import Node, Slot
from .modes import state

_passes: list[list] = []  # the heaps of the passes under way: a hook may start another


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradient of the tensors to the `.grad` of the leaves (or of `inputs`)."""
    roots = _as_tuple(tensors, "tensors")
    seeds = _seeds(roots, grad_tensors, create_graph)
    targets = None
    if inputs is not None:
        targets = _as_tuple(inputs, "inputs")
        if not targets:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
        for k, target in enumerate(targets):
            if not target.requires_grad:
                raise RuntimeError(
                    "One of the differentiated Tensors does not require grad"
                    if k == 0 else f"input {k} of backward() does not require grad"
                )  # fmt: skip
    keep = create_graph if retain_graph is None else retain_graph
    found = _walk(roots, seeds, keep, create_graph, targets, into_leaves=targets is None)
    if targets is not None:
        for target, gradient in zip(targets, found):
            if gradient is not None:
                _add_to_grad(target, gradient, create_graph)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return the gradient of the outputs with respect to each input, and change no `.grad`."""
    if is_grads_batched:
        raise NotImplementedError("grad(is_grads_batched=True) is not here yet: loop over the rows")
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
            "allow_unused=False."
        )
    roots, targets = _as_tuple(outputs, "outputs"), _as_tuple(inputs, "inputs")
    if not targets:
        raise ValueError("grad requires non-empty inputs.")
    seeds = _seeds(roots, grad_outputs, create_graph)
    for target in targets:
        if not target.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    keep = create_graph if retain_graph is None else retain_graph
    found = _walk(roots, seeds, keep, create_graph, targets, into_leaves=False)
    for k, gradient in enumerate(found):
        if gradient is None:
            if materialize_grads:
                found[k] = ROWS["zero_of"].function(targets[k])
            elif not allow_unused:
                raise RuntimeError(
                    "One of the differentiated Tensors appears to not have been used in the graph. "
                    "Set allow_unused=True if this is the desired behavior."
                )
    return tuple(found)


def _as_tuple(given: Any, name: str) -> tuple[Tensor, ...]:
    items = (given,) if isinstance(given, Tensor) else tuple(given)
    for item in items:
        if not isinstance(item, Tensor):
            raise TypeError(f"{name} must be Tensors, but one is {type(item).__name__}")
    return items


def _seeds(roots: Sequence[Tensor], given: Any, create_graph: bool) -> list[Tensor]:
    """The gradient that each root starts with: 1 for a number."""
    if given is None or isinstance(given, Tensor):
        given = (given,) * len(roots) if given is None else (given,)
    given = tuple(given)
    if len(given) != len(roots):
        raise RuntimeError(f"got {len(roots)} tensors and {len(given)} gradients")
    seeds = []
    for k, (root, seed) in enumerate(zip(roots, given)):
        if not root.requires_grad:
            raise RuntimeError(
                f"element {k} of tensors does not require grad and does not have a grad_fn"
            )
        array = root._array
        if seed is None:
            if array.size != 1:
                raise errors.scalar_output()
            if array.dtype.kind == "c":
                raise RuntimeError(
                    "grad can be implicitly created only for real scalar outputs but got "
                    f"{root.dtype}"
                )
            one = array.copy()
            one[...] = 1
            seed = wrap(one)
        elif not isinstance(seed, Tensor):
            raise TypeError(
                "gradients can be either Tensors or None, but got " + type(seed).__name__
            )
        elif seed._array.shape != array.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{k}] has a shape of {seed.shape} and output[{k}] "
                f"has a shape of {root.shape}."
            )
        elif seed._array.dtype != array.dtype:
            # PyTorch casts a seed of another precision to that of the output.
            seed = ROWS["cast"].function(seed, array.dtype)
        seeds.append(seed if create_graph or seed._node is None else seed.detach())
    return seeds


def _walk(
    roots: Sequence[Tensor], seeds: Sequence[Tensor], keep: bool, traced: bool,
    targets: Sequence[Tensor] | None, into_leaves: bool,
) -> list[Tensor | None]:  # fmt: skip
    """Run the pass; returns the gradients that reached `targets`."""
    heap: list = []
    parked = [(n, n.g, n.own) for pending in _passes for _, n in pending]
    for n, _, _ in parked:
        n.g, n.own = None, False
    captures: dict[Node, list[int]] = {}
    if targets is not None:
        for k, target in enumerate(targets):
            captures.setdefault(_node(target), []).append(k)
    found: list[Tensor | None] = [None] * (0 if targets is None else len(targets))
    wanted = None if targets is None else _leading_to(roots, captures)
    listener = tap.listener
    nodes = listener  # who hears of each node: a step that is not sampled has its loss told alone
    if listener is not None:
        listener.backward_begin(tuple(roots), tuple(seed._array for seed in seeds))
        if not listener.sampling:
            nodes = None
    _passes.append(heap)
    mode, state.grad = state.grad, traced
    try:
        for root, seed in zip(roots, seeds):
            node = _node(root)
            g = seed if traced else seed._array
            if node.g is None:
                node.g = g
                heappush(heap, (node.seq, node))
            else:
                node.g = node.g + g
        if wanted is None and not traced:
            _run_arrays(heap, keep, nodes)
        else:
            _run_some(heap, keep, traced, wanted, captures, found, into_leaves, nodes)
    finally:
        state.grad = mode
        for _, n in heap:  # an exception: nothing may be left waiting
            n.g, n.own = None, False
        _passes.remove(heap)
        for n, g, own in parked:
            n.g, n.own = g, own
        if listener is not None:
            listener.backward_end()
    return found


def _run_arrays(heap: list, keep: bool, listener: Any) -> None:
    """The plain pass: arrays, all leaves."""
    while heap:
        n = heappop(heap)[1]
        g = n.g
        n.g = None
        n.own = False
        if n.hooks is not None or listener is not None:
            if listener is not None:
                _tell(listener, n, g)
            if n.hooks is not None:
                g = _before(n, g, False)
                if n.hooks.post and not n.is_accumulator:
                    _run_hooked(n, g, heap, keep)
                    continue
        n.run(g, heap, keep)


def _run_hooked(n: Node, g: Any, heap: list, keep: bool) -> None:
    """Run a node that has hooks which want the gradients of its inputs."""
    edges = n.edges
    gradients = n.gradients(g, tuple(e is not None for e in edges), False)
    _push(edges, _after(n, gradients, g, False), heap)
    if not keep:
        n.let_go()


def _run_some(
    heap: list, keep: bool, traced: bool, wanted: set | None, captures: dict, found: list,
    into_leaves: bool, listener: Any,
) -> None:  # fmt: skip
    """The general pass: arrays or Tensors, all leaves or only what leads to some tensors."""
    while heap:
        n = heappop(heap)[1]
        g = n.g
        n.g = None
        n.own = False
        if listener is not None:
            _tell(listener, n, g)
        if n.hooks is not None:
            g = _before(n, g, traced)
        for k in captures.get(n, ()):
            found[k] = g if traced else wrap(_array(g))
        if n.is_accumulator:
            if into_leaves:
                _accumulate(n, g, traced, listener)
            continue
        if type(n) is Slot:
            n.run(g, heap, keep)
            continue
        edges = n.edges
        need = tuple(e is not None and (wanted is None or e in wanted) for e in edges)
        if any(need):
            gradients = n.gradients(g, need, traced)
            if n.hooks is not None and n.hooks.post:
                gradients = _after(n, gradients, g, traced)
            _push(edges, gradients, heap)
        if not keep:
            n.let_go()


def _push(edges: Iterable[Node | None], gradients: Iterable[Any], heap: list) -> None:
    for e, d in zip(edges, gradients):
        if e is None or d is None:
            continue
        if e.g is None:
            e.g = d
            heappush(heap, (e.seq, e))
        else:
            e.g = e.g + d


def _node(tensor: Tensor) -> Node:
    if tensor._view is not None:
        refresh(tensor)
    return tensor._node


def _array(g: Any) -> Any:
    return g if type(g) is ndarray or (hasattr(g, "device") and g.ndim) else asarray(g)


def _leading_to(roots: Sequence[Tensor], captures: dict) -> set:
    """The nodes on a way from the roots to a captured node, both included."""
    oldest = max(n.seq for n in captures)  # seq counts down
    order: list[Node] = []
    seen = set()
    stack = [_node(root) for root in roots]
    while stack:
        n = stack.pop()
        if n in seen or n.seq > oldest:
            continue
        seen.add(n)
        order.append(n)
        stack.extend(e for e in n.edges if e is not None)
    wanted = set()
    for n in sorted(order, key=lambda n: n.seq, reverse=True):  # oldest first
        if n in captures or any(e in wanted for e in n.edges):
            wanted.add(n)
    return wanted


def _tell(listener: Any, n: Node, g: Any) -> None:
    if type(n) is Slot or n.is_accumulator:
        return
    gradients = g if type(g) is list else [g]
    listener.backward_node(
        n, tuple(None if d is None else _array(d._array if isinstance(d, Tensor) else d)
                 for d in gradients)
    )  # fmt: skip


# Leaves ---------------------------------------------------------------------------------------


def _accumulate(n: Any, g: Any, traced: bool, listener: Any) -> None:
    """Add to a leaf's gradient in the general pass."""
    leaf = n.variable
    if leaf is None:
        return
    _add_to_grad(leaf, g if traced else wrap(_array(g)), traced)
    if listener is not None:
        listener.leaf_gradient(leaf, g._array if traced else _array(g))
    if n.hooks is not None:
        n.run_post_hooks(leaf)


def _add_to_grad(tensor: Tensor, gradient: Tensor, traced: bool) -> None:
    """Add to `.grad`: out of place where the gradient has a graph, as PyTorch does."""
    have = tensor._grad
    if have is None:
        if not traced:
            gradient = wrap(gradient._array.copy())
        tensor._grad = gradient
    elif traced or have._node is not None:
        tensor._grad = have + gradient
    else:
        have._array[...] += gradient._array
        bump_version(have)


# Hooks ----------------------------------------------------------------------------------------


def _before(n: Node, g: Any, traced: bool) -> Any:
    """Run the hooks of a node's outputs: pre-hooks, tensor hooks, `retain_grad`."""
    hooks = n.hooks
    several = type(g) is list
    box = list(g) if several else [g]
    tensors = [d if d is None or traced else wrap(_array(d)) for d in box]
    for hook in list(hooks.before.values()):
        answer = hook(tuple(tensors))
        if answer is not None:
            tensors = [answer] if isinstance(answer, Tensor) else list(answer)
    for hook in list(hooks.tensor.values()):
        answer = hook(tensors[0])
        if answer is not None:
            _check_hook(answer, tensors[0])
            tensors[0] = answer
    retained = None if hooks.retained is None else hooks.retained()
    if retained is not None:
        have = retained._grad
        gradient = tensors[0]
        if have is not None:
            retained._grad = have + gradient
        else:
            retained._grad = gradient if traced else wrap(gradient._array.copy())
    out = [d if d is None or traced else d._array for d in tensors]
    return out if several else out[0]


def _check_hook(answer: Any, before: Tensor) -> None:
    if not isinstance(answer, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(answer).__name__}'")
    if answer._array.shape != before._array.shape:
        raise RuntimeError(
            f"hook '<unknown>' has changed the size of value: {errors.size(before._array.shape)} "
            f"to {errors.size(answer._array.shape)}"
        )


def _after(n: Node, gradients: list, g: Any, traced: bool) -> list:
    """Run a node's post-hooks: hook(grad_inputs, grad_outputs)."""

    def tensor(d: Any) -> Any:
        return d if d is None or traced else wrap(_array(d))

    inside = tuple(tensor(d) for d in gradients)
    outside = tuple(tensor(d) for d in (g if type(g) is list else [g]))
    for hook in list(n.hooks.post.values()):
        answer = hook(inside, outside)
        if answer is not None:
            inside = (answer,) if isinstance(answer, Tensor) else tuple(answer)
    return [d if d is None or traced else d._array for d in inside]
