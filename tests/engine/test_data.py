"""Datasets, samplers and loaders give PyTorch's samples in PyTorch's order; the data that ships."""

from __future__ import annotations

import hashlib
from collections import namedtuple

import numpy as np
import pytest

Pair = namedtuple("Pair", "a b")


def data_of(t):
    return t.utils.data if t.__name__ == "torch" else t.data


def plain(value):
    """A batch as Python values and NumPy dtypes, to be compared."""
    if hasattr(value, "numpy"):
        return (str(value.numpy().dtype), value.tolist())
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if hasattr(value, "_fields"):
        return (type(value).__name__, *map(plain, value))
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *map(plain, value)]
    return value


def rows(t, n=10):
    x = t.arange(2.0 * n).reshape(n, 2)
    return data_of(t).TensorDataset(x, t.arange(n))


def samples(t):
    """A dataset of a user, with samples of every kind."""
    data = data_of(t)

    class Mine(data.Dataset):
        def __len__(self):
            return 7

        def __getitem__(self, i):
            return {
                "tensor": t.tensor([i, i + 0.5]),
                "array": np.full(2, i, np.int32),
                "numbers": (i, i / 2, i % 2 == 0, np.float32(i)),
                "text": f"s{i}",
                "pair": Pair(i, [i, -i]),
            }

    return Mine()


def doubled(t):
    """A user's own kind of TensorDataset, whose samples must be asked for one by one."""

    class Doubled(data_of(t).TensorDataset):
        def __getitem__(self, index):
            return tuple(tensor * 2 for tensor in super().__getitem__(index))

    return Doubled(t.arange(4.0), t.arange(4))


LOADERS = {
    "plain": lambda t, d: d.DataLoader(rows(t), batch_size=4),
    "one": lambda t, d: d.DataLoader(rows(t)),
    "shuffle": lambda t, d: d.DataLoader(rows(t), batch_size=3, shuffle=True),
    "drop_last": lambda t, d: d.DataLoader(rows(t), batch_size=3, shuffle=True, drop_last=True),
    "generator": lambda t, d: d.DataLoader(
        rows(t), batch_size=3, shuffle=True, generator=t.Generator().manual_seed(9)
    ),
    "no_batches": lambda t, d: d.DataLoader(rows(t), batch_size=None),
    "collate": lambda t, d: d.DataLoader(
        rows(t), batch_size=4, collate_fn=lambda batch: [int(y) for _, y in batch]
    ),
    "kinds": lambda t, d: d.DataLoader(samples(t), batch_size=3),
    "sampler": lambda t, d: d.DataLoader(
        rows(t), batch_size=2, sampler=d.SubsetRandomSampler([1, 3, 5, 7])
    ),
    "batch_sampler": lambda t, d: d.DataLoader(
        rows(t), batch_sampler=d.BatchSampler(d.RandomSampler(rows(t)), 4, True)
    ),
    "replacement": lambda t, d: d.DataLoader(
        rows(t), batch_size=9, sampler=d.RandomSampler(rows(t), replacement=True, num_samples=77)
    ),
    "more_samples": lambda t, d: d.DataLoader(
        rows(t), batch_size=9, sampler=d.RandomSampler(rows(t), num_samples=23)
    ),
    "weighted": lambda t, d: d.DataLoader(
        rows(t), batch_size=5, sampler=d.WeightedRandomSampler([0.1, 0.2, 0.7], 20)
    ),
    "concat": lambda t, d: d.DataLoader(rows(t, 3) + rows(t, 4), batch_size=2),
    "subset": lambda t, d: d.DataLoader(d.Subset(rows(t), [4, 2, 0]), batch_size=2),
    "kinds_alone": lambda t, d: d.DataLoader(samples(t), batch_size=None),
    "subset_of_a_subset": lambda t, d: d.DataLoader(
        d.Subset(d.Subset(rows(t), range(9, -1, -1)), [0, 3, 5, 8]), batch_size=3, shuffle=True
    ),
    "user_rows": lambda t, d: d.DataLoader(doubled(t), batch_size=3),
    "list": lambda t, d: d.DataLoader([1.5, 2.5, 3.5], batch_size=2),
    "stream": lambda t, d: d.DataLoader(stream(t, 7), batch_size=3),
    "stream_drop": lambda t, d: d.DataLoader(stream(t, 7), batch_size=3, drop_last=True),
    "chain": lambda t, d: d.DataLoader(stream(t, 3) + stream(t, 2), batch_size=2),
}


def stream(t, n):
    class Stream(data_of(t).IterableDataset):
        def __iter__(self):
            return iter(range(n))

    return Stream()


@pytest.mark.parametrize("name", LOADERS)
def test_batches_equal_pytorchs(name, torch, bl):
    found = []
    for t in (torch, bl):
        t.manual_seed(21)
        loader = LOADERS[name](t, data_of(t))
        passes = [[plain(batch) for batch in loader] for _ in range(2)]
        length = None if "stream" in name or name == "chain" else len(loader)
        found.append((passes, length, t.rand(2).tolist()))
    assert found[1] == found[0]


SPLITS = [[6, 4], [0.5, 0.3, 0.2], [0.25, 0.75], [0.34, 0.33, 0.33]]


