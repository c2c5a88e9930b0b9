"""The op table: one row per operation, and how a row is written.

    mul = op("mul(input, other)", "input * other", kind="promote",
             input="g * other", other="g * input")

The signature is what a user calls. A bare name is a tensor; `: Index` is a tensor that is neither
promoted nor differentiated; a default or another annotation makes an option (`dim=None`,
`dim: int`); `: Tensor=None` is a tensor that may be left out.

The kernel is an expression over arrays, options and `xp` (the backend), or the name of a function
made known by `@kernel`. `prepare` is a statement before it.

There is one formula per input, by its name, as text. In it `g` is the incoming gradient, `y` the
output, `m` the maths (every row by its name): arrays in a plain backward, Tensors with
`create_graph`. The names that a formula uses are what is saved; `input_shape` and `input_dtype`
save no array. One formula may serve several inputs ("input, weight"): it gives a tuple, and `needs`
says which are wanted. A formula uses operators and `m` only, so it is differentiable itself. It
returns the gradient of the broadcast shape: summing back, casting and accumulating come after.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from .later import MODULE_OF

#: The globals of every stamped function, and of every text in a row.
NAMESPACE: dict[str, Any] = {"__name__": "backlight.ops.stamped", "__builtins__": __builtins__}


class Names(dict):
    """What is declared, by name; a module of `later.py` is loaded when one of its names is asked."""

    def __missing__(self, name: str) -> Any:
        if name not in MODULE_OF:
            raise KeyError(name)
        load_later(MODULE_OF[name])
        return dict.__getitem__(self, name)


#: Rows by name.
ROWS: dict[str, Row] = Names()

#: What `backlight.ops` offers: a row's function or a composite, by name.
FUNCTIONS: dict[str, Callable] = Names()

#: Names of FUNCTIONS that `torch` itself has.
TOP: list[str] = []

#: Names of FUNCTIONS that are methods of Tensor, too.
METHODS: list[str] = []

#: Composites whose in-place form is made from a copy.
INPLACE: list[str] = []

#: Other names for the same function: what it is called, too, to what it is.
ALIASES: dict[str, str] = {}

#: What is done with the new names once a module of `later.py` is loaded (methods of Tensor).
after_load: list[Callable[[], None]] = []

_loading = 0


def load_later(module: str) -> None:
    """Import a module of `later.py` and make its names known."""
    global _loading
    _loading += 1
    try:
        importlib.import_module(f"{__package__}.{module}")
    finally:
        _loading -= 1
    for act in after_load:
        act()


def _offer(name: str, function: Callable, top: bool, method: bool, aliases: str) -> None:
    """Make a function known by its name and its other names."""
    for each in (name, *aliases.split()):
        FUNCTIONS[each] = function
        if each != name:
            ALIASES[each] = name
        if top:
            TOP.append(each)
        if method:
            METHODS.append(each)


ELEMENTWISE = ("promote", "float", "bool")
KINDS = (*ELEMENTWISE, "same", "match", "list")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a signature."""

    name: str
    kind: str  # "tensor", "index" or "option"
    default: str | None  # its text, None where it must be given
    keyword: bool


_PARAMETER = re.compile(r"(\w+)(?::\s*(\w+))?\s*(?:=\s*(.+))?$")


def parse(signature: str) -> tuple[str, tuple[Parameter, ...]]:
    """Read "name(input, other, *, alpha=1)"."""
    name, _, rest = signature.partition("(")
    parameters, keyword = [], False
    for text in filter(None, map(str.strip, rest.rstrip(")").split(","))):
        if text == "*":
            keyword = True
            continue
        found = _PARAMETER.match(text)
        if found is None:
            raise ValueError(f"{signature}: cannot read the parameter {text!r}")
        word, annotation, default = found.groups()
        if annotation == "Index":
            kind = "index"
        elif annotation == "Tensor" or (annotation is None and default is None):
            kind = "tensor"
        else:
            kind = "option"
        parameters.append(Parameter(word, kind, default, keyword))
    return name, tuple(parameters)


