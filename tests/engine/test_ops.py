"""Every sample: values and gradients of any order, by differences and against PyTorch."""

from __future__ import annotations

from typing import Any

import backlight
import numpy as np
import pytest
from backlight.ops import apply, stamp
from samples import SAMPLES, Sample

STEP = 1e-6
names = pytest.mark.parametrize("name", SAMPLES)


def tensors(t: Any, sample: Sample, strided: bool = False) -> list[Any]:
    """The inputs as leaves that want a gradient; strided ones are every second of a larger array."""
    made = []
    for array in sample.inputs():
        if strided and array.ndim:
            wide = np.zeros((*array.shape[:-1], array.shape[-1] * 2))
            wide[..., ::2] = array
            leaf = t.from_numpy(wide)[..., ::2]
        else:
            leaf = t.from_numpy(array.copy())
        made.append(leaf.requires_grad_())
    return made


def weights(shape: Any) -> Any:
    """Uneven weights, so that no symmetry hides a fault."""
    flat = np.cos(np.arange(int(np.prod(shape)), dtype=np.float64)) + 0.1
    return np.asarray(flat).reshape(tuple(shape))


def scalar(t: Any, sample: Sample, inputs: list[Any]) -> Any:
    out = sample.function(t, *inputs)
    return (out * t.from_numpy(weights(out.shape))).sum()


def gradients(t: Any, sample: Sample, inputs: list[Any], create_graph: bool = False) -> list[Any]:
    return list(t.autograd.grad(scalar(t, sample, inputs), inputs, create_graph=create_graph))


def differences(function: Any, arrays: list[Any]) -> list[Any]:
    """Central differences of a number by each element of each array."""
    result = []
    for which, array in enumerate(arrays):
        slope = np.zeros_like(array)
        for at in np.ndindex(array.shape):
            values = []
            for sign in (1, -1):
                moved = [a.copy() for a in arrays]
                moved[which][at] += sign * STEP
                values.append(function(moved))
            slope[at] = (values[0] - values[1]) / (2 * STEP)
        result.append(slope)
    return result


@names
def test_gradient_is_what_differences_say(name: str) -> None:
    sample = SAMPLES[name]

    def value(arrays: list[Any]) -> float:
        return scalar(backlight, sample, [backlight.from_numpy(a) for a in arrays]).item()

    found = gradients(backlight, sample, tensors(backlight, sample))
    for ours, slope in zip(found, differences(value, sample.inputs())):
        np.testing.assert_allclose(ours.numpy(), slope, rtol=1e-6, atol=1e-7)


@names
def test_second_gradient_is_what_differences_say(name: str) -> None:
    sample = SAMPLES[name]
    inputs = tensors(backlight, sample)

    def total(found: list[Any]) -> Any:
        parts = [
            (g * backlight.from_numpy(np.asarray(weights(g.shape) + 0.5))).sum() for g in found
        ]
        return sum(parts[1:], parts[0])

    def value(arrays: list[Any]) -> float:
        fresh = [backlight.from_numpy(a).requires_grad_() for a in arrays]
        return total(gradients(backlight, sample, fresh)).item()

    outer = total(gradients(backlight, sample, inputs, create_graph=True))
    if outer.requires_grad:
        second = backlight.autograd.grad(outer, inputs, allow_unused=True)
    else:
        second = [None] * len(inputs)
    for ours, slope in zip(second, differences(value, sample.inputs())):
        ours = np.zeros_like(slope) if ours is None else ours.numpy()
        np.testing.assert_allclose(ours, slope, rtol=1e-5, atol=1e-5)


@names
def test_arrays_and_tensors_give_the_same_gradient(name: str) -> None:
    sample = SAMPLES[name]
    raw = gradients(backlight, sample, tensors(backlight, sample))
    traced = gradients(backlight, sample, tensors(backlight, sample), create_graph=True)
    for a, b in zip(raw, traced):
        np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=1e-12, atol=1e-14)


@names
def test_strides_change_nothing(name: str) -> None:
    sample = SAMPLES[name]
    plain = gradients(backlight, sample, tensors(backlight, sample))
    strided = gradients(backlight, sample, tensors(backlight, sample, strided=True))
    for a, b in zip(plain, strided):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12, atol=1e-14)


@names
def test_value_and_gradient_are_pytorchs(name: str, torch: Any) -> None:
    sample = SAMPLES[name]
    ours = sample.function(backlight, *tensors(backlight, sample))
    theirs = sample.function(torch, *tensors(torch, sample))
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(
        ours.detach().numpy(), theirs.detach().numpy(), rtol=sample.rtol, atol=sample.rtol / 10
    )
    pairs = zip(
        gradients(backlight, sample, tensors(backlight, sample)),
        gradients(torch, sample, tensors(torch, sample)),
    )
    for a, b in pairs:
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=100 * sample.rtol, atol=sample.rtol)


BY_GATE = "add mul sub maximum exp tanh sigmoid relu sqrt atan2 mm sum mean _softmax".split()


@pytest.mark.parametrize("name", BY_GATE)
def test_the_stamped_function_does_what_the_gate_does(name: str) -> None:
    row = apply.ROWS[name]
    arrays = SAMPLES["matmul" if name == "mm" else "maximum"].inputs()
    inputs = [backlight.from_numpy(a) for a in arrays][: len(row.inputs)]
    options = {
        "sum": (1, True, None),
        "mean": (1, True, None),
        "_softmax": (1,),
        "add": (1,),
        "sub": (1,),
    }
    given = options.get(name, ())
    by_gate = apply.gate(row, inputs, given, None, reference=True)
    keywords = dict(zip((p.name for p in row.options), given))
    stamped = row.function(*inputs, **keywords)
    np.testing.assert_array_equal(by_gate.numpy(), stamped.numpy())
    assert "def " in backlight.ops.source(name)
    assert stamp.compute(row) is not None


#: Rows that no sample in float64 on one CPU can reach, and those that only make derivatives of
#: derivatives of rows that are linear.
WITHOUT = {
    "imag _eig _view_as_real _view_as_complex": "complex numbers",
    "move": "another device",
    "_clone view_steps_gradient": "views of views in higher orders",
    "_drawn_normal _drawn_bernoulli": "random numbers",
    "crop_to pick_along embedding_of _avg_pool_again": "higher orders",
}


def test_no_row_lacks_a_sample() -> None:
    seen: set[str] = set()
    for sample in SAMPLES.values():
        inputs = tensors(backlight, sample)
        out = sample.function(backlight, *inputs)
        todo = [out.grad_fn]
        found = backlight.autograd.grad((out * out).sum(), inputs, create_graph=True)
        todo += [g.grad_fn for g in found]
        done: set[int] = set()
        while todo:
            node = todo.pop()
            if node is None or id(node) in done:
                continue
            done.add(id(node))
            if getattr(node, "row", None) is not None:
                seen.add(node.row.name)
            todo += [each for each, _ in node.next_functions]
    excused = {name for names in WITHOUT for name in names.split()}
    wanted = {name for name, row in apply.ROWS.items() if row.formulas}
    assert sorted(wanted - seen - excused) == []
    # Whether a copy is made of a gradient depends on who else holds it, by interpreter.
    needless = excused & seen - {"_clone"}
    assert not needless, f"has a sample: {sorted(needless)}"
