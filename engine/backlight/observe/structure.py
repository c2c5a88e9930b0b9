"""From the trace of a step to its topology: which nodes stay, and the groups they lie in."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import Any

from ..session.protocol import Edge, Frame, Group, Node, Topology
from .sites import Site


class Entry:
    """What a step saw: an operation, or a value that came into it."""

    __slots__ = (
        "backward",
        "cut",
        "device",
        "dtype",
        "failed",
        "formula",
        "key",
        "kind",
        "made",
        "modules",
        "name",
        "recorded",
        "requires_grad",
        "shape",
        "site",
        "sources",
        "tensor",
    )  # fmt: skip

    def __init__(self, kind: str, name: str, site: Site, modules: tuple[int, ...]) -> None:
        self.kind = kind
        self.name = name
        self.site = site
        self.modules = modules  # numbers of the module calls around it, outermost first
        self.sources: tuple[tuple[int, int], ...] = ()  # (entry, slot)
        self.shape: tuple[int, ...] = ()
        self.dtype = self.device = self.backward = self.formula = ""
        self.requires_grad = False
        self.cut = ""  # why no gradient passes, where values of one come in
        self.recorded = True  # gradients were enabled
        self.failed = False
        self.tensor: Any = None  # a weak reference, for parameters
        self.key = ""  # what names it, for what is no operation
        self.made = False  # an input that the program made of inputs in this step

    def signature(self) -> tuple[Any, ...]:
        """What makes this entry another one."""
        return (
            self.kind, self.name, id(self.site), self.modules, self.sources, self.shape, self.dtype,
            self.requires_grad, self.backward, self.recorded, self.failed, self.key,
        )  # fmt: skip


class ModuleCall:
    """A call of a module in a step."""

    __slots__ = ("name", "path", "title")

    def __init__(self, path: str, name: str, title: str) -> None:
        self.path = path  # "net.fc1"
        self.name = name  # "fc1": within the module around it
        self.title = title

    def signature(self) -> tuple[str, str]:
        return self.path, self.title


def kept_entries(entries: list[Entry]) -> list[int]:
    """The entries that belong to the graph of the step, in order.

    What leads to a value with a gradient, and what was made of such values while gradients were
    enabled (an accuracy). A step that needs no gradient at all is shown whole.
    """
    graph = [i for i, e in enumerate(entries) if e.kind == "op" and (e.requires_grad or e.failed)]
    if not any(entries[i].requires_grad for i in graph):
        return list(range(len(entries)))
    keep = set(graph)
    todo = list(graph)
    while todo:
        for source, _ in entries[todo.pop()].sources:
            if source not in keep:
                keep.add(source)
                todo.append(source)
    flows = {i for i in keep if entries[i].kind == "op"}
    for i, entry in enumerate(entries):  # sources come before what uses them
        if entry.kind == "op" and entry.recorded and i not in keep:
            if any(source in flows for source, _ in entry.sources):
                keep.add(i)
                flows.add(i)
                todo.append(i)
    while todo:
        for source, _ in entries[todo.pop()].sources:
            if source not in keep:
                keep.add(source)
                todo.append(source)
    return sorted(keep)


def node_keys(entries: list[Entry], calls: list[ModuleCall]) -> list[str]:
    """A key for each entry: stack, module path, operation, and which time it is in the step."""
    seen: Counter[str] = Counter()
    keys = []
    for entry in entries:
        if entry.kind == "op":
            path = calls[entry.modules[-1]].path if entry.modules else ""
            key = f"{entry.site.key}|{path[-80:]}|{entry.name[:48]}"
        else:
            key = entry.key
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key}#{seen[key]}")
    return keys


def fold_inputs(entries: list[Entry], keep: list[int], text_of: Callable[[Any], str]) -> list[int]:
    """Make an input of what the program makes of inputs alone: `x[i]` is what the step is given.

    Not of what a module does, nor where no gradient flows at all: that is the graph then.
    """
    if not any(entries[i].requires_grad for i in keep):
        return keep
    given: set[int] = set()
    for i in keep:  # sources come before what uses them
        entry = entries[i]
        if entry.kind in ("input", "constant"):
            given.add(i)
        elif (
            entry.kind == "op"
            and entry.sources
            and not (entry.requires_grad or entry.failed or entry.modules)
            and entry.site.expression is not None
            and all(source in given for source, _ in entry.sources)
        ):
            name = text_of(entry.site.expression)
            if name:
                given.add(i)
                entry.kind, entry.name, entry.made = "input", name, True
                entry.key = f"input:{name}@{entry.site.key}"
                entry.sources = ()
    used = {source for i in keep for source, _ in entries[i].sources}
    return [i for i in keep if entries[i].kind == "op" or i in used]


def settle(entries: list[Entry], keep: list[int]) -> list[int]:
    """Put what comes in beside the first operation that stays and uses it.

    It may have been met earlier, by an operation that is not shown (an accuracy of the step
    before); the same graph must not look like another one for that.
    """
    order: list[int] = []
    placed: set[int] = set()
    for i in keep:
        entry = entries[i]
        if entry.kind != "op":
            continue
        for source, slot in entry.sources:
            leaf = entries[source]
            if leaf.kind == "op" or source in placed:
                continue
            placed.add(source)
            order.append(source)
            if leaf.made:
                continue
            leaf.site, leaf.modules = entry.site, entry.modules
            if "@" in leaf.key:
                leaf.key = f"{leaf.key.partition('@')[0]}@{entry.site.key}.{slot}"
        order.append(i)
    return order + [i for i in keep if entries[i].kind != "op" and i not in placed]


class Box:
    """A group while it is built."""

    def __init__(self, part: tuple[Any, ...], parent: Box | None) -> None:
        self.part = part
        self.kind, self.name, self.title, self.line = part[0], part[1], part[2], part[3]
        self.parent = parent
        self.items: list[Any] = []  # numbers of entries, and boxes
        self.seen: set[str] = set()
        self.key = ""
        self.number = -1
        self.turn = 0  # of a loop: which this is, from 1
        self.fold = ""

    def boxes(self) -> list[Box]:
        return [each for each in self.items if isinstance(each, Box)]


def parts_of(entry: Entry, calls: list[ModuleCall]) -> list[tuple[Any, ...]]:
    """The groups around an operation, outermost first: (kind, name, title, line, identity)."""
    site, modules = entry.site, entry.modules
    depths = site.depths[-len(modules) :] if modules else []
    parts: list[tuple[Any, ...]] = []
    for i, call in enumerate(site.calls):
        for number, depth in zip(modules, depths):
            if depth == i:
                parts.append(module_part(calls[number], number, site.calls[i - 1].line if i else 0))
        if i and not (depths and i >= depths[0]):
            before = site.calls[i - 1]
            name = call.function.rpartition(".")[2]
            if not name.startswith("<"):
                parts.append(("function", name, "", before.line, before.place))
        for loop in call.loops:
            parts.append(("loop", loop.target, "", loop.line, loop.place))
    for number, depth in zip(modules, depths):
        if depth >= len(site.calls):
            parts.append(module_part(calls[number], number, site.line))
    if site.engine:
        place = site.calls[-1].place
        parts.append(("function", site.engine, "", site.line, place))
    return parts


def module_part(call: ModuleCall, number: int, line: int) -> tuple[Any, ...]:
    return "module", call.name, call.title, line, number


def tree_of(entries: list[Entry], keep: list[int], keys: list[str], calls: list[ModuleCall]) -> Box:
    """Put the operations into nested groups, in program order.

    A loop or function whose operation comes a second time has begun anew: the innermost loop around
    it, or else the innermost function.
    """
    root = Box(("root", "", "", 0, ""), None)
    path = [root]
    for i in keep:
        entry = entries[i]
        if entry.kind != "op":
            continue
        parts = parts_of(entry, calls)
        same = 0
        while same < len(parts) and same + 1 < len(path) and path[same + 1].part == parts[same]:
            same += 1
        # A key without its number: the same operation in another turn of the loop.
        base = keys[i].partition("#")[0]
        repeated = [n for n in range(1, same + 1) if base in path[n].seen]
        again = [n for n in repeated if path[n].kind == "loop"] or [
            n for n in repeated if path[n].kind == "function"
        ]
        if again:
            same = again[-1] - 1
        del path[same + 1 :]
        for part in parts[same:]:
            box = Box(part, path[-1])
            path[-1].items.append(box)
            path.append(box)
        path[-1].items.append(i)
        for box in path[1:]:
            box.seen.add(base)
    tidy(root)
    return root


def tidy(root: Box) -> None:
    """Take away groups that say nothing: one operation, one turn of a loop, all there is."""
    order = [root]
    for box in order:
        order += box.boxes()
    for box in reversed(order):
        turns = Counter(b.part for b in box.boxes() if b.kind == "loop")
        items: list[Any] = []
        for each in box.items:
            if not isinstance(each, Box):
                items.append(each)
            elif each.kind == "loop" and (turns[each.part] == 1 or single(each)):
                items += each.items
            elif each.kind == "function" and len(each.items) == 1:
                items += each.items
            else:
                items.append(each)
        box.items = items
    while len(root.items) == 1 and isinstance(root.items[0], Box):
        if root.items[0].kind != "function" or not root.items[0].boxes():
            break
        root.items = root.items[0].items
    order = [root]
    for box in order:
        for each in box.boxes():
            each.parent = box
            order.append(each)


def single(box: Box) -> bool:
    """Whether a group holds nothing but one other group."""
    return len(box.items) == 1 and isinstance(box.items[0], Box)


def number_groups(root: Box) -> list[Box]:
    """All groups, parents first, each with its number and a key of its own."""
    order: list[Box] = []
    todo = [root]
    while todo:
        box = todo.pop(0)
        seen: Counter[str] = Counter()
        for child in box.boxes():
            place = child.part[4] if child.kind != "module" else ""
            word = f"{child.kind[0]}.{child.name}"
            if isinstance(place, tuple):
                word += f"@{place[0]}:{place[1]}"
            elif place:
                word += f"@{place}"
            seen[word] += 1
            key = f"{box.key}/{word}" + (f"#{seen[word]}" if seen[word] > 1 else "")
            if len(key) > 480:
                key = hashlib.blake2b(key.encode(), digest_size=12).hexdigest() + f"/{word}"[-200:]
            child.key = key
            if child.kind == "loop":
                child.name = f"for {child.name}" if child.name else "while"
                child.turn = seen[word]
            child.number = len(order)
            order.append(child)
            todo.append(child)
    return order


def find_folds(groups: list[Box], root: Box, entries: list[Entry]) -> None:
    """Give siblings of the same structure the same fold."""
    digests: dict[int, str] = {}
    for box in reversed(groups):
        inside = members(box)
        place = {entry: n for n, entry in enumerate(inside)}
        words = [box.kind, box.title or (box.name if box.kind == "function" else "")]
        for item in box.items:
            if isinstance(item, Box):
                words.append(digests[id(item)])
            else:
                entry = entries[item]
                edges = [
                    (place[s], slot) if s in place else (outside(entries[s]), slot)
                    for s, slot in entry.sources
                ]
                words.append(f"{entry.name}{entry.shape}{edges}")
        digests[id(box)] = hashlib.blake2b("|".join(words).encode(), digest_size=8).hexdigest()
    for box in (root, *groups):
        count = Counter(digests[id(child)] for child in box.boxes())
        for child in box.boxes():
            if count[digests[id(child)]] > 1:
                child.fold = digests[id(child)]


def outside(entry: Entry) -> str:
    """What comes into a group; what the first of a row is given may be an input, or be made."""
    return f"{entry.kind == 'parameter'}{entry.shape}"


def members(box: Box) -> list[int]:
    """The operations in a group, at any depth, in order."""
    found: list[int] = []
    todo = list(reversed(box.items))
    while todo:
        item = todo.pop()
        if isinstance(item, Box):
            todo.extend(reversed(item.items))
        else:
            found.append(item)
    return found


class Plan:
    """A topology, and where the numbers of a trace belong in it."""

    def __init__(
        self,
        entries: list[Entry],
        calls: list[ModuleCall],
        losses: list[int],
        step: int,
        complete: bool,
        text_of: Callable[[Any], str],
    ) -> None:
        self.keep = settle(entries, fold_inputs(entries, kept_entries(entries), text_of))
        keys = node_keys(entries, calls)
        root = tree_of(entries, self.keep, keys, calls)
        groups = number_groups(root)
        find_folds(groups, root, entries)
        group_of = {i: box.number for box in groups for i in box.items if not isinstance(i, Box)}
        self.place = {entry: n for n, entry in enumerate(self.keep)}
        edges = [
            Edge(self.place[source], self.place[i], slot)
            for i in self.keep
            for source, slot in entries[i].sources
            if source in self.place
        ]
        for i in self.keep:  # what comes in lies where it is first used
            for source, _ in entries[i].sources:
                if entries[source].kind != "op" and source not in group_of and i in group_of:
                    group_of[source] = group_of[i]
        nodes = [node_of(entries[i], keys[i], group_of.get(i, -1)) for i in self.keep]
        self.numbers = {keys[i]: i for i in self.keep}
        self.parameters = [i for i in self.keep if entries[i].kind == "parameter"]
        self.names = [
            (entries[i].tensor, entries[i].name)
            for i in self.parameters
            if entries[i].tensor is not None
        ]
        self.losses = [i for i in dict.fromkeys(losses) if i in self.place]
        self.topology = Topology(
            hash="",
            step=step,
            nodes=nodes,
            edges=edges,
            groups=[
                Group(b.key, b.kind, b.name, b.title, b.parent.number if b.parent else -1,
                      b.line, b.fold, b.turn)
                for b in groups
            ],
            losses=[self.place[i] for i in self.losses],
            parameters=[self.place[i] for i in self.parameters],
            complete=complete,
        )  # fmt: skip
        self.topology.hash = hash_of(self.topology)

    def behind_losses(self) -> list[int]:
        """The operations that lead to a loss with a gradient, in the order in which they ran."""
        sources: dict[int, list[int]] = {}
        for edge in self.topology.edges:
            sources.setdefault(edge.target, []).append(edge.source)
        nodes, found = self.topology.nodes, set()
        todo = list(self.topology.losses[:1])
        while todo:
            place = todo.pop()
            if place not in found and nodes[place].kind == "op" and nodes[place].backward:
                found.add(place)
                todo += sources.get(place, ())
        return sorted(found)

    def key_of(self, entry: int) -> str:
        """The key of an entry's node, empty where it has none."""
        place = self.place.get(entry)
        return "" if place is None else self.topology.nodes[place].key