class Row:
    """One operation; what is expensive to know about it is found on first use."""

    __slots__ = (
        "name", "signature", "kernel", "kind", "prepare", "check", "view", "outputs", "formulas",
        "node_name", "shown", "inplace", "documentation", "conjugate", "function", "plain",
        "observed", "_parameters", "_node_class", "_compute", "_derivatives", "stamped",
        "differentiable", "casts", "variant", "traced", "extra", "spoken", "numbers", "core",
    )  # fmt: skip

    def __init__(self, signature: str, kernel: str, **facts: Any) -> None:
        self.name = signature.partition("(")[0]
        self.signature = signature
        self.kernel = kernel
        for fact, value in facts.items():
            setattr(self, fact, value)
        self.plain = self.observed = self.spoken = None
        self._parameters = self._node_class = self._compute = None
        self._derivatives: dict[int, Any] = {}
        self.stamped = False
        self.core = not _loading

    def __repr__(self) -> str:
        return f"<op {self.signature}>"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        if self._parameters is None:
            self._parameters = parse(self.signature)[1]
        return self._parameters

    @property
    def inputs(self) -> tuple[Parameter, ...]:
        """The parameters that are tensors, in order."""
        return tuple(p for p in self.parameters if p.kind != "option")

    @property
    def options(self) -> tuple[Parameter, ...]:
        """The parameters that are not."""
        return tuple(p for p in self.parameters if p.kind == "option")

    @property
    def groups(self) -> list[tuple[tuple[int, ...], str]]:
        """The formulas: which inputs (by place) each serves, and its text."""
        return self._groups(self.formulas)

    def _groups(self, formulas: dict[str, str]) -> list[tuple[tuple[int, ...], str]]:
        places = {p.name: k for k, p in enumerate(self.inputs)}
        return [
            (tuple(places[name.strip()] for name in names.split(",")), text)
            for names, text in formulas.items()
        ]

    def groups_for(self, traced: bool) -> list[tuple[tuple[int, ...], str]]:
        """The formulas for arrays, or those for Tensors."""
        return self._groups(self.traced) if traced and self.traced else self.groups

    def output_names(self) -> tuple[str, ...]:
        """What formulas call the outputs."""
        return ("y",) if len(self.outputs) == 1 else self.outputs

    def saved(self) -> dict[str, tuple[int, ...]]:
        """The names that formulas use, each with the inputs whose gradient needs it."""
        used: dict[str, list[int]] = {}
        for places, text in (*self.groups, *self._groups(self.traced)):
            for name in names_in(text):
                used.setdefault(name, []).extend(places)
        return {name: tuple(dict.fromkeys(places)) for name, places in used.items()}

    def text(self) -> str:
        """Everything that the stamped code depends on."""
        return repr((
            self.signature, self.kernel, self.kind, self.prepare, self.view, self.outputs,
            self.formulas, self.traced, self.node_name, self.differentiable, self.casts,
            self.numbers,
        ))  # fmt: skip


# A word that is no attribute, keyword, call or new name.
_WORD = re.compile(r"(?<![\w.])([A-Za-z_]\w*)(?!\w)(?!\s*=[^=])(?!\()")
_NEW = re.compile(r"\((\w+) :=")
_NOT_SAVED = frozenset("g m needs None True False if else not and or in is for".split())


def names_in(formula: str) -> list[str]:
    """The names that a formula wants saved, in order of appearance."""
    words = dict.fromkeys(_WORD.findall(re.sub(r"'[^']*'", "''", formula)))
    new = _NEW.findall(formula)
    return [w for w in words if w not in _NOT_SAVED and w not in new]


def kernel(function: Callable) -> Callable:
    """Make a function known to kernels and `prepare` by its name."""
    NAMESPACE[function.__name__] = function
    return function


