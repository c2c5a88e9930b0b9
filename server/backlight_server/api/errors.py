"""Every error the API answers with, in one shape.

`{"error": {"status": 404, "code": "unknown_run", "message": "...", "detail": {...}}}`: `code` is
for programs and does not change, `message` is one sentence for people that says what to do.
"""

from __future__ import annotations

from typing import Any, NoReturn

from apiflask import APIFlask, HTTPError

#: code -> status and sentence.
ERRORS: dict[str, tuple[int, str]] = {
    "bad_request": (400, "The request could not be understood."),
    "no_token": (401, "This needs the server's token: send it as 'Authorization: Bearer ...'."),
    "wrong_token": (401, "The token is wrong: copy it again from the line the server printed."),
    "foreign_origin": (403, "Pages of this origin may not use the server (setting origins)."),
    "backend_off": (403, "This server runs no programs; /api/health says why."),
    "not_found": (404, "There is nothing at this address."),
    "unknown_run": (404, "There is no such run here, or it was forgotten."),
    "wrong_method": (405, "This address takes other methods."),
    "run_over": (409, "The run is not in a state to take this command."),
    "too_large": (413, "The request is larger than the server takes (setting body_kib)."),
    "not_json": (415, "Send the body as application/json."),
    "invalid": (422, "The body does not have the form the protocol asks for."),
    "too_often": (429, "Too many requests: wait a moment."),
    "internal": (500, "The server failed; its log says where."),
    "queue_full": (503, "Too many runs are waiting: try again in a moment."),
    "streams_full": (503, "Too many streams are open: close a page, or try again in a moment."),
    "no_page": (503, "The page is not built: run 'make build' and start again."),
}

_CODES = {400: "bad_request", 403: "foreign_origin", 404: "not_found", 405: "wrong_method"}
_CODES |= {413: "too_large", 415: "not_json", 422: "invalid", 500: "internal"}


def refuse(code: str, retry_after: int = 0, **detail: Any) -> NoReturn:
    """End the request with an error of the table."""
    status, message = ERRORS[code]
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    raise HTTPError(status, message, detail, headers, {"code": code})


def shape(error: HTTPError) -> tuple[dict[str, Any], int, Any]:
    """Return any HTTP error as the API answers it."""
    code = error.extra_data.get("code")
    detail = dict(error.detail) if isinstance(error.detail, dict) else {}
    if code is None:  # raised by Flask or by the check of a body
        code = _CODES.get(error.status_code, "bad_request")
        message = ERRORS[code][1]
    else:
        message = error.message or ""
    body: dict[str, Any] = {"status": error.status_code, "code": code, "message": message}
    if detail:
        body["detail"] = detail
    return {"error": body}, error.status_code, error.headers


def install(app: APIFlask) -> None:
    """Make `shape` the only shape of the app's errors."""
    app.error_processor(shape)
