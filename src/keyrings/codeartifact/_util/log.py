"""What is logged: errors and warnings once per process, and with CODEARTIFACT_DEBUG=1 each decision."""

import os
import sys

from .text import printable, redact

_logged: set[str] = set()


def is_debugging() -> bool:
    """Return whether CODEARTIFACT_DEBUG is set to 1, or to another word for it."""
    return os.environ.get("CODEARTIFACT_DEBUG", "").lower() in ("1", "true", "yes", "on")


def print_error(line: str) -> None:
    """Print ``line`` on standard error if there is one; ``print(file=None)`` would use standard output."""
    if sys.stderr:
        print(line, file=sys.stderr)


def debug(message: str) -> None:
    """Print ``message`` on standard error if CODEARTIFACT_DEBUG=1 is set."""
    if is_debugging():
        print_error(f"codeartifact: {printable(redact(message))}")


def log_once(message: str, *, is_error: bool = False) -> None:
    """Log ``message``, printable text, with the logger ``keyrings.codeartifact``, once per process."""
    if message in _logged:
        return
    _logged.add(message)
    # Imported lazily: a lookup that succeeds logs nothing.
    import logging

    logging.getLogger("keyrings.codeartifact").log(logging.ERROR if is_error else logging.WARNING, "%s", message)
