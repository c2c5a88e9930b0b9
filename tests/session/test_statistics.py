"""The statistics of an array, against plain float64 formulas."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from backlight.observe.histogram import bin_of, counts, packed
from backlight.observe.kept import BLOCK, Store, Values, block_of, leading_block
from backlight.observe.statistics import look, statistics
from backlight.session.protocol import HISTOGRAM_BINS


def reference(array):
    flat = np.abs(array).ravel() if array.dtype.kind == "c" else array.ravel()
    flat = flat.astype(np.float64)
    good = flat[np.isfinite(flat)]
    if not good.size:
        return [np.nan] * 4 + [0.0, float(flat.size)]
    with np.errstate(over="ignore"):
        scale = np.abs(good).max() or 1.0
        rms = scale * np.sqrt(np.mean((good / scale) ** 2))
    zero = np.mean(flat == 0)
    return [rms, good.mean(), good.min(), good.max(), zero, float(flat.size - good.size)]


RNG = np.random.default_rng(0)
CASES = {
    "float32": RNG.normal(size=(64, 33)).astype(np.float32),
    "strided": RNG.normal(size=(64, 33)).astype(np.float32)[::2, 1::3].T,
    "with zeros": np.maximum(RNG.normal(size=1000), 0).astype(np.float32),
    "float16": RNG.normal(size=1000).astype(np.float16),
    "float16, large": np.full(100, 6e4, np.float16),
    "float64": RNG.normal(size=10),
    "int64": RNG.integers(-5, 5, 100),
    "bool": RNG.integers(0, 2, 100).astype(bool),
    "large": np.array([1e30, -3e37, 0.0], np.float32),
    "small": np.array([1e-30, -3e-38, 0.0], np.float32),
    "one": np.array(3.5, np.float32),
    "one, not finite": np.array(np.nan, np.float32),
    "nan and inf": np.array([np.nan, np.inf, -np.inf, 2.0, 0.0, -1.0], np.float32),
    "large, not finite": np.array([np.inf, 1e300, -1e300]),
    "all nan": np.full(7, np.nan, np.float32),
    "complex": RNG.normal(size=10) + 1j * RNG.normal(size=10),
}


@pytest.mark.parametrize("name", CASES)
def test_statistics(name):
    array = CASES[name]
    before = array.copy()
    with np.errstate(all="raise"):
        result = statistics(array)
    np.testing.assert_allclose(result, reference(array), rtol=2e-6, atol=1e-45)
    np.testing.assert_array_equal(array, before)


def test_an_empty_array_has_none():
    assert np.isnan(statistics(np.zeros((0, 3), np.float32))).all()


def test_a_very_large_array_is_sampled():
    array = np.ones(3_000_000, np.float32)
    array[::3] = np.nan
    result = statistics(array)
    assert result[0] == 1.0
    assert result[5] == pytest.approx(1_000_000, rel=0.01)


@pytest.mark.parametrize(
    ("shape", "block"),
    [
        ((), ()),
        ((5,), (5,)),
        ((4_000,), (1_024,)),
        ((64, 10), (64, 10)),
        ((784, 128), (32, 32)),
        ((10_000, 2), (512, 2)),
        ((2, 10_000), (2, 512)),
        ((64, 1, 28, 28), (1, 1, 28, 28)),
        ((8, 4, 4, 4), (8, 4, 4, 4)),
        ((64, 16, 8, 8), (1, 16, 8, 8)),
        ((0, 5_000), (0, 5_000)),
    ],
)
def test_the_leading_block(shape, block):
    assert block_of(shape) == block
    assert np.prod(block) <= BLOCK
    array = np.arange(np.prod(shape)).reshape(shape)
    whole, part = leading_block(array)
    assert whole == shape
    np.testing.assert_array_equal(part, array[tuple(slice(n) for n in block)])
    assert not np.shares_memory(part, array) or not part.size


def test_kept_values_stay_within_their_budget_and_say_what_is_gone():
    store = Store(100_000)
    for step in range(1, 101):
        values = Values(step)
        values.keep(values.values, 0, np.full((32, 32), step, np.float32))
        values.numbers = {"node": 0}
        store.add(values)
        assert store.bytes <= 100_000
    newest = store.inspect(1, 100, "node")
    assert newest.value.shape == newest.value.block == [32, 32]
    assert (newest.value.data == 100).all()
    assert newest.gradient is None
    assert "gradient" in newest.note
    gone = [s for s in range(1, 101) if store.inspect(1, s, "node").value is None]
    assert len(gone) == store.dropped > 50
    assert "given up" in store.inspect(1, gone[0], "node").note
    assert "not recorded" in store.inspect(1, 1_000, "node").note
    assert "no such node" in store.inspect(1, 100, "other").note


def histogram_reference(array):
    """The counts one by one, as the protocol says."""
    counts = np.zeros(HISTOGRAM_BINS)
    flat = np.abs(array).ravel() if array.dtype.kind == "c" else array.ravel()
    for value in flat.astype(np.float64):
        if np.isfinite(value):
            power = math.floor(math.log(abs(value), 4) + 1e-12) if value else -99
            away = min(max(power + 21, 0), 30)
            counts[30 + (away if value > 0 else -away)] += 1
    return np.ceil(255 * np.sqrt(counts / max(counts.sum(), 1)))


@pytest.mark.parametrize("name", CASES)
def test_histogram(name):
    array = CASES[name]
    np.testing.assert_allclose(packed([look(array)[1]])[0], histogram_reference(array), atol=1)


def test_histograms_of_nothing_are_empty():
    assert not packed([None, look(np.zeros((0, 3), np.float32))[1]]).any()


def test_the_ends_of_a_histogram_take_what_is_beyond():
    array = np.array([1e38, -1e38, 1e-40, -0.0, 4.0**-20, -(4.0**9)], np.float32)
    found = np.flatnonzero(packed([look(array)[1]])[0]).tolist()
    assert found == [0, 30, 31, 60]


@pytest.mark.parametrize("count", [*range(1, 200), 2_047, 2_048, 2_049, 4_099, 70_001])
def test_all_in_one_bin_is_the_greatest_count(count):
    packed_ = packed([counts(np.full(count, -0.3, np.float32))])[0]
    assert packed_.max() == 255
    assert np.count_nonzero(packed_) == 1


def test_numbers_of_10_000_operations_are_made_without_a_table_of_exponents_for_each():
    """20,000 histograms are put together in little more memory than they take as counts."""
    found = [counts(np.ones(16, np.float32))] * 20_000
    tracemalloc.start()
    try:
        table = packed(found)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert table.shape == (20_000, HISTOGRAM_BINS)
    assert peak < 12 * table.nbytes


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_bin_begins_at_its_power_of_four_to_the_last_bit(dtype):
    with np.errstate(all="ignore"):
        edges = (4.0 ** np.arange(-30, 40)).astype(dtype)
        near = [edges, np.nextafter(edges, dtype(0)), np.nextafter(edges, dtype(np.inf))]
    values = np.concatenate([*near, *(-each for each in near)])
    for value in values[np.isfinite(values)]:
        size = abs(float(value))
        away = sum(size >= 4.0**power for power in range(-20, 10))
        expected = 30 + (away if value > 0 else -away)
        pair = np.array([value, value])
        assert np.flatnonzero(packed([look(pair)[1]])[0]).tolist() == [expected]
        assert bin_of(float(value)) == expected
