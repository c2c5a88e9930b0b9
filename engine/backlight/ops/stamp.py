"""The stamp: makes from a row the code that runs, with one template.

Four pieces: the function that is called (plain), the same with the tap (observed), the node's `run`
in a backward pass, and the kernel as a function of arrays. `source("mul")` shows them. The plain
function takes the common way only (CPU, equal dtypes, real numbers, no `out=`); whatever else
happens, and every exception, goes to the gate, which does it again and says what was wrong.

Pieces are made on first use. A build may make them all ahead (`write`): the module is used when its
key is that of the table and of the templates at hand.
"""

from __future__ import annotations

import importlib
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

from .table import ELEMENTWISE, NAMESPACE, ROWS, Row, names_in

MODULE = "_stamped"

_ahead: Any = None  # the module that a build made; False where there is none that fits


# Texts ----------------------------------------------------------------------------------------


def class_name(row: Row) -> str:
    """What stamped code calls the node class of a row."""
    return f"Node_{row.name}"


def _parameter_list(row: Row, out: bool) -> str:
    parts, star = [], False
    for p in row.parameters:
        if p.keyword and not star:
            parts.append("*")
            star = True
        parts.append(p.name if p.default is None else f"{p.name}={p.default}")
    if out:
        parts += ["out=None"] if star else ["*", "out=None"]
    return ", ".join(parts)


def _takes_out(row: Row) -> bool:
    return not row.view


def _call_list(row: Row, out: bool) -> str:
    parts = [f"{p.name}={p.name}" if p.keyword else p.name for p in row.parameters]
    if out:
        parts.append("out=out")
    return ", ".join(parts)


def _tuple_of(names: list[str]) -> str:
    return "(" + "".join(f"{name}, " for name in names).rstrip() + ")"


def plain_text(row: Row) -> str:
    """The function that is called while nobody watches."""
    out = _takes_out(row)
    inputs, options = row.inputs, row.options
    shells = [f"t{k}" for k in range(len(inputs))]
    to_gate = (
        f"gate(ROWS[{row.name!r}], {_tuple_of(shells)}, {_tuple_of([p.name for p in options])}"
        + (", out)" if out else ")")
    )
    lines = [f"def {row.name}({_parameter_list(row, out)}):"]
    add = lines.append
    for k, p in enumerate(inputs):
        add(f"    t{k} = {p.name}")
    if len(row.differentiable) > 1:
        add(f"    return {to_gate}")
        return "\n".join(lines)
    add("    y = None")
    add("    try:")
    for text in _unwrap_lines(row):
        add("        " + text)
    add("    except Exception:")
    add("        y = None  # the gate does it again, and says what was wrong")
    add("    if y is None" + (" or out is not None:" if out else ":"))
    add(f"        return {to_gate}")
    several = len(row.outputs) > 1
    names = [f"y{k}" for k in range(len(row.outputs))] if several else ["y"]
    if several:
        add(f"    {', '.join(names)} = y")
    for name in names:
        r = "r" + name[1:]
        add(f"    if {name}.__class__ is not ndarray:")
        add(f"        {name} = asarray({name})")
        add(f"    {r} = new(Tensor)")
        add(f"    {r}._array = {name}")
        add(f"    {r}._node = {r}._storage = {r}._view = {r}._grad = {r}.tag = None")
    if row.view:
        add(f"    mark_view(r, t0, ROWS[{row.name!r}], {_tuple_of([p.name for p in options])})")
    if row.formulas:
        lines += ["    " + text for text in _record_lines(row)]
    result = f"Result_{row.name}(" + ", ".join("r" + n[1:] for n in names) + ")"
    add(f"    return {result if several else 'r'}")
    return "\n".join(lines)


