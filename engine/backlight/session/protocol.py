"""Every message between the page and a running program, once.

Commands go in, events come out; the browser's worker and the server's child speak exactly this.
`web/src/protocol.ts` (types and run-time checks) is generated from this file by
`tools/protocol_ts.py`, and a test says when it is stale. Scalars travel as JSON; an `Array` field
is a typed array, and only the transport decides how its bytes travel.

Bounds (`Max`) are what a receiver accepts: the page treats everything that comes from a program as
untrusted, and refuses a message that breaks them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class Max:
    """The greatest length of a text, list or array, or the greatest value of a number."""

    value: int


@dataclass(frozen=True, slots=True)
class Array:
    """Marks a field as a typed array of one element kind."""

    kind: Literal["f32", "f64", "i32", "u8"]
    max: int = 4_000_000


F32 = Annotated[Any, Array("f32")]
F64 = Annotated[Any, Array("f64")]
I32 = Annotated[Any, Array("i32")]
U8 = Annotated[Any, Array("u8")]

Id = Annotated[str, Max(64)]
Name = Annotated[str, Max(512)]
Line = Annotated[str, Max(4_096)]
Text = Annotated[str, Max(262_144)]
Code = Annotated[str, Max(1_000_000)]
Shape = Annotated[list[int], Max(64)]

RecordLevel = Literal["off", "light", "full"]

State = Literal[
    "loading",  # the interpreter is being made ready
    "ready",
    "queued",  # the server is busy; `text` says how many are ahead
    "running",
    "paused",  # held between two steps
    "waiting",  # held in input(); `text` is the prompt
    "stopping",
    "finished",
    "failed",  # the program raised; an `error` event came before
    "stopped",  # by the user or by a limit: `reason`
    "lost",  # the interpreter or the connection is gone: `reason`
]

#: Why a run stopped or was lost; empty where the state needs no reason.
Reason = Literal[
    "",
    "user",
    "wall",
    "cpu",
    "memory",
    "output",
    "events",
    "processes",
    "crash",
    "replaced",
    "shutdown",
    "unreachable",
    "refused",
]


# Commands: page -> program -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """Run a program from its beginning."""

    run: Id
    code: Code
    filename: Name = "main.py"
    record: RecordLevel = "light"
    type: Literal["run"] = "run"


@dataclass(frozen=True, slots=True)
class Stop:
    """End the program (KeyboardInterrupt first, force after a second)."""

    run: Id
    type: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True)
class Pause:
    """Hold the program at the end of the step it is in."""

    run: Id
    type: Literal["pause"] = "pause"


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after a pause; `steps` > 0 pauses again after that many steps."""

    run: Id
    steps: int = 0
    type: Literal["resume"] = "resume"


@dataclass(frozen=True, slots=True)
class Input:
    """The line that `input()` waits for, without its newline."""

    run: Id
    text: Text
    type: Literal["input"] = "input"


@dataclass(frozen=True, slots=True)
class Inspect:
    """Ask for the kept values of one node at one step; answered by `inspection`."""

    run: Id
    request: int
    step: int
    node: Name  # the node's key
    type: Literal["inspect"] = "inspect"


Command = Run | Stop | Pause | Resume | Input | Inspect


# Events: program -> page ---------------------------------------------------------------------


@dataclass(slots=True)
class Loading:
    """How far the start of an interpreter is; bytes, `total` 0 where it is unknown."""

    stage: Name
    loaded: int
    total: int
    type: Literal["loading"] = "loading"


@dataclass(slots=True)
class StateChanged:
    """The run entered another state."""

    state: State
    reason: Reason = ""
    text: Line = ""  # one sentence for the user, or the prompt of input()
    elapsed: float = 0.0  # seconds since the program's first line
    step: int = 0  # training steps completed
    type: Literal["state"] = "state"


@dataclass(slots=True)
class Output:
    """Text the program wrote; pieces of one stream are to be joined as they come."""

    stream: Literal["stdout", "stderr"]
    text: Text
    type: Literal["output"] = "output"


