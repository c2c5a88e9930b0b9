"""Files: what is written is read again, here and in PyTorch; nothing but data is built."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict

import numpy as np
import pytest


def nest(t):
    shared = t.arange(6.0)
    return {
        "shared": shared, "view": shared.view(2, 3)[:, 1:], "half": t.ones(2, dtype=t.float16),
        "flags": t.tensor([True, False]), "counts": t.tensor(3), "empty": t.zeros(0, 2),
        "complex": t.tensor([1 + 2j]), "parameter": t.nn.Parameter(t.ones(2)),
        "list": [1, "two", 3.0, None, (t.ones(1),)], "ordered": OrderedDict(a=1),
        "dtype": t.float32, "size": t.ones(2, 3).shape,
    }  # fmt: skip


def same(a, b):
    if hasattr(a, "detach"):
        assert type(a).__name__ == type(b).__name__
        assert str(a.dtype) == str(b.dtype)
        assert tuple(a.shape) == tuple(b.shape)
        assert a.requires_grad == b.requires_grad
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b):
            same(x, y)
    else:
        assert str(a) == str(b)


@pytest.mark.parametrize("way", ["own", "to PyTorch", "from PyTorch"])
def test_a_nest_comes_back(way, torch, bl):
    writer, reader = {"own": (bl, bl), "to PyTorch": (bl, torch), "from PyTorch": (torch, bl)}[way]
    kept = io.BytesIO()
    writer.save(nest(writer), kept)
    kept.seek(0)
    same(nest(bl), reader.load(kept))


@pytest.mark.parametrize("way", ["to PyTorch", "from PyTorch"])
def test_states_of_modules_and_optimisers_cross(way, torch, bl, tmp_path):
    writer, reader = (bl, torch) if way == "to PyTorch" else (torch, bl)
    pairs = []
    for t in (writer, reader):
        model = t.nn.Sequential(t.nn.Conv2d(1, 2, 3), t.nn.BatchNorm2d(2))
        optimizer = t.optim.Adam(model.parameters())
        model(t.ones(2, 1, 4, 4)).sum().backward()
        optimizer.step()
        pairs.append((model, optimizer))
    path = tmp_path / "state.pt"
    writer.save({"m": pairs[0][0].state_dict(), "o": pairs[0][1].state_dict()}, path)
    state = reader.load(path)
    pairs[1][0].load_state_dict(state["m"])
    pairs[1][1].load_state_dict(state["o"])
    same(
        dict(pairs[0][0].state_dict()),
        dict(pairs[1][0].state_dict()),
    )


class Evil:
    def __reduce__(self):
        return (print, ("this must not run",))


def test_nothing_but_data_is_built(bl, capsys):
    kept = io.BytesIO()
    bl.save({"x": Evil()}, kept)
    kept.seek(0)
    with pytest.raises(
        pickle.UnpicklingError, match=r"Unsupported global: GLOBAL (builtins|__builtin__)\.print"
    ):
        bl.load(kept)
    assert capsys.readouterr().out == ""
    kept.seek(0)
    bl.load(kept, weights_only=False)
    assert capsys.readouterr().out == "this must not run\n"