def _unwrap_lines(row: Row) -> list[str]:
    """From Tensors to the kernel's result in `y`, if this is the common way."""
    inputs = row.inputs
    tensors = [(k, p) for k, p in enumerate(inputs) if p.kind == "tensor"]
    run = ([row.prepare] if row.prepare else []) + [f"y = {row.kernel}"]
    lines: list[str] = []
    classes = []
    number = _second_may_be_number(row)
    for k, p in enumerate(inputs):
        if number and k == 1:
            continue
        if p.default == "None":
            lines.append(f"if t{k} is not None: {p.name} = t{k}._array")
            classes.append(f"(t{k} is None or {p.name}.__class__ is ndarray)")
        else:
            lines.append(f"{p.name} = t{k}._array")
            classes.append(f"{p.name}.__class__ is ndarray")
    first = tensors[0][1].name if tensors else inputs[0].name
    dtype_test = {
        "float": "(d is F32 or d is F64)",
        "promote": "d is not BOOL",
        "bool": "d is not BOOL",
        "match": "(d is F32 or d is F64)",
    }.get(row.kind)
    tests = list(classes)
    if dtype_test:
        lines.append(f"d = {first}.dtype")
        tests.append(dtype_test)
    if number:
        other = inputs[1].name
        lines += [
            "number = t1.__class__ is float or t1.__class__ is int",
            "if number:",
            "    fast = d is F32 or d is F64",
            "else:",
            f"    {other} = t1._array",
            f"    fast = d is {other}.dtype and {other}.__class__ is ndarray",
        ]
        tests.insert(0, "fast")
    elif row.kind in (*ELEMENTWISE, "match"):
        for _, p in tensors[1:]:
            same = f"{p.name}.dtype is d"
            tests.append(f"({p.name} is None or {same})" if p.default == "None" else same)
    lines.append("if " + " and ".join(tests) + ":")
    lines += ["    " + text for text in run]
    return lines


def _second_may_be_number(row: Row) -> bool:
    return (
        row.kind in ELEMENTWISE
        and len(row.inputs) == 2
        and all(p.kind == "tensor" and p.default is None for p in row.inputs)
        and (row.numbers is None or row.inputs[1].name in row.numbers)
    )


def _record_lines(row: Row) -> list[str]:
    """Leave a node on the result, if an input needs a gradient."""
    places = sorted({p for group, _ in row.groups for p in group})
    inputs, number = row.inputs, _second_may_be_number(row)
    lines = ["if state.grad:"]
    add = lines.append
    for k in places:
        none = inputs[k].default == "None"
        if number and k == 1:
            add("    if number:")
            add("        n1 = None")
            add("    else:")
            add("        if t1._view is not None: refresh(t1)")
            add("        n1 = t1._node")
        elif none:
            add(f"    if t{k} is None:")
            add(f"        n{k} = None")
            add("    else:")
            add(f"        if t{k}._view is not None: refresh(t{k})")
            add(f"        n{k} = t{k}._node")
        else:
            add(f"    if t{k}._view is not None: refresh(t{k})")
            add(f"    n{k} = t{k}._node")
    add("    if " + " or ".join(f"n{k} is not None" for k in places) + ":")
    body: list[str] = []
    name = class_name(row)
    output = row.output_names()
    y = "y" if len(row.outputs) == 1 else f"y{row.differentiable[0]}"
    if row.kind in ELEMENTWISE or row.kind == "match":
        # Complex numbers take the reference's way back, which conjugates.
        test = f"{y}.dtype is F32 or {y}.dtype is F64 or {y}.dtype.kind == 'f'"
    else:
        test = f"{y}.dtype.kind == 'f'"
    body.append(f"n = new({name} if {test} else {name}.generic)")
    body.append("n.seq = next_seq()")
    body.append("n.g = n.tag = n.hooks = None")
    body.append("n.own = n.released = False")
    for k in places:
        body.append(f"n.e{k} = n{k}")
    if row.casts:
        body += _fix_lines(row, places, number, y)
    for saved, needed in row.saved().items():
        body += _save_lines(row, saved, needed, places, number, output)
    r = "r" if len(row.outputs) == 1 else f"r{row.differentiable[0]}"
    body.append(f"{r}._node = n")
    if row.kind not in ELEMENTWISE and row.kind != "match":
        add(f"        if {y}.dtype.kind in 'fc':")
        lines += ["            " + text for text in body]
    else:
        lines += ["        " + text for text in body]
    return lines


