"""What was decided on the way to an answer?  For who wants to know: CODEARTIFACT_DEBUG=1 tells it on standard error."""

from __future__ import annotations

import sys

from .errors import is_debugging, printable, redacted


def note(decision: str) -> None:
    """Print ``decision``, in which nothing secret may be, if anybody wants to know."""
    # There may be no standard error at all.
    if is_debugging() and sys.stderr:
        print(f"codeartifact: {printable(redacted(decision))}", file=sys.stderr)
