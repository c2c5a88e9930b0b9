"""Tensors and gradients with PyTorch's interface, on NumPy or CuPy.

The names of `torch` that Backlight has: those here, and the operations of `ops/`, which declare
themselves. Any other name raises NotImplementedError and says which one is nearest. `backlight.compat.install()` makes
`import torch` mean this module.
"""

# ruff: noqa: F401
from __future__ import annotations

import importlib as _importlib
import math as _math
from typing import Any as _Any

from . import autograd, ops, random
from . import errors as _errors
from . import methods as _methods
from .autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)  # fmt: skip
from .creation import (
    arange,
    as_tensor,
    asarray,
    complex,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    get_default_device,
    is_tensor,
    linspace,
    logspace,
    meshgrid,
    numel,
    ones,
    ones_like,
    scalar_tensor,
    set_default_device,
    tensor,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)  # fmt: skip
from .device import device
from .dtypes import bool_ as bool
from .dtypes import can_cast as can_cast
from .dtypes import (
    complex64,
    complex128,
    dtype,
    finfo,
    float16,
    float32,
    float64,
    get_default_dtype,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    promote_types,
    set_default_dtype,
    uint8,
    uint16,
    uint32,
    uint64,
)  # fmt: skip
from .dtypes import complex64 as cfloat
from .dtypes import complex128 as cdouble
from .dtypes import float16 as half
from .dtypes import float32 as float
from .dtypes import float64 as double
from .dtypes import int16 as short
from .dtypes import int32 as int
from .dtypes import int64 as long
from .ops.later import TOP_LATER as _TOP_LATER
from .printing import set_printoptions
from .random import (
    Generator,
    bernoulli,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
)  # fmt: skip
from .tensor import Size, Tensor

__version__ = "0.1.0"

inf = _math.inf
nan = _math.nan
pi = _math.pi
e = _math.e
strided = "torch.strided"
contiguous_format = _errors.Word("torch.contiguous_format")
preserve_format = _errors.Word("torch.preserve_format")
channels_last = _errors.Word("torch.channels_last")
channels_last_3d = _errors.Word("torch.channels_last_3d")
newaxis = None

FloatTensor = DoubleTensor = LongTensor = IntTensor = BoolTensor = Tensor

globals().update({_name: ops.FUNCTIONS[_name] for _name in ops.TOP})
_methods.install(random.METHODS)

# `autograd.backward` is a module of ours and a function of PyTorch's: users mean the function.
autograd.backward = _importlib.import_module(".autograd.backward", __name__).backward

#: What is loaded when it is asked for.
_SUBMODULES = {
    **{name: f".{name}" for name in (
        "amp compat cuda data distributions fft func linalg masked nn optim printing return_types "
        "serialization signal sparse special testing utils"
    ).split()},
    "compiler": ".compat.jit",
    "distributed": ".compat.distributed",
    "hub": ".compat.hub",
    "jit": ".compat.jit",
}  # fmt: skip

#: Functions and classes of modules that are loaded when one of their names is asked for.
_NAMES_LATER = {
    name: module
    for module, names in {
        ".amp": "GradScaler autocast is_autocast_enabled",
        ".compat.jit": "compile",
        ".func": "vmap",
        ".serialization": "load save",
        ".compat.settings": (
            "are_deterministic_algorithms_enabled get_float32_matmul_precision get_num_threads "
            "get_num_interop_threads is_deterministic_algorithms_warn_only_enabled "
            "is_warn_always_enabled set_float32_matmul_precision set_flush_denormal "
            "set_num_interop_threads set_num_threads set_warn_always use_deterministic_algorithms"
        ),
    }.items()
    for name in names.split()
}


def is_floating_point(input: Tensor) -> bool:
    """Tell whether the elements are floating point numbers."""
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Tell whether the elements are complex numbers."""
    return input.is_complex()


def result_type(a: _Any, b: _Any) -> dtype:
    """The dtype of an operation on two tensors or numbers."""
    from . import dtypes

    tensors = [x for x in (a, b) if isinstance(x, Tensor)]
    return dtypes.result_of(
        [x.dtype for x in tensors if x.ndim], [x.dtype for x in tensors if not x.ndim],
        [x for x in (a, b) if not isinstance(x, Tensor)],
    )  # fmt: skip


def __getattr__(name: str) -> _Any:
    if name in _SUBMODULES:
        try:
            return _importlib.import_module(_SUBMODULES[name], __name__)
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}{_SUBMODULES[name]}":
                raise
    if name in _NAMES_LATER:
        return getattr(_importlib.import_module(_NAMES_LATER[name], __name__), name)
    if name in _TOP_LATER:
        return ops.FUNCTIONS[name]
    if name.startswith("__"):
        raise AttributeError(f"module 'torch' has no attribute '{name}'")
    raise _errors.missing_name("torch", name, globals())
