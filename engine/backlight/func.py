"""Function transforms (`torch.func`): derivatives of functions, and functions over batches.

`jvp` is the derivative of a vector-Jacobian product by its vector (Townsend's trick); `vmap` runs
the function on each slice and stacks what comes out.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from . import creation, errors, ops, random
from .autograd.backward import grad as autograd_grad
from .autograd.modes import enable_grad
from .tensor import Tensor

f = ops.FUNCTIONS


# Trees of tensors -----------------------------------------------------------------------------


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """The leaves of nested tuples, lists and dicts, and what puts them together again."""
    if isinstance(tree, dict):
        parts = [flatten(value) for value in tree.values()]
        keys, kind = list(tree), type(tree)

        def back(leaves: list[Any]) -> Any:
            return kind(zip(keys, _rebuilt(parts, leaves)))

    elif isinstance(tree, (tuple, list)):
        parts = [flatten(value) for value in tree]
        cls = type(tree)

        def back(leaves: list[Any]) -> Any:
            inner = _rebuilt(parts, leaves)
            return cls(*inner) if hasattr(cls, "_fields") else cls(inner)

    else:
        return [tree], lambda leaves: leaves[0]
    return [leaf for leaves, _ in parts for leaf in leaves], back


def _rebuilt(parts: list[Any], leaves: list[Any]) -> list[Any]:
    found, at = [], 0
    for inner, back in parts:
        found.append(back(leaves[at : at + len(inner)]))
        at += len(inner)
    return found


def _fresh(x: Any) -> Any:
    """A tensor that derivatives are taken by; it hangs on what it was made from."""
    if not isinstance(x, Tensor) or not (x.is_floating_point() or x.is_complex()):
        return x
    if x.requires_grad:
        return f["clone"](x)
    return x.detach().clone().requires_grad_()


def _zeros(x: Tensor) -> Tensor:
    return creation.zeros_like(x)


def _tensors(leaves: list[Any]) -> list[Tensor]:
    return [x for x in leaves if isinstance(x, Tensor) and x.requires_grad]


# Derivatives ----------------------------------------------------------------------------------


def vjp(func: Callable, *primals: Any, has_aux: bool = False) -> Any:
    """The value, and a function from a cotangent to the gradients by all primals."""
    leaves, back = flatten(primals)
    with enable_grad():
        inputs = [_fresh(x) for x in leaves]
        output = func(*back(inputs))
    aux = None
    if has_aux:
        output, aux = output
    outs, out_back = flatten(output)

    def pull(*cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        given, _ = flatten(cotangents[0] if len(cotangents) == 1 else cotangents)
        pairs = [(y, v) for y, v in zip(outs, given) if isinstance(y, Tensor) and y.requires_grad]
        wanted = _tensors(inputs)
        if pairs and wanted:
            with enable_grad():
                found = autograd_grad(
                    [y for y, _ in pairs], wanted, [v for _, v in pairs], retain_graph=True,
                    create_graph=True if create_graph is None else create_graph,
                    allow_unused=True,
                )  # fmt: skip
        else:
            found = [None] * len(wanted)
        results = iter(found)
        made = []
        for x in inputs:
            if not isinstance(x, Tensor):
                made.append(x)
                continue
            g = next(results) if x.requires_grad else None
            made.append(_zeros(x) if g is None else g)
        return back(made)

    plain = out_back([_outside(y, leaves) for y in outs])
    return (plain, pull, aux) if has_aux else (plain, pull)


def _outside(y: Any, leaves: list[Any]) -> Any:
    """A result as the caller sees it: without a graph where no input had one."""
    if not isinstance(y, Tensor):
        return y
    return y if any(isinstance(x, Tensor) and x.requires_grad for x in leaves) else y.detach()


def jvp(
    func: Callable, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> Any:
    """The value, and its derivative along the tangents."""
    if not isinstance(primals, tuple):
        raise RuntimeError(
            "jvp(f, primals, tangents): Expected primals to be a tuple. E.g. it should be valid to call f(*primals)."
        )
    leaves, back = flatten(primals)
    steps, _ = flatten(tangents)
    if len(leaves) != len(steps):
        raise RuntimeError(
            "jvp(f, primals, tangents): Expected primals and tangents to have the same python "
            "structure. For example, if primals is a tuple of 3 tensors, tangents also must be. Got "
            f"primals with structure {type(primals)} and tangents with structure {type(tangents)}"
        )
    with enable_grad():
        inputs = [_fresh(x) for x in leaves]
        output = func(*back(inputs))
    aux = None
    if has_aux:
        output, aux = output
    outs, out_back = flatten(output)
    wanted = [(x, v) for x, v in zip(inputs, steps) if isinstance(x, Tensor) and x.requires_grad]
    made = []
    for y in outs:
        made.append(_pushed(y, wanted) if isinstance(y, Tensor) else y)
    plain = out_back([_outside(y, leaves) for y in outs])
    tangent = out_back([_outside(t, [*leaves, *steps]) for t in made])
    return (plain, tangent, aux) if has_aux else (plain, tangent)


def _pushed(y: Tensor, pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
    """The derivative of one output along the tangents."""
    if not y.requires_grad or not pairs:
        return _zeros(y)
    with enable_grad():
        vector = creation.zeros_like(y).requires_grad_()
        found = autograd_grad(
            [y], [x for x, _ in pairs], [vector], create_graph=True, allow_unused=True
        )
        kept = [(g, v) for g, (_, v) in zip(found, pairs) if g is not None and g.requires_grad]
        if not kept:
            return _zeros(y)
        (result,) = autograd_grad(
            [g for g, _ in kept], [vector], [v.to(g.dtype) for g, v in kept], create_graph=True,
            allow_unused=True,
        )  # fmt: skip
    return _zeros(y) if result is None else result


def _chosen(argnums: Any, args: tuple) -> tuple[int, ...]:
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for k in chosen:
        if not -len(args) <= k < len(args):
            raise RuntimeError(f"Got argnum={k}, but only {len(args)} positional inputs")
    return tuple(k % len(args) for k in chosen)


def _only(func: Callable, args: tuple, kwargs: dict, chosen: tuple[int, ...]) -> Callable:
    """The function of the chosen arguments; the others stay as they are."""

    def call(*values: Any) -> Any:
        given = list(args)
        for k, value in zip(chosen, values):
            given[k] = value
        return func(*given, **kwargs)

    return call


def grad_and_value(func: Callable, argnums: Any = 0, has_aux: bool = False) -> Callable:
    """A function that gives the gradient by arguments, and the value."""

    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        chosen = _chosen(argnums, args)
        values = tuple(args[k] for k in chosen)
        found = vjp(_only(func, args, kwargs, chosen), *values, has_aux=has_aux)
        output, pull = found[:2]
        if not isinstance(output, Tensor):
            raise RuntimeError(
                "grad_and_value(f)(*args): Expected f(*args) to return a single tensor, but got "
                f"{type(output)}"
            )
        if output.ndim:
            raise RuntimeError(
                "grad_and_value(f)(*args): Expected f(*args) to return a scalar tensor, got tensor "
                f"with {output.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
            )
        gradients = pull(creation.ones_like(output))
        gradients = tuple(
            flatten(g)[1]([_outside(x, flatten(args)[0]) for x in flatten(g)[0]]) for g in gradients
        )
        result = gradients[0] if isinstance(argnums, int) else gradients
        return (result, (output, found[2])) if has_aux else (result, output)

    return run


def grad(func: Callable, argnums: Any = 0, has_aux: bool = False) -> Callable:
    """A function that gives the gradient by arguments."""
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return run


value_and_grad = grad_and_value


def jacrev(
    func: Callable, argnums: Any = 0, *, has_aux: bool = False, chunk_size: Any = None,
    _preallocate_and_copy: bool = False,
) -> Callable:  # fmt: skip
    """A function that gives the Jacobian, row by row."""

    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        chosen = _chosen(argnums, args)
        values = tuple(args[k] for k in chosen)
        found = vjp(_only(func, args, kwargs, chosen), *values, has_aux=has_aux)
        output, pull = found[:2]
        outs, out_back = flatten(output)
        blocks = []
        for k, y in enumerate(outs):
            rows = []
            for place in range(y.numel()):
                seeds = [_zeros(o) for o in outs]
                seeds[k].reshape(-1)[place] = 1
                rows.append(flatten(pull(out_back(seeds)))[0])
            inner = flatten(values)[0]
            stacked = [
                f["stack"]([row[j] for row in rows]).reshape(*y.shape, *x.shape)
                if rows
                else x.new_zeros((*y.shape, *x.shape))
                for j, x in enumerate(inner)
            ]
            stacked = [_outside(s, flatten(args)[0]) for s in stacked]
            tree = flatten(values)[1](stacked)
            blocks.append(tree[0] if isinstance(argnums, int) else tree)
        result = out_back(blocks)
        return (result, found[2]) if has_aux else result

    return run


def jacfwd(
    func: Callable, argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable:
    """A function that gives the Jacobian, column by column."""

    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        chosen = _chosen(argnums, args)
        values = tuple(args[k] for k in chosen)
        inner, back = flatten(values)
        call = _only(func, args, kwargs, chosen)
        columns: list[list[Any]] = []
        aux = out_back = None
        for j, x in enumerate(inner):
            found = []
            for place in range(x.numel()):
                steps = [_zeros(v) for v in inner]
                steps[j].reshape(-1)[place] = 1
                result = jvp(call, tuple(values), back(steps), has_aux=has_aux)
                aux = result[2] if has_aux else None
                leaves, out_back = flatten(result[1])
                found.append(leaves)
            columns.append([
                f["stack"](parts, -1).reshape(*parts[0].shape, *x.shape) for parts in zip(*found)
            ])  # fmt: skip
        blocks = []
        for parts in zip(*columns):
            tree = back(list(parts))
            blocks.append(tree[0] if isinstance(argnums, int) else tree)
        made = out_back(blocks) if out_back else ()
        return (made, aux) if has_aux else made

    return run


def hessian(func: Callable, argnums: Any = 0) -> Callable:
    """A function that gives the second derivatives."""
    return jacfwd(jacrev(func, argnums), argnums)


def linearize(func: Callable, *primals: Any) -> tuple[Any, Callable]:
    """The value, and the function from tangents to the derivative."""
    leaves, back = flatten(primals)
    with enable_grad():
        inputs = [_fresh(x) for x in leaves]
        outs, out_back = flatten(func(*back(inputs)))

    def push(*tangents: Any) -> Any:
        steps, _ = flatten(tangents)
        pairs = [(x, v) for x, v in zip(inputs, steps) if isinstance(x, Tensor) and x.requires_grad]
        return out_back([
            _outside(_pushed(y, pairs), [*leaves, *steps]) if isinstance(y, Tensor) else y
            for y in outs
        ])  # fmt: skip

    return out_back([_outside(y, leaves) for y in outs]), push


# Modules --------------------------------------------------------------------------------------


def functional_call(
    module: Any, parameter_and_buffer_dicts: Any, args: Any = None, kwargs: Any = None, *,
    tie_weights: bool = True, strict: bool = False,
) -> Any:  # fmt: skip
    """Call a module with other parameters and buffers than its own."""
    given: dict[str, Tensor] = {}
    if isinstance(parameter_and_buffer_dicts, (list, tuple)):
        for each in parameter_and_buffer_dicts:
            given.update(each)
    else:
        given.update(parameter_and_buffer_dicts)
    own = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    if strict and set(given) != set(own):
        raise RuntimeError(
            f"Error(s) in strict call: missing {sorted(set(own) - set(given))}, unexpected "
            f"{sorted(set(given) - set(own))}"
        )
    everywhere = {
        name: value
        for kind in ("named_parameters", "named_buffers")
        for name, value in getattr(module, kind)(remove_duplicate=False)
    }
    places = []
    for name, value in given.items():
        names = [name]
        if tie_weights and name in everywhere:
            names += [n for n, v in everywhere.items() if v is everywhere[name] and n not in given]
        for each in names:
            path, _, last = each.rpartition(".")
            target = module.get_submodule(path) if path else module
            places.append((target, last, value))
    kept = []
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    try:
        for target, last, value in places:
            for store in (target._parameters, target._buffers):
                if last in store:
                    kept.append((store, last, store[last]))
                    store[last] = value
                    break
            else:
                raise AttributeError(f"{type(target).__name__} has no parameter or buffer {last}")
        return module(*args, **(kwargs or {}))
    finally:
        for store, last, value in reversed(kept):
            store[last] = value


def stack_module_state(models: Any) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters, and the buffers, of several models of one kind, stacked."""
    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    kinds = {type(m) for m in models}
    if len(kinds) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = {
        name: f["stack"]([dict(m.named_parameters())[name] for m in models])
        .detach()
        .requires_grad_(p.requires_grad)
        for name, p in models[0].named_parameters()
    }
    buffers = {
        name: f["stack"]([dict(m.named_buffers())[name] for m in models])
        for name, _ in models[0].named_buffers()
    }
    return parameters, buffers


