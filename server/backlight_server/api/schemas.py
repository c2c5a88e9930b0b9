"""What a request body may be: models made from the protocol's dataclasses, with their bounds.

Nothing is written down again: a field that `session/protocol.py` gains is checked and documented
here at once.
"""

from __future__ import annotations

import dataclasses
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from backlight.session import protocol
from pydantic import BaseModel, ConfigDict, Field, RootModel, StrictInt, create_model

#: The greatest integer that JavaScript's numbers and JSON's readers agree on.
SAFE_INTEGER = 2**53 - 1

STRICT = ConfigDict(extra="forbid")


def _field_type(hint: Any) -> Any:
    """Turn a protocol annotation into what pydantic enforces."""
    if get_origin(hint) is Annotated:
        kind, *marks = get_args(hint)
        bounds = [mark.value for mark in marks if isinstance(mark, protocol.Max)]
        return Annotated[kind, Field(max_length=min(bounds))] if bounds else kind
    if hint is int:
        return Annotated[StrictInt, Field(ge=-1, le=SAFE_INTEGER)]
    return hint


def model_of(cls: type, optional: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> Any:
    """Make the model of one command; `optional` fields may be left out, `without` may not come."""
    hints = get_type_hints(cls, include_extras=True)
    fields: dict[str, Any] = {}
    for f in dataclasses.fields(cls):
        if f.name in without:
            continue
        default = ... if f.default is dataclasses.MISSING else f.default
        if f.name in optional:
            default = ""
        if f.name == "type" and not without:
            default = ...  # it tells the commands apart
        fields[f.name] = (_field_type(hints[f.name]), default)
    return create_model(cls.__name__, __config__=STRICT, __doc__=cls.__doc__, **fields)


#: What starts a run: the protocol's command without the id, which the server gives.
RunBody: Any = model_of(protocol.Run, without=("run",))

_COMMANDS = tuple(cls for cls in get_args(protocol.Command) if cls is not protocol.Run)
_MODELS = tuple(model_of(cls, optional=("run",)) for cls in _COMMANDS)
_ANY = reduce(or_, _MODELS)
_BY_TYPE = {cls.__dataclass_fields__["type"].default: cls for cls in _COMMANDS}


class CommandBody(RootModel[Annotated[_ANY, Field(discriminator="type")]]):  # type: ignore[valid-type]
    """What a running program can be told; the address says which run is meant."""


def command_of(body: CommandBody, run: str) -> protocol.Command:
    """Return the protocol's command for a checked body."""
    fields: dict[str, Any] = body.model_dump()
    command: protocol.Command = _BY_TYPE[fields["type"]](**{**fields, "run": run})
    return command


class Started(BaseModel):
    """A run was taken in."""

    id: str
    queued: int  # runs that wait, this one with them


class ErrorBody(BaseModel):
    """What went wrong."""

    status: int
    code: str
    message: str
    detail: dict[str, Any] = {}


#: The shape of every error, as `errors.shape` makes it.
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"error": ErrorBody.model_json_schema()},
    "required": ["error"],
}


class SandboxInfo(BaseModel):
    """Whether programs run confined here."""

    available: bool
    why: str
    advice: str
    warnings: list[str]


class Health(BaseModel):
    """What this server is and can do."""

    version: str
    protocol: int
    python: str
    engine: str
    array: str
    devices: list[str]
    enabled: bool
    unsafe: bool
    authorized: bool
    auth: Literal["bearer"] = "bearer"
    sandbox: SandboxInfo
    limits: dict[str, float]
    running: int
    queued: int
