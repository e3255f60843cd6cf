"""Where does a CI job's OIDC token come from, and what does it say?"""

from __future__ import annotations

import json
import re
import time
import urllib.request
from base64 import urlsafe_b64decode
from http.client import HTTPException
from typing import TYPE_CHECKING, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import quote

from keyrings.codeartifact._util.https import is_safe, open_url
from keyrings.codeartifact.config import job_context as ci
from keyrings.codeartifact.errors import CodeArtifactError, printable, redacted
from keyrings.codeartifact.models import FileToken, RunnerToken, Secret, VariableToken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keyrings.codeartifact.models import Settings

# GitHub Docs, "OpenID Connect reference".
_REQUEST_URL, _REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_LONGEST_ANSWER = 1 << 16
_LONGEST_CLAIM = 200
_SERVER_ERROR, _TOO_MANY, _REFUSED = 500, 429, (400, 401, 403)
_PERMISSION = "give the job `permissions: id-token: write`"


class Claims(NamedTuple):
    """What an OIDC token says of its job; nothing of it is secret, nor has it been verified."""

    issuer: str
    subject: str
    audience: str

    def __str__(self) -> str:
        return f"iss '{self.issuer}', sub '{self.subject}', aud '{self.audience}'"


def read(source: VariableToken | RunnerToken | FileToken, settings: Settings, environ: Mapping[str, str]) -> Secret:
    """Return the token that ``source`` has now; raise CodeArtifactError, saying how to come by one, if it has none."""
    match source:
        case VariableToken(variable):
            return _in_variable(variable, settings, environ)
        case FileToken(path):
            return _in_file(path, settings)
        case RunnerToken(audience):
            return _ask_runner(audience, settings, environ)


def claims(token: str) -> Claims:
    """Return what ``token`` says; empty texts where it does not."""
    try:
        part = token.split(".")[1]
        said = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, IndexError, RecursionError):
        said = None
    said = said if isinstance(said, dict) else {}
    return Claims(*(_shown(said.get(name, "")) for name in ("iss", "sub", "aud")))


def _shown(claim: object) -> str:
    text = redacted(", ".join(map(str, claim)) if isinstance(claim, list) else claim)[:_LONGEST_CLAIM]
    return printable(text)


def _in_variable(variable: str, settings: Settings, environ: Mapping[str, str]) -> Secret:
    which = f"the variable {redacted(variable)} (oidc_token_variable of {settings.origins['oidc_token_variable']})"
    if not environ.get(variable):
        remedy = "let the CI put its OIDC token there (GitLab: `id_tokens:` of the job), and pass it on to this process"
        raise CodeArtifactError(f"{which} is not set", remedy)
    return _admit(environ[variable], which)


def _in_file(path: str, settings: Settings) -> Secret:
    which = f"{redacted(path)} (web_identity_token_file of {settings.origins['web_identity_token_file']})"
    try:
        with open(path, encoding="utf-8") as file:
            return _admit(file.read(_LONGEST_ANSWER), which)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise CodeArtifactError(f"{which} cannot be read ({reason})", "let this user read it") from None


def _admit(text: str, which: str) -> Secret:
    if not _JWT.fullmatch(text.strip()):
        raise CodeArtifactError(
            f"{which} holds no OIDC token", "see that the CI puts one there (a JWT: three parts with dots between them)"
        )
    return Secret(text.strip())


def _ask_runner(audience: str, settings: Settings, environ: Mapping[str, str]) -> Secret:
    """Ask GitHub's runner for a new token; raise CodeArtifactError, saying what the job lacks."""
    url, token = environ.get(_REQUEST_URL), environ.get(_REQUEST_TOKEN)
    if not url or not token:
        raise CodeArtifactError(*_why_nobody_is_there(settings, environ))
    # The runner's own token travels to it.
    if not is_safe(url):
        raise CodeArtifactError(f"{_REQUEST_URL} is no https:// address", "leave it as GitHub's runner sets it")
    address = f"{url}{'&' if '?' in url else '?'}audience={quote(audience, safe='')}"
    # Not by the constructor: an address or a token of odd characters is then an error that repeats it.
    try:
        request = urllib.request.Request(address, headers={"Authorization": f"bearer {token}"})  # noqa: S310 - checked
        answer = json.loads(_fetch(request, settings))
        value = answer["value"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise CodeArtifactError(
            "GitHub's runner answered the question for an OIDC token with something else", "run the job again"
        ) from None
    return _admit(str(value), "the answer of GitHub's runner")


def _why_nobody_is_there(settings: Settings, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return cause and remedy for a job without the runner's variables."""
    if not ci.is_github(environ):
        return (
            f"oidc_audience ({settings.origins['oidc_audience']}) is for jobs of GitHub Actions, and this is none",
            "set oidc_token_variable for another CI; into a container pass GITHUB_ACTIONS and both "
            "ACTIONS_ID_TOKEN_REQUEST_… variables",
        )
    if ci.is_from_fork(environ):
        return (
            "GitHub gives jobs for pull requests from forks no OIDC token",
            "let the job do without private packages, or run it on the branch itself",
        )
    return (
        f"GitHub gives this job no OIDC token: {_REQUEST_URL} is not set",
        f"{_PERMISSION}; into a container pass that variable and {_REQUEST_TOKEN}",
    )


def _fetch(request: urllib.request.Request, settings: Settings) -> bytes:
    """Return the body of the answer, asking again as often as the settings say; raise CodeArtifactError."""
    failure = ""
    for attempt in range(settings.max_attempts):
        time.sleep(attempt * 0.5)
        try:
            with open_url(request, settings) as answer:
                return bytes(answer.read(_LONGEST_ANSWER))
        except HTTPError as error:
            with error:
                failure = f"HTTP {error.code}"
            if error.code < _SERVER_ERROR and error.code != _TOO_MANY:
                remedy = f"{_PERMISSION}, and run it again" if error.code in _REFUSED else "run the job again"
                raise CodeArtifactError(f"GitHub's runner refused an OIDC token ({failure})", remedy) from None
        except (OSError, HTTPException) as error:
            failure = _reason(error)
    raise CodeArtifactError(
        f"GitHub's runner gave no OIDC token in {settings.max_attempts} attempts ({failure})",
        "see GitHub's status page, or HTTPS_PROXY and the CA bundle (AWS_CA_BUNDLE) on a runner of your own",
    )


def _reason(error: Exception) -> str:
    inner = error.reason if isinstance(error, URLError) else error
    return type(inner).__name__
