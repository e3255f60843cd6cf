"""The check of the package index: a request with the token, as a client sends it."""

from __future__ import annotations

import urllib.request
from base64 import b64encode
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.error import HTTPError

from keyrings.codeartifact._util.deadline import Deadline, DeadlineExceededError, run_within
from keyrings.codeartifact._util.https import open_url
from keyrings.codeartifact.models import FAILED, OK, USERNAME, WARNING, Check

if TYPE_CHECKING:
    from keyrings.codeartifact.models import Settings, Token

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
# A project that need not exist: a missing one is reported only to a client with a valid token.
_PROJECT = "keyrings-codeartifact"


def check(index_url: str, token: Token, settings: Settings) -> Check:
    """Return the check of the index at ``index_url`` with ``token``."""
    try:
        status = run_within(Deadline(settings.deadline), lambda: _status(index_url, token, settings))
    except DeadlineExceededError:
        return _unreachable("no response in time")
    except (OSError, HTTPException, RuntimeError) as error:
        return _unreachable(type(getattr(error, "reason", error)).__name__)
    if status == _UNAUTHORIZED:
        message = "the index rejects this token (401)"
        return Check("index", FAILED, message, "use a current token of this domain")
    if status == _FORBIDDEN:
        remedy = "allow it codeartifact:ReadFromRepository for installing; publishing does not need that"
        return Check("index", WARNING, "this identity cannot read the repository (403)", remedy)
    if status not in (200, _NOT_FOUND):
        return Check("index", WARNING, f"HTTP {status}", "try again later, or check proxies in between")
    return Check("index", OK, f"accepts the token: {index_url}")


def _unreachable(reason: str) -> Check:
    remedy = "check HTTPS_PROXY, name resolution, and SSL_CERT_FILE or REQUESTS_CA_BUNDLE for the CA of any proxy"
    return Check("index", WARNING, f"unreachable ({reason})", remedy)


def _status(index_url: str, token: Token, settings: Settings) -> int:
    """Return the HTTP status of the response; raise OSError or HTTPException if there is none."""
    credentials = b64encode(f"{USERNAME}:{token.value}".encode()).decode()
    request = urllib.request.Request(  # noqa: S310 - an index URL is https
        f"{index_url}{_PROJECT}/", headers={"Authorization": f"Basic {credentials}", "Accept": "text/html"}
    )
    ca_bundle = settings.verify if isinstance(settings.verify, str) else None
    try:
        with open_url(request, settings.read_timeout, ca_bundle) as response:
            return int(response.status)
    except HTTPError as error:
        with error:
            return error.code
