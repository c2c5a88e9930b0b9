"""A hostile program in the browser reaches no network, no API, no page and no storage."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from desk import Desk, Server
from playwright.sync_api import expect


class Target:
    """A server that counts who connects, whatever they say."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.hits: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                try:
                    self.hits.append(connection.recv(200).decode("latin-1"))
                    connection.sendall(
                        b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n"
                        b"Cross-Origin-Resource-Policy: cross-origin\r\n"
                        b"Content-Type: text/javascript\r\nContent-Length: 1\r\n\r\n1"
                    )
                except OSError:
                    self.hits.append("")


@pytest.fixture
def target() -> Iterator[Target]:
    target = Target()
    with urllib.request.urlopen(f"http://127.0.0.1:{target.port}/"):  # it does count
        assert len(target.hits) == 1
    target.hits.clear()
    yield target
    target.listener.shutdown(socket.SHUT_RDWR)
    target.listener.close()


# Each way out is tried by itself; what it said is kept in the worker, since some answer later.
ATTEMPTS = """
import js
from pyodide.ffi import create_proxy, to_js

ADDRESSES = {addresses}
js.self.outcomes = js.Array.new()

def options(**fields):
    return to_js(fields, dict_converter=js.Object.fromEntries)

def note(name, outcome):
    js.self.outcomes.push(f"{{name}}: {{outcome}}")

def attempt(name, act):
    try:
        result = act()
    except BaseException as error:
        note(name, f"refused ({{type(error).__name__}})")
        return
    if getattr(result, "then", None) and getattr(result, "catch", None):
        result.then(create_proxy(lambda *_: note(name, "REACHED")),
                    create_proxy(lambda *_: note(name, "refused")))
    else:
        note(name, "returned")

def xhr(url):
    request = js.XMLHttpRequest.new()
    request.open("POST", url, False)
    request.send("x")

def worker(kind):
    text = f"fetch('{{url}}', {{{{mode: 'no-cors'}}}}); importScripts('{{url}}')"
    if kind == "network":
        return js.Worker.new(url)
    if kind == "data":
        return js.Worker.new("data:text/javascript," + js.encodeURIComponent(text))
    blob = js.Blob.new(to_js([text]))
    return js.Worker.new(js.URL.createObjectURL(blob))

# First: in Firefox what loads synchronously may wait for ever once there are nested workers.
for url in ADDRESSES:
    attempt("xhr", lambda: xhr(url))
    attempt("scripts", lambda: js.importScripts(url))
    attempt("own scripts", lambda: js.WorkerGlobalScope.prototype.importScripts.call(js.self, url))

for url in ADDRESSES:
    socket_url = url.replace("http:", "ws:")
    attempt("fetch", lambda: js.fetch(url))
    attempt("fetch no-cors", lambda: js.fetch(
        url, options(method="POST", mode="no-cors", credentials="include", body="x")))
    attempt("fetch text", lambda: js.fetch(
        url, options(method="POST", body="{{}}", keepalive=True)))
    attempt("socket", lambda: js.WebSocket.new(socket_url))
    attempt("events", lambda: js.EventSource.new(url))
    attempt("transport", lambda: js.WebTransport.new(url.replace("http:", "https:")))
    attempt("font", lambda: js.FontFace.new("f", f"url({{url}})").load())
    attempt("beacon", lambda: js.navigator.sendBeacon(url, "x"))
    for kind in ("network", "data", "blob"):
        attempt(f"{{kind}} worker", lambda: worker(kind))
    attempt("peer", lambda: js.RTCPeerConnection.new(
        to_js({{"iceServers": [{{"urls": url.replace("http://", "stun:")}}]}},
              dict_converter=js.Object.fromEntries)))
    def python_request():
        import urllib.request
        urllib.request.urlopen(url, timeout=2)
    attempt("urllib", python_request)

attempt("cookie", lambda: js.document.cookie)
attempt("local storage", lambda: js.localStorage.getItem("x"))
attempt("session storage", lambda: js.sessionStorage.getItem("backlight.token"))
attempt("databases", lambda: js.indexedDB.open("x"))
attempt("caches", lambda: js.caches.open("x"))
attempt("files", lambda: js.navigator.storage.getDirectory())
attempt("parent", lambda: js.parent.document)
attempt("top", lambda: js.top.location)
attempt("service worker", lambda: js.navigator.serviceWorker.register(ADDRESSES[0]))
attempt("eval", lambda: js.eval("1"))
attempt("function", lambda: js.Function.new("return 1")())
note("origin", js.self.origin)
print("tried", js.self.outcomes.length)
"""

