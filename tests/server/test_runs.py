"""What a run goes through: events and their resumption, the queue, commands, budgets, ends."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest
from backlight_server.runs.intake import Intake, OverBudget, parse
from backlight_server.runs.log import EventLog, LogFull
from backlight_server.runs.run import conclusion
from backlight_server.sandbox.cgroup import Usage
from backlight_server.sandbox.policy import Policy
from backlight_server.sandbox.process import Ending

AUTHORIZED = {"Authorization": "Bearer " + "t" * 43}

SPIN = "while True: pass"
DEAF = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    try:
        while True: pass
    except BaseException:
        pass
"""


def states(events: list[dict[str, Any]]) -> list[str]:
    return [e["state"] for e in events if e["type"] == "state"]


# Events ---------------------------------------------------------------------------------------


def test_events_come_in_order_with_the_runs_own_id(api: Any) -> None:
    run = api.start("for i in range(3): print(i)")
    seen = []
    for message in api.stream(run):
        seen.append(message)
        if message.data["event"].get("state") == "finished":
            break
    assert [m.id for m in seen] == list(range(len(seen)))
    assert [m.data["seq"] for m in seen] == [m.id for m in seen]
    assert {m.data["run"] for m in seen} == {run}  # the child called itself "forged"
    text = "".join(m.data["event"].get("text", "") for m in seen)
    assert text == "0\n1\n2\n"


def test_a_stream_resumes_exactly_wherever_it_broke(api: Any) -> None:
    run = api.start("for i in range(400): print(i)")
    whole = [json.dumps(e) for e in api.end(run)]
    random.seed(3)
    got: list[str] = []
    last: int | None = None
    while len(got) < len(whole):
        keep = random.randint(1, 60)
        for message in api.stream(run, last):
            got.append(json.dumps(message.data["event"]))
            last = message.id
            keep -= 1
            if not keep or len(got) == len(whole):
                break
    assert got == whole


def test_a_stream_ends_with_its_run(api: Any) -> None:
    run = api.start("import os; os._exit(3)")
    *_, last = api.stream(run)
    assert last.name == "end"
    # Resumed after its last event, it says so again.
    *_, last = api.stream(run, 10_000)
    assert last.name == "end"


def test_many_pages_watch_one_run(api: Any) -> None:
    run = api.start("input()\nfor i in range(50): print(i)")
    streams = [api.stream(run) for _ in range(5)]
    seen = [[next(stream).data] for stream in streams]  # all are open before it goes on
    api.command(run, "input", text="")
    for got, stream in zip(seen, streams, strict=True):
        for message in stream:
            got.append(message.data)
            if message.data["event"].get("state") == "finished":
                break
    assert len(seen[0]) > 50
    assert all(got == seen[0] for got in seen)


