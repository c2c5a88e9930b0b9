"""Where a host sends no headers there is no shared memory: what works then, and what is said."""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk, Server
from playwright.sync_api import Page, expect

DIST = Path(os.environ.get("BACKLIGHT_PAGE") or Path(__file__).parents[1] / "web" / "dist")


class Files(http.server.SimpleHTTPRequestHandler):
    """The built page, with the types of its files and no other header."""

    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def desk(page: Page, tmp_path: Path) -> Iterator[Desk]:
    """The page from a server that knows nothing of it."""
    handler = functools.partial(Files, directory=str(DIST))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Desk(page, Server(f"http://127.0.0.1:{server.server_port}/", "", tmp_path / "log"))
        server.shutdown()


@pytest.mark.every_browser
def test_stop_starts_a_fresh_python(desk: Desk) -> None:
    desk.open()
    assert not desk.page.evaluate("() => crossOriginIsolated")
    assert "before" in desk.run_to_end("print('before')")
    desk.run("while True: pass")
    expect(desk.state).to_contain_text("Running")
    desk.stop_button.click()
    expect(desk.state).to_contain_text("Stopped")
    assert "after" in desk.run_to_end("print('after')")


def test_input_says_that_it_cannot_wait(desk: Desk) -> None:
    desk.open().run("input('Who? ')")
    expect(desk.console).to_contain_text("no shared memory")