def _fix_lines(row: Row, places: list[int], number: bool, y: str) -> list[str]:
    """What undoes broadcasting: nothing where all shapes are the same."""
    nothing = " = ".join(f"n.f{k}" for k in places) + " = None"
    tensors = [(k, p) for k, p in enumerate(row.inputs) if p.kind == "tensor"]
    everything = [(k, p) for k, p in enumerate(row.inputs)]
    if len(everything) == 1:
        return [nothing]
    first = everything[0][1].name
    tests = ["number"] if number else []
    same = []
    for _, p in everything[1:]:
        test = f"{p.name}.shape == {first}.shape"
        same.append(f"({p.name} is None or {test})" if p.default == "None" else test)
    tests.append(" and ".join(same))
    lines = [f"if {' or '.join(tests)}:", "    " + nothing, "else:"]
    for k, p in tensors:
        if k in places:
            some = f"({p.name}.shape, None)"
            lines.append(
                f"    n.f{k} = " + (f"{p.name} if {p.name} is None else {some}"
                                    if p.default == "None" else some)
            )  # fmt: skip
    return lines


def _save_lines(
    row: Row, name: str, needed: tuple[int, ...], places: list[int], number: bool,
    outputs: tuple[str, ...],
) -> list[str]:  # fmt: skip
    inputs = {p.name: k for k, p in enumerate(row.inputs)}
    condition = " or ".join(f"n{k} is not None" for k in needed)
    always = set(needed) == set(places)
    if name in inputs:
        k = inputs[name]
        save = [
            f"n.{name} = t{k}",
            f"s = t{k}._storage",
            f"n.{name}_v = 0 if s is None else s.version",
        ]
        if row.inputs[k].default == "None":
            save = [f"n.{name} = t{k}", f"n.{name}_v = None if t{k} is None else t{k}._version"]
        if number and k == 1:
            save = ["if number:", f"    n.{name} = t1", f"    n.{name}_v = None", "else:",
                    *("    " + text for text in save)]  # fmt: skip
        if always:
            return save
        return [f"if {condition}:", *("    " + text for text in save), "else:",
                f"    n.{name} = n.{name}_v = None"]  # fmt: skip
    if name in outputs:
        local = "y" if len(outputs) == 1 else f"y{outputs.index(name)}"
        value = local if always else f"{local} if {condition} else None"
        return [f"n.{name} = {value}", f"n.{name}_v = 0", f"n.{name}_s = None"]
    base, _, fact = name.rpartition("_")
    if fact in ("shape", "dtype") and base in inputs:
        return [f"n.{name} = {base}.{fact}"]
    return [f"n.{name} = {name}"]


def observed_text(row: Row) -> str:
    """The function that is called while a listener is attached."""
    out = _takes_out(row)
    args = _tuple_of([p.name for p in row.parameters])
    call = f"plain_{row.name}({_call_list(row, out)})"
    results = "tuple(result)" if len(row.outputs) > 1 else "(result,)"
    return f"""def {row.name}({_parameter_list(row, out)}):
    listener = tap.listener
    if listener is None:
        return {call}
    listener.began = perf_counter() if listener.sampling else 0.0
    try:
        result = {call}
    except BaseException as error:
        listener.op_failed({row.shown!r}, {args}, error)
        raise
    if listener.sampling:
        listener.op({row.shown!r}, {args}, {results})
    return result"""


def run_text(row: Row, places: tuple[int, ...], spec: tuple) -> str:
    """The way of a gradient through one node: formula, undo broadcasting, hand on."""
    lines = [f"def {row.name}__run(n, g, heap, keep):"]
    add = lines.append
    arrays = [name for name, what, _ in spec if what in ("input", "output")]
    if arrays:
        add("    if n.released: raise freed()")
    groups = row.groups
    used: dict[str, list[int]] = {}
    for k, (_, text) in enumerate(groups):
        for name in names_in(text):
            used.setdefault(name, []).append(k)
    loads = {name: _load_lines(name, what) for name, what, _ in spec}
    for name, where in used.items():
        if len(where) > 1:
            lines += ["    " + text for text in loads[name]]
    for k, (group, text) in enumerate(groups):
        formula = re.sub(r"(?<!\.)\bm\b", "RAW", text)
        local = [t for name, where in used.items() if where == [k] for t in loads[name]]
        if len(group) == 1:
            place = group[0]
            add(f"    e = n.e{place}")
            add("    if e is not None:")
            lines += ["        " + t for t in local]
            add(f"        d = {formula}")
            lines += ["        " + t for t in _hand_on(row, place)]
        else:
            for place in group:
                add(f"    e{place} = n.e{place}")
            add("    if " + " or ".join(f"e{p} is not None" for p in group) + ":")
            lines += ["        " + t for t in local]
            add("        needs = (" + ", ".join(f"e{p} is not None" for p in group) + ")")
            add("        " + ", ".join(f"d{p}" for p in group) + f" = {formula}")
            for place in group:
                add(f"        e, d = e{place}, d{place}")
                add("        if e is not None:")
                lines += ["            " + t for t in _hand_on(row, place)]
    if arrays:
        add("    if not keep:")
        add("        n.released = True")
        add("        " + " = ".join(f"n.{name}" for name in arrays) + " = None")
    return "\n".join(lines)