def test_a_quiet_stream_is_kept_alive(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backlight_server.api.runs.PING_SECONDS", 0.05)
    run = api.start("input()")
    assert any(m.name == "comment" and m.data == "ping" for m in api.stream(run))


def test_a_busy_stream_is_written_in_batches(api: Any) -> None:
    run = api.start("for i in range(2000): print(i)")
    reply = api.client.get(
        f"/api/runs/{run}/events",
        headers=AUTHORIZED,
        buffered=False,
    )
    chunks = 0
    for chunk in reply.response:
        chunks += 1
        if b"finished" in chunk:
            break
    reply.close()
    assert chunks < 200


def test_a_long_stream_is_cut_and_goes_on(serve: Any) -> None:
    api = serve(stream_seconds=1)
    run = api.start("input('name? ')\nprint('hello')")
    seen = [m for m in api.stream(run) if m.name == "message"]
    assert seen[-1].data["event"]["state"] == "waiting"
    assert api.command(run, "input", text="Ada").status_code == 202
    assert "hello" in json.dumps(api.end(run))


def test_streams_are_counted(serve: Any) -> None:
    api = serve(threads=24)  # 16 of them are for other requests
    run = api.start("input()")
    headers = {"Authorization": "Bearer " + "t" * 43}
    path = f"/api/runs/{run}/events"
    held = [api.client.get(path, headers=headers, buffered=False) for _ in range(8)]
    reply = api.client.get(path, headers=headers)
    assert (reply.status_code, reply.json["error"]["code"]) == (503, "streams_full")
    assert int(reply.headers["Retry-After"]) > 0
    held.pop().close()
    reply = api.client.get(path, headers=headers, buffered=False)
    assert reply.status_code == 200
    for open_reply in [*held, reply]:
        open_reply.close()


# Log and intake -------------------------------------------------------------------------------


def test_a_full_log_thins_old_numbers_and_keeps_its_sequence() -> None:
    log = EventLog("r", 20_000)
    log.append({"type": "output", "stream": "stdout", "text": "kept"})
    for step in range(50):
        log.append({"type": "numbers", "step": step, "values": "x" * 1000})
    found = [json.loads(e) for e in log.read(0, 0).envelopes]
    assert [e["seq"] for e in found] == list(range(51))
    kinds = [e["event"]["type"] for e in found]
    assert kinds[0] == "output"
    assert "thinned" in kinds
    assert kinds[-1] == "numbers"
    assert kinds == sorted(kinds, key=["output", "thinned", "numbers"].index)  # oldest first
    assert sum(len(json.dumps(e["event"])) for e in found) < 25_000


def test_a_log_that_nothing_can_leave_is_full() -> None:
    log = EventLog("r", 3000)
    log.append({"type": "output", "text": "x" * 2500})
    with pytest.raises(LogFull):
        log.append({"type": "output", "text": "x" * 2500})
    log.append({"type": "state", "state": "stopped"})  # a last word always fits
    assert len(log) == 2


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"event": 1}',
        b'{"event": {"type": "secret"}}',
        b'{"event": {"type": ["output"]}}',
        b'{"event": {"type": "state", "state": ["finished"]}}',
        b'{"event": {"type": "state", "state": "won"}}',
        b'{"event": {"type": "output", "text": NaN}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_lines_that_are_no_events_are_dropped(line: bytes) -> None:
    assert parse(line) is None


def test_events_are_joined_from_pieces() -> None:
    event = {"type": "output", "stream": "stdout", "text": "\u00e9" * 50}
    data = json.dumps({"event": event}).encode() * 1 + b"\n"
    intake = Intake(Policy())
    found = [e for i in range(0, len(data), 7) for e in intake.feed(data[i : i + 7])]
    assert found == [event]


@pytest.mark.parametrize(
    ("policy", "piece", "reason"),
    [
        ({"event_bytes": 100}, b"x" * 101, "events"),
        ({"line": 100}, b"x" * 101, "events"),
        ({"events": 3}, b"\n\n\n\n", "events"),
        ({"output": 10}, b'{"event":{"type":"output","text":"01234567890"}}\n', "output"),
    ],
)
def test_budgets_are_counted(policy: dict[str, int], piece: bytes, reason: str) -> None:
    with pytest.raises(OverBudget) as caught:
        list(Intake(Policy(**policy)).feed(piece))
    assert caught.value.reason == reason


def test_a_fast_program_waits_rather_than_ends() -> None:
    intake = Intake(Policy(event_rate=1000))
    list(intake.feed(b"x" * 500))
    assert intake.delay() == 0
    list(intake.feed(b"x" * 2500))
    assert 1.5 < intake.delay() <= 2.0


@pytest.mark.parametrize(
    ("wanted", "ending", "state", "reason"),
    [
        ("user", Ending(None, 9, Usage()), "stopped", "user"),
        ("wall", Ending(None, 9, Usage()), "stopped", "wall"),
        ("", Ending(None, 9, Usage(out_of_memory=1)), "stopped", "memory"),
        ("", Ending(None, 24, Usage()), "stopped", "cpu"),
        ("", Ending(None, 9, Usage(cpu=601.0)), "stopped", "cpu"),
        ("", Ending(None, 9, Usage(cpu=1.0)), "lost", "crash"),
        ("", Ending(None, 11, Usage()), "lost", "crash"),
        ("", Ending(0, None, Usage()), "lost", "crash"),
    ],
)
def test_ends_are_told_apart(wanted: Any, ending: Ending, state: str, reason: str) -> None:
    event = conclusion(wanted, ending, Policy(), 1.0, 7)
    assert (event["state"], event["reason"], event["step"]) == (state, reason, 7)
    assert event["text"]


