"""The recorder: hears what the engine does, and tells the page steps, graphs and curves.

It changes nothing of the program: it draws no random numbers, writes to no array, and keeps neither
tensors nor graph alive. What it finds again it finds by the `tag` of a Tensor or Node, which is
(number of the trace, number of the entry).

Between two steps it listens, so that it hears the next one begin: the first operation that records
a graph is the begin of a step. In a step that is not recorded it then goes deaf (`sampling`) but
for the loss and the end of the step.
"""

from __future__ import annotations

import math
import sys
import time
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

from ..autograd.modes import state
from ..session.protocol import ErrorRaised, Inspection, Operand, Thinned, Topology
from ..tensor import Tensor
from .budget import Budget
from .findings import Findings
from .kept import Store
from .losses import Losses
from .names import Names
from .sites import Site, Sites
from .source import Program
from .structure import Entry, ModuleCall, Plan
from .tap import Listener
from .trace import Trace

MOST_PLANS = 1_000
MOST_TOPOLOGIES = 10_000
#: Of the steps that are not recorded, one in so many is looked at for what following them takes.
TIMED = 16
#: Elements up to which a result may be a loss.
SCALAR = 1


class Sink(Protocol):
    """Where the events go."""

    def add(self, event: Any) -> None: ...

    def point(self, series: int, step: int, value: float) -> None: ...


