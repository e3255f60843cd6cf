"""What becomes of lines that nobody reads?"""

from __future__ import annotations

import os
import sys


def complain(line: str) -> None:
    """Print ``line`` on standard error, and nowhere if there is none: ``print`` would take standard output for it."""
    if sys.stderr:
        print(line, file=sys.stderr)


def give_up_output(program: str, error: OSError) -> None:
    """Say why standard output cannot be written, and let nothing of it be tried again at exit."""
    # Who has closed the pipe has read enough, as `head` does.
    if not isinstance(error, BrokenPipeError):
        complain(f"{program}: error: {error}; make room, or let it be read and written")
    if sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
