"""User-written functions with a backward of their own: `torch.autograd.Function`."""

from __future__ import annotations

import weakref
from typing import Any

from numpy import asarray, zeros

from .. import errors
from ..observe import tap
from ..ops.apply import graph_node
from ..tensor import Tensor, bump_version, storage_of, wrap
from .graph import ListNode, Slot, check_version
from .modes import state


class FunctionCtx:
    """What `forward` leaves for `backward`."""

    def __init__(self) -> None:
        self._to_save: tuple = ()
        self._saved: tuple = ()
        self._non_differentiable: set[int] = set()
        self._dirty: tuple = ()
        self._materialize = True
        self._node: Any = None  # a weak reference: the node holds this object
        self.needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `backward`; writing to them in between is an error there."""
        self._to_save = tensors

    save_for_forward = save_for_backward

    @property
    def saved_tensors(self) -> tuple:
        node = None if self._node is None else self._node()
        if node is not None and node.released:
            raise errors.freed()
        out = []
        for value, version in self._saved:
            if isinstance(value, Tensor):
                check_version(value, version)
            elif value is not None:  # the array of an output: joined to its node again
                value = wrap(value)
                value._node = node
            out.append(value)
        return tuple(out)

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say that no gradient flows through these outputs."""
        self._non_differentiable.update(id(x) for x in tensors)

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say that `forward` wrote to these inputs."""
        self._dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros (True) or None for outputs without a gradient."""
        self._materialize = value


class FunctionNode(ListNode):
    """The node of a call: runs the user's `backward` on Tensors."""

    __slots__ = ("function", "outputs", "like", "__dict__")

    def name(self) -> str:
        return self.function.__name__ + "Backward"

    def run(self, g: Any, heap: list, keep: bool) -> None:
        from .backward import _push

        edges = self.inputs
        _push(edges, self.gradients(g, tuple(e is not None for e in edges), False), heap)
        if not keep:
            self.let_go()

    def gradients(self, g: Any, wanted: tuple[bool, ...], traced: bool) -> list[Any]:
        ctx = self.saved
        if ctx is None:
            raise errors.freed()
        given = g if type(g) is list else [g]
        tensors: list[Any] = []
        for d, (shape, dtype) in zip(given, self.like):
            if d is None and ctx._materialize:
                tensors.append(wrap(zeros(shape, dtype)))
            else:
                tensors.append(d if d is None or isinstance(d, Tensor) else wrap(_whole(d)))
        answers = self.function.backward(ctx, *tensors)
        answers = answers if isinstance(answers, tuple) else (answers,)
        if len(answers) < len(self.inputs) or any(
            a is not None for a in answers[len(self.inputs) :]
        ):
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected "
                f"{len(self.inputs)}, got {len(answers)})"
            )
        out: list[Any] = []
        for k, (answer, need) in enumerate(zip(answers, wanted)):
            if answer is not None and not isinstance(answer, Tensor):
                raise TypeError(
                    f"function {self.name()} returned a {type(answer).__name__} as gradient {k}: "
                    "it must be a Tensor or None"
                )
            if answer is None or not need:
                out.append(None)
            else:
                out.append(answer if traced else answer._array)
        return out

    def let_go(self) -> None:
        self.released = True
        if self.saved is not None:
            self.saved._saved = ()


def _whole(d: Any) -> Any:
    return d if hasattr(d, "device") and getattr(d, "ndim", 0) else asarray(d)


class Function:
    """Base of user-written functions: static `forward(ctx, ...)` and `backward(ctx, *grads)`."""

    def __init__(self) -> None:
        raise TypeError(
            f"{type(self).__name__} is not to be instantiated: call {type(self).__name__}.apply"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result; with `setup_context` it takes no ctx."""
        raise NotImplementedError("You must implement the forward function for autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> None:
        """Keep what `backward` needs, apart from `forward`."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Compute one gradient for each argument of `forward`."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function"
            " to use it with backward mode AD."
        )

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run `forward` without recording, and leave one node for it."""
        ctx = FunctionCtx()
        edges = tuple(graph_node(a) if isinstance(a, Tensor) and state.grad else None for a in args)
        ctx.needs_input_grad = tuple(e is not None for e in edges)
        before, state.grad = state.grad, False
        try:
            if cls.setup_context is not Function.setup_context:
                output = cls.forward(*args)
                cls.setup_context(ctx, args, output)
            else:
                output = cls.forward(ctx, *args)
        finally:
            state.grad = before
        several = isinstance(output, (tuple, list))
        outputs = list(output) if several else [output]
        for dirty in ctx._dirty:
            bump_version(dirty)
        if any(e is not None for e in edges):
            cls._record(ctx, args, edges, outputs)
        result = tuple(outputs) if several else outputs[0]
        listener = tap.listener
        if listener is not None and listener.sampling:
            listener.op(cls.__name__, args, tuple(x for x in outputs if isinstance(x, Tensor)))
        return result

    @classmethod
    def _record(cls, ctx: Any, args: tuple, edges: tuple, outputs: list) -> None:
        node = FunctionNode(edges, ctx)
        ctx._node = weakref.ref(node)
        node.function = cls
        tensors = [x for x in outputs if isinstance(x, Tensor)]
        node.like = [(x._array.shape, x._array.dtype) for x in tensors]
        node.outputs = len(tensors)
        links: dict[int, Any] = {}
        index = 0
        for k, x in enumerate(outputs):
            if not isinstance(x, Tensor):
                continue
            if any(x is a for a in args) and not any(x is d for d in ctx._dirty):
                x = outputs[k] = _alias(x)  # an input handed through is another tensor
            if id(x) not in ctx._non_differentiable and x._array.dtype.kind in "fc":
                x._node = links[id(x)] = (
                    node if len(tensors) == 1 else Slot(node, index, len(tensors))
                )
            index += 1
        saved = []
        for value in ctx._to_save:
            if value is not None and id(value) in links:
                # Only a single output is joined again; of several, each is saved without history.
                saved.append((value._array if links[id(value)] is node else value.detach(), 0))
            else:
                saved.append((value, 0 if value is None else value._version))
        ctx._saved = tuple(saved)


def _alias(x: Tensor) -> Tensor:
    made = wrap(x._array)
    made._storage = storage_of(x)
    return made


def once_differentiable(function: Any) -> Any:
    """Decorate a `backward` that cannot be differentiated itself."""

    def run(ctx: Any, *gradients: Any) -> Any:
        before, state.grad = state.grad, False
        try:
            return function(ctx, *gradients)
        finally:
            state.grad = before

    return run
