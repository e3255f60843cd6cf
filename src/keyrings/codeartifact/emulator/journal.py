"""The journal of requests, without tokens and secrets."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field

# Entries, and characters of a value: hostile clients cannot fill the memory.
_MOST = 10_000
_LONGEST = 1000


@dataclass
class Entry:
    """A request; its ``status`` is 0 until the response is sent, and ``received`` is in seconds since the epoch.

    ``operation`` is the name of the API operation, or ``ProjectPage``, ``Download``, ``Upload`` on the data plane.
    ``access_key_id`` is the key that signed it, ``is_temporary`` is True if it has a session token.  ``principal`` is
    the ARN of the key's principal, or of the one that requested the token; empty if unknown.  ``params`` are the
    parameters that are not secret.  Values are cut to 1000 characters.
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
    received: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        for name in ("host", "method", "path", "access_key_id"):
            setattr(self, name, getattr(self, name)[:_LONGEST])
        self.params = {name: value[:_LONGEST] for name, value in self.params.items()}


class Journal:
    """The last 10,000 requests, in order of arrival."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_MOST)
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
