"""What was the emulator asked, and by whom?  Never with which token or secret."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass
class Entry:
    """A request; its ``status`` is 0 until it is answered.

    ``operation`` is the API's name for it, or ``ProjectPage``, ``Download``, ``Upload`` on the data plane;
    ``access_key_id`` is the key that signed it, ``is_temporary`` whether a session token came with it, ``principal``
    the ARN of who has the key, or has asked for the token; empty where nobody is known.  Of the operation's parameters
    ``params`` are those that are not secret.
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
    """The requests in the order in which they came."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Write ``entry`` down."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._entries.clear()

    def entries(self, operation: str | None = None) -> list[Entry]:
        """Return the entries, or those of one ``operation``."""
        with self._lock:
            return [entry for entry in self._entries if operation in (None, entry.operation)]