READ = """
import js, time
for outcome in js.self.outcomes:
    print(outcome)
print("that is all")
"""

MUST_BE_REFUSED = (
    "cookie",
    "local storage",
    "session storage",
    "databases",
    "caches",
    "files",
    "parent",
    "top",
    "service worker",
    "eval",
    "function",
    "xhr",
    "scripts",
    "peer",
)


@pytest.mark.every_browser
def test_a_hostile_program_reaches_nothing(desk: Desk, target: Target, server: Server) -> None:
    # The page itself holds what would be worth having.
    desk.open(f"token={server.token}")
    desk.page.evaluate("() => { document.cookie = 'a=secret'; localStorage.x = 'secret'; }")
    before = server.requests()
    elsewhere = f"http://127.0.0.1:{target.port}/x"
    addresses = [elsewhere, f"{server.address}api/runs", f"{server.address}runtime/manifest.json"]
    said = desk.run_to_end(ATTEMPTS.format(addresses=addresses))
    assert "tried" in said
    # The answers that come later are there once the worker has been idle: ask until they are.
    desk.page.wait_for_timeout(1500)
    said = desk.run_to_end(READ)
    assert "that is all" in said
    outcomes = [line.strip() for line in said.splitlines() if ": " in line]
    assert "origin: null" in outcomes
    assert not [outcome for outcome in outcomes if "REACHED" in outcome or "secret" in outcome]
    for name in MUST_BE_REFUSED:
        found = [outcome for outcome in outcomes if outcome.startswith(f"{name}: ")]
        assert found, f"{name} was not tried"
        assert all("refused" in outcome for outcome in found), found
    assert target.hits == []
    assert server.requests() == before
    with pytest.raises(urllib.error.HTTPError):  # it would have been seen
        urllib.request.urlopen(f"{server.address}api/runs", data=b"x")
    assert len(server.requests()) == len(before) + 1
    assert desk.page.url == server.address
    desk.errors.clear()  # each refusal is reported, as it should be


FLOODS = {
    "junk": "import js\nfor i in range(1_000_000): js.postMessage('x' * 100)",
    "batches": (
        "import js\nfrom pyodide.ffi import to_js\n"
        "message = to_js({'kind': 'batch', 'json': '[]', 'buffers': []},"
        " dict_converter=js.Object.fromEntries)\n"
        "for i in range(1_000_000): js.postMessage(message)"
    ),
}


@pytest.mark.every_browser
@pytest.mark.parametrize("code", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_ends_the_program_and_not_the_page(desk: Desk, code: str) -> None:
    desk.open().run(code)
    expect(desk.state).to_contain_text("Stopped", timeout=20_000)
    assert "alive" in desk.run_to_end("print('alive')")


FORGED = """
import js, json
from pyodide.ffi import to_js

def forge(text):
    js.postMessage(to_js({"kind": "batch", "json": text, "buffers": []},
                         dict_converter=js.Object.fromEntries))

forge("not json")
forge(json.dumps([{"run": "another", "seq": 0, "event": {"type": "output", "stream": "stdout",
                                                          "text": "from another run"}}]))
forge(json.dumps([{"run": 7, "event": {"type": "html", "text": "<img src=x onerror=alert(1)>"}}]))
print("<img src=x onerror='window.owned = 1'><b>bold</b>")
"""


def test_forged_messages_are_left_out_and_text_stays_text(desk: Desk) -> None:
    said = desk.open().run_to_end(FORGED)
    assert "had an unknown form and was left out" in said or "were left out" in said
    assert "from another run" not in said
    assert "<b>bold</b>" in said
    assert desk.page.evaluate("() => window.owned") is None
