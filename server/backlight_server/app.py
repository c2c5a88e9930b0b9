"""Puts the server together: settings in, a Flask application out."""

from __future__ import annotations

import importlib.metadata
import logging
import secrets
import time
from typing import Any

from apiflask import APIFlask
from flask import Response, g, request

from . import page
from .api import errors, health, runs
from .api.guard import Guard
from .api.schemas import ERROR_SCHEMA
from .runs.manager import Manager
from .sandbox.cgroup import Cgroups
from .sandbox.command import Layout
from .sandbox.detect import Sandbox, detect
from .sandbox.pool import Pool
from .sandbox.process import Launcher
from .settings import BadSetting, Settings

log = logging.getLogger("backlight_server.requests")


def make_launcher(settings: Settings) -> Launcher:
    """Return what starts children under these settings."""
    sandboxed = not settings.unsafe_local
    return Launcher(settings.policy(), Layout.here(), Cgroups.find(), sandboxed)


def check_exposure(settings: Settings, sandbox: Sandbox) -> None:
    """Refuse to be reached from other machines without a sandbox; raise BadSetting."""
    if not settings.public:
        return
    if settings.unsafe_local:
        raise BadSetting(
            f"--unsafe-local and --host {settings.host} together would let other machines run "
            "anything here: leave one of them out."
        )
    if not sandbox.available:
        raise BadSetting(
            f"--host {settings.host} is open to other machines, which needs a sandbox. "
            f"{sandbox.why} {sandbox.advice}".rstrip()
        )
    if settings.host in ("0.0.0.0", "::") and not settings.hosts:
        raise BadSetting(
            f"--host {settings.host} needs --hosts with the names or addresses by which the "
            "server is reached; requests for any other are refused."
        )


def create_app(
    settings: Settings,
    *,
    token: str | None = None,
    launcher: Launcher | None = None,
    sandbox: Sandbox | None = None,
) -> APIFlask:
    """Return the application; what a test or the command has made already can be handed in.

    `app.extensions["backlight"]` holds the `token` and the `manager` (None where the backend is
    off). Raises BadSetting where the settings would expose this machine.
    """
    launcher = launcher or make_launcher(settings)
    sandbox = sandbox or detect(launcher)
    check_exposure(settings, sandbox)
    token = token or settings.token or secrets.token_urlsafe(32)
    policy = launcher.policy
    enabled = sandbox.available or (settings.unsafe_local and bool(sandbox.environment))
    manager = Manager(settings, policy, Pool(launcher, settings.warm)) if enabled else None

    version = importlib.metadata.version("backlight")
    app = APIFlask(
        "backlight_server",
        title="Backlight",
        version=version,
        spec_path="/api/openapi.json",
        docs_path=None,  # that page loads its scripts from elsewhere
        static_folder=None,  # type: ignore[arg-type]  # Flask's own hint allows it
    )
    app.config.update(
        TRUSTED_HOSTS=settings.trusted_hosts,
        MAX_CONTENT_LENGTH=settings.body_kib << 10,
        MAX_FORM_MEMORY_SIZE=0,
        MAX_FORM_PARTS=0,
        HTTP_ERROR_SCHEMA=ERROR_SCHEMA,
        VALIDATION_ERROR_SCHEMA=ERROR_SCHEMA,
    )
    app.security_schemes = {"token": {"type": "http", "scheme": "bearer"}}
    app.extensions["backlight"] = {"token": token, "manager": manager}
    errors.install(app)
    guard = Guard(settings, token)

    @app.before_request
    def begin() -> Response | None:
        g.began = time.perf_counter()
        return guard.check_origin() if request.path.startswith("/api/") else None

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers.update(page.HEADERS)
        if request.path.startswith("/api/"):
            response.headers["Cache-Control"] = "no-store"
            _log_request(response)
            return guard.answer_origin(response)
        return response

    load = (lambda: manager.load) if manager else None
    app.register_blueprint(
        health.blueprint(guard, version, policy, sandbox, load, settings.unsafe_local)
    )
    app.register_blueprint(runs.blueprint(settings, manager, guard))
    page.install(app, settings.page_directory)
    return app


def _log_request(response: Response) -> None:
    """Note what was asked: the route, never what came with it."""
    fields: dict[str, Any] = {
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else "",
        "status": response.status_code,
        "ms": round(1000 * (time.perf_counter() - g.get("began", time.perf_counter())), 1),
    }
    log.info("request", extra=fields)
