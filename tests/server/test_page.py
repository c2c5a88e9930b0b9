"""The page is served with what isolates it, as the right type, and cached as long as it may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from backlight_server.page import is_immutable

FILES = [
    ("index.html", "text/html", False),
    ("assets/index-BsQ3x_9a.js", "text/javascript", True),
    ("assets/layout.worker-CkLw82Zq.js", "text/javascript", True),
    ("assets/index-DiwrgTda.css", "text/css", True),
    ("runtime/manifest.json", "application/json", False),
    ("runtime/pyodide-314.0.3/pyodide.asm.wasm", "application/wasm", True),
    ("runtime/pyodide.asm.0123456789abcdef.mjs", "text/javascript", True),
    ("runtime/engine-0123456789ab.zip", "application/zip", True),
    ("favicon.svg", "image/svg+xml", False),
    ("service-worker.js", "text/javascript", False),
]
OUTSIDE = ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt"]


@pytest.fixture
def site(serve: Any, tmp_path: Path) -> Any:
    for name, _, _ in FILES:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (tmp_path.parent / "secret.txt").write_text("secret")
    client = serve().client

    def get(path: str, **options: Any) -> Any:
        with client.get(path, **options) as reply:
            reply.get_data()
        return reply

    return get


@pytest.mark.parametrize(("name", "kind", "for_ever"), FILES)
def test_files_have_type_headers_and_lifetime(
    site: Any, name: str, kind: str, for_ever: bool
) -> None:
    reply = site(f"/{name}")
    assert reply.text == name
    assert reply.content_type.split(";")[0] == kind
    assert ("immutable" in reply.headers["Cache-Control"]) is for_ever
    assert for_ever or reply.headers["Cache-Control"] == "no-cache"
    check_isolation(reply)


def check_isolation(reply: Any) -> None:
    headers = reply.headers
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_the_page_needs_no_token_and_is_asked_for_again(site: Any) -> None:
    reply = site("/")
    assert (reply.status_code, reply.text) == (200, "index.html")
    check_isolation(reply)
    again = site("/", headers={"If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_the_page_is_served(site: Any, path: str) -> None:
    reply = site(path)
    assert reply.status_code == 404
    assert "secret" not in reply.text
    check_isolation(reply)


def test_a_page_that_is_not_built_is_said(serve: Any) -> None:
    reply = serve().client.get("/")
    assert (reply.status_code, reply.json["error"]["code"]) == (503, "no_page")


@pytest.mark.parametrize("name", ["assets/logo.svg", "runtime/engine.zip", "index.html"])
def test_a_name_that_may_change_is_not_kept(name: str) -> None:
    assert not is_immutable(name)