def _hand_on(row: Row, place: int) -> list[str]:
    lines = []
    if row.casts and len(row.inputs) > 1:
        lines.append(f"if n.f{place} is not None: d = restore(d, n.f{place})")
    return [
        *lines,
        "if e.g is None:",
        "    e.g = d",
        "    heappush(heap, (e.seq, e))",
        "elif e.own:",
        "    e.g += d",
        "else:",
        "    e.g = e.g + d",
        "    e.own = True",
    ]


def _load_lines(name: str, what: str) -> list[str]:
    if what == "input":
        return [
            f"{name} = n.{name}",
            f"if n.{name}_v is not None:",
            f"    s = {name}._storage",
            f"    if s is not None and s.version != n.{name}_v: check_version({name}, n.{name}_v)",
            f"    {name} = {name}._array",
        ]
    if what == "output":
        return [
            f"if n.{name}_s is not None and n.{name}_s.version != n.{name}_v:",
            f"    raise stale_output(n, {name!r})",
            f"{name} = n.{name}",
        ]
    return [f"{name} = n.{name}"]


def del_text(row: Row, places: tuple[int, ...], spec: tuple) -> str:
    """How a node is let go: what it holds goes into the queue (`autograd/graph.py`)."""
    held = [f"n.e{k}" for k in places]
    held += [f"n.{name}" for name, what, _ in spec if what in ("input", "output")]
    return f"""def {row.name}__del(n):
    pending.extend({_tuple_of(held)})
    {" = ".join(held)} = None
    if not release.active: drain()"""


def compute_text(row: Row) -> str:
    """The kernel as a function of arrays and options."""
    parts = [p.name for p in row.inputs if p.default is None]
    parts += [f"{p.name}=None" for p in row.inputs if p.default is not None]
    given = [p for p in row.options if p.default is None]
    parts_options = [p.name for p in given]
    parts_options += [f"{p.name}={p.default}" for p in row.options if p.default is not None]
    if given and len(parts) > sum(p.default is None for p in row.inputs):
        raise ValueError(f"{row.signature}: an option without default after an optional tensor")
    prepare = f"    {row.prepare}\n" if row.prepare else ""
    return (
        f"def {row.name}__raw({', '.join([*parts, *parts_options])}, *, xp=xp):\n"
        f"{prepare}    return {row.kernel}"
    )


# Code -----------------------------------------------------------------------------------------


def _function(row: Row, piece: str, text: Callable[[], str]) -> FunctionType:
    """The function of one piece: as the build made it, else compiled from its text."""
    global _ahead
    if _ahead is None:
        _ahead = _load_ahead()
    name = f"{row.name}__{piece}"
    if _ahead:
        made = getattr(_ahead, name, None)
        if made is not None:
            found = FunctionType(made.__code__, NAMESPACE, row.name, made.__defaults__)
            found.__kwdefaults__ = (
                {"xp": NAMESPACE["xp"]} if piece == "raw" else made.__kwdefaults__
            )
            return found
    scope: dict[str, Any] = {}
    written = text()
    code = compile(written, f"<backlight.ops {row.name}>", "exec")
    exec(code, NAMESPACE, scope)  # noqa: S102
    return next(iter(scope.values()))