def _first_call(*args: Any, row_: Row, **kwargs: Any) -> Any:
    """The code of a row's function until its first use: it replaces itself."""
    stamp_row(row_)  # noqa: F821 (in NAMESPACE, put there by apply.py)
    return row_.function(*args, **kwargs)


_FIRST_CALL: CodeType = _first_call.__code__


def op(
    signature: str,
    kernel: str,
    *,
    kind: str = "same",
    prepare: str = "",
    check: Callable | None = None,
    view: bool = False,
    outputs: tuple[str, ...] = ("",),
    node: str = "",
    shown: str = "",
    inplace: bool | None = None,
    method: bool = True,
    public: bool = True,
    top: bool = True,
    aliases: str = "",
    conjugate: bool = True,
    differentiable: tuple[int, ...] = (0,),
    casts: bool | None = None,
    variant: str = "",
    numbers: tuple[str, ...] | None = None,
    traced: dict[str, str] | None = None,
    doc: str = "",
    formulas: dict[str, str] | None = None,
    **one_each: str,
) -> Callable:
    """Add a row and return its function.

    node: the name of its graph node without "Backward0"; the row's in capitals else.
    shown: the name that a listener hears.
    public: False for the engine's own rows; top: False where `torch` itself lacks the name.
    aliases: its other names, with a space between two.
    conjugate: False where the function is not holomorphic, so that the formula says all itself.
    differentiable: the outputs through which a gradient flows.
    casts: True where inputs are broadcast or promoted, so that gradients must be brought back.
    variant: a saved name; where it is not None (or a Tensor) the node is PyTorch's "Backward1".
    numbers: the inputs of an elementwise row that may be numbers; None for all of them.
    traced: formulas for Tensors where the one for arrays uses what has no graph (statistics).
    """
    if kind not in KINDS:
        raise ValueError(f"{signature}: kind must be one of {', '.join(KINDS)}, not {kind!r}")
    name = signature.partition("(")[0]
    row = Row(
        signature, kernel,
        kind=kind, prepare=prepare, check=check, view=view, outputs=outputs,
        formulas={**(formulas or {}), **one_each},
        node_name=(node or "".join(w.capitalize() for w in name.split("_"))) + "Backward0",
        shown=shown or name, documentation=doc, conjugate=conjugate,
        inplace=kind in ELEMENTWISE if inplace is None else inplace,
        differentiable=differentiable, variant=variant, traced=traced or {}, extra=None,
        numbers=numbers,
        casts=kind in ELEMENTWISE if casts is None else casts,
    )  # fmt: skip
    if name in ROWS:
        raise ValueError(f"there are two rows called {name}")
    function = FunctionType(_FIRST_CALL, NAMESPACE, name)
    function.__kwdefaults__ = {"row_": row}
    function.__qualname__ = name
    function.__module__ = "torch"
    function.__doc__ = doc or None
    row.function = function
    ROWS[name] = row
    if public:
        _offer(name, function, top, method, aliases)
    return function


def with_out(function: Callable) -> Callable:
    """A function of Tensors that takes `out=`, too: a tensor for each of its results."""

    @functools.wraps(function)
    def run(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        return result if out is None else NAMESPACE["write_outs"](out, result, function.__name__)

    return run


def composite(
    function: Callable | None = None, *, method: bool = True, out: bool = False,
    inplace: bool = False, top: bool = True, aliases: str = "",
) -> Callable:  # fmt: skip
    """Offer a function written over Tensors as if it were a row.

    out: it is given `out=`, which its one result is written into.
    inplace: Tensor gets its in-place form ("scatter_").
    top: False where `torch` itself lacks the name.
    aliases: its other names, with a space between two.
    """

    def add(function: Callable) -> Callable:
        if out:
            function = with_out(function)
        if inplace:
            INPLACE.append(function.__name__)
        _offer(function.__name__, function, top, method, aliases)
        return function

    return add if function is None else add(function)
