"""The table of options: name, type, range and group."""

from __future__ import annotations

import os
import re

from keyrings.codeartifact._util.namedtuple import NamedTuple
from keyrings.codeartifact.index_url import REGION
from keyrings.codeartifact.models import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Value = TypeVar("Value")


class Option(NamedTuple):
    """An option: its name, how its text is parsed, and the form that messages show."""

    name: str
    parse: Callable[[str], Any]  # raises ValueError for invalid text
    form: str
    group: str = ""  # of options that are replaced together
    sensitive: bool = False  # no message repeats its text
    default: Any = None

    @property
    def variable(self) -> str:
        """The environment variable that sets the option."""
        return f"CODEARTIFACT_{self.name.upper()}"


# AWS API reference: GetAuthorizationToken, durationSeconds.
_MIN_DURATION, _MAX_DURATION = 900, 43200
_MAX_SECONDS = 3600
# Longer than any token seen (2 KiB), short enough for an HTTP header.
MAX_TOKEN_LENGTH = 16384
_MAX_ATTEMPTS = 10
_MAX_PORT = 65535
TRUE, FALSE = ("1", "yes", "on", "true"), ("0", "no", "off", "false")


def _checked(value: Value, is_valid: object) -> Value:
    if not is_valid:
        raise ValueError
    return value


def _pattern(pattern: str) -> Callable[[str], str]:
    return lambda text: _checked(text, re.fullmatch(pattern, text, re.ASCII))


def _whole_number(least: int, most: int, *others: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(_pattern(r"[0-9]{1,9}")(text))
        return _checked(number, least <= number <= most or number in others)

    return parse


def _seconds(text: str) -> float:
    seconds = float(_pattern(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")(text))
    return _checked(seconds, 0 < seconds <= _MAX_SECONDS)


def parse_secret(text: str) -> Secret:
    """Return a secret; raise ValueError for blanks, line breaks and non-ASCII characters."""
    return Secret(_pattern(r"[!-~]+")(text))


def _path(text: str) -> str:
    return os.path.expanduser(_pattern(r"[^\x00-\x1f]+")(text))


def _folder(text: str) -> str:
    # A relative path would differ by working directory, and put the cache into a job's checkout.
    path = _path(text)
    return _checked(path, os.path.isabs(path))


def _switch(text: str) -> bool:
    return _checked(text.lower() in TRUE, text.lower() in (*TRUE, *FALSE))


def _verify(text: str) -> bool | str:
    if text.lower() in (*TRUE, *FALSE):
        return _switch(text)
    path = os.path.expanduser(text.strip('"'))
    return _checked(path, os.path.isfile(path))


def _endpoint(text: str) -> str:
    # The response holds the token: plain HTTP only to this machine.
    match = re.fullmatch(
        r"(?:https://[A-Za-z0-9.-]+|http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]))(?::(?P<port>[0-9]{1,5}))?(?:/[A-Za-z0-9._~/-]*)?",
        text,
    )
    return _checked(text, match and 0 < int(match["port"] or 1) <= _MAX_PORT)


def _source(name: str, parse: Callable[[str], Any], form: str) -> Option:
    """Return an option of the identity source.  Sensitive: people set a token as its file's name, or mix up keys."""
    return Option(name, parse, form, "source", sensitive=True)


def _role(name: str, pattern: str, form: str) -> Option:
    """Return an option of the role.  STS API reference: AssumeRole."""
    return Option(name, _pattern(pattern), form, "role")


# Secrets Manager API reference: CreateSecret, Name; AWS appends six random characters.
_SECRET_ARN = rf"arn:aws[a-z-]*:secretsmanager:{REGION}:[0-9]{{12}}:secret:[\w/+=.@-]{{1,512}}-[A-Za-z0-9]{{6}}"
_SECRET_FORM = "arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX"  # noqa: S105 - a form
_DURATION_FORM = f"{_MIN_DURATION} to {_MAX_DURATION} seconds, or 0 for the rest of the role's session"
_ENDPOINT_FORM = "https://HOST[:PORT][/PATH], or http:// to this machine"
_SECONDS_FORM = f"seconds, more than 0 and at most {_MAX_SECONDS}"

# Those of the identity source in the order of precedence.
OPTIONS = {
    option.name: option
    for option in (
        _source("auth_token", parse_secret, "an authorization token without blanks"),
        _source("auth_token_file", _path, "the path of a file"),
        _source("oidc_token_variable", _pattern(r"(?!ACTIONS_)[A-Za-z_]\w*"), "the name of a variable"),
        _source("oidc_audience", _pattern(r"[!-~]{1,255}"), "an audience such as sts.amazonaws.com"),
        _source("web_identity_token_file", _path, "the path of a file"),
        _source("aws_access_key_id", _pattern(r"\w+"), "an access key ID without quotes"),
        _source("aws_secret_access_key", parse_secret, "a secret access key without blanks"),
        _source("aws_session_token", parse_secret, "a session token without blanks"),
        Option("profile_name", _pattern(r"[^\x00-\x1f]+"), "the name of an AWS profile", "source"),
        _role("role_arn", r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", "arn:aws:iam::ACCOUNT:role/NAME"),
        _role("role_session_name", r"[\w+=,.@-]{2,64}", "2 to 64 letters, digits or any of _+=,.@-"),
        _role("external_id", r"[\w+=,.@:/-]{2,1224}", "2 to 1224 letters, digits or any of _+=,.@:/-"),
        # Sensitive: people set it to the token itself.
        Option("auth_token_secret", _pattern(_SECRET_ARN), _SECRET_FORM, sensitive=True),
        Option("token_duration", _whole_number(_MIN_DURATION, _MAX_DURATION, 0), _DURATION_FORM, default=3600),
        # Sensitive: a URL may contain a password.
        Option("endpoint_url", _endpoint, _ENDPOINT_FORM, sensitive=True),
        Option("sts_endpoint_url", _endpoint, _ENDPOINT_FORM, sensitive=True),
        Option("verify", _verify, "true, false or the path of an existing CA bundle", default=True),
        Option("cache", _switch, "on or off", default=True),
        Option("cache_dir", _folder, "the absolute path of a folder"),
        Option("connect_timeout", _seconds, _SECONDS_FORM, default=5.0),
        Option("read_timeout", _seconds, _SECONDS_FORM, default=10.0),
        Option("max_attempts", _whole_number(1, _MAX_ATTEMPTS), f"1 to {_MAX_ATTEMPTS}", default=3),
        Option("deadline", _seconds, _SECONDS_FORM, default=20.0),
        Option("throttle_timeout", _seconds, _SECONDS_FORM, default=120.0),
    )
}
