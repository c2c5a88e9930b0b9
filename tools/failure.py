"""The one way in which set-up fails: a sentence that says what to do, and a non-zero exit.

Every tool wraps its `main` in `reported`; code below raises `SetupFailure` with the sentence, and
the errors that any file operation can meet (a full disk, a folder that cannot be written) are put
into words here once.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable

DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)
NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)


class SetupFailure(Exception):
    """Set-up cannot go on; the text is one sentence that says what to do."""


def in_words(error: OSError) -> str:
    """Say what an error of the operating system means for the person at the keyboard."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in DISK_IS_FULL:
        return f"The disk is full{where}: free about 1 GB and run the same command again."
    if error.errno in NOT_WRITABLE:
        return f"A file or folder cannot be written{where}: run from a checkout that you own."
    return f"Set-up was stopped by the system: {error.strerror or error}{where}."


def reported(main: Callable[[], int]) -> int:
    """Run `main`, print a failure as one sentence, and give the exit status."""
    try:
        return main()
    except SetupFailure as failure:
        print(failure, file=sys.stderr)
    except OSError as error:
        print(in_words(error), file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1
