"""Serves the built page, with the headers that isolate it.

The page's own content policy is in its `<meta>`, made by the page's build, which knows the hashes;
only `frame-ancestors` cannot be said there.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from apiflask import APIFlask
from flask import Response, send_from_directory

from .api.errors import refuse

#: On every response. Shared memory needs the first two, also on the page's worker scripts.
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

#: Said here because a system's own table may be empty, or wrong.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".zip": "application/zip",
    ".whl": "application/zip",
}

#: A file whose name or folder carries a hash or a version never changes.
HASHED = re.compile(r"(^|[-./_@])([0-9a-f]{8,64}|[A-Za-z0-9_-]{8}|\d+\.\d+\.\d+)([-./]|$)")
FOR_EVER = "public, max-age=31536000, immutable"


def is_immutable(path: str) -> bool:
    """Say whether a file of the page can be cached for ever."""
    place = PurePosixPath(path)
    if place.suffix in (".html", "") or place.name == "manifest.json":
        return False
    return place.parts[0] in ("assets", "runtime") and HASHED.search(path) is not None


def install(app: APIFlask, directory: Path) -> None:
    """Add the page's routes; a missing build is said when it is asked for."""

    @app.get("/")
    @app.doc(hide=True)
    def index() -> Response:
        if not (directory / "index.html").is_file():
            refuse("no_page")
        return file("index.html")

    @app.get("/<path:path>")
    @app.doc(hide=True)
    def file(path: str) -> Response:
        response = send_from_directory(directory, path, conditional=True, etag=True)
        response.headers["Content-Type"] = TYPES.get(
            PurePosixPath(path).suffix, "application/octet-stream"
        )
        response.headers["Cache-Control"] = FOR_EVER if is_immutable(path) else "no-cache"
        return response