class Recorder(Listener):
    """The listener of one program."""

    def __init__(
        self,
        program: Program,
        sink: Sink,
        level: str,
        memory: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.program = program
        self.sink = sink
        self.clock = clock
        self.budget = Budget(level, clock)
        self.store = Store(memory)
        self.sites = Sites(program)
        self.names = Names(program)
        self.losses = Losses(program, sink.add, sink.point)
        self.findings = Findings(sink.add)
        self.step = 0  # completed
        self.total = 0
        self.sampling = True
        #: Called when a step is over.
        self.on_step: Callable[[], None] = lambda: None
        self.recorded = False  # the step that ended last
        #: Modules being called, each with the number of the call.
        self._modules: list[tuple[Any, int]] = []
        self._call = 0
        self._between = True  # no operation of the next step has recorded a graph yet
        self._quiet = False  # this step is neither recorded nor timed
        self._pending = False  # backward is over, and there is no optimiser to end the step
        self._closing: Trace | None = None  # the trace of that step
        self._optimizers: list[weakref.ref[Any]] = []
        self._updating = 0
        self._backward = 0
        self._last: Plan | None = None  # of the step recorded last
        self._stray: Trace | None = None  # with an operation that raised in a step not recorded
        self._held = 0.0  # seconds of the session's turns, which are not the recorder's
        self._running: tuple[int, float] | None = None  # the node that runs, and since when
        self._update_began = 0.0
        self._plans: dict[tuple[Any, ...], Plan] = {}
        self._sent: set[str] = set()
        self._total_known = False
        self._read_again = -1
        self._failed: tuple[int, str, str, list[Operand]] | None = None
        self.trace: Trace | None = None
        self._next_trace()

    # Steps -----------------------------------------------------------------------------------

    def record_next(self, steps: int = 1) -> None:
        """Record the next steps in any case."""
        if self._between and self.trace is None:  # the next one was decided about already
            self.trace = Trace(self.step + (2 if self._pending else 1))
            self._quiet = False
            steps -= 1
        self.budget.record_next(steps)

    def _next_trace(self) -> None:
        """Decide about the step that comes, and listen for its begin."""
        ahead = self.step + (2 if self._pending else 1)
        last = self.total and ahead >= self.total
        self.trace = Trace(ahead) if self.budget.allows() or last else None
        self._quiet = self.trace is None and ahead % TIMED > 0
        self._between = True
        self.sampling = True

    def _begin_step(self) -> None:
        """The first operation of a step that records a graph."""
        if self._pending:
            self._end_step()
            self._turn()
        self._between = False
        if self.trace is None:
            self.sampling = False
        elif not self.trace.began:
            self.trace.began = self.clock()

    def _end_step(self) -> None:
        """A step is over: send what was recorded of it."""
        self.step += 1
        trace = self._closing if self._pending else self.trace
        self._pending, self._closing = False, None
        self.recorded = trace is not None
        if trace is not None:
            trace.measure_updates()
            self._send(trace, True)
        if self.total and self.step > self.total:
            self.total = 0

    def _turn(self) -> None:
        """Let the session have its turn; what that takes is not the recorder's."""
        begin = self.clock()
        try:
            self.on_step()
        finally:
            self._held += self.clock() - begin

    def _send(self, trace: Trace, complete: bool) -> Plan | None:
        """Send a step's numbers, and its topology where it was not seen before."""
        if not any(entry.kind == "op" for entry in trace.entries):
            return None
        signature = trace.signature(complete)
        plan = self._plans.get(signature)
        if plan is None:
            losses = [number for number, _ in trace.losses]
            plan = Plan(
                trace.entries, trace.calls, losses, trace.step, complete, self.program.text_of
            )
            if len(self._plans) < MOST_PLANS:
                self._plans[signature] = plan
        topology: Topology = plan.topology
        if topology.hash not in self._sent:
            if len(self._sent) >= MOST_TOPOLOGIES:
                self.sink.add(Thinned("topology", 1))
                return None
            self._sent.add(topology.hash)
            self.sink.add(topology)
        self.sink.add(trace.numbers(plan))
        trace.kept.numbers = plan.numbers
        self._last = plan
        self.findings.settle(plan)
        self.store.add(trace.kept)
        return plan

    # Operations ------------------------------------------------------------------------------

    def op(self, name: str, args: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        """An operation ran."""
        if self._updating and not state.grad:
            return
        if self.trace is None and self._between and outputs[0].__class__ is Tensor:
            out = outputs[0]  # the common cases of a step that is not recorded, without ceremony
            node = out._node
            if node is None:
                if out._array.size != SCALAR and out._view is None:
                    return
            elif not self._pending and not node.is_accumulator:
                self._between = self.sampling = False
                return
        begin = self.clock()
        took, self.began = (begin - self.began if self.began else None), 0.0
        try:
            self._op(name, args, outputs, sys._getframe(1), took)
        finally:
            self.budget.charge(self.clock() - begin - self._held, self.trace is not None)
            self._held = 0.0

    def _op(
        self, name: str, args: tuple[Any, ...], outputs: tuple[Any, ...], frame: Any,
        took: float | None,
    ) -> None:  # fmt: skip
        out = next((each for each in outputs if isinstance(each, Tensor)), None)
        if out is None:
            return
        records = out.requires_grad
        if records and out._node.is_accumulator:
            return  # a parameter is given a value
        if not state.grad and not records and out._array.size == SCALAR:
            if out._array.dtype.kind == "f":
                site = self.sites.at(frame.f_back)
                if site is not None:
                    self.losses.validation(name, site, out._array, self.step)
        if self._between:
            if not records and (self.trace is None or (not state.grad and self.step)):
                return
            if records:
                self._begin_step()
        trace = self.trace
        if trace is None:
            return
        site = self.sites.at(frame.f_back)
        if site is None or site.loads:
            return
        if site.training is not None and site.training != trace.training:
            trace = self._enter_training(trace, site)
        if trace.full:
            self._give_up()
            return
        trace.drop_failure()
        user = self.program.innermost(frame)
        entry = Entry("op", name, site, self._module_calls(trace, frame))
        entry.sources = self._sources(trace, args, site, entry.modules, user)
        entry.recorded = state.grad
        self._describe(entry, out)
        if records:
            owner = out._node.owner
            entry.backward = owner.name()
            entry.formula = formula_of(owner)
        elif any(trace.entries[source].requires_grad for source, _ in entry.sources):
            entry.cut = cut_of(name, out._array.dtype.kind)
        number = trace.add(entry, out._array)
        if took is not None:
            trace.seconds[number] = took
        tag = (trace.token, number)
        for each in outputs:
            if isinstance(each, Tensor):
                each.tag = tag
                if each._node is not None and not each._node.is_accumulator:
                    each._node.tag = tag
                    each._node.owner.tag = tag

    def _enter_training(self, trace: Trace, site: Site) -> Trace:
        """The training loop begins: what came before it made the data, not the step."""
        if trace.backward_began or not trace.entries:
            trace.training = site.training
            return trace
        fresh = Trace(trace.step)
        fresh.training = site.training
        fresh.began = self.clock()
        self.trace = fresh
        return fresh

    def _give_up(self) -> None:
        """A step has more operations than can be shown."""
        self.trace = None
        self.sampling = False
        self.sink.add(Thinned("topology", 1))

    def _describe(self, entry: Entry, tensor: Any) -> None:
        entry.shape = tuple(tensor._array.shape)
        entry.dtype = str(tensor.dtype).removeprefix("torch.")
        entry.device = str(tensor.device)
        entry.requires_grad = tensor._node is not None

    def _module_calls(self, trace: Trace, frame: FrameType) -> tuple[int, ...]:
        """The numbers of the module calls around an operation, outermost first."""
        found = []
        outer = None
        for module, call in self._modules:
            number = trace.call_numbers.get(call)
            if number is None:
                path, name = self.names.module(module, outer, self._outside(frame))
                number = trace.call_numbers[call] = len(trace.calls)
                title = type(module).__name__
                trace.calls.append(ModuleCall(path, name, title))
            found.append(number)
            outer = module
        return tuple(found)

    def _outside(self, frame: FrameType | None) -> FrameType | None:
        """The frame outside the outermost module call."""
        outermost = frame
        walk = frame
        while walk is not None:
            if id(walk.f_code) in self.sites.entries:
                outermost = walk
            if walk.f_code.co_name == "<module>" and self.program.owns(walk.f_code):
                break
            walk = walk.f_back
        return outermost.f_back if outermost is not None else None

    def _sources(
        self, trace: Trace, args: tuple[Any, ...], site: Site, modules: tuple[int, ...],
        user: FrameType | None,
    ) -> tuple[tuple[int, int], ...]:  # fmt: skip
        """Where the Tensors among the arguments come from; what is new gets an entry."""
        found = []
        for slot, value in tensors_in(args):
            tag = value.tag
            if type(tag) is tuple and tag[0] == trace.token:
                found.append((tag[1], slot))
            else:
                found.append((self._leaf(trace, value, slot, site, modules, user), slot))
        return tuple(found)

    def _leaf(
        self, trace: Trace, tensor: Any, slot: int, site: Site, modules: tuple[int, ...],
        user: FrameType | None,
    ) -> int:  # fmt: skip
        """The entry of a value that was not made in this step."""
        wants = tensor.requires_grad
        leaf = wants and tensor._node.is_accumulator
        known = self.names.tensor(tensor)
        if known is None and leaf and self._read_again != self.step:
            self._read_again = self.step  # once in a step is enough
            self.names.read_again()
            known = self.names.tensor(tensor)
        if known is not None:
            path, name = known
            entry = Entry("parameter" if leaf else "constant", name, site, modules)
            entry.key = f"{entry.kind}:{path[-400:]}"
        else:
            name = self.program.label(site.expression, user, tensor)
            one = tensor._array.size == 1 and not wants
            kind = "parameter" if leaf else "constant" if one else "input"
            entry = Entry(kind, name, site, modules)
            entry.key = f"{kind}:{name}"
            if kind != "parameter" or not name:
                entry.key += f"@{site.key}.{slot}"
        self._describe(entry, tensor)
        if leaf:
            entry.tensor = weakref.ref(tensor)
        number = trace.add(entry, tensor._array)
        tensor.tag = (trace.token, number)
        return number

    def op_failed(self, name: str, args: tuple[Any, ...], error: BaseException) -> None:
        """An operation raised."""
        frame = sys._getframe(1)
        site = self.sites.at(frame.f_back)
        if site is None or not isinstance(error, Exception):
            return
        trace = self.trace
        if trace is None:  # of a step that is not recorded: the operation alone, should it end all
            trace = self._stray = Trace(self.step + 1)
        trace.drop_failure()
        user = self.program.innermost(frame)
        modules = self._module_calls(trace, frame)
        sources = self._sources(trace, args, site, modules, user)
        entry = Entry("op", name, site, modules)
        entry.sources = sources
        entry.failed = True
        number = trace.add(entry, None)
        trace.failure = (id(error), number)
        operands = [
            operand_of(trace.entries[source], self.program, site, slot) for source, slot in sources
        ]
        self._failed = (id(error), name, "", operands[:16])

    # Modules ---------------------------------------------------------------------------------

    def module_enter(self, module: Any) -> None:
        """`module.forward` is about to run."""
        if not self.sampling:
            return
        if self.trace is not None:
            code = sys._getframe(1).f_code
            self.sites.entries.setdefault(id(code), code)
        self._call += 1
        self._modules.append((module, self._call))

    def module_exit(self, module: Any) -> None:
        """`module.forward` returned or raised."""
        modules = self._modules
        if modules and modules[-1][0] is module:
            modules.pop()
        elif self.sampling:
            while modules and modules.pop()[0] is not module:
                pass  # one that raised

    # Backward --------------------------------------------------------------------------------

    def backward_begin(self, roots: tuple[Any, ...], gradients: tuple[Any, ...]) -> None:
        """`backward()` or `grad()` starts."""
        self._backward += 1
        begin = 0.0 if self._quiet else self.clock()
        if self.trace is None and not self._pending:  # as short as can be
            self._between = False
            if self.losses.again(roots, sys._getframe(1), self.step + 1):
                if not self._quiet:
                    self.budget.charge(TIMED * (self.clock() - begin), False)
                return
        if self._between:
            if self._pending:  # a second pass over the same graph
                self.trace, self._closing = self._closing, None
                self._pending = False
            self._between = False
        frame = sys._getframe(1)
        site = self.sites.at(frame)
        if site is not None:
            self._losses(roots, site, frame)
        if not self._total_known:
            self._total_known = True
            self.total = self.program.total(self.sites.stack(frame))
        trace = self.trace
        if trace is not None:
            now = self.clock()
            trace.times[0] += begin - (trace.backward_began or trace.began or begin)
            trace.backward_began = now
        if not self._quiet:
            self.budget.charge(self.clock() - begin, self.trace is not None)

    def _losses(self, roots: tuple[Any, ...], site: Site, frame: FrameType) -> None:
        for root in roots:
            array = root._array
            real = array.size == 1 and array.dtype.kind != "c"
            value = float(array.item()) if real else math.nan
            if real and not self.losses.training(site, frame, root, value, self.step + 1):
                continue
            trace, tag = self.trace, root.tag
            if trace is not None and type(tag) is tuple and tag[0] == trace.token:
                trace.losses.append((tag[1], value))
                entry = trace.entries[tag[1]]
                self.losses.learn(entry.name, entry.site)
            if not math.isfinite(value):
                self.findings.loss(root, self.step + 1, trace, self._last)

    def backward_node(self, node: Any, gradients: tuple[Any, ...]) -> None:
        """A node runs next."""
        trace, tag = self.trace, node.tag
        if trace is None or type(tag) is not tuple or tag[0] != trace.token:
            return
        begin = self.clock()
        self._close_node(trace, begin)
        for gradient in gradients:
            if gradient is not None:
                trace.gradient(tag[1], getattr(gradient, "_array", gradient))
                break
        self._running = (tag[1], self.clock())
        self.budget.charge(self._running[1] - begin, self.trace is not None)

    def _close_node(self, trace: Trace, now: float) -> None:
        """The node that ran is over: note what its backward took."""
        if self._running is not None:
            number, since = self._running
            self._running = None
            trace.seconds_back[number] = trace.seconds_back.get(number, 0.0) + now - since

    def leaf_gradient(self, tensor: Any, gradient: Any) -> None:
        """A gradient was added to that of a leaf."""
        trace, tag = self.trace, tensor.tag
        if trace is None or type(tag) is not tuple or tag[0] != trace.token:
            return
        begin = self.clock()
        self._close_node(trace, begin)
        trace.gradient(tag[1], getattr(gradient, "_array", gradient))
        self.budget.charge(self.clock() - begin, self.trace is not None)

    def backward_end(self) -> None:
        """The pass that began last is over."""
        self._backward -= 1
        trace = self.trace
        if trace is None and self._has_optimizer():
            return
        begin = self.clock()
        if trace is not None:
            self._close_node(trace, begin)
            trace.times[1] += begin - trace.backward_began
            self.findings.gradients(trace, self.step + 1)
            trace.backward_began = begin
        if self._backward == 0 and not self._has_optimizer():
            if trace is not None:
                trace.copy_parameters()
            self._closing, self._pending = trace, True
            self._next_trace()
        self.budget.charge(self.clock() - begin, trace is not None)

    # Updates ---------------------------------------------------------------------------------

    def _has_optimizer(self) -> bool:
        for each in self._optimizers:
            if each() is not None:
                return True
        return False

    def optimizer_created(self, optimizer: Any) -> None:
        """From now on `optimizer.step()` ends a step."""
        self._optimizers = [each for each in self._optimizers if each() is not None]
        self._optimizers.append(weakref.ref(optimizer))

    def optimizer_step_begin(self, optimizer: Any) -> None:
        """`optimizer.step()` starts."""
        self._updating += 1
        if self._quiet and not self._pending:
            return
        begin = self.clock()
        if self._pending:  # the optimiser was made after backward
            self.trace, self._closing, self._pending = self._closing, None, False
        if self.trace is not None:
            self.trace.copy_parameters()
        self._update_began = self.clock()
        self.budget.charge(self._update_began - begin, self.trace is not None)

    def optimizer_step_end(self, optimizer: Any) -> None:
        """`optimizer.step()` is over."""
        self._updating = max(0, self._updating - 1)
        if self._quiet:
            self._end_step()
            self._next_trace()
            self.on_step()
            return
        begin, recorded = self.clock(), self.trace is not None
        if self.trace is not None:
            self.trace.times[2] += begin - self._update_began
        self._end_step()
        self._next_trace()
        try:
            self._turn()
        finally:
            took = self.clock() - begin - self._held
            self.budget.charge(took if recorded else TIMED * took, recorded)
            self._held = 0.0

    # The end ---------------------------------------------------------------------------------

    def finish(self, error: BaseException | None) -> None:
        """The program is over. What is left is a step of its own where it ran a backward pass or
        raised, or where there was no step; not an evaluation after the training.
        """
        self._modules.clear()
        failed = self._belongs(error)
        trace = self.trace
        if self._pending:
            self._end_step()
        if failed and (trace is None or trace.failure is None) and self._stray is not None:
            trace = self._stray
        if trace is not None:
            self._finish(trace, error, failed)
        self.findings.settle(None)
        self.trace = None

    def _finish(self, trace: Trace, error: BaseException | None, failed: bool) -> None:
        """Send the step that the program's end cut off."""
        if not failed:
            trace.drop_failure()
        if error is not None:
            if trace.entries and (failed or not self._between or not self.step):
                plan = self._send(trace, False)
                if plan is not None and failed and self._failed is not None and trace.failure:
                    key = plan.key_of(trace.failure[1])
                    self._failed = (self._failed[0], self._failed[1], key, self._failed[3])
        elif trace.losses or not self.step:
            self._send(trace, True)

    def _belongs(self, error: BaseException | None) -> bool:
        """Whether the operation that raised last is why the program ended."""
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            if self._failed is not None and id(error) == self._failed[0]:
                return True
            seen.add(id(error))
            error = error.__cause__ or error.__context__
        return False

    def describe_failure(self, event: ErrorRaised, error: BaseException) -> None:
        """Add to an error what is known of the operation that raised it."""
        if self._failed is not None and self._belongs(error):
            _, event.op, event.node, event.operands = self._failed

    def inspect(self, request: int, step: int, node: str) -> Inspection:
        """Answer from what was kept."""
        return self.store.inspect(request, step, node)


def tensors_in(args: tuple[Any, ...]) -> list[tuple[int, Any]]:
    """The Tensors among arguments, those in lists too, each with its slot."""
    found = []
    for i, value in enumerate(args):
        if isinstance(value, Tensor):
            found.append((i, value))
        elif isinstance(value, (list, tuple)):
            found += [(i + j, each) for j, each in enumerate(value) if isinstance(each, Tensor)]
    return found


def cut_of(name: str, kind: str) -> str:
    """Why a result needs no gradient although an input does."""
    if not state.grad:
        return "no_grad"
    if kind in "iub":
        return "integer" if name in ("to", "type") else "discrete"
    return "detach"


def formula_of(node: Any) -> str:
    """The derivative of a node's row as text."""
    formulas = getattr(node.row, "formulas", None)
    if not isinstance(formulas, dict):
        return ""
    return "; ".join(f"{name}: {text}" for name, text in formulas.items())


def operand_of(entry: Entry, program: Program, site: Site, slot: int) -> Operand:
    """An input of an operation that raised, as the user knows it."""
    name = entry.name
    if entry.kind == "op":
        # Made within the same call of the user (a layer of a Sequential): no argument of his.
        given = [] if entry.site.key == site.key else list(program.arguments(site.expression))
        name = (
            program.text_of(given[slot])
            if slot < len(given)
            else (f"output of {entry.name}" if entry.site.key == site.key else entry.site.target)
        )
    line = entry.site.line if entry.kind == "op" else 0
    return Operand(name or entry.name, list(entry.shape), entry.dtype, line)
