"""Messages as data: an event becomes a dict within the protocol's bounds, a dict a command.

The page counts text in UTF-16 units and refuses what breaks a bound, so everything is cut here,
where it is sent, by the very annotations that the page's checks are made from.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable
from typing import Any

from . import protocol

Fit = Callable[[Any], Any]


def utf16_length(text: str) -> int:
    """The length of a text as JavaScript counts it."""
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, most: int) -> str:
    """The text in at most `most` UTF-16 units, with an ellipsis where something was cut off."""
    if len(text) * 2 <= most or utf16_length(text) <= most:
        return text
    kept = text[: most - 1]
    while utf16_length(kept) > most - 1:
        kept = kept[: -max(1, (utf16_length(kept) - most + 1) // 2)]
    return kept + "…"


@functools.cache
def _fields(kind: Any) -> list[tuple[str, Fit | None]]:
    """The fields of a message, each with what makes its value fit, None where it always does."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return [(each.name, _fit(hints[each.name])) for each in dataclasses.fields(kind)]


def _fit(hint: Any) -> Fit | None:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        inner, bound = arguments[0], arguments[1]
        if isinstance(bound, protocol.Array):
            return None
        if inner is str:
            return lambda value: cut(value, bound.value)
        within = _fit(inner)
        if typing.get_origin(inner) is list:
            return lambda value: within(value[: bound.value]) if within else value[: bound.value]
        return within
    if origin is list:
        return _fit_all(_fit(arguments[0]))
    if origin is types.UnionType:
        (within,) = (_fit(each) for each in arguments if each is not type(None))
        return lambda value: None if value is None else within(value) if within else value
    if dataclasses.is_dataclass(hint):
        return as_dict
    return None


def _fit_all(fit: Fit | None) -> Fit | None:
    return None if fit is None else lambda value: [fit(each) for each in value]


def as_dict(message: Any) -> dict[str, Any]:
    """A message as a dict, its texts and lists cut to what a receiver accepts."""
    result = {}
    for name, fit in _fields(message.__class__):
        value = getattr(message, name)
        result[name] = value if fit is None else fit(value)
    return result


COMMANDS: dict[str, type] = {
    kind.__dataclass_fields__["type"].default: kind for kind in typing.get_args(protocol.Command)
}


def command_of(fields: dict[str, Any]) -> protocol.Command:
    """The command in a dict; ValueError where it is none. What is not known is dropped."""
    kind = COMMANDS.get(fields.get("type", ""))
    if kind is None:
        raise ValueError(f"{fields.get('type')!r} is not a command: expected {', '.join(COMMANDS)}")
    names = {each.name for each in dataclasses.fields(kind)}
    try:
        command: protocol.Command = kind(**{k: v for k, v in fields.items() if k in names})
    except TypeError as error:
        raise ValueError(f"the command {kind.__name__} lacks a field: {error}") from None
    return command
