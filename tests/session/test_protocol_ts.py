"""The page's copy of the protocol says what the dataclasses say."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Annotated, Literal

import protocol_ts
import pytest
from backlight.session import protocol


def test_the_generated_file_is_fresh(capsys):
    assert protocol_ts.main(["--check"]) == 0, capsys.readouterr().err


def test_check_fails_where_the_file_is_stale_and_writing_mends_it(tmp_path, monkeypatch, capsys):
    target = tmp_path / "protocol.ts"
    monkeypatch.setattr(protocol_ts, "ROOT", tmp_path)
    monkeypatch.setattr(protocol_ts, "TARGET", target)
    monkeypatch.setattr(protocol_ts, "load_protocol", lambda: protocol)
    assert protocol_ts.main(["--check"]) == 1
    assert "python tools/protocol_ts.py" in capsys.readouterr().err
    assert not target.exists()
    assert protocol_ts.main([]) == 0
    assert protocol_ts.main(["--check"]) == 0


def small_protocol(**members):
    module = types.ModuleType("small")
    for name in ("Max", "Array", "PROTOCOL", "STATISTICS"):
        setattr(module, name, getattr(protocol, name))
    for name, value in members.items():
        setattr(module, name, value)
        if isinstance(value, type):
            value.__module__ = "small"
    return module


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (int, "integer"),
        (float, "finite"),
        (bool, "v.boolean()"),
        (Literal["it's"], "v.literal('it\\'s')"),
        (Literal["a", "b"], "v.picklist(['a', 'b'])"),
        (Annotated[str, protocol.Max(12)], "v.pipe(v.string(), v.maxLength(12))"),
        (Annotated[int, protocol.Max(12)], "v.pipe(integer, v.maxValue(12))"),
        (Annotated[list[int], protocol.Max(3)], "v.pipe(v.array(integer), v.maxLength(3))"),
        (Annotated[object, protocol.Array("f32", 9)], "typedArray(Float32Array, 9)"),
        (bool | None, "v.nullable(v.boolean())"),
    ],
)
def test_each_kind_of_field(kind, schema):
    @dataclass
    class Message:
        """One message."""

        field: kind

    Message.__annotations__["field"] = kind
    text = protocol_ts.generate(small_protocol(Message=Message))
    assert f"  field: {schema},\n" in text
    assert "/** One message. */\nexport const MessageSchema = v.object({\n" in text


def test_a_type_that_cannot_be_said_is_refused():
    with pytest.raises(TypeError, match="cannot say in TypeScript"):
        protocol_ts.Writer(protocol).expression(set[int])
