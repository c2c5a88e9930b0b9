"""The stream of random words, how words become numbers, and arrays of them.

Word by word PyTorch's CPU generator; the head of the package says what follows from that.
"""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from .. import dtypes
from ..device import device as Device
from ..tensor import Tensor, wrap

_FIRST_SEED = 67280421310721  # PyTorch's, of a Generator that nobody seeded
_WORDS = 624  # of the state
_STATE_BYTES = 5056
_TWO_PI = 2.0 * math.pi

# PyTorch's layout of a saved state, as one record.
_STATE = np.dtype([
    ("seed", "<u8"), ("left", "<i4"), ("seeded", "<i4"), ("next", "<u8"),
    ("words", "<u8", (_WORDS,)), ("x", "<f8"), ("y", "<f8"), ("rho", "<f8"), ("has_normal", "<i4"),
    ("pad", "<i4"), ("next_float", "<f4"), ("has_float", "<i4"),
])  # fmt: skip


class Generator:
    """A stream of random words with a seed, as PyTorch's on the CPU."""

    __module__ = "torch"
    __slots__ = ("_bits", "_legacy", "_normal", "_seed", "device")

    def __init__(self, device: Any = "cpu") -> None:
        self.device = Device(device)
        self._bits = np.random.MT19937(0)
        self._legacy = np.random.RandomState(self._bits)  # the public way to the classic seeding
        self.manual_seed(_FIRST_SEED)

    def manual_seed(self, seed: int) -> Generator:
        """Begin the stream of this seed; returns the generator."""
        seed = int(seed)
        if not -(2**63) <= seed < 2**64:
            raise ValueError("Overflow when unpacking long long")
        self._seed = seed % 2**64
        self._legacy.seed(self._seed & 0xFFFFFFFF)
        self._normal: float | None = None  # the second of a pair of normals, kept for the next call
        return self

    def seed(self) -> int:
        """Begin a stream with a seed from the operating system; returns the seed."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """The seed of this stream."""
        return self._seed

    def get_state(self) -> Tensor:
        """Where the stream is, as PyTorch's 5,056 bytes."""
        state = self._bits.state["state"]
        record = np.zeros((), _STATE)
        record["seed"], record["seeded"], record["words"] = self._seed, 1, state["key"]
        if state["pos"] == _WORDS and state["key"][0] == self._seed & 0xFFFFFFFF:
            record["left"], record["next"] = 1, 0  # nothing was drawn since it was seeded
        else:
            record["left"], record["next"] = _WORDS + 1 - state["pos"], state["pos"]
        if self._normal is not None:
            record["y"], record["has_normal"] = self._normal, 1
        return wrap(np.frombuffer(record.tobytes(), np.uint8).copy())

    def set_state(self, state: Tensor) -> Generator:
        """Go to where `get_state` was called, here or in PyTorch."""
        if not isinstance(state, Tensor) or state.dtype is not dtypes.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if state.numel() != _STATE_BYTES:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE_BYTES} but found the input RNG "
                f"state size to be {state.numel()}"
            )
        record = np.frombuffer(np.ascontiguousarray(state.numpy()).tobytes(), _STATE)[0]
        position = _WORDS if record["left"] == 1 else int(record["next"])
        self._bits.state = {
            "bit_generator": "MT19937",
            "state": {"key": record["words"].astype(np.uint32), "pos": position},
        }
        self._seed = int(record["seed"])
        self._normal = float(record["y"]) if record["has_normal"] else None
        return self

    def clone_state(self) -> Generator:
        """Another generator at the same place."""
        return Generator(self.device).set_state(self.get_state())

    def __deepcopy__(self, memo: dict) -> Generator:
        return self.clone_state()

    def __reduce__(self) -> Any:
        return (_restored, (str(self.device), self.get_state().numpy()))

    # What everything below is made of ---------------------------------------------------------

    def words(self, count: int) -> np.ndarray:
        """The next 32-bit words, as uint64."""
        return self._bits.random_raw(count)

    def words64(self, count: int) -> np.ndarray:
        """Pairs of the next words, the first in the high half, as uint64."""
        pairs = self._bits.random_raw(2 * count)
        return (pairs[::2] << np.uint64(32)) | pairs[1::2]

    def float32s(self, count: int) -> np.ndarray:
        """Uniform numbers in [0, 1) of 24 bits."""
        words = self._bits.random_raw(count)
        return (words & np.uint64(0xFFFFFF)).astype(np.float32) * np.float32(2.0**-24)

    def float64s(self, count: int) -> np.ndarray:
        """Uniform numbers in [0, 1) of 53 bits."""
        return (self.words64(count) & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53

    def normals(self, count: int) -> np.ndarray:
        """Normal numbers in float64 by pairs; the odd one is kept."""
        kept = self._normal
        made = np.empty(count + 1)  # room for the one too many
        start = 0
        if kept is not None and count:
            made[0], self._normal, start = kept, None, 1
        pairs = (count - start + 1) // 2
        if pairs > 0:
            u = self.float64s(2 * pairs)
            radius, angle = np.sqrt(-2.0 * np.log1p(-u[1::2])), _TWO_PI * u[::2]
            stop = start + 2 * pairs
            made[start:stop:2] = radius * np.cos(angle)
            made[start + 1 : stop : 2] = radius * np.sin(angle)
            if stop > count:
                self._normal = float(made[count])
        return made[:count]

    def normal_blocks(self, count: int, dtype: Any) -> np.ndarray:
        """Sixteen or more normal numbers by blocks of 16; the last 16 are drawn again if cut."""
        narrow = np.dtype(dtype) == np.float16  # drawn in float32, and only whole blocks at first
        draw = self.float64s if np.dtype(dtype) == np.float64 else self.float32s
        whole = count // 16 * 16
        made = draw(whole if narrow else count)
        blocks = _box_muller(made[:whole])
        if whole == count:
            return blocks
        made = np.empty(count, blocks.dtype)
        made[:whole] = blocks
        made[-16:] = _box_muller(draw(16))
        return made


def _box_muller(uniform: np.ndarray) -> np.ndarray:
    """Normal numbers from uniform ones: in each block of 16, eight radii and eight angles."""
    pairs = uniform.reshape(-1, 2, 8)
    kind = uniform.dtype.type
    radius = np.sqrt(kind(-2.0) * np.log(kind(1.0) - pairs[:, 0]))
    angle = kind(_TWO_PI) * pairs[:, 1]
    return np.stack((radius * np.cos(angle), radius * np.sin(angle)), 1).reshape(-1)


def _restored(device: str, state: np.ndarray) -> Generator:
    return Generator(device).set_state(wrap(state))


default_generator = Generator()
default_generator.seed()


# Arrays: what the engine's own layers draw ----------------------------------------------------


def uniform(shape: tuple[int, ...], dtype: Any, generator: Generator | None = None) -> np.ndarray:
    """An array of uniform numbers in [0, 1) of a NumPy dtype."""
    generator = generator or default_generator
    dtype, count = np.dtype(dtype), math.prod(shape)
    if dtype.kind == "c":
        real = np.float64 if dtype.itemsize == 16 else np.float32
        return uniform((*shape, 2), real, generator).view(dtype).reshape(shape)
    if dtype == np.float64:
        return generator.float64s(count).reshape(shape)
    return generator.float32s(count).reshape(shape).astype(dtype, copy=False)


def bernoulli_mask(
    shape: tuple[int, ...], p: float, generator: Generator | None = None
) -> np.ndarray:
    """An array that is True with probability `p`."""
    generator = generator or default_generator
    return (generator.float64s(math.prod(shape)) < p).reshape(shape)


def gaussian(
    shape: tuple[int, ...],
    dtype: Any,
    generator: Generator | None = None,
    mean: float = 0.0,
    std: float = 1.0,
    contiguous: bool = True,
) -> np.ndarray:
    """An array of normal numbers of a NumPy dtype."""
    generator = generator or default_generator
    dtype, count = np.dtype(dtype), math.prod(shape)
    if dtype.kind == "c":
        real = np.float64 if dtype.itemsize == 16 else np.float32
        pairs = gaussian((*shape, 2), real, generator, 0.0, std / math.sqrt(2.0), contiguous)
        return pairs.view(dtype).reshape(shape) + dtype.type(mean)
    if count >= 16 and contiguous:
        made = generator.normal_blocks(count, dtype)
        if std != 1.0 or mean != 0.0:
            made = made * made.dtype.type(std) + made.dtype.type(mean)
    else:
        made = generator.normals(count) * std + mean
    return made.reshape(shape).astype(dtype, copy=False)


def integers(
    low: int, high: int, shape: tuple[int, ...], dtype: Any, generator: Generator | None = None
) -> np.ndarray:
    """An array of integers in [low, high)."""
    generator = generator or default_generator
    count, span = math.prod(shape), high - low
    words = generator.words(count) if span < 2**28 else generator.words64(count)
    made = (words % np.uint64(span)).astype(np.int64)
    if low:
        made += np.int64(low) if -(2**63) <= low < 2**63 else np.int64(low - 2**64)
    return made.astype(dtype, copy=False).reshape(shape)


def permutation(n: int, generator: Generator | None = None) -> np.ndarray:
    """The numbers 0 .. n-1 in random order, by Fisher and Yates."""
    generator = generator or default_generator
    order = list(range(n))
    if n > 1:
        reach = np.arange(n, 1, -1, dtype=np.uint64)
        steps = (generator.words(n - 1) % reach).tolist()
        for i, step in enumerate(steps):
            other = i + step
            order[i], order[other] = order[other], order[i]
    return np.array(order, np.int64)
