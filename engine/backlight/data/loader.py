"""Batches of a dataset. As `torch.utils.data.DataLoader`, in this process.

A browser has no other processes and a small engine gains nothing from them, so `num_workers` is
accepted and the work is done here; a warning says so once.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..creation import as_tensor, tensor
from ..tensor import Tensor
from .dataset import Dataset, IterableDataset, Subset, TensorDataset
from .sampler import BatchSampler, RandomSampler, SequentialSampler, new_seed


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack a list of samples into a batch: tensors, arrays, numbers, and nests of them."""
    first = batch[0]
    if isinstance(first, Tensor):
        return ops.stack(list(batch), 0)
    if isinstance(first, np.ndarray):
        return ops.stack([as_tensor(b) for b in batch], 0)
    if isinstance(first, np.generic):
        return as_tensor(np.array(batch))
    if isinstance(first, float):
        return tensor(batch, dtype=dtypes.float64)
    if isinstance(first, (bool, int)):
        return tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        collated = {key: default_collate([b[key] for b in batch]) for key in first}
        try:
            return type(first)(collated)  # type: ignore[call-arg]
        except TypeError:
            return collated
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(list(part)) for part in zip(*batch)))
    if isinstance(first, Sequence):
        if any(len(b) != len(first) for b in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        # Tuples become lists, as in PyTorch.
        return [default_collate(list(part)) for part in zip(*batch)]
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {type(first)}"
    )


def default_convert(sample: Any) -> Any:
    """Make tensors of the arrays in a sample that is not batched; the rest stays."""
    if isinstance(sample, (np.ndarray, np.generic)):
        return sample if sample.dtype.kind in "SU" else as_tensor(sample)
    if isinstance(sample, (Tensor, str, bytes)):
        return sample
    if isinstance(sample, Mapping):
        return {key: default_convert(value) for key, value in sample.items()}
    if isinstance(sample, tuple) and hasattr(sample, "_fields"):
        return type(sample)(*map(default_convert, sample))
    if isinstance(sample, Sequence):
        return [default_convert(part) for part in sample]
    return sample


def _is_rows(dataset: Any) -> bool:
    """Tell whether samples are rows of tensors, so that a batch is one indexing of each."""
    while type(dataset) is Subset:
        dataset = dataset.dataset
    return type(dataset) is TensorDataset


def _rows(dataset: Any, indices: Sequence[int]) -> list[Tensor]:
    """What collating the samples one by one would give."""
    while type(dataset) is Subset:
        indices = [dataset.indices[i] for i in indices]
        dataset = dataset.dataset
    return [t[indices] for t in dataset.tensors]


class DataLoader:
    """Iterate over a dataset in batches.

    dataset: a Dataset, or an IterableDataset. shuffle: another order in each pass, PyTorch's from
    the seed. drop_last: leave out a last, smaller batch. collate_fn: makes a batch of a list of
    samples. Raises ValueError where options exclude each other.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable | None = None,
        batch_sampler: Iterable | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if num_workers < 0:
            raise ValueError(
                "num_workers option should be non-negative; use num_workers=0 to disable "
                "multiprocessing."
            )
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if num_workers == 0 and prefetch_factor is not None:
            raise ValueError(
                "prefetch_factor option could only be specified in multiprocessing.let num_workers "
                "> 0 to enable multiprocessing, otherwise set prefetch_factor to None."
            )
        if persistent_workers and num_workers == 0:
            raise ValueError("persistent_workers option needs num_workers > 0")
        if num_workers > 0:
            # Python shows a warning of one place once.
            warnings.warn(
                f"num_workers={num_workers}: Backlight loads data in this process, in the same "
                "order",
                stacklevel=2,
            )
        streams = isinstance(dataset, IterableDataset)
        if streams:
            if shuffle:
                raise ValueError(
                    "DataLoader with IterableDataset: expected unspecified shuffle option, but got "
                    f"shuffle={shuffle}"
                )
            if sampler is not None:
                raise ValueError(
                    "DataLoader with IterableDataset: expected unspecified sampler option, but got "
                    f"sampler={sampler}"
                )
            if batch_sampler is not None:
                raise ValueError(
                    "DataLoader with IterableDataset: expected unspecified batch_sampler option, "
                    f"but got batch_sampler={batch_sampler}"
                )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, "
                    "and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with "
                "drop_last"
            )
        if sampler is None and not streams:
            if shuffle:
                sampler = RandomSampler(dataset, generator=generator)  # type: ignore[arg-type]
            else:
                sampler = SequentialSampler(dataset)  # type: ignore[arg-type]
        if batch_size is not None and batch_sampler is None and not streams:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)  # type: ignore[arg-type]
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.drop_last = drop_last
        self.pin_memory = pin_memory
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.generator = generator
        batched = batch_size is not None or batch_sampler is not None
        self.collate_fn = collate_fn or (default_collate if batched else default_convert)

    def __class_getitem__(cls, item: Any) -> type:
        return cls

    def __iter__(self) -> Iterator[Any]:
        # PyTorch draws the workers' seed before each pass, also where there are no workers.
        new_seed(self.generator)
        return self._pass()

    def _pass(self) -> Iterator[Any]:
        collate = self.collate_fn
        if collate is default_collate and self.batch_sampler is not None and _is_rows(self.dataset):
            for indices in self.batch_sampler:
                yield _rows(self.dataset, indices)
            return
        if isinstance(self.dataset, IterableDataset):
            if self.batch_size is None:
                for sample in self.dataset:
                    yield collate(sample)
                return
            for batch in BatchSampler(self.dataset, self.batch_size, self.drop_last):
                yield collate(batch)
        elif self.batch_sampler is None:
            for index in self.sampler:  # type: ignore[union-attr]
                yield collate(self.dataset[index])
        else:
            fetch = getattr(self.dataset, "__getitems__", None)
            for indices in self.batch_sampler:
                yield collate(
                    fetch(indices) if fetch else [self.dataset[index] for index in indices]
                )

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            size = len(self.dataset)  # type: ignore[arg-type]
            if self.batch_size is None:
                return size
            return size // self.batch_size if self.drop_last else -(-size // self.batch_size)
        return len(self.batch_sampler if self.batch_sampler is not None else self.sampler)  # type: ignore[arg-type]
