"""What shall go wrong, for those who test how they bear it?"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """An answer in the place of the real one, the next ``times`` times that ``operation`` is asked for.

    ``hang`` seconds pass before it; a ``status`` of 0 means that after them the real answer follows after all.
    """

    operation: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    hang: float = 0
    times: int = 1


def aws_error(operation: str, code: str, status: int, message: str = "", *, times: int = 1) -> Fault:
    """Return the fault of an error in the shape of AWS's REST-JSON protocol."""
    return Fault(
        operation,
        status,
        {"Content-Type": "application/json", "x-amzn-ErrorType": code},
        f'{{"message": "{message}"}}',
        times=times,
    )


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._pending: list[list[Fault]] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Let ``fault`` happen, after those that were added before it."""
        with self._lock:
            self._pending.append([fault] * fault.times)

    def clear(self) -> None:
        """Let no more faults happen."""
        with self._lock:
            self._pending.clear()

    def take(self, operation: str) -> Fault | None:
        """Return the next fault of ``operation`` and count it as happened, None if there is none."""
        with self._lock:
            for pending in self._pending:
                if pending and pending[0].operation == operation:
                    return pending.pop()
        return None