@dataclass(slots=True)
class Progress:
    """Where the program is; only the newest counts. Sent at most some ten times a second."""

    step: int
    total: int  # from range(n) or a loader's length; 0 where unknown
    line: int
    rate: float  # steps per second
    elapsed: float
    watching: float = 0.0  # the part of the time that recording took, 0 to 1
    type: Literal["progress"] = "progress"


@dataclass(slots=True)
class SeriesAdded:
    """A curve begins: one per `backward()` call site, or a loss of its kind under `no_grad`."""

    series: int
    name: Name
    line: int
    kind: Literal["loss", "validation"]
    type: Literal["series"] = "series"


@dataclass(slots=True)
class Points:
    """Points of curves, as columns of equal length, in the order they were made."""

    series: I32
    step: I32
    value: F64
    type: Literal["points"] = "points"


@dataclass(slots=True)
class Frame:
    """One call of the user's code, innermost last.

    Lines count from 1; columns from 0, in UTF-16 units as the page counts them.
    """

    function: Name
    line: int
    column: int
    end_line: int
    end_column: int
    text: Line = ""  # the source of the line
    branch: int = 0  # line of the innermost if, match, for or while around it; 0 where none


#: Where the gradient's path ends although values flow on.
Cut = Literal[
    "",
    "detach",
    "no_grad",
    "data",  # `.data` was read
    "item",  # read as a Python number, list or NumPy array
    "integer",  # cast to, or made as, a type without gradients
    "discrete",  # argmax, comparison, sign: no derivative exists
    "frozen",  # requires_grad is False on a parameter
    "unused",  # a parameter that no operation of this step used
]


@dataclass(slots=True)
class End:
    """A place where a node's value left the graph."""

    kind: Cut
    line: int


@dataclass(slots=True)
class Node:
    """One box of the graph. Its place in `Topology.nodes` is its number."""

    key: Name  # the same in every step: call stack + module path + op + occurrence
    kind: Literal["op", "parameter", "input", "constant"]
    name: Name  # the op ("relu"); for the others what the program calls it ("fc1.weight", "x[i]")
    group: int  # innermost group, -1 at top level
    shape: Shape
    dtype: Name
    device: Name
    requires_grad: bool
    backward: Name  # "ReluBackward0"; empty where no gradient flows
    formula: Line  # the derivative as the engine's row has it; empty where none
    frames: Annotated[list[Frame], Max(32)]
    target: Name = ""  # the variable or attribute that the line assigns ("h"), where it is plain
    failed: bool = False  # this op raised; the graph ends here
    cut: Cut = ""  # why no gradient passes through this node, where values of one come in
    ends: Annotated[list[End], Max(16)] = field(default_factory=list)
    origin: int = -1  # of an operation of a backward pass (`create_graph`): its forward node


@dataclass(slots=True)
class Edge:
    """A value that flows from one node into another."""

    source: int
    target: int
    slot: int  # which argument of the target


@dataclass(slots=True)
class Group:
    """A box around nodes: a module, a function of the user or the engine, one turn of a loop, a
    line of a program without these, or a backward pass that recorded a graph (`create_graph`).
    """

    key: Name
    kind: Literal["module", "function", "loop", "line", "backward"]
    name: Name  # "fc1", "0", "train_step", "cross_entropy"
    title: Name  # the class of a module, empty else
    parent: int  # -1 at top level
    line: int
    fold: Name = ""  # equal for groups with the same structure, empty where unique
    turn: int = 0  # of a loop: which turn this is, from 1


@dataclass(slots=True)
class Topology:
    """A graph that the program built; sent once for each distinct graph."""

    hash: Id
    step: int  # where it was first seen
    nodes: Annotated[list[Node], Max(200_000)]
    edges: Annotated[list[Edge], Max(400_000)]
    groups: Annotated[list[Group], Max(100_000)]
    losses: Annotated[list[int], Max(1_000)]  # nodes whose backward() was called
    parameters: Annotated[list[int], Max(100_000)]  # nodes, in the order of `Numbers.update`
    complete: bool = True  # False: the program raised before the step was over
    type: Literal["topology"] = "topology"


