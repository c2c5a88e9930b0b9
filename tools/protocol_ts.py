"""Write web/src/protocol.ts from engine/backlight/session/protocol.py.

    python tools/protocol_ts.py           writes the file
    python tools/protocol_ts.py --check   exits 1 when it is stale

Each dataclass becomes a valibot schema with its bounds and the type inferred from it, so that the
page checks what a program sends with the very text that Python sends it by. The output is formatted
as prettier would, and is the same for the same input.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import sys
import types
import typing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "web" / "src" / "protocol.ts"
WIDTH = 100

HEAD = """\
/**
 * Every message between the page and a running program, with the checks of what arrives.
 *
 * Generated from `engine/backlight/session/protocol.py` by `tools/protocol_ts.py`: change that file
 * and run `python tools/protocol_ts.py`. A schema checks one message in itself (kinds, lengths,
 * whole and finite numbers) and drops what it does not know; whether columns fit each other is for
 * the reader to check.
 */
import * as v from 'valibot';

const integer = v.pipe(v.number(), v.safeInteger());
const finite = v.pipe(v.number(), v.finite());
"""

ARRAYS = {"f32": "Float32Array", "f64": "Float64Array", "i32": "Int32Array", "u8": "Uint8Array"}


def load_protocol() -> types.ModuleType:
    """The protocol module, imported from this checkout without installing anything."""
    sys.path.insert(0, str(ROOT / "engine"))
    try:
        from backlight.session import protocol
    finally:
        sys.path.pop(0)
    return protocol


class Writer:
    """Turns the module's types into TypeScript, and remembers which names it has declared."""

    def __init__(self, protocol: types.ModuleType) -> None:
        self.protocol = protocol
        self.blocks: list[str] = []
        #: What a Python type is called in TypeScript once it is declared, in the order of the file.
        self.declared: list[tuple[object, str]] = []

    def expression(self, kind: object) -> str:
        """The schema of a type: the name it was declared by, else written out."""
        for known, name in self.declared:
            if known is kind or known == kind:
                return name
        return self.written(kind)

    def written(self, kind: object) -> str:
        """The schema of a type, written out."""
        simple = {str: "v.string()", int: "integer", float: "finite", bool: "v.boolean()"}
        if isinstance(kind, type) and kind in simple:
            return simple[kind]
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Annotated:
            return self.bounded(arguments[0], arguments[1])
        if origin is list:
            return f"v.array({self.expression(arguments[0])})"
        if origin is typing.Literal:
            if len(arguments) == 1:
                return f"v.literal({quote(arguments[0])})"
            return f"v.picklist([{', '.join(quote(each) for each in arguments)}])"
        if origin is types.UnionType and len(arguments) == 2 and type(None) in arguments:
            (inner,) = (each for each in arguments if each is not type(None))
            return f"v.nullable({self.expression(inner)})"
        raise TypeError(f"protocol.py uses {kind!r}, which this tool cannot say in TypeScript")

    def bounded(self, inner: object, bound: object) -> str:
        protocol = self.protocol
        if isinstance(bound, protocol.Array):
            return f"typedArray({ARRAYS[bound.kind]}, {bound.max:_})"
        if isinstance(bound, protocol.Max):
            rule = "maxValue" if inner in (int, float) else "maxLength"
            return f"v.pipe({self.expression(inner)}, v.{rule}({bound.value:_}))"
        raise TypeError(f"protocol.py bounds a field by {bound!r}, which this tool does not know")

    def alias(self, name: str, kind: object) -> None:
        """Declare one of the module's named types."""
        text = self.written(kind)
        if typing.get_origin(kind) is typing.Literal:
            schema = f"{name}Schema"
            self.blocks.append(
                declare(f"export const {schema} = ", text)
                + f"\nexport type {name} = v.InferOutput<typeof {schema}>;\n"
            )
        else:
            schema = name[0].lower() + name[1:]
            self.blocks.append(declare(f"const {schema} = ", text) + "\n")
        self.declared.append((kind, schema))

    def message(self, kind: type) -> None:
        """Declare a dataclass: its schema, with its documentation, and its type."""
        hints = typing.get_type_hints(kind, vars(self.protocol), include_extras=True)
        lines = []
        for each in dataclasses.fields(kind):
            lines.append(declare(f"  {each.name}: ", self.expression(hints[each.name]), ","))
        name = kind.__name__
        self.blocks.append(
            f"{comment(inspect.getdoc(kind) or '')}\n"
            f"export const {name}Schema = v.object({{\n" + "\n".join(lines) + "\n});\n"
            f"export type {name} = v.InferOutput<typeof {name}Schema>;\n"
        )
        self.declared.append((kind, f"{name}Schema"))

    def union(self, name: str, kind: types.UnionType) -> None:
        """Declare a union of messages, told apart by `type`."""
        members = ", ".join(self.expression(each) for each in typing.get_args(kind))
        self.blocks.append(
            declare(f"export const {name}Schema = ", f"v.variant('type', [{members}])")
            + f"\nexport type {name} = v.InferOutput<typeof {name}Schema>;\n"
        )


def quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def comment(text: str) -> str:
    lines = text.splitlines()
    if len(lines) == 1:
        return f"/** {lines[0]} */"
    return "\n".join(["/**", *(f" * {line}".rstrip() for line in lines), " */"])


def declare(head: str, text: str, tail: str = ";") -> str:
    """`head text tail` on one line where it fits, else with the list in it one entry a line."""
    line = head + text + tail
    if len(line) <= WIDTH:
        return line
    indent = " " * (len(head) - len(head.lstrip()))
    before, _, rest = text.partition("[")
    inside, _, after = rest.rpartition("]")
    entries = "".join(f"{indent}  {entry},\n" for entry in inside.split(", "))
    return f"{head}{before}[\n{entries}{indent}]{after}{tail}"


TYPED_ARRAY = """\
/** A typed array of one kind and of at most `max` elements. */
function typedArray<T extends { readonly length: number }>(kind: new () => T, max: number) {
  return v.custom<T>(
    (value) => value instanceof kind && value.length <= max,
    `Expected ${kind.name} of at most ${max}`,
  );
}
"""


def generate(protocol: types.ModuleType) -> str:
    """The whole text of protocol.ts."""
    writer = Writer(protocol)
    members = vars(protocol)
    writer.blocks.append(f"export const PROTOCOL = {protocol.PROTOCOL};\n")
    writer.blocks.append(TYPED_ARRAY)
    columns = ", ".join(quote(each) for each in protocol.STATISTICS)
    note = "/** Columns of `Numbers.values` and `Numbers.gradients`, row by row. */\n"
    for name, value in members.items():
        if name.startswith("_") or name in ("Any", "Annotated"):
            continue
        if isinstance(value, type):
            inner = value.__module__ == protocol.__name__ and dataclasses.is_dataclass(value)
            if inner and value not in (protocol.Max, protocol.Array):
                writer.message(value)
        elif typing.get_origin(value) in (typing.Annotated, typing.Literal):
            writer.alias(name, value)
        elif isinstance(value, types.UnionType):
            writer.union(name, value)
        elif name.startswith("HISTOGRAM_"):
            writer.blocks.append(f"export const {name} = {value};\n")
        elif name == "STATISTICS":
            writer.blocks.append(
                note + declare(f"export const {name} = ", f"[{columns}] as const") + "\n"
            )
    return HEAD + "\n" + "\n".join(writer.blocks)


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or with `--check` say whether it is what it would be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit 1 when the file is stale")
    check = parser.parse_args(arguments).check
    text = generate(load_protocol())
    current = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    if current == text:
        return 0
    name = TARGET.relative_to(ROOT)
    if check:
        print(f"{name} is stale: run `python tools/protocol_ts.py` and commit it.", file=sys.stderr)
        return 1
    TARGET.write_text(text, encoding="utf-8")
    print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
