"""Which cached token is the answer to a question?  The one that was given to the same identity for the same domain."""

from __future__ import annotations

import os
import re
import stat

from keyrings.codeartifact.models import FileToken, RunnerToken, VariableToken

# As hashlib has it, which loads OpenSSL for its other functions: half of what a cached token may cost.
try:
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyrings.codeartifact.models import Repository, Settings

# Of what is hashed and of what the cache's files hold: those of another version are not read.
VERSION = "1"
_SIZE = 16
# They say where a token is kept, how long to wait for it and what to tell of it, not whose it is.
_BESIDE_THE_POINT = (
    *("section", "origins", "warnings", "hints", "cache", "cache_dir"),
    *("connect_timeout", "read_timeout", "max_attempts", "deadline"),
)
# A job of GitHub Actions, the last one telling apart the jobs of a matrix: GitHub Docs, "Variables reference" and
# "OpenID Connect reference".
_GITHUB_JOB = (
    *("GITHUB_REPOSITORY", "GITHUB_REF", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB"),
    "ACTIONS_ID_TOKEN_REQUEST_URL",
)
# Where botocore looks for credentials and profiles, by the variable that names another place.
_AWS_FILES = {
    "AWS_CONFIG_FILE": "~/.aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
    "BOTO_CONFIG": "/etc/boto.cfg",
    "": "~/.boto",
}
# Variables that name files with more of an identity in them.
_IDENTITY_FILES = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_CREDENTIAL_FILE")
# How a profile names one.
_TOKEN_FILE = rb"(?m)^[ \t]*web_identity_token_file[ \t]*=[ \t]*(.*?)[ \t\r]*$"
_LARGEST_FILE = 1 << 20


class _UnknowableError(Exception):
    """What a file holds cannot be told: it is large, or whoever reads it takes it away from who is to have it."""


def fingerprint(repository: Repository, settings: Settings, environ: Mapping[str, str]) -> str | None:
    """Return a name for the tokens of ``repository``'s domain that this identity may be given, None if it has none.

    It covers everything that decides who asks and for what: the domain, the effective options, the content of AWS'
    files, all ``AWS_…`` variables, and with a CI's OIDC the job.  What a ``credential_process``, an SSO login or an
    instance's role make of an unchanged configuration is not seen.
    """
    options = tuple(
        (name, value) for name, value in zip(settings._fields, settings, strict=True) if name not in _BESIDE_THE_POINT
    )
    try:
        known = (VERSION, repository[:3], options, _job(settings, environ), *_aws(environ))
    except _UnknowableError:
        return None
    return digest(_encoded(known))


def digest(data: bytes) -> str:
    """Return 32 hexadecimal digits for ``data``."""
    return blake2b(data, digest_size=_SIZE).hexdigest()


def _encoded(value: object) -> bytes:
    """Return ``value`` so that no other has the same bytes; not by its repr, in which secrets look alike."""
    if isinstance(value, tuple):
        content = b"".join(map(_encoded, value))
    else:
        content = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
    return b"%s %d:%s" % (type(value).__name__.encode(), len(content), content)


def _job(settings: Settings, environ: Mapping[str, str]) -> object:
    """Return what tells the CI's job from others whose OIDC tokens come by the same way."""
    match settings.source:
        case RunnerToken():
            return tuple(environ.get(name) for name in _GITHUB_JOB)
        case VariableToken(variable):
            return environ.get(variable)
        case FileToken(path):
            return _content(path)
    return None


def _aws(environ: Mapping[str, str]) -> Iterator[object]:
    """Yield all that the AWS default chain and profiles are made of."""
    yield tuple(sorted((name, value) for name, value in environ.items() if name.startswith("AWS_")))
    for variable, path in _AWS_FILES.items():
        # As botocore reads these paths, and no others.
        content = _content(os.path.expanduser(os.path.expandvars(environ.get(variable, path))))
        yield content
        if content and b"web_identity_token_file" in content:
            yield from (_content(os.fsdecode(named)) for named in re.findall(_TOKEN_FILE, content))
    for variable in _IDENTITY_FILES:
        yield _content(environ.get(variable, ""))


def _content(path: str) -> bytes | None:
    """Return what the file at ``path`` holds, None where there is none to read; raise _UnknowableError for a pipe."""
    try:
        found = os.stat(path)
        if stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST_FILE:
            with open(path, "rb") as file:
                return file.read(_LARGEST_FILE)
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(found.st_mode) or path == os.devnull:
        return None
    raise _UnknowableError
