"""Does the way to a token hold, link by link, up to the index that takes it?"""

from __future__ import annotations

import json
import time
import urllib.request
from base64 import b64encode
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

from keyrings.codeartifact._util.deadline import Deadline, within
from keyrings.codeartifact._util.https import open_url
from keyrings.codeartifact.aws.tokens import moment
from keyrings.codeartifact.cache import store as caches
from keyrings.codeartifact.cache.key import fingerprint
from keyrings.codeartifact.config import identity
from keyrings.codeartifact.config.explanation import explain
from keyrings.codeartifact.errors import CodeArtifactError
from keyrings.codeartifact.findings import FAILED, OK, WARNING, Finding
from keyrings.codeartifact.models import USERNAME, ReadyToken, Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyrings.codeartifact.aws.client import Conversation
    from keyrings.codeartifact.cache.store import Cache
    from keyrings.codeartifact.config.environment import Target
    from keyrings.codeartifact.models import Repository, Settings

_DENIED = ("AccessDenied", "AccessDeniedException")
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
# A project that may or may not be there: whatever is said of it, it is said to who has a good token.
_PROJECT = "keyrings-codeartifact"


def chain(target: Target, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is found of each link in turn; the first that has failed is the last."""
    repository = target.repository
    try:
        explained = explain(repository, environ)
    except CodeArtifactError as error:
        yield _failed("configuration", error)
        return
    yield Finding("configuration", OK, f"{repository} is asked as {explained.identity}")
    for warning in explained.warnings:
        yield Finding("configuration", WARNING, warning, "see `keyrings-codeartifact explain`")
    settings = explained.settings
    if isinstance(settings.source, ReadyToken):
        token = Token(settings.source.value, None)
        yield Finding("token", OK, "a ready token, which nobody can tell the expiry of")
    else:
        cache = caches.find(settings.cache_dir, environ) if settings.cache else None
        key = fingerprint(repository, settings, environ) if cache else None
        yield _cache(settings, cache, key)
        # Here and not above: importing botocore takes longer than all the rest.
        from keyrings.codeartifact.aws.client import Conversation

        conversation = Conversation(repository, settings)
        try:
            caller = Finding("identity", OK, conversation.caller_arn())
        except CodeArtifactError as error:
            caller = Finding("identity", WARNING, error.cause, "a token may be had all the same")
        begin = time.time()
        try:
            token = conversation.token()
        except CodeArtifactError as error:
            if caller.status == OK:
                yield caller
            error.hints = settings.hints
            yield _failed("token", error, _document(error, repository, conversation))
            return
        yield caller
        yield Finding("token", OK, _expiry(token))
        # A job that looks first asks AWS no second time.
        who = identity.describe(settings.source, settings.origins)
        entry = caches.entry(token, begin, repository, who, settings.token_duration)
        if cache and key and entry and fingerprint(repository, settings, environ) == key:
            cache.keep(key, entry)
        if repository.name and (missing := _missing_repository(conversation)):
            yield missing
            return
    if target.index_url:
        yield _index(target.index_url, token, settings)


def _cache(settings: Settings, cache: Cache | None, key: str | None) -> Finding:
    """Return where a token would be kept."""
    if not settings.cache:
        return Finding("cache", OK, "no token is kept")
    if cache is None:
        fix = "set cache_dir to a folder in which this user may make one"
        return Finding("cache", WARNING, "there is no place for one: each question is an AWS call", fix)
    if key is None:
        fix = "name a file, which can be read more than once"
        return Finding(
            "cache", WARNING, "a token is not kept: one of the files that AWS_… variables name is a pipe", fix
        )
    kept = cache.token(key)
    until = f", and one is handed out until {moment(kept.good_until)}" if kept else ""
    return Finding("cache", OK, f"tokens are kept in {cache.folder}{until}")


def _failed(link: str, error: CodeArtifactError, paste: str = "") -> Finding:
    return Finding(link, FAILED, error.cause, "; ".join((error.remedy, *error.hints)), paste)


def _expiry(token: Token) -> str:
    if token.expiration is None:
        return "nobody can tell its expiry"
    return f"expires at {moment(token.expiration)}, in {(token.expiration - time.time()) / 60:.0f} min"


def _missing_repository(conversation: Conversation) -> Finding | None:
    """Return what is wrong with the repository itself, None if nothing is or nobody may tell."""
    try:
        conversation.repository_endpoint()
    except CodeArtifactError as error:
        if error.code == "ResourceNotFoundException":
            return _failed("repository", error)
    return None


def _index(index_url: str, token: Token, settings: Settings) -> Finding:
    """Ask the index with the token, as a client does."""
    try:
        status = within(Deadline(settings.deadline), lambda: _status(index_url, token, settings))
    except (OSError, HTTPException, CodeArtifactError) as error:
        reason = (
            "no answer in time"
            if isinstance(error, CodeArtifactError)
            else type(getattr(error, "reason", error)).__name__
        )
        fix = "check HTTPS_PROXY, name resolution, and SSL_CERT_FILE or REQUESTS_CA_BUNDLE for the CA of any proxy"
        return Finding("index", WARNING, f"cannot be reached ({reason})", fix)
    if status == _UNAUTHORIZED:
        return Finding(
            "index", FAILED, "the index does not take this token (401)", "let it be one for this very domain, and fresh"
        )
    if status == _FORBIDDEN:
        fix = "for installing, allow it codeartifact:ReadFromRepository; for publishing only, all is well"
        return Finding("index", WARNING, "this identity may not read the repository (403)", fix)
    if status not in (200, _NOT_FOUND):
        return Finding("index", WARNING, f"answers with HTTP {status}", "ask again later, or see what is in between")
    return Finding("index", OK, f"takes the token: {index_url}")


def _status(index_url: str, token: Token, settings: Settings) -> int:
    """Return the HTTP status of the index' answer; raise OSError or HTTPException if there is none."""
    credentials = b64encode(f"{USERNAME}:{token.value}".encode()).decode()
    request = urllib.request.Request(  # noqa: S310 - an index URL, which is https
        f"{index_url}{_PROJECT}/", headers={"Authorization": f"Basic {credentials}", "Accept": "text/html"}
    )
    try:
        with open_url(request, settings) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def _document(error: CodeArtifactError, repository: Repository, conversation: Conversation) -> str:
    """Return the policy that would have helped, in JSON, empty where none would have."""
    if error.code not in _DENIED:
        return ""
    settings, claims = conversation.settings, conversation.claims
    if error.operation == "AssumeRoleWithWebIdentity" and settings.role and claims:
        provider = claims.issuer.removeprefix("https://")
        account = settings.role.arn.split(":")[4]
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{provider}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{provider}:aud": claims.audience, f"{provider}:sub": claims.subject}},
        }
        return _policy([statement])
    if error.operation != "GetAuthorizationToken":
        return ""
    return _policy(permissions(repository))


def permissions(repository: Repository) -> list[dict[str, Any]]:
    """Return the statements that let an identity install from ``repository``.

    Source: CodeArtifact User Guide, "AWS CodeArtifact authentication and tokens".
    """
    domain, account, region, name = repository
    arn = f"arn:aws:codeartifact:{region}:{account}"
    service = {"StringEquals": {"sts:AWSServiceName": "codeartifact.amazonaws.com"}}
    read = ["codeartifact:GetRepositoryEndpoint", "codeartifact:ReadFromRepository"]
    return [
        {"Effect": "Allow", "Action": "codeartifact:GetAuthorizationToken", "Resource": f"{arn}:domain/{domain}"},
        {"Effect": "Allow", "Action": "sts:GetServiceBearerToken", "Resource": "*", "Condition": service},
        {"Effect": "Allow", "Action": read, "Resource": f"{arn}:repository/{domain}/{name or '*'}"},
    ]


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)
