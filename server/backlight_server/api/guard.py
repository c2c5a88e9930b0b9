"""Who may ask: the checks every request of the API passes before its route is looked at.

Any page in the user's browser can post to loopback, and CORS hides only the reply. So there is a
token on every route that runs, changes or reads anything, no cookie, a body only as JSON (which no
form can send), and requests from pages of other origins are refused, whatever they carry. A
foreign `Host` is refused by Flask itself (`TRUSTED_HOSTS`).
"""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from urllib.parse import urlsplit

import limits
from flask import Response, g, request
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ..settings import Settings
from .errors import refuse

ALLOWED_HEADERS = "Authorization, Content-Type, Last-Event-ID"
ALLOWED_METHODS = "GET, POST, DELETE"


class Guard:
    """Checks origin, token, body type and rate; remembers nothing but rates."""

    def __init__(self, settings: Settings, token: str) -> None:
        self._token = token.encode()
        self._origins = frozenset(settings.trusted_origins)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._rates = {
            "runs": limits.parse(settings.runs_rate),
            "commands": limits.parse(settings.commands_rate),
            "failures": limits.parse(settings.failures_rate),
        }

    def check_origin(self) -> Response | None:
        """Refuse pages of other origins; answer the question a browser asks beforehand."""
        origin = request.headers.get("Origin")
        if origin is not None and not self._own(origin) and origin not in self._origins:
            refuse("foreign_origin")
        if origin in self._origins and request.method == "OPTIONS":
            return Response(status=204)  # `answer_origin` adds what it asked for
        return None

    @staticmethod
    def _own(origin: str) -> bool:
        # The scheme may differ, behind a proxy that speaks https for us.
        return bool(origin) and urlsplit(origin).netloc == request.host

    def answer_origin(self, response: Response) -> Response:
        """Let the configured pages, and only those, read the reply."""
        response.vary.add("Origin")
        origin = request.headers.get("Origin", "")
        if origin in self._origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "Retry-After"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
                response.headers["Access-Control-Allow-Methods"] = ALLOWED_METHODS
                response.headers["Access-Control-Max-Age"] = "600"
        return response

    def check_body(self) -> None:
        """Refuse a body that is not declared to be JSON: a form needs no permission to send one."""
        if request.method == "POST" and request.mimetype != "application/json":
            refuse("not_json")

    def authorized(self) -> bool:
        """Say whether the request carries the token."""
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        given = given.strip()
        return kind.lower() == "bearer" and hmac.compare_digest(given.encode(), self._token)

    def check_token(self) -> None:
        """Refuse a request without the token; else note whose it is."""
        if not self.authorized():
            address = request.remote_addr or ""
            self._count("failures", address)
            refuse("wrong_token" if "Authorization" in request.headers else "no_token")
        g.principal = hashlib.sha256(self._token).hexdigest()[:12]

    def count(self, kind: str) -> None:
        """Refuse what comes more often than the settings allow."""
        self._count(kind, g.principal)

    def _count(self, kind: str, whose: str) -> None:
        rate = self._rates[kind]
        if not self._limiter.hit(rate, kind, whose):
            until = self._limiter.get_window_stats(rate, kind, whose).reset_time
            refuse("too_often", retry_after=max(1, math.ceil(until - time.time())))
