"""The first number that is none: which operation made it, and which only handed it on.

Each loss is looked at when its backward pass begins, recorded or not: then the graph still lives. In a
recorded step the statistics say which operation had finite inputs only. In another step the values
that the graph saved say it, and the graph recorded last, where it has the same operations in the same
order, says the line. A gradient that is no number is found in recorded steps.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops.stamp import compute
from ..session.protocol import Finding, Frame
from ..tensor import Tensor
from .structure import Plan
from .trace import Trace

NONFINITE = 5  # the column of `STATISTICS`
MOST_NODES = 20_000
#: Operations that write numbers of the program's choice.
PLACES = ("masked_fill", "masked_fill_", "where", "setitem", "index_put", "fill_", "full")


class Findings:
    """Says the first non-finite value of a run, once."""

    def __init__(self, add: Callable[[Finding], None]) -> None:
        self._add = add
        self._said = False
        self._waiting: tuple[Finding, int] | None = None  # for the key of an entry's node

    def _say(
        self, step: int, phase: Any, word: str, text: str, entry: int = -1, **more: Any
    ) -> None:
        self._said = True
        finding = Finding("nonfinite", "error", step, phase, f"First {word}", text, **more)
        if entry < 0:
            self._add(finding)
        else:
            self._waiting = (finding, entry)

    def settle(self, plan: Plan | None) -> None:
        """Tell what was found in the step that is over: its nodes have their keys now."""
        if self._waiting is not None:
            finding, entry = self._waiting
            self._waiting = None
            finding.node = "" if plan is None else plan.key_of(entry)
            self._add(finding)

    # Forward ---------------------------------------------------------------------------------

    def loss(self, root: Any, step: int, trace: Trace | None, plan: Plan | None) -> None:
        """Look at a loss before its backward pass."""
        array = root._array
        if self._said or array.dtype.kind not in "fc":
            return
        if math.isfinite(array.item()) if array.size == 1 else np.isfinite(array).all():
            return
        word = word_of(array)
        if trace is None or not self._recorded(trace, step, word):
            self._from_graph(root, step, plan, word)

    def _recorded(self, trace: Trace, step: int, word: str) -> bool:
        """Find the producer by the statistics of a recorded step."""
        bad = {
            i
            for i, row in enumerate(trace.rows)
            if row[NONFINITE] > 0 and not self._meant(trace, i)
        }
        for i in sorted(bad):
            entry = trace.entries[i]
            if any(source in bad for source, _ in entry.sources):
                continue
            kept = trace.kept.values.get(i)
            word = word_of(kept[1]) if kept is not None else word
            if word == "number":
                word = "value that is no number"
            self._made_by(
                entry.kind, entry.name, entry.site.frames, step, word, heirs=len(bad) - 1, entry=i
            )
            return True
        return False

    def _meant(self, trace: Trace, i: int) -> bool:
        """Whether an infinity was put there on purpose, as by a mask before a softmax."""
        kept = trace.kept.values.get(i)
        return trace.entries[i].name in PLACES and kept is not None and word_of(kept[1]) != "NaN"

    def _made_by(
        self, kind: str, name: str, frames: list[Frame], step: int, word: str, heirs: int = 0,
        node: str = "", entry: int = -1,
    ) -> None:  # fmt: skip
        line = frames[-1].line if frames else 0
        place = f" at line {line}" if line else ""
        if kind == "op":
            text = f"`{name}`{place} made the first {word}, out of finite numbers."
            phase = "forward"
        elif kind == "parameter":
            if step == 1:
                text, phase = f"The parameter `{name}` holds {word} from the start.", "forward"
            else:
                text = (
                    f"The parameter `{name}` holds {word} since the update of step {step - 1}: the "
                    "step was too large, or its gradient was no number."
                )
                phase = "update"
        else:
            known = f" as `{name}`" if name else ""
            text = f"What came in{known}{place} holds {word} already."
            phase = "forward"
        if heirs:
            text += f" {heirs} later value{'s' if heirs > 1 else ''} of this step inherited it."
        self._say(
            step, phase, word, text, op=name if kind == "op" else "", frames=frames, heirs=heirs,
            node=node, entry=entry,
        )  # fmt: skip

    def _from_graph(self, root: Any, step: int, plan: Plan | None, word: str) -> None:
        """Find the producer by what the graph of an unrecorded step saved."""
        nodes, leaves = graph_of(root)
        for leaf in leaves:
            if not np.isfinite(host(leaf._array)).all():
                name = name_of(leaf, plan)
                self._made_by("parameter", name, [], step, word_of(leaf._array))
                return
        values: dict[int, Any] = {}
        for node in nodes:
            for name, what, _ in getattr(node, "spec", ()):
                value = getattr(node, name, None)
                if what == "output" and value is not None:
                    values[id(node)] = value
                elif what == "input" and isinstance(value, Tensor):
                    maker = value._node
                    if maker is None:
                        if not_finite(value._array):
                            known = known_as(node, nodes, plan)
                            self._made_by(
                                "input", operation(node), known.frames if known else [], step,
                                word_of(value._array),
                            )  # fmt: skip
                            return
                    else:
                        values.setdefault(id(maker.owner), value._array)
        values[id(nodes[-1])] = root._array
        for node in nodes:
            value = values.get(id(node))
            if value is None:
                value = values[id(node)] = recomputed(node, values)
            if value is not None and not_finite(value) and operation(node) not in PLACES:
                known = known_as(node, nodes, plan)
                self._made_by(
                    "op", operation(node), known.frames if known else [], step, word_of(value),
                    node=known.key if known else "",
                )  # fmt: skip
                return

    # Backward --------------------------------------------------------------------------------

    def gradients(self, trace: Trace, step: int) -> None:
        """Look at the gradients of a recorded step after its backward pass."""
        if self._said:
            return
        bad = {i for i, (row, _) in trace.gradients.items() if row[NONFINITE] > 0}
        if not bad:
            return
        for i in trace.order:
            entry = trace.entries[i]
            hit = [source for source, _ in entry.sources if source in bad]
            if i in bad or not hit:
                continue
            kept = trace.kept.gradients.get(hit[0])
            word = "NaN" if kept is None else word_of(kept[1])
            word += " gradient"
            self._say(
                step, "backward", word,
                f"`{entry.name}` at line {entry.site.line} made the first {word} on the way back, out of "
                f"a finite one. {len(bad)} gradients of this step are not finite.",
                op=entry.name, frames=entry.site.frames, heirs=len(bad) - len(hit), entry=i,
            )  # fmt: skip
            return


def recomputed(node: Any, values: dict[int, Any]) -> Any:
    """The result of a node's operation from what it saved and what is known of its inputs."""
    row = node.row
    if row is None:
        return None
    saved = {name for name, _, _ in node.spec}
    arrays: list[Any] = []
    for place, parameter in enumerate(row.inputs):
        value = getattr(node, parameter.name) if parameter.name in saved else None
        edge = getattr(node, f"e{place}", None)
        if isinstance(value, Tensor):
            value = value._array
        elif value is None and edge is not None:
            leaf = edge.variable if edge.is_accumulator else None
            value = values.get(id(edge.owner)) if leaf is None else leaf._array
        if value is None:
            return None
        arrays.append(value)
    options = [
        getattr(node, option.name)
        if option.name in saved
        else ast.literal_eval(option.default or "None")
        for option in row.options
    ]
    try:
        with np.errstate(all="ignore"):
            result = compute(row)(*arrays, *options)
    except Exception:  # it was given something else that is not known any more
        return None
    return result if hasattr(result, "dtype") else None


