"""`torch.save` and `torch.load`: PyTorch's zip format, read without trusting the file.

A file is a zip with `data.pkl` (a pickle in which each storage is a persistent id) and the bytes of
each storage under `data/`. Reading builds tensors, parameters and plain containers and nothing else,
unless `weights_only=False` is asked for.
"""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict
from typing import Any

import numpy as np

from . import backend, dtypes
from .device import device as Device
from .tensor import Size, Tensor, storage_of, wrap

#: What `torch.FloatStorage` and its like hold, by the name in the pickle.
_STORAGES = {f"{kind.legacy}Storage": kind for kind in dtypes.ALL if getattr(kind, "legacy", None)}


class _Storage:
    """A storage in a pickle: what the persistent id said."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array


def _rebuild_tensor_v2(
    storage: Any, offset: int, size: tuple, stride: tuple, requires_grad: bool, hooks: Any = None,
    metadata: Any = None,
) -> Tensor:  # fmt: skip
    """A tensor on a storage, by PyTorch's arguments."""
    array = storage.array
    item = array.itemsize
    seen = np.lib.stride_tricks.as_strided(
        array[offset:], tuple(size), tuple(s * item for s in stride)
    )
    made = wrap(seen.copy())
    return made.requires_grad_() if requires_grad else made


def _rebuild_parameter(data: Tensor, requires_grad: bool, hooks: Any) -> Any:
    from .nn.parameter import Parameter

    return Parameter(data, requires_grad)


#: What a pickle may name: module and name, and what stands for it here.
_ALLOWED: dict[tuple[str, str], Any] = {
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("torch", "Size"): Size,
    ("torch", "device"): Device,
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "defaultdict"): dict,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "complex"): complex,
    ("builtins", "bytearray"): bytearray,
    ("_codecs", "encode"): lambda text, encoding: text.encode(encoding),
}


class _Reader(pickle.Unpickler):
    """Builds what is allowed."""

    def __init__(self, file: Any, storages: Any, trusted: bool) -> None:
        super().__init__(file)
        self._storage_of = storages
        self._trusted = trusted

    def find_class(self, module: str, name: str) -> Any:
        found = _ALLOWED.get((module, name))
        if found is not None:
            return found
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        if module in ("torch", "torch.storage"):
            kind = next((d for d in dtypes.ALL if repr(d) == f"torch.{name}"), None)
            if kind is not None:
                return kind
        if self._trusted:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(
            "Weights only load failed. In PyTorch 2.6, we changed the default value of the "
            "`weights_only` argument in `torch.load` from `False` to `True`. Re-running "
            "`torch.load` with `weights_only` set to `False` will likely succeed, but it can "
            "result in arbitrary code execution. Do it only if you got the file from a trusted "
            f"source.\n\tWeightsUnpickler error: Unsupported global: GLOBAL {module}.{name} was "
            "not an allowed global by default."
        )

    def persistent_load(self, pid: Any) -> Any:
        kind, key = pid[1], pid[2]
        return self._storage_of(kind, key)