@pytest.mark.parametrize("lengths", SPLITS)
def test_random_splits_equal_pytorchs(lengths, torch, bl):
    found = []
    for t in (torch, bl):
        generator = t.Generator().manual_seed(3)
        parts = data_of(t).random_split(rows(t), lengths, generator=generator)
        found.append([[plain(part[i]) for i in range(len(part))] for part in parts])
    assert found[1] == found[0]


ERRORS = {
    "sizes": lambda t, d: d.TensorDataset(t.zeros(2), t.zeros(3)),
    "no_item": lambda t, d: d.Dataset()[0],
    "empty": lambda t, d: d.ConcatDataset([]),
    "before": lambda t, d: (rows(t) + rows(t))[-21],
    "split": lambda t, d: d.random_split(rows(t), [3, 3]),
    "fraction": lambda t, d: d.random_split(rows(t), [-0.5, 1.5]),
    "batch_size": lambda t, d: d.DataLoader(rows(t), batch_size=0),
    "both": lambda t, d: d.DataLoader(rows(t), shuffle=True, sampler=d.SequentialSampler(rows(t))),
    "batch_sampler": lambda t, d: d.DataLoader(rows(t), batch_size=2, batch_sampler=[[0]]),
    "no_batch_drop": lambda t, d: d.DataLoader(rows(t), batch_size=None, drop_last=True),
    "workers": lambda t, d: d.DataLoader(rows(t), num_workers=-1),
    "timeout": lambda t, d: d.DataLoader(rows(t), timeout=-1),
    "stream_shuffle": lambda t, d: d.DataLoader(stream(t, 2), shuffle=True),
    "num_samples": lambda t, d: d.RandomSampler(rows(t), num_samples=0),
    "no_samples": lambda t, d: d.DataLoader([], shuffle=True),
    "uneven": lambda t, d: next(iter(d.DataLoader([[1], [1, 2]], batch_size=2))),
    "kind": lambda t, d: next(iter(d.DataLoader([object()], batch_size=1))),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_what_pytorch_says(name, torch, bl):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        ERRORS[name](torch, data_of(torch))
    with pytest.raises(theirs.type) as ours:
        ERRORS[name](bl, data_of(bl))
    assert str(ours.value)[:60] == str(theirs.value)[:60]


def test_workers_are_accepted(bl):
    with pytest.warns(UserWarning, match="loads data in this process"):
        loader = bl.data.DataLoader(rows(bl), batch_size=5, num_workers=2, prefetch_factor=4)
    assert len(list(loader)) == 2


def test_digits(bl):
    bl.manual_seed(0)
    x, y, x_val, y_val = bl.data.digits()
    assert (tuple(x.shape), tuple(y.shape)) == ((1437, 64), (1437,))
    assert (tuple(x_val.shape), tuple(y_val.shape)) == ((360, 64), (360,))
    assert x.dtype is x_val.dtype is bl.float32
    assert y.dtype is y_val.dtype is bl.int64
    everything = bl.cat([x, x_val]).numpy()
    assert (everything.min(), everything.max()) == (0.0, 1.0)
    labels = bl.cat([y, y_val]).numpy()
    # The counts of the UCI test set, and every class in both parts.
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(y_val.numpy(), minlength=10).min() >= 20
    # Always the same split, whatever was drawn before, and no draw from the program's stream.
    assert bl.rand(2).tolist() == bl.rand(2, generator=bl.Generator().manual_seed(0)).tolist()
    again = bl.data.digits()
    assert all(a.tolist() == b.tolist() for a, b in zip((x, y, x_val, y_val), again))
    held_out = {image.tobytes() for image in x_val.numpy()}
    assert not any(image.tobytes() in held_out for image in x.numpy())


def test_digits_are_the_published_images(bl):
    from importlib.resources import files

    raw = (files("backlight.data") / "digits.npz").read_bytes()
    assert len(raw) < 60_000
    x, y, *_ = bl.data.digits()
    ink = hashlib.sha256(np.ascontiguousarray(x.numpy() * 16).astype(np.uint8).tobytes())
    assert ink.hexdigest()[:16] == INK
    assert set(np.unique(y.numpy())) == set(range(10))


INK = "8dc700dcd0f18c4f"


def test_spirals(bl):
    bl.manual_seed(0)
    x, y = bl.data.spirals(100, noise=0.1, seed=4)
    assert (tuple(x.shape), tuple(y.shape)) == ((200, 2), (200,))
    assert (x.dtype, y.dtype) == (bl.float32, bl.int64)
    assert y.sum().item() == 100
    assert x.abs().max().item() < 1.3
    assert bl.rand(1).tolist() == bl.rand(1, generator=bl.Generator().manual_seed(0)).tolist()
    assert bl.data.spirals(100, noise=0.1, seed=4)[0].tolist() == x.tolist()
    assert bl.data.spirals(100, noise=0.1, seed=5)[0].tolist() != x.tolist()
    # Without noise the second arm is the first one turned by half a turn.
    clean, _ = bl.data.spirals(50, noise=0.0)
    np.testing.assert_allclose(clean[50:].numpy(), -clean[:50].numpy(), atol=1e-6)
