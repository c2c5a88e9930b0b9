"""A link opens to the same program, runs nothing, and a bad one opens a page that works."""

from __future__ import annotations

import base64
import json
import zlib

import pytest
from desk import Desk
from playwright.sync_api import expect

CODE = "import torch\n\n# 漢字 🙂\nfor i in range(3):\n    print(i * 14)\n"


def forge(content: object) -> str:
    """Make a link's fragment without the page's code."""
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(json.dumps(content).encode()) + packer.flush()
    return "1/" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def test_a_shared_link_opens_to_the_same_code(desk: Desk) -> None:
    desk.open().write(CODE)
    desk.page.get_by_role("button", name="Share", exact=True).click()
    link = desk.page.get_by_role("textbox", name="Link", exact=True)
    expect(link).to_have_value(_starts_with(f"{desk.server.address}#1/"))
    fragment = link.input_value().partition("#")[2]

    other = Desk(desk.page.context.new_page(), desk.server).open(fragment)
    assert _code(other) == CODE
    expect(other.state).to_contain_text("Ready")  # and not that it runs
    assert other.console.inner_text().strip().splitlines()[:1] != ["0"]
    assert other.errors == []


def test_a_link_runs_nothing(desk: Desk) -> None:
    desk.open(forge({"v": 1, "code": "print('ran by itself')", "run": True, "autorun": 1}))
    assert "ran by itself" in _code(desk)
    expect(desk.state).to_contain_text("Ready")
    expect(desk.console).not_to_contain_text("ran by itself")


@pytest.mark.parametrize(
    ("fragment", "words"),
    [
        ("1/%%%", "damaged"),
        (forge({"v": 1, "code": "print(1)" * 50})[:-8], "damaged"),
        (forge({"v": 1, "code": ["x"]}), "damaged"),
        (forge({"v": 9, "code": "x"}), "newer"),
        ("9/abc", "newer"),
        (forge({"v": 1, "code": "x" * 1_000_001}), "more than a program"),
    ],
    ids=["not-base64", "cut", "no-program", "newer-content", "newer-form", "too-long"],
)
def test_a_bad_link_opens_a_page_that_works(desk: Desk, fragment: str, words: str) -> None:
    desk.open(fragment)
    expect(desk.page.get_by_role("alert")).to_contain_text(words)
    assert "works" in desk.run_to_end("print('works')")


def _code(desk: Desk) -> str:
    """Read the editor's lines."""
    return desk.editor.evaluate(
        "(editor) => [...editor.querySelectorAll('.cm-line')]"
        ".map((line) => line.textContent).join('\\n')"
    )


def _starts_with(text: str) -> object:
    import re

    return re.compile("^" + re.escape(text))
