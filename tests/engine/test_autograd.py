"""Views, versions, hooks, modes, errors, and very long graphs."""

from __future__ import annotations

import re
from typing import Any

import backlight as t
import pytest


def leaf(*values: float) -> Any:
    return t.tensor(values, requires_grad=True)


def test_in_place_on_a_view_of_a_view_after_the_base_was_saved() -> None:
    base = leaf(1.0, 2.0, 3.0, 4.0) * 1
    kept = base.exp() * base  # saves base
    base.view(2, 2)[1].mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        kept.sum().backward()


def test_a_sibling_view_written_and_then_used() -> None:
    x = leaf(1.0, 2.0, 3.0, 4.0)
    base = x * 1
    first, second = base[:3], base[1:]
    first.mul_(10)
    assert second.tolist() == [20, 30, 4]
    assert second.grad_fn is not None
    second.sum().backward()
    assert x.grad.tolist() == [0, 10, 10, 1]


def test_a_view_of_a_leaf_under_no_grad() -> None:
    w = leaf(1.0, 2.0)
    with t.no_grad():
        w[0].mul_(5)
        w -= 1
    assert w.tolist() == [4, 1]
    assert w.is_leaf
    assert w.requires_grad
    (w * w).sum().backward()
    assert w.grad.tolist() == [8, 2]


def test_views_and_detached_share_a_version_and_data_does_not() -> None:
    x = t.zeros(4)
    view, detached = x[1:], x.detach()
    view.add_(1)
    assert x._version == view._version == detached._version == 1
    x.data.add_(1)
    assert x._version == 1


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (
            lambda: leaf(1.0).add_(1),
            "a leaf Variable that requires grad is being used in an in-place",
        ),
        (
            lambda: leaf(1.0, 2.0).backward(),
            "grad can be implicitly created only for scalar outputs",
        ),
        (lambda: t.ones(1).sum().backward(), "element 0 of tensors does not require grad and does"),
        (
            lambda: t.ones(2, 3) @ t.ones(2, 3),
            "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
        ),
        (
            lambda: t.ones(2) + t.ones(3),
            "The size of tensor a (2) must match the size of tensor b (3)",
        ),
        (
            lambda: t.tensor([1]).requires_grad_(),
            "only Tensors of floating point dtype can require",
        ),
    ],
)
def test_errors_are_pytorchs(act: Any, sentence: str) -> None:
    with pytest.raises(RuntimeError, match=re.escape(sentence)):
        act()


def test_a_second_backward_is_refused_and_a_retained_one_is_not() -> None:
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 8
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()


def test_hooks_see_and_replace_gradients() -> None:
    x = leaf(1.0, 2.0)
    h = x * 3
    h.retain_grad()
    h.register_hook(lambda g: g * 10)
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    h.sum().backward()
    assert seen == [[30, 30]]
    assert x.grad.tolist() == [30, 30]
    assert h.grad.tolist() == [10, 10]


def test_a_hook_that_raises_leaves_the_engine_usable() -> None:
    x = leaf(1.0)
    h = x * 2

    def fail(g: Any) -> None:
        raise ValueError("from a hook")

    handle = h.register_hook(fail)
    with pytest.raises(ValueError, match="from a hook"):
        (h * h).sum().backward(retain_graph=True)
    assert x.grad is None
    handle.remove()
    z = leaf(3.0)
    (z * z).sum().backward()
    assert z.grad.item() == 6


def test_modes_nest_and_end() -> None:
    x = leaf(1.0)
    with t.no_grad():
        assert not (x * 2).requires_grad
        with t.enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad
    assert not t.no_grad()(lambda: x * 2)().requires_grad


def test_derivatives_of_any_order() -> None:
    x = leaf(3.0)
    y = x**4
    for expected in (108, 108, 72, 24):
        (y,) = t.autograd.grad(y.sum(), x, create_graph=True)
        assert y.item() == pytest.approx(expected)


def test_an_unused_input_is_an_error_or_none() -> None:
    x, unused = leaf(1.0), leaf(1.0)
    with pytest.raises(RuntimeError, match="not have been used in the graph"):
        t.autograd.grad((x * 2).sum(), [x, unused])
    assert t.autograd.grad((x * 2).sum(), [x, unused], allow_unused=True)[1] is None


def test_a_chain_of_100_000_operations_is_built_differentiated_and_freed() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.sum().backward()
    assert x.grad.item() == 1
    z = x
    for _ in range(100_000):
        z = z * 1.0
    del y, z  # the second one is freed without a backward pass


def test_a_missing_name_says_so() -> None:
    with pytest.raises(NotImplementedError, match="quantize_per_tensor"):
        _ = t.quantize_per_tensor
    with pytest.raises(NotImplementedError, match="nearest name"):
        _ = t.ones(1).sigmoidd
    assert not hasattr(t, "no_such_thing")
