"""AWS error responses, in the forms of its two protocols."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from moto.core.exceptions import ServiceException

if TYPE_CHECKING:
    from collections.abc import Mapping


class NotFoundError(ServiceException):
    """ResourceNotFoundException, with CodeArtifact's members."""

    code = "ResourceNotFoundException"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind.capitalize()} not found. {kind.capitalize()} '{name}' does not exist.")
        self.resourceId = name
        self.resourceType = kind


class ConflictError(ServiceException):
    """ConflictException, with CodeArtifact's members."""

    code = "ConflictException"

    def __init__(self, kind: str, name: str, how: str = "already exists") -> None:
        super().__init__(f"{kind.capitalize()} '{name}' {how}.")
        self.resourceId = name
        self.resourceType = kind


class ValidationError(ServiceException):
    """ValidationException."""

    code = "ValidationException"


class APIError(Exception):
    """An error response of AWS: its code, HTTP status and message, and additional headers."""

    def __init__(self, code: str, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code, status, message)
        self.code = code
        self.status = status
        self.message = message
        self.headers = headers or {}

    def __str__(self) -> str:
        return self.message

    def render(self, *, is_query: bool) -> tuple[dict[str, str], str]:
        """Return headers and body in the form of the query protocol (STS, IAM), or else of the JSON protocols.

        REST-JSON (CodeArtifact) has the code in a header, JSON (Secrets Manager) in the body.
        """
        request_id = str(uuid.uuid4())
        if not is_query:
            headers = {
                "Content-Type": "application/json",
                "x-amzn-ErrorType": self.code,
                "x-amzn-RequestId": request_id,
                **self.headers,
            }
            return headers, json.dumps({"__type": self.code, "message": self.message})
        return {"Content-Type": "text/xml", **self.headers}, (
            '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
            f"<Code>{escape(self.code)}</Code><Message>{escape(self.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )


def forbidden(codes: tuple[str, str], message: str, *, is_query: bool = False) -> APIError:
    """Return an error with status 403; ``codes`` are those of REST-JSON and of the query protocol."""
    return APIError(codes[is_query], 403, message)
