"""Sequences of different lengths: packed without padding, or padded (`torch.nn.utils.rnn`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ... import ops
from ...tensor import Tensor, wrap


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes one."""
    return None if permutation is None else ops.argsort(permutation)


class PackedSequence(_Packed):
    """All first steps, then all second steps, ...; longer sequences first.

    data: (sum of lengths, *); batch_sizes: how many sequences have each step, on the CPU.
    """

    def __new__(
        cls, data: Tensor, batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None, unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:  # fmt: skip
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            data, batch_sizes = data  # type: ignore[misc]
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same with another dtype or device."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        place = {"device": data.device}
        moved = [None if x is None else x.to(**place) for x in self[2:]]
        return type(self)(data, self.batch_sizes, *moved)

    def cpu(self) -> PackedSequence:
        """The same on the CPU."""
        return self.to("cpu")

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same on a GPU."""
        return self.to("cuda")

    @property
    def is_cuda(self) -> bool:
        """Whether the data are on a GPU."""
        return self.data.is_cuda


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack (T, N, *) or (N, T, *) by the lengths, which must fall where `enforce_sorted`."""
    sizes = np.asarray(lengths.detach().cpu().numpy() if isinstance(lengths, Tensor) else lengths)
    sizes = sizes.astype(np.int64)
    if batch_first:
        input = input.transpose(0, 1)
    order = None
    if not enforce_sorted:
        order = np.argsort(-sizes, kind="stable")
        sizes = sizes[order]
        input = input.index_select(1, wrap(order).to(input.device))
    if sizes.size and sizes.min() <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if len(sizes) != input.shape[1]:
        raise RuntimeError(
            "Expected `len(lengths)` to be equal to batch_size, but got "
            f"{len(sizes)} (batch_size={input.shape[1]})"
        )
    if (np.diff(sizes) > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. "
            "You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to "
            "sidestep this requirement if you do not need ONNX exportability."
        )
    steps = int(sizes[0])
    counts = (sizes[None, :] > np.arange(steps)[:, None]).sum(1)
    n = input.shape[1]
    places = np.concatenate([t * n + np.arange(count) for t, count in enumerate(counts)])
    flat = input.reshape(-1, *input.shape[2:])
    data = flat.index_select(0, wrap(places.astype(np.int64)).to(input.device))
    sorted_indices = None if order is None else wrap(order.astype(np.int64)).to(input.device)
    return PackedSequence(data, wrap(counts.astype(np.int64)), sorted_indices)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The padded tensor and the lengths of a packed sequence."""
    counts = sequence.batch_sizes.numpy()
    steps, n = len(counts), int(counts[0])
    if total_length is not None and total_length < steps:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, "
            f"but got total_length={total_length} and max sequence length being {steps}"
        )
    total = steps if total_length is None else total_length
    data = sequence.data
    places = np.concatenate([t * n + np.arange(count) for t, count in enumerate(counts)])
    padded = data.new_full((total * n, *data.shape[1:]), padding_value)
    padded[wrap(places.astype(np.int64)).to(data.device)] = data
    padded = padded.reshape(total, n, *data.shape[1:])
    lengths = (counts[:, None] > np.arange(n)).sum(0).astype(np.int64)
    back = sequence.unsorted_indices
    if back is not None:
        padded = padded.index_select(1, back)
        lengths = lengths[back.cpu().numpy()]
    return padded.transpose(0, 1) if batch_first else padded, wrap(lengths)


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:  # fmt: skip
    """Tensors (L_i, *) as one (T, N, *), the shorter ones padded."""
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences)}"
        )
    if padding_side not in ("left", "right"):
        raise RuntimeError(
            f"Expected padding_side to be one of left or right, but got {padding_side}."
        )
    from ..functional import pad

    given = tuple(sequences.unbind(0)) if isinstance(sequences, Tensor) else tuple(sequences)
    if not given:
        raise RuntimeError("pad_sequence: received an empty list of sequences")
    longest = max(x.size(0) for x in given)
    rows = []
    for x in given:
        missing = longest - x.size(0)
        ends = (missing, 0) if padding_side == "left" else (0, missing)
        rows.append(pad(x, [0, 0] * (x.ndim - 1) + list(ends), value=padding_value))
    return ops.stack(rows, 0 if batch_first else 1)


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack tensors (L_i, *)."""
    lengths = [x.size(0) for x in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, False, enforce_sorted)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """The tensors that `pad_sequence` was given."""
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    return [x[: int(n)] for x, n in zip(padded_sequences, lengths)]


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The tensors that `pack_sequence` was given."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


def is_packed(sequence: Any) -> bool:
    """Tell whether a value is a packed sequence."""
    return isinstance(sequence, PackedSequence)
