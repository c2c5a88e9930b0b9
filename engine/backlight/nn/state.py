"""A module's state: `state_dict` and `load_state_dict`, as methods of Module."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..autograd.modes import no_grad
from ..tensor import Tensor
from .parameter import Parameter

_EXTRA = "_extra_state"


class _IncompatibleKeys(
    NamedTuple("IncompatibleKeys", [("missing_keys", list), ("unexpected_keys", list)])
):
    """What `load_state_dict` found missing and left over."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


class _StateDict(OrderedDict):
    """An OrderedDict with the versions of the modules it came from as `_metadata`."""

    _metadata: OrderedDict


def _has_extra(module: Any, method: str) -> bool:
    from .module import Module

    return getattr(type(module), method) is not getattr(Module, method)


def _persistent(module: Any) -> dict[str, Tensor]:
    """The tensors that a module itself saves, by name."""
    left_out = module._non_persistent_buffers_set
    kept = {name: tensor for name, tensor in module._buffers.items() if name not in left_out}
    return {name: t for name, t in {**module._parameters, **kept}.items() if t is not None}


def save_own(self: Any, destination: dict, prefix: str, keep_vars: bool) -> None:
    """Put a module's own parameters and buffers into `destination`."""
    for name, tensor in _persistent(self).items():
        destination[prefix + name] = tensor if keep_vars else tensor.detach()
    if _has_extra(self, "get_extra_state"):
        destination[prefix + _EXTRA] = self.get_extra_state()


def state_dict(
    self: Any, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
) -> dict[str, Any]:
    """All parameters and persistent buffers by their dotted paths.

    The tensors share the module's memory, without graph (with `keep_vars` they are the module's).
    """
    destination = args[0] if args else destination
    prefix = args[1] if len(args) > 1 else prefix
    keep_vars = args[2] if len(args) > 2 else keep_vars
    if destination is None:
        destination = _StateDict()
        destination._metadata = OrderedDict()
    metadata = {"version": self._version}
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix[:-1]] = metadata
    for hook in self._state_dict_pre_hooks.values():
        hook.function(self, prefix, keep_vars)
    self._save_to_state_dict(destination, prefix, keep_vars)
    for name, module in self._modules.items():
        if module is not None:
            module.state_dict(
                destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
            )
    for hook in self._state_dict_hooks.values():
        if hook.function(self, destination, prefix, metadata) is not None:
            raise RuntimeError("state_dict post-hook must return None")
    return destination


def load_own(
    self: Any, state_dict: dict, prefix: str, local_metadata: dict, strict: bool,
    missing_keys: list, unexpected_keys: list, error_msgs: list,
) -> None:  # fmt: skip
    """Take a module's own parameters and buffers from `state_dict`, and note what is wrong."""
    for hook in self._load_state_dict_pre_hooks.values():
        hook.function(
            self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
            error_msgs,
        )  # fmt: skip
    own = _persistent(self)
    assign = local_metadata.get("assign_to_params_buffers", False)
    for name, tensor in own.items():
        key = prefix + name
        if key in state_dict:
            _load_one(self, name, key, tensor, state_dict[key], assign, error_msgs)
        elif strict:
            missing_keys.append(key)
    extra = prefix + _EXTRA
    if _has_extra(self, "set_extra_state"):
        if extra in state_dict:
            self.set_extra_state(state_dict[extra])
        elif strict:
            missing_keys.append(extra)
    elif strict and extra in state_dict:
        unexpected_keys.append(extra)
    if strict:
        for key in state_dict:
            if key.startswith(prefix) and key != extra:
                first, _, rest = key[len(prefix) :].partition(".")
                if first not in (self._modules if rest else own):
                    unexpected_keys.append(key)


def _load_one(
    module: Any, name: str, key: str, tensor: Tensor, given: Any, assign: bool, error_msgs: list
) -> None:
    if not isinstance(given, Tensor):
        error_msgs.append(
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like '
            f"object from checkpoint but received {type(given)}"
        )
        return
    if not tensor.shape and tuple(given.shape) == (1,):  # as very old checkpoints have scalars
        given = given[0]
    if given.shape != tensor.shape:
        error_msgs.append(
            f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, "
            f"the shape in current model is {tensor.shape}."
        )
        return
    try:
        with no_grad():
            if not assign:
                tensor.copy_(given)
                return
            if isinstance(tensor, Parameter):
                if isinstance(given, Parameter):
                    given.requires_grad_(tensor.requires_grad)
                else:
                    given = Parameter(given, requires_grad=tensor.requires_grad)
            setattr(module, name, given)
    except Exception as error:
        error_msgs.append(
            f'While copying the parameter named "{key}", whose dimensions in the model are '
            f"{tensor.size()} and whose dimensions in the checkpoint are {given.size()}, an "
            f"exception occurred : {error.args}."
        )


def load_state_dict(
    self: Any, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
) -> _IncompatibleKeys:
    """Copy the values of a `state_dict` into this module.

    Raises RuntimeError that lists missing and unexpected keys (unless `strict` is False) and shapes
    that differ. `assign` takes the given tensors themselves instead of their values.
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
    metadata = getattr(state_dict, "_metadata", None) or {}
    missing: list[str] = []
    unexpected: list[str] = []
    messages: list[str] = []

    def load(module: Any, part: dict, prefix: str) -> None:
        facts = dict(metadata.get(prefix[:-1], {}))
        if assign:
            facts["assign_to_params_buffers"] = True
        module._load_from_state_dict(part, prefix, facts, True, missing, unexpected, messages)
        for name, child in module._modules.items():
            if child is not None:
                inner = f"{prefix}{name}."
                load(child, {k: v for k, v in part.items() if k.startswith(inner)}, inner)
        found = _IncompatibleKeys(missing, unexpected)
        for hook in module._load_state_dict_post_hooks.values():
            if hook.function(module, found) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not "
                    "expected to return new values, if incompatible_keys need to be modified, it "
                    "should be done inplace."
                )

    load(self, OrderedDict(state_dict), "")
    if strict:
        for kind, keys in (("Unexpected", unexpected), ("Missing", missing)):
            if keys:
                listed = ", ".join(f'"{key}"' for key in keys)
                messages.insert(0, f"{kind} key(s) in state_dict: {listed}. ")
    if messages:
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(self).__name__}:\n\t" + "\n\t".join(messages)
        )
    return _IncompatibleKeys(missing, unexpected)
