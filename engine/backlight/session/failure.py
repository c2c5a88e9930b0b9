"""What a program raised, as the page shows it: the user's own frames and a plain message."""

from __future__ import annotations

from types import CodeType, TracebackType

from ..observe.source import Program
from .messages import utf16_length
from .protocol import ErrorRaised, Frame

#: Frames shown of the outer end and of the inner end of a deep recursion.
OUTER, INNER = 16, 48


def error_raised(error: BaseException, program: Program, step: int) -> ErrorRaised:
    """Describe an exception that came out of a program."""
    frames, hidden = user_frames(error.__traceback__, program)
    if isinstance(error, SyntaxError) and error.filename == program.filename:
        frames.append(syntax_frame(error, program))
        message = error.msg or "invalid syntax"
    else:
        message = message_of(error)
    if len(frames) > OUTER + INNER:
        frames = frames[:OUTER] + frames[-INNER:]
    return ErrorRaised(type(error).__qualname__, message, frames, hidden, step)


def message_of(error: BaseException) -> str:
    """The message of an exception with its notes, also where its `__str__` raises."""
    try:
        lines = [str(error)]
    except Exception as inner:
        lines = [f"(its message could not be read: {type(inner).__name__})"]
    notes = getattr(error, "__notes__", None)
    if isinstance(notes, list):
        lines += [note for note in notes if isinstance(note, str)]
    return "\n".join(lines)


def user_frames(traceback: TracebackType | None, program: Program) -> tuple[list[Frame], int]:
    """The program's frames of a traceback, outermost first, and how many others there are.

    What lies outside the program's first frame is the session's and is not counted.
    """
    calls: list[tuple[CodeType, int]] = []
    hidden = 0
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if program.owns(code):
            calls.append((code, traceback.tb_lasti))
        elif calls:
            hidden += 1
        traceback = traceback.tb_next
    if len(calls) > OUTER + INNER:
        calls = calls[:OUTER] + calls[-INNER:]
    return [program.frame(*call) for call in calls], hidden


def syntax_frame(error: SyntaxError, program: Program) -> Frame:
    """The place of a syntax error, which no frame of its own has."""
    line = error.lineno or 1
    text = program.line(line)
    # Offsets count characters from 1; a missing end is 0 or -1.
    start = max(0, (error.offset or 1) - 1)
    end_line = error.end_lineno if error.end_lineno and error.end_lineno > 0 else line
    end = (error.end_offset or 0) - 1
    if end_line == line and end <= start:
        end = start + 1

    def column(number: int, characters: int) -> int:
        before = program.line(number)[:characters]
        return utf16_length(before)

    return Frame("<module>", line, column(line, start), end_line, column(end_line, end), text)