#: Columns of `Numbers.values` and `Numbers.gradients`. `zero` is a fraction, `nonfinite` a count.
STATISTICS = ("rms", "mean", "min", "max", "zero", "nonfinite")

#: Bins of a histogram: negative from large to small, one for zero, positive from small to large.
#: A bin is a power of four wide; the outermost take all that is larger, the zero bin all that is
#: smaller than 4 ** -20. A count is 255 * sqrt(share), at least 1 where there is any.
HISTOGRAM_BINS = 61
HISTOGRAM_SMALLEST = -20
HISTOGRAM_BASE = 4


@dataclass(slots=True)
class Numbers:
    """What one recorded step looked like, aligned with its topology's nodes."""

    step: int
    topology: Id
    values: F32  # nodes x STATISTICS, row by row; NaN where nothing was seen
    gradients: F32  # the same of the gradient that reached each node
    present: U8  # per node: 1 a value was seen, 2 a gradient, 4 its values are kept
    order: I32  # nodes in the order the backward pass reached them
    update: F32  # per parameter: norm(change) / norm(weight); NaN before an update
    losses: F64  # value per loss node
    times: F32  # seconds: forward, backward, update
    #: nodes x (value, gradient) x HISTOGRAM_BINS, row by row, or empty where none were made
    histograms: U8
    seconds: F32  # nodes x (forward, backward), NaN where not measured; or empty
    type: Literal["numbers"] = "numbers"


@dataclass(slots=True)
class Finding:
    """Something is wrong, and where: the first op that made a value that is no number, say."""

    kind: Name  # "nonfinite"
    severity: Literal["error", "warning", "note"]
    step: int
    phase: Literal["forward", "backward", "update"]
    title: Name  # "First NaN"
    text: Line  # what happened, in one or two sentences
    op: Name = ""
    node: Name = ""  # the node's key
    frames: Annotated[list[Frame], Max(32)] = field(default_factory=list)
    heirs: int = 0  # later values that inherited it
    type: Literal["finding"] = "finding"


@dataclass(slots=True)
class Sample:
    """Values of one array: a leading block, `data` in row-major order of `block`."""

    shape: Shape  # of the whole
    block: Shape  # of what is here
    data: F64
    type: Literal["sample"] = "sample"


@dataclass(slots=True)
class Operand:
    """An input of the op that raised."""

    name: Name
    shape: Shape
    dtype: Name
    line: int = 0  # where it was made


@dataclass(slots=True)
class ErrorRaised:
    """The program raised: the user's own frames, innermost last."""

    name: Name  # "RuntimeError"
    message: Text
    frames: Annotated[list[Frame], Max(64)]
    hidden: int  # frames of the engine and the library that are not shown
    step: int
    op: Name = ""  # the operation that raised, if one did
    node: Name = ""  # its key in the partial topology
    operands: Annotated[list[Operand], Max(16)] = field(default_factory=list)
    type: Literal["error"] = "error"


@dataclass(slots=True)
class Inspection:
    """The answer to `inspect`. What was not kept is None, and `note` says why."""

    request: int
    step: int
    node: Name
    note: Line
    value: Sample | None = None
    gradient: Sample | None = None
    type: Literal["inspection"] = "inspection"


@dataclass(slots=True)
class Thinned:
    """Something was left out so that the page stays responsive; counts since the last one."""

    what: Literal["output", "points", "numbers", "topology"]
    dropped: int
    type: Literal["thinned"] = "thinned"


@dataclass(slots=True)
class Environment:
    """What runs the program; the first event of every run."""

    python: Name
    engine: Name
    array: Name  # "NumPy 2.4.3"
    device: Name  # "cpu" or the GPU's name
    record: RecordLevel
    type: Literal["environment"] = "environment"


Event = (
    Loading
    | StateChanged
    | Output
    | Progress
    | SeriesAdded
    | Points
    | Topology
    | Numbers
    | ErrorRaised
    | Finding
    | Inspection
    | Thinned
    | Environment
)
