"""The checks from the configuration to the index, in the order of a lookup.  The first that fails is the last."""

from collections.abc import Generator, Iterator, Mapping

from keyrings.codeartifact import lookup
from keyrings.codeartifact._util.text import describe_expiry, rfc3339
from keyrings.codeartifact.aws.client import Client
from keyrings.codeartifact.aws.index import ACCEPTED, FORBIDDEN, UNAUTHORIZED, UnreachableError, index_status
from keyrings.codeartifact.cache.key import cache_key
from keyrings.codeartifact.cache.store import Store
from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.config.explanation import explain
from keyrings.codeartifact.errors import AWSError, CodeArtifactError
from keyrings.codeartifact.models import FAILED, OK, WARNING, Check, Settings, Token

from . import policy

_DENIED = ("AccessDenied", "AccessDeniedException")


def check(
    target: Index, environ: Mapping[str, str], *, is_brief: bool = False, is_known: bool = False
) -> Iterator[Check]:
    """Yield the checks of ``target``: configuration, cache, identity, token, repository, index.

    With ``is_brief`` a cached token is enough, and the identity is requested only if there is no token.  With
    ``is_known`` the repository is not requested.
    """
    repository = target.repository
    try:
        explanation = explain(repository, environ)
    except CodeArtifactError as error:
        yield _failed("configuration", error)
        return
    settings = explanation.settings
    yield Check("configuration", OK, f"{repository}: {explanation.identity}")
    for warning in explanation.warnings:
        yield Check("configuration", WARNING, warning, "run `keyrings-codeartifact explain`")
    if settings.source.is_preissued_token:
        preissued = lookup.preissued_token(settings)
        yield Check("token", OK, f"pre-issued token ({describe_expiry(preissued.expires)})")
        token: Token | None = preissued
    else:
        client = Client(repository, settings, environ)
        token = yield from _check_token(client, is_brief=is_brief)
        if token and repository.name and not is_known and (missing := _missing_repository(client)):
            yield missing
            return
    if token and target.url:
        yield _index(target.url, token, settings, environ)


def _check_token(client: Client, *, is_brief: bool) -> Generator[Check, None, Token | None]:
    """Yield the checks of cache, identity and token; return the token, None if none is available."""
    repository, settings, environ = client.repository, client.settings, client.environ
    store = lookup.open_store(settings, environ)
    key = cache_key(repository, settings, environ) if store else None
    yield _cache(settings, store, key)
    try:
        token = lookup.obtain(client, store, key, is_fresh=not is_brief)
    except CodeArtifactError as error:
        caller = _caller(client)
        if caller.status == OK:
            yield caller
        yield _failed("token", error, _missing_policy(error, client))
        return None
    if not is_brief:
        yield _caller(client)
    yield Check("token", OK, describe_expiry(token.expires))
    return token


def _missing_repository(client: Client) -> Check | None:
    """Return the failed check of a repository that does not exist, else None."""
    try:
        client.get_repository_endpoint()
    except CodeArtifactError as error:
        # Other errors: the identity may not see the repository, and install from it all the same.
        if isinstance(error, AWSError) and error.aws_code == "ResourceNotFoundException":
            return _failed("repository", error)
    return None


def _cache(settings: Settings, store: Store | None, key: str | None) -> Check:
    if not settings.cache:
        return Check("cache", OK, "off")
    if store is None:
        message = "no usable folder: each lookup sends a request to AWS"
        return Check("cache", WARNING, message, "set cache_dir to a folder that this user can write")
    if key is None:
        message = "tokens are not cached: a file of AWS' configuration is large, or not a regular file"
        return Check("cache", WARNING, message, "check the files that AWS_… variables and profiles name")
    entry = store.token(key)
    until = f", holds a token that is reused until {rfc3339(entry.good_until)}" if entry else ""
    return Check("cache", OK, f"{store.folder}{until}")


def _caller(client: Client) -> Check:
    """Return the identity as AWS sees it; a policy may deny that and allow tokens."""
    try:
        return Check("identity", OK, client.get_caller_arn())
    except CodeArtifactError as error:
        return Check("identity", WARNING, error.cause, "tokens may still be available")


def _failed(name: str, error: CodeArtifactError, missing: str = "") -> Check:
    return Check(name, FAILED, error.cause, "; ".join((error.remedy, *error.hints)), missing, error.code)


def _missing_policy(error: CodeArtifactError, client: Client) -> str:
    """Return the policy that would prevent ``error``, in JSON, empty if none would."""
    if not isinstance(error, AWSError) or error.aws_code not in _DENIED:
        return ""
    role, claims = client.settings.role, client.claims
    if error.operation == "AssumeRoleWithWebIdentity" and role and claims:
        return policy.trust_policy(role, claims)
    if error.operation == "GetAuthorizationToken":
        return policy.identity_policy(client.repository)
    if error.operation == "GetSecretValue" and (secret := client.settings.auth_token_secret):
        return policy.secret_policy(secret)
    return ""


def _index(url: str, token: Token, settings: Settings, environ: Mapping[str, str]) -> Check:
    """Return the check of the index at ``url``: a request with the token, as a client sends it."""
    try:
        found = index_status(url, token, settings, environ)
    except UnreachableError as error:
        remedy = "check HTTPS_PROXY, name resolution, and SSL_CERT_FILE or REQUESTS_CA_BUNDLE for the CA of any proxy"
        return Check("index", WARNING, f"unreachable ({error})", remedy)
    if found == UNAUTHORIZED:
        remedy = "use a current token of this domain"
        return Check("index", FAILED, "the index rejects this token (401)", remedy, code="CA427")
    if found == FORBIDDEN:
        remedy = "allow it codeartifact:ReadFromRepository for installing; publishing does not need that"
        return Check("index", WARNING, "this identity cannot read the repository (403)", remedy)
    if found not in ACCEPTED:
        return Check("index", WARNING, f"HTTP {found}", "try again later, or check proxies in between")
    return Check("index", OK, f"accepts the token: {url}")
