"""The request log: one line for a person for each request, without tokens and secrets."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, TextIO

from keyrings.codeartifact._util.text import printable, redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from .journal import Entry

    Log = Callable[[Entry], None]

# In characters.  A longer value moves the columns behind it, up to the second number, where it ends.
_WHO = (40, 120)
_WHAT = (48, 160)
# A page, a file, or a repository, below the host of a domain; the path of VPC endpoints names the domain too.
_DATA_PATH = re.compile(
    r"/pypi/(?:d/[^/]+/)?(?P<repository>[^/]+)/(?:simple/(?P<project>[^/]+)/(?:[^/]+/(?P<filename>[^/]+))?)?"
)


def write_to(stream: TextIO) -> Log:
    """Return a function that writes the line of a request to ``stream``."""

    def write(entry: Entry) -> None:
        # A terminal or reader that has gone must not fail the client's request.  One call: lines of threads do not mix.
        try:
            stream.write(f"{line(entry)}\n")
            stream.flush()
        except (OSError, ValueError):
            pass

    return write


def line(entry: Entry) -> str:
    """Return the line of a request: when it arrived, who sent it, what it requested, and the status."""
    columns = (clock(entry), _fit(who(entry), *_WHO), _fit(what(entry), *_WHAT), status(entry))
    return "  ".join(columns)


def clock(entry: Entry) -> str:
    """Return the local time of a request's arrival."""
    return time.strftime("%H:%M:%S", time.localtime(entry.received))


def who(entry: Entry) -> str:
    """Return the principal that sent a request, else the access key ID, else ``-``."""
    return _safe(entry.principal or entry.access_key_id or "-")


def what(entry: Entry) -> str:
    """Return the operation of a request and its subject, or method, host and path of one that is no operation."""
    if not entry.operation:
        return _safe(f"{entry.method} {entry.host}{entry.path}")
    return _safe(f"{entry.operation} {_subject(entry)}".rstrip())


def status(entry: Entry) -> str:
    """Return the status of the response, or ``cut`` for a connection that ended before it."""
    return str(entry.status) if entry.status else "cut"


def _subject(entry: Entry) -> str:
    match = _DATA_PATH.fullmatch(entry.path)
    if match:
        return "/".join(part for part in (match["repository"], match["filename"] or match["project"]) if part)
    if entry.operation in ("ProjectPage", "Download", "Upload"):
        return entry.path
    names = [entry.params[name] for name in ("domain", "repository") if name in entry.params]
    return "/".join(names) or entry.params.get("RoleArn", "")


def _safe(text: str) -> str:
    """Return a client's ``text`` without control characters and what looks like a secret."""
    return redact(printable(text))


def _fit(text: str, width: int, longest: int) -> str:
    return (text if len(text) <= longest else f"{text[: longest - 1]}…").ljust(width)
