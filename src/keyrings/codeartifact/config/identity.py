"""Identity source and role, as options set them."""

from __future__ import annotations

import os
import stat

from keyrings.codeartifact._util.text import redact
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import (
    DefaultChain,
    GitHubOIDC,
    OIDCVariable,
    PreissuedToken,
    Profile,
    Role,
    Secret,
    StaticKeys,
    WebIdentity,
    WebIdentityFile,
)

from . import job_context
from .options import MAX_TOKEN_LENGTH, parse_secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from keyrings.codeartifact.models import Source

# In characters: the longest token and a line end.
_MAX_FILE_LENGTH = MAX_TOKEN_LENGTH + 3
STATIC_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
# The options that name an identity of the machine, not of the job that runs on it.
MACHINE_IDENTITY = ("profile_name", "web_identity_token_file")
_WEB_IDENTITIES: dict[str, type[OIDCVariable | GitHubOIDC | WebIdentityFile]] = {
    "oidc_token_variable": OIDCVariable,
    "oidc_audience": GitHubOIDC,
    "web_identity_token_file": WebIdentityFile,
}


def source(values: Mapping[str, Any], origins: Mapping[str, str]) -> Source:
    """Return the identity source: the first of the contract's order that is set, else the AWS default chain.

    Raises ConfigurationError for options that contradict each other, and for a file that is missing or unreadable.
    """
    if token := values.get("auth_token"):
        return PreissuedToken(token, "auth_token", origins["auth_token"])
    if path := values.get("auth_token_file"):
        origin = origins["auth_token_file"]
        return PreissuedToken(_read_token(path, f"auth_token_file ({origin})"), "auth_token_file", origin)
    if web_identities := [name for name in _WEB_IDENTITIES if name in values]:
        return _web_identity(web_identities, values, origins)
    key_id, secret, token = (values.get(name) for name in STATIC_KEYS)
    if key_id and secret:
        return StaticKeys(key_id, secret, token, origins["aws_access_key_id"])
    if key_id or secret or token:
        option = next(name for name in STATIC_KEYS if name in values)
        raise ConfigurationError(
            f"{option} ({origins[option]}) is set without {_counterpart(option)}",
            "set both aws_access_key_id and aws_secret_access_key in the same place, or remove it",
        )
    if "profile_name" in values:
        return Profile(values["profile_name"], origins["profile_name"])
    return DefaultChain()


def role(values: Mapping[str, Any], origins: Mapping[str, str], environ: Mapping[str, str]) -> Role | None:
    """Return the role to assume with the source, None if none is set; raise ConfigurationError if it lacks its ARN."""
    if arn := values.get("role_arn"):
        session_name = values.get("role_session_name") or job_context.session_name(environ)
        return Role(arn, session_name, values.get("external_id"))
    for option in ("role_session_name", "external_id"):
        if option in values:
            raise ConfigurationError(
                f"{option} ({origins[option]}) is set without role_arn", "set role_arn in the same place, or remove it"
            )
    return None


def check(source: Source, role: Role | None, origins: Mapping[str, str]) -> None:
    """Raise ConfigurationError for an OIDC token without a role, or with an external ID, which STS does not accept."""
    if not isinstance(source, WebIdentity):
        return
    [option] = source.options()
    if role is None:
        raise ConfigurationError(f"{option} ({source.origin}) is set without role_arn", "set role_arn")
    if role.external_id:
        raise ConfigurationError(
            f"external_id ({origins['external_id']}) cannot be combined with {option} ({source.origin})",
            "remove one of them",
        )


def _counterpart(option: str) -> str:
    return "aws_access_key_id" if option == "aws_secret_access_key" else "aws_secret_access_key"


def _web_identity(
    names: list[str], values: Mapping[str, Any], origins: Mapping[str, str]
) -> OIDCVariable | GitHubOIDC | WebIdentityFile:
    """Return the source of an OIDC token that one of the options ``names`` sets; raise ConfigurationError for two."""
    name, *others = names
    value, origin = values[name], origins[name]
    if others:
        raise ConfigurationError(f"{name} and {others[0]} ({origin}) are both set", "remove one of them")
    if name == "web_identity_token_file" and not os.path.isfile(value):
        raise ConfigurationError(
            f"{name} ({origin}) names {redact(value)}, which is not a file",
            "correct the path, or check that the file is mounted",
        )
    return _WEB_IDENTITIES[name](value, origin)


def _read_token(path: str, label: str) -> Secret:
    """Return the token in the file at ``path``; raise ConfigurationError, calling the file ``label``."""
    shown = redact(path)
    try:
        # Docker mounts a folder if the file is missing; reading a pipe could block for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ConfigurationError(f"{label}: {shown} is not a regular file", "name or mount a regular file")
        with open(path, encoding="ascii") as file:
            text = file.read(_MAX_FILE_LENGTH)
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigurationError(
            f"{label} names {shown}, which does not exist", "correct the path, or check that the file is mounted"
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{label}: {shown} {_unreadable(path, error)}", "make the file readable for this user"
        ) from None
    except UnicodeDecodeError:
        text = "not ASCII"
    text = text.rstrip("\r\n")
    try:
        if len(text) <= MAX_TOKEN_LENGTH:
            return parse_secret(text)
    except ValueError:
        pass
    problem = "holds more than a token, such as blanks or line breaks" if text.strip() else "is empty"
    raise ConfigurationError(f"{label}: {shown} {problem}", "write only the token to it, on one line")


def _unreadable(path: str, error: OSError) -> str:
    """Return why a file cannot be read, with the user, its mode and its owner."""
    try:
        found = os.stat(path)
        mode = f"{found.st_mode & 0o7777:04o}"
        return f"cannot be read by uid {os.getuid()}: it has the mode {mode} and the owner {found.st_uid}"
    except (OSError, AttributeError):  # Windows has no uids
        return f"cannot be read ({error.strerror})"
