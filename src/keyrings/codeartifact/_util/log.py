"""What was decided on the way to an answer?  For who wants to know: CODEARTIFACT_DEBUG=1 tells it on standard error."""

from __future__ import annotations

from keyrings.codeartifact.cli.output import complain
from keyrings.codeartifact.errors import is_debugging, printable, redacted


def note(decision: str) -> None:
    """Print ``decision``, in which nothing secret may be, if anybody wants to know."""
    if is_debugging():
        complain(f"codeartifact: {printable(redacted(decision))}")