# Batches --------------------------------------------------------------------------------------


def _spread(dims: Any, tree: Any) -> list[Any]:
    """The dimension of each leaf: given for all, or in a structure that begins as the tree."""
    leaves, _ = flatten(tree)
    if dims is None or isinstance(dims, int):
        return [dims] * len(leaves)
    if isinstance(tree, dict):
        return [d for key, value in tree.items() for d in _spread(dims[key], value)]
    if not isinstance(tree, (tuple, list)) or len(dims) != len(tree):
        raise ValueError(
            "vmap: in_dims is not compatible with the structure of inputs. in_dims has structure "
            f"{dims} but inputs has structure {type(tree)}."
        )
    return [d for dim, value in zip(dims, tree) for d in _spread(dim, value)]


def vmap(
    func: Callable, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *,
    chunk_size: int | None = None,
) -> Callable:  # fmt: skip
    """A function over a batch: `func` on each slice along `in_dims`, stacked along `out_dims`.

    randomness: "error", "different" draws for each slice, or the "same" for all.
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(
            "Only allowed values for randomness are 'error', 'different', or 'same'. Got "
            f"{randomness}"
        )

    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        if isinstance(in_dims, list):
            raise ValueError(
                f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>): expected `in_dims` to be "
                "int or a (potentially nested) tuple matching the structure of inputs, got: "
                f"{type(in_dims)}."
            )
        leaves, back = flatten(args)
        if not leaves:
            raise ValueError(
                f"vmap({_name(func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or "
                "you are trying to vmap over a function with no inputs. The latter is unsupported."
            )
        dims = _spread(in_dims, args)
        sizes = set()
        for x, d in zip(leaves, dims):
            if d is None:
                continue
            if not isinstance(x, Tensor):
                raise ValueError(
                    f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>): Got in_dim={d} for an "
                    f"input but the input is of type {type(x)}. We cannot vmap over non-Tensor "
                    "arguments, please use None as the respective in_dim"
                )
            if not -x.ndim <= d < x.ndim:
                raise ValueError(
                    f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>): Got in_dim={d} for some "
                    f"input, but that input is a Tensor of dimensionality {x.ndim} so expected "
                    f"in_dim to satisfy -{x.ndim} <= in_dim < {x.ndim}."
                )
            sizes.add(x.shape[d])
        if not sizes:
            raise ValueError("vmap: Expected at least one Tensor to vmap over; got none")
        if len(sizes) > 1:
            raise ValueError(
                "vmap: Expected all tensors to have the same size in the mapped dimension, got "
                f"sizes {[x.shape[d] for x, d in zip(leaves, dims) if d is not None]} for the "
                "mapped dimension"
            )
        (count,) = sizes
        slices = [None if d is None else f["unbind"](x, d) for x, d in zip(leaves, dims)]
        found, out_back = [], None
        before = random.get_rng_state() if randomness == "same" else None
        state = random.get_rng_state() if randomness == "error" else None
        for k in range(count):
            if before is not None:
                random.set_rng_state(before)
            inputs = [x if s is None else s[k] for x, s in zip(leaves, slices)]
            outs, out_back = flatten(func(*back(inputs), **kwargs))
            for y in outs:
                if not isinstance(y, Tensor):
                    raise ValueError(
                        f"vmap({_name(func)}, ...): `{_name(func)}` must only return Tensors, got "
                        f"type {type(y)}. Did you mean to set out_dims= to None for output?"
                    )
            found.append(outs)
            if state is not None and k == 0 and not (random.get_rng_state() == state).all():
                raise RuntimeError(
                    "vmap: called random operation while in randomness error mode. Please either "
                    "use the 'same' or 'different' randomness flags on vmap or perform the "
                    "randomness operation out of vmap"
                )
        if out_back is None:
            raise RuntimeError("vmap: an empty batch has no result to take the shape from")
        tree = out_back([object()] * len(found[0]))
        places = (
            _spread(out_dims, tree) if not isinstance(out_dims, int) else [out_dims] * len(found[0])
        )
        made = []
        for parts, d in zip(zip(*found), places):
            made.append(parts[0] if d is None else f["stack"](list(parts), d))
        return out_back(made)

    return run


def _name(func: Any) -> str:
    return getattr(func, "__name__", repr(func))


def functionalize(func: Callable, *, remove: str = "mutations") -> Callable:
    """The function itself: nothing here needs it."""
    return func


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.missing_name("torch.func", name, globals())
