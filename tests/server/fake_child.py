"""A child that speaks the pipe contract and nothing else: no engine, no NumPy, ready in 30 ms.

For tests of queues, streams and limits, where what runs inside does not matter. It takes
the SPEC of the real boot program (`sandbox/child.py`), and of it only the two descriptors.
"""

import builtins
import json
import os
import select
import signal
import sys
import threading
import traceback

SPEC = json.loads(sys.argv[1])
EVENTS, COMMANDS = SPEC["events"], SPEC["commands"]
inbox = []
seq = 0


def send(event):
    global seq
    envelope = json.dumps({"run": "forged", "seq": seq, "event": event})
    seq += 1
    data = envelope.encode() + b"\n"
    while data:
        data = data[os.write(EVENTS, data) :]


def receive(timeout=None):
    """Return the next command that is not a stop; None when the pipe is closed."""
    while True:
        if inbox:
            return inbox.pop(0)
        ready = select.select([wake_out], [], [], timeout)[0]
        if not ready or not os.read(wake_out, 1):
            return inbox.pop(0) if inbox else None


def listen():
    rest = b""
    while piece := os.read(COMMANDS, 65536):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            command = json.loads(line)
            if command["type"] == "stop":
                os.kill(os.getpid(), signal.SIGINT)
            else:
                inbox.append(command)
                os.write(wake_in, b"!")
    os.close(wake_in)


class Stream:
    def __init__(self, name):
        self.name = name

    def write(self, text):
        if text:
            send({"stream": self.name, "text": text, "type": "output"})

    def flush(self):
        pass


def ask(prompt=""):
    send({"state": "waiting", "reason": "", "text": prompt, "type": "state"})
    while True:
        command = receive()
        if command["type"] == "input":
            return command["text"]


def finish(state, reason=""):
    send({"state": state, "reason": reason, "text": "", "elapsed": 0, "step": 0, "type": "state"})


wake_out, wake_in = os.pipe()
os.write(EVENTS, json.dumps({"ready": {"python": "fake", "devices": ["cpu"]}}).encode() + b"\n")
threading.Thread(target=listen, daemon=True).start()
run = receive()
if run is None:
    os._exit(0)
sys.stdout, sys.stderr, builtins.input = Stream("stdout"), Stream("stderr"), ask
finish("running")
try:
    exec(compile(run["code"], run["filename"], "exec"), {"__name__": "__main__", "send": send})
except KeyboardInterrupt:
    finish("stopped", "user")
except BaseException:
    sys.stderr.write(traceback.format_exc())
    finish("failed")
else:
    finish("finished")
while command := receive():
    if command["type"] == "inspect":
        send({**command, "type": "inspection", "note": "fake", "value": None, "gradient": None})
os._exit(0)
