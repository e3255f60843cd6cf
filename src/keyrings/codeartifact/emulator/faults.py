"""What shall go wrong, for those who test how they bear it?"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from moto.core.utils import get_service_model

from keyrings.codeartifact.emulator.api.errors import RefusedError
from keyrings.codeartifact.emulator.api.registration import SERVICE

# Those of STS that a client of CodeArtifact's asks for.
_QUERY_OPERATIONS = ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity")
_MOST_TIMES = 1000
# RFC 9110: names of headers, and the statuses of answers without a body.
_HEADER = re.compile(r"(?!(?:content-length|transfer-encoding|connection)$)[!#$%&'*+.^_`|~A-Za-z0-9-]+", re.IGNORECASE)
_BODILESS = (204, 304)
_LONGEST_HANG = 120.0


@dataclass(frozen=True)
class Fault:
    """An answer in the place of the real one, the next ``times`` times that ``operation`` is asked for.

    ``hang`` seconds pass before it; a ``status`` of 0 means that after them the real answer follows after all.  Where
    it is ``cut``, the connection ends in the midst of the body, or with a status of 0 before any answer.
    """

    operation: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    hang: float = 0
    cut: bool = False
    times: int = 1


def parse(text: bytes) -> Fault:
    """Return the fault that a JSON object describes; raise ValueError, saying what is wrong with it."""
    return check(json.loads(text))


def check(described: Any) -> Fault:
    """Return the fault that ``described`` is, a dict of a fault's members; raise ValueError as `parse` does."""
    if not isinstance(described, dict):
        raise ValueError("an object is needed")  # noqa: TRY004 - of whoever wrote the text, not of the caller
    rules: dict[str, tuple[Any, str]] = {
        "operation": (lambda value: isinstance(value, str) and value, "the name of an operation"),
        "status": (lambda value: type(value) is int and (value == 0 or value in range(200, 600)), "0, or 200 to 599"),
        "headers": (_is_headers, "an object of printable texts, none of them about length or connection"),
        "body": (_is_sendable, "a text"),
        "hang": (lambda value: type(value) in (int, float) and 0 <= value <= _LONGEST_HANG, f"0 to {_LONGEST_HANG:g}"),
        "cut": (lambda value: isinstance(value, bool), "true or false"),
        "times": (lambda value: type(value) is int and value in range(1, _MOST_TIMES + 1), f"1 to {_MOST_TIMES}"),
    }
    for name, value in described.items():
        fits, accepted = rules.get(name, (lambda _: False, "no such key"))
        if not fits(value):
            raise ValueError(f"{name}: {accepted}")
    if "operation" not in described:
        raise ValueError("operation: it is needed")
    fault = Fault(**described)
    if fault.operation not in _operations():
        raise ValueError("operation: one of CodeArtifact's, STS's or IAM's, or ProjectPage, Download, Upload")
    if not (fault.status or fault.hang or fault.cut):
        raise ValueError("nothing would go wrong: a status, hang or cut is needed")
    if fault.body and fault.status in (0, *_BODILESS):
        raise ValueError(f"body: there is none with the status {fault.status}")
    return fault


@cache
def _operations() -> frozenset[str]:
    names = (name for service in (SERVICE, "sts", "iam") for name in get_service_model(service).operation_names)
    return frozenset((*names, "ProjectPage", "Download", "Upload"))


def aws_error(operation: str, code: str, status: int, message: str = "", *, times: int = 1) -> Fault:
    """Return the fault of an error in the shape that AWS gives it for ``operation``."""
    headers, body = RefusedError(code, status, message).written(is_query=operation in _QUERY_OPERATIONS)
    return Fault(operation, status, headers, body, times=times)


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

    def pending(self) -> int:
        """Return how many faults are still to come."""
        with self._lock:
            return sum(map(len, self._pending))

    def take(self, operation: str) -> Fault | None:
        """Return the next fault of ``operation`` and count it as happened, None if there is none."""
        with self._lock:
            for pending in self._pending:
                if pending and pending[0].operation == operation:
                    return pending.pop()
        return None


def _is_headers(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(text, str) and text.isascii() and text.isprintable() and _HEADER.fullmatch(name)
        for name, text in value.items()
    )


def _is_sendable(value: object) -> bool:
    # JSON can spell halves of characters, which no encoding can.
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)