def host(array: Any) -> Any:
    return array if isinstance(array, (np.ndarray, np.generic)) else array.get()


def not_finite(array: Any) -> bool:
    return array.dtype.kind in "fc" and not np.isfinite(host(array)).all()


def word_of(array: Any) -> str:
    """NaN, inf or -inf: what an array holds."""
    array = host(array)
    if array.dtype.kind not in "fc":
        return "number"
    if np.isnan(array).any():
        return "NaN"
    if array.dtype.kind == "f" and (array == -np.inf).any():
        return "-inf"
    return "inf" if np.isinf(array).any() else "number"


def graph_of(root: Any) -> tuple[list[Any], list[Any]]:
    """The nodes behind a tensor in the order in which they were made, and its leaves."""
    seen: set[int] = set()
    nodes, leaves = [], []
    todo = [root._node]
    while todo and len(seen) < MOST_NODES:
        node = todo.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if node.is_accumulator:
            if node.variable is not None:
                leaves.append(node.variable)
            continue
        if node.owner is node:
            nodes.append(node)
        todo += node.edges
    return sorted(nodes, key=lambda node: -node.seq), leaves


def operation(node: Any) -> str:
    """What a node's operation is called."""
    return node.row.shown if node.row is not None else node.name().partition("Backward")[0].lower()


def known_as(node: Any, nodes: list[Any], plan: Plan | None) -> Any:
    """The node of the graph recorded last that stands for this one; None where that is another."""
    if plan is None:
        return None
    known = [plan.topology.nodes[place] for place in plan.behind_losses()]
    if [each.name() for each in nodes] != [each.backward for each in known]:
        return None
    return known[nodes.index(node)]


def name_of(leaf: Any, plan: Plan | None) -> str:
    """What the program calls a leaf, as far as its last recorded step knows."""
    names = [] if plan is None else plan.names
    return next((name for tensor, name in names if tensor() is leaf), "a parameter")
