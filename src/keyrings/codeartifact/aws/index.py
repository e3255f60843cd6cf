"""A request to the package index with a token, as a client sends it."""

import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from http.client import HTTPException

from keyrings.codeartifact._util.deadline import Deadline, DeadlineExceededError, run_within
from keyrings.codeartifact.models import USERNAME, Settings, Token

from .https import open_url

UNAUTHORIZED, FORBIDDEN = 401, 403
# 404: the project need not exist; that is reported only to a client with a valid token.
ACCEPTED = (200, 404)
_PROJECT = "keyrings-codeartifact"


class UnreachableError(Exception):
    """The index did not respond; the message says why, in a few words."""


def index_status(url: str, token: Token, settings: Settings, environ: Mapping[str, str]) -> int:
    """Return the HTTP status of a request with ``token`` to the index at ``url``; raise UnreachableError."""
    credentials = b64encode(f"{USERNAME}:{token.value}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Accept": "text/html"}
    request = urllib.request.Request(f"{url}{_PROJECT}/", headers=headers)  # noqa: S310 - an index URL is https

    def status() -> int:
        with open_url(request, settings, environ) as response:
            return int(response.status)

    try:
        return run_within(Deadline(settings.deadline), status)
    except (DeadlineExceededError, OSError, HTTPException, RuntimeError) as error:
        is_late = isinstance(error, DeadlineExceededError)
        reason = "no response in time" if is_late else type(getattr(error, "reason", error)).__name__
        raise UnreachableError(reason) from None
