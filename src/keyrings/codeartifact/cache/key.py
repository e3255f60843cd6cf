"""The cache key: everything that decides which identity requests a token, and for which domain."""

from __future__ import annotations

import io
import os
import re
import stat

from keyrings.codeartifact._util.process import importing
from keyrings.codeartifact.models import Repository, Settings, Source

# hashlib also loads OpenSSL, which takes half as long as a cached lookup.
try:
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Of the key and of the cache's files: files of another version are ignored.
VERSION = "2"
_DIGEST_SIZE = 16
# Settings that decide where a token is cached, how long to wait for it and what is logged, but not whose it is.
_IRRELEVANT = (
    *("section", "origins", "warnings", "hints", "cache", "cache_dir"),
    *("connect_timeout", "read_timeout", "max_attempts", "deadline", "throttle_timeout"),
)
# A job of GitHub Actions; the request URL differs between the jobs of a matrix.  GitHub Docs, "Variables reference" and
# "OpenID Connect reference".
_GITHUB_JOB = (
    *("GITHUB_REPOSITORY", "GITHUB_REF", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB"),
    "ACTIONS_ID_TOKEN_REQUEST_URL",
)
# Where botocore looks for credentials and profiles, by the variable that sets another path.
_AWS_FILES = {
    "AWS_CONFIG_FILE": "~/.aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
    "BOTO_CONFIG": "/etc/boto.cfg",
    "": "~/.boto",
}
# Variables that name files with a part of an identity.
_IDENTITY_FILES = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_CREDENTIAL_FILE")
_TOKEN_FILE, _PROCESS, _SSO = "web_identity_token_file", "credential_process", "sso_"
# Of the environment that a credential_process sees: what a shell or a client changes between two lookups.
_VOLATILE = "_|PWD|OLDPWD|SHLVL|PIP_.*|UV_.*"
_MAX_FILE_SIZE = 1 << 20


class _UnknownContentError(Exception):
    """The content of a file is unknown: it is large, or can be read only once."""


def cache_key(repository: Repository, settings: Settings, environ: Mapping[str, str]) -> str | None:
    """Return the key of a token of ``repository``'s domain for the identity of ``settings``, None if it has none.

    It covers the domain, the options, the content of AWS' files and of the tokens that they name, all ``AWS_…``
    variables, with a CI's OIDC the job, and with a ``credential_process`` its environment and working directory.  It
    does not cover what a ``credential_process``, an SSO login or an instance's role returns while these stay the same.
    """
    relevant = settings._replace(source=settings.source._replace(origin=""))._asdict()
    options = tuple((name, value) for name, value in relevant.items() if name not in _IRRELEVANT)
    try:
        known = (VERSION, repository[:3], options, _job(settings, environ), *_aws(environ))
    except _UnknownContentError:
        return None
    return digest(_encode(known))


def digest(data: bytes) -> str:
    """Return 32 hexadecimal digits for ``data``."""
    return blake2b(data, digest_size=_DIGEST_SIZE).hexdigest()


def _encode(value: object) -> bytes:
    """Return bytes that no other value has; a repr would do so but for secrets, whose repr is the same."""
    if isinstance(value, tuple):
        content = b"".join(map(_encode, value))
    else:
        content = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
    return b"%s %d:%s" % (type(value).__name__.encode(), len(content), content)


def _job(settings: Settings, environ: Mapping[str, str]) -> object:
    """Return what distinguishes a CI's job from others with the same settings."""
    match settings.source:
        case Source("oidc_audience"):
            return tuple(environ.get(name) for name in _GITHUB_JOB)
        case Source("oidc_token_variable", variable):
            return environ.get(variable)
        case Source("web_identity_token_file", path):
            return _content(path)
    return None


def _aws(environ: Mapping[str, str]) -> Iterator[object]:
    """Yield everything that the AWS default chain and profiles depend on."""
    yield tuple(sorted((name, value) for name, value in environ.items() if name.startswith("AWS_")))
    all_text = ""
    for variable, path in _AWS_FILES.items():
        # The same expansion as botocore's.
        content = _content(os.path.expanduser(os.path.expandvars(environ.get(variable, path))))
        yield content
        # As RawConfigParser lower-cases names.
        text = content.decode("utf-8", "surrogateescape").lower() if content else ""
        all_text += text
        if content and _TOKEN_FILE in text:
            yield from map(_content, _token_files(content))
    for variable in _IDENTITY_FILES:
        yield _content(environ.get(variable, ""))
    if _PROCESS in all_text:
        # Its path may be relative.
        yield _working_directory()
        yield tuple(sorted(item for item in environ.items() if not re.fullmatch(_VOLATILE, item[0])))
    if _SSO in all_text:
        # Below it is the cache of SSO tokens.
        yield os.path.expanduser("~")


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def _token_files(content: bytes) -> list[str]:
    """Return the paths of web identity tokens in a file of AWS, parsed as ``botocore.configloader`` does."""
    with importing:
        import configparser

    parser = configparser.RawConfigParser(default_section=None)  # type: ignore[call-overload]  # as botocore
    try:
        # The same line ends as in a text file.
        parser.read_file(io.StringIO(content.decode("utf-8", "surrogateescape"), newline=None))
    except configparser.Error:
        return []  # botocore rejects it too
    sections = (parser[name] for name in parser.sections())
    return [section[_TOKEN_FILE] for section in sections if _TOKEN_FILE in section]


def _content(path: str) -> bytes | None:
    """Return the content of the file at ``path``, None if there is none; raise _UnknownContentError for a pipe."""
    try:
        found = os.stat(path)
        if stat.S_ISREG(found.st_mode) and found.st_size <= _MAX_FILE_SIZE:
            with open(path, "rb") as file:
                return file.read(_MAX_FILE_SIZE)
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(found.st_mode) or path == os.devnull:
        return None
    raise _UnknownContentError