# Commands -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [SPIN, DEAF, "input()", "import time; time.sleep(60)"])
def test_stop_ends_every_program(api: Any, code: str) -> None:
    run = api.start(f"print('begun')\n{code}")
    api.watch(run, lambda e: e.get("text") == "begun" or e.get("state") == "waiting")
    began = time.monotonic()
    assert api.command(run, "stop").status_code == 202
    events = api.end(run)
    assert time.monotonic() - began < 2
    assert (events[-1]["state"], events[-1]["reason"]) == ("stopped", "user")
    assert "stopping" in states(events)


def test_an_ended_program_still_answers_and_then_takes_nothing_else(api: Any) -> None:
    run = api.start("1")
    api.end(run)
    asked = {"request": 5, "step": 0, "node": "a"}
    assert api.command(run, "inspect", **asked).status_code == 202
    events = api.watch(run, lambda e: e["type"] == "inspection")
    assert events[-1]["request"] == 5
    assert api.command(run, "stop").status_code == 202  # no mistake, nothing to do
    reply = api.command(run, "pause")
    assert (reply.status_code, reply.json["error"]["code"]) == (409, "run_over")


def test_a_deleted_run_is_gone_with_its_process(api: Any) -> None:
    run = api.start(DEAF)
    api.watch(run, lambda e: e.get("state") == "running")
    stream = api.stream(run)
    next(stream)
    reply = api.client.delete(f"/api/runs/{run}", headers=AUTHORIZED)
    assert reply.status_code == 204
    assert list(stream)[-1].name == "end"
    assert api.command(run, "stop").status_code == 404


def test_what_a_program_says_after_its_end_is_not_passed_on(api: Any) -> None:
    run = api.start(
        "send({'state': 'finished', 'reason': '', 'text': '', 'type': 'state'})\n"
        "print('more')\n"
        "import os; os._exit(0)"
    )
    seen = [m.data["event"] for m in api.stream(run) if m.name == "message"]
    assert states(seen) == ["running", "finished"]
    assert "more" not in json.dumps(seen)


def test_text_written_past_the_session_is_shown(api: Any) -> None:
    run = api.start("import os; os.write(1, b'raw'); os.write(2, b'err'); os._exit(0)")
    events = api.end(run)
    written = {e["stream"]: e["text"] for e in events if e["type"] == "output"}
    assert written == {"stdout": "raw", "stderr": "err"}


def test_a_traceback_in_many_pieces_is_a_few_events(api: Any) -> None:
    code = "import os\nfor _ in range(500): os.write(2, b'^')\nos._exit(1)"
    written = [e["text"] for e in api.end(api.start(code)) if e["type"] == "output"]
    assert "".join(written) == "^" * 500
    assert len(written) < 20


def test_a_crash_is_told(api: Any) -> None:
    events = api.end(api.start("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"))
    assert (events[-1]["state"], events[-1]["reason"]) == ("lost", "crash")
    assert "segmentation" in events[-1]["text"]


# Limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "code", "reason"),
    [
        ({"wall_seconds": 0.3}, SPIN, "wall"),
        ({"wall_seconds": 0.3}, DEAF, "wall"),
        ({"output_mib": 0.01}, "while True: print('x' * 100)", "output"),
        ({"output_mib": 0.01}, "import os\nwhile True: os.write(2, b'x' * 100)", "output"),
        ({"events": 500}, "while True: send({'type': 'progress', 'step': 1})", "events"),
        ({"event_mib": 0.1}, "while True: send({'type': 'points', 'step': 'x' * 9000})", "events"),
        ({"log_mib": 1}, "while True: send({'type': 'points', 'step': 'x' * 9000})", "events"),
    ],
)
def test_a_limit_ends_the_run_and_says_so(
    serve: Any, settings: dict[str, Any], code: str, reason: str
) -> None:
    api = serve(**settings)
    last = api.end(api.start(code))[-1]
    assert (last["state"], last["reason"]) == ("stopped", reason)
    assert "setting" in last["text"]


