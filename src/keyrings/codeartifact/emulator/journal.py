"""The journal of requests, without tokens and secrets."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass
class Entry:
    """A request; its ``status`` is 0 until the response is sent.

    ``operation`` is the name of the API operation, or ``ProjectPage``, ``Download``, ``Upload`` on the data plane.
    ``access_key_id`` is the key that signed it, ``is_temporary`` is True if it has a session token.  ``principal`` is
    the ARN of the key's principal, or of the one that requested the token; empty if unknown.  ``params`` are the
    parameters that are not secret.
    """

    host: str
    method: str
    path: str
    operation: str
    access_key_id: str
    is_temporary: bool
    principal: str
    params: dict[str, str]
    status: int = 0


class Journal:
    """The requests, in order of arrival."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Record ``entry``."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Delete all entries."""
        with self._lock:
            self._entries.clear()

    def entries(self, operation: str | None = None) -> list[Entry]:
        """Return all entries, or those of one ``operation``."""
        with self._lock:
            return [entry for entry in self._entries if operation in (None, entry.operation)]
