"""Faults that the emulator injects: error responses, delays and broken connections."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from moto.core.utils import get_service_model

from keyrings.codeartifact.emulator.api.calls import JSON_SERVICE
from keyrings.codeartifact.emulator.api.errors import APIError
from keyrings.codeartifact.emulator.api.registration import SERVICE

# The STS operations that CodeArtifact clients call.
_QUERY_OPERATIONS = ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity")
_MAX_TIMES = 1000
# RFC 9110: header names, and statuses of responses without a body.
_HEADER = re.compile(r"(?!(?:content-length|transfer-encoding|connection)$)[!#$%&'*+.^_`|~A-Za-z0-9-]+", re.IGNORECASE)
_BODILESS = (204, 304)
_MAX_HANG = 120.0


@dataclass(frozen=True)
class Fault:
    """A response that replaces the real one for the next ``times`` requests of ``operation``.

    It is delayed by ``hang`` seconds; with a ``status`` of 0 the real response follows the delay.  If it is ``cut``,
    the connection closes in the middle of the body, or with a status of 0 before the response.
    """

    operation: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    hang: float = 0
    cut: bool = False
    times: int = 1


def parse(text: bytes) -> Fault:
    """Return the fault that a JSON object describes; raise ValueError if it is invalid."""
    return check(json.loads(text))


def check(described: Any) -> Fault:
    """Return the fault with the members in the dict ``described``; raise ValueError as `parse` does."""
    if not isinstance(described, dict):
        raise ValueError("expected an object")  # noqa: TRY004 - invalid input, not an invalid argument
    rules: dict[str, tuple[Any, str]] = {
        "operation": (lambda value: isinstance(value, str) and value, "the name of an operation"),
        "status": (lambda value: type(value) is int and (value == 0 or value in range(200, 600)), "0, or 200 to 599"),
        "headers": (_is_headers, "an object of printable strings, without headers for length or connection"),
        "body": (_is_encodable, "a string"),
        "hang": (lambda value: type(value) in (int, float) and 0 <= value <= _MAX_HANG, f"0 to {_MAX_HANG:g}"),
        "cut": (lambda value: isinstance(value, bool), "true or false"),
        "times": (lambda value: type(value) is int and value in range(1, _MAX_TIMES + 1), f"1 to {_MAX_TIMES}"),
    }
    for name, value in described.items():
        fits, accepted = rules.get(name, (lambda _: False, "unknown key"))
        if not fits(value):
            raise ValueError(f"{name}: {accepted}")
    if "operation" not in described:
        raise ValueError("operation is missing")
    fault = Fault(**described)
    if fault.operation not in (*api_operations(), "ProjectPage", "Download", "Upload"):
        raise ValueError(
            "operation: one of CodeArtifact, STS, IAM or Secrets Manager, or ProjectPage, Download, Upload"
        )
    if not (fault.status or fault.hang or fault.cut):
        raise ValueError("the fault has no effect; set status, hang or cut")
    if fault.body and fault.status in (0, *_BODILESS):
        raise ValueError(f"body: a response with status {fault.status} has none")
    return fault


@cache
def api_operations() -> frozenset[str]:
    """Return the names of all operations of the services that the emulator has."""
    services = (SERVICE, "sts", "iam", JSON_SERVICE)
    return frozenset(name for service in services for name in get_service_model(service).operation_names)


def aws_error(operation: str, code: str, status: int, message: str = "", *, times: int = 1) -> Fault:
    """Return the fault for an error response, in the form that AWS uses for ``operation``."""
    headers, body = APIError(code, status, message).render(is_query=operation in _QUERY_OPERATIONS)
    return Fault(operation, status, headers, body, times=times)


class Faults:
    """The faults to inject, in order."""

    def __init__(self) -> None:
        self._pending: list[list[Fault]] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Add ``fault`` after the existing ones."""
        with self._lock:
            self._pending.append([fault] * fault.times)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._pending.clear()

    def pending(self) -> int:
        """Return the number of remaining faults."""
        with self._lock:
            return sum(map(len, self._pending))

    def described(self) -> list[Fault]:
        """Return the faults in order, each with its remaining ``times``."""
        with self._lock:
            return [replace(pending[0], times=len(pending)) for pending in self._pending]

    def take(self, operation: str) -> Fault | None:
        """Remove and return the next fault of ``operation``, None if there is none."""
        with self._lock:
            for index, pending in enumerate(self._pending):
                if pending[0].operation == operation:
                    fault = pending.pop()
                    if not pending:
                        del self._pending[index]
                    return fault
        return None


def _is_headers(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(text, str) and text.isascii() and text.isprintable() and _HEADER.fullmatch(name)
        for name, text in value.items()
    )


def _is_encodable(value: object) -> bool:
    # JSON can contain lone surrogates, which cannot be encoded.
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)
