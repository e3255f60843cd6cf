"""Identity source and role, as options set them."""

from __future__ import annotations

import os
import stat

from keyrings.codeartifact._util.text import redact
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import WEB_IDENTITIES, Role, Secret, Source

from . import job_context
from .options import MAX_TOKEN_LENGTH, OPTIONS, parse_secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# In characters: the longest token and a line end.
_MAX_FILE_LENGTH = MAX_TOKEN_LENGTH + 3
_CHECK_PATH = "correct the path, or check that the file is mounted"
STATIC_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
# The options that name an identity of the machine, not of the job that runs on it.
MACHINE_IDENTITY = ("profile_name", "web_identity_token_file")


def source(values: Mapping[str, Any], origins: Mapping[str, str]) -> Source:
    """Return the identity source, by default the AWS default chain.

    Raises ConfigurationError for options that contradict each other, and for a file that is missing or unreadable.
    """
    # In the order of precedence.
    option, *others = [name for name in OPTIONS if OPTIONS[name].group == "source" and name in values] or [""]
    if not option:
        return Source()
    value, origin = values[option], origins[option]
    if option in STATIC_KEYS:
        key_id, secret, session_token = (values.get(name) for name in STATIC_KEYS)
        if not (key_id and secret):
            raise ConfigurationError(
                "CA206",
                f"{option} ({origin}) is set without {STATIC_KEYS[0] if secret else STATIC_KEYS[1]}",
                "set both aws_access_key_id and aws_secret_access_key in the same place, or remove it",
            )
        return Source(option, key_id, origin, secret, session_token or Secret())
    if option == "auth_token_file":
        return Source(option, _read_token(value, f"{option} ({origin})"), origin)
    if option in WEB_IDENTITIES and others and others[0] in WEB_IDENTITIES:
        raise ConfigurationError("CA207", f"{option} and {others[0]} ({origin}) are both set", "remove one of them")
    if option == "web_identity_token_file" and not os.path.isfile(value):
        raise ConfigurationError(
            "CA208", f"{option} ({origin}) names {redact(value)}, which is not a file", _CHECK_PATH
        )
    return Source(option, value, origin)


def role(
    source: Source, values: Mapping[str, Any], origins: Mapping[str, str], environ: Mapping[str, str]
) -> Role | None:
    """Return the role to assume with ``source``, None if none is set.

    Raises ConfigurationError if its ARN is missing, and for an external ID with an OIDC token, which STS refuses.
    """
    set_by = f"{source.option} ({source.origin})"
    if arn := values.get("role_arn"):
        external_id = values.get("external_id")
        if external_id and source.is_web_identity:
            problem = f"external_id ({origins['external_id']}) cannot be combined with {set_by}"
            raise ConfigurationError("CA207", problem, "remove one of them")
        return Role(arn, values.get("role_session_name") or job_context.session_name(environ), external_id)
    for option in ("role_session_name", "external_id"):
        if option in values:
            problem = f"{option} ({origins[option]}) is set without role_arn"
            raise ConfigurationError("CA206", problem, "set role_arn in the same place, or remove it")
    if source.is_web_identity:
        raise ConfigurationError("CA206", f"{set_by} is set without role_arn", "set role_arn")
    return None


def _read_token(path: str, label: str) -> Secret:
    """Return the token in the file at ``path``; raise ConfigurationError, calling the file ``label``."""
    shown = redact(path)
    try:
        try:
            text = _read(path)
        except FileNotFoundError:
            # Kubernetes renews a mounted secret by replacing the folder that its path leads through.
            text = _read(path)
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigurationError("CA208", f"{label} names {shown}, which does not exist", _CHECK_PATH) from None
    except OSError as error:
        problem = f"{label}: {shown} {_unreadable(path, error)}"
        raise ConfigurationError("CA208", problem, "make the file readable for this user") from None
    if text is None:
        raise ConfigurationError("CA208", f"{label}: {shown} is not a regular file", "name or mount a regular file")
    text = text.rstrip("\r\n")
    try:
        if len(text) <= MAX_TOKEN_LENGTH:
            return parse_secret(text)
    except ValueError:
        pass
    problem = "holds more than a token, such as blanks or line breaks" if text.strip() else "is empty"
    raise ConfigurationError("CA208", f"{label}: {shown} {problem}", "write only the token to it, on one line")


def _read(path: str) -> str | None:
    """Return the start of the file at ``path``, None if it is not a regular file; raise OSError."""
    # Docker mounts a folder if the file is missing; reading a pipe could block for ever.
    if not stat.S_ISREG(os.stat(path).st_mode):
        return None
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read(_MAX_FILE_LENGTH)


def _unreadable(path: str, error: OSError) -> str:
    """Return why a file cannot be read, with the user, its mode and its owner."""
    try:
        found = os.stat(path)
        mode = f"{found.st_mode & 0o7777:04o}"
        return f"cannot be read by uid {os.getuid()}: it has the mode {mode} and the owner {found.st_uid}"
    except (OSError, AttributeError):  # Windows has no uids
        return f"cannot be read ({error.strerror})"
