"""As whom do the options say to ask?"""

from __future__ import annotations

import os
import stat

from keyrings.codeartifact.errors import ConfigurationError, redacted
from keyrings.codeartifact.models import (
    FileToken,
    Profile,
    ReadyToken,
    Role,
    RunnerToken,
    Secret,
    StaticKeys,
    VariableToken,
    WebIdentity,
)

from . import job_context as ci
from .options import LONGEST_TOKEN, secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from keyrings.codeartifact.models import Source

# Of the file of a ready token, in characters: more than any token has, and a line's end.
_LONGEST_TOKEN_FILE = LONGEST_TOKEN + 3
KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
# The options that name an identity which is on this machine already.
MACHINE = ("profile_name", "web_identity_token_file")
_WEB_IDENTITIES: dict[str, type[VariableToken | RunnerToken | FileToken]] = {
    "oidc_token_variable": VariableToken,
    "oidc_audience": RunnerToken,
    "web_identity_token_file": FileToken,
}

_HIDDEN = "…"
_WORDS = {
    RunnerToken: ("GitHub's OIDC token for '{}'", "oidc_audience"),
    VariableToken: ("the OIDC token in {}", "oidc_token_variable"),
    FileToken: ("the OIDC token in {}", "web_identity_token_file"),
    Profile: ("profile '{}'", "profile_name"),
}


def source(values: Mapping[str, Any], origins: Mapping[str, str]) -> Source:
    """Return the identity source: of those that are set the first in the contract's order, None for the AWS chain."""
    if token := values.get("auth_token"):
        return ReadyToken(token)
    if path := values.get("auth_token_file"):
        return ReadyToken(_read_token(path, f"auth_token_file ({origins['auth_token_file']})"))
    if web_identities := [name for name in _WEB_IDENTITIES if name in values]:
        return _web_identity(web_identities, values, origins)
    key_id, secret, token = (values.get(name) for name in KEYS)
    if key_id and secret:
        return StaticKeys(str(key_id), Secret(secret), Secret(token) if token else None)
    if key_id or secret or token:
        given = next(name for name in KEYS if name in values)
        raise ConfigurationError(
            f"{given} ({origins[given]}) stands alone",
            "set both aws_access_key_id and aws_secret_access_key in the same place, or remove it",
        )
    return Profile(str(values["profile_name"])) if "profile_name" in values else None


def describe(source: Source, origins: Mapping[str, str]) -> str:
    """Return in words as whom ``source`` asks: nothing secret, and of a key its last four characters."""
    match source:
        case None:
            return "the identity of the AWS default chain"
        case ReadyToken():
            option = next(name for name in ("auth_token", "auth_token_file") if name in origins)
            return f"a ready token ({origins[option]})"
        case StaticKeys(key_id):
            return f"access key …{key_id[-4:]} ({origins['aws_access_key_id']})"
    words, option = _WORDS[type(source)]
    return f"{words.format(redacted(source[0]))} ({origins[option]})"


def shown(source: Source, role: Role | None, origins: Mapping[str, str]) -> dict[str, str]:
    """Return the options that ``source`` and ``role`` are made of, with their values as they may be shown."""
    options: dict[str, str] = {}
    match source:
        case None:
            pass
        case ReadyToken():
            options = dict.fromkeys((name for name in ("auth_token", "auth_token_file") if name in origins), _HIDDEN)
        case StaticKeys(key_id, _, token):
            options = {"aws_access_key_id": f"…{key_id[-4:]}", "aws_secret_access_key": _HIDDEN}
            options |= {"aws_session_token": _HIDDEN} if token else {}
        case _:
            options = {_WORDS[type(source)][1]: redacted(source[0])}
    if role:
        options |= {"role_arn": role.arn, "role_session_name": role.session_name, "external_id": role.external_id or ""}
    return options


def _web_identity(
    names: list[str], values: Mapping[str, Any], origins: Mapping[str, str]
) -> VariableToken | RunnerToken | FileToken:
    """Return the OIDC token that one of the options ``names`` says how to get; raise ConfigurationError for several."""
    name, *others = names
    if others:
        raise ConfigurationError(f"{name} and {others[0]} ({origins[name]}) stand together", "remove one of them")
    if name == "web_identity_token_file" and not os.path.isfile(values[name]):
        raise ConfigurationError(
            f"{name} ({origins[name]}) names {redacted(values[name])}, which is no file",
            "correct the path, or see that the file is mounted",
        )
    return _WEB_IDENTITIES[name](values[name])


def _read_token(path: str, which: str) -> Secret:
    """Return the token in the file at ``path``, which messages call ``which``; raise ConfigurationError."""
    shown = redacted(path)
    try:
        # A folder is what Docker makes of a file that was not there; a pipe could keep us waiting for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ConfigurationError(f"{which}: {shown} is no regular file", "name one, or mount one there")
        with open(path, encoding="ascii") as file:
            text = file.read(_LONGEST_TOKEN_FILE)
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigurationError(
            f"{which} names {shown}, which does not exist", "correct the path, or see that the file is mounted"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{which}: {shown} {_unreadable(path, error)}", "let this user read it") from None
    except UnicodeDecodeError:
        text = "not ASCII"
    try:
        return _token(text.rstrip("\r\n"))
    except ValueError:
        what = "is empty" if not text.strip() else "holds something else than a token: blanks, line breaks or the like"
        raise ConfigurationError(f"{which}: {shown} {what}", "put the token into it, on one line") from None


def _token(text: str) -> Secret:
    """Return a token; raise ValueError for what is none, or too long for one."""
    if len(text) > LONGEST_TOKEN:
        raise ValueError
    return secret(text)


def _unreadable(path: str, error: OSError) -> str:
    """Return why a file cannot be read, in terms of who wants to read it and who may."""
    try:
        found = os.stat(path)
        mode = f"{found.st_mode & 0o7777:04o}"
        return f"cannot be read by uid {os.getuid()}: it has the mode {mode} and the owner {found.st_uid}"
    except (OSError, AttributeError):  # Windows has no uids
        return f"cannot be read ({error.strerror})"


def role(values: Mapping[str, Any], origins: Mapping[str, str], environ: Mapping[str, str]) -> Role | None:
    """Return the role to assume from the source, None if none is; raise ConfigurationError for half a one."""
    arn, name, external_id = (values.get(option) for option in ("role_arn", "role_session_name", "external_id"))
    if arn:
        return Role(str(arn), str(name or ci.session_name(environ)), str(external_id) if external_id else None)
    for option in ("role_session_name", "external_id"):
        if option in values:
            raise ConfigurationError(
                f"{option} ({origins[option]}) stands alone", "set role_arn in the same place, or remove it"
            )
    return None


def check(source: Source, role: Role | None, origins: Mapping[str, str]) -> None:
    """Raise ConfigurationError for an OIDC token without a role, or with what only other identities need."""
    if not isinstance(source, WebIdentity):
        return
    given = next(name for name, kind in _WEB_IDENTITIES.items() if isinstance(source, kind))
    if role is None:
        raise ConfigurationError(
            f"{given} ({origins[given]}) is set, but no role to assume with that token", "set role_arn"
        )
    if role.external_id:
        raise ConfigurationError(
            f"external_id ({origins['external_id']}) goes with no OIDC token, and {given} ({origins[given]}) is one",
            "remove either of them",
        )
