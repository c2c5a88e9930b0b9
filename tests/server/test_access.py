"""Who is let in: every route of the API against every kind of stranger."""

from __future__ import annotations

from typing import Any

import pytest

TOKEN = {"Authorization": "Bearer " + "t" * 43}
WRONG = {"Authorization": "Bearer x"}
JSON = {"Content-Type": "application/json"}
ROUTES = [
    ("POST", "/api/runs", '{"code": "1"}'),
    ("GET", "/api/runs/RUN/events", None),
    ("POST", "/api/runs/RUN/commands", '{"type": "stop"}'),
    ("DELETE", "/api/runs/RUN", None),
]


def ask(api: Any, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
    kind = JSON if method == "POST" else {}
    return api.client.open(path, method=method, data=body, headers={**kind, **headers})


@pytest.fixture
def path_of(api: Any) -> Any:
    run = api.start("input()")
    return lambda path: path.replace("RUN", run)


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
@pytest.mark.parametrize(
    ("stranger", "status", "code"),
    [
        ({}, 401, "no_token"),
        ({"Authorization": "Bearer " + "t" * 42}, 401, "wrong_token"),
        ({"Authorization": "Bearer "}, 401, "wrong_token"),
        ({"Authorization": "Basic " + "t" * 43}, 401, "wrong_token"),
        ({"Authorization": "Bearer t\u00e9"}, 401, "wrong_token"),
        ({**TOKEN, "Origin": "https://elsewhere.example"}, 403, "foreign_origin"),
        ({**TOKEN, "Origin": "http://localhost:1"}, 403, "foreign_origin"),
        ({**TOKEN, "Origin": "null"}, 403, "foreign_origin"),
        ({**TOKEN, "Host": "elsewhere.example"}, 400, "bad_request"),
    ],
)
def test_strangers_are_refused(
    api: Any, path_of: Any, method: str, path: str, body: Any, stranger: Any, status: int, code: str
) -> None:
    reply = ask(api, method, path_of(path), body, stranger)
    assert (reply.status_code, reply.json["error"]["code"]) == (status, code)
    assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_the_token_is_enough(api: Any, path_of: Any, method: str, path: str, body: Any) -> None:
    reply = ask(api, method, path_of(path), body, {**TOKEN, "Origin": "http://localhost"})
    assert reply.status_code in (200, 201, 202, 204)
    reply.close()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
@pytest.mark.parametrize("path", ["/api/runs", "/api/runs/RUN/commands"])
def test_only_json_is_taken(api: Any, path_of: Any, path: str, kind: str | None) -> None:
    reply = api.client.post(path_of(path), data='{"code": "1"}', content_type=kind, headers=TOKEN)
    assert (reply.status_code, reply.json["error"]["code"]) == (415, "not_json")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "bad_request"),
        ("[]", 422, "invalid"),
        ("{}", 422, "invalid"),
        ('{"code": 1}', 422, "invalid"),
        ('{"code": "1", "record": "loud"}', 422, "invalid"),
        ('{"code": "1", "run": "mine"}', 422, "invalid"),
        ('{"code": "1", "filename": "%s"}' % ("x" * 513), 422, "invalid"),
        ('{"code": "1", "more": 1}', 422, "invalid"),
        ('{"code": "%s"}' % ("x" * 9000), 413, "too_large"),
    ],
)
def test_bodies_are_checked(serve: Any, body: str, status: int, code: str) -> None:
    api = serve(body_kib=8)
    reply = ask(api, "POST", "/api/runs", body, TOKEN)
    assert (reply.status_code, reply.json["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    "command",
    [
        {"type": "run", "code": "1"},
        {"type": "inspect"},
        {"type": "inspect", "request": 1.5, "step": 0, "node": ""},
        {"type": "inspect", "request": 2**60, "step": 0, "node": ""},
        {"type": "input", "text": "x" * 262_145},
        {"type": "shout"},
        {},
    ],
)
def test_commands_are_checked(api: Any, path_of: Any, command: dict[str, Any]) -> None:
    reply = api.client.post(path_of("/api/runs/RUN/commands"), json=command, headers=TOKEN)
    assert (reply.status_code, reply.json["error"]["code"]) == (422, "invalid")


@pytest.mark.parametrize(("method", "path", "body"), ROUTES[1:])
@pytest.mark.parametrize("identity", ["0" * 24, "a%20b", "x" * 400])
def test_unknown_runs_are_not_found(
    api: Any, method: str, path: str, body: Any, identity: str
) -> None:
    reply = ask(api, method, path.replace("RUN", identity), body, TOKEN)
    assert reply.status_code == 404


def test_a_configured_page_may_use_the_api(serve: Any) -> None:
    api = serve(origins="https://lessons.example/, https://other.example")
    asked = {"Origin": "https://lessons.example", "Access-Control-Request-Method": "POST"}
    reply = api.client.options("/api/runs", headers=asked)
    assert reply.status_code == 204
    assert reply.headers["Access-Control-Allow-Origin"] == "https://lessons.example"
    assert "Authorization" in reply.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in reply.headers
    reply = ask(api, "POST", "/api/runs", '{"code": "1"}', {**TOKEN, **asked})
    assert reply.status_code == 201
    assert reply.headers["Access-Control-Allow-Origin"] == "https://lessons.example"
    assert "Origin" in reply.headers["Vary"]
    # It still needs the token, and the others stay out.
    assert ask(api, "POST", "/api/runs", '{"code": "1"}', asked).status_code == 401
    asked["Origin"] = "https://lessons.example.evil.example"
    assert api.client.options("/api/runs", headers=asked).status_code == 403


@pytest.mark.parametrize(
    ("rate", "method", "path", "body", "headers"),
    [
        ({"runs_rate": "2/minute"}, "POST", "/api/runs", '{"code": "1"}', TOKEN),
        ({"commands_rate": "2/minute"}, "POST", "/api/runs/x/commands", '{"type":"stop"}', TOKEN),
        (
            {"failures_rate": "2/minute"},
            "DELETE",
            "/api/runs/x",
            None,
            {"Authorization": "Bearer x"},
        ),
    ],
)
def test_rates_are_limited(
    serve: Any, rate: Any, method: str, path: str, body: Any, headers: Any
) -> None:
    api = serve(**rate)
    replies = [ask(api, method, path, body, headers) for _ in range(3)]
    assert [r.status_code == 429 for r in replies] == [False, False, True]
    assert int(replies[2].headers["Retry-After"]) >= 1


def test_every_error_has_one_shape(api: Any) -> None:
    for reply in (
        api.client.get("/api/nothing"),
        api.client.put("/api/runs"),
        api.client.get("/api/runs/x/events"),
        api.client.post("/api/runs", data="x" * (5 << 20), headers={**TOKEN, **JSON}),
    ):
        error = reply.json["error"]
        assert error["status"] == reply.status_code
        assert {"code", "message"} <= set(error)


def test_the_document_describes_the_routes(api: Any) -> None:
    document = api.client.get("/api/openapi.json").json
    described = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if method != "parameters"
    }
    assert described == {
        ("GET", "/api/health"),
        ("POST", "/api/runs"),
        ("GET", "/api/runs/{identity}/events"),
        ("POST", "/api/runs/{identity}/commands"),
        ("DELETE", "/api/runs/{identity}"),
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters" and path != "/api/health":
                assert operation["security"] == [{"token": []}], path
    code = document["components"]["schemas"]["Run"]["properties"]["code"]
    assert code["maxLength"] == 1_000_000


def test_health_needs_no_token_and_knows_the_right_one(api: Any) -> None:
    assert api.client.get("/api/health").json["authorized"] is False
    assert api.client.get("/api/health", headers=TOKEN).json["authorized"] is True
    assert api.client.get("/api/health", headers={"Origin": "https://x.example"}).status_code == 403
