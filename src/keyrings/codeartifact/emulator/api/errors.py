"""How does AWS say no?"""

from __future__ import annotations

import json
import uuid
from xml.sax.saxutils import escape


class RefusedError(Exception):
    """An error of AWS's: its code, its HTTP status, and its words."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(code, status, message)
        self.code = code
        self.status = status
        self.message = message

    def written(self, *, is_query: bool) -> tuple[dict[str, str], str]:
        """Return headers and body in the shape of AWS's query protocol (STS, IAM), else of REST-JSON (CodeArtifact)."""
        request_id = str(uuid.uuid4())
        if not is_query:
            headers = {
                "Content-Type": "application/json",
                "x-amzn-ErrorType": self.code,
                "x-amzn-RequestId": request_id,
            }
            return headers, json.dumps({"message": self.message})
        return {"Content-Type": "text/xml"}, (
            '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
            f"<Code>{escape(self.code)}</Code><Message>{escape(self.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
