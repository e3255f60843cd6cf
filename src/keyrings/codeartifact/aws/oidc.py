"""The OIDC token of a CI job: where it comes from, and its claims."""

import json
import re
import time
import urllib.request
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from http.client import HTTPException
from typing import NamedTuple
from urllib.error import URLError
from urllib.parse import quote

from keyrings.codeartifact._util.text import printable, redact
from keyrings.codeartifact.config import job_context
from keyrings.codeartifact.errors import CodeArtifactError
from keyrings.codeartifact.models import Secret, Settings, Source

from .https import is_safe, open_url

# GitHub Docs, "OpenID Connect reference".
_REQUEST_URL, _REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_MAX_RESPONSE_SIZE = 1 << 16
_MAX_CLAIM_LENGTH = 200
_SUCCESSES, _REFUSED, _TOO_MANY_REQUESTS, _SERVER_ERROR = range(200, 300), (400, 401, 403), 429, 500
_PERMISSION = "give the job `permissions: id-token: write`"


class Claims(NamedTuple):
    """The claims of an OIDC token: not secret, and not verified."""

    issuer: str
    subject: str
    audience: str

    def __str__(self) -> str:
        return f"iss '{self.issuer}', sub '{self.subject}', aud '{self.audience}'"


def load(settings: Settings, environ: Mapping[str, str]) -> Secret:
    """Return the current OIDC token of the settings' source; raise CodeArtifactError if there is none."""
    match settings.source:
        case Source("oidc_token_variable", variable, origin):
            label, text = f"the variable {redact(variable)} (oidc_token_variable of {origin})", environ.get(variable)
            if not text:
                gitlab = "GitLab: `id_tokens:` of the job"
                remedy = f"have the CI put its OIDC token there ({gitlab}), and pass it to this process"
                raise CodeArtifactError("CA301", f"{label} is not set", remedy)
        case Source("web_identity_token_file", path, origin):
            label = f"{redact(path)} (web_identity_token_file of {origin})"
            try:
                with open(path, encoding="utf-8") as file:
                    text = file.read(_MAX_RESPONSE_SIZE)
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "not UTF-8"
                problem = f"{label} cannot be read ({reason})"
                raise CodeArtifactError("CA302", problem, "make it readable for this user") from None
        case Source(_, audience, origin):  # oidc_audience
            label, text = "the response of GitHub's runner", _request_from_runner(audience, origin, settings, environ)
    if not _JWT.fullmatch(text.strip()):
        remedy = "check that the CI puts one there: a JWT, three parts separated by dots"
        raise CodeArtifactError("CA303", f"{label} contains no OIDC token", remedy)
    return Secret(text.strip())


def claims(token: str) -> Claims:
    """Return the claims of ``token``, empty where it has none."""
    try:
        part = token.split(".")[1]
        payload = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, IndexError, RecursionError):
        payload = None
    payload = payload if isinstance(payload, dict) else {}
    values = [payload.get(name, "") for name in ("iss", "sub", "aud")]
    texts = [", ".join(map(str, value)) if isinstance(value, list) else value for value in values]
    return Claims(*(printable(redact(text)[:_MAX_CLAIM_LENGTH]) for text in texts))


def _request_from_runner(audience: str, origin: str, settings: Settings, environ: Mapping[str, str]) -> str:
    """Return a new token from GitHub's runner; raise CodeArtifactError, with what the job lacks."""
    url, token = environ.get(_REQUEST_URL), environ.get(_REQUEST_TOKEN)
    if not url or not token:
        raise CodeArtifactError("CA304", *_missing_runner(origin, environ))
    # The request carries the runner's own token.
    if not is_safe(url):
        raise CodeArtifactError(
            "CA305", f"{_REQUEST_URL} is not an https:// URL", "keep the value that GitHub's runner sets"
        )
    address = f"{url}{'&' if '?' in url else '?'}audience={quote(audience, safe='')}"
    # http.client's errors for an invalid address or header repeat it, and with it the token.
    try:
        request = urllib.request.Request(address, headers={"Authorization": f"bearer {token}"})  # noqa: S310 - checked
        return str(json.loads(_fetch(request, settings, environ))["value"])
    except (ValueError, LookupError, TypeError, RecursionError):
        problem = "GitHub's runner sent an unexpected response to the request for an OIDC token"
        raise CodeArtifactError("CA305", problem, "run the job again") from None


def _missing_runner(origin: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return cause and remedy for a job without the runner's variables."""
    if environ.get("GITHUB_ACTIONS") != "true":
        return (
            f"oidc_audience ({origin}) needs a job of GitHub Actions, and this is none",
            "set oidc_token_variable for another CI; pass GITHUB_ACTIONS and both ACTIONS_ID_TOKEN_REQUEST_… variables "
            "into a container",
        )
    if job_context.is_from_fork(environ):
        return (
            "GitHub gives jobs for pull requests from forks no OIDC token",
            "run the job without private packages, or on the branch itself",
        )
    return (
        f"GitHub gives this job no OIDC token: {_REQUEST_URL} is not set",
        f"{_PERMISSION}; pass that variable and {_REQUEST_TOKEN} into a container",
    )


def _fetch(request: urllib.request.Request, settings: Settings, environ: Mapping[str, str]) -> bytes:
    """Return the body of the response, in as many attempts as the settings allow; raise CodeArtifactError."""
    failure = ""
    for attempt in range(settings.max_attempts):
        time.sleep(attempt * 0.5)
        try:
            with open_url(request, settings, environ) as response:
                status = response.status
                if status in _SUCCESSES:
                    return bytes(response.read(_MAX_RESPONSE_SIZE))
            failure = f"HTTP {status}"
            if status < _SERVER_ERROR and status != _TOO_MANY_REQUESTS:
                remedy = f"{_PERMISSION}, and run it again" if status in _REFUSED else "run the job again"
                raise CodeArtifactError("CA305", f"GitHub's runner refused an OIDC token ({failure})", remedy)
        except (OSError, HTTPException) as error:
            failure = type(error.reason if isinstance(error, URLError) else error).__name__
    raise CodeArtifactError(
        "CA305",
        f"GitHub's runner sent no OIDC token in {settings.max_attempts} attempts ({failure})",
        "check GitHub's status page, or HTTPS_PROXY and the CA bundle (AWS_CA_BUNDLE) of a self-hosted runner",
    )
