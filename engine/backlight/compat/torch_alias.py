"""Make `torch` and its submodules mean Backlight in this process.

One finder answers for every name that begins with `torch`: with the module of ours that has it, or
with an error that names what is missing and the nearest thing that exists.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

import backlight

from .. import errors

#: Modules of PyTorch, and where ours are.
MODULES = {
    "torch": "backlight",
    "torch.amp": "backlight.amp",
    "torch.autograd": "backlight.autograd",
    "torch.accelerator": "backlight.compat.accelerator",
    "torch.autograd.functional": "backlight.autograd.functional",
    "torch.serialization": "backlight.serialization",
    "torch.utils.checkpoint": "backlight.utils.checkpoint",
    "torch.autograd.function": "backlight.autograd.function",
    "torch.backends": "backlight.compat.backends",
    "torch.compiler": "backlight.compat.jit",
    "torch.cuda": "backlight.cuda",
    "torch.cuda.amp": "backlight.amp.cuda",
    "torch.distributed": "backlight.compat.distributed",
    "torch.distributions": "backlight.distributions",
    "torch.hub": "backlight.compat.hub",
    "torch.fft": "backlight.fft",
    "torch.func": "backlight.func",
    "torch.linalg": "backlight.linalg",
    "torch.special": "backlight.special",
    "torch.jit": "backlight.compat.jit",
    "torch.nn": "backlight.nn",
    "torch.nn.functional": "backlight.nn.functional",
    "torch.nn.init": "backlight.nn.init",
    "torch.nn.modules": "backlight.nn",
    "torch.nn.parameter": "backlight.nn.parameter",
    "torch.nn.utils": "backlight.nn.utils",
    "torch.nn.utils.parametrizations": "backlight.nn.utils.parametrizations",
    "torch.nn.utils.parametrize": "backlight.nn.utils.parametrize",
    "torch.nn.utils.rnn": "backlight.nn.utils.rnn",
    "torch.optim": "backlight.optim",
    "torch.optim.lr_scheduler": "backlight.optim.lr_scheduler",
    "torch.optim.optimizer": "backlight.optim.optimizer",
    "torch.optim.swa_utils": "backlight.optim.swa_utils",
    "torch.random": "backlight.random",
    "torch.utils": "backlight.utils",
    "torch.utils.data": "backlight.data",
}

#: Packages that only make sense with PyTorch itself.
COMPANIONS = ("torchvision", "torchaudio", "torchtext", "functorch")


#: Where theirs are, by ours; the first name of several.
_THEIRS = {ours: theirs for theirs, ours in reversed(MODULES.items())}


class MissingModule(NotImplementedError, ModuleNotFoundError):
    """A module of PyTorch that Backlight does not have."""


class MissingImport(NotImplementedError, ImportError):
    """A name that `from torch... import name` asked for and Backlight does not have."""


def missing_module(name: str) -> MissingModule:
    """Say that a module is missing, and what comes nearest."""
    near = difflib.get_close_matches(name, MODULES, n=1, cutoff=0.6)
    hint = f" The nearest that there is: {near[0]}." if near else ""
    error = MissingModule(f"Backlight has no module {name}.{hint}")
    error.name = name
    return error


class _Ours(Loader):
    """Gives the module that is there already; nothing is executed again."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        # The import system wrote the alias's spec over ours: a module keeps its own name.
        module.__spec__ = self.spec


class Finder(MetaPathFinder):
    """Answers for `torch` and for what belongs to it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        first = fullname.partition(".")[0]
        if first in COMPANIONS:
            raise missing_module(fullname)
        if first == "backlight":
            _check_name(fullname, path)
        if first != "torch":
            return None
        if fullname not in MODULES:
            raise missing_module(fullname)
        try:
            module = importlib.import_module(MODULES[fullname])
        except ModuleNotFoundError as error:
            if error.name != MODULES[fullname]:
                raise
            raise missing_module(fullname) from None
        # Looking like a package is what lets `import torch.nn.functional` go on to the next part.
        return ModuleSpec(fullname, _Ours(module), is_package=True)


def _check_name(fullname: str, path: Sequence[str] | None) -> None:
    """Raise MissingImport for `from torch.nn import Name` where there is no such name.

    Python asks a module for the name, forgets why it has none, and then tries to import it as a
    module. Here it is told why again.
    """
    parent, _, name = fullname.rpartition(".")
    if parent not in _THEIRS or PathFinder.find_spec(fullname, path) is not None:
        return
    module = sys.modules[parent]
    try:
        getattr(module, name)
    except AttributeError as error:
        if not isinstance(error, NotImplementedError):
            error = errors.missing_name(_THEIRS[parent], name, dir(module))
        raise MissingImport(str(error)) from None


def install() -> None:
    """Make `import torch` mean Backlight from now on in this process.

    Raises RuntimeError where PyTorch itself was imported before: both cannot be `torch`.
    """
    present = sys.modules.get("torch")
    if present is not None and present is not backlight:
        raise RuntimeError(
            "PyTorch is imported already in this process, so `torch` cannot mean Backlight: call "
            "backlight.compat.install() before the first `import torch`"
        )
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
    sys.modules["torch"] = backlight
    for name in ("accelerator", "backends"):  # what a program asks for on its way to the CPU
        setattr(backlight, name, importlib.import_module(MODULES[f"torch.{name}"]))


def uninstall() -> None:
    """Undo `install`, for a process that goes on without it (tests)."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Finder)]
    for name in [*sys.modules]:
        if name == "torch" or name.startswith("torch."):
            module: Any = sys.modules[name]
            if getattr(module, "__name__", "").startswith("backlight"):
                del sys.modules[name]