def node_of(entry: Entry, key: str, group: int) -> Node:
    op = entry.kind == "op"
    frames: list[Frame] = entry.site.frames
    return Node(
        key=key,
        kind=entry.kind,  # type: ignore[arg-type]
        name=entry.name,
        group=group,
        shape=list(entry.shape),
        dtype=entry.dtype,
        device=entry.device,
        requires_grad=entry.requires_grad,
        backward=entry.backward,
        formula=entry.formula,
        frames=frames,
        target=entry.site.targets[-1] if op and entry.site.targets else "",
        failed=entry.failed,
        cut=entry.cut,  # type: ignore[arg-type]
    )


def hash_of(topology: Topology) -> str:
    """A text that is equal for equal graphs: keys, shapes, edges and groups."""
    digest = hashlib.blake2b(digest_size=16)
    for n in topology.nodes:
        words = (n.key, n.kind, n.name, n.group, n.shape, n.dtype, n.device, n.requires_grad,
                 n.backward, n.failed)  # fmt: skip
        digest.update(repr(words).encode())
    for e in topology.edges:
        digest.update(b"%d>%d.%d;" % (e.source, e.target, e.slot))
    for g in topology.groups:
        digest.update(repr((g.key, g.kind, g.name, g.title, g.parent, g.fold, g.turn)).encode())
    digest.update(repr((topology.losses, topology.parameters, topology.complete)).encode())
    return digest.hexdigest()
