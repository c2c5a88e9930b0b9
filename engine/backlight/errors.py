"""The sentences that errors say: PyTorch's own first, built here and nowhere else.

Each function returns the exception for its caller to raise, so that a traceback ends where the
fault is. There is one class of our own, because callers must be able to catch it both ways:

    NotImplementedError, AttributeError
      MissingName            a name of PyTorch that Backlight does not have (yet)
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Sequence


class MissingName(NotImplementedError, AttributeError):
    """A name of PyTorch that Backlight does not have; also an AttributeError, so `hasattr` works."""


class LinAlgError(RuntimeError):
    """A factorisation failed, or a matrix is singular."""

    __module__ = "torch._C"


def missing_name(owner: str, name: str, known: Iterable[str]) -> MissingName:
    """Say that `owner` has no `name`, and name the nearest that it has."""
    near = difflib.get_close_matches(name, [k for k in known if not k.startswith("_")], n=1)
    hint = f" The nearest name that it has is `{near[0]}`." if near else ""
    error = MissingName(f"Backlight does not have `{owner}.{name}` (yet).{hint}")
    error.name = name
    return error


def no_attribute(name: str, known: Iterable[str]) -> AttributeError:
    """The same for a Tensor; a private name is an ordinary AttributeError, as for any object."""
    if name.startswith("_"):
        return AttributeError(f"'Tensor' object has no attribute '{name}'")
    return missing_name("Tensor", name, known)


def size(shape: Sequence[int]) -> str:
    """Write a shape as PyTorch's messages do: [2, 3]."""
    return "[" + ", ".join(str(n) for n in shape) + "]"


def cross(shape: Sequence[int]) -> str:
    """Write a shape as products of matrices do: 2x3."""
    return "x".join(str(n) for n in shape)


def broadcast(shape_a: Sequence[int], shape_b: Sequence[int]) -> RuntimeError:
    """Say at which dimension two shapes do not broadcast (the last one that differs)."""
    ndim = max(len(shape_a), len(shape_b))
    for axis in range(ndim - 1, -1, -1):
        at_a, at_b = axis - ndim + len(shape_a), axis - ndim + len(shape_b)
        a = shape_a[at_a] if at_a >= 0 else 1
        b = shape_b[at_b] if at_b >= 0 else 1
        if a != b and a != 1 and b != 1:
            break
    return RuntimeError(
        f"The size of tensor a ({a}) must match the size of tensor b ({b}) "
        f"at non-singleton dimension {axis}"
    )


def dimension(dim: int, ndim: int) -> IndexError:
    """Say that a dimension is out of range."""
    low, high = (-ndim, ndim - 1) if ndim else (-1, 0)
    return IndexError(
        f"Dimension out of range (expected to be in range of [{low}, {high}], but got {dim})"
    )


def matrices(shape_a: Sequence[int], shape_b: Sequence[int]) -> RuntimeError:
    """Say that two matrices cannot be multiplied."""
    return RuntimeError(
        f"mat1 and mat2 shapes cannot be multiplied ({cross(shape_a)} and {cross(shape_b)})"
    )


def freed() -> RuntimeError:
    """Say that a graph was used a second time."""
    return RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward."
    )


def modified(
    kind: str, shape: Sequence[int], node: str, output: int, now: int, then: int
) -> Exception:
    """Say that a value that backward needs was written to."""
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [torch.{kind} {size(shape)}]"
        + (f", which is output {output} of {node}," if node else "")
        + f" is at version {now}; expected version {then} instead. Hint: enable anomaly detection "
        "to find the operation that failed to compute its gradient, with "
        "torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )


def leaf_in_place(view: bool) -> RuntimeError:
    """Say that a leaf that requires grad, or a view of one, must not be written to."""
    what = "a view of a leaf Variable" if view else "a leaf Variable"
    return RuntimeError(f"{what} that requires grad is being used in an in-place operation.")


def no_grad_view_in_place() -> RuntimeError:
    """Say that a view made without a graph cannot be written to with one."""
    return RuntimeError(
        "A view was created in no_grad mode and is being modified inplace with grad mode enabled. "
        "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify "
        "your code by moving both the view and the inplace either both inside the no_grad block "
        "(if you don't want the inplace to be tracked) or both outside (if you want the inplace "
        "to be tracked)."
    )


def overlapping_write() -> RuntimeError:
    """Say that a tensor whose elements share memory cannot be written to."""
    return RuntimeError(
        "unsupported operation: more than one element of the written-to tensor refers to a single "
        "memory location. Please clone() the tensor before performing the operation."
    )


def not_a_tensor(function: str, argument: str, position: int, value: object) -> TypeError:
    """Say that an argument must be a Tensor."""
    return TypeError(
        f"{function}(): argument '{argument}' (position {position}) must be Tensor, "
        f"not {type(value).__name__}"
    )


def combination(function: str, given: Sequence[object], forms: Sequence[str]) -> TypeError:
    """Say that arguments fit none of a function's forms."""
    kinds = ", ".join(type(value).__name__ for value in given)
    lines = "".join(f" * {form}\n" for form in forms)
    return TypeError(
        f"{function}() received an invalid combination of arguments - got ({kinds}), but expected "
        f"one of:\n{lines}"
    )


def two_devices(a: str, b: str) -> RuntimeError:
    """Say that tensors lie on different devices."""
    return RuntimeError(
        "Expected all tensors to be on the same device, but found at least two devices, "
        f"{a} and {b}!"
    )


def cannot_cast(result: str, wanted: str) -> RuntimeError:
    """Say that a result does not fit into the dtype of where it is to go."""
    return RuntimeError(f"result type {result} can't be cast to the desired output type {wanted}")


def scalar_output() -> RuntimeError:
    """Say that backward needs a gradient to start from."""
    return RuntimeError("grad can be implicitly created only for scalar outputs")


def no_graph() -> RuntimeError:
    """Say that nothing was recorded for a tensor."""
    return RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")


def made_without_gradients() -> RuntimeError:
    """Say that a tensor of integers cannot be made with `requires_grad=True`."""
    return RuntimeError("Only Tensors of floating point and complex dtype can require gradients")


def only_floating() -> RuntimeError:
    """Say that integers have no gradient."""
    return RuntimeError("only Tensors of floating point dtype can require gradients")


_said: set[str] = set()


def say_once(sentence: str) -> None:
    """Warn, once in a process, about something that is accepted and means less here."""
    if sentence not in _said:
        _said.add(sentence)
        warnings.warn(sentence, stacklevel=3)


class Word:
    """A name of PyTorch's that only stands for itself, as `torch.channels_last`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def __reduce__(self) -> str:
        return self.text.removeprefix("torch.")