# Queue ----------------------------------------------------------------------------------------


def test_runs_wait_for_their_turn_and_are_told_their_place(serve: Any) -> None:
    api = serve(running=1)
    first, second, third = (api.start("input()") for _ in range(3))
    place = [e["text"] for e in api.watch(third, lambda e: e.get("state") == "queued")]
    assert place == ["2 runs ahead of this one."]
    health = api.client.get("/api/health").json
    assert (health["running"], health["queued"]) == (1, 2)
    api.command(first, "stop")
    api.end(first)
    api.watch(second, lambda e: e.get("state") == "waiting")
    assert [e["text"] for e in api.watch(third, lambda e: "1 run " in e.get("text", ""))][-1]
    api.command(second, "stop")
    events = api.watch(third, lambda e: e.get("state") == "waiting")
    assert states(events) == ["queued", "queued", "running", "waiting"]


def test_a_waiting_run_can_be_stopped(serve: Any) -> None:
    api = serve(running=1)
    _, second, third = (api.start("input()") for _ in range(3))
    assert api.command(second, "stop").status_code == 202
    events = [m.data["event"] for m in api.stream(second) if m.name == "message"]
    assert states(events) == ["queued", "stopped"]
    api.watch(third, lambda e: "1 run " in e.get("text", ""))


def test_the_queue_has_an_end(serve: Any) -> None:
    api = serve(running=1, queue_each=1)
    for _ in range(2):
        api.start("input()")
    reply = api.client.post("/api/runs", json={"code": "1"}, headers=AUTHORIZED)
    assert (reply.status_code, reply.json["error"]["code"]) == (503, "queue_full")
    assert reply.headers["Retry-After"]


def test_only_the_newest_ended_programs_are_kept(serve: Any) -> None:
    api = serve(kept=1)
    first, second = api.start("1"), None
    api.end(first)
    second = api.start("1")
    api.end(second)
    assert list(api.stream(first))[-1].name == "end"  # its process was let go
    api.command(second, "inspect", request=1, step=0, node="")
    api.watch(second, lambda e: e["type"] == "inspection")


def test_old_runs_are_forgotten(serve: Any) -> None:
    api = serve(remembered=1, kept=0)
    runs = []
    for _ in range(4):
        runs.append(api.start("1"))
        assert list(api.stream(runs[-1]))[-1].name == "end"
    assert api.command(runs[0], "stop").status_code == 404
    assert api.command(runs[-1], "stop").status_code == 202


def test_shutdown_ends_runs_with_its_reason(serve: Any) -> None:
    api = serve(running=1)
    running, waiting = api.start(DEAF), api.start("1")
    api.watch(running, lambda e: e.get("state") == "running")
    api.client.application.extensions["backlight"]["manager"].shutdown()
    for run in (running, waiting):
        last = api.end(run)[-1]
        assert (last["state"], last["reason"]) == ("stopped", "shutdown")


def test_a_child_that_cannot_start_is_told(serve: Any, tmp_path: Any) -> None:
    from backlight_server.sandbox.cgroup import Cgroups
    from backlight_server.sandbox.command import Layout
    from backlight_server.sandbox.process import Launcher

    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('no engine here')")
    launcher = Launcher(Policy(), Layout.here(), Cgroups(), sandboxed=False, entry=broken)
    api = serve(launcher=launcher)
    last = api.end(api.start("1"))[-1]
    assert (last["state"], last["reason"]) == ("lost", "crash")
    assert "no engine here" in last["text"]
