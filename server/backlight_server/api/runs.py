"""Routes of runs: start one, watch it, tell it something, end it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from apiflask import APIBlueprint
from backlight.session import protocol
from flask import Response, g, request

from ..runs.log import EventLog
from ..runs.manager import Manager, QueueFull, RunOver, UnknownRun
from ..runs.run import Run
from ..settings import Settings
from .errors import refuse
from .guard import Guard
from .schemas import ERROR_SCHEMA, CommandBody, RunBody, Started, command_of

BATCH_SECONDS = 0.04  # between two writes of a stream; each carries all there is
PING_SECONDS = 15.0
SEND_TIMEOUT = 10.0  # a reader that takes nothing for so long is cut off, and may resume
SPARE_THREADS = 16  # for requests that are no streams


class Streams:
    """Counts open streams, as each holds a thread."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    def enter(self, principal: str) -> bool:
        """Take a place; False where there is none."""
        with self._lock:
            if self._open.total() >= self._at_most:
                return False
            self._open[principal] += 1
        return True

    def leave(self, principal: str) -> None:
        """Give a place back."""
        with self._lock:
            self._open[principal] -= 1


def stream(
    log: EventLog, first: int, seconds: float, batch: float = BATCH_SECONDS
) -> Iterator[bytes]:
    """Yield a log from event `first` on as server-sent events, until it ends or time is up.

    Each event is one message whose id is its number; what is there is written at once, and then
    nothing for the length of a batch, so that a busy run costs a few dozen writes a second.
    """
    deadline = time.monotonic() + seconds
    yield b"retry: 500\n\n"
    while (left := deadline - time.monotonic()) > 0:
        found = log.read(first, min(PING_SECONDS, left))
        if found.envelopes:
            yield b"".join(
                b"id: %d\ndata: %b\n\n" % (number, envelope)
                for number, envelope in enumerate(found.envelopes, first)
            )
            first += len(found.envelopes)
            if not found.ended:
                log.wait_end(batch)
        elif not found.ended:
            yield b": ping\n\n"
        if found.ended:
            yield b"event: end\ndata: {}\n\n"
            return


def blueprint(settings: Settings, manager: Manager | None, guard: Guard) -> APIBlueprint:
    """Make the routes; without a manager each says that no programs run here."""
    routes = APIBlueprint("runs", __name__, url_prefix="/api/runs", tag="Runs")
    streams = Streams(settings.threads - SPARE_THREADS)

    @routes.before_request
    def check() -> None:
        guard.check_body()
        guard.check_token()
        if manager is None:
            refuse("backend_off")

    def find(identity: str) -> tuple[Manager, Run]:
        assert manager
        try:
            return manager, manager.get(g.principal, identity)
        except UnknownRun:
            refuse("unknown_run")

    @routes.post("")
    @routes.input(RunBody)
    @routes.output(Started, 201)
    @routes.doc(security="token", responses=_errors(401, 403, 413, 415, 422, 429, 503))
    def start(json_data: Any) -> dict[str, Any]:
        """Run a program.

        The body is the protocol's `run` command without its id. The run may have to wait: its
        events say how many are ahead.
        """
        assert manager
        guard.count("runs")
        try:
            run = manager.submit(g.principal, protocol.Run(run="", **json_data.model_dump()))
        except QueueFull:
            refuse("queue_full", retry_after=5)
        return {"id": run.id, "queued": manager.load["queued"]}

    @routes.get("/<identity>/events")
    @routes.doc(
        security="token",
        responses={
            200: {
                "description": "A stream of events; each id is the envelope's number.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            **_errors(401, 403, 404, 503),
        },
    )
    def events(identity: str) -> Response:
        """Watch a run.

        Server-sent events, each an envelope of the protocol; `Last-Event-ID` goes on after that
        number. A comment comes now and then where nothing happens, and `event: end` after the last.
        """
        _, run = find(identity)
        last = request.headers.get("Last-Event-ID", "-1")
        try:
            first = max(0, int(last[:20]) + 1)
        except ValueError:
            refuse("bad_request", header="Last-Event-ID")
        principal = g.principal
        if not streams.enter(principal):
            refuse("streams_full", retry_after=5)
        connection = request.environ.get("gunicorn.socket")
        if connection is not None:  # else a reader that stops reading holds its thread for ever
            connection.settimeout(SEND_TIMEOUT)
        response = Response(
            stream(run.log, first, settings.stream_seconds), mimetype="text/event-stream"
        )
        response.headers["X-Accel-Buffering"] = "no"
        response.call_on_close(lambda: streams.leave(principal))
        return response

    @routes.post("/<identity>/commands")
    @routes.input(CommandBody)
    @routes.output({}, 202)
    @routes.doc(security="token", responses=_errors(401, 403, 404, 409, 413, 415, 422, 429))
    def command(identity: str, json_data: Any) -> dict[str, Any]:
        """Tell a running program something.

        The body is a command of the protocol: stop, pause, resume, input or inspect.
        """
        guard.count("commands")
        runs, run = find(identity)
        try:
            runs.command(run, command_of(json_data, run.id))
        except RunOver as e:
            refuse("run_over", phase=str(e))
        return {}

    @routes.delete("/<identity>")
    @routes.output({}, 204)
    @routes.doc(security="token", responses=_errors(401, 403, 404))
    def delete(identity: str) -> str:
        """End a run and forget it, with all it said."""
        runs, run = find(identity)
        runs.close(run)
        return ""

    return routes


def _errors(*statuses: int) -> dict[int, Any]:
    return {
        status: {
            "description": "See `message`.",
            "content": {"application/json": {"schema": ERROR_SCHEMA}},
        }
        for status in statuses
    }