def plain(row: Row) -> FunctionType:
    """The plain function."""
    return _function(row, "plain", lambda: plain_text(row))


def observed(row: Row) -> FunctionType:
    """The observed function."""
    return _function(row, "observed", lambda: observed_text(row))


def node_run(row: Row, places: tuple[int, ...], spec: tuple) -> FunctionType:
    """The `run` of the row's nodes."""
    return _function(row, "run", lambda: run_text(row, places, spec))


def node_del(row: Row, places: tuple[int, ...], spec: tuple) -> FunctionType:
    """The `__del__` of the row's nodes."""
    return _function(row, "del", lambda: del_text(row, places, spec))


def compute(row: Row) -> FunctionType:
    """The kernel."""
    if row._compute is None:
        row._compute = _function(row, "raw", lambda: compute_text(row))
    return row._compute


def derivative(row: Row, group: int, traced: bool) -> tuple[Callable, list[str]]:
    """A formula as a function of (m, g, needs, saved values), and the names of these."""
    traced = traced and bool(row.traced)
    found = row._derivatives.get((group, traced))
    if found is None:
        text = row.groups_for(traced)[group][1]
        names = names_in(text)
        arguments = ", ".join(["m", "g", "needs", *names])
        made = eval(f"lambda {arguments}: {text}", NAMESPACE)  # noqa: S307
        found = row._derivatives[group, traced] = (made, names)
    return found


def source(name: str) -> str:
    """The code that was made from a row, to be read."""
    from .apply import node_class

    row = ROWS[name]
    pieces = [plain_text(row), observed_text(row), compute_text(row)]
    if row.formulas:
        cls = node_class(row)
        pieces += [run_text(row, cls.places, cls.spec), del_text(row, cls.places, cls.spec)]
    return "\n\n".join(pieces) + "\n"


# Ahead of time --------------------------------------------------------------------------------

_TEMPLATES = (
    plain_text, _unwrap_lines, _record_lines, _fix_lines, _save_lines, observed_text, run_text,
    _hand_on, _load_lines, del_text, compute_text, _parameter_list, _call_list,
)  # fmt: skip


def key() -> str:
    """What stamped code depends on, as a short text: the rows and the templates' own words."""
    words = []
    for template in _TEMPLATES:
        constants = [template.__code__.co_consts]
        while constants:
            for constant in constants.pop():
                if isinstance(constant, str) and constant != template.__doc__:
                    words.append(constant)
                elif isinstance(constant, tuple):
                    constants.append(constant)
    text = "\n".join([*sorted(words), *(row.text() for row in ROWS.values() if row.core)])
    return f"{zlib.crc32(text.encode()):08x}-{len(text)}"


def _load_ahead() -> Any:
    try:
        module = importlib.import_module(f".{MODULE}", __package__)
    except ImportError:
        return False
    return module if key() == module.KEY else False


def module_text() -> str:
    """The module with every piece of every row."""
    from .apply import node_class

    parts = [
        '"""Made by `python -m backlight.ops.stamp`; nobody writes here."""',
        f"KEY = {key()!r}",
        "xp = None",
    ]
    for row in ROWS.values():
        pieces = {
            "plain": plain_text(row), "observed": observed_text(row), "raw": compute_text(row),
        }  # fmt: skip
        if row.formulas:
            cls = node_class(row)
            pieces["run"] = run_text(row, cls.places, cls.spec)
            pieces["del"] = del_text(row, cls.places, cls.spec)
        for piece, text in pieces.items():
            head = f"def {row.name}__{piece}("
            parts.append(head + text.partition("(")[2])
    return "\n\n\n".join(parts) + "\n"


def write(folder: Path) -> Path:
    """Write the module into a folder (that of `backlight/ops` in an archive)."""
    path = Path(folder) / f"{MODULE}.py"
    path.write_text(module_text(), encoding="utf-8")
    return path


if __name__ == "__main__":
    import sys

    import backlight.ops as loaded  # the package's own copy of this module, not this one

    if len(sys.argv) != 2:
        sys.exit("usage: python -m backlight.ops.stamp FOLDER")
    print(loaded.stamp.write(Path(sys.argv[1])))  # noqa: T201