class _Writer(pickle._Pickler):  # type: ignore[name-defined]
    """Writes tensors as PyTorch does."""

    def __init__(self, file: Any, storages: list[np.ndarray]) -> None:
        super().__init__(file, 2)
        self._storages = storages
        self._known: dict[int, tuple[str, Any]] = {}

    def persistent_id(self, value: Any) -> Any:
        if isinstance(value, _Kept):
            return (
                "storage",
                _Global("torch", f"{value.kind.legacy}Storage"),
                value.key,
                "cpu",
                value.count,
            )
        return None

    def _store(self, tensor: Tensor) -> _Kept:
        whole = storage_of(tensor).array
        known = self._known.get(id(whole))
        if known is None:
            flat = np.ascontiguousarray(backend.of(whole).to_host(whole)).reshape(-1)
            known = (str(len(self._storages)), whole)
            self._known[id(whole)] = known
            self._storages.append(flat)
        flat = self._storages[int(known[0])]
        return _Kept(known[0], dtypes.of(flat.dtype), flat.size)

    def save(self, obj: Any, save_persistent_id: bool = True) -> Any:
        if isinstance(obj, Tensor):
            obj = _Reduced(*self._reduce(obj))
        elif isinstance(obj, OrderedDict) and type(obj) is not OrderedDict:
            obj = OrderedDict(obj)  # a module's state, without the versions of its parts
        elif isinstance(obj, Size):
            obj = _Reduced(_Global("torch", "Size"), (tuple(obj),))
        elif isinstance(obj, dtypes.dtype):
            obj = _Global("torch", repr(obj).removeprefix("torch."))
        if isinstance(obj, _Global):
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
            return None
        if isinstance(obj, _Reduced):
            self.save_reduce(obj.function, obj.arguments, obj=None)
            return None
        return super().save(obj, save_persistent_id)

    def save_reduce(self, func: Any, args: Any, *rest: Any, obj: Any = None, **named: Any) -> Any:
        if isinstance(func, _Global):
            self.save(func)
            self.save(args)
            self.write(pickle.REDUCE)
            return None
        return super().save_reduce(func, args, *rest, obj=obj, **named)

    def _reduce(self, tensor: Tensor) -> tuple[Any, tuple]:
        from .nn.parameter import Parameter

        plain = tensor.detach()
        array = backend.of(plain._array).to_host(plain._array)
        contiguous = array.flags.c_contiguous and plain._view is None
        if contiguous or storage_of(plain).array.flags.c_contiguous:
            kept, offset, stride = self._store(plain), plain.storage_offset(), plain.stride()
        else:
            plain = wrap(np.ascontiguousarray(array))
            kept, offset, stride = self._store(plain), 0, plain.stride()
        wants = tensor.requires_grad and not isinstance(tensor, Parameter)
        inner = (kept, offset, tuple(plain.shape), tuple(stride), wants, OrderedDict())
        rebuilt = _Reduced(_Global("torch._utils", "_rebuild_tensor_v2"), inner)
        if isinstance(tensor, Parameter):
            return (
                _Global("torch._utils", "_rebuild_parameter"),
                (rebuilt, tensor.requires_grad, OrderedDict()),
            )
        return rebuilt.function, rebuilt.arguments


class _Kept:
    """A storage that is written beside the pickle."""

    def __init__(self, key: str, kind: dtypes.dtype, count: int) -> None:
        self.key, self.kind, self.count = key, kind, count


class _Global:
    """A name of a module in the pickle."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Reduced:
    """A call in the pickle."""

    def __init__(self, function: Any, arguments: tuple) -> None:
        self.function, self.arguments = function, arguments


def save(
    obj: Any, f: Any, pickle_module: Any = pickle, pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:  # fmt: skip
    """Write tensors, modules' and optimisers' states, or any nest of them, as PyTorch does.

    f: a path, or a file open for writing bytes.
    """
    storages: list[np.ndarray] = []
    text = io.BytesIO()
    _Writer(text, storages).dump(obj)
    if isinstance(f, (str, os.PathLike)):
        name = os.path.basename(os.fspath(f)).rpartition(".")[0] or "archive"
    else:
        name = "archive"
    with zipfile.ZipFile(f, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(f"{name}/data.pkl", text.getvalue())
        archive.writestr(f"{name}/byteorder", "little")
        for key, flat in enumerate(storages):
            archive.writestr(f"{name}/data/{key}", flat.tobytes())
        archive.writestr(f"{name}/version", "3\n")


def load(
    f: Any, map_location: Any = None, pickle_module: Any = None, *, weights_only: bool | None = None,
    mmap: bool | None = None, **pickle_load_args: Any,
) -> Any:  # fmt: skip
    """Read what `save` wrote, here or in PyTorch.

    weights_only: True (the default) builds nothing but tensors and plain containers. Raises
    UnpicklingError where the file names anything else.
    """
    with zipfile.ZipFile(f) as archive:
        names = archive.namelist()
        pickled = next((n for n in names if n.endswith("/data.pkl") or n == "data.pkl"), None)
        if pickled is None:
            raise RuntimeError("Invalid file: it is a zip, but not one that torch.save wrote")
        folder = pickled.removesuffix("data.pkl")
        found: dict[str, _Storage] = {}

        def storage(kind: dtypes.dtype, key: str) -> _Storage:
            if key not in found:
                data = archive.read(f"{folder}data/{key}")
                found[key] = _Storage(np.frombuffer(bytearray(data), kind.numpy))
            return found[key]

        trusted = weights_only is False
        result = _Reader(io.BytesIO(archive.read(pickled)), storage, trusted).load()
    if map_location is not None and not callable(map_location):
        result = _moved(
            result, Device(map_location) if isinstance(map_location, str) else map_location
        )
    return result


def _moved(value: Any, place: Any) -> Any:
    """Tensors of a nest on another device."""
    if isinstance(value, Tensor):
        return value if isinstance(place, dict) else value.to(place)
    if isinstance(value, dict):
        return type(value)((k, _moved(v, place)) for k, v in value.items())
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_moved(v, place) for v in value)
    return value
